import { describe, expect, it } from "vitest";
import { type Erasure, evolveErasure, newErasure } from "../../../src/domain/deletion/erasure.ts";
import {
  dueAgain,
  isLost,
  LOOKS_AFTER_MS,
  lookedOnceMore,
  nextLook,
  nextOfAll,
} from "../../../src/domain/deletion/missed.ts";
import { FIRST_RECORDED_AT } from "../../support/deciderSpec.ts";
import { A, B, looked, missed, REFS } from "../../support/erasureSpecs.ts";

const moment = (ms: number) => new Date(Date.parse(FIRST_RECORDED_AT) + ms).toISOString();

const MINUTE_MS = 60_000;

describe("a file that cannot be had", () => {
  it("is looked for five times in six hours, each time after a longer while", () => {
    let found = lookedOnceMore(null, FIRST_RECORDED_AT);
    for (const [index, wait_ms] of LOOKS_AFTER_MS.entries()) {
      expect(isLost(found)).toBe(false);
      const next = nextLook(found);
      expect(Date.parse(next) - Date.parse(found.last_at)).toBe(wait_ms);
      found = lookedOnceMore(found, next);
      expect(found).toMatchObject({ times: index + 2, first_at: FIRST_RECORDED_AT });
    }
    expect(isLost(found)).toBe(true);
    expect(found.last_at).toBe(moment(6 * 60 * MINUTE_MS + 11 * MINUTE_MS));
  });

  it("is not looked for before its time, and the one that waits longest comes first", () => {
    const fresh = newErasure({
      started_at: FIRST_RECORDED_AT,
      subject_refs: REFS,
      withheld: [],
      only: null,
    });
    const steps = [looked(A, B), missed(A, FIRST_RECORDED_AT), missed(B, moment(1))];
    const erasure = steps.reduce(
      (before: Erasure, step) => evolveErasure(before, step, FIRST_RECORDED_AT),
      fresh,
    );
    expect(nextOfAll(erasure.missed)).toBe(moment(MINUTE_MS));
    expect(dueAgain(erasure.missed, moment(MINUTE_MS - 1))).toBeNull();
    expect(dueAgain(erasure.missed, moment(MINUTE_MS))?.batch_id).toBe(A);
    const again = evolveErasure(erasure, missed(A, moment(MINUTE_MS)), moment(MINUTE_MS));
    expect(again.missed.map(({ batch_id, times }) => [batch_id, times])).toEqual([
      [B, 1],
      [A, 2],
    ]);
    expect(dueAgain(again.missed, moment(2 * MINUTE_MS))?.batch_id).toBe(B);
  });
});

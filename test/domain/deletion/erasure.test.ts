import { describe, expect, it } from "vitest";
import {
  type Erasure,
  type ErasureStep,
  evolveErasure,
  goneOn,
  MAX_ROUNDS,
  newErasure,
} from "../../../src/domain/deletion/erasure.ts";
import { FIRST_RECORDED_AT } from "../../support/deciderSpec.ts";
import {
  A,
  B,
  looked,
  missed,
  opened,
  REFS,
  uploads,
  verified,
} from "../../support/erasureSpecs.ts";
import { SALES } from "../../support/facts.ts";

const fresh = newErasure({
  started_at: FIRST_RECORDED_AT,
  subject_refs: REFS,
  withheld: [],
  only: null,
});

/** When the step of that number was recorded. */
const at = (n: number): string => new Date(Date.parse(FIRST_RECORDED_AT) + n * 1_000).toISOString();

const taken = (...steps: readonly ErasureStep[]): Erasure =>
  steps.reduce((erasure: Erasure, step, n) => evolveErasure(erasure, step, at(n + 1)), fresh);

/** Where an erasure is, without what it has come to. */
const place = ({ phase, round }: Erasure) => `${phase} ${round}`;

const further = { ...looked(), done: false } satisfies ErasureStep;

describe("an erasure", () => {
  it("begins with the first batch of the first round", () => {
    expect(fresh).toMatchObject({ phase: "looking", round: 1, after: 0, hits: [] });
  });

  it.each<readonly [string, string, readonly ErasureStep[]]>([
    ["looks at the next page while there is one", "looking 1", [further]],
    [
      "opens what may hold the subject before it looks on",
      "opening 1",
      [{ ...further, hits: [A] }],
    ],
    ["opens one after the other", "opening 1", [looked(A, B), opened(A)]],
    ["looks on when all are opened", "looking 1", [{ ...further, hits: [A] }, opened(A)]],
    ["looks through the uploads when every batch was looked at", "uploads 1", [looked()]],
    ["looks through further uploads while there are any", "uploads 1", [looked(), uploads(0, "m")]],
    [
      "looks a last time when a round finds nothing and nothing was rewritten",
      "looking 1",
      [looked(), uploads()],
    ],
    ["is done when that finds nothing either", "closing 1", [looked(), uploads(), looked()]],
    ["looks on in its last look while there is more", "looking 1", [looked(), uploads(), further]],
    [
      "opens what its last look finds",
      "opening 1",
      [looked(), uploads(), { ...further, hits: [A] }],
    ],
    [
      "begins another round when that was rewritten",
      "looking 2",
      [looked(), uploads(), looked(A), opened(A)],
    ],
    [
      "begins none when that has turned out to be of others",
      "closing 1",
      [looked(), uploads(), looked(A), opened(A, "clear")],
    ],
    [
      "opens the others first when a file could not be had",
      "opening 1",
      [{ ...further, hits: [A, B] }, missed(A, FIRST_RECORDED_AT)],
    ],
    [
      "looks on while a file could not be had",
      "looking 1",
      [{ ...further, hits: [A] }, missed(A, FIRST_RECORDED_AT)],
    ],
    [
      "looks through no uploads before every file was had or lost",
      "opening 1",
      [looked(A), missed(A, FIRST_RECORDED_AT)],
    ],
    [
      "goes on when a file was had after all",
      "uploads 1",
      [looked(A), missed(A, FIRST_RECORDED_AT), opened(A)],
    ],
    [
      "begins another round when a batch was rewritten",
      "looking 2",
      [looked(A), opened(A), uploads()],
    ],
    [
      "begins another round when a batch was destroyed",
      "looking 2",
      [looked(A), opened(A, "destroyed"), uploads()],
    ],
    ["begins another round when an upload was deleted", "looking 2", [looked(), uploads(1)]],
    [
      "begins none when the index was wrong",
      "closing 1",
      [looked(A), opened(A, "clear"), uploads(), looked()],
    ],
    [
      "begins none when the batch is gone",
      "closing 1",
      [looked(A), opened(A, "gone"), uploads(), looked()],
    ],
    [
      "begins none when nobody can read it",
      "closing 1",
      [looked(A), opened(A, "key_destroyed"), uploads(), looked()],
    ],
    [
      "reads what was rewritten once more when a round has found nothing",
      "verifying 2",
      [looked(A), opened(A), uploads(), looked(), uploads()],
    ],
    [
      "looks a last time when all of that was read",
      "looking 2",
      [looked(A), opened(A), uploads(), looked(), uploads(), verified(A)],
    ],
    [
      "is done then",
      "closing 2",
      [looked(A), opened(A), uploads(), looked(), uploads(), verified(A), looked()],
    ],
    [
      "reads nothing of what was destroyed",
      "closing 2",
      [looked(A), opened(A, "destroyed"), uploads(), looked(), uploads(), looked()],
    ],
  ])("%s", (_, expected, steps) => {
    expect(place(taken(...steps))).toBe(expected);
  });

  it("remembers where the next page begins, of batches and of uploads", () => {
    expect(taken({ ...further, after: 5 })).toMatchObject({ after: 5, looked: false });
    expect(taken(looked(), uploads(0, "m.csv")).uploads_after).toBe("m.csv");
    const next = taken(looked(A), opened(A), uploads(0, "m.csv"), uploads());
    expect(next).toMatchObject({ round: 2, after: 0, looked: false, uploads_after: "" });
  });

  it("remembers when a round began, and when it had gone through the uploads", () => {
    expect(fresh).toMatchObject({ begun_at: FIRST_RECORDED_AT, scanned_at: null });
    const second = taken(looked(A), opened(A), uploads());
    expect(second).toMatchObject({ begun_at: at(3), scanned_at: null });
    const scanned = taken(looked(A), opened(A), uploads(), looked(), uploads());
    expect(scanned).toMatchObject({ begun_at: at(3), scanned_at: at(5) });
    const third = taken(looked(), uploads(), looked(A), opened(A));
    expect(third).toMatchObject({ begun_at: at(4), scanned_at: null, after: 0, looked: false });
  });

  it("reads everything that was rewritten again when its last look has found more", () => {
    const first = [looked(A), opened(A), uploads(), looked(), uploads(), verified(A)];
    const more = [looked(B), opened(B), looked(), uploads()];
    const { unverified, verification } = taken(...first, ...more);
    expect(unverified).toEqual([A, B]);
    expect(verification).toEqual({ rounds: 3, objects: 0, rows_read: 0, rows_found: 0 });
  });

  it("counts batches that have come since the first round, and none twice", () => {
    const more = { ...looked(A), batches: 3 };
    expect(
      taken(looked(A), opened(A), uploads(), more, opened(A, "clear"), uploads()),
    ).toMatchObject({ looked_at: 3, opened: 2 });
  });

  it("counts batches and uploads once, and what was removed in every round", () => {
    const twice = taken(looked(A), opened(A), uploads(1), looked(A), opened(A), uploads(1));
    expect(twice).toMatchObject({
      looked_at: 2,
      opened: 2,
      rows_removed: 4,
      uploads: { scanned: 3, deleted: 2 },
    });
  });

  it("names a batch once, as it was left", () => {
    const { erased_from } = taken(
      looked(A),
      opened(A),
      uploads(),
      looked(A),
      opened(A, "destroyed"),
    );
    expect(erased_from).toEqual([{ batch_id: A, dataset: SALES, destroyed: true }]);
  });

  it("names a dataset once whose key was destroyed", () => {
    const steps = [looked(A, B), opened(A, "key_destroyed"), opened(B, "key_destroyed")];
    expect(taken(...steps).key_destroyed).toEqual([SALES]);
  });

  it("sums up what was read once more", () => {
    const found = [looked(A, B), opened(A), opened(B), uploads()];
    const { verification } = taken(...found, looked(), uploads(), verified(A), verified(B));
    expect(verification).toEqual({ rounds: 2, objects: 4, rows_read: 14, rows_found: 0 });
  });
});

describe("an erasure that goes on", () => {
  it("does so where it was", () => {
    for (const steps of [[], [looked(A)], [looked(A), opened(A), uploads()]]) {
      expect(goneOn(taken(...steps), [], at(9))).toEqual(taken(...steps));
    }
  });

  it("looks a last time again when it had gone through everything: the lake went on", () => {
    const scanned = [looked(), uploads(), looked()];
    expect(goneOn(taken(...scanned), [], at(9))).toMatchObject({
      phase: "looking",
      round: 1,
      after: 0,
      looked: false,
      begun_at: FIRST_RECORDED_AT,
      scanned_at: at(9),
    });
    const reading = taken(looked(A), opened(A), uploads(), looked(), uploads());
    expect(goneOn(reading, [], at(9))).toEqual({ ...reading, scanned_at: at(9) });
  });

  it("looks anew when it had found no end, and keeps what it has done", () => {
    const round = [looked(A), opened(A), uploads(1)];
    const endless = taken(...Array.from({ length: MAX_ROUNDS }, () => round).flat());
    expect(endless.round).toBe(MAX_ROUNDS + 1);
    expect(goneOn(endless, [], at(99))).toMatchObject({
      phase: "looking",
      round: 1,
      begun_at: at(99),
      after: 0,
      looked_at: 0,
      opened: MAX_ROUNDS,
      rows_removed: 2 * MAX_ROUNDS,
      uploads: { scanned: 0, deleted: MAX_ROUNDS },
      erased_from: [{ batch_id: A }],
    });
  });

  it("looks anew when rows were found where none should be left", () => {
    const found = [looked(A), opened(A), uploads(), looked(), uploads(), verified(A, 1)];
    const { verification, ...anew } = goneOn(taken(...found), [], at(9));
    expect(anew).toMatchObject({ phase: "looking", round: 1, erased_from: [{ batch_id: A }] });
    expect(verification).toEqual({ rounds: 1, objects: 0, rows_read: 0, rows_found: 0 });
  });
});

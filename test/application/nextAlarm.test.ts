import { describe, expect, it } from "vitest";
import { LAST_RETRY_MS } from "../../src/application/drainOutbox.ts";
import { nextAlarm, OUTBOX_CHECK_MS } from "../../src/application/nextAlarm.ts";

const NOW = Date.parse("2026-11-24T12:00:00.000Z");
const at = (ms: number) => new Date(NOW + ms).toISOString();

const alarm = (
  duty: string | null,
  head: number,
  last_seq: number,
  retry_at: string | null,
  outdated = false,
) => {
  const log = { head: () => head, schedule: { next: () => duty } };
  return nextAlarm(log, { last_seq, outdated, retry_at }, NOW);
};

describe("the alarm of a lake", () => {
  it("is not set when nothing is owed", () => {
    expect(alarm(null, 5, 5, null)).toBeNull();
    // What failed once and has arrived since is owed no more.
    expect(alarm(null, 5, 5, at(9))).toBeNull();
  });

  it("does not wait for a try that a clock which was ahead has put off", () => {
    expect(alarm(null, 5, 4, at(30 * 86_400_000))).toBe(NOW + LAST_RETRY_MS);
  });

  it("is when the next duty is due, also one that is past", () => {
    expect(alarm(at(7_000), 5, 5, null)).toBe(NOW + 7_000);
    expect(alarm(at(-7_000), 5, 5, null)).toBe(NOW - 7_000);
  });

  it("looks after events that have not reached the reports: soon, or at their next try", () => {
    expect(alarm(null, 5, 4, null)).toBe(NOW + OUTBOX_CHECK_MS);
    expect(alarm(null, 5, 4, at(3_000))).toBe(NOW + 3_000);
  });

  it("looks after reports that are to be told anew as after those that lack something", () => {
    expect(alarm(null, 5, 5, null, true)).toBe(NOW + OUTBOX_CHECK_MS);
    expect(alarm(null, 5, 5, at(3_000), true)).toBe(NOW + 3_000);
  });

  it("is the earlier of the two", () => {
    expect(alarm(at(1_000), 5, 4, at(3_000))).toBe(NOW + 1_000);
    expect(alarm(at(9_000), 5, 4, at(3_000))).toBe(NOW + 3_000);
  });
});

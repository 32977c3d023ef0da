import { describe, expect, test } from "vitest";
import type { StoredEvent } from "../../src/application/ports.ts";
import { recentEvents } from "../../src/eventlog/recentEvents.ts";

const event = (seq: number): StoredEvent => ({
  seq,
  event_id: `event-${seq}`,
  stream: "access",
  stream_version: seq,
  type: "AccessAudited",
  schema_version: 1,
  recorded_at: "2026-01-01T00:00:00.000Z",
  actor: "tester",
  correlation_id: "correlation",
  causation_id: null,
  command_id: "command",
  dataset: null,
  data: {},
});

const remembering = (from: number, to: number, characters = 10) => {
  const recent = recentEvents();
  for (let seq = from; seq <= to; seq += 1) recent.appended(event(seq), characters);
  return recent;
};

const seqs = (events: readonly StoredEvent[] | null) => events?.map(({ seq }) => seq) ?? null;

describe("the end of the log in memory", () => {
  test("gives what lies behind a seq, a page at a time", () => {
    const recent = remembering(5, 9);
    expect(seqs(recent.read({ after: 4, limit: 3 }))).toEqual([5, 6, 7]);
    expect(seqs(recent.read({ after: 7, limit: 3 }))).toEqual([8, 9]);
    expect(seqs(recent.read({ after: 9, limit: 3 }))).toEqual([]);
  });

  test("leaves to the table what begins before it, and every filter", () => {
    const recent = remembering(5, 9);
    expect(recent.read({ after: 3, limit: 10 })).toBeNull();
    expect(recent.read({ after: 6, limit: 10, type: "AccessAudited" })).toBeNull();
    expect(recentEvents().read({ after: 0, limit: 10 })).toBeNull();
  });

  test("begins anew when something is missing between two events", () => {
    const recent = remembering(1, 3);
    recent.appended(event(7), 10);
    expect(recent.read({ after: 2, limit: 10 })).toBeNull();
    expect(seqs(recent.read({ after: 6, limit: 10 }))).toEqual([7]);
  });

  test("holds no more than it may, in events and in characters", () => {
    const many = remembering(1, 4_001);
    expect(many.read({ after: 1_999, limit: 1 })).toBeNull();
    expect(seqs(many.read({ after: 3_999, limit: 10 }))).toEqual([4_000, 4_001]);
    const long = remembering(1, 4, 1024 * 1024);
    expect(long.read({ after: 0, limit: 1 })).toBeNull();
    expect(seqs(long.read({ after: 2, limit: 10 }))).toEqual([3, 4]);
  });

  test("knows nothing after a rollback", () => {
    const recent = remembering(1, 3);
    recent.forget();
    expect(recent.read({ after: 0, limit: 10 })).toBeNull();
  });
});

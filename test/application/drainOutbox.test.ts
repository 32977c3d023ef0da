import { afterEach, describe, expect, it, vi } from "vitest";
import {
  DELIVERY_EVENTS,
  DELIVERY_TIMEOUT_MS,
  drainOutbox,
  FIRST_RETRY_MS,
  LAST_RETRY_MS,
  MAX_DELIVERIES,
  MAX_REWINDS,
  retryDelay,
} from "../../src/application/drainOutbox.ts";
import {
  type OutboxCursor,
  OutOfStepError,
  type StoredEvent,
} from "../../src/application/ports.ts";
import { LAKE, START } from "../support/testLake.ts";

const eventAt = (seq: number): StoredEvent => ({
  seq,
  event_id: `event-${seq}`,
  stream: "access",
  stream_version: seq,
  type: "AccessAudited",
  schema_version: 1,
  recorded_at: START,
  actor: "tester",
  correlation_id: "c",
  causation_id: null,
  command_id: "c",
  dataset: null,
  data: {},
});

/** A log of `length` events and a sink that fails whenever `failing` says so. */
const outboxOf = (
  length: number,
  failing: (delivery: number) => boolean = () => false,
  outOfStep: (delivery: number) => number | null = () => null,
) => {
  let cursor: OutboxCursor & { readonly retry_at: string | null } = {
    last_seq: 0,
    outdated: false,
    attempts: 0,
    last_error: null,
    retry_at: null,
  };
  const restarts: number[] = [];
  const delivered: number[][] = [];
  const told: string[] = [];
  let attempted = 0;
  let running = 0;
  let overlapped = false;
  return {
    delivered,
    restarts,
    outdate: () => {
      cursor = { ...cursor, outdated: true };
    },
    told,
    state: () => cursor,
    overlapped: () => overlapped,
    drain: () =>
      drainOutbox({
        lake_id: LAKE,
        now: () => new Date(START),
        cursor: () => cursor,
        head: () => length,
        read: (after, limit) =>
          Array.from({ length: Math.min(limit, length - after) }, (_, n) => eventAt(after + n + 1)),
        advance: (seq) => {
          cursor = { ...cursor, last_seq: seq, attempts: 0, last_error: null, retry_at: null };
        },
        restarted: () => {
          cursor = { ...cursor, last_seq: 0, outdated: false };
        },
        rewind: (last_seq, why) => {
          cursor = { ...cursor, last_seq };
          told.push(why);
        },
        failed: (last_error, retry_at) => {
          cursor = { ...cursor, attempts: cursor.attempts + 1, last_error, retry_at };
        },
        sink: {
          async deliver(lake_id, events) {
            overlapped ||= running > 0;
            running += 1;
            attempted += 1;
            const delivery = attempted;
            await Promise.resolve();
            running -= 1;
            expect(lake_id).toBe(LAKE);
            if (failing(delivery)) throw new Error("sink is down");
            const resume_after = outOfStep(delivery);
            if (resume_after !== null) throw new OutOfStepError("out of step", resume_after);
            delivered.push(events.map(({ seq }) => seq));
          },
          async restart(lake_id, head) {
            attempted += 1;
            expect(lake_id).toBe(LAKE);
            if (failing(attempted)) throw new Error("sink is down");
            restarts.push(head);
          },
        },
      }),
  };
};

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

describe("draining the outbox", () => {
  it("of an empty log delivers nothing", async () => {
    const outbox = outboxOf(0);
    expect(await outbox.drain()).toBe(true);
    expect(outbox.delivered).toEqual([]);
  });

  it("delivers everything in order, without gaps, one delivery at a time", async () => {
    const outbox = outboxOf(2 * DELIVERY_EVENTS + 1);
    expect(await outbox.drain()).toBe(true);
    expect(outbox.delivered.map((events) => events.length)).toEqual([
      DELIVERY_EVENTS,
      DELIVERY_EVENTS,
      1,
    ]);
    expect(outbox.delivered.flat()).toEqual(upTo(2 * DELIVERY_EVENTS + 1));
    expect(outbox.overlapped()).toBe(false);
    expect(outbox.state().last_seq).toBe(2 * DELIVERY_EVENTS + 1);
  });

  it("delivers only what is new", async () => {
    const outbox = outboxOf(3);
    await outbox.drain();
    await outbox.drain();
    expect(outbox.delivered).toEqual([[1, 2, 3]]);
  });

  it("stops at a failure with the cursor behind what was acknowledged, and never throws", async () => {
    const outbox = outboxOf(DELIVERY_EVENTS + 5, (delivery) => delivery === 2);
    expect(await outbox.drain()).toBe(false);
    expect(outbox.state()).toMatchObject({
      last_seq: DELIVERY_EVENTS,
      attempts: 1,
      last_error: "Error: sink is down",
      retry_at: new Date(Date.parse(START) + FIRST_RETRY_MS).toISOString(),
    });
    expect(await outbox.drain()).toBe(true);
    expect(outbox.delivered.flat()).toEqual(upTo(DELIVERY_EVENTS + 5));
  });

  it("delivers again what arrived but was not acknowledged", async () => {
    const arrived: number[] = [];
    let acknowledged = 0;
    let lost = true;
    const drain = () =>
      drainOutbox({
        lake_id: LAKE,
        now: () => new Date(START),
        cursor: () => ({
          last_seq: acknowledged,
          outdated: false,
          attempts: 0,
          last_error: null,
        }),
        head: () => 2,
        restarted: () => {},
        read: (after) => upTo(2).slice(after).map(eventAt),
        advance: (seq) => {
          acknowledged = seq;
        },
        rewind: () => {},
        failed: () => {},
        sink: {
          async deliver(_, events) {
            arrived.push(...events.map(({ seq }) => seq));
            if (lost) throw new Error("acknowledgement lost");
          },
          restart: async () => {},
        },
      });
    await drain();
    lost = false;
    await drain();
    expect(arrived).toEqual([1, 2, 1, 2]);
    expect(acknowledged).toBe(2);
  });

  it("goes on from where the sink says it was restored to", async () => {
    const outbox = outboxOf(
      5,
      () => false,
      (delivery) => (delivery === 1 ? 2 : null),
    );
    expect(await outbox.drain()).toBe(true);
    expect(outbox.delivered).toEqual([[3, 4, 5]]);
    expect(outbox.told).toEqual(["out of step"]);
  });

  it("has an outdated sink forget what it was told, and tells it everything anew", async () => {
    const outbox = outboxOf(3, (delivery) => delivery === 2);
    await outbox.drain();
    outbox.outdate();
    expect(await outbox.drain()).toBe(false);
    expect(outbox.state()).toMatchObject({ last_seq: 3, outdated: true, attempts: 1 });
    expect(await outbox.drain()).toBe(true);
    expect(outbox.restarts).toEqual([3]);
    expect(outbox.delivered).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(outbox.state()).toMatchObject({ last_seq: 3, outdated: false });
  });

  it("does not follow a sink that is out of step without end", async () => {
    const outbox = outboxOf(
      5,
      () => false,
      () => 0,
    );
    expect(await outbox.drain()).toBe(false);
    expect(outbox.told).toHaveLength(MAX_REWINDS);
    expect(outbox.state()).toMatchObject({ attempts: 1, last_error: "Error: out of step" });
  });

  it("backs off further with every failure in a row", async () => {
    const outbox = outboxOf(1, (delivery) => delivery < 4);
    const delays: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      await outbox.drain();
      delays.push(Date.parse(outbox.state().retry_at ?? "") - Date.parse(START));
    }
    expect(delays).toEqual([1000, 2000, 4000]);
    expect(await outbox.drain()).toBe(true);
    expect(outbox.state().attempts).toBe(0);
  });
});

describe("the delay before a retry", () => {
  it("doubles from one second up to five minutes and stays there", () => {
    expect(upTo(12).map((n) => retryDelay(n - 1) / 1000)).toEqual([
      1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300,
    ]);
    expect(retryDelay(5000)).toBe(LAST_RETRY_MS);
  });
});

describe("a drain of more than one takes", () => {
  it("stops behind its last delivery, and the next goes on there", async () => {
    const most = MAX_DELIVERIES * DELIVERY_EVENTS;
    const outbox = outboxOf(most + 7);
    expect(await outbox.drain()).toBe(false);
    expect(outbox.state()).toMatchObject({ last_seq: most, attempts: 0, retry_at: null });
    expect(await outbox.drain()).toBe(true);
    expect(outbox.delivered.at(-1)).toHaveLength(7);
    expect(outbox.state().last_seq).toBe(most + 7);
  });
});

describe("a sink that never answers", () => {
  afterEach(() => vi.useRealTimers());

  it("has failed after a while, and is tried again later", async () => {
    vi.useFakeTimers();
    const failures: string[] = [];
    const drained = drainOutbox({
      lake_id: LAKE,
      sink: { deliver: () => new Promise(() => undefined), restart: async () => {} },
      cursor: () => ({ last_seq: 0, outdated: false, attempts: 0, last_error: null }),
      read: () => [eventAt(1)],
      head: () => 1,
      advance: () => {},
      rewind: () => {},
      restarted: () => {},
      failed: (error) => failures.push(error),
      now: () => new Date(START),
    });
    await vi.advanceTimersByTimeAsync(DELIVERY_TIMEOUT_MS);
    expect(await drained).toBe(false);
    expect(failures).toEqual([`Error: no answer within ${DELIVERY_TIMEOUT_MS / 1000} s`]);
  });
});

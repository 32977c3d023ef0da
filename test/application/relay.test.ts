import { describe, expect, test } from "vitest";
import { DELIVERY_EVENTS } from "../../src/application/drainOutbox.ts";
import type { StoredEvent } from "../../src/application/ports.ts";
import { DELIVERY_EVERY_MS, relay } from "../../src/application/relay.ts";

/** A log, a sink that remembers each delivery, and a clock that only the test moves. */
const world = ({ early_ms = 0 } = {}) => {
  let now_ms = Date.UTC(2026, 0, 1);
  let head = 0;
  let last_seq = 0;
  let outdated = false;
  let failing = false;
  let retry_at: string | null = null;
  let breaking = false;
  const deliveries: number[][] = [];
  const timers: { readonly due_ms: number; readonly ring: () => void }[] = [];
  const background: Promise<unknown>[] = [];
  const delivered: number[] = [];
  const made = relay({
    lake_id: () => "lake",
    delivered: () => delivered.push(head),
    sink: {
      deliver: async (_, events) => {
        if (failing) throw new Error("the sink is down");
        deliveries.push(events.map(({ seq }) => seq));
      },
      restart: async () => {
        deliveries.push([]);
      },
    },
    cursor: () => ({ last_seq, outdated, attempts: 0, last_error: null, retry_at }),
    head: () => head,
    read: (after, limit) => {
      if (breaking) {
        breaking = false;
        throw new Error("the table is locked");
      }
      return Array.from({ length: Math.min(limit, head - after) }, (_, index) => ({
        ...({} as StoredEvent),
        seq: after + index + 1,
      }));
    },
    advance: (seq) => {
      last_seq = seq;
    },
    rewind: (seq) => {
      last_seq = seq;
    },
    restarted: () => {
      last_seq = 0;
      outdated = false;
    },
    failed: (_, at) => {
      retry_at = at;
    },
    now: () => new Date(now_ms),
    wait: (milliseconds) =>
      new Promise((ring) => timers.push({ due_ms: now_ms + milliseconds - early_ms, ring })),
    background: (work) => background.push(work),
  });
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  return {
    relay: made,
    deliveries,
    delivered,
    commit(count = 1) {
      head += count;
      made.nudge();
    },
    async pass(milliseconds: number) {
      now_ms += milliseconds;
      for (const timer of timers.splice(0)) {
        if (timer.due_ms <= now_ms) timer.ring();
        else timers.push(timer);
      }
      await settled();
    },
    outdate() {
      outdated = true;
    },
    fail(is: boolean) {
      failing = is;
    },
    /** The next time it is read, the log itself throws. */
    breakNext() {
      breaking = true;
    },
    settled,
  };
};

describe("the relay to a sink", () => {
  test("sends what comes after a quiet moment at once", async () => {
    const lake = world();
    lake.commit();
    await lake.settled();
    expect(lake.deliveries).toEqual([[1]]);
  });

  test("tells when all there is has arrived, and not before", async () => {
    const lake = world();
    lake.commit();
    await lake.settled();
    lake.commit();
    expect(lake.delivered).toEqual([1]);
    lake.fail(true);
    await lake.pass(DELIVERY_EVERY_MS);
    expect(lake.delivered).toEqual([1]);
    lake.fail(false);
    await lake.pass(10 * DELIVERY_EVERY_MS);
    lake.commit();
    await lake.pass(DELIVERY_EVERY_MS);
    expect(lake.delivered).toEqual([1, 3]);
  });

  test("gathers what comes meanwhile into the next delivery", async () => {
    const lake = world();
    lake.commit();
    await lake.settled();
    for (let n = 0; n < 5; n += 1) lake.commit();
    await lake.pass(DELIVERY_EVERY_MS - 1);
    expect(lake.deliveries).toEqual([[1]]);
    await lake.pass(1);
    expect(lake.deliveries).toEqual([[1], [2, 3, 4, 5, 6]]);
  });

  test("sends at once what somebody waits for", async () => {
    const lake = world();
    lake.commit();
    await lake.settled();
    lake.commit(3);
    expect(await lake.relay.settle()).toBe(true);
    expect(lake.deliveries.flat()).toEqual([1, 2, 3, 4]);
  });

  test("says that it has not arrived while the sink is down, and does not press it", async () => {
    const lake = world();
    lake.fail(true);
    lake.commit();
    await lake.settled();
    lake.fail(false);
    expect(await lake.relay.settle()).toBe(false);
    expect(lake.deliveries).toEqual([]);
    await lake.pass(60_000);
    expect(await lake.relay.settle()).toBe(true);
    expect(lake.deliveries).toEqual([[1]]);
  });

  test("tells everything anew although nothing was committed, once that is due", async () => {
    const lake = world();
    lake.commit(3);
    await lake.settled();
    lake.outdate();
    lake.commit(0);
    await lake.pass(DELIVERY_EVERY_MS);
    expect(lake.deliveries).toEqual([[1, 2, 3], [], [1, 2, 3]]);
  });

  test("does nothing when there is nothing to send", async () => {
    const lake = world();
    lake.relay.nudge();
    expect(await lake.relay.settle()).toBe(true);
    expect(lake.deliveries).toEqual([]);
  });
});

describe("a delivery that is planned", () => {
  test("keeps its time although somebody had everything sent shortly before", async () => {
    const lake = world();
    lake.commit();
    await lake.settled();
    lake.commit();
    await lake.pass(DELIVERY_EVERY_MS - 100);
    await lake.relay.settle();
    await lake.pass(50);
    lake.commit();
    await lake.pass(50);
    expect(lake.deliveries).toEqual([[1], [2]]);
    await lake.pass(DELIVERY_EVERY_MS - 100);
    expect(lake.deliveries).toEqual([[1], [2], [3]]);
  });

  test("is not put off by a timer that rings too early", async () => {
    const lake = world({ early_ms: 1 });
    lake.commit();
    await lake.settled();
    lake.commit();
    await lake.pass(DELIVERY_EVERY_MS - 1);
    expect(lake.deliveries).toEqual([[1]]);
    await lake.pass(1);
    expect(lake.deliveries).toEqual([[1], [2]]);
  });

  test("goes out although the one before it failed within the lake", async () => {
    const lake = world();
    lake.commit();
    await lake.settled();
    lake.breakNext();
    const waited = lake.relay.settle();
    lake.commit(DELIVERY_EVENTS);
    await expect(waited).rejects.toThrow("the table is locked");
    await lake.settled();
    expect(lake.deliveries.flat()).toHaveLength(1 + DELIVERY_EVENTS);
  });
});

describe("a lake that is very busy", () => {
  test("sends full deliveries before their time, and what fills none at its time", async () => {
    const lake = world();
    lake.commit();
    await lake.settled();
    lake.commit(DELIVERY_EVENTS - 1);
    await lake.settled();
    expect(lake.deliveries).toHaveLength(1);
    lake.commit(2);
    await lake.settled();
    expect(lake.deliveries.map(({ length }) => length)).toEqual([1, DELIVERY_EVENTS]);
    await lake.pass(DELIVERY_EVERY_MS);
    expect(lake.deliveries.map(({ length }) => length)).toEqual([1, DELIVERY_EVENTS, 1]);
    expect(lake.deliveries.flat()).toEqual(
      Array.from({ length: DELIVERY_EVENTS + 2 }, (_, index) => index + 1),
    );
  });

  test("sends everything to who waits for it, full or not", async () => {
    const lake = world();
    lake.commit();
    await lake.settled();
    lake.commit(DELIVERY_EVENTS + 7);
    expect(await lake.relay.settle()).toBe(true);
    expect(lake.deliveries.flat()).toHaveLength(DELIVERY_EVENTS + 8);
  });
});

/** A sink that is down for a day, and a lake that is busy meanwhile: on a clock of the test's own. */
import { describe, expect, test } from "vitest";
import {
  DELIVERY_EVENTS,
  LAST_RETRY_MS,
  MAX_DELIVERIES,
  retryDelay,
} from "../../src/application/drainOutbox.ts";
import type { StoredEvent } from "../../src/application/ports.ts";
import { DELIVERY_EVERY_MS, relay } from "../../src/application/relay.ts";

const DAY_MS = 24 * 60 * 60_000;
const EVENTS_A_SECOND = 5;

/** A lake's relay in a world whose time passes second by second. */
const world = () => {
  let now_ms = Date.UTC(2026, 0, 1);
  let head = 0;
  let down = false;
  let attempts = 0;
  let last_seq = 0;
  let retry_at: string | null = null;
  const seen = { tries: 0, deliveries: 0, largest: 0, next: 1, disordered: 0 };
  let timers: { readonly due_ms: number; readonly ring: () => void }[] = [];
  const made = relay({
    lake_id: () => "lake",
    delivered: () => {},
    sink: {
      deliver: async (_, events) => {
        seen.tries += 1;
        if (down) throw new Error("D1 is down");
        seen.deliveries += 1;
        seen.largest = Math.max(seen.largest, events.length);
        for (const { seq } of events) {
          if (seq !== seen.next) seen.disordered += 1;
          seen.next = seq + 1;
        }
      },
      restart: async () => {},
    },
    cursor: () => ({ last_seq, outdated: false, attempts, last_error: null, retry_at }),
    head: () => head,
    read: (after, limit) =>
      Array.from({ length: Math.min(limit, head - after) }, (_, index) => ({
        ...({} as StoredEvent),
        seq: after + index + 1,
      })),
    advance: (seq) => {
      last_seq = seq;
      attempts = 0;
      retry_at = null;
    },
    restarted: () => {},
    rewind: () => {},
    failed: (_, at) => {
      attempts += 1;
      retry_at = at;
    },
    now: () => new Date(now_ms),
    wait: (milliseconds) =>
      new Promise((ring) => timers.push({ due_ms: now_ms + milliseconds, ring })),
    background: () => {},
  });
  const idle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    seen,
    behind: () => head - last_seq,
    head: () => head,
    /** As a command does: it waits for nothing. */
    commit(count: number) {
      head += count;
      made.nudge();
    },
    fail(is: boolean) {
      down = is;
    },
    /** Lets time pass, and rings the alarm when a retry is due, as the lake's alarm does. */
    async pass(milliseconds: number) {
      now_ms += milliseconds;
      const due = timers.filter(({ due_ms }) => due_ms <= now_ms);
      timers = timers.filter(({ due_ms }) => due_ms > now_ms);
      for (const { ring } of due) ring();
      if (retry_at !== null && retry_at <= new Date(now_ms).toISOString()) await made.settle();
      if (due.length > 0) await idle();
    },
  };
};

describe("a sink that is down for a day", () => {
  test("is tried every few minutes, however busy the lake is, and catches up in order", async () => {
    const lake = world();
    lake.commit(1);
    await lake.pass(DELIVERY_EVERY_MS);
    lake.fail(true);
    for (let second = 0; second < DAY_MS / 1000; second += 1) {
      for (let n = 0; n < EVENTS_A_SECOND; n += 1) lake.commit(1);
      await lake.pass(1000);
    }
    const events = (EVENTS_A_SECOND * DAY_MS) / 1000;
    expect(lake.behind()).toBeGreaterThanOrEqual(events - EVENTS_A_SECOND);
    // Not once a command: at the pace of the longest delay, and of the few shorter ones before it.
    const shorter = Array.from({ length: 20 }, (_, n) => retryDelay(n)).filter(
      (delay) => delay < LAST_RETRY_MS,
    );
    expect(lake.seen.tries).toBeLessThanOrEqual(DAY_MS / LAST_RETRY_MS + shorter.length + 2);
    expect(lake.seen.tries).toBeGreaterThan(DAY_MS / LAST_RETRY_MS / 2);

    lake.fail(false);
    const before = lake.seen.deliveries;
    let drains = 0;
    await lake.pass(LAST_RETRY_MS);
    for (; lake.behind() > 0; drains += 1) {
      // Commands go on coming; what is sent at a time stays bounded.
      lake.commit(EVENTS_A_SECOND);
      const sent = lake.seen.deliveries;
      await lake.pass(1000);
      expect(lake.seen.deliveries - sent).toBeLessThanOrEqual(2 * MAX_DELIVERIES);
      expect(drains).toBeLessThan(100);
    }
    const deliveries = lake.seen.deliveries - before;
    console.info(
      `a day's outage: ${lake.head()} events, ${lake.seen.tries - lake.seen.deliveries} tries in vain, ` +
        `then ${deliveries} deliveries of ${lake.seen.largest} events at most, ` +
        `${lake.seen.disordered} out of order`,
    );
    expect(lake.seen).toMatchObject({ disordered: 0, next: lake.head() + 1 });
    expect(lake.seen.largest).toBeLessThanOrEqual(DELIVERY_EVENTS);
    expect(deliveries).toBeLessThanOrEqual(Math.ceil(lake.head() / DELIVERY_EVENTS) + drains + 2);
  });
});

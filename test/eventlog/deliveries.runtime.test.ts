/** The table of notifications, and its stand-in in memory, by the same rules. */
import { describe, expect, test } from "vitest";
import type { Delivery, DeliveryStore } from "../../src/application/ports.ts";
import { inEmptyLog, second } from "../support/emptyLog.ts";
import { type DeliveryRows, memoryDeliveries } from "../support/memoryDeliveries.ts";

const delivery = (webhook_id: string, seq: number, more: Partial<Delivery> = {}): Delivery => ({
  webhook_id,
  delivery_id: `event-${seq}`,
  seq,
  type: "BatchQuarantined",
  status: "delivered",
  attempts: 1,
  last_status: 200,
  last_error: null,
  created_at: second(seq),
  attempted_at: second(seq),
  ...more,
});

const inMemory = async (body: (store: DeliveryStore) => void): Promise<void> => {
  let rows: DeliveryRows = new Map();
  body(
    memoryDeliveries({
      get: () => rows,
      set: (next) => {
        rows = next;
      },
    }),
  );
};

const inTable = (body: (store: DeliveryStore) => void) =>
  inEmptyLog(({ deliveries }) => body(deliveries));

describe.each([
  ["in the table", inTable],
  ["in memory", inMemory],
] as const)("notifications %s", (_, within) => {
  const seqs = (store: DeliveryStore, webhook_id: string, after = 0, limit = 10) =>
    store.list({ webhook_id, after, limit }).map(({ seq }) => seq);

  test("are kept as they are, one for each event and webhook", () =>
    within((store) => {
      const untried = { attempts: 0, last_status: null, attempted_at: null };
      const first = delivery("a", 1, { ...untried, status: "pending" });
      store.put(first);
      store.put(delivery("b", 1));
      expect(store.find("a", "event-1")).toEqual(first);
      const failed = delivery("a", 1, { status: "parked", last_error: "answered 500" });
      store.put(failed);
      expect(store.find("a", "event-1")).toEqual(failed);
      expect(store.find("b", "event-1")).toEqual(delivery("b", 1));
      expect(store.find("a", "event-2")).toBeNull();
    }));

  test("are listed by webhook in the order of the events, page by page, by status", () =>
    within((store) => {
      for (const seq of [3, 1, 10, 2]) store.put(delivery("a", seq));
      store.put(delivery("a", 4, { status: "parked" }));
      store.put(delivery("b", 5));
      expect(seqs(store, "a")).toEqual([1, 2, 3, 4, 10]);
      expect(seqs(store, "a", 1, 2)).toEqual([2, 3]);
      const parked = store.list({ webhook_id: "a", status: "parked", after: 0, limit: 10 });
      expect(parked).toEqual([delivery("a", 4, { status: "parked" })]);
    }));

  test("are forgotten oldest first, so many at a time, whosever they are, but for pending ones", () =>
    within((store) => {
      store.put(delivery("a", 1, { status: "pending" }));
      for (const seq of [2, 4, 6]) store.put(delivery("a", seq));
      for (const seq of [3, 5]) store.put(delivery("b", seq));
      store.forget(second(6), 3);
      expect([seqs(store, "a"), seqs(store, "b")]).toEqual([[1, 6], [5]]);
      store.forget(second(6), 3);
      expect([seqs(store, "a"), seqs(store, "b")]).toEqual([[1, 6], []]);
    }));
});

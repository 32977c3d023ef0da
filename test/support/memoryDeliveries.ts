/** Notifications in memory, by the rules of the table. */
import type { Delivery, DeliveryStore } from "../../src/application/ports.ts";

export type DeliveryRows = ReadonlyMap<string, Delivery>;

interface Cell {
  get(): DeliveryRows;
  set(rows: DeliveryRows): void;
}

const keyOf = (webhook_id: string, delivery_id: string) => `${webhook_id}/${delivery_id}`;

export const memoryDeliveries = ({ get, set }: Cell): DeliveryStore => ({
  put: (row) => set(new Map(get()).set(keyOf(row.webhook_id, row.delivery_id), { ...row })),
  find: (webhook_id, delivery_id) => get().get(keyOf(webhook_id, delivery_id)) ?? null,
  list: ({ webhook_id, status, after, limit }) =>
    [...get().values()]
      .filter((row) => row.webhook_id === webhook_id && row.seq > after)
      .filter((row) => status === undefined || row.status === status)
      .sort((a, b) => a.seq - b.seq)
      .slice(0, limit),
  forget(before, limit) {
    const old = [...get()]
      .filter(([, { status, created_at }]) => created_at < before && status !== "pending")
      .sort(([, a], [, b]) => (a.created_at < b.created_at ? -1 : 1))
      .slice(0, limit);
    const left = new Map(get());
    for (const [key] of old) left.delete(key);
    set(left);
  },
});

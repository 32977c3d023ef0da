/** The table of notifications: what was told to whom, and how often it was tried. */
import type { Delivery, DeliveryStore } from "../application/ports.ts";

const COLUMNS =
  "webhook_id, delivery_id, seq, type, status, attempts, last_status, last_error, created_at, " +
  "attempted_at";

type Row = Omit<Delivery, "status"> & { status: string };

const toDelivery = (row: Row): Delivery => ({ ...row, status: row.status as Delivery["status"] });

export const deliveries = (sql: SqlStorage): DeliveryStore => ({
  put(row) {
    sql.exec(
      `INSERT OR REPLACE INTO webhook_deliveries (${COLUMNS})
       VALUES (?, ?, CAST(? AS INTEGER), ?, ?, CAST(? AS INTEGER), CAST(? AS INTEGER), ?, ?, ?)`,
      row.webhook_id,
      row.delivery_id,
      row.seq,
      row.type,
      row.status,
      row.attempts,
      row.last_status,
      row.last_error,
      row.created_at,
      row.attempted_at,
    );
  },

  find(webhook_id, delivery_id) {
    const [row] = sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM webhook_deliveries WHERE webhook_id = ? AND delivery_id = ?`,
        webhook_id,
        delivery_id,
      )
      .toArray();
    return row ? toDelivery(row) : null;
  },

  list({ webhook_id, status, after, limit }) {
    const only = status === undefined ? [] : [status];
    return sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM webhook_deliveries
         WHERE webhook_id = ? AND seq > CAST(? AS INTEGER) ${only.length > 0 ? "AND status = ?" : ""}
         ORDER BY seq LIMIT CAST(? AS INTEGER)`,
        webhook_id,
        after,
        ...only,
        limit,
      )
      .toArray()
      .map(toDelivery);
  },

  forget(before, limit) {
    sql.exec(
      `DELETE FROM webhook_deliveries WHERE (webhook_id, delivery_id) IN (
         SELECT webhook_id, delivery_id FROM webhook_deliveries
         WHERE created_at < ? AND status <> 'pending'
         ORDER BY created_at LIMIT CAST(? AS INTEGER))`,
      before,
      limit,
    );
  },
});

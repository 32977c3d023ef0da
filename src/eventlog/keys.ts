/** Wrapped keys at rest. */
import type { KeyStore } from "../application/keyring.ts";

export const keys = (sql: SqlStorage, now: () => string): KeyStore => ({
  find(id) {
    const [row] = sql
      .exec<{ wrapped: string }>("SELECT wrapped FROM keys WHERE id = ?", id)
      .toArray();
    return row?.wrapped ?? null;
  },
  put(id, wrapped) {
    sql.exec("INSERT INTO keys (id, wrapped, created_at) VALUES (?, ?, ?)", id, wrapped, now());
  },
  destroy(id) {
    sql.exec("DELETE FROM keys WHERE id = ?", id);
  },
});

/** Small subject indexes beside the log, so that a look-up in them reads no object. */
import type { IndexStore } from "../application/ports.ts";

export const indexes = (sql: SqlStorage): IndexStore => ({
  put(key, object) {
    sql.exec("INSERT OR REPLACE INTO subject_indexes (key, object) VALUES (?, ?)", key, object);
  },

  slice(key, offset, length) {
    const [row] = sql
      .exec<{ part: ArrayBuffer }>(
        `SELECT substr(object, CAST(? AS INTEGER), CAST(? AS INTEGER)) AS part
         FROM subject_indexes WHERE key = ?`,
        offset + 1,
        length,
        key,
      )
      .toArray();
    return row === undefined ? null : new Uint8Array(row.part);
  },

  remove(keys) {
    for (const key of keys) sql.exec("DELETE FROM subject_indexes WHERE key = ?", key);
  },
});

/** Small subject indexes beside the log, so that a look-up in them reads no object. */
import type { IndexStore } from "../application/subjectPorts.ts";

export const indexes = (sql: SqlStorage): IndexStore => ({
  put(key, object) {
    sql.exec("INSERT OR REPLACE INTO subject_indexes (key, object) VALUES (?, ?)", key, object);
  },

  slices(asked) {
    const found: (Uint8Array | null)[] = asked.map(() => null);
    const rows = sql.exec<{ n: number; part: ArrayBuffer }>(
      // CROSS: SQLite keeps to this order, one look-up by key each.
      `SELECT asked.key AS n, substr(object, asked.value ->> 1, asked.value ->> 2) AS part
       FROM json_each(?) AS asked
       CROSS JOIN subject_indexes ON subject_indexes.key = asked.value ->> 0`,
      JSON.stringify(asked.map(({ key, offset, length }) => [key, offset + 1, length])),
    );
    for (const { n, part } of rows) found[n] = new Uint8Array(part);
    return found;
  },

  remove(keys) {
    for (const key of keys) sql.exec("DELETE FROM subject_indexes WHERE key = ?", key);
  },
});

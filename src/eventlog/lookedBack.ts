/**
 * Up to where this database is known to have everything that is kept outside of it. It is restored
 * along with the rest: what was lost by a restore is always behind it.
 */
import type { LookedBack } from "../application/lakeCustody.ts";

export const lookedBack = (sql: SqlStorage): LookedBack => ({
  upTo() {
    const [row] = sql.exec<{ seq: number }>("SELECT seq FROM looked_back").toArray();
    return row?.seq ?? null;
  },

  note(seq) {
    if (this.upTo() === seq) return;
    sql.exec("INSERT OR REPLACE INTO looked_back (id, seq) VALUES (1, CAST(? AS INTEGER))", seq);
  },
});

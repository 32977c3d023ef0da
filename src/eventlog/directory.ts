/** The inline projection behind lists and counts: one row an aggregate, kept with its events. */
import type { AggregateKind } from "../application/aggregates.ts";
import type { Directory, DirectoryEntry, PastEntry } from "../application/ports.ts";

type Row = {
  kind: string;
  id: string;
  dataset: string | null;
  status: string;
  due_at: string | null;
  flagged: number;
  subject_ref: string | null;
  created_seq: number;
};

const toEntry = (row: Row): DirectoryEntry => ({
  ...row,
  kind: row.kind as AggregateKind,
  flagged: row.flagged === 1,
});

/** Statuses that are still owed an answer: see OPEN_STATUSES of the deletion aggregate. */
const OVERDUE =
  "(status IN ('pending', 'held', 'in_progress', 'failed') AND (flagged = 1 OR due_at <= ?))";

/** The directory and its past. */
export interface StoredDirectory extends Directory {
  /** From this event on it is so. */
  note(entry: PastEntry, seq: number): void;
}

export const directory = (sql: SqlStorage): StoredDirectory => ({
  note({ kind, id, status, due_at, flagged }, seq) {
    sql.exec(
      `INSERT INTO directory_history (kind, id, seq, status, due_at, flagged)
       VALUES (?, ?, CAST(? AS INTEGER), ?, ?, CAST(? AS INTEGER))`,
      kind,
      id,
      seq,
      status,
      due_at,
      flagged ? 1 : 0,
    );
  },

  asOf(seq) {
    // With max(), SQLite takes the other columns from the row that has it.
    return sql
      .exec<Pick<Row, "kind" | "id" | "status" | "due_at" | "flagged"> & { latest: number }>(
        `SELECT kind, id, status, due_at, flagged, max(seq) AS latest FROM directory_history
         WHERE seq <= CAST(? AS INTEGER) GROUP BY kind, id`,
        seq,
      )
      .toArray()
      .map(({ kind, id, status, due_at, flagged }) => ({
        kind: kind as AggregateKind,
        id,
        status,
        due_at,
        flagged: flagged === 1,
      }));
  },

  put({ kind, id, dataset, status, due_at, flagged, subject_ref }, seq) {
    sql.exec(
      `INSERT INTO directory (kind, id, dataset, status, due_at, flagged, subject_ref, created_seq)
       VALUES (?, ?, ?, ?, ?, CAST(? AS INTEGER), ?, CAST(? AS INTEGER))
       ON CONFLICT (kind, id) DO UPDATE SET dataset = excluded.dataset, status = excluded.status,
         due_at = excluded.due_at, flagged = excluded.flagged, subject_ref = excluded.subject_ref
       WHERE status <> excluded.status OR flagged <> excluded.flagged
         OR due_at IS NOT excluded.due_at OR dataset IS NOT excluded.dataset`,
      kind,
      id,
      dataset,
      status,
      due_at,
      flagged ? 1 : 0,
      subject_ref,
      seq,
    );
  },

  list(filter) {
    const where = ["kind = ?", "created_seq > CAST(? AS INTEGER)"];
    const values: (string | number)[] = [filter.kind, filter.after ?? 0];
    const also = (condition: string, value: string | number | undefined) => {
      if (value === undefined) return;
      where.push(condition);
      values.push(value);
    };
    also("dataset = ?", filter.dataset);
    also("status = ?", filter.status);
    also(filter.overdue?.is === false ? `NOT ${OVERDUE}` : OVERDUE, filter.overdue?.now);
    also("subject_ref = ?", filter.subject_ref);
    return sql
      .exec<Row>(
        `SELECT kind, id, dataset, status, due_at, flagged, subject_ref, created_seq
         FROM directory WHERE ${where.join(" AND ")}
         ORDER BY created_seq LIMIT CAST(? AS INTEGER)`,
        ...values,
        filter.limit,
      )
      .toArray()
      .map(toEntry);
  },

  counts(kind) {
    const rows = sql
      .exec<{ status: string; n: number }>(
        "SELECT status, count(*) AS n FROM directory WHERE kind = ? GROUP BY status",
        kind,
      )
      .toArray();
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  },

  flagged(kind) {
    return sql
      .exec<{ n: number }>(
        "SELECT count(*) AS n FROM directory WHERE kind = ? AND flagged = 1",
        kind,
      )
      .one().n;
  },

  overdue(now) {
    return sql
      .exec<{ n: number }>(
        `SELECT count(*) AS n FROM directory WHERE kind = 'deletion' AND ${OVERDUE}`,
        now,
      )
      .one().n;
  },

  exists(kind, id) {
    return (
      sql.exec("SELECT 1 FROM directory WHERE kind = ? AND id = ?", kind, id).toArray().length > 0
    );
  },
});

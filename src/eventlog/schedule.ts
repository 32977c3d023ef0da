/** The table of duties: what the lake owes, by when, and how often it has tried. */
import {
  DUTY_KINDS,
  type DutyKind,
  type DutyRef,
  type PendingDuty,
  type Schedule,
} from "../application/ports.ts";

type Row = {
  kind: string;
  ref: string;
  due_at: string;
  attempts: number;
  begun: number;
  parked: number;
  last_error: string | null;
  payload: string;
};

const MAX_REMEMBERED = 1000;

/** Stored errors are cut to this many characters. */
const MAX_ERROR_LENGTH = 500;

const toDuty = (row: Row): PendingDuty => ({
  ...row,
  kind: row.kind as DutyKind,
  parked: row.parked === 1,
  payload: JSON.parse(row.payload) as Record<string, unknown>,
});

/** Through an index of its own, whose condition it has: the number is MAX_ATTEMPTS. */
export const FAILING = "schedule INDEXED BY schedule_failing WHERE attempts >= 10";

const COLUMNS = "kind, ref, due_at, attempts, begun, parked, last_error, payload";

/** The schedule, and how to make it look again after a rollback. */
export interface StoredSchedule extends Schedule {
  forget(): void;
}

export const schedule = (sql: SqlStorage): StoredSchedule => {
  /** When the next duty is due, asked after every commit; undefined when it is not known. */
  let upcoming: string | null | undefined;
  /** Duties known to be there: after every command the same one is asked for. */
  const there = new Set<string>();
  const forget = () => {
    upcoming = undefined;
    there.clear();
  };
  const stored = statements(sql, forget);
  return { ...stored, owes, forget, next };

  function owes(duty: DutyRef): boolean {
    const key = `${duty.kind}/${duty.ref}`;
    if (there.has(key)) return true;
    if (stored.find(duty) === null) return false;
    if (there.size >= MAX_REMEMBERED) there.clear();
    there.add(key);
    return true;
  }

  function next(): string | null {
    if (upcoming === undefined) upcoming = earliest(sql);
    return upcoming;
  }
};

const earliest = (sql: SqlStorage): string | null => {
  const [row] = sql
    .exec<{ due_at: string }>(
      "SELECT due_at FROM schedule WHERE parked = 0 ORDER BY due_at LIMIT 1",
    )
    .toArray();
  return row?.due_at ?? null;
};

const statements = (sql: SqlStorage, changed: () => void): Omit<Schedule, "next" | "owes"> => ({
  due(now, limit, kinds = DUTY_KINDS) {
    return sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM schedule WHERE parked = 0 AND due_at <= ?
           AND kind IN (SELECT value FROM json_each(?))
         ORDER BY due_at LIMIT CAST(? AS INTEGER)`,
        now,
        JSON.stringify(kinds),
        limit,
      )
      .toArray()
      .map(toDuty);
  },

  find({ kind, ref }) {
    const [row] = sql
      .exec<Row>(`SELECT ${COLUMNS} FROM schedule WHERE kind = ? AND ref = ?`, kind, ref)
      .toArray();
    return row ? toDuty(row) : null;
  },

  listed(kind, after, limit) {
    return sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM schedule WHERE kind = ? AND ref > ?
         ORDER BY ref LIMIT CAST(? AS INTEGER)`,
        kind,
        after,
        limit,
      )
      .toArray()
      .map(toDuty);
  },

  put({ kind, ref, due_at, payload }) {
    changed();
    sql.exec(
      "INSERT OR REPLACE INTO schedule (kind, ref, due_at, payload) VALUES (?, ?, ?, ?)",
      kind,
      ref,
      due_at,
      JSON.stringify(payload),
    );
  },

  remove({ kind, ref }) {
    changed();
    const removed = sql
      .exec("DELETE FROM schedule WHERE kind = ? AND ref = ? RETURNING ref", kind, ref)
      .toArray();
    return removed.length > 0;
  },

  begin({ kind, ref }, due_at) {
    changed();
    sql.exec(
      "UPDATE schedule SET begun = begun + 1, due_at = ? WHERE kind = ? AND ref = ?",
      due_at,
      kind,
      ref,
    );
  },

  failed({ kind, ref }, error, retryAt) {
    changed();
    sql.exec(
      `UPDATE schedule SET attempts = attempts + 1, begun = max(begun - 1, 0), last_error = ?, parked = CAST(? AS INTEGER),
         due_at = coalesce(?, due_at)
       WHERE kind = ? AND ref = ?`,
      error.slice(0, MAX_ERROR_LENGTH),
      retryAt === null ? 1 : 0,
      retryAt,
      kind,
      ref,
    );
  },

  failing() {
    return sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM schedule WHERE parked = 1
         UNION SELECT ${COLUMNS} FROM ${FAILING} ORDER BY due_at`,
      )
      .toArray()
      .map(toDuty);
  },

  parked() {
    return sql
      .exec<Row>(`SELECT ${COLUMNS} FROM schedule WHERE parked = 1 ORDER BY due_at`)
      .toArray()
      .map(toDuty);
  },
});

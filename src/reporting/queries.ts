/**
 * The reports across lakes. Each reads rollups through an index and pages by key, so its cost is
 * that of the page, not of the lakes' history. They are as fresh as the last delivery; only
 * `overdue` does not wait for one: it is also told by the clock.
 */
import type { AccessAction } from "../domain/access/access.ts";
import { invariant } from "../domain/decider.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { DeletionRow, LakeRow } from "./tables.ts";

export { BadCursorError } from "./cursor.ts";

export const MAX_PAGE = 1_000;
/** Of a monthly list: those with the most accesses. */
export const MAX_MONTHLY_ROWS = 1_000;

export interface PageRequest {
  /** 1 to `MAX_PAGE`; more is cut. */
  readonly limit: number;
  /** Of the page before, null for the first. */
  readonly cursor: string | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

export interface LakeItem extends LakeRow {
  readonly lake_id: string;
  /** How many of its events have arrived here. */
  readonly events: number;
}

export interface DeletionItem
  extends Pick<
    DeletionRow,
    "status" | "requested_by" | "requested_at" | "deadline" | "statutory_deadline"
  > {
  readonly lake_id: string;
  readonly deletion_id: string;
  readonly overdue: boolean;
}

export interface AccessItem {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly lake_id: string;
  /** Null when the access was to no dataset. */
  readonly dataset_id: string | null;
  readonly accessor_id: string;
  readonly action: AccessAction;
  readonly count: number;
}

export interface AccessRequest extends PageRequest {
  /** First and last day, inclusive: YYYY-MM-DD in UTC, or a time within that day. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly lake_id?: string | undefined;
}

export interface MonthlyReport {
  /** YYYY-MM, UTC. */
  readonly month: string;
  readonly deletions: {
    readonly requested: number;
    readonly completed: number;
    /** Became overdue in the month. */
    readonly overdue: number;
    /** From receipt to completion, of those completed in the month; null when none was. */
    readonly average_completion_seconds: number | null;
  };
  readonly access_by_dataset: readonly {
    readonly lake_id: string;
    readonly dataset_id: string;
    readonly count: number;
  }[];
  readonly access_by_user: readonly { readonly accessor_id: string; readonly count: number }[];
}

export type ReportQueries = ReturnType<typeof reportQueries>;

/** The reports of one D1 database. A malformed cursor rejects with `BadCursorError`. */
export const reportQueries = (db: D1Database) => ({
  /** Lakes that have delivered, by `lake_id`: all, or those that have `member` as a member. */
  async lakes({
    limit,
    cursor,
    member = null,
  }: PageRequest & { readonly member?: string | null }): Promise<Page<LakeItem>> {
    const [lakeId = ""] = startOf(cursor, 1);
    const size = pageSize(limit) + 1;
    const rows =
      member === null
        ? await select<LakeItem>(db, SQL.lakes, lakeId, size)
        : await select<LakeItem>(db, SQL.lakesOfMember, lakeId, size, member);
    return page(rows, limit, ({ lake_id }) => [lake_id]);
  },

  /** Requests still owed an answer, by deadline. `now`: RFC 3339, UTC, milliseconds. */
  async deletions({
    limit,
    cursor,
    now,
  }: PageRequest & { readonly now: string }): Promise<Page<DeletionItem>> {
    const [deadline = "", lakeId = "", deletionId = ""] = startOf(cursor, 3);
    const rows = await select<Omit<DeletionItem, "overdue"> & { overdue: number }>(
      db,
      SQL.deletions,
      now,
      deadline,
      lakeId,
      deletionId,
      pageSize(limit) + 1,
    );
    const items = rows.map((row) => ({ ...row, overdue: row.overdue === 1 }));
    return page(items, limit, (item) => [item.deadline, item.lake_id, item.deletion_id]);
  },

  /** Accesses counted by day, lake, dataset, accessor and action, in this order. */
  async access({ from, to, lake_id, limit, cursor }: AccessRequest): Promise<Page<AccessItem>> {
    const first = dayOf(from) ?? "";
    const last = dayOf(to) ?? LAST_DAY;
    const seen = startOf(cursor, 5);
    const [day = first, lakeId = "", ...behind] = (seen[0] ?? "") < first ? [] : seen;
    const [datasetId = "", accessorId = "", action = ""] = behind;
    const rows = await select<AccessItem>(
      db,
      lake_id === undefined ? SQL.access : SQL.accessOfLake,
      day,
      lake_id ?? lakeId,
      datasetId,
      accessorId,
      action,
      last,
      pageSize(limit) + 1,
    );
    return page(rows, limit, (row) => [
      row.day,
      row.lake_id,
      row.dataset_id ?? "",
      row.accessor_id,
      row.action,
    ]);
  },

  /** One month (YYYY-MM, UTC) of all lakes. Accesses to no dataset count for their user only. */
  async monthly(month: string): Promise<MonthlyReport> {
    const [from, until] = monthBounds(month);
    // One batch is one transaction: the three parts speak of the same moment.
    const [deletions, byDataset, byUser] = await db.batch([
      db.prepare(SQL.monthlyDeletions).bind(from, until),
      db.prepare(SQL.monthlyByDataset).bind(from, until, MAX_MONTHLY_ROWS),
      db.prepare(SQL.monthlyByUser).bind(from, until, MAX_MONTHLY_ROWS),
    ]);
    const [counts] = (deletions?.results ?? []) as MonthlyReport["deletions"][];
    invariant(counts !== undefined, "a query of aggregates alone has one row");
    return {
      month,
      deletions: counts,
      access_by_dataset: (byDataset?.results ?? []) as MonthlyReport["access_by_dataset"],
      access_by_user: (byUser?.results ?? []) as MonthlyReport["access_by_user"],
    };
  },
});

const LAST_DAY = "9999-12-31";

const dayOf = (time: string | undefined): string | undefined => time?.slice(0, "YYYY-MM-DD".length);

/** The first day of the month and of the next one. */
const monthBounds = (month: string): readonly [string, string] => {
  const [year, number] = month.split("-").map(Number);
  invariant(year !== undefined && number !== undefined, `${month} is a month`);
  const next = number === 12 ? [year + 1, 1] : [year, number + 1];
  return [`${month}-01`, `${next.map((part) => String(part).padStart(2, "0")).join("-")}-01`];
};

/** Before the first row when there is no cursor: every key is greater than nothing. */
const startOf = (cursor: string | null, length: number): readonly string[] =>
  cursor === null ? [] : decodeCursor(cursor, length);

const pageSize = (limit: number): number => Math.min(Math.max(1, limit), MAX_PAGE);

/** `rows` were asked for with one more than the page takes: its presence means there is a next. */
const page = <Item>(
  rows: readonly Item[],
  limit: number,
  keyOf: (item: Item) => readonly string[],
): Page<Item> => {
  const items = rows.slice(0, pageSize(limit));
  const last = items.at(-1);
  const more = rows.length > items.length && last !== undefined;
  return { items, next_cursor: more ? encodeCursor(keyOf(last)) : null };
};

const select = async <Row>(
  db: D1Database,
  sql: string,
  ...values: readonly (string | number)[]
): Promise<readonly Row[]> =>
  (
    await db
      .prepare(sql)
      .bind(...values)
      .all<Row>()
  ).results;

/** Numbers bind as REAL, hence the casts. A row value in WHERE is the key of the page before. */
const SQL = {
  lakes: `
    SELECT lakes.lake_id, name, owner_id, region, compliance_level, country, time_zone, created_at,
      relay.last_seq AS events
    FROM lakes JOIN relay ON relay.lake_id = lakes.lake_id
    WHERE lakes.lake_id > ?1
    ORDER BY lakes.lake_id LIMIT CAST(?2 AS INTEGER)`,

  lakesOfMember: `
    SELECT lakes.lake_id, name, owner_id, region, compliance_level, country, time_zone, created_at,
      relay.last_seq AS events
    FROM members JOIN lakes ON lakes.lake_id = members.lake_id
      JOIN relay ON relay.lake_id = members.lake_id
    WHERE members.subject = ?3 AND members.status = 'active' AND members.lake_id > ?1
    ORDER BY members.lake_id LIMIT CAST(?2 AS INTEGER)`,

  /** The condition on the status is that of the index `deletions_open`, word for word. */
  deletions: `
    SELECT lake_id, deletion_id, status, requested_by, requested_at, deadline, statutory_deadline,
      overdue = 1 OR deadline <= ?1 AS overdue
    FROM deletions
    WHERE status NOT IN ('completed', 'rejected')
      AND (deadline, lake_id, deletion_id) > (?2, ?3, ?4)
    ORDER BY deadline, lake_id, deletion_id LIMIT CAST(?5 AS INTEGER)`,

  access: `
    SELECT day, lake_id, nullif(dataset_id, '') AS dataset_id, accessor_id, action, count
    FROM access_daily
    WHERE (day, lake_id, access_daily.dataset_id, accessor_id, action) > (?1, ?2, ?3, ?4, ?5)
      AND day <= ?6
    ORDER BY day, lake_id, access_daily.dataset_id, accessor_id, action
    LIMIT CAST(?7 AS INTEGER)`,

  accessOfLake: `
    SELECT day, lake_id, nullif(dataset_id, '') AS dataset_id, accessor_id, action, count
    FROM access_daily
    WHERE lake_id = ?2
      AND (day, access_daily.dataset_id, accessor_id, action) > (?1, ?3, ?4, ?5) AND day <= ?6
    ORDER BY day, access_daily.dataset_id, accessor_id, action LIMIT CAST(?7 AS INTEGER)`,

  monthlyDeletions: `
    SELECT
      (SELECT count(*) FROM deletions
        WHERE requested_at >= ?1 AND requested_at < ?2) AS requested,
      (SELECT count(*) FROM deletions
        WHERE completed_at >= ?1 AND completed_at < ?2) AS completed,
      (SELECT count(*) FROM deletions
        WHERE overdue_at >= ?1 AND overdue_at < ?2) AS overdue,
      (SELECT avg(completion_seconds) FROM deletions
        WHERE completed_at >= ?1 AND completed_at < ?2) AS average_completion_seconds`,

  monthlyByDataset: `
    SELECT lake_id, dataset_id, sum(count) AS count FROM access_daily
    WHERE day >= ?1 AND day < ?2 AND dataset_id <> ''
    GROUP BY lake_id, dataset_id
    ORDER BY sum(count) DESC, lake_id, dataset_id LIMIT CAST(?3 AS INTEGER)`,

  monthlyByUser: `
    SELECT accessor_id, sum(count) AS count FROM access_daily
    WHERE day >= ?1 AND day < ?2
    GROUP BY accessor_id
    ORDER BY sum(count) DESC, accessor_id LIMIT CAST(?3 AS INTEGER)`,
};

/**
 * The reports across lakes. Each reads rollups through an index and pages by key, so its cost is
 * that of the page, not of the lakes' history. They are as fresh as the last delivery; only
 * `overdue` does not wait for one: it is also told by the clock.
 */
import { invariant } from "../domain/decider.ts";
import { accessReports } from "./accessReports.ts";
import { catalogReports } from "./catalogReports.ts";
import { deletionSummaries } from "./deletionSummary.ts";
import { type Key, type Page, type PageRequest, pageOf, pageSize, startOf } from "./page.ts";
import { requestReports } from "./requestReports.ts";
import { bound, select, statement } from "./statement.ts";
import type { LakeRow } from "./tables.ts";

export { BadCursorError } from "./cursor.ts";
export { MAX_PAGE, type Page, type PageRequest } from "./page.ts";

/** Of a monthly list: those with the most accesses. */
export const MAX_MONTHLY_ROWS = 1_000;

export interface LakeItem extends LakeRow {
  readonly lake_id: string;
  /** How many of its events have arrived here. */
  readonly events: number;
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
  ...requestReports(db),
  ...deletionSummaries(db),
  ...accessReports(db),
  ...catalogReports(db),

  /** Lakes that have delivered, by `lake_id`: all, or those that have `member` as a member. */
  async lakes({
    limit,
    cursor,
    member = null,
  }: PageRequest & { readonly member?: string | null }): Promise<Page<LakeItem>> {
    const [after_lake_id = ""] = startOf(cursor, 1);
    const values = { after_lake_id, limit: pageSize(limit) + 1, member };
    const wanted = member === null ? SQL.lakes : SQL.lakesOfMember;
    return pageOf(await select<LakeItem>(db, wanted, values), limit, lakeKey);
  },

  /** One month (YYYY-MM, UTC) of all lakes. Accesses to no dataset count for their user only. */
  async monthly(month: string): Promise<MonthlyReport> {
    const [from, until] = monthBounds(month);
    // One batch is one transaction: the three parts speak of the same moment.
    const [deletions, byDataset, byUser] = await db.batch([
      bound(db, SQL.monthlyDeletions, { from, until }),
      bound(db, SQL.monthlyByDataset, { from, until, limit: MAX_MONTHLY_ROWS }),
      bound(db, SQL.monthlyByUser, { from, until, limit: MAX_MONTHLY_ROWS }),
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

/** The first day of the month and of the next one. */
const monthBounds = (month: string): readonly [string, string] => {
  const [year, number] = month.split("-").map(Number);
  invariant(year !== undefined && number !== undefined, `${month} is a month`);
  const next = number === 12 ? [year + 1, 1] : [year, number + 1];
  return [`${month}-01`, `${next.map((part) => String(part).padStart(2, "0")).join("-")}-01`];
};

export const lakeKey = ({ lake_id }: LakeItem): Key => [lake_id];

const SQL = {
  lakes: statement(
    "lakes",
    `
    SELECT lakes.lake_id, name, owner_id, region, compliance_level, country, time_zone, created_at,
      relay.last_seq AS events
    FROM lakes JOIN relay ON relay.lake_id = lakes.lake_id
    WHERE lakes.lake_id > :after_lake_id
    ORDER BY lakes.lake_id LIMIT CAST(:limit AS INTEGER)`,
  ),

  lakesOfMember: statement(
    "lakesOfMember",
    `
    SELECT lakes.lake_id, name, owner_id, region, compliance_level, country, time_zone, created_at,
      relay.last_seq AS events
    FROM members JOIN lakes ON lakes.lake_id = members.lake_id
      JOIN relay ON relay.lake_id = members.lake_id
    WHERE members.subject = :member AND members.status = 'active' AND members.lake_id > :after_lake_id
    ORDER BY members.lake_id LIMIT CAST(:limit AS INTEGER)`,
  ),

  monthlyDeletions: statement(
    "monthlyDeletions",
    `
    SELECT
      (SELECT count(*) FROM deletions
        WHERE requested_at >= :from AND requested_at < :until) AS requested,
      (SELECT count(*) FROM deletions
        WHERE completed_at >= :from AND completed_at < :until) AS completed,
      (SELECT count(*) FROM deletions
        WHERE overdue_at >= :from AND overdue_at < :until) AS overdue,
      (SELECT avg(completion_seconds) FROM deletions
        WHERE completed_at >= :from AND completed_at < :until) AS average_completion_seconds`,
  ),

  monthlyByDataset: statement(
    "monthlyByDataset",
    `
    SELECT lake_id, dataset_id, sum(count) AS count FROM access_daily
    WHERE day >= :from AND day < :until AND dataset_id <> ''
    GROUP BY lake_id, dataset_id
    ORDER BY sum(count) DESC, lake_id, dataset_id LIMIT CAST(:limit AS INTEGER)`,
  ),

  monthlyByUser: statement(
    "monthlyByUser",
    `
    SELECT accessor_id, sum(count) AS count FROM access_daily
    WHERE day >= :from AND day < :until
    GROUP BY accessor_id
    ORDER BY sum(count) DESC, accessor_id LIMIT CAST(:limit AS INTEGER)`,
  ),
};

/**
 * The reports across lakes. Each reads rollups through an index and pages by key, so its cost is
 * that of the page, not of the lakes' history. They are as fresh as the last delivery; only
 * `overdue` does not wait for one: it is also told by the clock.
 */
import { accessReports } from "./accessReports.ts";
import { catalogReports } from "./catalogReports.ts";
import { deletionSummaries } from "./deletionSummary.ts";
import { REPORT_VERSION } from "./forget.ts";
import { monthlyQueries } from "./monthlyPart.ts";
import { type Key, type Page, type PageRequest, pageOf, pageSize, startOf } from "./page.ts";
import { processingRecords } from "./processingRecords.ts";
import { requestReports } from "./requestReports.ts";
import { select, statement } from "./statement.ts";
import type { LakeRow } from "./tables.ts";

export { BadCursorError } from "./cursor.ts";
export { MAX_PAGE, type Page, type PageRequest } from "./page.ts";

export interface LakeItem extends LakeRow {
  readonly lake_id: string;
  /** How many of its events have arrived here. */
  readonly events: number;
  /** Not all that its log had when these were last derived anew: until then, what is here lacks some. */
  readonly rebuilding: boolean;
}

export type ReportQueries = ReturnType<typeof reportQueries>;

/** The reports of one D1 database. A malformed cursor rejects with `BadCursorError`. */
export const reportQueries = (db: D1Database) => ({
  ...requestReports(db),
  ...deletionSummaries(db),
  ...accessReports(db),
  ...catalogReports(db),
  ...monthlyQueries(db),
  ...processingRecords(db),

  /** Lakes that have delivered, by `lake_id`: all, or those that have `member` as a member. */
  async lakes({
    limit,
    cursor,
    member = null,
  }: PageRequest & { readonly member?: string | null }): Promise<Page<LakeItem>> {
    const [after_lake_id = ""] = startOf(cursor, 1);
    const values = { after_lake_id, limit: pageSize(limit) + 1, member };
    const wanted = member === null ? SQL.lakes : SQL.lakesOfMember;
    const rows = await select<Omit<LakeItem, "rebuilding"> & { rebuilding: number }>(
      db,
      wanted,
      values,
    );
    const items = rows.map((row) => ({ ...row, rebuilding: row.rebuilding === 1 }));
    return pageOf(items, limit, lakeKey);
  },
});

export const lakeKey = ({ lake_id }: LakeItem): Key => [lake_id];

/** Of another version, or not complete. */
const REBUILDING = `relay.report_version <> ${REPORT_VERSION} OR relay.rebuilding_to IS NOT NULL`;

const SQL = {
  lakes: statement(
    "lakes",
    `
    SELECT lakes.lake_id, name, owner_id, region, compliance_level, country, time_zone, created_at,
      relay.last_seq AS events, ${REBUILDING} AS rebuilding
    FROM lakes JOIN relay ON relay.lake_id = lakes.lake_id
    WHERE lakes.lake_id > :after_lake_id
    ORDER BY lakes.lake_id LIMIT CAST(:limit AS INTEGER)`,
  ),

  lakesOfMember: statement(
    "lakesOfMember",
    `
    SELECT lakes.lake_id, name, owner_id, region, compliance_level, country, time_zone, created_at,
      relay.last_seq AS events, ${REBUILDING} AS rebuilding
    FROM members JOIN lakes ON lakes.lake_id = members.lake_id
      JOIN relay ON relay.lake_id = members.lake_id
    WHERE members.subject = :member AND members.status = 'active' AND members.lake_id > :after_lake_id
    ORDER BY members.lake_id LIMIT CAST(:limit AS INTEGER)`,
  ),
};

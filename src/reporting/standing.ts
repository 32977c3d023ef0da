/**
 * How lakes stand in the reports of one database: which ones these know, and of which they do not
 * have everything yet, because they are being derived anew.
 */
import { REPORT_VERSION } from "./forget.ts";
import { type Page, pageOf, pageSize, startOf } from "./page.ts";
import { select, statement } from "./statement.ts";

/** What is wrong with the figures of a report, for the time being. */
export interface Rebuilding {
  /** How many lakes the reports lack something of. */
  readonly lakes: number;
  /** Some of these, by id: of those that the caller may see, `MAX_NAMED` at most. */
  readonly lake_ids: readonly string[];
}

const MAX_NAMED = 100;

export interface Standing {
  /** By `lake_id`. Throws `BadCursorError`. */
  lakes(page: {
    readonly limit: number;
    readonly cursor: string | null;
  }): Promise<Page<{ readonly lake_id: string }>>;
  /** Of these lakes, the ones that are known here. */
  toldOf(lake_ids: readonly string[]): Promise<readonly string[]>;
  /** `member`: who asks; null: somebody who may see all. */
  rebuilding(member: string | null): Promise<Rebuilding>;
}

export const standing = (db: D1Database): Standing => ({
  async lakes({ limit, cursor }) {
    const [after = ""] = startOf(cursor, 1);
    const values = { after, limit: pageSize(limit) + 1 };
    const rows = await select<{ lake_id: string }>(db, SQL.lakes, values);
    return pageOf(rows, limit, ({ lake_id }) => [lake_id]);
  },

  async toldOf(lake_ids) {
    const values = { lake_ids: JSON.stringify(lake_ids) };
    const rows = await select<{ lake_id: string }>(db, SQL.toldOf, values);
    return rows.map(({ lake_id }) => lake_id);
  },

  async rebuilding(member) {
    const [counted] = await select<{ lakes: number }>(db, SQL.count, {});
    const lakes = counted?.lakes ?? 0;
    if (lakes === 0) return { lakes, lake_ids: [] };
    const named = member === null ? SQL.named : SQL.namedOfMember;
    const rows = await select<{ lake_id: string }>(db, named, { member, limit: MAX_NAMED });
    return { lakes, lake_ids: rows.map(({ lake_id }) => lake_id) };
  },
});

/** Of several databases. */
export const rebuildingIn = async (
  databases: readonly Standing[],
  member: string | null,
): Promise<Rebuilding> => {
  const all = await Promise.all(databases.map((each) => each.rebuilding(member)));
  return {
    lakes: all.reduce((total, { lakes }) => total + lakes, 0),
    lake_ids: all.flatMap(({ lake_ids }) => lake_ids).slice(0, MAX_NAMED),
  };
};

/** Rows of another version, on either side of this one, and those that are not complete yet. */
const UNFINISHED = `
      SELECT lake_id FROM relay WHERE moved_to IS NULL AND report_version < ${REPORT_VERSION}
      UNION ALL
      SELECT lake_id FROM relay WHERE moved_to IS NULL AND report_version > ${REPORT_VERSION}
      UNION ALL
      SELECT lake_id FROM relay
      WHERE lake_id > '' AND rebuilding_to IS NOT NULL AND moved_to IS NULL
        AND +report_version = ${REPORT_VERSION}`;

const SQL = {
  lakes: statement(
    "standing.lakes",
    `
    SELECT lake_id FROM relay WHERE lake_id > :after AND moved_to IS NULL
    ORDER BY lake_id LIMIT CAST(:limit AS INTEGER)`,
  ),
  toldOf: statement(
    "standing.toldOf",
    `
    SELECT relay.lake_id FROM json_each(:lake_ids) AS busy
      CROSS JOIN relay ON relay.lake_id = busy.value AND relay.moved_to IS NULL`,
  ),
  count: statement("standing.count", `SELECT count(*) AS lakes FROM (${UNFINISHED}) AS busy`),
  named: statement(
    "standing.named",
    `SELECT lake_id FROM (${UNFINISHED}) AS busy LIMIT CAST(:limit AS INTEGER)`,
  ),
  namedOfMember: statement(
    "standing.namedOfMember",
    `
    SELECT members.lake_id FROM members JOIN relay ON relay.lake_id = members.lake_id
    WHERE members.subject = :member AND members.status = 'active' AND relay.moved_to IS NULL
      AND (relay.report_version <> ${REPORT_VERSION} OR relay.rebuilding_to IS NOT NULL)
    LIMIT CAST(:limit AS INTEGER)`,
  ),
};

/**
 * Takes a lake's rows out of the reports, so that its log is told anew: because they were derived
 * by other code than this, because the lake was restored, or because somebody asked. A large lake
 * has millions of rows and one statement on D1 is short, so they go in pieces; `relay` says
 * meanwhile that they go, and nothing is delivered until the last is gone. Whoever dies on the way
 * leaves it to the next delivery.
 */
import { TABLE_NAMES, TABLES, type Table } from "./tables.ts";

/**
 * Of what the reports make of events. Another number, and every lake is told anew by itself: raise
 * it with each change of what an event does to the rollups (`changes/`), and with each
 * migration that adds a table or a column which the events of before would have filled.
 */
export const REPORT_VERSION = 2;

/** In `relay.report_version`: no code's; the rows are going. */
const GOING = -1;

/** Rows that one statement deletes. D1's advice for large deletions is pieces of about a thousand. */
const MAX_DELETED_ROWS = 2_000;

/**
 * The lake's rows are gone and its `relay` stands before the first event; `head` is the last event
 * there is to tell of, up to which the reports say that they lack some. What the lake is called
 * stays, so that it is still in the list, and its first event says it anew. A person's request that
 * was still open stays too, as lost, until the log opens it anew: if it was made in the time that a
 * restore took away, nobody else knows that it is owed an answer.
 */
export const forget = async (db: D1Database, lake_id: string, head: number): Promise<void> => {
  await db.batch([
    db.prepare(SQL.begin).bind(lake_id, head),
    ...SQL.keepOpen.map((sql) => db.prepare(sql).bind(lake_id)),
  ]);
  await removeRows(db, lake_id);
  await db.prepare(SQL.end).bind(lake_id, head).run();
};

/** Piece by piece, while `relay` says that they go. */
const removeRows = async (db: D1Database, lake_id: string): Promise<void> => {
  let left = REMOVED;
  while (left.length > 0) {
    const results = await db.batch(left.map((sql) => db.prepare(sql).bind(lake_id)));
    left = left.filter((_, index) => (results[index]?.meta.changes ?? 0) > 0);
  }
};

const GUARD = `EXISTS (SELECT 1 FROM relay WHERE relay.lake_id = ?1 AND report_version = ${GOING})`;

/** The first rows of the lake by what names a row within it: one range of an index. */
const remove = (table: string, keys: readonly string[], which = ""): string => `
  DELETE FROM ${table} WHERE ${GUARD} AND lake_id = ?1${which} AND (${keys.join(", ")}) <= (
    SELECT ${keys.join(", ")} FROM (
      SELECT ${keys.join(", ")} FROM ${table} WHERE lake_id = ?1${which}
      ORDER BY ${keys.join(", ")} LIMIT ${MAX_DELETED_ROWS})
    ORDER BY ${keys.map((key) => `${key} DESC`).join(", ")} LIMIT 1)`;

/** What is kept of a lake's rows. */
const KEPT: { readonly [table: string]: string } = {
  deletions: " AND status <> 'lost'",
  subject_accesses: " AND status <> 'lost'",
};

const REMOVED: readonly string[] = [
  remove("events", ["seq"]),
  remove("batch_counts", ["dataset_id", "status"]),
  ...TABLE_NAMES.filter((name) => name !== "lakes").map((name) => {
    const { keys }: Table = TABLES[name];
    return remove(name, keys, KEPT[name]);
  }),
];

/** Numbers bind as REAL, hence the casts. ?1 lake_id, ?2 the last event of the log. */
const SQL = {
  begin: `
    INSERT INTO relay (lake_id, last_seq, report_version, rebuilding_to)
    VALUES (?1, 0, ${GOING}, CAST(?2 AS INTEGER))
    ON CONFLICT DO UPDATE SET report_version = excluded.report_version,
      rebuilding_to = excluded.rebuilding_to, moved_to = NULL`,
  keepOpen: [
    `UPDATE deletions SET status = 'lost'
     WHERE lake_id = ?1 AND status NOT IN ('completed', 'rejected')`,
    `UPDATE subject_accesses SET status = 'lost' WHERE lake_id = ?1 AND status = 'collecting'`,
  ],
  end: `
    UPDATE relay SET last_seq = 0, report_version = ${REPORT_VERSION},
      rebuilding_to = CAST(?2 AS INTEGER)
    WHERE lake_id = ?1 AND report_version = ${GOING}`,
};

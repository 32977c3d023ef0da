/**
 * Takes a lake's rows out of the reports, so that its log is told anew: because they were derived
 * by other code than this, because the lake was restored, or because somebody asked. A large lake
 * has millions of rows and one statement on D1 is short, so they go in pieces; `relay` says
 * meanwhile that they go, and nothing is delivered until the last is gone. Whoever dies on the way
 * leaves it to the next delivery.
 */
import { packed } from "./packing.ts";
import { TABLE_NAMES, TABLES, type Table } from "./tables.ts";

/**
 * Of what the reports make of events. Another number, and every lake is told anew by itself: raise
 * it with each change of what an event does to the rollups (`changes/`), and with each
 * migration that adds a table or a column which the events of before would have filled.
 */
export const REPORT_VERSION = 3;

/** In `relay.report_version`: no code's; the rows are going. */
const GOING = -1;

/** Of one JSON parameter, unless one row alone is larger. */
const MAX_PARAMETER_BYTES = 512 * 1024;
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
  await removeRows(db, lake_id, REMOVED);
  await db.prepare(SQL.end).bind(lake_id, head).run();
};

/**
 * The lake reports to another database from here on, whose binding is `moved_to`: nothing of it is
 * left here but that it has. Requests that only these reports know of go along first, so `home` is
 * to be one where the lake's own rows are gone already. Does nothing where there was nothing.
 */
export const leave = async (
  db: D1Database,
  lake_id: string,
  home: { readonly binding: string; readonly database: D1Database },
): Promise<void> => {
  if ((await db.prepare(SQL.known).bind(lake_id).first()) === null) return;
  for (const [table, which] of TAKEN_ALONG) {
    await takeAlong(db, lake_id, home.database, table, which);
  }
  await db.prepare(SQL.beginLeaving).bind(lake_id, home.binding).run();
  await removeRows(db, lake_id, ALL);
  await db.prepare(SQL.end).bind(lake_id, null).run();
};

interface Taken {
  readonly names: readonly string[];
  readonly which: string;
}

const lostRows = ({ keys, columns }: Table): Taken => ({
  names: [...keys, ...Object.keys(columns)],
  which: " AND status = 'lost'",
});

/** What the log cannot tell anew: how the lake stands is counted on from where it is, not again. */
const TAKEN_ALONG: readonly (readonly [string, Taken])[] = [
  ["deletions", lostRows(TABLES.deletions)],
  ["subject_accesses", lostRows(TABLES.subject_accesses)],
  [
    "lake_status",
    {
      names: [
        ...["process", "report", "reported_at", "events", "behind_since", "webhooks_pending"],
        ...["webhooks_pending_since", "webhooks_parked", "duties_parked", "next_due_at", "locked"],
      ],
      which: "",
    },
  ],
];

const takeAlong = async (
  db: D1Database,
  lake_id: string,
  home: D1Database,
  table: string,
  { names, which }: Taken,
): Promise<void> => {
  const { results } = await db
    .prepare(`SELECT ${names.join(", ")} FROM ${table} WHERE lake_id = ?1${which}`)
    .bind(lake_id)
    .all<Record<string, unknown>>();
  const rows = results.map((row) => JSON.stringify(row));
  const values = names.map((name) => `value ->> '$.${name}'`);
  const statements = packed(rows, MAX_PARAMETER_BYTES).map((json) =>
    home
      .prepare(
        `INSERT OR IGNORE INTO ${table} (lake_id, ${names.join(", ")})
         SELECT ?1, ${values.join(", ")} FROM json_each(?2)`,
      )
      .bind(lake_id, json),
  );
  if (statements.length > 0) await home.batch(statements);
};

/** Piece by piece, while `relay` says that they go. */
const removeRows = async (
  db: D1Database,
  lake_id: string,
  statements: readonly string[],
): Promise<void> => {
  let left = statements;
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

/** Requests that nobody else may know of. */
const LOST = " AND status <> 'lost'";
const KEPT: { readonly [table: string]: string } = { deletions: LOST, subject_accesses: LOST };

const removals = (kept: typeof KEPT): readonly string[] => [
  remove("events", ["seq"]),
  remove("batch_counts", ["dataset_id", "status"]),
  ...TABLE_NAMES.filter((name) => name !== "lakes").map((name) => {
    const { keys }: Table = TABLES[name];
    return remove(name, keys, kept[name]);
  }),
];

const REMOVED = removals(KEPT);
const ALL = [
  ...removals({}),
  ...["lakes", "lake_status"].map(
    (table) => `DELETE FROM ${table} WHERE ${GUARD} AND lake_id = ?1`,
  ),
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
  known: "SELECT 1 AS known FROM relay WHERE lake_id = ?",
  beginLeaving: `
    UPDATE relay SET report_version = ${GOING}, last_seq = 0, rebuilding_to = NULL, moved_to = ?2
    WHERE lake_id = ?1`,
  end: `
    UPDATE relay SET last_seq = 0, report_version = ${REPORT_VERSION},
      rebuilding_to = CAST(?2 AS INTEGER)
    WHERE lake_id = ?1 AND report_version = ${GOING}`,
};

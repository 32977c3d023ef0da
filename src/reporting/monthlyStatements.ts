/**
 * What the monthly report asks of D1. Everything is counted from rollups, by month, and so costs
 * what the month holds, not what the lakes do; the statements of one report run as one batch, which
 * is one transaction, so all of it speaks of the same moment.
 */
import { MAX_MONTHLY_ROWS } from "./monthlyReport.ts";
import { type Scoped, scoped, WATCHED } from "./scope.ts";

/** Seconds are exact to the millisecond in both, so that none is late that is not. */
const DAYS_LEFT =
  "(unixepoch(coalesce(missed_deadline, deadline), 'subsec') - unixepoch(completed_at, 'subsec')) / 86400.0";

/** Whole days before the deadline at which bands of completed erasures part; negative: behind it. */
export const BAND_EDGES = [28, 21, 14, 7, 0, -7, -14, -28] as const;

/** Index of the band: that of the first edge that it reaches, or the one behind all of them. */
const BAND = `CASE ${BAND_EDGES.map((edge, at) => `WHEN ${DAYS_LEFT} >= ${edge} THEN ${at}`).join(" ")}
      ELSE ${BAND_EDGES.length} END`;

/** Every month that the report compares, as a table of the statement's own. */
const MONTHS = `WITH RECURSIVE months(month) AS (
      SELECT :first_month UNION ALL
      SELECT strftime('%Y-%m', month || '-01', '+1 month') FROM months WHERE month < :month)`;

/** `of` makes the statement; `lakes` says which lakes' rows it is to count. */
const counting = (name: string, of: (lakes: string) => string): Scoped =>
  scoped(`monthly.${name}`, {
    all: of("lake_id > ''"),
    lake: of("lake_id = :lake_id"),
    member: of(`lake_id IN (SELECT members.lake_id FROM members WHERE ${WATCHED})`),
  });

/** Those that a report lists: the first by id that were there before the month ended. */
const listed = (lakes: string): string => `lake_id IN (
        SELECT lakes.lake_id FROM lakes WHERE lakes.${lakes} AND created_at < :until
        ORDER BY lakes.lake_id LIMIT ${MAX_MONTHLY_ROWS})`;

/** Of which the index of each has a range. A request is closed once. */
const OPEN_THEN = [
  "status NOT IN ('completed', 'rejected') AND deadline > ''",
  "completed_at >= :until",
  "rejected_month > :month",
];

/** By the alarm or by the clock; a deadline that was put off since had not passed then. */
const LATE_THEN = "(coalesce(overdue_at < :until, 0) OR deadline <= :stands_at)";

/** What happens to a request to be forgotten: of each there is the time and, by index, the month. */
type Happening = "requested" | "completed" | "overdue";

const byMonth = (what: Happening, more = ""): Scoped =>
  counting(
    what,
    (lakes) => `
    ${MONTHS}
    SELECT ${what}_month AS month, count(*) AS count${more} FROM deletions
    WHERE ${what}_month IN (SELECT month FROM months) AND ${lakes} GROUP BY ${what}_month`,
  );

const byDay = (what: Happening): Scoped =>
  counting(
    `${what}_by_day`,
    (lakes) => `
    SELECT substr(${what}_at, 1, 10) AS day, count(*) AS count FROM deletions
    WHERE ${what}_month = :month AND ${lakes} GROUP BY 1`,
  );

const byLake = (what: Happening): Scoped =>
  counting(
    `${what}_by_lake`,
    (lakes) => `
    SELECT lake_id, count(*) AS count FROM deletions
    WHERE ${what}_month = :month AND ${listed(lakes)} GROUP BY lake_id`,
  );

export const MONTHLY = {
  lakes: counting(
    "lakes",
    (lakes) => `
    SELECT lakes.lake_id, name, region, country, compliance_level, relay.last_seq AS events,
      (SELECT recorded_at FROM events
        WHERE events.lake_id = lakes.lake_id AND events.seq = relay.last_seq) AS last_recorded_at
    FROM lakes JOIN relay ON relay.lake_id = lakes.lake_id
    WHERE lakes.${lakes} AND created_at < :until
    ORDER BY lakes.lake_id LIMIT ${MAX_MONTHLY_ROWS}`,
  ),
  lakeCount: counting(
    "lake_count",
    (lakes) => `SELECT count(*) AS count FROM lakes WHERE ${lakes} AND created_at < :until`,
  ),

  requested: byMonth("requested"),
  completed: byMonth("completed", ", sum(completion_seconds) AS seconds"),
  overdue: byMonth("overdue"),

  requestedByDay: byDay("requested"),
  completedByDay: byDay("completed"),
  overdueByDay: byDay("overdue"),

  requestedByLake: byLake("requested"),
  completedByLake: byLake("completed"),
  overdueByLake: byLake("overdue"),

  // As of the month's end: those that are open still, and those that were closed since.
  open: counting(
    "open",
    (lakes) => `
    SELECT count(*) AS count, coalesce(sum(late), 0) AS overdue FROM (
      ${OPEN_THEN.map(
        (which) => `SELECT ${LATE_THEN} AS late FROM deletions
      WHERE ${which} AND requested_at < :until AND ${lakes}`,
      ).join("\n      UNION ALL ")})`,
  ),
  completions: counting(
    "completions",
    (lakes) => `
    SELECT ${BAND} AS band, count(*) AS count FROM deletions
    WHERE completed_month = :month AND ${lakes} GROUP BY 1`,
  ),
  counts: counting(
    "counts",
    (lakes) => `
    ${MONTHS}
    SELECT month, measure, sum(count) AS count FROM monthly_counts
    WHERE month IN (SELECT month FROM months) AND ${lakes} GROUP BY month, measure`,
  ),
  countsByLake: counting(
    "counts_by_lake",
    (lakes) => `
    SELECT lake_id, measure, sum(count) AS count FROM monthly_counts
    WHERE month = :month AND ${listed(lakes)} GROUP BY lake_id, measure`,
  ),

  accessByAction: counting(
    "access_by_action",
    (lakes) => `
    SELECT action, sum(count) AS count FROM access_daily
    WHERE day >= :first_day AND day < :next_day AND ${lakes} GROUP BY action`,
  ),
  accessByLake: counting(
    "access_by_lake",
    (lakes) => `
    SELECT lake_id, sum(count) AS count FROM access_daily
    WHERE day >= :first_day AND day < :next_day AND ${listed(lakes)} GROUP BY lake_id`,
  ),
  accessByDataset: counting(
    "access_by_dataset",
    (lakes) => `
    SELECT lake_id, dataset_id, sum(count) AS count FROM access_daily
    WHERE day >= :first_day AND day < :next_day AND dataset_id <> '' AND ${lakes}
    GROUP BY lake_id, dataset_id
    ORDER BY sum(count) DESC, lake_id, dataset_id LIMIT ${MAX_MONTHLY_ROWS}`,
  ),
  accessByUser: counting(
    "access_by_user",
    (lakes) => `
    SELECT accessor_id, sum(count) AS count FROM access_daily
    WHERE day >= :first_day AND day < :next_day AND ${lakes}
    GROUP BY accessor_id
    ORDER BY sum(count) DESC, accessor_id LIMIT ${MAX_MONTHLY_ROWS}`,
  ),
  accessByPurpose: counting(
    "access_by_purpose",
    (lakes) => `
    SELECT nullif(access_purposes.purpose, '') AS purpose, sum(count) AS count
    FROM access_purposes
    WHERE day >= :first_day AND day < :next_day AND ${lakes}
    GROUP BY access_purposes.purpose
    ORDER BY sum(count) DESC, access_purposes.purpose LIMIT ${MAX_MONTHLY_ROWS}`,
  ),

  batchesByState: counting(
    "batches_by_state",
    (lakes) => `
    SELECT status, sum(batches) AS count FROM batch_counts
    WHERE ${lakes} GROUP BY status HAVING sum(batches) > 0`,
  ),
  contractsByStatus: counting(
    "contracts_by_status",
    (lakes) => `
    SELECT status, count(*) AS count FROM contracts WHERE ${lakes} GROUP BY status`,
  ),
} as const satisfies Readonly<Record<string, Scoped>>;

export type MonthlyStatement = keyof typeof MONTHLY;

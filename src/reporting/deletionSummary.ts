/**
 * Requests to be forgotten in figures: by month and lake, and by month over all lakes of a caller.
 * Months are UTC. A request counts in the month in which each thing happened to it, so what is
 * completed in a month is not a part of what was requested in it.
 *
 * The 95th percentile is the nearest rank: the shortest time within which at least 95 of a hundred
 * were completed. It is read off the sorted times of the requests themselves, so it is exact. Over
 * several databases it cannot be made of their percentiles: `completedWithin` counts, and
 * `acrossDatabases` finds the time by bisection.
 */
import { type Key, type Page, type PageRequest, pageOf } from "./page.ts";
import { startFrom } from "./requestReports.ts";
import {
  inScope,
  listValues,
  type Scope,
  type Scoped,
  scoped,
  scopeValues,
  WATCHED,
} from "./scope.ts";
import { select } from "./statement.ts";

/** First and last month, inclusive: YYYY-MM. */
export interface Months {
  readonly from: string;
  readonly to: string;
}

/** Months of one summary: an index is asked for each. */
export const MAX_SUMMARY_MONTHS = 120;

export interface SummaryRequest extends PageRequest, Scope, Months {}

export interface DeletionFigures {
  readonly month: string;
  readonly requested: number;
  readonly completed: number;
  /** Whose deadline passed unanswered. */
  readonly overdue: number;
  readonly rejected: number;
  readonly extended: number;
  /** Of those requested in the month, still owed an answer. */
  readonly open: number;
  /** From receipt to completion, of those completed in the month; null when none was. */
  readonly average_completion_seconds: number | null;
  readonly p95_completion_seconds: number | null;
}

export interface DeletionSummaryItem extends DeletionFigures {
  readonly lake_id: string;
}

/** What the figures of several databases are made of: also the sum of the completion times. */
export interface MonthOfDeletions extends DeletionFigures {
  readonly completion_seconds: number;
}

const BY_MONTH = ["month", "lake_id"] as const;

const OPEN = "deletions.status NOT IN ('completed', 'rejected')";

/** What is counted by month, and the columns of `deletions` that say in which. */
const DATES = ["requested_month", "completed_month", "overdue_month", "rejected_month"] as const;

/**
 * The deletions to which it happened in a month. The index is named, for the planner would rather go
 * through all deletions of a lake.
 */
const of = (date: (typeof DATES)[number], month: string): string =>
  `FROM deletions INDEXED BY deletions_${date} WHERE ${date} = ${month}`;

/** How often deadlines were extended in a month: counts, for a request may be more than once. */
const EXTENSIONS = `monthly_counts INDEXED BY monthly_counts_extended
        WHERE dataset_id = '' AND measure = 'deletions_extended'`;

/** Every month of the span. */
const MONTHS = `months(month) AS (
      SELECT :from UNION ALL
      SELECT strftime('%Y-%m', month || '-01', '+1 month') FROM months WHERE month < :to)`;

/** Month by month and lake by lake, where there is something to tell. */
const GROUPS: Readonly<Record<keyof Scoped, string>> = {
  // Five indexes in the same order, merged as they are read.
  all: `WITH page AS (
      ${DATES.map(
        (month) => `SELECT ${month} AS month, lake_id FROM deletions
        WHERE ${month} IS NOT NULL AND ${month} <= :to
          AND (${month}, lake_id) > (:after_month, :after_lake_id)`,
      ).join("\n      UNION ")}
      UNION SELECT month, lake_id FROM ${EXTENSIONS} AND month <= :to
        AND (month, lake_id) > (:after_month, :after_lake_id)
      ORDER BY month, lake_id LIMIT CAST(:limit AS INTEGER))`,
  lake: groupsOf("SELECT :lake_id AS lake_id"),
  member: groupsOf(`SELECT members.lake_id FROM members WHERE ${WATCHED}`),
};

function groupsOf(lakes: string): string {
  const exists = DATES.map(
    (date) => `EXISTS (
          SELECT 1 ${of(date, "months.month")} AND deletions.lake_id = watched.lake_id)`,
  );
  return `WITH RECURSIVE ${MONTHS},
    watched AS (${lakes}),
    page AS (
      SELECT months.month, watched.lake_id FROM months CROSS JOIN watched
      WHERE (months.month, watched.lake_id) > (:after_month, :after_lake_id)
        AND (${exists.join(" OR ")} OR EXISTS (
          SELECT 1 FROM ${EXTENSIONS} AND monthly_counts.month = months.month
            AND monthly_counts.lake_id = watched.lake_id))
      ORDER BY months.month, watched.lake_id LIMIT CAST(:limit AS INTEGER))`;
}

/** Of one month and the deletions that `which` selects. */
const figures = (month: string, which: string, extended: string): string => `
      (SELECT count(*) ${of("requested_month", month)}${which}) AS requested,
      (SELECT count(*) ${of("completed_month", month)}${which}) AS completed,
      (SELECT count(*) ${of("overdue_month", month)}${which}) AS overdue,
      (SELECT count(*) ${of("rejected_month", month)}${which}) AS rejected,
      ${extended} AS extended,
      (SELECT count(*) ${of("requested_month", month)}${which} AND ${OPEN}) AS open,
      (SELECT avg(completion_seconds)
        ${of("completed_month", month)}${which}) AS average_completion_seconds,
      (SELECT min(completion_seconds) FROM (
        SELECT completion_seconds, count(*) OVER () AS completed,
          row_number() OVER (ORDER BY completion_seconds) AS place
        ${of("completed_month", month)}${which})
        WHERE place * 100 >= completed * 95) AS p95_completion_seconds`;

const OF_LAKE = " AND deletions.lake_id = page.lake_id";

const summary = (kind: keyof Scoped): string => `
    ${GROUPS[kind]}
    SELECT page.month, page.lake_id, ${figures(
      "page.month",
      OF_LAKE,
      `coalesce((SELECT count FROM ${EXTENSIONS} AND monthly_counts.month = page.month
        AND monthly_counts.lake_id = page.lake_id), 0)`,
    )}
    FROM page ORDER BY page.month, page.lake_id`;

/** Conditions on the lakes of each scope, as a part of a WHERE. */
const LAKES: Readonly<Record<keyof Scoped, (table: string) => string>> = {
  all: () => "",
  lake: (table) => ` AND ${table}.lake_id = :lake_id`,
  member: (table) =>
    ` AND ${table}.lake_id IN (SELECT members.lake_id FROM members WHERE ${WATCHED})`,
};

const byMonth = (kind: keyof Scoped): string => {
  const which = LAKES[kind]("deletions");
  return `
    WITH RECURSIVE ${MONTHS}
    SELECT months.month, ${figures(
      "months.month",
      which,
      `(SELECT coalesce(sum(count), 0) FROM ${EXTENSIONS}
        AND monthly_counts.month = months.month${LAKES[kind]("monthly_counts")})`,
    )},
      (SELECT coalesce(sum(completion_seconds), 0)
        ${of("completed_month", "months.month")}${which}) AS completion_seconds
    FROM months`;
};

/** Of each that is wanted, in order. */
const within = (kind: keyof Scoped): string => `
    SELECT (SELECT count(*) ${of("completed_month", "wanted.value ->> '$.month'")}
        AND completion_seconds <= wanted.value ->> '$.seconds'${LAKES[kind]("deletions")}) AS count
    FROM json_each(:wanted) AS wanted ORDER BY wanted.key`;

const each = (sql: (kind: keyof Scoped) => string) => ({
  all: sql("all"),
  lake: sql("lake"),
  member: sql("member"),
});

const SQL = {
  summary: scoped("deletions.summary", each(summary)),
  months: scoped("deletions.months", each(byMonth)),
  within: scoped("deletions.within", each(within)),
};

export const summaryKey = ({ month, lake_id }: DeletionSummaryItem): Key => [month, lake_id];

export const deletionSummaries = (db: D1Database) => ({
  /** By month and lake, where anything happened. */
  async deletionSummary(asked: SummaryRequest): Promise<Page<DeletionSummaryItem>> {
    const rows = await select<DeletionSummaryItem>(db, inScope(SQL.summary, asked), {
      ...listValues(BY_MONTH, startFrom(asked.cursor, 2, asked.from), asked, asked),
      from: asked.from,
      to: asked.to,
    });
    return pageOf(rows, asked.limit, summaryKey);
  },

  /** Every month of the span, over all lakes of the scope. */
  deletionMonths: (asked: Scope & Months): Promise<readonly MonthOfDeletions[]> =>
    select<MonthOfDeletions>(db, inScope(SQL.months, asked), {
      ...scopeValues(asked),
      from: asked.from,
      to: asked.to,
    }),

  /** How many were completed in each month, and within so many seconds. */
  async completedWithin(
    asked: Scope & {
      readonly wanted: readonly { readonly month: string; readonly seconds: number }[];
    },
  ): Promise<readonly number[]> {
    const rows = await select<{ readonly count: number }>(db, inScope(SQL.within, asked), {
      ...scopeValues(asked),
      wanted: JSON.stringify(asked.wanted),
    });
    return rows.map(({ count }) => count);
  },
});

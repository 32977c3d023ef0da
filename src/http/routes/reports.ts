/** Reports across lakes, from D1. */
import { z } from "zod";
import { monthNumber, monthOf, monthText } from "../../application/months.ts";
import { month, receipt, wholeNumber } from "../../contracts/fields.ts";
import {
  accessCount,
  completedDeletion,
  datasetData,
  deletionsOfLake,
  deletionsOfMonth,
  firstAccess,
  lakeData,
  openDeletion,
  openSubjectAccess,
  overdueDeletion,
  purposeCount,
  retentionDue,
  unapprovedContract,
  unusualVolume,
} from "../../contracts/reports.ts";
import { ok, type Result } from "../../domain/decider.ts";
import { type Rejection, reject } from "../../domain/rejection.ts";
import { reportRoute } from "../reportRoute.ts";
import { decodeCursor, encodeCursor, type Row } from "../route.ts";

const DAY_MS = 86_400_000;
/** How far ahead a report looks. */
const MAX_DAYS_AHEAD = 3650;
const DEFAULT_RETENTION_DAYS = 30;
/** Months of one report, and those it has unless told. */
const MAX_MONTHS = 120;
const DEFAULT_MONTHS = 12;

const days = wholeNumber(1, MAX_DAYS_AHEAD);

const due = {
  due_before: receipt.optional().meta({ description: "A time, or the beginning of a day." }),
  within_days: days.optional().meta({ description: "Due in so many days from now, or past due." }),
};

const span = {
  from: receipt.optional().meta({ description: "A time, or a day from its beginning." }),
  to: receipt.optional().meta({ description: "Up to a time, or to the end of a day." }),
};

const daySpan = {
  from: receipt.optional().meta({ description: "The first day, or a time within it." }),
  to: receipt.optional().meta({ description: "The last day, or a time within it." }),
};

const months = { from: month.optional(), to: month.optional() };

type Times = { readonly from?: string | undefined; readonly to?: string | undefined };

/** Of times that sort as texts. */
const LAST_YEAR = 9999;

const isDay = (time: string): boolean => time.length === "YYYY-MM-DD".length;

/** Of a time, or of a day, so long behind its beginning; in the last year there is. */
const momentOf = (time: string | undefined, later_ms = 0): string | undefined => {
  if (time === undefined) return undefined;
  const moment = new Date(Date.parse(time) + (isDay(time) ? later_ms : 0));
  return moment.getUTCFullYear() > LAST_YEAR ? undefined : moment.toISOString();
};

const spanOf = ({ from, to }: Times) => ({ from: momentOf(from), to: momentOf(to, DAY_MS) });

const daysOf = ({ from, to }: Times) => ({ from, to });

/** Whatever comes first, if both are told. */
const dueOf = (
  {
    due_before,
    within_days,
  }: { due_before?: string | undefined; within_days?: number | undefined },
  now: Date,
) => {
  const ends = [
    momentOf(due_before),
    within_days === undefined ? undefined : ahead(now, within_days),
  ].filter((end) => end !== undefined);
  return { now: now.toISOString(), due_before: ends.sort()[0] };
};

const ahead = (now: Date, days_ahead: number): string =>
  new Date(now.getTime() + days_ahead * DAY_MS).toISOString();

const monthsOf = (
  { from, to }: Times,
  now: Date,
): Result<{ readonly from: string; readonly to: string }, Rejection> => {
  const last = monthNumber(to ?? monthOf(now.toISOString()));
  const first = from === undefined ? Math.max(0, last - DEFAULT_MONTHS + 1) : monthNumber(from);
  if (first > last || last - first >= MAX_MONTHS) {
    return reject(
      "invalid",
      "invalid-input",
      `A report has 1 to ${MAX_MONTHS} months, and from is not behind to.`,
      [{ path: "from", message: `must be at most ${MAX_MONTHS - 1} months before to` }],
    );
  }
  return ok({ from: monthText(first), to: monthText(last) });
};

/** Those of a span behind a month, as many as a page has; months since the year 0. */
const pageOfMonths = (
  { from, to }: { readonly from: string; readonly to: string },
  after: number,
  limit: number,
) => {
  const first = Math.max(monthNumber(from), after + 1);
  const last = Math.min(monthNumber(to), first + limit - 1);
  return { first, last, next_cursor: last < monthNumber(to) ? encodeCursor(last) : null };
};

/** Rows of a report are plain data, whatever their type is called. */
const plain = (page: Promise<{ items: readonly object[]; next_cursor: string | null }>) =>
  ok(page as Promise<{ items: readonly Row[]; next_cursor: string | null }>);

export const reportRoutes = [
  reportRoute({
    path: "/reports/deletions",
    summary: "Requests to be forgotten that are still owed an answer, by deadline, across lakes",
    name: "OpenDeletions",
    item: openDeletion,
    query: due,
    ask: (reports, query, asked, now) =>
      plain(reports.deletions({ ...asked, ...dueOf(query, now) })),
  }),
  reportRoute({
    path: "/reports/deletions/overdue",
    summary: "Requests whose deadline passed unanswered, by when it did, whatever they are by now",
    name: "OverdueDeletions",
    item: overdueDeletion,
    query: span,
    ask: (reports, query, asked) => plain(reports.overdueDeletions({ ...asked, ...spanOf(query) })),
  }),
  reportRoute({
    path: "/reports/deletions/completed",
    summary: "Requests that were completed, by when they were, and how long it took",
    name: "CompletedDeletions",
    item: completedDeletion,
    query: span,
    ask: (reports, query, asked) =>
      plain(reports.completedDeletions({ ...asked, ...spanOf(query) })),
  }),
  reportRoute({
    path: "/reports/deletions/by-lake",
    summary: "Requests in figures, by month and lake: 12 months unless said",
    name: "DeletionsByLake",
    item: deletionsOfLake,
    query: months,
    ask: (reports, query, asked, now) => {
      const wanted = monthsOf(query, now);
      return wanted.ok ? plain(reports.deletionSummary({ ...asked, ...wanted.value })) : wanted;
    },
  }),
  reportRoute({
    path: "/reports/deletions/by-month",
    summary: "The same by month alone, over all lakes you watch, the first month first",
    name: "DeletionsByMonth",
    item: deletionsOfMonth,
    query: months,
    ask: (reports, query, asked, now) => {
      const wanted = monthsOf(query, now);
      if (!wanted.ok) return wanted;
      // The first month there is has the number 0.
      const after = asked.cursor === null ? ok(-1) : decodeCursor(asked.cursor);
      if (!after.ok) return after;
      const { first, last, next_cursor } = pageOfMonths(wanted.value, after.value, asked.limit);
      if (first > last) return plain(Promise.resolve({ items: [], next_cursor }));
      const span = { from: monthText(first), to: monthText(last) };
      const months = reports.deletionMonths({ ...asked, ...span });
      return plain(months.then((items) => ({ items, next_cursor })));
    },
  }),
  reportRoute({
    path: "/reports/subject-access",
    summary: "Requests for access (Art. 15) that are still owed an answer, by deadline",
    name: "OpenSubjectAccesses",
    item: openSubjectAccess,
    query: due,
    ask: (reports, query, asked, now) =>
      plain(reports.subjectAccesses({ ...asked, ...dueOf(query, now) })),
  }),
  reportRoute({
    path: "/reports/access",
    summary: "Access by day, dataset, accessor and action, across lakes",
    name: "AccessCounts",
    item: accessCount,
    query: daySpan,
    ask: (reports, query, asked) => plain(reports.access({ ...asked, ...daysOf(query) })),
  }),
  reportRoute({
    path: "/reports/access/purposes",
    summary: "Access by day, dataset, accessor and purpose",
    name: "AccessPurposes",
    item: purposeCount,
    query: daySpan,
    ask: (reports, query, asked) => plain(reports.accessPurposes({ ...asked, ...daysOf(query) })),
  }),
  reportRoute({
    path: "/reports/access/first-time",
    summary: "Who accessed a dataset for the first time ever, by when that was",
    name: "FirstAccesses",
    item: firstAccess,
    query: span,
    ask: (reports, query, asked) => plain(reports.firstAccesses({ ...asked, ...spanOf(query) })),
  }),
  reportRoute({
    path: "/reports/access/unusual",
    summary:
      "Days on which somebody accessed a dataset 20 times or more, and more often than the mean " +
      "and 3 standard deviations of his 28 days before; a page may be short, or empty, and not the last",
    name: "UnusualAccess",
    item: unusualVolume,
    query: daySpan,
    ask: (reports, query, asked) => plain(reports.accessVolume({ ...asked, ...daysOf(query) })),
  }),
  reportRoute({
    path: "/reports/lakes",
    summary: "What each lake holds: datasets, batches by state, rows published and held back",
    name: "LakeData",
    item: lakeData,
    query: {},
    ask: (reports, _, asked) => plain(reports.data(asked)),
  }),
  reportRoute({
    path: "/reports/datasets",
    summary: "Datasets by lake, those with personal data if asked, and what each holds",
    name: "DatasetData",
    item: datasetData,
    query: {
      contains_pii: z
        .literal("true")
        .transform(() => true as const)
        .optional(),
    },
    ask: (reports, { contains_pii }, asked) => plain(reports.datasets({ ...asked, contains_pii })),
  }),
  reportRoute({
    path: "/reports/contracts/unapproved",
    summary: "Contracts that nobody has approved or declined, the longest waiting first",
    name: "UnapprovedContracts",
    item: unapprovedContract,
    query: {},
    ask: (reports, _, asked) => plain(reports.unapprovedContracts(asked)),
  }),
  reportRoute({
    path: "/reports/retention",
    summary: "Batches whose retention ends within so many days, or has ended, by when it does",
    name: "RetentionDue",
    item: retentionDue,
    query: { within_days: days.prefault(DEFAULT_RETENTION_DAYS) },
    ask: (reports, { within_days }, asked, now) =>
      plain(reports.retention({ ...asked, due_before: ahead(now, within_days) })),
  }),
];

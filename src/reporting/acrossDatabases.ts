/**
 * Reports over several databases: each jurisdiction's lakes report to one that lies in it. The list
 * of lakes goes through them one after the other, in their order; its cursor says in which it
 * stands. All other lists are merged by their key (`merge.ts`).
 */
import { accessKey, firstAccessKey, purposeKey } from "./accessReports.ts";
import { contractKey, datasetKey, lakeDataKey, retentionKey } from "./catalogReports.ts";
import { BadCursorError } from "./cursor.ts";
import { type DeletionFigures, type Months, summaryKey } from "./deletionSummary.ts";
import { type CompletedWithin, mergedMonths, mergedPage } from "./merge.ts";
import { monthlyReport } from "./monthly.ts";
import type { MonthlyQueries } from "./monthlyPart.ts";
import type { MonthlyReport } from "./monthlyReport.ts";
import type { Key } from "./page.ts";
import { activityKey } from "./processingRecords.ts";
import type { Page, PageRequest, ReportQueries } from "./queries.ts";
import { completedKey, deletionKey, overdueKey, subjectAccessKey } from "./requestReports.ts";
import type { Scope } from "./scope.ts";

export interface ReportDatabase {
  /** Empty for the one of lakes in no jurisdiction. */
  readonly name: string;
  readonly queries: ReportQueries;
}

/** Stands in no cursor of a database's own. */
const MARK = "~";

const cursorIn = ({ name }: ReportDatabase, own: string): string =>
  name === "" ? own : `${name}${MARK}${own}`;

const inTurn = async <Item>(
  databases: readonly ReportDatabase[],
  { limit, cursor }: { readonly limit: number; readonly cursor: string | null },
  ask: (
    queries: ReportQueries,
    page: { readonly limit: number; readonly cursor: string | null },
  ) => Promise<Page<Item>>,
): Promise<Page<Item>> => {
  const mark = cursor?.indexOf(MARK) ?? -1;
  const name = mark < 0 ? "" : (cursor ?? "").slice(0, mark);
  let own = (cursor ?? "").slice(mark + 1) || null;
  let at = databases.findIndex((each) => each.name === name);
  if (at < 0) throw new BadCursorError();
  const items: Item[] = [];
  for (;;) {
    const database = databases[at];
    if (database === undefined) return { items, next_cursor: null };
    const left = limit - items.length;
    if (left <= 0) return { items, next_cursor: cursorIn(database, "") };
    const page = await ask(database.queries, { limit: left, cursor: own });
    items.push(...page.items);
    if (page.next_cursor !== null) {
      return { items, next_cursor: cursorIn(database, page.next_cursor) };
    }
    at += 1;
    own = null;
  }
};

/** What the databases answer together. */
export type Reports = Omit<
  ReportQueries,
  "deletionMonths" | "completedWithin" | keyof MonthlyQueries
> & {
  deletionMonths(asked: Scope & Months): Promise<readonly DeletionFigures[]>;
  /** `month`: YYYY-MM, UTC; `now`: RFC 3339, UTC. */
  monthly(asked: Scope & { readonly month: string; readonly now: string }): Promise<MonthlyReport>;
};

export const acrossDatabases = (databases: readonly ReportDatabase[]): Reports => ({
  lakes: (asked) =>
    inTurn(databases, asked, (queries, page) => queries.lakes({ ...asked, ...page })),
  deletions: merged(databases, ({ deletions }) => deletions, deletionKey),
  overdueDeletions: merged(databases, (queries) => queries.overdueDeletions, overdueKey),
  completedDeletions: merged(databases, (queries) => queries.completedDeletions, completedKey),
  subjectAccesses: merged(databases, (queries) => queries.subjectAccesses, subjectAccessKey),
  deletionSummary: merged(databases, (queries) => queries.deletionSummary, summaryKey),
  access: merged(databases, ({ access }) => access, accessKey),
  accessPurposes: merged(databases, (queries) => queries.accessPurposes, purposeKey),
  firstAccesses: merged(databases, (queries) => queries.firstAccesses, firstAccessKey),
  accessVolume: merged(databases, (queries) => queries.accessVolume, accessKey),
  data: merged(databases, ({ data }) => data, lakeDataKey),
  datasets: merged(databases, ({ datasets }) => datasets, datasetKey),
  unapprovedContracts: merged(databases, (queries) => queries.unapprovedContracts, contractKey),
  retention: merged(databases, ({ retention }) => retention, retentionKey),
  processingRecord: merged(databases, (queries) => queries.processingRecord, activityKey),
  deletionMonths: (asked) => deletionMonths(databases, asked),
  monthly: async ({ month, now, ...scope }) => {
    const [parts, [figures]] = await Promise.all([
      Promise.all(databases.map(({ queries }) => queries.monthlyPart(month, now, scope))),
      deletionMonths(databases, { ...scope, from: month, to: month }),
    ]);
    return monthlyReport(parts, month, figures?.p95_completion_seconds ?? null, now);
  },
});

const merged =
  <Asked extends PageRequest, Item>(
    databases: readonly ReportDatabase[],
    listOf: (queries: ReportQueries) => (asked: Asked) => Promise<Page<Item>>,
    keyOf: (item: Item) => Key,
  ) =>
  (asked: Asked): Promise<Page<Item>> =>
    mergedPage(
      databases.map(({ queries }) => listOf(queries)(asked)),
      asked,
      keyOf,
    );

const deletionMonths = async (
  databases: readonly ReportDatabase[],
  asked: Scope & Months,
): Promise<readonly DeletionFigures[]> => {
  const all = await Promise.all(databases.map(({ queries }) => queries.deletionMonths(asked)));
  const within = async (wanted: readonly CompletedWithin[]): Promise<readonly number[]> => {
    const counts = await Promise.all(
      databases.map(({ queries }) => queries.completedWithin({ ...asked, wanted })),
    );
    return wanted.map((_, index) => counts.reduce((sum, each) => sum + (each[index] ?? 0), 0));
  };
  return mergedMonths(all, within);
};

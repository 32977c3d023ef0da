/**
 * Reports over several databases: each jurisdiction's lakes report to one that lies in it. The list
 * of lakes goes through them one after the other, in their order; its cursor says in which it
 * stands. All other lists are merged by their key (`merge.ts`).
 */
import { accessKey, firstAccessKey, purposeKey } from "./accessReports.ts";
import { contractKey, datasetKey, lakeDataKey, retentionKey } from "./catalogReports.ts";
import { BadCursorError } from "./cursor.ts";
import { type DeletionFigures, type Months, summaryKey } from "./deletionSummary.ts";
import { mergedMonth, mergedPage } from "./merge.ts";
import type { Key } from "./page.ts";
import {
  MAX_MONTHLY_ROWS,
  type MonthlyReport,
  type Page,
  type PageRequest,
  type ReportQueries,
} from "./queries.ts";
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
export type Reports = Omit<ReportQueries, "deletionMonths" | "completedWithin"> & {
  deletionMonths(asked: Scope & Months): Promise<readonly DeletionFigures[]>;
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
  deletionMonths: async (asked) => {
    const all = await Promise.all(databases.map(({ queries }) => queries.deletionMonths(asked)));
    const within = async (month: string, seconds: number): Promise<number> => {
      const counts = await Promise.all(
        databases.map(({ queries }) => queries.completedWithin({ ...asked, month, seconds })),
      );
      return counts.reduce((total, count) => total + count, 0);
    };
    const months = (all[0] ?? []).map(({ month }, index) =>
      mergedMonth(
        all.flatMap((each) => each[index] ?? []),
        (seconds) => within(month, seconds),
      ),
    );
    return Promise.all(months);
  },
  monthly: async (month) =>
    together(await Promise.all(databases.map(({ queries }) => queries.monthly(month)))),
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

type Counted = { readonly count: number };

/** The largest first, then by name. */
const ranked = <Row extends Counted>(rows: readonly Row[], nameOf: (row: Row) => string) =>
  [...rows]
    .sort((a, b) => b.count - a.count || (nameOf(a) < nameOf(b) ? -1 : 1))
    .slice(0, MAX_MONTHLY_ROWS);

const together = (reports: readonly MonthlyReport[]): MonthlyReport => {
  const [first, ...others] = reports;
  if (first === undefined) throw new Error("there is a database of reports");
  if (others.length === 0) return first;
  const deletions = reports.map((each) => each.deletions);
  const sum = (of: (each: MonthlyReport["deletions"]) => number) =>
    deletions.reduce((total, each) => total + of(each), 0);
  const completed = sum((each) => each.completed);
  const seconds = sum((each) => (each.average_completion_seconds ?? 0) * each.completed);
  const users = new Map<string, number>();
  for (const { accessor_id, count } of reports.flatMap((each) => each.access_by_user)) {
    users.set(accessor_id, (users.get(accessor_id) ?? 0) + count);
  }
  return {
    month: first.month,
    deletions: {
      requested: sum((each) => each.requested),
      completed,
      overdue: sum((each) => each.overdue),
      average_completion_seconds: completed === 0 ? null : seconds / completed,
    },
    access_by_dataset: ranked(
      reports.flatMap((each) => each.access_by_dataset),
      ({ lake_id, dataset_id }) => `${lake_id}/${dataset_id}`,
    ),
    access_by_user: ranked(
      [...users].map(([accessor_id, count]) => ({ accessor_id, count })),
      ({ accessor_id }) => accessor_id,
    ),
  };
};

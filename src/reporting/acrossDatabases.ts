/**
 * Reports over several databases: each jurisdiction's lakes report to one that lies in it. Lists go
 * through them one after the other, in their order; a cursor says in which it stands.
 */
import { BadCursorError } from "./cursor.ts";
import { MAX_MONTHLY_ROWS, type MonthlyReport, type Page, type ReportQueries } from "./queries.ts";

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

export const acrossDatabases = (databases: readonly ReportDatabase[]): ReportQueries => ({
  lakes: (asked) =>
    inTurn(databases, asked, (queries, page) => queries.lakes({ ...asked, ...page })),
  deletions: (asked) =>
    inTurn(databases, asked, (queries, page) => queries.deletions({ ...asked, ...page })),
  access: (asked) =>
    inTurn(databases, asked, (queries, page) => queries.access({ ...asked, ...page })),
  monthly: async (month) =>
    together(await Promise.all(databases.map(({ queries }) => queries.monthly(month)))),
});

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

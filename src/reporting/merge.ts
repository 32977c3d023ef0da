/**
 * Lists and figures of several databases, as one. A lake reports to one database, so no row stands
 * in two. A list is merged by its key, so that its order is the same however many databases there
 * are, and a cursor is the same in all of them: each is asked for what comes behind it.
 */
import { Buffer } from "node:buffer";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { DeletionFigures, MonthOfDeletions } from "./deletionSummary.ts";
import { type Key, type Page, type PageRequest, pageSize } from "./page.ts";

/**
 * One page of all. A database that names a next page has told everything up to that key and nothing
 * behind it, so only rows up to the least of these keys are in the page.
 */
export const mergedPage = async <Item>(
  pages: readonly Promise<Page<Item>>[],
  { limit }: Pick<PageRequest, "limit">,
  keyOf: (item: Item) => Key,
): Promise<Page<Item>> => {
  const [only, ...others] = await Promise.all(pages);
  if (only === undefined) throw new Error("there is a database of reports");
  if (others.length === 0) return only;
  const all = [only, ...others];
  const ends: readonly Key[] = all.flatMap(({ next_cursor }) =>
    next_cursor === null ? [] : [decodeCursor(next_cursor, null)],
  );
  const [end] = [...ends].sort(byKey);
  const told = all
    .flatMap(({ items }) => items.map((item) => ({ item, key: keyOf(item) })))
    .filter(({ key }) => end === undefined || byKey(key, end) <= 0)
    .sort((a, b) => byKey(a.key, b.key));
  const page = told.slice(0, pageSize(limit));
  const next = told.length > page.length ? page.at(-1)?.key : end;
  return {
    items: page.map(({ item }) => item),
    next_cursor: next === undefined ? null : encodeCursor(next),
  };
};

/** As SQLite compares texts: by their bytes in UTF-8. */
export const byKey = (a: Key, b: Key): number => {
  for (const [index, part] of a.entries()) {
    const order = Buffer.compare(Buffer.from(part), Buffer.from(b[index] ?? ""));
    if (order !== 0) return order;
  }
  return 0;
};

/** How many were completed in the month (YYYY-MM) within so many seconds: to be counted. */
export interface CompletedWithin {
  readonly month: string;
  readonly seconds: number;
}

/**
 * Months of several databases, `databases` having the same ones each. `within` counts in all of them,
 * in the order asked. The percentiles are found by bisection of the seconds, of all months at once:
 * some 25 rounds for a span of years, however many months there are.
 */
export const mergedMonths = async (
  databases: readonly (readonly MonthOfDeletions[])[],
  within: (wanted: readonly CompletedWithin[]) => Promise<readonly number[]>,
): Promise<readonly DeletionFigures[]> => {
  const [first] = databases;
  if (first === undefined) throw new Error("there is a database of reports");
  const months = first.map((_, index) => databases.flatMap((each) => each[index] ?? []));
  const searches = months.map(searchOf);
  for (;;) {
    const unsure = searches.filter(({ low, high }) => low < high);
    if (unsure.length === 0) break;
    const wanted = unsure.map((each) => ({ month: each.month, seconds: middleOf(each) }));
    const counts = await within(wanted);
    for (const [index, search] of unsure.entries()) {
      const enough = (counts[index] ?? 0) * 100 >= search.completed * 95;
      if (enough) search.high = middleOf(search);
      else search.low = middleOf(search) + 1;
    }
  }
  return months.map((same, index) => together(same, searches[index]));
};

/** The seconds lie between `low` and `high`, both included. */
interface Search {
  readonly month: string;
  readonly completed: number;
  low: number;
  high: number;
}

const middleOf = ({ low, high }: Search): number => Math.floor((low + high) / 2);

/** The percentile of all lies between the least and the greatest of theirs. */
const searchOf = (same: readonly MonthOfDeletions[]): Search => {
  const own = same.flatMap(({ p95_completion_seconds: seconds }) => seconds ?? []);
  const completed = same.reduce((total, each) => total + each.completed, 0);
  const [low, high] = own.length === 0 ? [0, 0] : [Math.min(...own), Math.max(...own)];
  return { month: same[0]?.month ?? "", completed, low, high };
};

const together = (
  same: readonly MonthOfDeletions[],
  search: Search | undefined,
): DeletionFigures => {
  const sum = (of: (month: MonthOfDeletions) => number) =>
    same.reduce((total, month) => total + of(month), 0);
  const completed = sum((month) => month.completed);
  return {
    month: search?.month ?? "",
    requested: sum((month) => month.requested),
    completed,
    overdue: sum((month) => month.overdue),
    rejected: sum((month) => month.rejected),
    extended: sum((month) => month.extended),
    open: sum((month) => month.open),
    average_completion_seconds:
      completed === 0 ? null : sum((month) => month.completion_seconds) / completed,
    p95_completion_seconds: completed === 0 ? null : (search?.low ?? null),
  };
};

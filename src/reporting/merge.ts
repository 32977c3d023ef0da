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

/**
 * One month of several databases. `within(seconds)`: how many of all of them were completed within
 * so long. The percentile is found by bisection of the seconds: some 25 counts for a span of years.
 */
export const mergedMonth = async (
  months: readonly MonthOfDeletions[],
  within: (seconds: number) => Promise<number>,
): Promise<DeletionFigures> => {
  const [first] = months;
  if (first === undefined) throw new Error("there is a database of reports");
  const sum = (of: (month: MonthOfDeletions) => number) =>
    months.reduce((total, month) => total + of(month), 0);
  const completed = sum((month) => month.completed);
  return {
    month: first.month,
    requested: sum((month) => month.requested),
    completed,
    overdue: sum((month) => month.overdue),
    rejected: sum((month) => month.rejected),
    extended: sum((month) => month.extended),
    open: sum((month) => month.open),
    average_completion_seconds:
      completed === 0 ? null : sum((month) => month.completion_seconds) / completed,
    p95_completion_seconds: await percentile(months, completed, within),
  };
};

const percentile = async (
  months: readonly MonthOfDeletions[],
  completed: number,
  within: (seconds: number) => Promise<number>,
): Promise<number | null> => {
  const some = months.filter((month) => month.completed > 0);
  if (some.length <= 1) return some[0]?.p95_completion_seconds ?? null;
  // The percentile of all lies between the least and the greatest of theirs.
  const own = some.map((month) => month.p95_completion_seconds ?? 0);
  let [low, high] = [Math.min(...own), Math.max(...own)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await within(middle)) * 100 >= completed * 95) high = middle;
    else low = middle + 1;
  }
  return low;
};

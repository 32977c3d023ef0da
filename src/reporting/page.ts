/** Pages of a report: as many rows as were asked for, and the key behind which the next begins. */
import { decodeCursor, encodeCursor } from "./cursor.ts";

export const MAX_PAGE = 1_000;

export interface PageRequest {
  /** 1 to `MAX_PAGE`; more is cut. */
  readonly limit: number;
  /** Of the page before, null for the first. */
  readonly cursor: string | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

/** What stands in a cursor: the sort key of the row behind which a page begins. */
export type Key = readonly string[];

/** Before the first row when there is no cursor: every key is greater than nothing. */
export const startOf = (cursor: string | null, length: number): Key =>
  cursor === null ? Array.from({ length }, () => "") : decodeCursor(cursor, length);

export const pageSize = (limit: number): number => Math.min(Math.max(1, limit), MAX_PAGE);

/** `rows` were asked for with one more than the page takes: its presence means there is a next. */
export const pageOf = <Item>(
  rows: readonly Item[],
  limit: number,
  keyOf: (item: Item) => Key,
): Page<Item> => {
  const items = rows.slice(0, pageSize(limit));
  const last = items.at(-1);
  const more = rows.length > items.length && last !== undefined;
  return { items, next_cursor: more ? encodeCursor(keyOf(last)) : null };
};

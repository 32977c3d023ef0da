/** Lists that come page by page: what is there so far, and where the rest begins. */
import type { Answer } from "./http.ts";
import type { Problem } from "./problem.ts";

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

export interface Listing<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; null when there is none, or none is known yet. */
  readonly cursor: string | null;
  readonly state: "loading" | "ready" | "failed";
  readonly problem: Problem | null;
}

export const unread = <Item>(): Listing<Item> => ({
  items: [],
  cursor: null,
  state: "loading",
  problem: null,
});

/** While the next page is on its way, what is there stays. */
export const reading = <Item>(list: Listing<Item>): Listing<Item> => ({
  ...list,
  state: "loading",
  problem: null,
});

/** A page that could not be had leaves its cursor, so that it can be asked for again. */
export const withPage = <Item>(list: Listing<Item>, answer: Answer<Page<Item>>): Listing<Item> =>
  answer.ok
    ? {
        items: [...list.items, ...answer.body.items],
        cursor: answer.body.next_cursor,
        state: "ready",
        problem: null,
      }
    : { ...list, state: "failed", problem: answer.problem };

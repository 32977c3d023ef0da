/** A list that is wanted as a whole, such as for a sum: page after page, up to an end that is told. */
import type { Answer, Api } from "./http.ts";
import { withQuery } from "./http.ts";
import type { Page } from "./pages.ts";

/** Items of one request. */
const PAGE = 1000;
/** Requests for one list; what is longer is not whole, and the page says so. */
export const MOST_PAGES = 20;

export interface Whole<Item> {
  readonly items: readonly Item[];
  /** Whether nothing is left out. */
  readonly whole: boolean;
  /** Lakes whose reports are derived anew just now, and lack something. */
  readonly rebuilding: number;
}

type Reported<Item> = Page<Item> & { readonly rebuilding?: { readonly lakes: number } };

export const readWhole = async <Item>(
  api: Pick<Api, "get">,
  path: string,
  signal: AbortSignal,
): Promise<Answer<Whole<Item>>> => {
  const items: Item[] = [];
  let cursor: string | null = null;
  let rebuilding = 0;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const url: string = withQuery(path, { limit: PAGE, cursor });
    const answer: Answer<Reported<Item>> = await api.get<Reported<Item>>(url, signal);
    if (!answer.ok) return answer;
    items.push(...answer.body.items);
    rebuilding = Math.max(rebuilding, answer.body.rebuilding?.lakes ?? 0);
    cursor = answer.body.next_cursor;
    if (cursor === null) return { ...answer, body: { items, whole: true, rebuilding } };
  }
  return {
    ok: true,
    status: 200,
    etag: null,
    location: null,
    body: { items, whole: false, rebuilding },
  };
};

/**
 * Where the next page of a manifest begins, as a cursor that means nothing to who carries it. It keeps
 * when the first page was made: whatever changes while pages are read comes with what is asked for
 * since then.
 */
import { ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";

export interface Place {
  /** RFC 3339, UTC. */
  readonly as_of: string;
  /** Place in the log at which the last batch of the page before came into being; 0: none. */
  readonly after: number;
}

export const writePlace = ({ as_of, after }: Place): string =>
  btoa(`as_of:${Date.parse(as_of)},after:${after}`).replaceAll("=", "");

/** Without a cursor the first page, made `now`. */
export const placeIn = (cursor: string | null, now: string): Result<Place, Rejection> => {
  if (cursor === null) return ok({ as_of: now, after: 0 });
  let text = "";
  try {
    text = atob(cursor);
  } catch {
    text = "";
  }
  const [, as_of, after] = /^as_of:(\d{1,14}),after:(\d{1,15})$/.exec(text) ?? [];
  if (as_of !== undefined && after !== undefined) {
    return ok({ as_of: new Date(Number(as_of)).toISOString(), after: Number(after) });
  }
  return reject("invalid", "bad-cursor", "The cursor is none that a manifest has given.", [
    { path: "cursor", message: "take it from next_cursor, unchanged" },
  ]);
};

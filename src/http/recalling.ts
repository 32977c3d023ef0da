/**
 * A router that knows the paths it was asked for lately. One expression over all routes takes
 * longer the further down a route stands; the clients of a lake ask for few paths, over and over.
 *
 * Of the handlers that fit a path only the first is told: each answers by itself, and hands nothing
 * on. A chain of them, be it of one that answers and one never asked, costs several times as much.
 */
import type { Result, Router } from "hono/router";
import { remember } from "../application/remember.ts";

/** Paths kept; the oldest go first. */
export const MAX_KNOWN_PATHS = 512;

/** Of one that is kept, in characters: together they stay under a megabyte. */
export const MAX_KNOWN_LENGTH = 512;

/** Matches as `router` does, the first handler alone. */
export const recalling = <Handler>(router: Router<Handler>): Router<Handler> => {
  const known = new Map<string, Result<Handler>>();
  return {
    name: `recalling ${router.name}`,
    add(method, path, handler) {
      router.add(method, path, handler);
    },
    match(method, path) {
      const asked = `${method} ${path}`;
      const before = known.get(asked);
      if (before !== undefined) return before;
      const found = first(router.match(method, path));
      if (asked.length <= MAX_KNOWN_LENGTH) remember(known, asked, found, MAX_KNOWN_PATHS);
      return found;
    },
  };
};

const first = <Handler>(found: Result<Handler>): Result<Handler> =>
  found.length === 1 ? [found[0].slice(0, 1)] : [found[0].slice(0, 1), found[1]];

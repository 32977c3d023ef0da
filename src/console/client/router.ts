/**
 * Places in the console as URLs, so that every page can be reloaded, kept and sent to somebody:
 * `/console/lakes/<lake>/…` within a lake, `/console/…` across lakes. Pure; `place.ts` listens.
 */

export const ROOT = "/console";

export type Params = Readonly<Record<string, string>>;

export interface Place {
  /** Null on pages across lakes. */
  readonly lake: string | null;
  /** Within the lake, or within the console; begins with a slash. */
  readonly path: string;
  readonly query: Params;
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The place that a URL of the console names. */
export const placeOf = (pathname: string, search: string): Place => {
  const query = Object.fromEntries(new URLSearchParams(search));
  const below = pathname.startsWith(ROOT) ? pathname.slice(ROOT.length) : pathname;
  const [, lake, rest] = /^\/lakes\/([^/]+)(\/.*)?$/.exec(below) ?? [];
  const tidy = (path: string | undefined) => (path ?? "").replace(/\/+$/, "") || "/";
  return lake === undefined
    ? { lake: null, path: tidy(below), query }
    : { lake: decode(lake), path: tidy(rest), query };
};

/** The URL of a place. */
export const urlOf = (lake: string | null, path: string, query: Params = {}): string => {
  const within = lake === null ? "" : `/lakes/${encodeURIComponent(lake)}`;
  const search = new URLSearchParams(
    Object.entries(query).filter(([, value]) => value !== ""),
  ).toString();
  return `${ROOT}${within}${path === "/" ? "" : path}${search === "" ? "" : `?${search}`}`;
};

/** The parameters when the path is of the pattern, such as `/datasets/:name`; else null. */
export const match = (pattern: string, path: string): Params | null => {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const found = given[at] ?? "";
    if (part.startsWith(":")) {
      if (found === "") return null;
      params[part.slice(1)] = decode(found);
    } else if (part !== found) return null;
  }
  return params;
};

/** `match` of the first pattern that fits. */
export const find = <Page extends { readonly path: string }>(
  pages: readonly Page[],
  path: string,
): { readonly page: Page; readonly params: Params } | null => {
  for (const page of pages) {
    const params = match(page.path, path);
    if (params !== null) return { page, params };
  }
  return null;
};

/** What every page is given: the lake it is about, and the way to ask Lethe about it. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Api, createApi } from "./api/http.ts";
import type { Params } from "./router.ts";

export interface Scope {
  /** Asks below the lake of the page; across lakes where the page is of none. */
  readonly api: Api;
  /** Asks across lakes. */
  readonly platform: Api;
  readonly lake: string | null;
  readonly token: string | null;
}

export const scopeOf = (lake: string | null, token: string | null): Scope => {
  const connection = {
    token,
    fetch: (url: string, init: RequestInit) => fetch(url, init),
    newKey: () => crypto.randomUUID(),
  };
  const base = lake === null ? "" : `/lakes/${encodeURIComponent(lake)}`;
  const platform = createApi({ ...connection, base: "" });
  return {
    api: lake === null ? platform : createApi({ ...connection, base }),
    platform,
    lake,
    token,
  };
};

export const ScopeContext = createContext<Scope>(scopeOf(null, null));

export const useScope = (): Scope => useContext(ScopeContext);

export interface PageProps {
  readonly params: Params;
  readonly query: Params;
}

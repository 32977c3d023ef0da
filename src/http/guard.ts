/** Where a request comes from, as far as its host and its headers tell. */
import type { SentHeaders } from "./sentHeaders.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname);

/**
 * Whether a browser sends this on behalf of another site. Requests without a body need no
 * preflight, so a page anywhere could otherwise act on the machine it is looked at on.
 */
export const isCrossSite = (headers: SentHeaders, host: string): boolean => {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const origin = headers.get("origin");
  return origin !== null && (!URL.canParse(origin) || new URL(origin).host !== host);
};

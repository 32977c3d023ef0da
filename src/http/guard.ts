/** Where a request comes from, as far as its host and its headers tell. */

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname);

/**
 * Whether a browser sends this on behalf of another site. Requests without a body need no
 * preflight, so a page anywhere could otherwise act on the machine it is looked at on.
 */
export const isCrossSite = (headers: Headers, host: string): boolean => {
  const site = headers.get("Sec-Fetch-Site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const origin = headers.get("Origin");
  return origin !== null && (!URL.canParse(origin) || new URL(origin).host !== host);
};

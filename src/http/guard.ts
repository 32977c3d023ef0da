/**
 * Closed until opened. Until callers can be told apart, Lethe serves the machine it runs on and
 * nobody else, and without a root secret of its own it serves nobody at all.
 */
import { DEVELOPMENT_ROOT_SECRET, MIN_ROOT_SECRET_LENGTH } from "../application/keyring.ts";

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

export interface GuardSettings {
  readonly root_secret: string | undefined;
  readonly auth: string | undefined;
}

/** Why a request to this host is not served, or null when it is. */
export const refusal = (hostname: string, settings: GuardSettings): string | null => {
  const { root_secret, auth } = settings;
  if (!root_secret) {
    return "ROOT_SECRET is not set: `wrangler secret put ROOT_SECRET` with a random value of 32 characters or more.";
  }
  if (root_secret.length < MIN_ROOT_SECRET_LENGTH) {
    return `ROOT_SECRET has ${root_secret.length} characters: it needs ${MIN_ROOT_SECRET_LENGTH} or more.`;
  }
  if (isLoopback(hostname)) {
    return auth === "open" || root_secret !== DEVELOPMENT_ROOT_SECRET
      ? null
      : "AUTH is not set to open: the development root secret works in local development only.";
  }
  if (root_secret === DEVELOPMENT_ROOT_SECRET) {
    return "ROOT_SECRET is the development default: set a secret of your own.";
  }
  return "Access control is not configured: this Lethe serves requests to loopback only.";
};

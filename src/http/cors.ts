/**
 * Which other origins' pages may talk to Lethe. None, unless the operator names them: a browser
 * then neither sends their changes nor shows them answers. No cookie ever speaks for a caller here,
 * so credentials of the browser's own are not asked for (Fetch standard, CORS protocol).
 */
import { isCrossSite, isLoopback } from "./guard.ts";
import type { SentHeaders } from "./sentHeaders.ts";

const MAX_ORIGINS = 16;

/** How long a browser may remember that it may ask. */
const PREFLIGHT_KEPT_S = 600;

export interface CorsPolicy {
  readonly origins: ReadonlySet<string>;
  /** What is wrong with the setting; nobody is served under one that is not understood. */
  readonly fault: string | null;
}

/** From `CORS_ORIGINS`: a JSON list, or parted by commas. */
export const corsPolicy = (setting: string | undefined): CorsPolicy => {
  const origins = originsOf(setting ?? "");
  if (origins === null || origins.length > MAX_ORIGINS || !origins.every(isOrigin)) {
    return { origins: new Set(), fault: FAULT };
  }
  return { origins: new Set(origins), fault: null };
};

const FAULT =
  `CORS_ORIGINS is not understood: up to ${MAX_ORIGINS} origins, such as https://app.example.com ` +
  "(no path, no *; http for loopback only), as a JSON list or parted by commas.";

const originsOf = (setting: string): readonly string[] | null => {
  const text = setting.trim();
  if (!text.startsWith("[")) {
    return text === "" ? [] : text.split(",").map((origin) => origin.trim());
  }
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((one) => typeof one === "string") ? list : null;
  } catch {
    return null;
  }
};

const isOrigin = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  if (origin !== text || hostname.includes("*")) return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
};

/** Where a request comes from, and what an answer to it says about that. */
export interface Sender {
  /** Of a page whose origin nobody has named. */
  readonly foreign: boolean;
  /** Whether a browser asks if it may send. */
  readonly preflight: boolean;
  /** Headers of every answer to it. */
  readonly headers: Readonly<Record<string, string>>;
}

const OWN: Sender = { foreign: false, preflight: false, headers: {} };

export const senderOf = (
  method: string,
  headers: SentHeaders,
  host: string,
  { origins }: CorsPolicy,
): Sender => {
  const origin = headers.get("origin");
  if (origin !== null && origins.has(origin)) {
    const preflight = method === "OPTIONS" && headers.get("access-control-request-method") !== null;
    return { foreign: false, preflight, headers: preflight ? mayAsk(origin) : mayRead(origin) };
  }
  if (!isCrossSite(headers, host)) return OWN;
  return { foreign: true, preflight: false, headers: {} };
};

/** Headers of an answer that a page needs besides those it may always read. */
const EXPOSED =
  "Content-Range, ETag, Idempotency-Replayed, Location, Retry-After, WWW-Authenticate, X-Request-Id";

const mayRead = (origin: string) => ({
  "Access-Control-Allow-Origin": origin,
  "Access-Control-Expose-Headers": EXPOSED,
  Vary: "Origin",
});

const mayAsk = (origin: string) => ({
  "Access-Control-Allow-Origin": origin,
  "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE",
  "Access-Control-Allow-Headers":
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Last-Event-ID, " +
    "Range, X-Request-Id",
  "Access-Control-Max-Age": String(PREFLIGHT_KEPT_S),
  Vary: "Origin",
});

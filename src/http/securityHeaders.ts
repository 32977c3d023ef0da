/**
 * What every answer tells a browser, so that nothing of Lethe's is guessed at, framed, kept, or
 * told to the next page. An answer is data: nothing in it is to be run, shown or sent anywhere
 * (Content Security Policy 3); pages of Lethe's own say what they need.
 */
import { createHash } from "node:crypto";

/** A year, in seconds (RFC 6797). */
const HTTPS_ONLY_S = 31_536_000;

/** Of everything that is data. */
export const DATA_POLICY =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The API browser: its own files and this host's API; its icons are in its style sheet. */
export const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Of a page of Lethe's own that is one file (a report to print): its style sheet, by its hash, and
 * nothing else (Content Security Policy 3, section 6.7.3.3).
 */
export const pagePolicy = (page: string): string => {
  const [, style = ""] = /<style>([^<]*)<\/style>/.exec(page) ?? [];
  const hash = createHash("sha256").update(style).digest("base64");
  return DATA_POLICY.replace(";", `; style-src 'sha256-${hash}';`);
};

const ALWAYS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": DATA_POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
} as const;

const OVER_HTTPS = {
  ...ALWAYS,
  "Strict-Transport-Security": `max-age=${HTTPS_ONLY_S}`,
} as const;

/** For an answer to a request for `url`. */
export const securityHeaders = (url: string): Readonly<Record<string, string>> =>
  url.startsWith("https:") ? OVER_HTTPS : ALWAYS;

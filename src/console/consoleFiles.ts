/**
 * The web console as files: one page, its script, its style and its sign, from the bundle, so that
 * it needs no network but Lethe's own. The page holds nothing of a lake: it asks the API, as anybody
 * does, with what the reader shows of themselves. The script is built from `client/` (`npm run console`).
 */

import style from "./built/console.css";
import script from "./built/console.js";

/** Where uploads go, straight to the object store; its bucket names this origin (CORS). */
const UPLOADS = "https://*.r2.cloudflarestorage.com";

/** Its own script and style from files, its own API, and nothing else; no frame around it. */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  `connect-src 'self' ${UPLOADS}`,
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Lethe</title>
<link rel="stylesheet" href="/console/console.css">
<link rel="icon" href="/console/lethe.svg" type="image/svg+xml">
<script src="/console/console.js" type="module"></script>
</head>
<body>
<div id="console"></div>
<noscript>The console needs JavaScript. The API is documented at <a href="/docs">/docs</a>.</noscript>
</body>
</html>
`;

const sign = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -4 32 32" fill="none" stroke="#2f8a91" stroke-width="3" stroke-linecap="round">
<path d="M1 6c5-6 10-6 15 0s10 6 15 0"/>
<path d="M1 13c5-6 10-6 15 0s10 6 15 0" opacity=".6"/>
<path d="M1 20c5-6 10-6 15 0s10 6 15 0" opacity=".3"/>
</svg>
`;

/** By path. The page is at `/console` and at every path below, which its script reads (deep links). */
export const consoleFiles = {
  "/console/console.js": { type: "text/javascript; charset=utf-8", body: script },
  "/console/console.css": { type: "text/css; charset=utf-8", body: style },
  "/console/lethe.svg": { type: "image/svg+xml", body: sign },
  "/console/*": { type: "text/html; charset=utf-8", body: page },
} as const satisfies Readonly<Record<string, { readonly type: string; readonly body: string }>>;

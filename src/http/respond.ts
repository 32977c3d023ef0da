/**
 * Every answer leaves through here, made in one go: no answer without the headers that all of them
 * carry, and none whose headers are touched once it is made, which the runtime makes costly.
 */
import type { Context } from "hono";

/** Answers are about a moment and may hold data: nobody between here and the caller keeps them. */
const ALWAYS = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } as const;

/** `c` carries the request's id (`requestId`), which the answer names. */
export const respond = (
  c: Context,
  status: number,
  body: BodyInit | null,
  headers: Readonly<Record<string, string>>,
): Response =>
  new Response(body, {
    status,
    headers: { ...headers, ...ALWAYS, "X-Request-Id": c.get("requestId") },
  });

export const respondJson = (
  c: Context,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  respond(c, status, JSON.stringify(body), { "Content-Type": "application/json", ...headers });

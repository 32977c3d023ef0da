/**
 * Every answer leaves through here, made in one go: no answer without the headers that all of them
 * carry, and none whose headers are touched once it is made, which the runtime makes costly.
 */
import type { RequestContext } from "./context.ts";
import { securityHeaders } from "./securityHeaders.ts";

export const respond = (
  c: RequestContext,
  status: number,
  body: BodyInit | null,
  headers: Readonly<Record<string, string>>,
): Response =>
  new Response(body, {
    status,
    headers: {
      ...securityHeaders(c.get("url")),
      ...headers,
      ...c.get("cors"),
      "X-Request-Id": c.get("requestId"),
    },
  });

export const respondJson = (
  c: RequestContext,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  respond(c, status, JSON.stringify(body), { "Content-Type": "application/json", ...headers });

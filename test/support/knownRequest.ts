import type { MiddlewareHandler } from "hono";
import { sentHeaders } from "../../src/http/sentHeaders.ts";

/** What the app says of every request before any route sees it. */
export const knownRequest: MiddlewareHandler = async (c, next) => {
  c.set("url", c.req.url);
  c.set("headers", sentHeaders(c.req.raw.headers));
  await next();
};

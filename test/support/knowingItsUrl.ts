import type { MiddlewareHandler } from "hono";

/** What the app says of every request before any route sees it. */
export const knowingItsUrl: MiddlewareHandler = async (c, next) => {
  c.set("url", c.req.url);
  await next();
};

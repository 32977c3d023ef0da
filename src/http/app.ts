/** The HTTP interface: its routes, the document that describes them, what every request meets. */
import { Hono } from "hono";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { say } from "../application/logging.ts";
import { checkAccessTable } from "./auth/operations.ts";
import { isLocal, refusal } from "./auth/policy.ts";
import { senderOf } from "./cors.ts";
import { docsFiles } from "./docs.ts";
import { type AppContext, type AppEnv, crossSite, type Deps, handler } from "./handle.ts";
import { checkLengths } from "./limits.ts";
import { openApiDocument } from "./openapi.ts";
import { HttpProblem, problemResponse } from "./problem.ts";
import { recalling } from "./recalling.ts";
import { requestIdOf } from "./request.ts";
import { respond, respondJson } from "./respond.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes/all.ts";
import { DOCS_POLICY } from "./securityHeaders.ts";

export const VERSION = "0.1.0";

type App = Hono<AppEnv>;

/** Served whatever is not configured: they say so themselves. */
const UNCONDITIONAL: ReadonlySet<string> = new Set(["/health", "/ready"]);

/** Builds the app; `depsOf` is called once a request, with its scheme and host. */
export const createApp = (depsOf: (c: AppContext, origin: string) => Deps): App => {
  checkAccessTable(ROUTES, ["GET /health", "GET /", "GET /docs", "GET /openapi.json"]);
  const app: App = new Hono({ router: recalling(new RegExpRouter()) });
  app.use(async (c, next) => {
    const { url } = c.req;
    c.set("url", url);
    c.set("requestId", requestIdOf(c));
    const origin = originOf(url);
    const deps = depsOf(c, origin);
    c.set("deps", deps);
    const host = origin.slice(origin.indexOf("//") + 2);
    const local = isLocal(hostnameOf(host), c.req.raw.headers);
    c.set("local", local);
    const sender = senderOf(c.req.raw, host, deps.cors);
    c.set("foreign", sender.foreign);
    c.set("cors", sender.headers);
    checkLengths(url, c.req.raw.headers);
    const reason = UNCONDITIONAL.has(c.req.path)
      ? null
      : (refusal(deps.door.policy, local) ?? deps.cors.fault);
    if (reason !== null) {
      return problemResponse(c, { status: 503, code: "not-configured", detail: reason });
    }
    if (sender.preflight) return respond(c, 204, null, {});
    const { method } = c.req;
    if (sender.foreign && method !== "GET" && method !== "HEAD") throw crossSite();
    return next();
  });

  app.get("/health", (c) => respondJson(c, 200, { status: "ok" }));
  app.get("/", (c) => respond(c, 302, null, { Location: "/docs" }));
  let document: string | null = null;
  app.get("/openapi.json", (c) => {
    document ??= JSON.stringify(openApiDocument(ROUTES, VERSION));
    return respond(c, 200, document, { "Content-Type": "application/json" });
  });
  for (const [path, { type, body }] of Object.entries(docsFiles)) {
    const headers = { "Content-Type": type, "Content-Security-Policy": DOCS_POLICY };
    app.get(path, (c) => respond(c, 200, body, headers));
  }

  const paths = new Map<string, Set<string>>();
  const serve = (path: string, route: Route, own: boolean) => {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ":$1");
    app.on(route.method.toUpperCase(), pattern, handler(route, own));
    const methods = paths.get(pattern) ?? new Set<string>();
    paths.set(pattern, methods.add(route.method.toUpperCase()));
  };
  for (const route of ROUTES) {
    if (route.scope === "platform" || route.path !== "") serve(route.path, route, false);
    if (route.scope === "lake") serve(`/lakes/{lake_id}${route.path}`, route, true);
  }
  for (const pattern of ["/health", "/openapi.json", "/", ...Object.keys(docsFiles)]) {
    paths.set(pattern, new Set(["GET"]));
  }
  for (const [pattern, methods] of paths) {
    const allow = [...methods, ...(methods.has("GET") ? ["HEAD"] : [])].join(", ");
    app.all(pattern, (c) =>
      problemResponse(
        c,
        {
          status: 405,
          code: "method-not-allowed",
          detail: `${c.req.path} takes ${allow}, not ${c.req.method}.`,
        },
        { Allow: allow },
      ),
    );
  }

  app.notFound((c) =>
    problemResponse(c, {
      status: 404,
      code: "no-such-route",
      detail: `There is no ${c.req.path}; GET /docs shows what there is.`,
    }),
  );
  app.onError((error, c) => {
    if (error instanceof HttpProblem) return problemResponse(c, error.problem, error.headers);
    say("error", "a request failed", { request_id: c.get("requestId"), error });
    return problemResponse(c, {
      status: 500,
      code: "internal-error",
      detail: `Something is wrong with Lethe, not with your request (${c.get("requestId")}).`,
    });
  });
  return app;
};

/** Scheme and host of an absolute URL, as the runtime writes them: up to the path. */
const originOf = (url: string): string => url.slice(0, url.indexOf("/", url.indexOf("//") + 2));

const hostnameOf = (host: string): string => host.replace(/:\d+$/, "");

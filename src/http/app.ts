/** The HTTP interface: its routes, the document that describes them, what every request meets. */
import { Hono } from "hono";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { say } from "../application/logging.ts";
import { checkAccessTable } from "./auth/operations.ts";
import { docsFiles } from "./docs.ts";
import { gate, type Handler } from "./gate.ts";
import { type AppContext, type AppEnv, type Deps, handler } from "./handle.ts";
import { openApiDocument } from "./openapi.ts";
import { HttpProblem, problemResponse } from "./problem.ts";
import { recalling } from "./recalling.ts";
import { respond, respondJson } from "./respond.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes/all.ts";
import { DOCS_POLICY } from "./securityHeaders.ts";

export const VERSION = "0.1.0";

type App = Hono<AppEnv>;

/** Builds the app; `depsOf` is called once a request, with its scheme and host. */
export const createApp = (depsOf: (c: AppContext, origin: string) => Deps): App => {
  checkAccessTable(ROUTES, ["GET /health", "GET /", "GET /docs", "GET /openapi.json"]);
  const { pathOf, guarded } = gate(depsOf);
  // No middleware: the router tells of one handler for each request.
  const app: App = new Hono({ router: recalling(new RegExpRouter()), getPath: pathOf });
  const on = (method: string, path: string, answer: Handler) =>
    app.on(method, path, guarded(answer));

  on("GET", "/health", (c) => respondJson(c, 200, { status: "ok" }));
  on("GET", "/", (c) => respond(c, 302, null, { Location: "/docs" }));
  let document: string | null = null;
  on("GET", "/openapi.json", (c) => {
    document ??= JSON.stringify(openApiDocument(ROUTES, VERSION));
    return respond(c, 200, document, { "Content-Type": "application/json" });
  });
  for (const [path, { type, body }] of Object.entries(docsFiles)) {
    const headers = { "Content-Type": type, "Content-Security-Policy": DOCS_POLICY };
    on("GET", path, (c) => respond(c, 200, body, headers));
  }

  const paths = new Map<string, Set<string>>();
  const serve = (path: string, route: Route, own: boolean) => {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ":$1");
    on(route.method.toUpperCase(), pattern, handler(route, own));
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
    app.all(
      pattern,
      guarded((c) =>
        problemResponse(
          c,
          {
            status: 405,
            code: "method-not-allowed",
            detail: `${c.req.path} takes ${allow}, not ${c.req.method}.`,
          },
          { Allow: allow },
        ),
      ),
    );
  }

  app.notFound(
    guarded((c) =>
      problemResponse(c, {
        status: 404,
        code: "no-such-route",
        detail: `There is no ${c.req.path}; GET /docs shows what there is.`,
      }),
    ),
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

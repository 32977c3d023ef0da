/** The HTTP interface: its routes, the document that describes them, what every request meets. */
import { Hono } from "hono";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { say } from "../application/logging.ts";
import { checkAccessTable } from "./auth/operations.ts";
import { docsFiles, type Files } from "./docs.ts";
import { gate, type Handler } from "./gate.ts";
import { type AppContext, type AppEnv, type Deps, handler } from "./handle.ts";
import { openApiDocument, PLAIN_PATHS } from "./openapi.ts";
import { HttpProblem, problemResponse } from "./problem.ts";
import { recalling } from "./recalling.ts";
import { respond, respondJson } from "./respond.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes/all.ts";
import { DOCS_POLICY } from "./securityHeaders.ts";

export const VERSION = "0.1.0";

type App = Hono<AppEnv>;

/** The web console, which the composition root brings: by path, and what its page may do. */
export interface Console {
  readonly files: Files;
  readonly policy: string;
}

/** Builds the app; `depsOf` is called once a request, with its scheme and host. */
export const createApp = (
  depsOf: (c: AppContext, origin: string) => Deps,
  console: Console,
): App => {
  checkAccessTable(
    ROUTES,
    PLAIN_PATHS.map((path) => `GET ${path}`),
  );
  const { pathOf, guarded } = gate(depsOf);
  // No middleware: the router tells of one handler for each request.
  const app: App = new Hono({ router: recalling(new RegExpRouter()), getPath: pathOf });
  const on = (method: string, path: string, answer: Handler) =>
    app.on(method, path, guarded(answer));

  on("GET", "/health", (c) => respondJson(c, 200, { status: "ok" }));
  on("GET", "/", (c) => respond(c, 302, null, { Location: "/console" }));
  let document: string | null = null;
  on("GET", "/openapi.json", (c) => {
    document ??= JSON.stringify(openApiDocument(ROUTES, VERSION));
    return respond(c, 200, document, { "Content-Type": "application/json" });
  });
  const show = (files: Files, policy: string) => {
    for (const [path, { type, body }] of Object.entries(files)) {
      const headers = { "Content-Type": type, "Content-Security-Policy": policy };
      on("GET", path, (c) => respond(c, 200, body, headers));
    }
  };
  show(docsFiles, DOCS_POLICY);
  show(console.files, console.policy);

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
  const shown = [...Object.keys(docsFiles), ...Object.keys(console.files)];
  for (const pattern of [...PLAIN_PATHS, ...shown]) {
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

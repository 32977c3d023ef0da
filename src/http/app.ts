/** The HTTP interface: routes, their inputs and errors, the document that describes them. */
import { type Context, Hono } from "hono";
import { type Access, accessOf } from "../application/accessTable.ts";
import type { Call } from "../application/lakeGateway.ts";
import { lakeId } from "../contracts/fields.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import type { Rejection } from "../domain/rejection.ts";
import { answer } from "./answer.ts";
import { callerOf, challenge, type Door, type Identity, identify } from "./auth/identify.ts";
import { checkAccessTable, mayTake, operationOf } from "./auth/operations.ts";
import { isLocal, refusal } from "./auth/policy.ts";
import { type CorsPolicy, senderOf } from "./cors.ts";
import { docsFiles } from "./docs.ts";
import { checkLengths } from "./limits.ts";
import { openApiDocument } from "./openapi.ts";
import { HttpProblem, problemResponse, rejectionProblem } from "./problem.ts";
import type { RateLimits } from "./rateLimits.ts";
import {
  canonicalJson,
  parsed,
  readHeaders,
  readIdempotencyKey,
  readIfMatch,
  readJson,
  readLines,
  readQuery,
  requestIdOf,
} from "./request.ts";
import { respond, respondJson } from "./respond.ts";
import type { Route, Services } from "./route.ts";
import { adminRoutes } from "./routes/admin.ts";
import { backgroundWorkRoutes } from "./routes/backgroundWork.ts";
import { batchRoutes } from "./routes/batches.ts";
import { contractRoutes, datasetRoutes } from "./routes/datasets.ts";
import { deadlineRoutes } from "./routes/deadlines.ts";
import { deletionRoutes } from "./routes/deletions.ts";
import { fileRoutes } from "./routes/files.ts";
import { importRoutes } from "./routes/import.ts";
import { lakeRoutes } from "./routes/lakes.ts";
import { logRoutes } from "./routes/log.ts";
import { memberRoutes } from "./routes/members.ts";
import { privacyRunRoutes } from "./routes/privacyRuns.ts";
import { proofRoutes } from "./routes/proofs.ts";
import { reportRoutes } from "./routes/reports.ts";
import { sealedRoutes } from "./routes/sealed.ts";
import { streamRoutes } from "./routes/stream.ts";
import { subjectAccessRoutes } from "./routes/subjectAccess.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { DOCS_POLICY } from "./securityHeaders.ts";

export const ROUTES: readonly Route[] = [
  ...lakeRoutes,
  ...memberRoutes,
  ...tokenRoutes,
  ...datasetRoutes,
  ...contractRoutes,
  ...fileRoutes,
  ...sealedRoutes,
  ...batchRoutes,
  ...privacyRunRoutes,
  ...backgroundWorkRoutes,
  ...logRoutes,
  ...streamRoutes,
  ...proofRoutes,
  ...importRoutes,
  ...deletionRoutes,
  ...subjectAccessRoutes,
  ...deadlineRoutes,
  ...webhookRoutes,
  ...reportRoutes,
  ...adminRoutes,
];

export const VERSION = "0.1.0";

export interface Settings {
  /** The lake the root routes mean, or null when there is none. */
  readonly default_lake: string | null;
}

/** What the composition root makes of a request before any route sees it. */
export interface Deps {
  readonly settings: Settings;
  readonly services: Services;
  /** The same for one lake, wherever it is. */
  readonly servicesFor: (lake_id: string) => Services | Promise<Services>;
  readonly door: Door;
  readonly rates: RateLimits;
  readonly cors: CorsPolicy;
}

interface AppEnv {
  readonly Variables: {
    readonly requestId: string;
    readonly deps: Deps;
    /** Whether the request comes from this machine and means it. */
    readonly local: boolean;
    /** Whether a browser sends this for another site's page that nobody has named. */
    readonly foreign: boolean;
    /** Headers for a browser, when another origin's page may read the answer. */
    readonly cors: Readonly<Record<string, string>>;
  };
}
type App = Hono<AppEnv>;
type AppContext = Context<AppEnv>;

/** Builds the app; `depsOf` is called once a request, with its scheme and host. */
export const createApp = (depsOf: (c: AppContext, origin: string) => Deps): App => {
  checkAccessTable(ROUTES, ["GET /health", "GET /", "GET /docs", "GET /openapi.json"]);
  const app: App = new Hono();
  app.use(async (c, next) => {
    c.set("requestId", requestIdOf(c));
    const origin = originOf(c.req.url);
    const deps = depsOf(c, origin);
    c.set("deps", deps);
    const host = origin.slice(origin.indexOf("//") + 2);
    const local = isLocal(hostnameOf(host), c.req.raw.headers);
    c.set("local", local);
    const sender = senderOf(c.req.raw, host, deps.cors);
    c.set("foreign", sender.foreign);
    c.set("cors", sender.headers);
    checkLengths(c.req.raw);
    const reason =
      c.req.path === "/health" ? null : (refusal(deps.door.policy, local) ?? deps.cors.fault);
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
    app.on(route.method.toUpperCase(), pattern, (c) => handle(c, route, own, c.get("deps")));
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
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(JSON.stringify({ level: "error", request_id: c.get("requestId"), message }));
    return problemResponse(c, {
      status: 500,
      code: "internal-error",
      detail: `Something is wrong with Lethe, not with your request (${c.get("requestId")}).`,
    });
  });
  return app;
};

const handle = async (
  c: AppContext,
  route: Route,
  ownLake: boolean,
  deps: Deps,
): Promise<Response> => {
  const { settings, services, rates } = deps;
  const operation = operationOf(route);
  const access = accessOf(operation);
  // A page elsewhere cannot read the answer, but reading is on record as its reader's.
  if (c.get("foreign") && access.kind !== "anyone" && !isNavigation(c)) throw crossSite();
  const address = c.req.raw.headers.get("CF-Connecting-IP") ?? "unknown";
  const counted = !(c.get("local") && deps.door.policy.open);
  const identity = await identified(c, access, deps, counted ? address : null);
  const may = mayTake(identity, access);
  if (!may.ok) return rejected(c, may.error);
  const { lake_id: named, ...rest } = c.req.param() as Record<string, string>;
  const lake = lakeOf(route, ownLake, named, settings);
  if (counted) await rates.admit(identity, address, lake);
  // A token leads to its own lake: of every other it learns nothing.
  const astray = identity.kind === "token" && route.scope === "lake" && identity.lake_id !== lake;
  if (astray) return rejected(c, lakeNotFound().error);
  const params = parsed(route.params, rest, "path");
  const query = parsed(route.query, readQuery(c), "query");
  const headers = route.headers && parsed(route.headers, readHeaders(c, route.headers), "header");
  const read = () => (route.body_type === "ndjson" ? readLines(c) : readJson(c, route.body_bytes));
  const json = route.method === "get" ? undefined : await read();
  const body = route.body ? parsed(route.body, json, "body") : noBody(json);
  const call: Call = {
    lake_id: lake,
    is_default: lake === settings.default_lake,
    ...callerOf(identity, operation),
    correlation_id: c.get("requestId"),
    causation_id: null,
    idempotency: idempotencyOf(c, route, rest, json),
    if_match: route.method === "get" ? null : readIfMatch(c),
  };
  const result = await route.handle({
    params,
    query,
    body,
    headers,
    call,
    services: route.scope === "lake" ? await deps.servicesFor(lake) : services,
  } as Parameters<Route["handle"]>[0]);
  return result.ok ? answer(c, result.value) : rejected(c, result.error);
};

const crossSite = (): HttpProblem =>
  new HttpProblem({
    status: 403,
    code: "cross-site-request",
    detail: "This request comes from another site's page: Lethe does not act on it.",
  });

/** Whether a person follows a link: then they see what they asked for, and nobody else does. */
const isNavigation = (c: AppContext): boolean =>
  c.req.raw.headers.get("Sec-Fetch-Mode") === "navigate";

/** Who sends it. Who fails to say so is counted by `address`, unless that is null. */
const identified = async (
  c: AppContext,
  access: Access,
  { door, rates }: Deps,
  address: string | null,
): Promise<Identity> => {
  try {
    return await identify(c.req.raw.headers, access, c.get("local"), door);
  } catch (error) {
    if (address !== null) await rates.fromAddress(address);
    throw error;
  }
};

const rejected = (c: AppContext, rejection: Rejection): Response => {
  const unknown = rejection.reason === "unauthenticated";
  return problemResponse(c, rejectionProblem(rejection), unknown ? challenge("invalid_token") : {});
};

/** Scheme and host of an absolute URL, as the runtime writes them: up to the path. */
const originOf = (url: string): string => url.slice(0, url.indexOf("/", url.indexOf("//") + 2));

const hostnameOf = (host: string): string => host.replace(/:\d+$/, "");

const lakeOf = (
  route: Route,
  ownLake: boolean,
  named: string | undefined,
  settings: Settings,
): string => {
  if (ownLake) return String(parsed(lakeId, named, "path"));
  if (route.scope === "platform") return "";
  if (settings.default_lake === null) {
    throw new HttpProblem({
      status: 404,
      code: "no-default-lake",
      detail: `There is no default lake: name one, as in /lakes/{lake_id}${route.path}.`,
    });
  }
  return settings.default_lake;
};

const noBody = (json: unknown): undefined => {
  const empty = typeof json === "object" && json !== null && Object.keys(json).length === 0;
  if (json === undefined || empty) return undefined;
  throw new HttpProblem({
    status: 422,
    code: "invalid-input",
    detail: "This route takes no body.",
    errors: [{ path: "", message: "must be empty" }],
  });
};

const idempotencyOf = (
  c: AppContext,
  route: Route,
  params: Readonly<Record<string, string>>,
  json: unknown,
): Call["idempotency"] => {
  if (route.method !== "post") return null;
  const key = readIdempotencyKey(c);
  if (key === null) return null;
  return { key, body: canonicalJson({ route: route.path, params, body: json ?? null }) };
};

/** One request of one route: who may, what is said, which lake is meant, what comes back. */
import type { Context } from "hono";
import { type Access, accessOf } from "../application/accessTable.ts";
import type { Call } from "../application/lakeGateway.ts";
import { lakeId } from "../contracts/fields.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import type { Rejection } from "../domain/rejection.ts";
import { answer, notModified } from "./answer.ts";
import { callerOf, challenge, type Door, type Identity, identify } from "./auth/identify.ts";
import { mayTake, operationOf } from "./auth/operations.ts";
import type { RequestFacts } from "./context.ts";
import type { CorsPolicy } from "./cors.ts";
import { namesTag } from "./entityTags.ts";
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
} from "./request.ts";
import { type HttpAnswer, keepsKey, type Route, type Services } from "./route.ts";

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

export interface AppEnv {
  readonly Variables: RequestFacts & { readonly deps: Deps };
}
export type AppContext = Context<AppEnv>;

/** What answers a route's requests; `ownLake` says that the path names the lake. */
export const handler = (route: Route, ownLake: boolean) => {
  const operation = operationOf(route);
  const access = accessOf(operation);
  return (c: AppContext): Promise<Response> => handle(c, { route, ownLake, operation, access });
};

interface Served {
  readonly route: Route;
  readonly ownLake: boolean;
  readonly operation: ReturnType<typeof operationOf>;
  readonly access: Access;
}

const handle = async (
  c: AppContext,
  { route, ownLake, operation, access }: Served,
): Promise<Response> => {
  const deps = c.get("deps");
  const { settings, services, rates } = deps;
  // A page elsewhere cannot read the answer, but reading is on record as its reader's.
  if (c.get("foreign") && access.kind !== "anyone" && !followsLink(c)) throw crossSite();
  const address = c.get("headers").get("cf-connecting-ip") ?? "unknown";
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
  if (!result.ok) return rejected(c, result.error);
  const known = route.conditional && isKnown(c, result.value);
  return known ? notModified(c, result.value) : answer(c, result.value);
};

/** Whether the caller says that he has what is answered already (RFC 9110, section 13.1.2). */
const isKnown = (c: AppContext, { headers, on_record }: HttpAnswer): boolean => {
  const named = c.get("headers").get("if-none-match");
  return named !== null && !on_record && namesTag(named, headers?.ETag ?? "");
};

export const crossSite = (): HttpProblem =>
  new HttpProblem({
    status: 403,
    code: "cross-site-request",
    detail: "This request comes from another site's page: Lethe does not act on it.",
  });

/**
 * Whether a person goes there by a link: then they see what they asked for, and nobody else does. A
 * frame within a page navigates too, and is none (Fetch Metadata Request Headers, section 2). Whether
 * they have clicked is not asked for: Safari does not tell, and who comes from a login has not.
 */
const followsLink = (c: AppContext): boolean => {
  const headers = c.get("headers");
  return (
    headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document"
  );
};

/** Who sends it. Who fails to say so is counted by `address`, unless that is null. */
const identified = async (
  c: AppContext,
  access: Access,
  { door, rates }: Deps,
  address: string | null,
): Promise<Identity> => {
  try {
    return await identify(c.get("headers"), access, c.get("local"), door);
  } catch (error) {
    if (address !== null) await rates.fromAddress(address);
    throw error;
  }
};

const rejected = (c: AppContext, rejection: Rejection): Response => {
  const unknown = rejection.reason === "unauthenticated";
  return problemResponse(c, rejectionProblem(rejection), unknown ? challenge("invalid_token") : {});
};

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
  if (!keepsKey(route)) return null;
  const key = readIdempotencyKey(c);
  if (key === null) return null;
  return { key, body: canonicalJson({ route: route.path, params, body: json ?? null }) };
};

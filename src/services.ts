/**
 * Composition root of a request: what its lake, its stores, the reports and the callers are, from
 * the bindings and settings of the Worker.
 */
import { say } from "./application/logging.ts";
import { placedGateway } from "./application/placedGateway.ts";
import type { At } from "./application/places.ts";
import type { Workshop } from "./application/work/workshop.ts";
import { calendars } from "./calendar/calendars.ts";
import { dataPlane } from "./data/dataPlane.ts";
import { subjectPlane, subjectReader } from "./data/subjects/subjectPlane.ts";
import { ok } from "./domain/decider.ts";
import { reject } from "./domain/rejection.ts";
import type { Jurisdiction } from "./domain/residency.ts";
import { type Env, hasJurisdictions, isDeployed, reportDatabases, secretVariables } from "./env.ts";
import type { Door } from "./http/auth/identify.ts";
import { type AccessPolicy, accessPolicy } from "./http/auth/policy.ts";
import { jwtVerifier } from "./http/auth/verifyJwt.ts";
import { badCursor } from "./http/badCursor.ts";
import { corsPolicy } from "./http/cors.ts";
import type { Deps } from "./http/handle.ts";
import { HttpProblem } from "./http/problem.ts";
import { type RateCounters, rateLimits } from "./http/rateLimits.ts";
import type { Reports, Services } from "./http/route.ts";
import { gatewayAt, placesOf, stubAt } from "./lakesAt.ts";
import { lakesOnRecord } from "./lakesOnRecord.ts";
import { deepReadinessOf, readinessOf, readMetricsOf } from "./operations.ts";
import { acrossDatabases } from "./reporting/acrossDatabases.ts";
import { readControllers } from "./reporting/controllers.ts";
import { reportDocuments } from "./reporting/print/documents.ts";
import { processingRecordOf } from "./reporting/processingRecord.ts";
import { BadCursorError, reportQueries } from "./reporting/queries.ts";
import { rebuildingIn, standing } from "./reporting/standing.ts";
import { datasetStore } from "./storage/datasetStore.ts";
import { digestingStore } from "./storage/digestingStore.ts";
import { r2ObjectStore } from "./storage/r2ObjectStore.ts";
import { upkeepOf } from "./upkeep.ts";
import { presignerAt, storesAt } from "./urlSigning.ts";

/** The longest a request waits for its events to show in the reports. */
const SETTLE_MS = 1_000;

export const workshopAt = (env: Env, at: At): Workshop => {
  const store = r2ObjectStore(storesAt(env, at).objects);
  const sealed = (dataset_key: Uint8Array) => datasetStore(store, dataset_key);
  return {
    lake: gatewayAt(env, at),
    subjects: subjectReader(store),
    store,
    sealed: (dataset_key) => {
      const opened = sealed(dataset_key);
      return { subjects: subjectReader(opened), store: opened };
    },
    planes: ({ dataset_key, digest_key }) => {
      const digesting = digestingStore(dataset_key ? sealed(dataset_key) : store, digest_key);
      return { data: dataPlane(digesting), subjects: subjectPlane(digesting) };
    },
    now: () => Date.now(),
  };
};

const noJurisdictions = (jurisdiction: Jurisdiction) =>
  reject(
    "unavailable",
    "no-jurisdictions",
    `The platform here cannot hold a lake in ${jurisdiction}: none is made.`,
  );

const reportsOf = (env: Env): Reports => {
  const queries = acrossDatabases(
    reportDatabases(env).map(([name, database]) => ({ name, queries: reportQueries(database) })),
  );
  const controllers = readControllers(env.CONTROLLERS);
  const standings = reportDatabases(env).map(([, database]) => standing(database));
  const guarded =
    <Input, Value>(ask: (asked: Input) => Promise<Value>) =>
    async (asked: Input): Promise<Value> => {
      try {
        return await ask(asked);
      } catch (error) {
        if (!(error instanceof BadCursorError)) throw error;
        throw badCursor();
      }
    };
  return {
    lakes: guarded(queries.lakes),
    rebuilding: (member) => rebuildingIn(standings, member),
    monthly: queries.monthly,
    processingRecord: guarded(async ({ now, ...asked }) =>
      processingRecordOf(await queries.processingRecord(asked), now, controllers),
    ),
    deletions: guarded(queries.deletions),
    overdueDeletions: guarded(queries.overdueDeletions),
    completedDeletions: guarded(queries.completedDeletions),
    deletionSummary: guarded(queries.deletionSummary),
    deletionMonths: queries.deletionMonths,
    subjectAccesses: guarded(queries.subjectAccesses),
    access: guarded(queries.access),
    accessPurposes: guarded(queries.accessPurposes),
    firstAccesses: guarded(queries.firstAccesses),
    accessVolume: guarded(queries.accessVolume),
    data: guarded(queries.data),
    datasets: guarded(queries.datasets),
    unapprovedContracts: guarded(queries.unapprovedContracts),
    retention: guarded(queries.retention),
  };
};

/** For lakes that are there. */
const servicesAt = (env: Env, at: At, origin: string): Services => {
  const workshop = workshopAt(env, at);
  return {
    gateway: gatewayAt(env, at),
    workshop,
    store: workshop.store,
    origin,
    presigner: presignerAt(env, at, origin),
    reports: reportsOf(env),
    documents: reportDocuments,
    calendars,
    upkeep: upkeepOf(env),
    readMetrics: readMetricsOf(env),
    readiness: () => readinessOf(env, policyOf(env))(),
    deepReadiness: () => deepReadinessOf(env, policyOf(env), origin)(),
    knownLakes: lakesOnRecord(env),
    reserve: async (lake_id, placement) => {
      const { jurisdiction } = placement;
      if (jurisdiction !== null && isDeployed(env)) {
        if (!hasJurisdictions(env)) return noJurisdictions(jurisdiction);
        storesAt(env, jurisdiction);
      }
      const there = await placesOf(env).reserve(lake_id, placement);
      return ok({ gateway: gatewayAt(env, there) });
    },
    settle: async (lake_id) => {
      const there = await placesOf(env).of(lake_id);
      const patience = new Promise<void>((resolve) => setTimeout(resolve, SETTLE_MS));
      const settled = stubAt(env, there, lake_id)
        .settle()
        .catch((error: unknown) => {
          // The command is done; the reports follow by the lake's own means.
          say("error", "a lake did not settle", { lake_id, error });
        });
      await Promise.race([settled, patience]);
    },
    now: () => new Date(),
    newId: () => crypto.randomUUID(),
  };
};

const servicesOf = (env: Env, origin: string): Pick<Deps, "services" | "servicesFor"> => {
  const made = new Map<At, Services>();
  const at = (place: At): Services => {
    const services = made.get(place) ?? servicesAt(env, place, origin);
    made.set(place, services);
    return services;
  };
  const known = placesOf(env);
  return {
    services: { ...at(null), gateway: placedGateway(known, (place) => at(place).gateway) },
    servicesFor(lake_id) {
      const place = known.of(lake_id);
      return place instanceof Promise ? place.then(at) : at(place);
    },
  };
};

const policyOf = (env: Env): AccessPolicy =>
  accessPolicy({
    ...secretVariables(env),
    auth: env.AUTH,
    oidc_issuers: env.OIDC_ISSUERS,
    platform_admins: env.PLATFORM_ADMINS,
    metrics_token: env.METRICS_TOKEN,
  });

const doorOf = (env: Env): Door => {
  const policy = policyOf(env);
  const means = { fetch: (url: string, init: RequestInit) => fetch(url, init), now: Date.now };
  return { policy, verify: jwtVerifier(policy.issuers, means) };
};

const countersOf = ({ CALLER_RATE, ADDRESS_RATE, LAKE_RATE }: Env): RateCounters => ({
  caller: CALLER_RATE ?? uncounted("CALLER_RATE"),
  address: ADDRESS_RATE ?? uncounted("ADDRESS_RATE"),
  lake: LAKE_RATE ?? uncounted("LAKE_RATE"),
});

const uncounted = (binding: string) => ({
  limit: async () => {
    throw new HttpProblem({
      status: 503,
      code: "not-configured",
      detail: `${binding} is not bound: wrangler.toml says how, under ratelimits.`,
    });
  },
});

/** Origins whose services are kept: a Worker has one or two, whatever hosts it is asked under. */
const MAX_KEPT_ORIGINS = 16;

/** What is the same whatever host is asked. */
type Shared = Pick<Deps, "settings" | "door" | "rates" | "cors">;

const kept = new WeakMap<Env, { readonly shared: Shared; readonly origins: Map<string, Deps> }>();

const sharedOf = (env: Env): Shared => ({
  settings: { default_lake: env.DEFAULT_LAKE || null },
  door: doorOf(env),
  rates: rateLimits(countersOf(env)),
  cors: corsPolicy(env.CORS_ORIGINS),
});

/** The same for every request to an origin: bindings and settings do not change in a process. */
export const depsOf = (env: Env, origin: string): Deps => {
  const { shared, origins } = kept.get(env) ?? { shared: sharedOf(env), origins: new Map() };
  kept.set(env, { shared, origins });
  const known = origins.get(origin);
  if (known) return known;
  const deps: Deps = { ...shared, ...servicesOf(env, origin) };
  if (origins.size >= MAX_KEPT_ORIGINS) origins.clear();
  origins.set(origin, deps);
  return deps;
};

/**
 * Composition root of a request: what its lake, its stores, the reports and the callers are, from
 * the bindings and settings of the Worker.
 */
import type { ObjectStore } from "./application/dataPorts.ts";
import type { LakeGateway } from "./application/lakeGateway.ts";
import { say } from "./application/logging.ts";
import { placedGateway } from "./application/placedGateway.ts";
import type { At } from "./application/places.ts";
import type { Workshop } from "./application/work/workshop.ts";
import { calendars } from "./calendar/calendars.ts";
import { dataPlane } from "./data/dataPlane.ts";
import { subjectPlane, subjectReader } from "./data/subjects/subjectPlane.ts";
import { ok } from "./domain/decider.ts";
import { reject } from "./domain/rejection.ts";
import type { Jurisdiction, Placement } from "./domain/residency.ts";
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
import { ownObjects, ownUrls } from "./storage/ownObjects.ts";
import { r2ObjectStore } from "./storage/r2ObjectStore.ts";
import { upkeepOf } from "./upkeep.ts";
import { presignerAt, storesAt } from "./urlSigning.ts";

/** The longest a request waits for its events to show in the reports. */
const SETTLE_MS = 1_000;

/** Of the work of one lake there: it reaches that lake's objects alone. */
export const workshopAt = (env: Env, at: At, lake_id: string): Workshop =>
  workshopOf(gatewayAt(env, at), r2ObjectStore(storesAt(env, at).objects), lake_id);

const workshopOf = (lake: LakeGateway, objects: ObjectStore, lake_id: string): Workshop => {
  const store = ownObjects(objects, lake_id);
  const sealed = (dataset_key: Uint8Array) => datasetStore(store, dataset_key);
  return {
    lake,
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

/** Of requests that are about no lake: there is no object of its. */
const NO_LAKE = "";

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

/** For each lake that is there. */
const servicesAt = (env: Env, at: At, origin: string): ((lake_id: string) => Services) => {
  const gateway = gatewayAt(env, at);
  const objects = r2ObjectStore(storesAt(env, at).objects);
  const urls = presignerAt(env, at, origin);
  const shared = {
    gateway,
    origin,
    reports: reportsOf(env),
    documents: reportDocuments,
    calendars,
    upkeep: upkeepOf(env),
    readMetrics: readMetricsOf(env),
    readiness: () => readinessOf(env, policyOf(env))(),
    deepReadiness: () => deepReadinessOf(env, policyOf(env), origin)(),
    knownLakes: lakesOnRecord(env),
    reserve: async (lake_id: string, placement: Placement) => {
      const { jurisdiction } = placement;
      if (jurisdiction !== null && isDeployed(env)) {
        if (!hasJurisdictions(env)) return noJurisdictions(jurisdiction);
        storesAt(env, jurisdiction);
      }
      const there = await placesOf(env).reserve(lake_id, placement);
      return ok({ gateway: gatewayAt(env, there) });
    },
    settle: async (lake_id: string) => {
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
  } satisfies Omit<Services, "workshop" | "store" | "presigner">;
  return (lake_id) => {
    const workshop = workshopOf(gateway, objects, lake_id);
    return { ...shared, workshop, store: workshop.store, presigner: ownUrls(urls, lake_id) };
  };
};

const servicesOf = (env: Env, origin: string): Pick<Deps, "services" | "servicesFor"> => {
  const made = new Map<At, (lake_id: string) => Services>();
  const at = (place: At) => {
    const services = made.get(place) ?? servicesAt(env, place, origin);
    made.set(place, services);
    return services;
  };
  const known = placesOf(env);
  const anywhere = placedGateway(known, (place) => at(place)(NO_LAKE).gateway);
  return {
    services: { ...at(null)(NO_LAKE), gateway: anywhere },
    servicesFor(lake_id) {
      const place = known.of(lake_id);
      return place instanceof Promise
        ? place.then((there) => at(there)(lake_id))
        : at(place)(lake_id);
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

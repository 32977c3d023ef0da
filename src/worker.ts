/**
 * Composition root of the Worker: brings the HTTP app, the lakes, the object store and the reports
 * together, and exports what the platform calls.
 */
import { WorkerEntrypoint, waitUntil } from "cloudflare:workers";
import { answering } from "./application/courtesy.ts";
import type { WorkStepRequest } from "./application/lakeGateway.ts";
import { systemCall } from "./application/lakeService.ts";
import { type Gateway, type LakeStub, lakeGateway } from "./application/lakeStub.ts";
import type { Origin } from "./application/origins.ts";
import type { Presigner } from "./application/ports.ts";
import { accessStep } from "./application/work/accessWork.ts";
import { type EraseStep, eraseStep } from "./application/work/eraseWork.ts";
import { heldIn } from "./application/work/lookups.ts";
import { type ReplayStep, replayStep } from "./application/work/replayWork.ts";
import { workStep } from "./application/work/stepWork.ts";
import type { Workshop } from "./application/work/workshop.ts";
import { calendars } from "./calendar/calendars.ts";
import { dataPlane } from "./data/dataPlane.ts";
import { subjectPlane } from "./data/subjects/subjectPlane.ts";
import type { BatchId, DeletionId, ReplayId, SubjectAccessId } from "./domain/ids.ts";
import { type Env, secretVariables } from "./env.ts";
import { createApp, type Deps } from "./http/app.ts";
import type { Door } from "./http/auth/identify.ts";
import { accessPolicy } from "./http/auth/policy.ts";
import { jwtVerifier } from "./http/auth/verifyJwt.ts";
import { corsPolicy } from "./http/cors.ts";
import { HttpProblem } from "./http/problem.ts";
import { type RateCounters, rateLimits } from "./http/rateLimits.ts";
import type { Reports, Services } from "./http/route.ts";
import { BadCursorError, reportQueries } from "./reporting/queries.ts";
import { datasetStore } from "./storage/datasetStore.ts";
import { localEndpoint, presigner, r2Endpoint } from "./storage/presigner.ts";
import { r2ObjectStore } from "./storage/r2ObjectStore.ts";

export { LakeObject } from "./lakeObject.ts";

/** The longest a request waits for its events to show in the reports. */
const SETTLE_MS = 1_000;

const stubOf = (env: Env, lake_id: string) => env.LAKES.get(env.LAKES.idFromName(lake_id));

const gatewayOf = (env: Env): Gateway =>
  lakeGateway((lake_id) => stubOf(env, lake_id) as unknown as LakeStub, {
    keep: waitUntil,
    pause: (ms) => scheduler.wait(ms),
  });

const workshopOf = (env: Env): Workshop => {
  const store = r2ObjectStore(env.OBJECTS);
  return {
    lake: gatewayOf(env),
    data: dataPlane(store),
    subjects: subjectPlane(store),
    store,
    sealed: (dataset_key) => {
      const sealed = datasetStore(store, dataset_key);
      return { data: dataPlane(sealed), subjects: subjectPlane(sealed), store: sealed };
    },
    now: () => Date.now(),
  };
};

/** Heavy work that a lake's alarm sets in motion runs here, outside the lake's own turn. */
export class LongWork extends WorkerEntrypoint<Env> {
  /** One step of long work on a batch; rejects when it is to be tried again. */
  workStep(lake_id: string, step: WorkStepRequest, origin: Origin): Promise<void> {
    return workStep(workshopOf(this.env), { ...systemCall(lake_id), ...origin }, step);
  }

  /** Erasures on hold that keep a batch from expiring. */
  heldIn(lake_id: string, batch_id: BatchId): Promise<readonly DeletionId[]> {
    return heldIn(workshopOf(this.env), systemCall(lake_id), batch_id);
  }

  /** One step of answering a request for access; resolves to whether there is more to do. */
  accessStep(lake_id: string, id: SubjectAccessId, often: boolean): Promise<"more" | "done"> {
    return accessStep(workshopOf(this.env), systemCall(lake_id), id, often);
  }

  /** One step of an erasure; resolves to what comes next, rejects when it is to be tried again. */
  eraseStep(lake_id: string, deletion_id: DeletionId, origin: Origin): Promise<EraseStep> {
    return eraseStep(workshopOf(this.env), { ...systemCall(lake_id), ...origin }, deletion_id);
  }

  /** One step of a replay; resolves to what comes next. */
  replayStep(lake_id: string, replay_id: string): Promise<ReplayStep> {
    return replayStep(workshopOf(this.env), systemCall(lake_id), replay_id as ReplayId);
  }
}

const presignerOf = (env: Env, origin: string): Presigner => {
  const { R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY, R2_ACCOUNT_ID, R2_JURISDICTION } = env;
  if (!R2_ACCESS_KEY_ID || !R2_SECRET_ACCESS_KEY) {
    return {
      sign: async () => {
        throw new HttpProblem({
          status: 503,
          code: "not-configured",
          detail: "R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY are not set: no URL can be signed.",
        });
      },
    };
  }
  return presigner({
    base_url: R2_ACCOUNT_ID ? r2Endpoint(R2_ACCOUNT_ID, R2_JURISDICTION) : localEndpoint(origin),
    bucket: env.OBJECTS_BUCKET,
    access_key_id: R2_ACCESS_KEY_ID,
    secret_access_key: R2_SECRET_ACCESS_KEY,
  });
};

const reportsOf = (env: Env): Reports => {
  const queries = reportQueries(env.REPORTS);
  const guarded = async <Value>(ask: Promise<Value>): Promise<Value> => {
    try {
      return await ask;
    } catch (error) {
      if (!(error instanceof BadCursorError)) throw error;
      throw new HttpProblem({
        status: 422,
        code: "bad-cursor",
        detail: "The cursor is none that a list has given.",
        errors: [{ path: "cursor", message: "take it from next_cursor, unchanged" }],
      });
    }
  };
  return {
    lakes: (page) => guarded(queries.lakes(page)),
    monthly: (month) => queries.monthly(month),
    deletions: (page) => guarded(queries.deletions(page)),
    access: (filter) => guarded(queries.access(filter)),
  };
};

const servicesOf = (env: Env, origin: string): Services => {
  const workshop = workshopOf(env);
  return {
    gateway: gatewayOf(env),
    workshop,
    store: workshop.store,
    origin,
    presigner: presignerOf(env, origin),
    reports: reportsOf(env),
    calendars,
    settle: async (lake_id) => {
      const patience = new Promise<void>((resolve) => setTimeout(resolve, SETTLE_MS));
      const settled = stubOf(env, lake_id)
        .settle()
        .catch((error: unknown) => {
          // The command is done; the reports follow by the lake's own means.
          console.error(`lake ${lake_id} did not settle: ${error}`);
        });
      await Promise.race([settled, patience]);
    },
    now: () => new Date(),
    newId: () => crypto.randomUUID(),
  };
};

const doorOf = (env: Env): Door => {
  const policy = accessPolicy({
    ...secretVariables(env),
    auth: env.AUTH,
    oidc_issuers: env.OIDC_ISSUERS,
    platform_admins: env.PLATFORM_ADMINS,
  });
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
const depsOf = (env: Env, origin: string): Deps => {
  const { shared, origins } = kept.get(env) ?? { shared: sharedOf(env), origins: new Map() };
  kept.set(env, { shared, origins });
  const known = origins.get(origin);
  if (known) return known;
  const deps: Deps = { ...shared, services: servicesOf(env, origin) };
  if (origins.size >= MAX_KEPT_ORIGINS) origins.clear();
  origins.set(origin, deps);
  return deps;
};

const app = createApp((c, origin) => depsOf(c.env as Env, origin));

export default {
  fetch: (request, env, ctx) => answering(async () => app.fetch(request, env, ctx)),
} satisfies ExportedHandler<Env>;

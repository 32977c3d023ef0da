/** Composition root of what whoever runs Lethe asks: does everything work, and how does it do? */

import { say } from "./application/logging.ts";
import type { DatabaseReading, ReadMetrics } from "./application/metrics.ts";
import { type Readiness, type ReadyCheck, readiness } from "./application/readiness.ts";
import { wait } from "./application/timers.ts";
import { UPLOADS_TIMEOUT_MS, uploadCheck } from "./application/uploadCheck.ts";
import { JURISDICTIONS, type Jurisdiction } from "./domain/residency.ts";
import { type Env, hasJurisdictions, isDeployed, reportDatabases, storesOf } from "./env.ts";
import type { AccessPolicy } from "./http/auth/policy.ts";
import { stubAt } from "./lakesAt.ts";
import { missingMigrations } from "./reporting/appliedMigrations.ts";
import { metricsQueries } from "./reporting/metricsQueries.ts";
import { r2SmallObjects } from "./storage/r2SmallObjects.ts";
import { presignerAt, uploadCredentialsFault } from "./urlSigning.ts";

/** A database that takes longer is told as one that does not answer. */
const SCRAPE_TIMEOUT_MS = 5_000;

/** No lake can have it, so nothing comes into being when it is asked for. */
const NO_LAKE = "~ready";

export const readMetricsOf =
  (env: Env): ReadMetrics =>
  (asked) =>
    Promise.all(
      reportDatabases(env).map(async ([database, db]): Promise<DatabaseReading> => {
        try {
          const late = wait(SCRAPE_TIMEOUT_MS).then(() => {
            throw new Error(`no answer within ${SCRAPE_TIMEOUT_MS} ms`);
          });
          const reading = await Promise.race([metricsQueries(db)(asked), late]);
          return { database, reading };
        } catch (error) {
          say("error", "a database of reports cannot be read", { database, error });
          return { database, reading: null };
        }
      }),
    );

interface Asked {
  readonly checks: readonly ReadyCheck[];
  readonly shallow: () => Promise<Readiness>;
  /** By the origin that asks: in local development URLs are of that one. */
  readonly deep: Map<string, () => Promise<Readiness>>;
}

const kept = new WeakMap<Env, Asked>();

const keptOf = (env: Env, policy: AccessPolicy): Asked => {
  const known = kept.get(env);
  if (known) return known;
  const checks = [settings(env, policy), ...placesOf(env).flatMap((at) => checksAt(env, at))];
  const asked = { checks, shallow: asking(checks), deep: new Map() };
  kept.set(env, asked);
  return asked;
};

const asking = (checks: readonly ReadyCheck[]) =>
  readiness({ checks, now: () => new Date(), wait });

/** Origins whose outcomes are kept. */
const MAX_KEPT_ORIGINS = 16;

/** The same for every request: its outcome is kept for a moment. Cheap enough for anyone to ask. */
export const readinessOf = (env: Env, policy: AccessPolicy): (() => Promise<Readiness>) =>
  keptOf(env, policy).shallow;

/** That, and what is tried from outside. */
export const deepReadinessOf = (
  env: Env,
  policy: AccessPolicy,
  origin: string,
): (() => Promise<Readiness>) => {
  const { checks, deep } = keptOf(env, policy);
  const from = isDeployed(env) ? "" : origin;
  const known = deep.get(from);
  if (known) return known;
  const asked = asking([...checks, ...placesOf(env).map((at) => uploadsAt(env, at, origin))]);
  if (deep.size >= MAX_KEPT_ORIGINS) deep.clear();
  deep.set(from, asked);
  return asked;
};

/** Where lakes may be, as far as it is bound; null: in no jurisdiction. */
const placesOf = (env: Env): readonly (Jurisdiction | null)[] => [
  null,
  ...JURISDICTIONS.filter((at) => reportDatabases(env).some(([name]) => name === at)),
];

const settings = (env: Env, { faults }: AccessPolicy): ReadyCheck => ({
  name: "settings",
  run: async () => {
    const deployed = isDeployed(env) ? (faults.elsewhere ?? faults.unless_open) : null;
    const unsigned = !env.R2_ACCESS_KEY_ID || !env.R2_SECRET_ACCESS_KEY;
    const signs = unsigned ? "R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY are not set." : null;
    const uncounted = (["CALLER_RATE", "ADDRESS_RATE", "LAKE_RATE"] as const).filter(
      (name) => !env[name],
    );
    const counts = uncounted.length > 0 ? `${uncounted.join(", ")}: not bound.` : null;
    return faults.everywhere ?? deployed ?? signs ?? uploadCredentialsFault(env) ?? counts;
  },
});

const namedAt = (at: Jurisdiction | null) => (name: string) =>
  at === null ? name : `${name} ${at}`;

/** The simulator is no store that anybody relies on, and may be out of the Worker's own reach. */
const uploadsAt = (env: Env, at: Jurisdiction | null, origin: string): ReadyCheck => {
  const tried = uploadCheck({
    objects: r2SmallObjects(() => storesOf(env, at).objects),
    presigner: { sign: (request) => presignerAt(env, at, origin).sign(request) },
    bucket: () => storesOf(env, at).bucket,
    fetch: (url, init) => fetch(url, init),
    now: () => new Date(),
    newId: () => crypto.randomUUID(),
    log: say,
  });
  return {
    name: namedAt(at)("uploads"),
    run: tried,
    timeout_ms: UPLOADS_TIMEOUT_MS,
    advisory: !isDeployed(env),
  };
};

const checksAt = (env: Env, at: Jurisdiction | null): readonly ReadyCheck[] => {
  const named = namedAt(at);
  const there = at !== null && hasJurisdictions(env) ? at : null;
  return [
    {
      name: named("reports"),
      run: async () => {
        const databases = storesOf(env, at).reports;
        const missing = (
          await Promise.all(databases.map(({ database }) => missingMigrations(database)))
        ).flat();
        return missing.length > 0 ? `migrations are not applied: ${missing.join(", ")}` : null;
      },
    },
    {
      name: named("objects"),
      // Whether it is there is all one: an answer is an answer.
      run: async () => {
        await storesOf(env, at).objects.head(NO_LAKE);
        return null;
      },
    },
    {
      name: named("lakes"),
      run: async () => {
        await stubAt(env, there, NO_LAKE).whereabouts();
        return null;
      },
    },
  ];
};

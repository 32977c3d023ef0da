/** What the two composition roots are given by the platform; nobody else sees it. */

import type { HeldIn } from "./application/residence.ts";
import { type RootSecrets, rootSecrets, type SecretVariables } from "./application/rootSecrets.ts";
import { JURISDICTIONS, type Jurisdiction } from "./domain/residency.ts";
import type { LakeObject } from "./lakeObject.ts";

declare global {
  interface LetheEnv {
    readonly LAKES: DurableObjectNamespace<LakeObject>;
    /** Files, reports and the bucket's name: of lakes in no jurisdiction, then of those in each. */
    readonly OBJECTS: R2Bucket;
    readonly REPORTS: D1Database;
    readonly OBJECTS_BUCKET: string;
    readonly OBJECTS_EU?: R2Bucket;
    readonly REPORTS_EU?: D1Database;
    readonly OBJECTS_BUCKET_EU?: string;
    readonly OBJECTS_US?: R2Bucket;
    readonly REPORTS_US?: D1Database;
    readonly OBJECTS_BUCKET_US?: string;
    readonly OBJECTS_FEDRAMP?: R2Bucket;
    readonly REPORTS_FEDRAMP?: D1Database;
    readonly OBJECTS_BUCKET_FEDRAMP?: string;
    /** More databases of reports for the same lakes: `REPORTS_2`, `REPORTS_EU_2`, … up to 9. */
    readonly [more: `REPORTS_${number}` | `REPORTS_${string}_${number}`]: D1Database | undefined;
    /** 32 characters or more; wraps every lake's key. */
    readonly ROOT_SECRET?: string;
    /** The one before, while keys are wrapped anew. */
    readonly ROOT_SECRET_PREVIOUS?: string;
    /** `required`, which is the default, or `open`, in local development only. */
    readonly AUTH?: string;
    /** JSON list of `{issuer, audience, jwks_uri}`: whose tokens tell callers apart. */
    readonly OIDC_ISSUERS?: string;
    /** Subjects that may use routes across lakes: a JSON list, or parted by commas. */
    readonly PLATFORM_ADMINS?: string;
    /** 32 characters or more: what a machine shows that collects metrics. Unset: none does. */
    readonly METRICS_TOKEN?: string;
    /** Origins whose pages may talk to Lethe: a JSON list, or parted by commas. Unset: none. */
    readonly CORS_ORIGINS?: string;
    /** Counters of requests: of one caller, of one address, of one lake. */
    readonly CALLER_RATE?: RateLimit;
    readonly ADDRESS_RATE?: RateLimit;
    readonly LAKE_RATE?: RateLimit;
    /** Whom the record of processing activities names: see reporting/controllers.ts. */
    readonly CONTROLLERS?: string;
    /** Who is told of monthly reports, and the secret (`whsec_…`) that the call is signed with. */
    readonly REPORT_WEBHOOK_URL?: string;
    readonly REPORT_WEBHOOK_SECRET?: string;
    /** The lake that routes at the root mean. */
    readonly DEFAULT_LAKE?: string;
    /** Cloudflare account that R2's S3 endpoint belongs to; unset locally. */
    readonly R2_ACCOUNT_ID?: string;
    /** `eu`, `us` or `fedramp` when the bucket of lakes in no jurisdiction is in that one. */
    readonly R2_JURISDICTION?: string;
    readonly R2_ACCESS_KEY_ID?: string;
    readonly R2_SECRET_ACCESS_KEY?: string;
    /** `scoped`, which is the default, or `account`: what R2's upload URLs are signed with. */
    readonly UPLOAD_CREDENTIALS?: string;
    /** From where on something is said: `debug`, `info`, `warn`, `error` or `off`. Unset: `info`. */
    readonly LOG_LEVEL?: string;
    /** Bytes; a larger file is taken in the background. Unset: `SYNC_LIMIT_BYTES` of the code. */
    readonly SYNC_LIMIT_BYTES?: string;
    /** Bytes; in pieces of about this size. Unset: `SEGMENT_BYTES` of the code. */
    readonly SEGMENT_BYTES?: string;
    /** Ms between deliveries of a busy lake, but for full ones. Unset: `DELIVERY_EVERY_MS` of the code. */
    readonly DELIVERY_EVERY_MS?: string;
  }
  namespace Cloudflare {
    interface Env extends LetheEnv {}
  }
}

export type Env = LetheEnv;

const isJurisdiction = (name: string): name is Jurisdiction =>
  JURISDICTIONS.some((each) => each === name);

/**
 * The jurisdiction an object is in. The local simulator knows of none: there nothing is enforced,
 * and nothing is asserted. Throws for one that Lethe does not place lakes in.
 */
export const heldIn = (id: DurableObjectId, env: Env): HeldIn => {
  const { jurisdiction } = id;
  if (jurisdiction === undefined) return isDeployed(env) ? null : undefined;
  if (!isJurisdiction(jurisdiction)) throw new Error(`an object in ${jurisdiction} is no lake's`);
  return jurisdiction;
};

/** Whether files are at a real account's: then this is no local configuration. */
export const isDeployed = (env: Env): boolean => Boolean(env.R2_ACCOUNT_ID);

/** Whether webhooks may be on the machine itself: in local development alone, whatever AUTH says. */
export const callsLoopback = (env: Env): boolean => env.AUTH === "open" && !isDeployed(env);

/** By the name of its binding: lakes remember it, so it stays what it is. */
export interface NamedDatabase {
  readonly binding: string;
  readonly database: D1Database;
}

export interface Stores {
  readonly objects: R2Bucket;
  /** One or more; a lake reports to one of them. */
  readonly reports: readonly NamedDatabase[];
  readonly bucket: string;
  /** Of the bucket; undefined: none. */
  readonly jurisdiction: string | undefined;
}

/** A binding that a lake's jurisdiction needs is not there: nothing of it may lie elsewhere. */
export class UnboundError extends Error {}

/**
 * Where a lake of that jurisdiction keeps its files and what it reports. Throws UnboundError when
 * one of them is not bound; only in local development, where none is enforced, does the bucket and
 * the database of lakes in no jurisdiction do for all.
 */
export const storesOf = (env: Env, at: Jurisdiction | null | undefined): Stores => {
  const anywhere = {
    objects: env.OBJECTS,
    reports: databasesFrom(env, "REPORTS"),
    bucket: env.OBJECTS_BUCKET,
    jurisdiction: env.R2_JURISDICTION,
  };
  if (!at) return anywhere;
  const [objects, reports, bucket] = BOUND[at];
  const [files, database, name] = [env[objects], env[reports], env[bucket]];
  if (files && database && name) {
    const databases = databasesFrom(env, reports);
    return { objects: files, reports: databases, bucket: name, jurisdiction: at };
  }
  const missing = [objects, reports, bucket].filter((each) => !env[each]);
  if (!isDeployed(env)) return anywhere;
  throw new UnboundError(
    `${missing.join(", ")}: not bound, and a lake in the jurisdiction ${at} needs it.`,
  );
};

const BOUND = {
  eu: ["OBJECTS_EU", "REPORTS_EU", "OBJECTS_BUCKET_EU"],
  us: ["OBJECTS_US", "REPORTS_US", "OBJECTS_BUCKET_US"],
  fedramp: ["OBJECTS_FEDRAMP", "REPORTS_FEDRAMP", "OBJECTS_BUCKET_FEDRAMP"],
} as const satisfies Record<Jurisdiction, readonly (keyof LetheEnv)[]>;

/** Of the lakes in one jurisdiction, or in none. */
export const MAX_REPORT_DATABASES = 9;

type FirstDatabase = "REPORTS" | (typeof BOUND)[Jurisdiction][1];

/** That one and those that are numbered behind it. */
const databasesFrom = (env: Env, first: FirstDatabase): readonly NamedDatabase[] =>
  Array.from({ length: MAX_REPORT_DATABASES }, (_, index) => {
    const binding = index === 0 ? first : (`${first}_${index + 1}` as const);
    const database = env[binding];
    return database ? [{ binding, database }] : [];
  }).flat();

/** The databases of the lakes in a jurisdiction, or in none (an empty name). */
export interface ReportPlace {
  readonly name: "" | Jurisdiction;
  readonly databases: readonly NamedDatabase[];
}

/** Where databases of reports are bound; the one of lakes in no jurisdiction comes first. */
export const reportPlaces = (env: Env): readonly ReportPlace[] =>
  [
    { name: "" as const, databases: databasesFrom(env, "REPORTS") },
    ...JURISDICTIONS.map((at) => ({ name: at, databases: databasesFrom(env, BOUND[at][1]) })),
  ].filter(({ databases }) => databases.length > 0);

/** All of them, by names that stand in cursors: of a place's first one the place's own. */
export const reportDatabases = (env: Env): readonly (readonly [string, D1Database])[] =>
  reportPlaces(env).flatMap(({ name, databases }) =>
    databases.map(({ binding, database }, index): readonly [string, D1Database] => [
      index === 0 ? name : binding,
      database,
    ]),
  );

/** The local simulator throws: it has none. */
export const hasJurisdictions = ({ LAKES }: Env): boolean => {
  try {
    LAKES.jurisdiction("eu");
    return true;
  } catch {
    return false;
  }
};

/** What keys are wrapped under, or nothing where the settings are not fit to work with. */
export const rootSecretsOf = (env: Env): RootSecrets => rootSecrets(secretVariables(env));

export const secretVariables = (env: Env): SecretVariables => ({
  root_secret: env.ROOT_SECRET,
  root_secret_previous: env.ROOT_SECRET_PREVIOUS,
  deployed: isDeployed(env),
});

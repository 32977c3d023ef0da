/**
 * A deployment: what must be there is looked for first, then the bundle is made, then every database
 * of reports is brought to the present schema, buckets are opened to the pages that may use signed
 * URLs, and only then the Worker that needs all of it is deployed. What fails ends it there: the
 * Worker that ran before goes on, as later migrations only add.
 */
import { corsPolicy } from "../../../src/http/cors.ts";
import { MIGRATIONS_DIR } from "../reportDatabases.ts";
import type { Ran } from "../wrangler.ts";

/** What is looked at of wrangler's configuration. */
export interface Config {
  readonly name?: string | undefined;
  readonly d1_databases: readonly {
    readonly binding: string;
    readonly database_id?: string | undefined;
    readonly database_name?: string | undefined;
    readonly migrations_dir?: string | undefined;
  }[];
  readonly r2_buckets: readonly {
    readonly binding: string;
    readonly bucket_name?: string | undefined;
    readonly jurisdiction?: string | undefined;
  }[];
  readonly vars: Readonly<Record<string, unknown>>;
}

/** Runs wrangler to its end. */
export type Run = (args: readonly string[]) => Promise<Ran>;

/** Without one of them a deployed Lethe serves nobody. Secrets, or variables. */
const NEEDED = {
  ROOT_SECRET: "openssl rand -base64 48 | npx wrangler secret put ROOT_SECRET, and back it up",
  OIDC_ISSUERS: "a JSON list of {issuer, audience, jwks_uri}",
  R2_ACCOUNT_ID: "the account's id",
  R2_ACCESS_KEY_ID: "of the key pair for R2's S3 interface",
  R2_SECRET_ACCESS_KEY: "of the key pair for R2's S3 interface",
} as const;

/** What wrangler.toml holds before anybody has put a real one there. */
const NO_DATABASE = /^[0-]*$/;

/** The platform's refusal of `limits` in wrangler.toml: https://github.com/cloudflare/workers-sdk/issues/8756 */
const FREE_PLAN = "100328";
const PAID_PLAN =
  "Lethe needs the Workers Paid plan (https://dash.cloudflare.com/?to=/:account/workers/plans), and " +
  "this account has not got it. Databases are migrated already, which does no harm.";

const isReports = ({ binding }: { readonly binding: string }): boolean =>
  /^REPORTS(_|$)/.test(binding);

/** Of the stores of lakes in a jurisdiction (`_EU`), or in none: a lake needs all three. */
const suffixesOf = ({ r2_buckets, d1_databases }: Config): readonly string[] => {
  const bindings = [...r2_buckets, ...d1_databases].map(({ binding }) => binding);
  const found = bindings.flatMap((binding) =>
    JURISDICTIONS.filter((suffix) => binding.endsWith(suffix)),
  );
  return ["", ...new Set(found)];
};
const JURISDICTIONS = ["_EU", "_US", "_FEDRAMP"];

const isObjects = ({ binding }: { readonly binding: string }): boolean =>
  ["", ...JURISDICTIONS].some((suffix) => binding === `OBJECTS${suffix}`);

/** Origins whose pages may use signed URLs, or what is wrong with them; none where none is named. */
const originsIn = ({
  vars,
}: Config): { readonly origins: readonly string[]; readonly fault: string | null } => {
  const { CORS_ORIGINS: setting = "" } = vars;
  if (typeof setting !== "string") {
    return { origins: [], fault: "CORS_ORIGINS under [vars] in wrangler.toml is to be a text" };
  }
  const { origins, fault } = corsPolicy(setting);
  return { origins: [...origins], fault };
};

/**
 * Rules of a bucket (https://developers.cloudflare.com/r2/buckets/cors/), as wrangler takes them: what
 * a page of these origins does with a signed URL. Who may read or write is still the URL's to say.
 */
export const corsRules = (origins: readonly string[]) => ({
  rules: [
    {
      allowed: {
        origins,
        methods: ["GET", "HEAD", "PUT"],
        headers: ["Content-Type", "If-Match", "If-None-Match", "If-Range", "Range"],
      },
      exposeHeaders: ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"],
      maxAgeSeconds: 600,
    },
  ],
});

/** What is wrong with wrangler.toml; nothing, when it can be deployed. */
export const configFaults = (config: Config): readonly string[] => {
  const databases = config.d1_databases.filter(isReports);
  const bound = new Set([...config.d1_databases, ...config.r2_buckets].map((each) => each.binding));
  return [
    ...databases
      .filter(({ database_id = "" }) => NO_DATABASE.test(database_id))
      .map(
        ({ binding, database_name = "lethe-reports" }) =>
          `${binding} has no real database_id in wrangler.toml: put there what ` +
          `"npx wrangler d1 create ${database_name}" prints`,
      ),
    ...databases
      .filter(({ migrations_dir }) => migrations_dir !== MIGRATIONS_DIR)
      .map(({ binding }) => `${binding} needs migrations_dir = "${MIGRATIONS_DIR}"`),
    ...suffixesOf(config).flatMap((suffix) => [
      ...[`OBJECTS${suffix}`, `REPORTS${suffix}`]
        .filter((binding) => !bound.has(binding))
        .map((binding) => `${binding} is not bound in wrangler.toml`),
      ...[`OBJECTS_BUCKET${suffix}`]
        .filter((name) => !config.vars[name])
        .map((name) => `${name} is not set under [vars] in wrangler.toml: the bucket's name`),
    ]),
    ...[originsIn(config).fault].filter((fault) => fault !== null),
  ];
};

/** What is lacking of secrets: `listed` is what wrangler says of those that are set. */
export const secretFaults = (config: Config, listed: readonly string[]): readonly string[] =>
  Object.entries(NEEDED)
    .filter(([name]) => !listed.includes(name) && !config.vars[name])
    .map(([name, help]) => `${name} is not set (npx wrangler secret put ${name}): ${help}`);

/** Names in what `wrangler secret list --format json` answers; null when it is no list of them. */
export const secretsIn = (stdout: string): readonly string[] | null => {
  let listed: unknown;
  try {
    listed = JSON.parse(stdout);
  } catch {
    return null;
  }
  if (!Array.isArray(listed)) return null;
  const names = listed.map((secret: { readonly name?: unknown } | null) => secret?.name);
  return names.every((name) => typeof name === "string") ? names : null;
};

export interface Deployment {
  readonly config: Config;
  /** For `wrangler deploy`, such as `--domain`. */
  readonly args: readonly string[];
  readonly run: Run;
  /** Puts a text into a file for as long as the deployment takes. Resolves to its path. */
  readonly keep: (name: string, text: string) => Promise<string>;
  readonly say: (line: string) => void;
}

type Step = readonly [what: string, command: readonly string[]];

const CORS_IS_SECRET =
  "CORS_ORIGINS is a secret, which nobody can read back, so no bucket is opened to these pages: " +
  "npx wrangler secret delete CORS_ORIGINS, and put it under [vars] in wrangler.toml";

/** Opens every bucket of lakes to the pages that are named; without any, buckets stay as they are. */
const openBuckets = async ({ config, keep }: Deployment): Promise<readonly Step[]> => {
  const { origins } = originsIn(config);
  if (origins.length === 0) return [];
  const file = await keep("cors.json", JSON.stringify(corsRules(origins), null, 2));
  return config.r2_buckets
    .filter(isObjects)
    .map(({ binding, bucket_name = "", jurisdiction }) => [
      `pages that may use signed URLs of ${binding}`,
      [
        ...["r2", "bucket", "cors", "set", bucket_name, "--file", file, "--force"],
        ...(jurisdiction ? ["--jurisdiction", jurisdiction] : []),
      ],
    ]);
};

/** Resolves to the faults that kept it from being done, or that it stopped at. */
export const deploy = async (deployment: Deployment): Promise<readonly string[]> => {
  const { config, args, run, say } = deployment;
  const faults = configFaults(config);
  if (faults.length > 0) return faults;

  const secrets = await run(["secret", "list", "--format", "json"]);
  // A Worker that was never deployed has none: setting the first one brings it into being.
  const unknown = /Worker "[^"]*".* not found/.test(secrets.output);
  if (secrets.code !== 0 && !unknown) return [`secrets cannot be listed:\n${secrets.output}`];
  const listed = unknown ? [] : secretsIn(secrets.stdout);
  if (listed === null) return [`secrets are listed in a way unheard of:\n${secrets.output}`];
  const lacking = secretFaults(config, listed);
  if (lacking.length > 0) return lacking;
  if (listed.includes("CORS_ORIGINS") && !config.vars.CORS_ORIGINS) say(CORS_IS_SECRET);

  const steps: readonly Step[] = [
    ["the bundle", ["deploy", "--dry-run", ...args]],
    ...config.d1_databases
      .filter(isReports)
      .map(
        ({ binding }): Step => [
          `migrations of ${binding}`,
          ["d1", "migrations", "apply", binding, "--remote"],
        ],
      ),
    ...(await openBuckets(deployment)),
  ];
  for (const [what, command] of steps) {
    const ran = await run(command);
    if (ran.code !== 0) return [`${what} failed:\n${ran.output}`];
    say(`${what}: done`);
  }
  const ran = await run(["deploy", ...args]);
  if (ran.code !== 0) {
    const plan = ran.output.includes(FREE_PLAN) ? [PAID_PLAN] : [];
    return [`the Worker failed:\n${ran.output}`, ...plan];
  }
  say(ran.output);
  return [];
};

/**
 * A deployment: what must be there is looked for first, then the bundle is made, then every database
 * of reports is brought to the present schema, and only then the Worker that needs it is deployed.
 * What fails ends it there: the Worker that ran before goes on, as later migrations only add.
 */
import { MIGRATIONS_DIR } from "../reportDatabases.ts";

/** What is looked at of wrangler's configuration. */
export interface Config {
  readonly name?: string | undefined;
  readonly d1_databases: readonly {
    readonly binding: string;
    readonly database_id?: string | undefined;
    readonly database_name?: string | undefined;
    readonly migrations_dir?: string | undefined;
  }[];
  readonly r2_buckets: readonly { readonly binding: string }[];
  readonly vars: Readonly<Record<string, unknown>>;
}

export interface Ran {
  readonly code: number;
  readonly output: string;
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
  ];
};

/** What is lacking of secrets: `listed` is what wrangler says of those that are set. */
export const secretFaults = (config: Config, listed: readonly string[]): readonly string[] =>
  Object.entries(NEEDED)
    .filter(([name]) => !listed.includes(name) && !config.vars[name])
    .map(([name, help]) => `${name} is not set (npx wrangler secret put ${name}): ${help}`);

/** Names in the JSON that `wrangler secret list` prints, with whatever it says around it. */
export const secretsIn = (output: string): readonly string[] => {
  const json = /\[[\s\S]*\]/.exec(output)?.[0];
  if (json === undefined) return [];
  return (JSON.parse(json) as { readonly name: string }[]).map(({ name }) => name);
};

export interface Deployment {
  readonly config: Config;
  /** For `wrangler deploy`, such as `--domain`. */
  readonly args: readonly string[];
  readonly run: Run;
  readonly say: (line: string) => void;
}

/** Resolves to the faults that kept it from being done, or that it stopped at. */
export const deploy = async ({
  config,
  args,
  run,
  say,
}: Deployment): Promise<readonly string[]> => {
  const faults = configFaults(config);
  if (faults.length > 0) return faults;

  const secrets = await run(["secret", "list", "--format", "json"]);
  // A Worker that was never deployed has none: setting the first one brings it into being.
  const unknown = /Worker "[^"]*".* not found/.test(secrets.output);
  if (secrets.code !== 0 && !unknown) return [`secrets cannot be listed:\n${secrets.output}`];
  const lacking = secretFaults(config, unknown ? [] : secretsIn(secrets.output));
  if (lacking.length > 0) return lacking;

  const steps: readonly (readonly [string, readonly string[]])[] = [
    ["the bundle", ["deploy", "--dry-run", ...args]],
    ...config.d1_databases
      .filter(isReports)
      .map(({ binding }): readonly [string, readonly string[]] => [
        `migrations of ${binding}`,
        ["d1", "migrations", "apply", binding, "--remote"],
      ]),
    ["the Worker", ["deploy", ...args]],
  ];
  for (const [what, command] of steps) {
    const ran = await run(command);
    if (ran.code !== 0) return [`${what} failed:\n${ran.output}`];
    say(command[0] === "deploy" && !command.includes("--dry-run") ? ran.output : `${what}: done`);
  }
  return [];
};

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import {
  type Config,
  configFaults,
  corsRules,
  deploy,
  secretFaults,
  secretsIn,
} from "../../scripts/support/deploy/deploy.ts";
import { reportDatabasesIn } from "../../scripts/support/reportDatabases.ts";

const ID = "3f2c9a52-8a0c-4d55-9a3c-7f0f3d6b1c11";

const database = (binding: string, more: object = {}) => ({
  binding,
  database_name: binding.toLowerCase(),
  database_id: ID,
  migrations_dir: "src/reporting/migrations",
  ...more,
});

const READY: Config = {
  name: "lethe",
  d1_databases: [database("REPORTS"), database("REPORTS_EU")],
  r2_buckets: [
    { binding: "OBJECTS", bucket_name: "lethe-objects" },
    { binding: "OBJECTS_EU", bucket_name: "lethe-objects-eu", jurisdiction: "eu" },
    { binding: "OTHER", bucket_name: "of-nobody" },
  ],
  vars: { OBJECTS_BUCKET: "lethe-objects", OBJECTS_BUCKET_EU: "lethe-objects-eu" },
};

const SECRETS = [
  "ROOT_SECRET",
  "OIDC_ISSUERS",
  "R2_ACCOUNT_ID",
  "R2_ACCESS_KEY_ID",
  "R2_SECRET_ACCESS_KEY",
];

/** What wrangler says of its configuration, to people, before everything else. */
const WARNING =
  "▲ [WARNING] Processing wrangler.toml configuration:\n\n" +
  '    - "local_dev.experimental_s3_credentials" fields are experimental and may change.\n\n';

/** Wrangler as it answers one command after another. */
const wrangler = (fails: (command: string) => string | null = () => null, listed = SECRETS) => {
  const commands: string[] = [];
  const run = async (args: readonly string[]) => {
    const command = args.join(" ");
    commands.push(command);
    const failure = fails(command);
    if (failure !== null) return { code: 1, stdout: "", output: WARNING + failure };
    const secrets = listed.map((name) => ({ name, type: "secret_text" }));
    const isList = command.startsWith("secret list");
    const stdout = isList ? `${JSON.stringify(secrets, null, 2)}\n` : "ok";
    return { code: 0, stdout, output: WARNING + stdout };
  };
  return { commands, run };
};

const says = () => {
  const said: string[] = [];
  const kept: Record<string, unknown> = {};
  return {
    said,
    kept,
    say: (line: string) => void said.push(line),
    keep: async (name: string, text: string) => {
      kept[name] = JSON.parse(text);
      return `/kept/${name}`;
    },
  };
};

const { say, keep } = says();

describe("a deployment", () => {
  it("makes the bundle, migrates every database of reports, and deploys last", async () => {
    const { commands, run } = wrangler();
    const args = ["--domain", "lethe.example.com"];
    expect(await deploy({ config: READY, args, run, keep, say })).toEqual([]);
    expect(commands).toEqual([
      "secret list --format json",
      "deploy --dry-run --domain lethe.example.com",
      "d1 migrations apply REPORTS --remote",
      "d1 migrations apply REPORTS_EU --remote",
      "deploy --domain lethe.example.com",
    ]);
  });

  it("opens every bucket of lakes to the pages that CORS_ORIGINS names, before the Worker is there", async () => {
    const vars = { ...READY.vars, CORS_ORIGINS: "https://app.example.com,http://localhost:5173" };
    const { commands, run } = wrangler();
    const { kept, ...told } = says();
    expect(await deploy({ config: { ...READY, vars }, args: [], run, ...told })).toEqual([]);
    expect(commands.slice(-3)).toEqual([
      "r2 bucket cors set lethe-objects --file /kept/cors.json --force",
      "r2 bucket cors set lethe-objects-eu --file /kept/cors.json --force --jurisdiction eu",
      "deploy",
    ]);
    expect(kept["cors.json"]).toMatchObject({
      rules: [
        {
          allowed: {
            origins: ["https://app.example.com", "http://localhost:5173"],
            methods: ["GET", "HEAD", "PUT"],
          },
        },
      ],
    });
  });

  it("writes the rules that the runbook has for doing it by hand", async () => {
    const file = path.resolve(import.meta.dirname, "../../src/reporting/RUNBOOK.md");
    const [, rules = ""] =
      /```json\n(\{"rules"[\s\S]*?)\n```/.exec(await readFile(file, "utf8")) ?? [];
    expect(JSON.parse(rules)).toEqual(corsRules(["https://app.example.com"]));
  });

  it("leaves buckets as they are where CORS_ORIGINS cannot be read, and says so", async () => {
    const { commands, run } = wrangler(undefined, [...SECRETS, "CORS_ORIGINS"]);
    const told = says();
    expect(await deploy({ config: READY, args: [], run, ...told })).toEqual([]);
    expect(commands.filter((command) => command.startsWith("r2"))).toEqual([]);
    expect(told.said[0]).toContain("CORS_ORIGINS is a secret");
  });

  it.each([["*"], [["https://app.example.com"]]])(
    "is refused while CORS_ORIGINS is not understood: %j",
    async (CORS_ORIGINS) => {
      const { commands, run } = wrangler();
      const config = { ...READY, vars: { ...READY.vars, CORS_ORIGINS } };
      const faults = await deploy({ config, args: [], run, keep, say });
      expect(faults).toEqual([expect.stringContaining("CORS_ORIGINS")]);
      expect(commands).toEqual([]);
    },
  );

  it("says that the Workers Paid plan is needed where the platform refuses for that", async () => {
    const { run } = wrangler((command) =>
      command === "deploy"
        ? "CPU limits are not supported for the Free plan. [code: 100328]"
        : null,
    );
    const faults = await deploy({ config: READY, args: [], run, keep, say });
    expect(faults[0]).toContain("CPU limits are not supported");
    expect(faults[1]).toContain("needs the Workers Paid plan");
  });

  it.each(["deploy --dry-run", "d1 migrations apply REPORTS_EU"])(
    "stops where %s fails, and says so",
    async (failing) => {
      const { commands, run } = wrangler((command) =>
        command.startsWith(failing) ? "it is broken" : null,
      );
      const faults = await deploy({ config: READY, args: [], run, keep, say });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain("it is broken");
      expect(commands.at(-1)?.startsWith(failing)).toBe(true);
      expect(commands).not.toContain("deploy");
    },
  );

  it("is refused, before anything is asked of the platform, while a store is not configured", async () => {
    const { commands, run } = wrangler();
    const config: Config = {
      ...READY,
      d1_databases: [
        database("REPORTS", { database_id: "00000000-0000-0000-0000-000000000000" }),
        database("REPORTS_EU", { migrations_dir: undefined }),
      ],
      r2_buckets: [{ binding: "OBJECTS" }],
      vars: { OBJECTS_BUCKET: "lethe-objects" },
    };
    expect(await deploy({ config, args: [], run, keep, say })).toEqual([
      'REPORTS has no real database_id in wrangler.toml: put there what "npx wrangler d1 create reports" prints',
      'REPORTS_EU needs migrations_dir = "src/reporting/migrations"',
      "OBJECTS_EU is not bound in wrangler.toml",
      "OBJECTS_BUCKET_EU is not set under [vars] in wrangler.toml: the bucket's name",
    ]);
    expect(commands).toEqual([]);
    expect(
      configFaults({ ...READY, d1_databases: [database("REPORTS", { database_id: "" })] }),
    ).toHaveLength(2);
  });

  it("is refused while a secret is missing, and for a Worker that is not there yet", async () => {
    const none =
      'Worker "lethe" not found.\n\nIf this is a new Worker, run `wrangler deploy` first';
    const { commands, run } = wrangler(() => none);
    const faults = await deploy({ config: READY, args: [], run, keep, say });
    expect(faults.map((fault) => fault.split(" ", 1)[0])).toEqual(SECRETS);
    expect(commands).toEqual(["secret list --format json"]);
    const denied = wrangler(() => "You are not logged in.");
    expect(await deploy({ config: READY, args: [], run: denied.run, keep, say })).toEqual([
      `secrets cannot be listed:\n${WARNING}You are not logged in.`,
    ]);
  });

  it("takes a setting as a variable too", () => {
    const config = { ...READY, vars: { ...READY.vars, OIDC_ISSUERS: "[]" } };
    expect(
      secretFaults(
        config,
        SECRETS.filter((name) => name !== "OIDC_ISSUERS"),
      ),
    ).toEqual([]);
  });

  it.each(["", "nothing", "{}", "[1]", '[{"type": "secret_text"}]', `${WARNING}[]`])(
    "takes for a list of secrets nothing else: %j",
    async (stdout) => {
      expect(secretsIn(stdout)).toBeNull();
      const commands: string[] = [];
      const run = async (args: readonly string[]) => {
        commands.push(args.join(" "));
        return { code: 0, stdout, output: `${WARNING}${stdout}` };
      };
      const faults = await deploy({ config: READY, args: [], run, keep, say });
      expect(faults).toEqual([`secrets are listed in a way unheard of:\n${WARNING}${stdout}`]);
      expect(commands).toEqual(["secret list --format json"]);
    },
  );

  it("of this repository as it is says what to put where, and fails", async () => {
    const root = path.resolve(import.meta.dirname, "../..");
    const ran = await new Promise<{ code: unknown; text: string }>((resolve) => {
      execFile(process.execPath, ["scripts/deploy.ts"], { cwd: root }, (error, out, err) =>
        resolve({ code: error?.code ?? 0, text: out + err }),
      );
    });
    expect(ran.code).toBe(1);
    expect(ran.text).toContain("not deployed: REPORTS has no real database_id in wrangler.toml");
  });
});

describe("databases of reports in wrangler.toml", () => {
  it("are those with Lethe's migrations", () => {
    const toml = [
      "[[d1_databases]]",
      'binding = "REPORTS" # of lakes in no jurisdiction',
      `database_id = "${ID}"`,
      'migrations_dir = "src/reporting/migrations"',
      "# [[d1_databases]]",
      "[vars]",
      'binding = "NOT_ONE"',
      "[[ d1_databases ]]".replaceAll(" ", ""),
      "binding = 'REPORTS_EU'",
      "database_id = 'eu'",
      "migrations_dir = 'src/reporting/migrations'   # the same",
      "[[d1_databases]]",
      'binding = "OTHER"',
      'migrations_dir = "elsewhere"',
    ].join("\n");
    expect(reportDatabasesIn(toml)).toEqual([
      { binding: "REPORTS", database_id: ID },
      { binding: "REPORTS_EU", database_id: "eu" },
    ]);
  });
});

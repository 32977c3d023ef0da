/**
 * `npm run deploy` as a person runs it, with the wrangler that is pinned, against Cloudflare's
 * interface on this machine: a copy of the repository whose wrangler.toml is filled in as the README
 * says. Nothing leaves the machine.
 */
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/support/wrangler.ts";
import { type CloudflareApi, cloudflareApi } from "../support/cloudflareApi.ts";

const NOWHERE = "00000000-0000-0000-0000-000000000000";
const [REPORTS, REPORTS_EU] = [
  "3f2c9a52-8a0c-4d55-9a3c-7f0f3d6b1c11",
  "9b1d6c0e-5a4f-4c7e-8f0b-2d3a1e5c7b22",
];

const EU = `
[[r2_buckets]]
binding = "OBJECTS_EU"
bucket_name = "lethe-objects-eu"
jurisdiction = "eu"

[[d1_databases]]
binding = "REPORTS_EU"
database_name = "lethe-reports-eu"
database_id = "${REPORTS_EU}"
migrations_dir = "src/reporting/migrations"
`;

const VARS = `[vars]
OBJECTS_BUCKET_EU = "lethe-objects-eu"
CORS_ORIGINS = "https://app.example.com"
`;

/** Wrangler starts a dozen times, which takes half a minute on a machine with nothing else to do. */
const PATIENCE_MS = 300_000;

let api: CloudflareApi;
let copy: string;

beforeAll(async () => {
  api = await cloudflareApi();
  copy = await mkdtemp(path.join(tmpdir(), "lethe-deploy-test-"));
  for (const part of ["package.json", "scripts", "src"]) {
    await cp(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  }
  await symlink(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  await mkdir(path.join(copy, "home"));
  const toml = await readFile(path.join(ROOT, "wrangler.toml"), "utf8");
  const filledIn = toml.replace(NOWHERE, REPORTS).replace("[vars]\n", VARS) + EU;
  await writeFile(path.join(copy, "wrangler.toml"), filledIn);
});
afterAll(async () => {
  await api?.close();
  await rm(copy, { recursive: true, force: true });
});

const deploy = (...args: readonly string[]): Promise<{ code: number | null; text: string }> =>
  new Promise((resolve, reject) => {
    // A home of its own: whoever is logged in on this machine is not asked.
    const env = { ...process.env, ...api.env, HOME: path.join(copy, "home") };
    const child = spawn("npm", ["run", "deploy", "--", ...args], { cwd: copy, env });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (said: string) => {
        text += said;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, text }));
  });

const CHANGES = [
  `POST d1/database/${REPORTS}/query`,
  `POST d1/database/${REPORTS_EU}/query`,
  "PUT r2/buckets/lethe-objects/cors",
  "PUT r2/buckets/lethe-objects-eu/cors",
];

const lakesIn = (database_id: string): unknown =>
  api.databases.get(database_id)?.prepare("SELECT count(*) AS lakes FROM lakes").get();

describe("npm run deploy", { timeout: PATIENCE_MS }, () => {
  it("changes nothing while the Worker has no secrets", async () => {
    const { code, text } = await deploy();
    expect({ code, text }).toEqual({
      code: 1,
      text: expect.stringContaining("not deployed: ROOT_SECRET is not set"),
    });
    expect([api.changes, api.unknown]).toEqual([[], []]);
  });

  it("migrates the databases, opens the buckets to the pages named, and deploys the Worker", async () => {
    api.account.secrets = [
      ...["ROOT_SECRET", "OIDC_ISSUERS"],
      ...["R2_ACCOUNT_ID", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"],
    ];
    const { code, text } = await deploy("--domain", "lethe.example.com");
    expect({ code, text }).toMatchObject({ code: 0 });
    expect(text).toContain("lethe.example.com (custom domain)");
    expect(api.unknown).toEqual([]);
    expect(api.changes.slice(0, CHANGES.length)).toEqual(CHANGES);
    expect(api.changes).toContain("PUT workers/scripts/lethe");
    expect(lakesIn(REPORTS)).toEqual({ lakes: 0 });
    expect(lakesIn(REPORTS_EU)).toEqual({ lakes: 0 });
    const rules = [
      expect.objectContaining({
        allowed: expect.objectContaining({
          origins: ["https://app.example.com"],
          methods: expect.arrayContaining(["PUT", "GET"]),
        }),
      }),
    ];
    expect([...api.corsRules]).toEqual([
      ["lethe-objects", { rules }],
      ["eu/lethe-objects-eu", { rules }],
    ]);
    expect(api.uploaded()).toMatchObject({
      migrations: { new_tag: "v1", steps: [{ new_sqlite_classes: ["LakeObject"] }] },
      compatibility_flags: expect.arrayContaining(["global_fetch_strictly_public"]),
      limits: { cpu_ms: 300_000, subrequests: 250_000 },
      observability: { traces: { enabled: false }, logs: { invocation_logs: false } },
      // Or the secrets would be gone with the first version.
      keep_bindings: ["secret_text", "secret_key"],
    });
  });

  it("deploys a later version over it, and migrates nothing twice", async () => {
    api.changes.length = 0;
    const { code, text } = await deploy();
    expect({ code, text }).toMatchObject({ code: 0 });
    expect(api.unknown).toEqual([]);
    expect(api.changes.slice(0, CHANGES.length)).toEqual(CHANGES);
    expect(api.changes).toContain("POST workers/scripts/lethe/versions");
    expect(api.changes).toContain("POST workers/scripts/lethe/deployments");
    expect(api.uploaded()?.migrations).toBeUndefined();
  });
});

/**
 * `npm run deploy`: brings every database of reports to the present schema, opens buckets to the pages
 * that CORS_ORIGINS names, then deploys the Worker. Refuses, and says why, while wrangler.toml has no
 * real databases or a secret is missing. Everything behind `--` goes to wrangler:
 * `npm run deploy -- --domain lethe.example.com`.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { type Config, deploy } from "./support/deploy/deploy.ts";
import { ROOT, runWrangler } from "./support/wrangler.ts";

// wrangler says on import which files it has read: nobody asked.
process.env.WRANGLER_LOG = "none";
const wrangler = createRequire(import.meta.url)("wrangler") as typeof import("wrangler");
const config = wrangler.unstable_readConfig({ config: path.join(ROOT, "wrangler.toml") });
delete process.env.WRANGLER_LOG;

const directory = await mkdtemp(path.join(tmpdir(), "lethe-deploy-"));
const faults = await deploy({
  config: config as Config,
  args: process.argv.slice(2),
  run: runWrangler,
  keep: async (name, text) => {
    const file = path.join(directory, name);
    await writeFile(file, text);
    return file;
  },
  say: (line) => process.stdout.write(`${line}\n`),
}).finally(() => rm(directory, { recursive: true, force: true }));
for (const fault of faults) process.stderr.write(`not deployed: ${fault}\n`);
process.exit(faults.length > 0 ? 1 : 0);

/** How scripts and tests call wrangler: this checkout's own, quiet, without a word to anyone. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import path from "node:path";
import process from "node:process";

export const ROOT = path.resolve(import.meta.dirname, "../..");

/** The program behind wrangler's launcher: signals sent to it reach the runtime below. */
const WRANGLER = path.join(ROOT, "node_modules/wrangler/wrangler-dist/cli.js");

/** No metrics, no update check, no log files, no prompts. */
const QUIET = {
  CI: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_WRITE_LOGS: "false",
  X_LOCAL_EXPLORER: "false",
  X_LOCAL_OBSERVABILITY: "false",
};

/** Starts wrangler with this process's own Node: it needs 22 or newer. */
export const spawnWrangler = (args: readonly string[], options: SpawnOptions): ChildProcess =>
  spawn(process.execPath, ["--no-warnings", WRANGLER, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...QUIET },
    ...options,
  });

/** Runs wrangler to its end. Resolves to its exit code and everything it printed. */
export const runWrangler = (
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((resolve) => {
    const child = spawnWrangler(args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (bytes: Buffer) => {
      output += bytes.toString();
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.on("exit", (code) => resolve({ code: code ?? 1, output }));
  });

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

export interface Ran {
  readonly code: number;
  /** What it answers. Warnings are never in it: wrangler writes them to the other stream. */
  readonly stdout: string;
  /** Everything it printed, for people. */
  readonly output: string;
}

/** Runs wrangler to its end. */
export const runWrangler = (args: readonly string[]): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawnWrangler(args, { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, output] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", reject);
    // Not on "exit": what it printed last may be on its way still.
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, output }));
  });

/** How scripts and tests call wrangler: this checkout's own, quiet, without a word to anyone. */
import path from "node:path";
import process from "node:process";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Run it with this process's own Node: wrangler needs 22 or newer. */
export const WRANGLER = path.join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** No metrics, no update check, no log files, no prompts. */
export const quietEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  CI: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_WRITE_LOGS: "false",
  X_LOCAL_EXPLORER: "false",
  X_LOCAL_OBSERVABILITY: "false",
});

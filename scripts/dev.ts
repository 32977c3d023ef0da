/**
 * `npm run dev`: applies the D1 migrations and starts the server on 127.0.0.1:8000. Everything
 * behind `--` goes to wrangler: `npm run dev -- --port 8123 --persist-to DIR`. Whoever ends this
 * process ends the whole tree: wrangler alone would leave its runtime running.
 */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { quietEnvironment, WRANGLER } from "./support/wrangler.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const args = process.argv.slice(2);

const valueOf = (flag: string): string | undefined => {
  const joined = args.find((arg) => arg.startsWith(`${flag}=`));
  if (joined) return joined.slice(flag.length + 1);
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
};

let child: ChildProcess | null = null;

const wrangler = (command: readonly string[], quiet: boolean): Promise<number> =>
  new Promise((resolve) => {
    // A process group of its own, so that a signal reaches the runtime below it too.
    child = spawn(process.execPath, [WRANGLER, ...command], {
      cwd: ROOT,
      env: quietEnvironment(),
      detached: true,
      stdio: ["ignore", quiet ? "pipe" : "inherit", "inherit"],
    });
    let output = "";
    child.stdout?.on("data", (bytes: Buffer) => {
      output += bytes.toString();
    });
    child.on("exit", (code) => {
      if (quiet && code !== 0) process.stdout.write(output);
      resolve(code ?? 1);
    });
  });

const endGroup = (signal: NodeJS.Signals): void => {
  if (child?.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // Gone already: that is what was asked for.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    endGroup("SIGTERM");
    // The runtime has nothing left to write: what was acknowledged is on disk.
    setTimeout(() => {
      endGroup("SIGKILL");
      process.exit(0);
    }, 500);
  });
}

const persistTo = valueOf("--persist-to");
const state = persistTo ? ["--persist-to", persistTo] : [];
const migrated = await wrangler(
  ["d1", "migrations", "apply", "REPORTS", "--local", ...state],
  true,
);
if (migrated !== 0) process.exit(migrated);

const listen = [
  ...(valueOf("--ip") ? [] : ["--ip", "127.0.0.1"]),
  ...(valueOf("--port") ? [] : ["--port", "8000"]),
];
process.exit(
  await wrangler(["dev", "--show-interactive-dev-session=false", ...listen, ...args], false),
);

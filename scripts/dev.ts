/**
 * `npm run dev`: applies the migrations to every database of reports and starts the server on
 * 127.0.0.1:8000. Everything behind `--` goes to wrangler, as in
 * `npm run dev -- --port 8123 --persist-to DIR`. Whoever ends this process, or the npm above it,
 * ends the whole tree.
 */
import path from "node:path";
import process from "node:process";
import { lackingMigrations, migrate } from "./support/migrations.ts";
import { boundReportDatabases } from "./support/reportDatabases.ts";
import { ROOT, spawnWrangler } from "./support/wrangler.ts";

const args = process.argv.slice(2);

const flag = (name: string): string | undefined => {
  const joined = args.find((arg) => arg.startsWith(`${name}=`));
  if (joined) return joined.slice(name.length + 1);
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
};

const host = flag("--ip") ?? "127.0.0.1";
const port = flag("--port") ?? "8000";
const persistTo = flag("--persist-to");

const kept = persistTo ?? path.join(ROOT, ".wrangler/state");
for (const database of lackingMigrations(kept, boundReportDatabases())) {
  const migrated = await migrate(database, persistTo);
  if (migrated.code !== 0) {
    process.stderr.write(migrated.output);
    process.exit(migrated.code);
  }
}

const server = spawnWrangler(
  [
    "dev",
    "--show-interactive-dev-session=false",
    ...(flag("--ip") ? [] : ["--ip", host]),
    ...(flag("--port") ? [] : ["--port", port]),
    ...(flag("--log-level") ? [] : ["--log-level", "error"]),
    ...args,
  ],
  { stdio: "inherit" },
);
server.on("exit", (code) => process.exit(code ?? 0));

/** Longer than wrangler takes to end its runtime; what was acknowledged is on disk anyway. */
const GRACE_MS = 5_000;

const stop = (): void => {
  server.kill("SIGTERM");
  setTimeout(() => server.kill("SIGKILL"), GRACE_MS).unref();
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);

// npm passes a signal to its shell and no further: when the shell is gone, so are we.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) stop();
}, 500).unref();

/** Says where the server is once it answers. */
const announce = async (): Promise<void> => {
  const url = `http://${host}:${port}`;
  while (server.exitCode === null) {
    const alive = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (alive) {
      console.log(
        `Lethe listens on ${url} (console: ${url}/console, docs: ${url}/docs). Ctrl-C ends it.`,
      );
      console.log(
        "Lakes are kept on this machine: its simulator has no jurisdictions to hold them in.",
      );
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
await announce();

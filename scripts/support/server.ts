/** A Lethe of one's own for a script or a test: free port, state in a directory, ended for sure. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import process from "node:process";
import { ROOT } from "./wrangler.ts";

/** A cold start with migrations takes about 5 s; this is for a machine that is busy besides. */
const START_TIMEOUT_MS = 60_000;

export interface Server {
  readonly url: string;
  /** What it has written to its terminal so far. */
  output(): string;
  /** Ends the server; with SIGKILL nothing in it gets to say goodbye. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Below the range from which the system itself hands out ports to whoever asks for any. */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });

/**
 * A port that nobody listens on. Seconds pass before the server takes it, so it is none that the
 * system would give away meanwhile, such as to the runtime of a server that starts beside it.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isFree(port)) return port;
  }
};

/**
 * The development server picks ports for sockets of its own, and another one that starts in the same
 * moment may be given the same: then it ends at once, and is simply started again.
 */
const STARTS = 3;
const LOST_A_PORT = "Address already in use";

export interface ServerOptions {
  readonly persistTo: string;
  readonly port?: number;
  /** Settings besides those of local development. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Whether all that the Worker logs is to be heard, not only what the server says itself. */
  readonly verbose?: boolean;
  /** Another Worker than Lethe's own: its file. */
  readonly main?: string;
}

/** Starts `npm run dev` as a person would. Throws with the server's output when it does not come up. */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  for (let starts = 1; ; starts += 1) {
    const port = options.port ?? (await freePort());
    try {
      return await startOnce(port, options);
    } catch (error) {
      if (starts === STARTS || !String(error).includes(LOST_A_PORT)) throw error;
    }
  }
};

const startOnce = async (
  port: number,
  { persistTo, vars = {}, verbose = false, main }: ServerOptions,
): Promise<Server> => {
  const child = spawn(
    "npm",
    [
      ...["run", "dev", "--", ...(main ? [main] : [])],
      ...["--port", String(port), "--persist-to", persistTo],
      ...(verbose ? ["--log-level", "log"] : []),
      ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    // A process group of its own: one signal reaches npm, the script, wrangler and the runtime.
    { cwd: ROOT, detached: true, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  const collect = (bytes: Buffer) => {
    output += bytes.toString();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);

  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const alive = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (alive) {
      return { url, output: () => output, stop: (signal = "SIGTERM") => stopGroup(child, signal) };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stopGroup(child, "SIGKILL");
  throw new Error(`the server did not start:\n${output}`);
};

const stopGroup = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.pid === undefined) return;
  const group = -child.pid;
  const send = (what: NodeJS.Signals | 0): boolean => {
    try {
      process.kill(group, what);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
      throw error;
    }
  };
  send(signal);
  // The port is free only once every process of the group is gone.
  for (let waited = 0; send(0); waited += 50) {
    if (waited > 5_000) send("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

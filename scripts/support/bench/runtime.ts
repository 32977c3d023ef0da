/**
 * Lethe's bundle on plain workerd. Miniflare, as wrangler brings it, makes workerd's configuration
 * and the simulators of R2 and D1 (a configuration by hand would have to stub both, and the
 * deliveries to D1 are part of what a command costs); each worker gets a socket of its own straight
 * into workerd, so that none of Miniflare's or wrangler's own proxies is measured.
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { ROOT, runWrangler } from "../wrangler.ts";
import { BARE_SCRIPT } from "./bareObject.ts";
import { COUNTING_SCRIPT } from "./countingLake.ts";

// wrangler says on import which files it has read: nobody asked.
process.env.WRANGLER_LOG = "none";
const wranglersOwn = createRequire(createRequire(import.meta.url).resolve("wrangler"));
const wrangler = wranglersOwn("wrangler") as typeof import("wrangler");
export const simulator = wranglersOwn("miniflare") as typeof import("miniflare");

export interface Runtime {
  readonly lethe: URL;
  readonly bare: URL;
  /** `seq` of the last event of a lake that has reached the reports. */
  delivered(lake: string): Promise<number>;
  /** Of the database of reports, as the platform counts it. */
  reportsBytes(): Promise<number>;
  /** Puts an object where an upload would have landed: at once, or piece by piece. */
  land(key: string, content: string | Iterable<string>): Promise<void>;
  stop(): Promise<void>;
}

export interface Place {
  /** The bundle. */
  readonly code: string;
  /** What outlives a stop. */
  readonly state: string;
}

/** Bundles the Worker as a deployment would and makes a directory for state, below `parent`. */
export const prepare = async (parent = tmpdir()): Promise<Place & { readonly root: string }> => {
  const root = await mkdtemp(path.join(parent, "lethe-bench-"));
  const place = { root, code: path.join(root, "code"), state: path.join(root, "state") };
  const built = await runWrangler(["deploy", "--dry-run", "--outdir", place.code]);
  if (built.code !== 0) throw new Error(`the Worker does not build:\n${built.output}`);
  return place;
};

/** The files of a bundle as modules, the main one first. */
export const modulesOf = (code: string, counting: boolean, main = "worker.js") => {
  const files = readdirSync(code).filter(
    (file) => !/\.map$|^README\.md$/.test(file) && file !== main,
  );
  const type = (file: string) => (file.endsWith(".wasm") ? "CompiledWasm" : "Text");
  return [
    ...(counting
      ? [{ type: "ESModule" as const, path: "counting.js", contents: COUNTING_SCRIPT }]
      : []),
    { type: "ESModule" as const, path: main, contents: readFileSync(path.join(code, main)) },
    ...files.map((file) => ({
      type: type(file) as "CompiledWasm" | "Text",
      path: file,
      contents: readFileSync(path.join(code, file)),
    })),
  ].map((module) => ({ ...module, contents: textOrBytes(module) }));
};

const textOrBytes = ({ type, contents }: { type: string; contents: string | Uint8Array }) =>
  type === "CompiledWasm" || typeof contents === "string"
    ? contents
    : Buffer.from(contents).toString("utf8");

export const DIRECT = [{ host: "127.0.0.1", port: 0 }];

/** Starts workerd on the state. `counting` puts the module that counts rows around the lake. */
export const start = async (
  { code, state }: Place,
  options: { readonly counting?: boolean; readonly inspectorPort?: number } = {},
): Promise<Runtime> => {
  const { workerOptions } = wrangler.unstable_getMiniflareWorkerOptions(
    path.join(ROOT, "wrangler.toml"),
  );
  const { modulesRules: _, ...bindings } = workerOptions;
  const miniflare = new simulator.Miniflare(
    simulator.convertV4MiniflareOptions({
      resourcePersistencePath: state,
      ...(options.inspectorPort ? { inspectorPort: options.inspectorPort } : {}),
      logRequests: false,
      workers: [
        {
          ...(bindings as object),
          // A line for each command would be printed among the figures.
          bindings: { ...(bindings.bindings as object), LOG_LEVEL: "warn" },
          name: "lethe",
          rootPath: code,
          modulesRoot: code,
          modules: modulesOf(code, options.counting ?? false),
          unsafeDirectSockets: DIRECT,
        },
        {
          name: "bare",
          compatibilityDate: bindings.compatibilityDate ?? "2026-01-01",
          modules: true,
          script: BARE_SCRIPT,
          durableObjects: { BARE: { className: "BareObject", useSQLite: true } },
          unsafeDirectSockets: DIRECT,
        },
      ],
    } as Parameters<typeof simulator.convertV4MiniflareOptions>[0]),
  );
  try {
    const lethe = await miniflare.unsafeGetDirectURL("lethe");
    const bare = await miniflare.unsafeGetDirectURL("bare");
    const reports = (await miniflare.getD1Database("REPORTS", "lethe")) as unknown as Database;
    await migrateReports(reports);
    const objects = (await miniflare.getR2Bucket("OBJECTS", "lethe")) as unknown as Bucket;
    const cursor = reports.prepare("SELECT last_seq FROM relay WHERE lake_id = ?");
    return {
      lethe,
      bare,
      land: async (key, content) => {
        if (typeof content === "string") await objects.put(key, content);
        else await putInParts(objects, key, content);
      },
      reportsBytes: async () => {
        const { meta } = await cursor.bind("").all();
        return meta.size_after;
      },
      delivered: async (lake) => (await cursor.bind(lake).first("last_seq")) ?? 0,
      stop: () => miniflare.dispose(),
    };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
};

const MIGRATIONS = path.join(ROOT, "src/reporting/migrations");

interface Bucket {
  put(key: string, content: string): Promise<unknown>;
  createMultipartUpload(key: string): Promise<Upload>;
}
interface Upload {
  uploadPart(part: number, bytes: Uint8Array): Promise<object>;
  complete(parts: readonly object[]): Promise<unknown>;
}

/** R2 wants parts of one size, but for the last. */
const PART_BYTES = 16 * 1024 * 1024;

const putInParts = async (
  objects: Bucket,
  key: string,
  content: Iterable<string>,
): Promise<void> => {
  const upload = await objects.createMultipartUpload(key);
  const parts: object[] = [];
  let rest: Uint8Array = new Uint8Array(0);
  for (const piece of content) {
    rest = Buffer.concat([rest, Buffer.from(piece)]);
    for (; rest.length > PART_BYTES; rest = rest.subarray(PART_BYTES)) {
      parts.push(await upload.uploadPart(parts.length + 1, rest.slice(0, PART_BYTES)));
    }
  }
  parts.push(await upload.uploadPart(parts.length + 1, rest));
  await upload.complete(parts);
};

/** What is used of D1, whose own types come from another version of the same package. */
interface Statement {
  bind(value: string): Statement;
  first(column: string): Promise<number | null>;
  all(): Promise<{ readonly meta: { readonly size_after: number } }>;
}
interface Database {
  prepare(sql: string): Statement;
  batch(statements: readonly Statement[]): Promise<unknown>;
}

/** Brings an empty reports database to the present schema; one that has tables is left alone. */
const migrateReports = async (reports: Database): Promise<void> => {
  const tables = "SELECT count(*) AS n FROM sqlite_master WHERE name = 'relay'";
  if ((await reports.prepare(tables).first("n")) === 1) return;
  for (const file of readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith(".sql"))
    .sort()) {
    const sql = readFileSync(path.join(MIGRATIONS, file), "utf8");
    await reports.batch(wrangler.unstable_splitSqlQuery(sql).map((one) => reports.prepare(one)));
  }
};

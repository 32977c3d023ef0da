/**
 * The data plane side by side with others: CSV -> checked by three rules, two columns protected ->
 * Parquet with Snappy. Lethe's own code runs in workerd on files in a directory, as DuckDB does.
 */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { ROOT, runWrangler } from "../wrangler.ts";
import { PRIVACY, QUALITY, SCHEMA, writeFile } from "./dataPlaneFile.ts";
import { type DirectoryWorker, startOnDirectory } from "./directoryWorker.ts";
import { type Figure, rate } from "./figures.ts";
import { duckdbPass, duckdbReads, plainPass } from "./otherWays.ts";

const MEGABYTE = 1_000_000;

/** Of the file that is compared with others. */
const COMPARED_BYTES = 100 * MEGABYTE;
const SMALL_BYTES = MEGABYTE;
const LARGE_BYTES = 1000 * MEGABYTE;

/** Passes over the small file that are timed together. */
const SMALL_PASSES = 20;

/** What a pass may take over what an idle server has, in bytes. */
const MEMORY_WANTED = 256 * 2 ** 20;

interface TestFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
}

/** `full` takes 1 GB for what is large instead of 100 MB. Figures, and notes about them. */
export const dataPlaneFigures = async (
  directory: string,
  rounds: number,
  full: boolean,
): Promise<{ readonly figures: readonly Figure[]; readonly notes: readonly string[] }> => {
  const worker = await startOnDirectory(await bundle(directory), "dataPlaneWorker.js", directory);
  try {
    const small = await fileOf(directory, "small.csv", SMALL_BYTES);
    const compared = await fileOf(directory, "compared.csv", COMPARED_BYTES);
    const pass = (file: TestFile) => lethePass(worker.url, file);
    // Compiles the code; what is idle has worked before.
    for (let turn = 0; turn < 5; turn += 1) await pass(small);
    const idle = residentBytes(worker);

    const speeds = await inTurns(compared, rounds, {
      lethe: () => pass(compared),
      duckdb: () => duckdbPass(compared.path),
    });
    const plain = await timed(compared, () => plainPass(compared.path));
    const read = await duckdbReads(`${compared.path}.parquet`);
    const large = full ? await fileOf(directory, "large.csv", LARGE_BYTES) : compared;
    const perRow = await costPerRow(pass, small, large, rounds);
    const grown = await growth(worker, () => pass(large), idle);
    return {
      figures: [
        againstOthers(speeds.lethe, speeds.duckdb, "DuckDB, 1 thread", 0.7),
        againstOthers(speeds.lethe, plain, "Papa Parse + hyparquet-writer", null),
        perRow,
        ...grown,
      ],
      notes: [`DuckDB reads back what the data plane wrote: ${read}.`],
    };
  } finally {
    await worker.stop();
  }
};

/** The Worker of this measure in a bundle of its own. */
const bundle = async (directory: string): Promise<string> => {
  const config = path.join(directory, "wrangler.json");
  const main = path.join(ROOT, "scripts/support/bench/dataPlaneWorker.ts");
  const settings = { name: "data-plane", main, compatibility_date: "2026-10-30" };
  writeFileSync(config, JSON.stringify(settings));
  const code = path.join(directory, "code");
  const built = await runWrangler(["deploy", "--dry-run", "--outdir", code, "--config", config]);
  if (built.code !== 0) throw new Error(`the Worker does not build:\n${built.output}`);
  return code;
};

const fileOf = async (directory: string, name: string, size: number): Promise<TestFile> => {
  const file = path.join(directory, name);
  const rows = await writeFile(file, size);
  return { name, path: file, bytes: statSync(file).size, rows };
};

const lethePass = async (url: URL, { name, bytes }: TestFile): Promise<number> => {
  const job = { key: name, bytes, schema: SCHEMA, quality: QUALITY, privacy: PRIVACY };
  const response = await fetch(url, { method: "POST", body: JSON.stringify(job) });
  const text = await response.text();
  const { rows } = JSON.parse(text) as { readonly rows?: number };
  if (rows === undefined) throw new Error(`the pass failed: ${text}`);
  return rows;
};

/** Megabytes a second of one pass, which must have written every row. */
const timed = async (file: TestFile, work: () => Promise<number>): Promise<number> => {
  const began = performance.now();
  const rows = await work();
  const seconds = (performance.now() - began) / 1000;
  if (rows !== file.rows) throw new Error(`${rows} rows came out of ${file.rows}`);
  return file.bytes / MEGABYTE / seconds;
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Each way once a round, in turns; the first round is not counted. */
const inTurns = async (
  file: TestFile,
  rounds: number,
  ways: Readonly<Record<"lethe" | "duckdb", () => Promise<number>>>,
): Promise<Record<"lethe" | "duckdb", number>> => {
  const speeds = { lethe: [] as number[], duckdb: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const way of ["lethe", "duckdb"] as const) {
      const speed = await timed(file, ways[way]);
      if (round > 0) speeds[way].push(speed);
    }
  }
  return { lethe: median(speeds.lethe), duckdb: median(speeds.duckdb) };
};

const againstOthers = (
  own: number,
  other: number,
  name: string,
  at_least: number | null,
): Figure => ({
  what: `CSV -> 3 rules, hashed and masked -> Parquet, 100 MB : ${name}`,
  lethe: rate(own, " MB/s"),
  against: rate(other, " MB/s"),
  ratio: own / other,
  wanted: at_least === null ? null : { at_least },
});

const costPerRow = async (
  pass: (file: TestFile) => Promise<number>,
  small: TestFile,
  large: TestFile,
  rounds: number,
): Promise<Figure> => {
  const nanoseconds = async (file: TestFile, passes: number) => {
    const began = performance.now();
    for (let turn = 0; turn < passes; turn += 1) await pass(file);
    return ((performance.now() - began) * 1e6) / (passes * file.rows);
  };
  const costs = { small: [] as number[], large: [] as number[] };
  for (let round = 0; round < (large.bytes > COMPARED_BYTES * 2 ? 1 : rounds); round += 1) {
    costs.small.push(await nanoseconds(small, SMALL_PASSES));
    costs.large.push(await nanoseconds(large, 1));
  }
  const [one, many] = [median(costs.small), median(costs.large)];
  return {
    what: `cost per row, ${sizeOf(large)} : ${sizeOf(small)}`,
    lethe: rate(many, " ns"),
    against: rate(one, " ns"),
    ratio: many / one,
    wanted: { at_most: 1.2 },
  };
};

const sizeOf = ({ bytes }: TestFile) =>
  bytes > 900 * MEGABYTE ? "1 GB" : `${Math.round(bytes / MEGABYTE)} MB`;

/** Peak of the server's resident memory over what it had idle, where the system tells it. */
const growth = async (
  worker: DirectoryWorker,
  work: () => Promise<number>,
  idle: number | null,
): Promise<readonly Figure[]> => {
  if (idle === null) return [];
  let peak = idle;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(worker) ?? 0);
  }, 20);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const mebibytes = (bytes: number) => rate(bytes / 2 ** 20, " MiB");
  return [
    {
      what: "resident memory of the server over idle, during the largest pass : 256 MiB",
      lethe: mebibytes(peak - idle),
      against: `idle ${mebibytes(idle)}`,
      ratio: (peak - idle) / MEMORY_WANTED,
      wanted: { at_most: 1 },
    },
  ];
};

/** Of the runtime's process; null where there is no /proc. */
const residentBytes = ({ process_ids }: DirectoryWorker): number | null => {
  if (process.platform !== "linux" || process_ids.length === 0) return null;
  let kibibytes = 0;
  for (const id of process_ids) {
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    kibibytes += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  }
  return kibibytes * 1024;
};

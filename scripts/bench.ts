/**
 * `npm run bench`: how fast Lethe is, as ratios within one run, on plain workerd. About six
 * minutes; `-- --full` fills a lake with a million events and
 * takes a file of 1 GB through the data plane. `--only throughput,relay,growth,rows,sealing,long,erasure,data`
 * runs parts, `--events N`, `--seconds N` and `--rounds N` set sizes, `--state DIR` puts the state
 * elsewhere than in the system's directory for temporary files (a disk's flushes are most of what
 * a command costs at concurrency 1). Ends with 1 when a promised ratio was missed and `--check` is
 * given.
 */
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { dataPlaneFigures } from "./support/bench/dataPlane.ts";
import { flushTime } from "./support/bench/disk.ts";
import { erasure } from "./support/bench/erasure.ts";
import { type Figure, kept, markdown, ms, table } from "./support/bench/figures.ts";
import { eviction, fillLakes, latency } from "./support/bench/growth.ts";
import { createLake, takesBulk } from "./support/bench/lakes.ts";
import { longWork } from "./support/bench/longWork.ts";
import { relayFigures } from "./support/bench/relay.ts";
import { countRows, rowsText } from "./support/bench/rows.ts";
import { prepare, start } from "./support/bench/runtime.ts";
import { sealing } from "./support/bench/sealing.ts";
import { throughput } from "./support/bench/throughput.ts";

/** As many single commands as one has the patience for, when the server takes no arrays. */
const EVENTS_ONE_BY_ONE = 10_000;

/** Of the file that is worked on while commands are timed. */
const LONG_BYTES = 200_000_000;
const LARGE_BYTES = 1_000_000_000;

const { values } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    only: { type: "string", default: "throughput,relay,growth,rows,sealing,long,erasure,data" },
    events: { type: "string" },
    seconds: { type: "string" },
    rounds: { type: "string" },
    state: { type: "string" },
  },
});
const parts = new Set(values.only.split(","));
const pace = { seconds: Number(values.seconds ?? 2), rounds: Number(values.rounds ?? 5) };
const wantedEvents = Number(values.events ?? (values.full ? 1_000_000 : 100_000));

const say = (text: string) => process.stdout.write(`${text}\n`);
const began = performance.now();
const step = (text: string) =>
  process.stderr.write(`[${((performance.now() - began) / 1000).toFixed(0)} s] ${text}\n`);

const figures: Figure[] = [];
const notes: string[] = [];

step("bundling the Worker");
const place = await prepare(values.state);
try {
  if (parts.has("throughput")) {
    const runtime = await start(place);
    try {
      step("commands a second, in turns with a bare Durable Object");
      figures.push(...(await throughput(runtime, pace)));
      notes.push(
        `A flush of 4 KiB to the disk of the state takes ${ms(flushTime(place.root))}: the less ` +
          "it is, the less is saved by committing together.",
      );
    } finally {
      await runtime.stop();
    }
  }
  if (parts.has("relay")) {
    const runtime = await start(place);
    try {
      step("how the reports follow a busy lake");
      figures.push(...(await relayFigures(runtime, pace)));
    } finally {
      await runtime.stop();
    }
  }
  if (parts.has("growth")) {
    const runtime = await start(place);
    let events = wantedEvents;
    try {
      await createLake(runtime.lethe, "probe");
      const inBulk = await takesBulk(runtime.lethe, "probe");
      if (!inBulk && events > EVENTS_ONE_BY_ONE) {
        events = EVENTS_ONE_BY_ONE;
        notes.push(
          `The server takes no arrays: the large lake was filled one by one to ${events}.`,
        );
      }
      step(`filling a lake with ${events.toLocaleString("en")} events`);
      await fillLakes(runtime, events, inBulk);
      step("latency in a small and in a large lake");
      figures.push(...(await latency(runtime, events, pace.rounds)));
    } finally {
      await runtime.stop();
    }
    step("first commands after restarts");
    figures.push(await eviction(place, events, 2 * pace.rounds - 1));
  }
  if (parts.has("sealing")) {
    const runtime = await start(place);
    try {
      step("a pass over an encrypted dataset, in turns with one that is not");
      figures.push(await sealing(runtime, 2 * pace.rounds));
    } finally {
      await runtime.stop();
    }
  }
  if (parts.has("long")) {
    const runtime = await start(place);
    try {
      step("commands while a large file is worked on");
      const long = await longWork(runtime, values.full ? LARGE_BYTES : LONG_BYTES);
      figures.push(...long.figures);
      notes.push(...long.notes);
    } finally {
      await runtime.stop();
    }
  }
  if (parts.has("erasure")) {
    const runtime = await start(place, { counting: true });
    try {
      step("filling a lake with a thousand batches");
      figures.push(...(await erasure(runtime, pace.rounds, step)));
    } finally {
      await runtime.stop();
    }
  }
  if (parts.has("data")) {
    step("CSV to Parquet, in turns with DuckDB");
    const directory = path.join(place.root, "data");
    await mkdir(directory);
    const data = await dataPlaneFigures(directory, pace.rounds, values.full);
    figures.push(...data.figures);
    notes.push(...data.notes);
  }
  if (parts.has("rows")) {
    step("counting rows written");
    notes.push(rowsText(await countRows(place)));
  }
} finally {
  await rm(place.root, { recursive: true, force: true });
}

say(`\n${table(figures)}\n\n${notes.join("\n")}\n\n${markdown(figures)}`);
step("done");
const missed = figures.filter((figure) => kept(figure) === false);
process.exitCode = values.check && missed.length > 0 ? 1 : 0;

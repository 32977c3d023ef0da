/**
 * `npm run simulate`: when the reports of many lakes need a second database, and how many in the end.
 * `-- --lakes 500 --events-per-day 100000` (of all lakes together) says how much there is;
 * `--skew 1` how unevenly it is spread (Zipf), `--accesses 0.8` how much of it is accesses, `--counts 200`
 * how many counts by day a lake has at most, `--peak 4` the busiest hour against an average one,
 * `--growth 0.2` how much more each year, `--years 5`, `--arrival-days 365` in which the lakes come into
 * being, `--batch-ms 10` what a delivery costs besides its events, `--seed 1`. What an event costs is measured first, in about a minute, from deliveries of
 * the very bundle; `--costs FILE` keeps that in a file and takes it from there the next time.
 */
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { DELIVERY_EVERY_MS } from "../src/application/relay.ts";
import { prepare } from "./support/bench/runtime.ts";
import { BATCH_MS } from "./support/simulate/limits.ts";
import { type Measured, measure } from "./support/simulate/measure.ts";
import { need, type World } from "./support/simulate/model.ts";
import { measuredText, needText, tableText, worldText } from "./support/simulate/report.ts";
import { readWorld } from "./support/simulate/world.ts";

/** Shown besides what was asked for. */
const NUMBERS = [10, 100, 500, 1_000, 5_000, 10_000];

const { values } = parseArgs({
  options: {
    lakes: { type: "string", default: "500" },
    "events-per-day": { type: "string", default: "100000" },
    skew: { type: "string", default: "1" },
    accesses: { type: "string", default: "0.8" },
    counts: { type: "string", default: "200" },
    peak: { type: "string", default: "4" },
    growth: { type: "string", default: "0.2" },
    years: { type: "string", default: "5" },
    "arrival-days": { type: "string", default: "365" },
    "batch-ms": { type: "string", default: String(BATCH_MS) },
    seed: { type: "string", default: "1" },
    costs: { type: "string" },
  },
});

const say = (text: string) => process.stdout.write(`${text}\n\n`);

const measured = async (file: string | undefined): Promise<Measured> => {
  if (file !== undefined && existsSync(file)) {
    return JSON.parse(await readFile(file, "utf8")) as Measured;
  }
  process.stderr.write("measuring what an event costs, with the bundle on workerd\n");
  const place = await prepare();
  try {
    const found = await measure(place);
    if (file !== undefined) await writeFile(file, `${JSON.stringify(found, null, 2)}\n`);
    return found;
  } finally {
    await rm(place.root, { recursive: true, force: true });
  }
};

const read = readWorld(values, { delivery_every_ms: DELIVERY_EVERY_MS });
if (!read.ok) {
  process.stderr.write(`${read.error}\n`);
  process.exit(2);
}
const world = read.value;
const costs = await measured(values.costs);
say(measuredText(costs, world));
say(worldText(world));
say(needText(need(world, costs.costs), world));
const numbers = [...new Set([...NUMBERS, world.lakes])].sort((a, b) => a - b);
const worlds = numbers.map(
  (lakes): World => ({
    ...world,
    lakes,
    events_per_day: (world.events_per_day / world.lakes) * lakes,
  }),
);
say(tableText(worlds.map((each) => [each, need(each, costs.costs)])));

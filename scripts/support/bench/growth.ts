/** What a long history costs: commands, reads of the past and proofs in a large lake. */
import { type Figure, ms } from "./figures.ts";
import { open, requestBytes } from "./http.ts";
import { audit, createLake, DATASET, eventsIn, fill, ingest, read, settled } from "./lakes.ts";
import { compare, load, median } from "./load.ts";
import { type Place, type Runtime, start } from "./runtime.ts";

const SMALL = "small";
const LARGE = "large";
/** Warms a fresh process without touching the two lakes that are compared. */
const OTHER = "other";

export const SMALL_EVENTS = 1_000;
/** Of the dataset whose past is asked for. */
const DATASET_EVENTS = 500;

/** One slice of a latency measurement. */
const LATENCY = { seconds: 0.8 };

export const fillLakes = async (
  runtime: Runtime,
  events: number,
  inBulk: boolean,
): Promise<void> => {
  const { lethe } = runtime;
  for (const lake of [SMALL, LARGE, OTHER]) {
    await createLake(lethe, lake);
    await ingest(lethe, lake, DATASET_EVENTS);
  }
  await fill(lethe, SMALL, SMALL_EVENTS, false);
  await fill(lethe, LARGE, events, inBulk);
  await settled(runtime, [SMALL, LARGE, OTHER]);
};

/** Latency with `events` in the lake. The small lake grows while it is measured, a little. */
export const latency = async (
  { lethe }: Runtime,
  events: number,
  rounds: number,
): Promise<readonly Figure[]> => {
  const commands = { small: audit(lethe, SMALL), large: audit(lethe, LARGE) };
  await compare(commands, 1, LATENCY, 1);
  const write = await compare(commands, 1, LATENCY, rounds);

  const middle = Math.floor((await eventsIn(lethe, LARGE)) / 2);
  const dataset = `/lakes/${LARGE}/datasets/${DATASET}`;
  const questions = {
    plain: read(lethe, dataset),
    past: read(lethe, `${dataset}?version=${DATASET_EVENTS / 2}`),
    report: read(lethe, `/lakes/${LARGE}/report?version=${middle}`),
    proof: read(lethe, `/lakes/${LARGE}/log/inclusion?seq=${middle}`),
  };
  await compare(questions, 1, { requests: 20 }, 1);
  const asked = await compare(questions, 1, LATENCY, rounds);
  const size = events.toLocaleString("en");
  const ofRead = (what: string, own_ms: number, at_most: number): Figure => ({
    what: `p50 of ${what}, ${size} events : plain read`,
    lethe: ms(own_ms),
    against: ms(asked.plain.p50_ms),
    ratio: own_ms / asked.plain.p50_ms,
    wanted: { at_most },
  });
  return [
    {
      what: `p50 of a command, ${size} events : ${SMALL_EVENTS.toLocaleString("en")}`,
      lethe: ms(write.large.p50_ms),
      against: ms(write.small.p50_ms),
      ratio: write.large.p50_ms / write.small.p50_ms,
      wanted: { at_most: 1.2 },
    },
    ofRead("a dataset's past (?version=)", asked.past.p50_ms, 5),
    ofRead("an inclusion proof", asked.proof.p50_ms, 5),
    ofRead("the report's past (?version=)", asked.report.p50_ms, 5),
  ];
};

/** The first command to a lake after its process is gone; the code itself is warm by then. */
export const eviction = async (place: Place, events: number, times: number): Promise<Figure> => {
  const taken: Record<string, number[]> = { [SMALL]: [], [LARGE]: [] };
  for (let time = 0; time < times; time += 1) {
    const runtime = await start(place);
    try {
      const { lethe } = runtime;
      await load(audit(lethe, OTHER), 4, { requests: 200 });
      await settled(runtime, [OTHER]);
      for (const lake of time % 2 === 0 ? [SMALL, LARGE] : [LARGE, SMALL]) {
        taken[lake]?.push(await firstCommand(lethe, lake));
        await settled(runtime, [lake]);
      }
    } finally {
      await runtime.stop();
    }
  }
  const small = median(taken[SMALL] ?? []);
  const large = median(taken[LARGE] ?? []);
  const size = events.toLocaleString("en");
  return {
    what: `first command after eviction, ${size} events : ${SMALL_EVENTS.toLocaleString("en")}`,
    lethe: ms(large),
    against: ms(small),
    ratio: large / small,
    wanted: { at_most: 3 },
  };
};

const firstCommand = async (url: URL, lake: string): Promise<number> => {
  const connection = await open(url);
  try {
    // The connection is warm, the lake is not.
    await connection.send(requestBytes(url, "GET", "/health"));
    const begin = performance.now();
    const { status, text } = await connection.send(audit(url, lake).request(0));
    const taken_ms = performance.now() - begin;
    if (status !== 201) throw new Error(`first command to ${lake}: ${status} ${text}`);
    return taken_ms;
  } finally {
    connection.close();
  }
};

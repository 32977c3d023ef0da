/**
 * How the reports follow a lake that is busy: events a second that reach D1 while commands come as
 * fast as they are answered, and how long after its answer a command is in the reports.
 */
import { type Figure, ms, rate } from "./figures.ts";
import { audit, createLake, eventsIn, settled } from "./lakes.ts";
import { load, median, percentile } from "./load.ts";
import type { Runtime } from "./runtime.ts";
import type { Pace } from "./throughput.ts";

const LAKE = "relay";
const CALLERS = 32;
/** How often D1 is looked at: no lag is told more exactly. */
const LOOK_EVERY_MS = 25;
/** What is relayed of what is committed, while it is: 1, but for what is on its way at the end. */
const RELAYED_AT_LEAST = 0.9;
/** A delivery begins at most a second behind the one before, and takes its time. */
const LAG_P99_AT_MOST_MS = 2_000;

interface Slice {
  /** Events a second. */
  readonly committed: number;
  readonly relayed: number;
  readonly lags_ms: readonly number[];
}

export const relayFigures = async (runtime: Runtime, pace: Pace): Promise<readonly Figure[]> => {
  await createLake(runtime.lethe, LAKE);
  // Compiles the code and fills the caches; not counted.
  await slice(runtime, pace.seconds);
  const slices: Slice[] = [];
  for (let round = 0; round < pace.rounds; round += 1) {
    slices.push(await slice(runtime, 2 * pace.seconds));
  }
  const committed = median(slices.map((each) => each.committed));
  const relayed = median(slices.map((each) => each.relayed));
  const share = median(slices.map((each) => each.relayed / each.committed));
  const p50 = median(slices.map(({ lags_ms }) => median(lags_ms)));
  const p99 = median(slices.map(({ lags_ms }) => percentile(lags_ms, 0.99)));
  return [
    {
      what: `events relayed to D1, c=${CALLERS}, one lake : events committed meanwhile`,
      lethe: rate(relayed),
      against: rate(committed),
      ratio: share,
      wanted: { at_least: RELAYED_AT_LEAST },
    },
    {
      what: `from the answer to the reports, p99, c=${CALLERS} : ${LAG_P99_AT_MOST_MS} ms`,
      lethe: `${ms(p99)} (p50 ${ms(p50)})`,
      against: `every ${LOOK_EVERY_MS} ms`,
      ratio: p99 / LAG_P99_AT_MOST_MS,
      wanted: { at_most: 1 },
    },
  ];
};

const slice = async (runtime: Runtime, seconds: number): Promise<Slice> => {
  await settled(runtime, [LAKE]);
  const before = await eventsIn(runtime.lethe, LAKE);
  const answered: number[] = [];
  const looks: { readonly at_ms: number; readonly last_seq: number }[] = [];
  let watching = true;
  const watch = async () => {
    while (watching) {
      const last_seq = await runtime.delivered(LAKE);
      looks.push({ at_ms: performance.now(), last_seq });
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };
  const watcher = watch();
  const begin = performance.now();
  const target = {
    ...audit(runtime.lethe, LAKE),
    answered: (at_ms: number) => answered.push(at_ms),
  };
  const { failures } = await load(target, CALLERS, { seconds });
  const end = performance.now();
  await settled(runtime, [LAKE]);
  // One more look, at which all is there.
  await new Promise((resolve) => setTimeout(resolve, 2 * LOOK_EVERY_MS));
  watching = false;
  await watcher;
  if (failures > 0) throw new Error(`${failures} commands failed`);
  const arrived = looks.findLast(({ at_ms }) => at_ms <= end)?.last_seq ?? before;
  const taken_s = (end - begin) / 1000;
  return {
    committed: answered.length / taken_s,
    relayed: (arrived - before) / taken_s,
    lags_ms: lags(answered, before, looks),
  };
};

/** One event a command; so many answers are so many events, whichever was whose. */
const lags = (
  answered: readonly number[],
  before: number,
  looks: readonly { readonly at_ms: number; readonly last_seq: number }[],
): readonly number[] => {
  let at = 0;
  return answered.flatMap((at_ms, index) => {
    while ((looks[at]?.last_seq ?? Number.POSITIVE_INFINITY) < before + index + 1) at += 1;
    const seen = looks[at];
    return seen === undefined ? [] : [Math.max(0, seen.at_ms - at_ms)];
  });
};

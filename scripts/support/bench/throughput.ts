/** Commands a second, against a bare object in the same process and the same minute. */
import { type Figure, rate } from "./figures.ts";
import { audit, auditAcross, bareInsert, bulk, createLake, settled, takesBulk } from "./lakes.ts";
import { compare, type Load, load, median } from "./load.ts";
import type { Runtime } from "./runtime.ts";

export interface Pace {
  /** Length of one slice. */
  readonly seconds: number;
  /** Slices of each kind, of which the median counts. */
  readonly rounds: number;
}

const LAKE = "throughput";
const LAKES = Array.from({ length: 16 }, (_, n) => `throughput-${n}`);

/** Bulk requests in flight. */
const BULK_CALLERS = 4;

export const throughput = async (runtime: Runtime, pace: Pace): Promise<readonly Figure[]> => {
  const { lethe, bare } = runtime;
  for (const lake of [LAKE, ...LAKES]) await createLake(lethe, lake);
  const one = { lethe: audit(lethe, LAKE), bare: bareInsert(bare, [LAKE]) };
  const many = { one: one.lethe, lethe: auditAcross(lethe, LAKES), bare: bareInsert(bare, LAKES) };
  const extent = { seconds: pace.seconds };
  // Compiles the code and fills the caches; not counted.
  await compare({ ...one, many: many.lethe, bares: many.bare }, 8, extent, 1);

  const alone = await compare(one, 1, extent, pace.rounds);
  // The host's speed and its disk's change within minutes, and this ratio the most with them.
  const together = await compare(one, 32, extent, 2 * pace.rounds);
  const spread = await compare(many, 32, extent, Math.max(1, pace.rounds - 2));
  await settled(runtime, [LAKE, ...LAKES]);
  return [
    against("commands, c=1, one lake : one bare object", alone.lethe, alone.bare, 0.6),
    against("commands, c=32, one lake : one bare object", together.lethe, together.bare, 1.5),
    against("commands, c=32, 16 lakes : 16 bare objects", spread.lethe, spread.bare, null),
    against("commands, c=32, 16 lakes : one lake", spread.lethe, spread.one, null),
    await inBulk(runtime, pace),
  ];
};

/** Each slice against the one beside it: what slows the host down for a while slows both. */
const against = (what: string, own: Load, other: Load, at_least: number | null): Figure => {
  const ratios = own.rates.map(
    (perSecond, round) => perSecond / (other.rates[round] ?? Number.NaN),
  );
  return {
    what,
    lethe: shown(own),
    against: shown(other),
    ratio: median(ratios),
    range: [Math.min(...ratios), Math.max(...ratios)],
    wanted: at_least === null ? null : { at_least },
  };
};

const shown = ({ rate: perSecond, p50_ms, failures }: Load): string =>
  `${rate(perSecond)} (p50 ${p50_ms.toFixed(2)} ms${failures > 0 ? `, ${failures} FAILED` : ""})`;

const BULK_WANTED = 10_000;

const inBulk = async (runtime: Runtime, pace: Pace): Promise<Figure> => {
  const what = `events, POST /audit-access with arrays, c=${BULK_CALLERS} : ${rate(BULK_WANTED)}`;
  const { lethe } = runtime;
  const lake = "bulk";
  await createLake(lethe, lake);
  if (!(await takesBulk(lethe, lake))) {
    return { what, lethe: "not available", against: "", ratio: null, wanted: null };
  }
  const target = bulk(lethe, lake);
  await load(target, BULK_CALLERS, { requests: 8 });
  const begin = performance.now();
  const { rate: requests, failures } = await load(target, BULK_CALLERS, {
    seconds: pace.seconds * 2,
  });
  const answered_s = (performance.now() - begin) / 1000;
  await settled(runtime, [lake]);
  const delivered_s = (performance.now() - begin) / 1000;
  const events = requests * 1000;
  const delivered = rate((events * answered_s) / delivered_s);
  return {
    what,
    lethe: `${rate(events)}${failures > 0 ? `, ${failures} FAILED` : ""}`,
    against: `until in the reports: ${delivered}`,
    ratio: events / BULK_WANTED,
    wanted: { at_least: 1 },
  };
};

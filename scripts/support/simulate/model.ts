/**
 * How N lakes fill the databases of their reports. A few lakes have most of the events (Zipf's law:
 * the k-th has 1 / k^skew of what the first has). Each chooses with its first delivery the database
 * that is the smallest then, as src/reporting/reportSink.ts has it, and stays: a database is as full
 * and as busy as its lakes make it. Pure: the same question has the same answer.
 */
import { BUSY_AT, D1, FULL_AT } from "./limits.ts";
import { poisson, randomOf, shuffled } from "./random.ts";

/** What one event costs, as real deliveries were measured to. */
export interface Costs {
  /** An access: its row and what changes with it; and a new row of the counts by day. */
  readonly access: Cost;
  readonly counted: Cost;
  /** Any other event, with the rows of lakes, datasets, batches and requests. */
  readonly other: Cost;
}

export interface Cost {
  readonly bytes: number;
  /** As they are billed. */
  readonly rows: number;
  readonly ms: number;
}

export interface World {
  readonly lakes: number;
  /** Of all lakes together, on average. */
  readonly events_per_day: number;
  readonly skew: number;
  /** Of the events; the others are what happens to data and requests. */
  readonly accesses: number;
  /** Different counts of a day in one lake: datasets by accessors by actions, at most. */
  readonly counts_per_day: number;
  /** Events of the busiest hour : events of an average one. */
  readonly peak: number;
  /** Of the events, a year: 0.2 is a fifth more. */
  readonly growth: number;
  readonly years: number;
  readonly seed: number;
  /** A busy lake delivers no more often than this. */
  readonly delivery_every_ms: number;
  /** Of a delivery besides its events. */
  readonly batch_ms: number;
  /** In which all lakes come into being, one after the other; 0: all on the first. */
  readonly arrival_days: number;
}

export interface Lake {
  /** Events of an average day, in the first year. */
  readonly events_per_day: number;
  /** The day on which it comes into being. */
  readonly arrives_on: number;
}

/** The largest first; they come in an order that says nothing of their size. */
export const lakesOf = (world: World): readonly Lake[] => {
  const { lakes, events_per_day, skew, seed, arrival_days } = world;
  const weights = Array.from({ length: lakes }, (_, rank) => 1 / (rank + 1) ** skew);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const turns = shuffled([...weights.keys()], randomOf(seed));
  return weights.map((weight, rank) => ({
    events_per_day: (events_per_day * weight) / whole,
    arrives_on: Math.floor(((turns[rank] ?? 0) * arrival_days) / lakes),
  }));
};

const SECONDS_A_DAY = 86_400;
export const DAYS_A_YEAR = 365;
/** What a lake takes of a day is drawn for so many days at once. */
const DAYS_A_STEP = 5;

/** Of an average day of one lake: bytes that stay, rows that are billed. */
export const dayOf = (world: World, costs: Costs, events: number): Omit<Cost, "ms"> => {
  const accesses = events * world.accesses;
  const others = events - accesses;
  // Few accesses are counted in a row each, many share the rows there are.
  const counted = world.counts_per_day * (1 - Math.exp(-accesses / world.counts_per_day));
  const sum = (of: (cost: Cost) => number) =>
    accesses * of(costs.access) + counted * of(costs.counted) + others * of(costs.other);
  return { bytes: sum((cost) => cost.bytes), rows: sum((cost) => cost.rows) };
};

/** How much of its time a database is busy with what one lake delivers, at so many events a second. */
export const busyWith = (world: World, costs: Costs, events_per_second: number): number => {
  if (events_per_second === 0) return 0;
  // An event begins a delivery, or finds one under way and goes with the next.
  const deliveries = events_per_second / (1 + (events_per_second * world.delivery_every_ms) / 1000);
  const { accesses } = world;
  const ms = accesses * (costs.access.ms + costs.counted.ms) + (1 - accesses) * costs.other.ms;
  return (deliveries * world.batch_ms + events_per_second * ms) / 1000;
};

/** How much more there is on a day than on the first. */
export const grown = ({ growth }: World, day: number): number =>
  (1 + growth) ** (day / DAYS_A_YEAR);

const busyOn = (world: World, costs: Costs, lakes: readonly Lake[], day: number): number =>
  lakes.reduce((sum, { events_per_day }) => {
    const peak = (events_per_day * grown(world, day) * world.peak) / SECONDS_A_DAY;
    return sum + busyWith(world, costs, peak);
  }, 0);

export interface Filled {
  /** The first day on which a database is too full, too busy; null: none within the years. */
  readonly full_on: number | null;
  readonly busy_on: number | null;
  /** On the last day: of the fullest and of the busiest database. */
  readonly bytes: number;
  readonly busy: number;
  /** Of all databases. */
  readonly total_bytes: number;
  /** Of the last month, in all. */
  readonly rows_a_month: number;
}

/** What a month costs beyond what is included, in US dollars. */
export const dollarsAMonth = ({ rows_a_month, total_bytes }: Filled): number => {
  const rows = Math.max(0, rows_a_month - D1.rows_written_included);
  const bytes = Math.max(0, total_bytes - D1.bytes_included);
  return (rows / 1e6) * D1.dollars_per_million_rows + (bytes / 1e9) * D1.dollars_per_gb;
};

/** A database and the lakes that report to it. */
interface Home {
  readonly lakes: Lake[];
  bytes: number;
}

/** The smallest; of equals the one with fewer lakes, as each lake takes some room when it comes. */
const smallest = (homes: readonly Home[]): Home | undefined =>
  homes.toSorted((a, b) => a.bytes - b.bytes || a.lakes.length - b.lakes.length)[0];

/** Runs the years with a number of databases. Events fall as chance has them, lake by lake. */
export const fill = (world: World, costs: Costs, databases: number): Filled => {
  const random = randomOf(world.seed + 1);
  const homes: readonly Home[] = Array.from({ length: databases }, () => ({ lakes: [], bytes: 0 }));
  const coming = lakesOf(world).toSorted((a, b) => a.arrives_on - b.arrives_on);
  const days = Math.round(world.years * DAYS_A_YEAR);
  let full_on: number | null = null;
  let busy_on: number | null = null;
  let rows = 0;
  let arrived = 0;
  for (let day = 0; day < days; day += DAYS_A_STEP) {
    const step = Math.min(DAYS_A_STEP, days - day);
    for (; (coming[arrived]?.arrives_on ?? days) < day + step; arrived += 1) {
      const lake = coming[arrived];
      if (lake) smallest(homes)?.lakes.push(lake);
    }
    rows = 0;
    for (const home of homes) {
      for (const lake of home.lakes) {
        const events = poisson(lake.events_per_day * grown(world, day) * step, random) / step;
        const cost = dayOf(world, costs, events);
        home.bytes += cost.bytes * step;
        rows += cost.rows;
      }
    }
    if (homes.some(({ bytes }) => bytes > D1.database_bytes * FULL_AT)) full_on ??= day + step;
    if (homes.some(({ lakes }) => busyOn(world, costs, lakes, day) > BUSY_AT)) busy_on ??= day;
  }
  return {
    full_on,
    busy_on,
    bytes: Math.max(...homes.map(({ bytes }) => bytes)),
    busy: Math.max(...homes.map(({ lakes }) => busyOn(world, costs, lakes, days))),
    total_bytes: homes.reduce((sum, { bytes }) => sum + bytes, 0),
    rows_a_month: rows * (DAYS_A_YEAR / 12),
  };
};

export interface Need {
  readonly one: Filled;
  /** The fewest that hold `for_years`; null when even `MAX_DATABASES` do not. */
  readonly databases: number | null;
  readonly with_them: Filled | null;
  /** The years asked for, or as many as the largest lake leaves some room in a database of its own. */
  readonly for_years: number;
  readonly largest: Largest;
}

/** What the largest lake alone makes of a database: it cannot be parted. */
export interface Largest {
  readonly bytes: number;
  readonly busy: number;
  readonly full_on: number | null;
}

/** More are not looked at. */
export const MAX_DATABASES = 128;
/** Of the time until the largest lake has filled a database, in which others may share it. */
const SHARED = 0.9;

export const need = (world: World, costs: Costs): Need => {
  const one = fill(world, costs, 1);
  const largest = alone(world, costs);
  const { full_on } = largest;
  const for_years = full_on === null ? world.years : (full_on * SHARED) / DAYS_A_YEAR;
  const found = fewest({ ...world, years: for_years }, costs);
  return { one, largest, for_years, ...found };
};

const fewest = (world: World, costs: Costs): Pick<Need, "databases" | "with_them"> => {
  const one = fill(world, costs, 1);
  const least = Math.ceil(Math.max(one.bytes / (D1.database_bytes * FULL_AT), one.busy / BUSY_AT));
  for (let databases = Math.max(1, least); databases <= MAX_DATABASES; databases += 1) {
    const filled = databases === 1 ? one : fill(world, costs, databases);
    const holds = filled.full_on === null && filled.busy_on === null;
    if (holds) return { databases, with_them: filled };
  }
  return { databases: null, with_them: null };
};

const alone = (world: World, costs: Costs): Largest => {
  const [lake] = lakesOf(world);
  if (lake === undefined) return { bytes: 0, busy: 0, full_on: null };
  const days = Math.round(world.years * DAYS_A_YEAR);
  let bytes = 0;
  let full_on: number | null = null;
  for (let day = 0; day < days; day += 1) {
    bytes += dayOf(world, costs, lake.events_per_day * grown(world, day)).bytes;
    if (bytes > D1.database_bytes * FULL_AT) full_on ??= day + 1;
  }
  return { bytes, busy: busyOn(world, costs, [lake], days), full_on };
};

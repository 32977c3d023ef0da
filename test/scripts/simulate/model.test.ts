import { describe, expect, it } from "vitest";
import { BUSY_AT, D1, FULL_AT } from "../../../scripts/support/simulate/limits.ts";
import {
  busyWith,
  type Costs,
  DAYS_A_YEAR,
  dayOf,
  dollarsAMonth,
  fill,
  lakesOf,
  need,
  type World,
} from "../../../scripts/support/simulate/model.ts";
import { poisson, randomOf, shuffled } from "../../../scripts/support/simulate/random.ts";
import { needText, tableText, worldText } from "../../../scripts/support/simulate/report.ts";
import { readWorld, type Values } from "../../../scripts/support/simulate/world.ts";
import fc from "../../support/property.ts";

const COSTS: Costs = {
  access: { bytes: 200, rows: 2, ms: 0.04 },
  counted: { bytes: 500, rows: 7, ms: 0.06 },
  other: { bytes: 600, rows: 5, ms: 0.2 },
};

const WORLD: World = {
  lakes: 50,
  events_per_day: 100_000,
  skew: 1,
  accesses: 0.8,
  counts_per_day: 200,
  peak: 4,
  growth: 0,
  years: 1,
  seed: 1,
  delivery_every_ms: 250,
  batch_ms: 10,
  arrival_days: 0,
};

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);

describe("lakes", () => {
  it("share the events by Zipf's law, and come in another order with another seed", () => {
    const lakes = lakesOf({ ...WORLD, arrival_days: 100 });
    const sizes = lakes.map(({ events_per_day }) => events_per_day);
    expect(sum(sizes)).toBeCloseTo(100_000);
    for (const [rank, size] of sizes.entries()) {
      expect(size * (rank + 1)).toBeCloseTo(sizes[0] ?? 0);
    }
    const days = (all: typeof lakes) => all.map(({ arrives_on }) => arrives_on);
    const others = lakesOf({ ...WORLD, arrival_days: 100, seed: 2 });
    expect(others.map(({ events_per_day }) => events_per_day)).toEqual(sizes);
    expect(days(others)).not.toEqual(days(lakes));
    // One every other day.
    expect(days(lakes).toSorted((a, b) => a - b)).toEqual(sizes.map((_, index) => index * 2));
    expect(days(lakesOf(WORLD))).toEqual(sizes.map(() => 0));
    expect(lakesOf({ ...WORLD, skew: 0 })[49]?.events_per_day).toBeCloseTo(2_000);
  });
});

describe("chance", () => {
  it("comes out the same for the same seed, between 0 and 1, and evenly", () => {
    const drawn = (seed: number) => {
      const random = randomOf(seed);
      return Array.from({ length: 10_000 }, random);
    };
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7).slice(0, 5)).not.toEqual(drawn(8).slice(0, 5));
    expect(drawn(7).every((value) => value >= 0 && value < 1)).toBe(true);
    expect(sum(drawn(7)) / 10_000).toBeCloseTo(0.5, 1);
  });

  it.each([0, 0.2, 3, 29, 31, 4_000])("has events happen %d times on average", (mean) => {
    const random = randomOf(3);
    const counts = Array.from({ length: 4_000 }, () => poisson(mean, random));
    expect(counts.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
    const average = sum(counts) / counts.length;
    // Six times the error that is to be expected of so many.
    expect(Math.abs(average - mean)).toBeLessThanOrEqual(6 * Math.sqrt(mean / counts.length));
  });

  it("loses nothing in shuffling", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const mixed = shuffled(items, randomOf(seed));
        expect([...mixed].sort()).toEqual([...items].sort());
      }),
    );
  });
});

describe("a day of a lake", () => {
  it("costs a row of counts for each of a few accesses, and no more than there are for many", () => {
    const of = (events: number) => dayOf({ ...WORLD, accesses: 1 }, COSTS, events).bytes;
    expect(of(1) / 700).toBeCloseTo(1, 2);
    expect(of(1e6)).toBeCloseTo(1e6 * 200 + 200 * 500, 0);
    expect(of(0)).toBe(0);
    expect(dayOf({ ...WORLD, accesses: 0 }, COSTS, 10)).toEqual({ bytes: 6_000, rows: 50 });
  });
});

describe("a database", () => {
  it("is busy with a delivery for each event of a quiet lake, and with four a second of a busy one", () => {
    const world = { ...WORLD, accesses: 0 };
    const costs = { ...COSTS, other: { ...COSTS.other, ms: 0 } };
    expect(busyWith(world, costs, 0.001)).toBeCloseTo(0.001 * 0.01, 8);
    expect(busyWith(world, costs, 1e6)).toBeCloseTo(4 * 0.01, 4);
    expect(busyWith(world, costs, 0)).toBe(0);
  });

  it("is full on the day that its lakes' days add up to, give or take a step", () => {
    const one = { ...WORLD, lakes: 1, accesses: 0, events_per_day: 100_000 };
    const day = (D1.database_bytes * FULL_AT) / (100_000 * 600);
    const { full_on, busy_on } = fill(one, COSTS, 1);
    expect(Math.abs((full_on ?? 0) - day)).toBeLessThanOrEqual(5);
    expect(busy_on).toBeNull();
  });

  it("is full sooner the more is added each year", () => {
    const still = fill({ ...WORLD, years: 3 }, COSTS, 1).full_on ?? 0;
    const growing = fill({ ...WORLD, years: 3, growth: 1 }, COSTS, 1).full_on ?? 0;
    expect(growing).toBeGreaterThan(0);
    expect(growing).toBeLessThan(still);
  });

  it("has the same years for the same seed, and the bytes of all are those of one", () => {
    expect(fill(WORLD, COSTS, 3)).toEqual(fill(WORLD, COSTS, 3));
    const [one, three] = [fill(WORLD, COSTS, 1), fill(WORLD, COSTS, 3)];
    expect(three.total_bytes / one.total_bytes).toBeCloseTo(1, 3);
    expect(three.bytes).toBeLessThan(one.bytes);
    expect(one.bytes).toBe(one.total_bytes);
  });

  it("takes those who come while it is the smallest: all are about as full, but for the largest lake", () => {
    const even = fill({ ...WORLD, skew: 0, lakes: 400, arrival_days: 200 }, COSTS, 4);
    expect(even.bytes / (even.total_bytes / 4)).toBeLessThan(1.1);
    const uneven = fill({ ...WORLD, skew: 1.5 }, COSTS, 4);
    expect(uneven.bytes / (uneven.total_bytes / 4)).toBeGreaterThan(1.4);
  });

  it("has nothing of a lake before it comes", () => {
    const at_once = fill(WORLD, COSTS, 1).total_bytes;
    const by_and_by = fill({ ...WORLD, arrival_days: 365 }, COSTS, 1).total_bytes;
    expect(by_and_by).toBeGreaterThan(0);
    expect(by_and_by).toBeLessThan(at_once);
  });
});

describe("what is needed", () => {
  it("is one database for little", () => {
    expect(need({ ...WORLD, events_per_day: 100 }, COSTS)).toMatchObject({
      databases: 1,
      one: { full_on: null, busy_on: null },
    });
  });

  it("is more by size, each of them neither too full nor too busy", () => {
    const { one, databases, with_them } = need({ ...WORLD, skew: 0.5, years: 1.5 }, COSTS);
    expect(one.full_on).not.toBeNull();
    expect(databases).toBeGreaterThanOrEqual(Math.ceil(one.bytes / (D1.database_bytes * FULL_AT)));
    expect(with_them?.bytes).toBeLessThanOrEqual(D1.database_bytes * FULL_AT);
    expect(with_them?.busy).toBeLessThanOrEqual(BUSY_AT);
  });

  it("is more by write rate, when events are many and small", () => {
    const slow = { ...WORLD, lakes: 2_000, skew: 0, events_per_day: 2_000_000, batch_ms: 30 };
    const { one, databases } = need({ ...slow, years: 10 / DAYS_A_YEAR }, COSTS);
    expect([one.full_on, one.busy_on]).toEqual([null, 0]);
    expect(databases).toBeGreaterThan(1);
  });

  it("is for no longer than the largest lake fits into one", () => {
    const world = { ...WORLD, events_per_day: 1e6, years: 2 };
    const { databases, for_years, largest } = need(world, COSTS);
    expect(largest.full_on).toBeLessThan(2 * DAYS_A_YEAR);
    expect(databases).toBeGreaterThan(1);
    expect(for_years * DAYS_A_YEAR).toBeLessThan(largest.full_on ?? 0);
    expect(needText(need(world, COSTS), world)).toContain("the largest lake alone fills one after");
  });

  it("costs nothing within what is included, and by the row and the byte beyond it", () => {
    const filled = fill(WORLD, COSTS, 1);
    const at = (rows_a_month: number, total_bytes: number) =>
      dollarsAMonth({ ...filled, rows_a_month, total_bytes });
    expect(at(D1.rows_written_included, D1.bytes_included)).toBe(0);
    expect(at(D1.rows_written_included + 3e6, D1.bytes_included + 4e9)).toBeCloseTo(6);
  });
});

describe("the report", () => {
  it("says when a second database is needed, why, and how many in the end", () => {
    const world = { ...WORLD, skew: 0.5, years: 2 };
    const needed = need(world, COSTS);
    const text = needText(needed, world);
    expect(text).toContain(`after ${needed.one.full_on} days`);
    expect(text).toContain("not within 2 years");
    expect(text).toContain(`For 2 years ${needed.databases} are enough`);
    expect(worldText(world)).toContain("50 lakes, 100,000 events a day");
    const table = tableText([[world, needed]]).split("\n");
    expect(table).toHaveLength(3);
    expect(table[2]).toContain("| 50 | 100,000 |");
  });
});

describe("what is asked for", () => {
  const VALUES: Values = {
    lakes: "500",
    "events-per-day": "1e5",
    skew: "1",
    accesses: "0.8",
    counts: "200",
    peak: "4",
    growth: "0.2",
    years: "5",
    "arrival-days": "0",
    "batch-ms": "10",
    seed: "1",
  };
  const given = { delivery_every_ms: 250 };

  it("is read, every number of it", () => {
    expect(readWorld(VALUES, given)).toEqual({
      ok: true,
      value: {
        ...WORLD,
        lakes: 500,
        growth: 0.2,
        years: 5,
      },
    });
  });

  it.each([
    ["lakes", "0"],
    ["lakes", "1.5"],
    ["lakes", "many"],
    ["events-per-day", ""],
    ["accesses", "1.1"],
    ["peak", "0.5"],
    ["years", "51"],
    ["seed", "-1"],
    ["arrival-days", "-1"],
  ] as const)("is refused when it makes no sense: --%s %s", (option, value) => {
    const read = readWorld({ ...VALUES, [option]: value }, given);
    expect(read).toMatchObject({
      ok: false,
      error: expect.stringContaining(`--${option} must be`),
    });
  });
});

import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "../../src/reporting/cursor.ts";
import type { MonthOfDeletions } from "../../src/reporting/deletionSummary.ts";
import { byKey, mergedMonths, mergedPage } from "../../src/reporting/merge.ts";
import type { Key, Page } from "../../src/reporting/page.ts";
import fc from "../support/property.ts";

interface Item {
  readonly key: Key;
}

const keyOf = ({ key }: Item): Key => key;

const sorted = (keys: readonly Key[]): readonly Key[] => [...keys].sort(byKey);

/** A database that tells `size` rows at a time, or looks at so many and shows every second. */
const database =
  (keys: readonly Key[], size: number, sieve: boolean) =>
  async (cursor: string | null): Promise<Page<Item>> => {
    const after = cursor === null ? null : decodeCursor(cursor, 2);
    const rest = sorted(keys).filter((key) => after === null || byKey(key, after) > 0);
    const looked = rest.slice(0, size);
    const items = looked.filter((key) => !sieve || key[1] !== "b").map((key) => ({ key }));
    const last = looked.at(-1);
    const more = rest.length > looked.length && last !== undefined;
    return { items, next_cursor: more ? encodeCursor(last) : null };
  };

describe("a list of several databases", () => {
  it("is what one database of all their rows would tell, in its order", async () => {
    const part = fc.constantFrom("", "a", "b", "ab", "é", "\uffee", "🐢");
    const rows = fc.uniqueArray(fc.tuple(part, part), { selector: (key) => key.join("|") });
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.array(fc.nat({ max: 2 })),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (all, places, limit, sieve) => {
          const databases = [0, 1, 2].map((place) =>
            database(
              all.filter((_, index) => (places[index] ?? 0) === place),
              limit,
              sieve,
            ),
          );
          const found: Key[] = [];
          let cursor: string | null = null;
          do {
            const page: Page<Item> = await mergedPage(
              databases.map((ask) => ask(cursor)),
              { limit },
              keyOf,
            );
            expect(page.items.length).toBeLessThanOrEqual(limit);
            found.push(...page.items.map(keyOf));
            cursor = page.next_cursor;
          } while (cursor !== null);
          expect(found).toEqual(sorted(all).filter(([, second]) => !sieve || second !== "b"));
        },
      ),
    );
  });

  it("is in the order of bytes, as SQLite has it", () => {
    // UTF-16 would put the surrogates of the turtle first.
    expect(byKey(["\uffee"], ["🐢"])).toBeLessThan(0);
    expect(byKey(["a", "b"], ["a", "b"])).toBe(0);
  });
});

const ranked = (seconds: readonly number[]): number | null =>
  [...seconds].sort((a, b) => a - b)[Math.ceil((seconds.length * 95) / 100) - 1] ?? null;

const month = (seconds: readonly number[], name = "2026-11"): MonthOfDeletions => ({
  month: name,
  ...{ requested: 1, overdue: 2, rejected: 3, extended: 4, open: 5 },
  completed: seconds.length,
  completion_seconds: seconds.reduce((total, one) => total + one, 0),
  average_completion_seconds: null,
  p95_completion_seconds: ranked(seconds),
});

const MONTHS = ["2026-10", "2026-11", "2026-12"];

describe("months of several databases", () => {
  it("have the percentiles of all times together, found by counting in all of them at once", async () => {
    const times = fc.array(fc.integer({ min: -5, max: 10_000_000 }), { maxLength: 40 });
    const year = fc.tuple(times, times, times);
    await fc.assert(
      fc.asyncProperty(fc.array(year, { minLength: 1, maxLength: 4 }), async (databases) => {
        const all = MONTHS.map((_, at) => databases.flatMap((each) => each[at] ?? []));
        let rounds = 0;
        const merged = await mergedMonths(
          databases.map((each) => each.map((seconds, at) => month(seconds, MONTHS[at]))),
          async (wanted) => {
            rounds += 1;
            return wanted.map(
              ({ month: name, seconds }) =>
                (all[MONTHS.indexOf(name)] ?? []).filter((one) => one <= seconds).length,
            );
          },
        );
        expect(merged.map((each) => each.month)).toEqual(MONTHS);
        expect(merged.map((each) => each.p95_completion_seconds)).toEqual(all.map(ranked));
        expect(merged.map((each) => each.completed)).toEqual(all.map(({ length }) => length));
        expect(merged.map((each) => each.average_completion_seconds)).toEqual(
          all.map((own) => (own.length === 0 ? null : own.reduce((a, b) => a + b, 0) / own.length)),
        );
        expect(rounds).toBeLessThanOrEqual(25);
        if (databases.length === 1) expect(rounds).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("add up everything else", async () => {
    const merged = await mergedMonths([[month([1])], [month([])]], async () => []);
    expect(merged).toEqual([
      {
        month: "2026-11",
        ...{ requested: 2, completed: 1, overdue: 4, rejected: 6, extended: 8, open: 10 },
        average_completion_seconds: 1,
        p95_completion_seconds: 1,
      },
    ]);
  });
});

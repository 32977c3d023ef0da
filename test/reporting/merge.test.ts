import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "../../src/reporting/cursor.ts";
import type { MonthOfDeletions } from "../../src/reporting/deletionSummary.ts";
import { byKey, mergedMonth, mergedPage } from "../../src/reporting/merge.ts";
import type { Key, Page } from "../../src/reporting/page.ts";

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

const month = (seconds: readonly number[]): MonthOfDeletions => ({
  month: "2026-11",
  ...{ requested: 1, overdue: 2, rejected: 3, extended: 4, open: 5 },
  completed: seconds.length,
  completion_seconds: seconds.reduce((total, one) => total + one, 0),
  average_completion_seconds: null,
  p95_completion_seconds: ranked(seconds),
});

describe("a month of several databases", () => {
  it("has the percentile of all times together, found by counting", async () => {
    const times = fc.array(fc.integer({ min: -5, max: 10_000_000 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(times, { minLength: 1, maxLength: 4 }), async (parts) => {
        const all = parts.flat();
        let asked = 0;
        const { p95_completion_seconds, average_completion_seconds, completed } = await mergedMonth(
          parts.map(month),
          async (seconds) => {
            asked += 1;
            return all.filter((one) => one <= seconds).length;
          },
        );
        expect(p95_completion_seconds).toBe(ranked(all));
        expect(completed).toBe(all.length);
        expect(average_completion_seconds).toBe(
          all.length === 0 ? null : all.reduce((a, b) => a + b, 0) / all.length,
        );
        expect(asked).toBeLessThanOrEqual(25);
      }),
      { numRuns: 300 },
    );
  });

  it("adds up everything else", async () => {
    const merged = await mergedMonth([month([1]), month([])], async () => 0);
    expect(merged).toEqual({
      month: "2026-11",
      ...{ requested: 2, completed: 1, overdue: 4, rejected: 6, extended: 8, open: 10 },
      average_completion_seconds: 1,
      p95_completion_seconds: 1,
    });
  });
});

import { describe, expect, it } from "vitest";
import { knownLakes, type LakeSource } from "../../src/application/knownLakes.ts";

/** Pages through its lakes by how many it has given. */
const source = (name: string, lakes: readonly string[]): LakeSource => ({
  name,
  page: async (limit, cursor) => {
    const start = Number(cursor ?? 0);
    const end = start + limit;
    return {
      lake_ids: lakes.slice(start, end),
      next_cursor: end < lakes.length ? String(end) : null,
    };
  },
});

const REPORTED = ["a", "b", "c"];

const all = knownLakes(
  [source("reports_", REPORTED.slice(0, 2)), source("reports_eu", REPORTED.slice(2))],
  [source("objects_", ["a", "b", "lost", "c"])],
  async (lake_ids) => new Set(lake_ids.filter((each) => REPORTED.includes(each))),
);

describe("every lake that is known", () => {
  it.each([1, 2, 3, 100])(
    "is named once, by pages of %i, first those of the reports",
    async (limit) => {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof all>> = await all(limit, cursor);
        if (page === null) throw new Error("it was a cursor of its own");
        expect(page.lake_ids.length).toBeLessThanOrEqual(limit);
        seen.push(...page.lake_ids);
        cursor = page.next_cursor;
      } while (cursor !== null);
      expect(seen).toEqual([...REPORTED, "lost"]);
    },
  );

  it("is not looked for where a cursor names no source", async () => {
    expect(await all(1, "reports_us~1")).toBeNull();
  });
});

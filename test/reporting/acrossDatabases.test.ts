/** Reports of several databases, as one. */
import { describe, expect, it } from "vitest";
import { acrossDatabases, type ReportDatabase } from "../../src/reporting/acrossDatabases.ts";
import { BadCursorError } from "../../src/reporting/cursor.ts";
import type { LakeItem, ReportQueries } from "../../src/reporting/queries.ts";

/** A database of lakes by name, whose cursors are the last name. */
const database = (name: string, lakes: readonly string[]): ReportDatabase => ({
  name,
  queries: {
    lakes: async ({ limit, cursor }: { limit: number; cursor: string | null }) => {
      const rest = lakes.filter((each) => cursor === null || each > cursor);
      const items = rest.slice(0, limit).map((lake_id) => ({ lake_id }) as LakeItem);
      const next_cursor = rest.length > limit ? (items.at(-1)?.lake_id ?? null) : null;
      return { items, next_cursor };
    },
  } as unknown as ReportQueries,
});

const listed = async (
  reports: Pick<ReportQueries, "lakes">,
  limit: number,
): Promise<readonly string[][]> => {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<ReportQueries["lakes"]>> = await reports.lakes({
      limit,
      cursor,
    });
    pages.push(page.items.map(({ lake_id }) => lake_id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  return pages;
};

describe("a list across databases", () => {
  const three = [
    database("", ["a", "b", "c"]),
    database("eu", []),
    database("us", ["a1", "d", "e"]),
  ];

  it.each([1, 2, 3, 4, 6, 100])("has everything once, whatever the page: %i", async (limit) => {
    const pages = await listed(acrossDatabases(three), limit);
    expect(pages.flat()).toEqual(["a", "b", "c", "a1", "d", "e"]);
    expect(pages.every((page) => page.length <= limit)).toBe(true);
    expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
  });

  it("of one database is that database's own, cursors included", async () => {
    const only = acrossDatabases([database("", ["a", "b"])]);
    expect(await only.lakes({ limit: 1, cursor: null })).toMatchObject({ next_cursor: "a" });
    expect(await listed(only, 2)).toEqual([["a", "b"]]);
  });

  it("takes no cursor of a database that is not there", async () => {
    await expect(
      acrossDatabases(three).lakes({ limit: 1, cursor: "mars~a" }),
    ).rejects.toBeInstanceOf(BadCursorError);
  });
});

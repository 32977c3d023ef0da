/** Reports of several databases, as one. */
import { describe, expect, it } from "vitest";
import { acrossDatabases, type ReportDatabase } from "../../src/reporting/acrossDatabases.ts";
import { BadCursorError } from "../../src/reporting/cursor.ts";
import type { LakeItem, MonthlyReport, ReportQueries } from "../../src/reporting/queries.ts";

/** A database of lakes by name, whose cursors are the last name. */
const database = (
  name: string,
  lakes: readonly string[],
  monthly: Partial<MonthlyReport> = {},
): ReportDatabase => ({
  name,
  queries: {
    lakes: async ({ limit, cursor }: { limit: number; cursor: string | null }) => {
      const rest = lakes.filter((each) => cursor === null || each > cursor);
      const items = rest.slice(0, limit).map((lake_id) => ({ lake_id }) as LakeItem);
      const next_cursor = rest.length > limit ? (items.at(-1)?.lake_id ?? null) : null;
      return { items, next_cursor };
    },
    monthly: async (month: string) => ({
      month,
      deletions: { requested: 0, completed: 0, overdue: 0, average_completion_seconds: null },
      access_by_dataset: [],
      access_by_user: [],
      ...monthly,
    }),
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

describe("a month across databases", () => {
  const deletions = (completed: number, average_completion_seconds: number | null) => ({
    requested: 3,
    completed,
    overdue: 1,
    average_completion_seconds,
  });

  it("adds up, averages by how many there were, and ranks anew", async () => {
    const reports = acrossDatabases([
      database("", [], {
        deletions: deletions(1, 100),
        access_by_dataset: [{ lake_id: "a", dataset_id: "d", count: 5 }],
        access_by_user: [
          { accessor_id: "ann", count: 4 },
          { accessor_id: "bob", count: 3 },
        ],
      }),
      database("eu", [], {
        deletions: deletions(3, 20),
        access_by_dataset: [{ lake_id: "b", dataset_id: "d", count: 9 }],
        access_by_user: [{ accessor_id: "bob", count: 2 }],
      }),
      database("us", [], { deletions: deletions(0, null) }),
    ]);
    expect(await reports.monthly("2026-11")).toEqual({
      month: "2026-11",
      deletions: { requested: 9, completed: 4, overdue: 3, average_completion_seconds: 40 },
      access_by_dataset: [
        { lake_id: "b", dataset_id: "d", count: 9 },
        { lake_id: "a", dataset_id: "d", count: 5 },
      ],
      access_by_user: [
        { accessor_id: "bob", count: 5 },
        { accessor_id: "ann", count: 4 },
      ],
    });
  });

  it("has no average where nothing was completed", async () => {
    const none = acrossDatabases([database("", []), database("eu", [])]);
    expect((await none.monthly("2026-11")).deletions.average_completion_seconds).toBeNull();
  });
});

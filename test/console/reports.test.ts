import { describe, expect, it } from "vitest";
import type { Api } from "../../src/console/client/api/http.ts";
import { MOST_PAGES, readWhole } from "../../src/console/client/api/whole.ts";
import {
  type Access,
  accessesByDay,
  accessesByWhom,
  daysUntil,
  isMonth,
  monthFrom,
  spanOf,
} from "../../src/console/client/reports.ts";

const NOW = Date.parse("2026-03-01T00:30:00Z");

const access = (day: string, accessor_id: string, count: number): Access => ({
  day,
  lake_id: "north",
  dataset_id: "orders",
  accessor_id,
  action: "read",
  count,
});

describe("accesses", () => {
  const rows = [
    access("2026-02-28", "ada", 2),
    access("2026-02-28", "bob", 3),
    access("2026-03-01", "ada", 4),
    access("2026-01-01", "ada", 100),
  ];

  it("are summed for every day that is shown, and stand at none where there were none", () => {
    const days = daysUntil(NOW, 3);
    expect(days).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
    expect(accessesByDay(rows, days).map(({ value }) => value)).toEqual([0, 5, 4]);
  });

  it("are summed by whom, the most at the top, and no two persons together", () => {
    const sums = accessesByWhom(rows.slice(0, 3));
    expect(sums.map(({ accessor_id, count }) => [accessor_id, count])).toEqual([
      ["ada", 6],
      ["bob", 3],
    ]);
    const other = { ...access("2026-03-01", "ada", 1), dataset_id: null };
    expect(accessesByWhom([...rows, other])).toHaveLength(3);
  });
});

it("a month is counted on over the ends of years, and is one of the calendar", () => {
  expect([monthFrom("2026-01", -1), monthFrom("2026-12", 1), monthFrom("2026-11", 0)]).toEqual([
    "2025-12",
    "2027-01",
    "2026-11",
  ]);
  expect(["2026-11", "2026-13", "2026-1", "", "november"].map(isMonth)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});

it("a span of time is told in its greatest unit", () => {
  expect([null, 0, 59, 90, 5400, 86_400, 293_760].map(spanOf)).toEqual([
    null,
    "0 seconds",
    "59 seconds",
    "1.5 minutes",
    "1.5 hours",
    "1 day",
    "3.4 days",
  ]);
});

describe("a list that is wanted as a whole", () => {
  const { signal } = new AbortController();
  const asked: string[] = [];
  /** Of so many pages, one item each. */
  const listOf = (pages: number): Pick<Api, "get"> => ({
    async get<Body>(path: string) {
      asked.push(path);
      const at = Number(new URLSearchParams(path.split("?")[1]).get("cursor") ?? 0);
      const next_cursor = at + 1 < pages ? String(at + 1) : null;
      const rebuilding = { lakes: at === 1 ? 2 : 0 };
      const body = { items: [at], next_cursor, rebuilding } as Body;
      return { ok: true, status: 200, etag: null, location: null, body };
    },
  });

  it("is read page by page to its end, with what any page says it lacks", async () => {
    const answer = await readWhole(listOf(3), "/reports/access?from=a", signal);
    expect(answer).toMatchObject({ body: { items: [0, 1, 2], whole: true, rebuilding: 2 } });
    expect(asked.at(-1)).toBe("/reports/access?from=a&limit=1000&cursor=2");
  });

  it("has an end, and says so where there is more", async () => {
    const answer = await readWhole(listOf(MOST_PAGES + 1), "/x", signal);
    expect(answer.ok && answer.body.whole).toBe(false);
    const whole = await readWhole(listOf(MOST_PAGES), "/x", signal);
    expect(whole.ok && whole.body.whole).toBe(true);
  });

  it("of which a page is refused is refused", async () => {
    const problem = {
      status: 403,
      code: "forbidden",
      title: "Forbidden",
      detail: "Not yours.",
      errors: [],
      retry_after_s: null,
    };
    const refusing: Pick<Api, "get"> = { get: async () => ({ ok: false, problem }) };
    expect(await readWhole(refusing, "/x", signal)).toEqual({ ok: false, problem });
  });
});

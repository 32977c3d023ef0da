import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { encodeCursor } from "../../src/reporting/cursor.ts";
import { MAX_PAGE, reportQueries } from "../../src/reporting/queries.ts";

const db = env.REPORTS;
const FIRST = { limit: 100, cursor: null };
const NOW = "2026-11-23T12:00:00.000Z";

describe("every query", () => {
  it("finds its rows through an index and never sorts a page", async () => {
    const cursor = encodeCursor(["2026-11-01", "north", "sales", "alice", "read"]);
    const captured = await capture(async (tapped) => {
      await tapped.lakes(FIRST);
      await tapped.deletions({ ...FIRST, now: NOW });
      await tapped.access(FIRST);
      await tapped.access({ limit: 10, cursor, from: "2026-11-01", to: "2026-11-30" });
      await tapped.access({ limit: 10, cursor, lake_id: "north" });
      await tapped.lakes({ limit: 10, cursor: encodeCursor(["north"]), member: "ann-1" });
      await tapped.monthly("2026-11");
    });
    const plans = await Promise.all(captured.map(planOf));
    expect(plans).toHaveLength(9);
    for (const plan of plans) {
      expect(plan.join("\n")).not.toMatch(/SCAN (?!CONSTANT ROW)/);
      expect(plan.some((step) => step.startsWith("SEARCH"))).toBe(true);
    }
    for (const plan of plans.slice(0, 6)) expect(plan.join("\n")).not.toContain("TEMP B-TREE");
    expect(plans[1]?.join("\n")).toContain("deletions_open");
    expect(plans[5]?.join("\n")).toContain("members_of");
    for (const index of ["deletions_requested", "deletions_completed", "deletions_overdue"]) {
      expect(plans[6]?.join("\n")).toContain(index);
    }
  });

  it("asks for no more than a page and one row, whatever the limit", async () => {
    const captured = await capture((tapped) => tapped.lakes({ limit: 1_000_000, cursor: null }));
    expect(captured[0]?.values.at(-1)).toBe(MAX_PAGE + 1);
  });
});

interface Captured {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The statements a report makes, with what it binds. */
const capture = async (
  ask: (tapped: ReturnType<typeof reportQueries>) => Promise<unknown>,
): Promise<readonly Captured[]> => {
  const captured: Captured[] = [];
  const prepare = (sql: string): D1PreparedStatement =>
    new Proxy(db.prepare(sql), {
      get: (statement, name) =>
        name === "bind"
          ? (...values: unknown[]) => {
              captured.push({ sql, values });
              return statement.bind(...values);
            }
          : Reflect.get(statement, name),
    });
  const batch = db.batch.bind(db);
  await ask(
    reportQueries(new Proxy(db, { get: (_, name) => (name === "prepare" ? prepare : batch) })),
  );
  return captured;
};

const planOf = async ({ sql, values }: Captured): Promise<readonly string[]> => {
  const { results } = await db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>();
  return results.map(({ detail }) => detail);
};

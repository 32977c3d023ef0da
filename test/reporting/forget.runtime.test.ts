import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import { forget } from "../../src/reporting/forget.ts";
import { TABLE_NAMES } from "../../src/reporting/tables.ts";
import { lakeLog } from "./lakeLog.ts";

const db = env.REPORTS;

describe("forgetting a lake", () => {
  it("looks at that lake's rows only, through an index, a piece at a time", async () => {
    const statements = new Map<string, readonly unknown[]>();
    const tapped = new Proxy(db, {
      get: (_, name) =>
        name === "batch"
          ? db.batch.bind(db)
          : (sql: string) =>
              new Proxy(db.prepare(sql), {
                get: (statement, method) =>
                  method === "bind"
                    ? (...values: unknown[]) => {
                        statements.set(sql, values);
                        return statement.bind(...values);
                      }
                    : Reflect.get(statement, method),
              }),
    });
    await forget(tapped, `lake-${crypto.randomUUID()}`, 9);
    const removals = [...statements].filter(([sql]) => sql.includes("DELETE"));
    expect(removals).toHaveLength(TABLE_NAMES.length + 1);
    for (const [sql, values] of removals) {
      const { results } = await db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...values)
        .all<{ detail: string }>();
      const plan = results.map(({ detail }) => detail).join("\n");
      expect(plan).toMatch(/^SEARCH \w+ USING [^\n]*lake_id=\? AND \(?\w+[^\n]*</);
      expect(plan).not.toMatch(/SCAN (?!\(subquery|CONSTANT ROW)/);
    }
  });

  it("of a lake that was never told of leaves no row but that it is to be told", async () => {
    const lake = `lake-${crypto.randomUUID()}`;
    await forget(db, lake, 2);
    const relay = () =>
      db.prepare("SELECT last_seq, rebuilding_to FROM relay WHERE lake_id = ?").bind(lake).first();
    expect(await relay()).toEqual({ last_seq: 0, rebuilding_to: 2 });
    const { events } = lakeLog().created(lake).accessed("alice", null, "read");
    await d1Sink(db).deliver(lake, events);
    expect(await relay()).toEqual({ last_seq: 2, rebuilding_to: null });
  });
});

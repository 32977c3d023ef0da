/** A lake reports to one of several databases: it chooses once, and moves when it is told to. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { StoredEvent } from "../../src/application/ports.ts";
import type { Destination } from "../../src/application/relay.ts";
import { acrossDatabases } from "../../src/reporting/acrossDatabases.ts";
import { reportQueries } from "../../src/reporting/queries.ts";
import { type BoundDatabase, reportSink } from "../../src/reporting/reportSink.ts";
import { rebuildingIn, standing } from "../../src/reporting/standing.ts";
import { statusSink } from "../../src/reporting/statusSink.ts";
import { reportRows, rowsOf } from "../support/reportRows.ts";
import { type LakeLog, lakeLog } from "./lakeLog.ts";

const FIRST: BoundDatabase = { binding: "REPORTS", database: env.REPORTS };
const SECOND: BoundDatabase = { binding: "REPORTS_2", database: env.OTHER_REPORTS };

const sized = ({ binding, database }: BoundDatabase, size_bytes: number): BoundDatabase => ({
  binding,
  database: new Proxy(database, {
    get: (target, name) => {
      if (name !== "prepare") return target.batch.bind(target);
      return (sql: string) => {
        const made = target.prepare(sql);
        if (!sql.includes("AS told")) return made;
        return {
          bind: (...values: unknown[]) => ({
            all: async () => {
              const result = await made.bind(...values).all();
              return { ...result, meta: { ...result.meta, size_after: size_bytes } };
            },
          }),
        };
      };
    },
  }),
});

const memory = (binding: string | null = null): Destination & { binding: string | null } => ({
  binding,
  chosen() {
    return this.binding;
  },
  choose(chosen) {
    this.binding = chosen;
  },
});

const fresh = (): string => `lake-${crypto.randomUUID()}`;

const lakeOf = (lake_id: string): LakeLog =>
  lakeLog()
    .created(lake_id)
    .accessed("alice", "sales", "read")
    .deletion("d1", { deadline: "2026-12-23T00:00:00.000Z" })
    .accessed("alice", "sales", "read");

const failure = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    return String(error);
  }
  return "it did not fail";
};

const isEmpty = async (lake_id: string, { database }: BoundDatabase): Promise<boolean> =>
  Object.entries(await reportRows(lake_id, database)).every(
    ([table, rows]) => table === "relay" || rows.length === 0,
  );

const expectWhole = async (
  lake_id: string,
  { database }: BoundDatabase,
  events: readonly StoredEvent[],
) => expect(await reportRows(lake_id, database)).toEqual(await rowsOf(events));

describe("a new lake", () => {
  it("reports to the smallest database, of equals to the first, and goes on there", async () => {
    for (const [first, second, expected] of [
      [8_192, 4_096, "REPORTS_2"],
      [4_096, 8_192, "REPORTS"],
      [4_096, 4_096, "REPORTS"],
    ] as const) {
      const lake = fresh();
      const { events } = lakeOf(lake);
      const chosen = memory();
      const sizes: Record<"first" | "second", number> = { first, second };
      const sink = reportSink(
        () => [sized(FIRST, sizes.first), sized(SECOND, sizes.second)],
        chosen,
      );
      await sink.deliver(lake, events.slice(0, 2));
      expect(chosen.binding).toBe(expected);
      // However the sizes are later.
      [sizes.first, sizes.second] = [second, first + 1];
      await sink.deliver(lake, events.slice(2));
      const [home, other] = expected === "REPORTS" ? [FIRST, SECOND] : [SECOND, FIRST];
      await expectWhole(lake, home, events);
      expect((await reportRows(lake, other.database)).relay).toEqual([]);
    }
  });

  it("of which a database has been told before reports there, whatever it remembers", async () => {
    const lake = fresh();
    const { events } = lakeOf(lake);
    await reportSink(() => [FIRST], memory()).deliver(lake, events.slice(0, 2));
    // A second database is added, and the lake's own memory was lost with a restore.
    const chosen = memory();
    const sink = reportSink(() => [sized(FIRST, 9_999_999), sized(SECOND, 0)], chosen);
    await sink.deliver(lake, events.slice(2));
    expect(chosen.binding).toBe("REPORTS");
    await expectWhole(lake, FIRST, events);
  });

  it("does not choose while a database does not answer: it may be the one that knows it", async () => {
    const lake = fresh();
    const down = {
      prepare: () => {
        throw new Error("D1 is down");
      },
    } as unknown as D1Database;
    const chosen = memory();
    const sink = reportSink(() => [FIRST, { binding: "REPORTS_2", database: down }], chosen);
    expect(await failure(sink.deliver(lake, lakeOf(lake).events))).toContain("D1 is down");
    expect(chosen.binding).toBeNull();
    // One that has chosen does not need the other.
    chosen.choose("REPORTS");
    await sink.deliver(lake, lakeOf(lake).events);
    await expectWhole(lake, FIRST, lakeOf(lake).events);
  });

  it("whose database is not bound any more says which it is, and reports to no other", async () => {
    const lake = fresh();
    const sink = reportSink(() => [FIRST], memory("REPORTS_2"));
    expect(await failure(sink.deliver(lake, lakeOf(lake).events))).toContain(
      "reports to REPORTS_2, which is not bound",
    );
    expect((await reportRows(lake)).relay).toEqual([]);
  });
});

describe("a lake that is told to report elsewhere", () => {
  const both = () => [FIRST, SECOND];

  const moved = async () => {
    const lake = fresh();
    const { events } = lakeOf(lake);
    const chosen = memory("REPORTS");
    const sink = reportSink(both, chosen);
    await sink.deliver(lake, events);
    chosen.choose("REPORTS_2");
    await sink.restart(lake, events.length);
    return { lake, events, chosen, sink };
  };

  it("leaves nothing behind, and is told of there from its first event", async () => {
    const { lake, events, sink } = await moved();
    expect(await isEmpty(lake, FIRST)).toBe(true);
    await sink.deliver(lake, events);
    await expectWhole(lake, SECOND, events);
    expect(await isEmpty(lake, FIRST)).toBe(true);
  });

  it("is counted in one of them at any time, and named as being rebuilt until it is whole", async () => {
    const { lake, events, sink } = await moved();
    const reports = acrossDatabases([
      { name: "", queries: reportQueries(env.REPORTS) },
      { name: "REPORTS_2", queries: reportQueries(env.OTHER_REPORTS) },
    ]);
    const standings = [standing(env.REPORTS), standing(env.OTHER_REPORTS)];
    const counts = async () => {
      const page = { limit: 100, cursor: null, member: null };
      const { items } = await reports.access({ ...page, lake_id: lake });
      const { lake_ids } = await rebuildingIn(standings, null);
      return { reads: items.map(({ count }) => count), rebuilding: lake_ids.includes(lake) };
    };
    expect(await counts()).toEqual({ reads: [], rebuilding: true });
    await sink.deliver(lake, events.slice(0, 2), events.length);
    expect(await counts()).toEqual({ reads: [1], rebuilding: true });
    await sink.deliver(lake, events.slice(2));
    expect(await counts()).toEqual({ reads: [2], rebuilding: false });
  });

  it("follows where it has gone, when it was restored to a moment before", async () => {
    const { lake, events, sink } = await moved();
    await sink.deliver(lake, events);
    const before = memory("REPORTS");
    const more = lakeOf(lake).accessed("bob", "sales", "read").events;
    await reportSink(both, before).deliver(lake, more.slice(2));
    expect(before.binding).toBe("REPORTS_2");
    await expectWhole(lake, SECOND, more);
    expect(await isEmpty(lake, FIRST)).toBe(true);
  });

  it("comes back", async () => {
    const { lake, events, chosen, sink } = await moved();
    await sink.deliver(lake, events);
    chosen.choose("REPORTS");
    await sink.restart(lake, events.length);
    await sink.deliver(lake, events);
    await expectWhole(lake, FIRST, events);
    expect(await isEmpty(lake, SECOND)).toBe(true);
  });

  it("takes along requests that only its reports know of", async () => {
    const lake = fresh();
    const { events } = lakeOf(lake);
    const chosen = memory("REPORTS");
    const sink = reportSink(both, chosen);
    await sink.deliver(lake, events);
    // The request `d1` was made in the time that a restore took away.
    await sink.restart(lake, 2);
    await sink.deliver(lake, events.slice(0, 2));
    chosen.choose("REPORTS_2");
    await sink.restart(lake, 2);
    await sink.deliver(lake, events.slice(0, 2));
    expect((await reportRows(lake, env.OTHER_REPORTS)).deletions).toMatchObject([
      { deletion_id: "d1", status: "lost", deadline: "2026-12-23T00:00:00.000Z" },
    ]);
    expect(await isEmpty(lake, FIRST)).toBe(true);
  });

  it("takes along how it stands, which is counted on there and no more here", async () => {
    const lake = fresh();
    const { events } = lakeOf(lake);
    const chosen = memory("REPORTS");
    await reportSink(both, chosen).deliver(lake, events);
    const report = {
      process: "p",
      report: 1,
      reported_at: "2026-11-23T08:00:00.000Z",
      counts: [],
      status: {
        events: events.length,
        behind_since: null,
        webhooks_pending: 0,
        webhooks_pending_since: null,
        webhooks_parked: 1,
        duties_parked: 0,
        next_due_at: null,
        locked: false,
      },
    };
    await statusSink(env.REPORTS).deliver(lake, report);
    chosen.choose("REPORTS_2");
    await reportSink(both, chosen).restart(lake, events.length);
    const standsIn = async (db: D1Database) =>
      (await db.prepare("SELECT * FROM lake_status WHERE lake_id = ?").bind(lake).all()).results;
    expect(await standsIn(env.REPORTS)).toEqual([]);
    expect(await standsIn(env.OTHER_REPORTS)).toMatchObject([
      { events: events.length, webhooks_parked: 1, troubled: 1, report: 1 },
    ]);
  });

  it("gets there also when a database fails on the way", async () => {
    const lake = fresh();
    const { events } = lakeOf(lake);
    let calls = 0;
    let failing = 0;
    const shaky = ({ binding, database }: BoundDatabase): BoundDatabase => ({
      binding,
      database: new Proxy(database, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          if (name !== "prepare" && name !== "batch") return value;
          return (...given: unknown[]) => {
            calls += 1;
            if (calls === failing) throw new Error("D1 is down");
            return (value as (...values: unknown[]) => unknown).apply(target, given);
          };
        },
      }),
    });
    const chosen = memory("REPORTS");
    const sink = reportSink(() => [shaky(FIRST), shaky(SECOND)], chosen);
    await sink.deliver(lake, events);
    chosen.choose("REPORTS_2");
    let failures = 0;
    // Each call that a move makes fails once; the outbox tries again until it is through.
    for (let at = 1; at < 200; at += 1) {
      [calls, failing] = [0, at];
      const done = await failure(sink.restart(lake, events.length));
      if (done === "it did not fail") break;
      failures += 1;
    }
    failing = 0;
    expect(failures).toBeGreaterThan(20);
    await sink.deliver(lake, events);
    await expectWhole(lake, SECOND, events);
    expect(await isEmpty(lake, FIRST)).toBe(true);
  });

  it("that no database says it reports to is not told of in circles", async () => {
    const lake = fresh();
    for (const [{ database }, to] of [
      [FIRST, "REPORTS_2"],
      [SECOND, "REPORTS"],
    ] as const) {
      await database
        .prepare("INSERT INTO relay (lake_id, last_seq, moved_to) VALUES (?, 0, ?)")
        .bind(lake, to)
        .run();
    }
    const sink = reportSink(both, memory("REPORTS"));
    expect(await failure(sink.deliver(lake, lakeOf(lake).events))).toContain("rebuild its reports");
    await sink.restart(lake, 4);
    await sink.deliver(lake, lakeOf(lake).events);
    await expectWhole(lake, FIRST, lakeOf(lake).events);
  });
});

/** From the lake's log to the reports in D1: all of it, in order, once, and never in the way. */
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DELIVERY_EVENTS } from "../../src/application/drainOutbox.ts";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { accessed, appendTo, metaAt } from "../support/emptyLog.ts";
import {
  append,
  eventually,
  type Lake,
  newLake,
  rebind,
  salesLake,
  send,
} from "../support/lakeClient.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const delivered = async ({ id }: Lake) =>
  (
    await env.REPORTS.prepare("SELECT seq, type, stream FROM events WHERE lake_id = ? ORDER BY seq")
      .bind(id)
      .all<{ seq: number; type: string; stream: string }>()
  ).results;

const rollups = async ({ id }: Lake) => {
  const tables = ["relay", "lakes", "datasets", "batches", "deletions", "access_daily"];
  return Promise.all(
    tables.map(
      async (table) =>
        (await env.REPORTS.prepare(`SELECT * FROM ${table} WHERE lake_id = ?`).bind(id).all())
          .results,
    ),
  );
};

const expectAll = async (lake: Lake) =>
  expect(await delivered(lake)).toEqual(
    (await lake.events()).map(({ seq, type, stream }) => ({ seq, type, stream })),
  );

const cursor = async (lake: Lake) => (await lake.sql("SELECT * FROM outbox"))[0];

/** D1 as it is when it is not there. */
const deadDatabase = { prepare: () => fail(), batch: () => fail() } as unknown as D1Database;
const fail = (): never => {
  throw new Error("D1 is down");
};

const SLOW_MS = 1_000;

const dataset = (index: number) => ({ name: `d${index}`, schema: { id: "int" } });

describe("every event", () => {
  test("reaches the reports, in order and once, also when many commands come at once", async () => {
    const lake = await salesLake();
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => lake.done("/datasets", dataset(index))),
    );
    await append(lake, "b");
    await lake.done("/publish-batch", { batch_id: "b" });
    await lake.done("/consume-batch", { batch_id: "b", consumer: "alice" });
    expect(await lake.stub.settle()).toBe(true);
    await expectAll(lake);
    const [relay, , datasets, batches, , access] = await rollups(lake);
    expect(relay).toMatchObject([{ last_seq: (await lake.events()).length }]);
    expect(datasets).toHaveLength(31);
    expect(batches).toMatchObject([{ batch_id: "b", status: "published", consumptions: 1 }]);
    expect(access).toMatchObject([{ accessor_id: "alice", dataset_id: "sales", count: 1 }]);
  });

  test("of a long log reaches them in several deliveries", async () => {
    const lake = await newLake();
    const total = 2 * DELIVERY_EVENTS + 100;
    await lake.inside((_, { storage }) => {
      const events = Array.from({ length: total }, (_, index) => accessed(`a${index % 3}`));
      appendTo(eventLog(storage), "access", events, metaAt(new Date().toISOString()));
    });
    // What was written behind the lake's back is news to it only when it starts anew.
    await evictDurableObject(lake.stub);
    expect(await lake.stub.settle()).toBe(true);
    const seqs = (await delivered(lake)).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: total + 1 }, (_, index) => index + 1));
    expect(await cursor(lake)).toMatchObject({ last_seq: total + 1, attempts: 0 });
  });

  test("that was committed before a crash and not delivered is delivered after it", async () => {
    const lake = await newLake();
    await rebind(lake, { REPORTS: deadDatabase });
    await lake.done("/datasets", dataset(1));
    expect(await lake.stub.settle()).toBe(false);
    await abortAllDurableObjects();
    // Nobody asks for anything: the alarm that the lake sets itself sees to it.
    await lake.sql("UPDATE outbox SET retry_at = '2020-01-01T00:00:00.000Z'");
    await eventually(async () => {
      await lake.ring();
      await expectAll(lake);
    });
  });
});

describe("reports that are out of reach", () => {
  test("hold up no command; deliveries back off, and the alarm catches up", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const lake = await salesLake();
    await lake.stub.settle();
    const before = (await delivered(lake)).length;
    await rebind(lake, { REPORTS: deadDatabase });
    for (let index = 0; index < 5; index += 1) await lake.done("/datasets", dataset(index));
    await append(lake, "b");
    await lake.done("/publish-batch", { batch_id: "b" });
    expect((await lake.get("/report")).body).toMatchObject({ datasets: 6 });
    expect(await lake.stub.settle()).toBe(false);
    expect(await delivered(lake)).toHaveLength(before);
    const failing = await cursor(lake);
    expect(failing).toMatchObject({ last_seq: before, attempts: 1 });
    expect(String(failing?.last_error)).toContain("D1 is down");
    // Ringing before its time does not try again; the next try comes later each time.
    await lake.ring();
    expect(await cursor(lake)).toMatchObject({ attempts: 1 });
    const delays: number[] = [];
    for (let attempt = 2; attempt <= 4; attempt += 1) {
      await lake.sql("UPDATE outbox SET retry_at = '2020-01-01T00:00:00.000Z'");
      await lake.stub.settle();
      const { attempts, retry_at } = (await cursor(lake)) ?? {};
      expect(attempts).toBe(attempt);
      delays.push(Date.parse(String(retry_at)) - Date.now());
    }
    expect(delays[2]).toBeGreaterThan((delays[0] ?? 0) * 2);
    expect(log).toHaveBeenCalled();
    await rebind(lake, { REPORTS: env.REPORTS });
    await lake.sql("UPDATE outbox SET retry_at = '2020-01-01T00:00:00.000Z'");
    await lake.inside((instance) => instance.alarm());
    await expectAll(lake);
    expect(await cursor(lake)).toMatchObject({ attempts: 0, retry_at: null, last_error: null });
  });

  test("because a table is missing catch up once it is back", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const lake = await newLake();
    await lake.stub.settle();
    await env.REPORTS.exec("ALTER TABLE relay RENAME TO relay_away");
    await lake.done("/datasets", dataset(1));
    expect(await lake.stub.settle()).toBe(false);
    await env.REPORTS.exec("ALTER TABLE relay_away RENAME TO relay");
    await lake.sql("UPDATE outbox SET retry_at = NULL");
    expect(await lake.stub.settle()).toBe(true);
    await expectAll(lake);
  });

  test("do not keep a lake from being created", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    await env.REPORTS.exec("ALTER TABLE relay RENAME TO relay_away");
    try {
      await newLake();
    } finally {
      await env.REPORTS.exec("ALTER TABLE relay_away RENAME TO relay");
    }
  });

  test("that are slow do not slow down a command", async () => {
    const lake = await newLake();
    await lake.stub.settle();
    const slow = new Proxy(env.REPORTS, {
      get(database, property) {
        const value: unknown = Reflect.get(database, property);
        if (typeof value !== "function") return value;
        if (property !== "batch") return value.bind(database);
        return async (statements: D1PreparedStatement[]) => {
          await scheduler.wait(SLOW_MS);
          return database.batch(statements);
        };
      },
    });
    await rebind(lake, { REPORTS: slow });
    const started = performance.now();
    for (let index = 0; index < 5; index += 1) await lake.done("/datasets", dataset(index));
    expect(performance.now() - started).toBeLessThan(SLOW_MS);
    expect(await lake.stub.settle()).toBe(true);
    await expectAll(lake);
  });
});

describe("a delivery that is made twice", () => {
  test("counts once: after a cursor that went back, everything stands as before", async () => {
    const lake = await salesLake({}, "gdpr");
    await append(lake, "b");
    await lake.done("/publish-batch", { batch_id: "b" });
    for (const consumer of ["alice", "alice", "bob"]) {
      await lake.done("/consume-batch", { batch_id: "b", consumer });
    }
    const ingestion = { dataset_id: "sales", source: "s", record_count: 5, contains_pii: false };
    await lake.done("/ingest-dataset", ingestion);
    const request = { subject_id: "s", reason: "r", requested_by: "o" };
    await lake.done("/deletions", request);
    await lake.stub.settle();
    const before = await rollups(lake);
    expect(before[5]).toMatchObject([{ count: 2 }, { count: 1 }]);
    for (const last_seq of [0, 4]) {
      await lake.sql("UPDATE outbox SET last_seq = ?", last_seq);
      expect(await lake.stub.settle()).toBe(true);
      expect(await rollups(lake)).toEqual(before);
      await expectAll(lake);
    }
    await lake.sql("UPDATE outbox SET last_seq = 0");
    await lake.done("/consume-batch", { batch_id: "b", consumer: "bob" });
    await lake.stub.settle();
    expect((await rollups(lake))[5]).toMatchObject([{ count: 2 }, { count: 2 }]);
  });

  test("because its answer was lost counts once", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const lake = await salesLake();
    await lake.stub.settle();
    const deaf = new Proxy(env.REPORTS, {
      get(database, property) {
        const value: unknown = Reflect.get(database, property);
        if (typeof value !== "function") return value;
        if (property !== "batch") return value.bind(database);
        return async (statements: D1PreparedStatement[]) => {
          await database.batch(statements);
          throw new Error("connection lost");
        };
      },
    });
    await rebind(lake, { REPORTS: deaf });
    const audit = { accessor_id: "ann", dataset_id: "sales", action: "read", purpose: "p" };
    await lake.done("/audit-access", audit);
    expect(await lake.stub.settle()).toBe(false);
    await rebind(lake, { REPORTS: env.REPORTS });
    await lake.sql("UPDATE outbox SET retry_at = NULL");
    expect(await lake.stub.settle()).toBe(true);
    await expectAll(lake);
    expect((await rollups(lake))[5]).toMatchObject([{ accessor_id: "ann", count: 1 }]);
  });
});

describe("reports that other code has made", () => {
  test("are made anew by themselves, when the lake next wakes", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const lake = await salesLake();
    await append(lake, "b");
    await lake.done("/publish-batch", { batch_id: "b" });
    await lake.done("/consume-batch", { batch_id: "b", consumer: "alice" });
    await lake.stub.settle();
    const before = await rollups(lake);
    // As an older version left them: of another opinion, and without a kind of row.
    await lake.sql("UPDATE outbox SET sink_version = sink_version - 1");
    await env.REPORTS.batch(
      [
        "UPDATE relay SET report_version = report_version - 1 WHERE lake_id = ?",
        "UPDATE batches SET consumptions = 99 WHERE lake_id = ?",
        "DELETE FROM access_daily WHERE lake_id = ?",
      ].map((sql) => env.REPORTS.prepare(sql).bind(lake.id)),
    );
    await evictDurableObject(lake.stub);
    await eventually(async () => {
      await lake.ring();
      expect(await rollups(lake)).toEqual(before);
      await expectAll(lake);
    });
    expect(await cursor(lake)).toMatchObject({ last_seq: (await lake.events()).length });
  });

  test("are made anew also when the lake takes them for its own", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const lake = await salesLake();
    await lake.stub.settle();
    // The reports were restored to a moment before an upgrade.
    await env.REPORTS.prepare("UPDATE relay SET report_version = 0 WHERE lake_id = ?")
      .bind(lake.id)
      .run();
    await lake.done("/datasets", dataset(1));
    expect(await lake.stub.settle()).toBe(true);
    await expectAll(lake);
    const [relay, , datasets] = await rollups(lake);
    expect(relay).toMatchObject([{ rebuilding_to: null }]);
    expect(datasets).toHaveLength(2);
  });
});

describe("the reports across lakes", () => {
  test("show a new lake at once, and its deletions and accesses once they have arrived", async () => {
    const lake = await newLake("gdpr");
    // The first page may be full of other tests' lakes: follow the cursor.
    const ids: string[] = [];
    let next: unknown = null;
    do {
      const page = await send(`/lakes?limit=3${next === null ? "" : `&cursor=${next}`}`);
      expect(page.status).toBe(200);
      ids.push(...(page.at("items") as { lake_id: string }[]).map(({ lake_id }) => lake_id));
      next = page.at("next_cursor");
    } while (next !== null);
    expect(ids).toContain(lake.id);
    expect(new Set(ids).size).toBe(ids.length);
    await lake.done("/datasets", { name: "d", schema: { id: "int" } });
    await lake.done("/audit-access", {
      accessor_id: "ann",
      dataset_id: "d",
      action: "query",
      purpose: "p",
    });
    const late = await lake.done("/deletions", {
      subject_id: "s",
      reason: "r",
      requested_by: "o",
      received_at: "2026-01-31T12:00:00Z",
      // Else it would be carried out at once, being late.
      identity_verified: false,
    });
    await eventually(async () => {
      await lake.stub.settle();
      expect((await lake.events()).at(-1)?.type).toBe("GDPRDeletionOverdue");
      await expectAll(lake);
    });
    const today = new Date().toISOString();
    const monthly = await send(`/reports/monthly?month=${today.slice(0, 7)}`);
    expect(monthly.at("access_by_dataset")).toContainEqual({
      lake_id: lake.id,
      dataset_id: "d",
      count: 1,
    });
    const open = await send("/reports/deletions?limit=1000");
    expect(open.at("items")).toContainEqual(
      expect.objectContaining({
        lake_id: lake.id,
        deletion_id: late.text("deletion", "deletion_id"),
        overdue: true,
      }),
    );
    const access = await send(`/reports/access?lake_id=${lake.id}&from=${today.slice(0, 10)}`);
    expect(access.at("items")).toMatchObject([{ accessor_id: "ann", action: "query", count: 1 }]);
  });
});

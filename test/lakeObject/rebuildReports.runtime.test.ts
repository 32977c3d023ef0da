/** POST /admin/rebuild-reports: what the reports say is derived anew from the lakes' own logs. */
import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  append,
  eventually,
  type Lake,
  newLake,
  rebind,
  salesLake,
  send,
  sendJson,
} from "../support/lakeClient.ts";
import { type ReportRows, recount, recounted, reportRows } from "../support/reportRows.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const rebuild = (body: object) => sendJson("POST", "/admin/rebuild-reports", body);

const busyLake = async (): Promise<Lake> => {
  const lake = await salesLake();
  await append(lake, "b");
  await lake.done("/publish-batch", { batch_id: "b" });
  for (const consumer of ["alice", "alice", "bob"]) {
    await lake.done("/consume-batch", { batch_id: "b", consumer });
  }
  await lake.stub.settle();
  return lake;
};

const lose = (lake: Lake, rows: ReportRows) =>
  env.REPORTS.batch(
    Object.keys(rows).map((table) =>
      env.REPORTS.prepare(`DELETE FROM ${table} WHERE lake_id = ?`).bind(lake.id),
    ),
  );

const damage = (lake: Lake) =>
  env.REPORTS.batch(
    [
      "UPDATE access_daily SET count = count + 7 WHERE lake_id = ?",
      "DELETE FROM events WHERE lake_id = ? AND seq = 2",
      "UPDATE batches SET consumptions = 99 WHERE lake_id = ?",
      `INSERT INTO members (lake_id, subject, status, roles, granted_at)
       VALUES (?, 'nobody', 'active', 'owner', '')`,
    ].map((sql) => env.REPORTS.prepare(sql).bind(lake.id)),
  );

const rebuilding = async (): Promise<readonly string[]> =>
  (await send("/reports/deletions?limit=1")).at("rebuilding", "lake_ids") as string[];

/** Waits for the lake's own relay: nobody asks it to hurry. */
const expectRows = async (lake: Lake, expected: ReportRows): Promise<void> =>
  eventually(async () => expect(await reportRows(lake.id)).toEqual(expected));

describe("rebuilding the reports", () => {
  it("of one lake makes them what its log says, whatever they had become", async () => {
    const lake = await busyLake();
    const before = await reportRows(lake.id);
    expect(recounted(before)).toEqual(recount(await lake.events()));
    await damage(lake);
    const asked = await rebuild({ lake_id: lake.id });
    expect(asked.status).toBe(202);
    const events = (await lake.events()).length;
    expect(asked.body).toEqual({
      items: [{ lake_id: lake.id, events, database: "REPORTS" }],
      next_cursor: null,
    });
    await expectRows(lake, before);
  });

  it("goes on while the lake works and after a crash; the reports say meanwhile what they lack", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const lake = await busyLake();
    let batches = 0;
    const failing = new Proxy(env.REPORTS, {
      get(database, property) {
        const value: unknown = Reflect.get(database, property);
        if (typeof value !== "function") return value;
        if (property !== "batch") return value.bind(database);
        return async (statements: D1PreparedStatement[]) => {
          batches += 1;
          if (batches > 2) throw new Error("D1 is down");
          return database.batch(statements);
        };
      },
    });
    await rebind(lake, { REPORTS: failing });
    expect((await rebuild({ lake_id: lake.id })).status).toBe(202);
    expect(await lake.stub.settle()).toBe(false);
    expect(await rebuilding()).toContain(lake.id);
    const listed = await send("/lakes?limit=1000");
    expect(listed.at("items")).toContainEqual(
      expect.objectContaining({ lake_id: lake.id, rebuilding: true }),
    );
    expect(listed.at("rebuilding", "lake_ids")).toContain(lake.id);
    await lake.done("/consume-batch", { batch_id: "b", consumer: "carol" });
    await abortAllDurableObjects();
    await lake.sql("UPDATE outbox SET retry_at = NULL");
    await eventually(async () => {
      await lake.ring();
      expect(recounted(await reportRows(lake.id))).toEqual(recount(await lake.events()));
    });
    expect(await rebuilding()).not.toContain(lake.id);
    expect((await send("/reports/monthly?month=2026-11")).at("rebuilding")).toEqual({
      lakes: expect.any(Number),
      lake_ids: expect.not.arrayContaining([lake.id]),
    });
  });

  it("of all finds those too that only the object store knows of any more, page by page", async () => {
    const [known, lost] = [await busyLake(), await busyLake()];
    const [ofKnown, ofLost] = [await reportRows(known.id), await reportRows(lost.id)];
    await damage(known);
    await lose(lost, ofLost);
    expect(Object.values(await reportRows(lost.id)).flat()).toEqual([]);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await rebuild({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.status).toBe(202);
      const items = page.at("items") as { lake_id: string }[];
      expect(items.length).toBeLessThanOrEqual(3);
      seen.push(...items.map(({ lake_id }) => lake_id));
      cursor = (page.at("next_cursor") as string | null) ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(expect.arrayContaining([known.id, lost.id]));
    expect(new Set(seen).size).toBe(seen.length);
    await expectRows(known, ofKnown);
    await expectRows(lost, ofLost);
  });

  it("in another database moves them there, and they stay there", async () => {
    const lake = await busyLake();
    await rebind(lake, { REPORTS_2: env.OTHER_REPORTS });
    const unknown = await rebuild({ lake_id: lake.id, database: "REPORTS_3" });
    expect(unknown.status).toBe(422);
    expect(unknown.at("errors")).toEqual([
      { path: "database", message: "one of REPORTS, REPORTS_2" },
    ]);
    const before = await reportRows(lake.id);
    const moved = await rebuild({ lake_id: lake.id, database: "REPORTS_2" });
    expect(moved.at("items")).toMatchObject([{ lake_id: lake.id, database: "REPORTS_2" }]);
    expect(await lake.stub.settle()).toBe(true);
    expect(await reportRows(lake.id, env.OTHER_REPORTS)).toEqual(before);
    const { relay, ...rest } = await reportRows(lake.id);
    expect(relay).toMatchObject([{ moved_to: "REPORTS_2" }]);
    expect(Object.values(rest).flat()).toEqual([]);
    await lake.done("/consume-batch", { batch_id: "b", consumer: "carol" });
    await lake.stub.settle();
    expect(recounted(await reportRows(lake.id, env.OTHER_REPORTS))).toEqual(
      recount(await lake.events()),
    );
  });

  it("is refused for a lake that is not there, and a move without a lake", async () => {
    expect((await rebuild({ lake_id: "lake-of-nobody" })).status).toBe(404);
    expect((await rebuild({ database: "REPORTS_2" })).status).toBe(422);
    expect((await rebuild({ cursor: "no cursor" })).status).toBe(422);
  });

  it("of a lake whose first delivery is still to come does it no harm", async () => {
    const lake = await newLake();
    expect((await rebuild({ lake_id: lake.id })).status).toBe(202);
    expect(await lake.stub.settle()).toBe(true);
    expect(recounted(await reportRows(lake.id))).toEqual(recount(await lake.events()));
  });
});

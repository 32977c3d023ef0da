/** How lakes stand, kept in D1 and read from it. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { LakeStatus, StatusReport } from "../../src/application/lakeStatus.ts";
import { METRICS_SQL, metricsQueries } from "../../src/reporting/metricsQueries.ts";
import { statusSink } from "../../src/reporting/statusSink.ts";
import { QUIET } from "../support/quietLake.ts";

const db = env.REPORTS;
const NOW = "2026-11-29T12:00:00.000Z";
const sink = statusSink(db);
const read = metricsQueries(db);

const report = (number: number, more: Partial<StatusReport> = {}): StatusReport => ({
  process: "life-1",
  report: number,
  reported_at: `2026-11-29T11:00:${String(number).padStart(2, "0")}.000Z`,
  counts: [{ command: "X", measure: "ok", value: 2 }],
  status: QUIET,
  ...more,
});

const total = async (command: string, measure: string): Promise<number> => {
  const { totals } = await read({ now: NOW, lake_id: null });
  return totals.find((each) => each.command === command && each.measure === measure)?.value ?? 0;
};

/** Every test has the tables to itself: it counts what is in all of them. */
beforeEach(async () => {
  await db.batch([
    db.prepare("DELETE FROM lake_status"),
    db.prepare("DELETE FROM command_totals"),
    db.prepare("DELETE FROM deletions"),
    db.prepare("DELETE FROM relay"),
  ]);
});

describe("a lake's report", () => {
  test("counts once, however often it is delivered", async () => {
    for (let n = 0; n < 3; n += 1) await sink.deliver("north", report(1));
    await sink.deliver("north", report(2, { status: { ...QUIET, events: 5 } }));
    await sink.deliver("north", report(1));
    await sink.deliver("south", report(1));
    expect(await total("X", "ok")).toBe(6);
    expect(await total("", "events")).toBe(8);
    expect(await total("", "lakes")).toBe(2);
  });

  test("of another life of the lake's object counts anew", async () => {
    await sink.deliver("north", report(4));
    const again = { process: "life-2", reported_at: "2026-11-29T11:30:00.000Z" };
    await sink.deliver("north", report(1, again));
    expect(await total("X", "ok")).toBe(4);
    expect(await total("", "events")).toBe(3);
    // What comes late from the first one says nothing of how the lake stands now.
    await sink.deliver("north", report(5, { status: { ...QUIET, events: 1 } }));
    const { lakes } = await read({ now: NOW, lake_id: "north" });
    expect(lakes[0]).toMatchObject({ events: 3, reported_at: again.reported_at });
  });

  test("of a log that was restored takes nothing off the count of events", async () => {
    await sink.deliver("north", report(1));
    await sink.deliver("north", report(2, { status: { ...QUIET, events: 1 } }));
    expect(await total("", "events")).toBe(3);
    await sink.deliver("north", report(3, { status: { ...QUIET, events: 2 } }));
    expect(await total("", "events")).toBe(4);
  });
});

describe("a scrape", () => {
  test("reads the lakes there is something to say of, and no others", async () => {
    const troubles: readonly Partial<LakeStatus>[] = [
      { behind_since: NOW },
      { webhooks_pending: 1, webhooks_pending_since: NOW },
      { webhooks_parked: 1 },
      { duties_parked: 1 },
      { locked: true },
      { next_due_at: "2026-11-29T11:59:59.999Z" },
    ];
    for (const [n, trouble] of troubles.entries()) {
      await sink.deliver(`lake-${n}`, report(1, { status: { ...QUIET, ...trouble } }));
    }
    await sink.deliver("quiet", report(1));
    await sink.deliver("later", report(1, { status: { ...QUIET, next_due_at: NOW } }));
    const { lakes, cut } = await read({ now: NOW, lake_id: null });
    expect(lakes.map(({ lake_id }) => lake_id).sort()).toEqual(troubles.map((_, n) => `lake-${n}`));
    expect(cut).toBe(false);
    const one = await read({ now: NOW, lake_id: "quiet" });
    expect(one.lakes).toMatchObject([{ lake_id: "quiet", behind: 3, locked: false }]);
  });

  test("sees what has arrived since a lake reported", async () => {
    await sink.deliver("north", report(1, { status: { ...QUIET, behind_since: NOW } }));
    const north = async () => (await read({ now: NOW, lake_id: null })).lakes[0];
    expect(await north()).toMatchObject({ behind: 3, behind_since: NOW });
    await db.exec("INSERT INTO relay (lake_id, last_seq) VALUES ('north', 3)");
    expect(await north()).toMatchObject({ behind: 0, behind_since: null });
  });

  test("counts requests that are open, and those past their deadline by the clock too", async () => {
    const insert = db.prepare(
      `INSERT INTO deletions (lake_id, deletion_id, status, requested_by, received_at,
         requested_at, deadline, statutory_deadline, missed_deadline)
       VALUES (?, ?, ?, 'dpo', '2026-10-01', '2026-10-01', ?, ?, ?)`,
    );
    const row = (lake: string, id: string, status: string, deadline: string, missed = false) =>
      insert.bind(lake, id, status, deadline, deadline, missed ? deadline : null);
    await db.batch([
      row("north", "1", "pending", "2026-11-28T00:00:00.000Z"),
      row("north", "2", "held", "2026-11-28T00:00:00.000Z", true),
      row("north", "3", "pending", "2026-12-28T00:00:00.000Z"),
      row("north", "4", "completed", "2026-11-28T00:00:00.000Z", true),
      row("south", "5", "in_progress", "2026-12-28T00:00:00.000Z"),
    ]);
    const { open } = await read({ now: NOW, lake_id: null });
    expect(open).toEqual([
      { lake_id: "north", open: 3, overdue: 2 },
      { lake_id: "south", open: 1, overdue: 0 },
    ]);
    expect((await read({ now: NOW, lake_id: "south" })).open).toEqual([
      { lake_id: "south", open: 1, overdue: 0 },
    ]);
  });

  test("goes through no table, but for the sums it is there to read", async () => {
    const bound: Readonly<Record<keyof typeof METRICS_SQL, readonly (string | number)[]>> = {
      totals: [],
      troubled: [1],
      late: [NOW, 1],
      open: [NOW, 1],
      lake: ["north"],
      openOfLake: [NOW, "north"],
    };
    const indexes = {
      troubled: "lake_status_troubled",
      late: "lake_status_due",
      open: "deletions_open",
    } as const;
    for (const [name, sql] of Object.entries(METRICS_SQL)) {
      const values = bound[name as keyof typeof METRICS_SQL];
      const { results } = await db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...values)
        .all<{ detail: string }>();
      const plan = results.map(({ detail }) => detail).join("\n");
      const index = indexes[name as keyof typeof indexes];
      if (index) expect(plan, name).toContain(index);
      if (name !== "totals") {
        // A partial index holds only what is asked for: going through it is going through the answer.
        const scans = plan.match(/SCAN .*/g) ?? [];
        const own = scans.filter(
          (step) => !/USING INDEX lake_status_troubled|SCAN \(sub/.test(step),
        );
        expect(
          own.filter((step) => !/deletions_open/.test(step)),
          `${name}: ${plan}`,
        ).toEqual([]);
      }
    }
  });
});

import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { AlarmCheck } from "../../src/application/lakeAlarm.ts";
import {
  HOURLY_CRON,
  MONTHLY_CRON,
  onSchedule,
  type UpkeepDeps,
  upkeep,
} from "../../src/application/upkeep.ts";
import { memorySmallObjects } from "../support/memorySmallObjects.ts";

const LOST: AlarmCheck = { state: "lost", due_at: null, armed_for: null, repaired: true };

const world = (more: Partial<UpkeepDeps> = {}) => {
  const objects = memorySmallObjects();
  const asked: string[] = [];
  const lines: Readonly<Record<string, unknown>>[] = [];
  const deps: UpkeepDeps = {
    places: [
      {
        name: "",
        objects,
        report: async (month) => {
          asked.push(month);
          return { month };
        },
      },
    ],
    objects,
    forms: [],
    announce: async () => undefined,
    lakes: async () => ({ items: [{ lake_id: "a" }], next_cursor: null }),
    check: async () => LOST,
    log: (level, message, fields) => lines.push({ level, message, ...fields }),
    now: () => new Date("2026-12-01T03:10:00.000Z"),
    newId: () => "id",
    ...more,
  };
  return { deps, asked, lines };
};

const at = (time: string) => new Date(time);
const of = (lines: readonly Readonly<Record<string, unknown>>[], message: string) =>
  lines.filter((line) => line.message === message);

describe("the clock", () => {
  it("is set as the code expects it", () => {
    const toml = readFileSync(path.resolve(import.meta.dirname, "../../wrangler.toml"), "utf8");
    const [, crons = "[]"] = /^\[triggers\]\ncrons = (\[.*\])$/m.exec(toml) ?? [];
    expect(JSON.parse(crons)).toEqual([MONTHLY_CRON, HOURLY_CRON]);
  });

  it("keeps last month's report on the first of the month, of December on the first of January", async () => {
    const { deps, asked, lines } = world();
    await onSchedule(deps, MONTHLY_CRON, at("2026-12-01T03:10:00.000Z"));
    await onSchedule(deps, MONTHLY_CRON, at("2027-01-01T03:10:00.000Z"));
    expect(asked).toEqual(["2026-11", "2026-12"]);
    expect(of(lines, "a monthly report is archived")).toEqual([
      {
        level: "info",
        message: "a monthly report is archived",
        month: "2026-11",
        documents: 1,
      },
      expect.objectContaining({ month: "2026-12" }),
    ]);
    expect(of(lines, "alarms are swept")).toEqual([]);
  });

  it("sweeps once a day and makes up for a report that is not there, each once", async () => {
    const { deps, asked, lines } = world();
    for (const hour of ["00", "01", "02", "03", "04"]) {
      await onSchedule(deps, HOURLY_CRON, at(`2026-12-01T${hour}:40:00.000Z`));
    }
    // Before the last events of November have come in, October is the last month there is.
    expect(asked).toEqual(["2026-10", "2026-11"]);
    expect(of(lines, "alarms are swept")).toMatchObject([{ level: "info", lakes: 1, repaired: 1 }]);
    expect(of(lines, "a sweep repaired an alarm")).toMatchObject([
      { level: "error", lake_id: "a" },
    ]);
  });

  it("fails in sight and does the rest: a report that cannot be kept holds up no sweep", async () => {
    const broken = world({
      announce: async () => {
        throw new Error("answered 500");
      },
      check: async () => {
        throw new Error("gone");
      },
    });
    await expect(
      onSchedule(broken.deps, HOURLY_CRON, at("2026-12-01T03:40:00.000Z")),
    ).rejects.toThrow("report of 2026-11: Error: answered 500; 1 lakes did not answer");
    expect(of(broken.lines, "alarms are swept")).toMatchObject([{ failed: 1 }]);
    expect(of(broken.lines, "a monthly report is not archived")).toMatchObject([
      { level: "error" },
    ]);
    expect(of(broken.lines, "a lake did not say how its alarm is")).toMatchObject([
      { lake_id: "a" },
    ]);

    const blind = world({
      lakes: async () => {
        throw new Error("no reports");
      },
    });
    await expect(
      onSchedule(blind.deps, HOURLY_CRON, at("2026-12-01T03:40:00.000Z")),
    ).rejects.toThrow("sweep of alarms: Error: no reports");
    expect(of(blind.lines, "a monthly report is archived")).toHaveLength(1);
    expect(of(blind.lines, "alarms were not swept")).toHaveLength(1);
  });

  it("does nothing by a time nobody has set", async () => {
    const { deps, asked } = world();
    await expect(onSchedule(deps, "* * * * *", at("2026-12-01T03:10:00.000Z"))).rejects.toThrow(
      "nothing is due by * * * * *",
    );
    expect(asked).toEqual([]);
  });
});

describe("by hand", () => {
  it("the same is done, and said", async () => {
    const { deps, lines } = world();
    const { archive, sweep, list } = upkeep(deps);
    expect(await archive("2026-10", false)).toMatchObject({ reports: [{ announced_now: true }] });
    expect(await archive("2026-10", false)).toMatchObject({ reports: [{ announced_now: false }] });
    expect(await sweep({ lake_id: null, limit: 10, cursor: null })).toMatchObject({
      lakes: 1,
      next_cursor: null,
    });
    expect(await list({ limit: 10, cursor: null })).toMatchObject({
      ok: true,
      value: { items: [{ month: "2026-10" }] },
    });
    expect(of(lines, "a monthly report is archived")).toHaveLength(1);
    expect(of(lines, "a sweep repaired an alarm")).toHaveLength(1);
  });
});

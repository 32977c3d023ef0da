import { describe, expect, test } from "vitest";
import { commandTally, LATENCY_BUCKETS_MS } from "../../src/application/commandTally.ts";
import type { StatusReport } from "../../src/application/lakeStatus.ts";
import {
  GATHER_MS,
  REPORT_EVERY_MS,
  statusReporter,
} from "../../src/application/statusReporter.ts";
import { QUIET } from "../support/quietLake.ts";

/** A lake that reports; waits end when the test says so. */
const reporting = () => {
  let at = Date.parse("2026-11-29T12:00:00.000Z");
  const sent: StatusReport[] = [];
  const waits: { readonly ms: number; readonly end: () => void }[] = [];
  const failures: unknown[] = [];
  const work: Promise<unknown>[] = [];
  const state = {
    status: QUIET,
    lake_id: "north" as string | null,
    delivering: true,
    /** What the sink does with a report before it keeps it, and after. */
    before: async () => {},
    after: async () => {},
  };
  const tally = commandTally();
  const reporter = statusReporter({
    sink: {
      async deliver(_, report) {
        await state.before();
        sent.push(report);
        await state.after();
      },
    },
    tally,
    process: "life-1",
    lake_id: () => state.lake_id,
    status: () => state.status,
    delivering: () => state.delivering,
    failed: (error) => failures.push(error),
    now: () => new Date(at),
    wait: (ms) => new Promise((resolve) => waits.push({ ms, end: resolve })),
    background: (promise) => work.push(promise),
  });
  return {
    state,
    sent,
    failures,
    reporter,
    waits,
    command: (outcome: "ok" | "refused" = "ok") => {
      tally.count({ command: "AuditAccess", outcome, ms: 3 });
      reporter.nudge();
    },
    pass: (ms: number) => {
      at += ms;
    },
    /** Ends the wait there is; resolves to how long it was to be. */
    async over(): Promise<number | undefined> {
      const [wait] = waits.splice(0, 1);
      wait?.end();
      await Promise.all(work.splice(0));
      return wait?.ms;
    },
  };
};

const broken = async () => {
  throw new Error("D1 is down");
};

describe("a lake's reports on how it stands", () => {
  test("come soon after something happened, and not more often than they may", async () => {
    const lake = reporting();
    for (let n = 0; n < 5; n += 1) lake.command();
    expect(await lake.over()).toBe(GATHER_MS);
    expect(lake.sent).toHaveLength(1);
    expect(lake.sent[0]).toMatchObject({ process: "life-1", report: 1, status: QUIET });
    expect(lake.sent[0]?.counts).toContainEqual({
      command: "AuditAccess",
      measure: "ok",
      value: 5,
    });
    lake.pass(GATHER_MS);
    lake.command("refused");
    lake.command();
    expect(await lake.over()).toBe(REPORT_EVERY_MS - GATHER_MS);
    expect(lake.sent).toHaveLength(2);
    expect(lake.sent[1]?.counts).toEqual([
      { command: "AuditAccess", measure: "refused", value: 1 },
      { command: "AuditAccess", measure: "le_5", value: 2 },
      { command: "AuditAccess", measure: "sum_ms", value: 6 },
      { command: "AuditAccess", measure: "ok", value: 1 },
    ]);
    // Nothing happens: nothing is told.
    expect(lake.waits).toEqual([]);
  });

  test("are sent again as they were until they have arrived, before anything newer", async () => {
    const lake = reporting();
    lake.state.after = broken;
    lake.command();
    await lake.over();
    // It may have arrived; nobody knows.
    expect(lake.failures).toHaveLength(1);
    lake.state.after = async () => {};
    lake.command();
    lake.pass(REPORT_EVERY_MS);
    await lake.over();
    expect(lake.sent.map(({ report }) => report)).toEqual([1, 1, 2]);
    expect(lake.sent[1]).toEqual(lake.sent[0]);
    const counted = (report: StatusReport | undefined) =>
      report?.counts.find(({ measure }) => measure === "ok")?.value;
    expect(counted(lake.sent[2])).toBe(1);
  });

  test("lose no count while the sink is down, and cost nothing but memory", async () => {
    const lake = reporting();
    lake.state.before = broken;
    for (let n = 0; n < 10; n += 1) {
      lake.command();
      lake.pass(REPORT_EVERY_MS);
      await lake.over();
    }
    expect(lake.sent).toEqual([]);
    lake.state.before = async () => {};
    expect(await lake.reporter.settle()).toBe(true);
    const counts = lake.sent.flatMap((report) => report.counts);
    const ok = counts.filter(({ measure }) => measure === "ok");
    expect(ok.reduce((sum, { value }) => sum + value, 0)).toBe(10);
  });

  test("go on while the reports lack events, until they have them", async () => {
    const lake = reporting();
    lake.state.status = { ...QUIET, behind_since: "2026-11-29T12:00:00.000Z" };
    lake.command();
    await lake.over();
    lake.state.status = QUIET;
    expect(await lake.over()).toBe(REPORT_EVERY_MS);
    expect(lake.sent.map(({ status }) => status.behind_since)).toEqual([
      "2026-11-29T12:00:00.000Z",
      null,
    ]);
    expect(lake.waits).toEqual([]);
  });

  test("hold no lake in memory whose events cannot be delivered now", async () => {
    const lake = reporting();
    lake.state.status = { ...QUIET, behind_since: "2026-11-29T12:00:00.000Z" };
    lake.state.delivering = false;
    lake.command();
    await lake.over();
    expect(lake.sent).toHaveLength(1);
    expect(lake.waits).toEqual([]);
    // The alarm has tried again.
    lake.state.delivering = true;
    lake.reporter.nudge();
    await lake.over();
    expect(lake.waits).toHaveLength(1);
  });

  test("say nothing of a lake that is not there, and keep its counts", async () => {
    const lake = reporting();
    lake.state.lake_id = null;
    lake.command("refused");
    await lake.over();
    expect(lake.sent).toEqual([]);
    lake.state.lake_id = "north";
    await lake.reporter.settle();
    expect(lake.sent[0]?.counts).toHaveLength(3);
  });
});

describe("a tally of commands", () => {
  test("counts each in the one bucket that it took no longer than", () => {
    const tally = commandTally();
    for (const ms of [0, 1, 1.5, 10_000, 10_001]) {
      tally.count({ command: "X", outcome: "ok", ms });
    }
    const counts = new Map(tally.take().map(({ measure, value }) => [measure, value]));
    expect(counts).toEqual(
      new Map<string, number>([
        ["ok", 5],
        ["le_1", 2],
        ["sum_ms", 20_003.5],
        ["le_2", 1],
        ["le_10000", 1],
        ["le_inf", 1],
      ]),
    );
    expect(tally.take()).toEqual([]);
    expect([...LATENCY_BUCKETS_MS].sort((a, b) => a - b)).toEqual([...LATENCY_BUCKETS_MS]);
  });
});

import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acrossDatabases, type ReportDatabase } from "../../src/reporting/acrossDatabases.ts";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import { type ReportQueries, reportQueries } from "../../src/reporting/queries.ts";
import type { Scope } from "../../src/reporting/scope.ts";
import { emptyReports } from "../support/emptyReports.ts";
import { type GeneratedLake, generatedYear, LAKES, YEAR } from "./generatedYear.ts";
import { recount } from "./recount.ts";

const db = env.REPORTS;
const sink = d1Sink(db);
const lakes = generatedYear(7);
const MONTHS = Array.from({ length: 12 }, (_, at) => `${YEAR}-${String(at + 1).padStart(2, "0")}`);
const QUARTERS = MONTHS.filter((_, at) => at % 3 === 2);
const AS_OF = `${YEAR + 1}-01-01T03:00:00.000Z`;
const EVERYBODY = { member: null };

const reportOn = (month: string, scope: Scope = EVERYBODY) =>
  acrossDatabases([{ name: "", queries: reportQueries(db) }]).monthly({
    ...scope,
    month,
    now: AS_OF,
  });

/** What the logs held when a month had ended. */
const upTo = (month: string): readonly GeneratedLake[] =>
  lakes.map(({ lake_id, events }) => ({
    lake_id,
    events: events.filter(({ recorded_at }) => recorded_at.slice(0, 7) <= month),
  }));

/** What came in by then is told once more, as after an acknowledgement that was lost. */
const deliver = ({ lake_id, events }: GeneratedLake, before: number): Promise<void> =>
  sink.deliver(lake_id, events.slice(Math.max(0, before - 7)));

const ofLakes = (...ids: readonly string[]) => lakes.filter(({ lake_id }) => ids.includes(lake_id));

/** What a database would answer that had this lake alone. */
const onlyOf = (lake_id: string): ReportQueries => {
  const queries = reportQueries(db);
  return {
    ...queries,
    monthlyPart: (month, now, scope) => queries.monthlyPart(month, now, { ...scope, lake_id }),
    deletionMonths: (asked) => queries.deletionMonths({ ...asked, lake_id }),
    completedWithin: (asked) => queries.completedWithin({ ...asked, lake_id }),
  };
};

describe("a year of fifty lakes", () => {
  beforeAll(() => emptyReports(db));
  afterAll(() => emptyReports(db));

  it("is reported while it goes on as a plain recount of the logs has it", async () => {
    let delivered: readonly GeneratedLake[] = [];
    for (const month of QUARTERS) {
      const logs = upTo(month);
      for (const [at, log] of logs.entries()) {
        await deliver(log, delivered[at]?.events.length ?? 0);
      }
      delivered = logs;
      const report = await reportOn(month);
      expect(report).toEqual(recount(logs, month, AS_OF));
    }
    const total = delivered.reduce((sum, { events }) => sum + events.length, 0);
    expect(total).toBeGreaterThan(5_000);
  });

  it("is reported so of each month when all of it has come in", async () => {
    for (const month of MONTHS) {
      const report = await reportOn(month);
      expect(report).toEqual(recount(lakes, month, AS_OF));
    }
  });

  it("has something of everything that a report counts", async () => {
    const reports = MONTHS.map((month) => recount(lakes, month, AS_OF));
    const sum = (of: (report: (typeof reports)[number]) => number) =>
      reports.reduce((total, report) => total + of(report), 0);
    const seen = {
      lakes: reports.at(-1)?.lake_count,
      overdue: sum(({ deletions }) => deletions.overdue) > 20,
      late: sum(({ deletions }) => deletions.completed - deletions.completed_in_time) > 20,
      extended: sum(({ deletions }) => deletions.extended) > 10,
      rejected: sum(({ deletions }) => deletions.rejected) > 10,
      owed: reports[11]?.deletions.open !== reports[11]?.deletions.open_overdue,
      owed_late: Number(reports[11]?.deletions.open_overdue) > 0,
      bands: reports[11]?.completions.map(
        (_, at) => sum(({ completions }) => completions[at]?.count ?? 0) > 0,
      ),
      states: reports
        .at(-1)
        ?.batches_by_state.map(({ status }) => status)
        .sort(),
      contracts: reports
        .at(-1)
        ?.contracts_by_status.map(({ status }) => status)
        .sort(),
      subject_accesses: sum(({ subject_accesses: each }) =>
        Math.min(each.requested, each.ready + each.rejected),
      ),
    };
    expect(seen).toEqual({
      lakes: LAKES,
      overdue: true,
      late: true,
      extended: true,
      rejected: true,
      owed: true,
      owed_late: true,
      bands: Array(9).fill(true),
      states: ["anonymized", "appended", "checked", "expired", "published", "quarantined"],
      contracts: ["approved", "declined", "defined"],
      subject_accesses: expect.any(Number),
    });
  });

  it("is reported of one lake alone", async () => {
    for (const month of ["2026-03", "2026-10"]) {
      const scope = { member: null, lake_id: "lake-07" };
      const report = await reportOn(month, scope);
      expect(report).toEqual(recount(ofLakes("lake-07"), month, AS_OF));
    }
  });

  it("shows to a member the lakes that they watch, and nothing of the others", async () => {
    const member = "ann-1";
    const roles = { "lake-03": "auditor", "lake-04": "engineer", "lake-11": "engineer,owner" };
    await db.batch(
      Object.entries(roles).map(([lake_id, granted]) =>
        db
          .prepare(
            "INSERT INTO members (lake_id, subject, status, roles, granted_at) VALUES (?, ?, 'active', ?, ?)",
          )
          .bind(lake_id, member, granted, AS_OF),
      ),
    );
    for (const month of ["2026-06", "2026-12"]) {
      const report = await reportOn(month, { member });
      expect(report).toEqual(recount(ofLakes("lake-03", "lake-11"), month, AS_OF));
      const foreign = { member, lake_id: "lake-04" };
      const nothing = await reportOn(month, foreign);
      expect(nothing).toEqual(recount([], month, AS_OF));
    }
  });

  it("adds up from several databases to the same", async () => {
    const ids = lakes.map(({ lake_id }) => lake_id).slice(0, 9);
    const databases = ids.map(
      (lake_id): ReportDatabase => ({ name: lake_id, queries: onlyOf(lake_id) }),
    );
    for (const month of ["2026-05", "2026-12"]) {
      const asked = { month, member: null, now: AS_OF };
      const report = await acrossDatabases(databases).monthly(asked);
      expect(report).toEqual(recount(ofLakes(...ids), month, AS_OF));
    }
  });
});

/** How D1 finds what each statement of the reports asks for; none can be left out. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_PAGE, type ReportQueries, reportQueries } from "../../src/reporting/queries.ts";
import { standing } from "../../src/reporting/standing.ts";
import { STATEMENTS, type Statement } from "../../src/reporting/statement.ts";
import { UNUSUAL_COUNT } from "../../src/reporting/unusual.ts";

const db = env.REPORTS;
const NOW = "2026-11-23T12:00:00.000Z";

const statements = [...STATEMENTS.values()];

const planOf = async ({ sql, parameters }: Statement): Promise<readonly string[]> => {
  const { results } = await db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...parameters.map(() => null))
    .all<{ detail: string }>();
  return results.map(({ detail }) => detail);
};

/** What a statement has made itself, and reads as it was made. */
const MADE = ["CONSTANT ROW", "months", "watched", "wanted", "page", "busy", "(subquery-"];

const scansIn = (plan: readonly string[]): readonly string[] =>
  plan.filter(
    (step) => step.startsWith("SCAN ") && !MADE.some((name) => step.startsWith(`SCAN ${name}`)),
  );

describe("every statement", () => {
  it.each(statements)("$name goes through no table from end to end", async (each) => {
    const plan = await planOf(each);
    expect(scansIn(plan)).toEqual([]);
    expect(plan.some((step) => step.startsWith("SEARCH "))).toBe(true);
  });

  it("would be found out if it did", async () => {
    const sql = "SELECT lake_id FROM events WHERE actor = ?1";
    const plan = await planOf({ name: "scan", sql, parameters: ["actor"] });
    expect(scansIn(plan)).toEqual(["SCAN events"]);
    const { results } = await db
      .prepare("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
      .all<{ name: string }>();
    expect(MADE.filter((made) => results.some(({ name }) => name === made))).toEqual([]);
  });

  it("of a list takes its rows in the order in which an index has them", async () => {
    const lists = statements.filter(
      ({ name, sql }) => /\.(all|lake)$/.test(name) && sql.includes("LIMIT CAST"),
    );
    expect(lists.length).toBeGreaterThan(20);
    for (const list of lists.filter(({ name }) => name !== "deletions.summary.lake")) {
      const plan = await planOf(list);
      expect([list.name, plan.filter((step) => step.includes("TEMP B-TREE FOR ORDER BY"))]).toEqual(
        [list.name, []],
      );
    }
  });

  const uses: Readonly<Record<string, string>> = {
    "deletions.open.all": "deletions_open",
    "deletions.open.lake": "deletions_open_of_lake",
    "deletions.overdue.all": "deletions_overdue",
    "deletions.overdue.lake": "deletions_overdue_of_lake",
    "deletions.completed.all": "deletions_completed",
    "deletions.completed.lake": "deletions_completed_of_lake",
    "deletions.summary.all": "deletions_requested_month",
    "subject_accesses.open.all": "subject_accesses_open",
    "subject_accesses.open.lake": "subject_accesses_open_of_lake",
    "access.daily.lake": "access_daily_of_lake",
    "access.purposes.lake": "access_purposes_of_lake",
    "access.first.all": "accessors_first",
    "access.first.lake": "accessors_first_of_lake",
    "access.volume.all": "access_daily_busy",
    "access.volume.lake": "access_daily_busy_of_lake",
    "data.pii_datasets.all": "datasets_pii",
    "contracts.unapproved.all": "contracts_unapproved",
    "contracts.unapproved.lake": "contracts_unapproved_of_lake",
    "batches.retention.all": "batches_retention",
    "batches.retention.lake": "batches_retention_of_lake",
  };
  it.each(Object.entries(uses))("%s uses %s", async (name, index) => {
    const known = STATEMENTS.get(name);
    expect(known && (await planOf(known)).join("\n")).toMatch(new RegExp(`INDEX ${index}\\b`));
  });

  it("of figures by month never goes through all that a lake has", async () => {
    const figures = statements.filter(({ name }) =>
      /^deletions\.(summary|months|within)\./.test(name),
    );
    expect(figures).toHaveLength(9);
    for (const each of figures) {
      const plan = await planOf(each);
      expect(plan.filter((step) => /deletions USING (PRIMARY KEY|INDEX)/.test(step))).toEqual(
        plan.filter((step) => /deletions USING INDEX deletions_\w+_month/.test(step)),
      );
    }
  });

  it("for a member begins with the lakes that he watches", async () => {
    const members = statements.filter(({ name }) => name.endsWith(".member"));
    expect(members.length).toBeGreaterThan(12);
    for (const each of members) {
      expect([each.name, (await planOf(each)).join("\n")]).toEqual([
        each.name,
        expect.stringContaining("members_watching (subject=?"),
      ]);
    }
  });

  it("looks for unusual days among those that the index keeps apart", async () => {
    const sql = await db
      .prepare("SELECT sql FROM sqlite_master WHERE name = 'access_daily_busy'")
      .first<string>("sql");
    expect(sql).toContain(`WHERE count >= ${UNUSUAL_COUNT}`);
  });
});

describe("a report", () => {
  const scopes = [
    { member: null },
    { member: null, lake_id: "north" },
    { member: "ann" },
    { member: "ann", lake_id: "north" },
  ];
  const page = { limit: 10, cursor: null };
  const span = { from: "2026-11-01", to: "2026-11-30" };
  const months = { from: "2026-01", to: "2026-12" };

  /** Each of the reports, whatever its name: one more does not compile without a line here. */
  const asked = (queries: ReportQueries) =>
    ({
      lakes: ({ member }) => queries.lakes({ ...page, member }),
      processingRecord: (scope) => queries.processingRecord({ ...page, ...scope }),
      monthlyPart: (scope) => queries.monthlyPart("2026-11", NOW, scope),
      deletions: (scope) => queries.deletions({ ...page, ...scope, now: NOW }),
      overdueDeletions: (scope) => queries.overdueDeletions({ ...page, ...scope, ...span }),
      completedDeletions: (scope) => queries.completedDeletions({ ...page, ...scope, ...span }),
      subjectAccesses: (scope) => queries.subjectAccesses({ ...page, ...scope, now: NOW }),
      deletionSummary: (scope) => queries.deletionSummary({ ...page, ...scope, ...months }),
      deletionMonths: (scope) => queries.deletionMonths({ ...scope, ...months }),
      completedWithin: (scope) =>
        queries.completedWithin({ ...scope, wanted: [{ month: "2026-11", seconds: 1 }] }),
      access: (scope) => queries.access({ ...page, ...scope, ...span }),
      accessPurposes: (scope) => queries.accessPurposes({ ...page, ...scope, ...span }),
      firstAccesses: (scope) => queries.firstAccesses({ ...page, ...scope, ...span }),
      accessVolume: (scope) => queries.accessVolume({ ...page, ...scope, ...span }),
      data: (scope) => queries.data({ ...page, ...scope }),
      datasets: async (scope) => {
        await queries.datasets({ ...page, ...scope });
        return queries.datasets({ ...page, ...scope, contains_pii: true });
      },
      unapprovedContracts: (scope) => queries.unapprovedContracts({ ...page, ...scope }),
      retention: (scope) => queries.retention({ ...page, ...scope, due_before: NOW }),
    }) satisfies {
      readonly [Name in keyof ReportQueries]: (scope: (typeof scopes)[number]) => Promise<unknown>;
    };

  it("asks in no other words than those statements, and leaves none of them unasked", async () => {
    const told = new Set<string>();
    const prepare = (sql: string): D1PreparedStatement => {
      told.add(sql);
      return db.prepare(sql);
    };
    const batch = db.batch.bind(db);
    const tapped = new Proxy(db, { get: (_, name) => (name === "prepare" ? prepare : batch) });
    const reports = Object.values(asked(reportQueries(tapped)));
    for (const scope of scopes) for (const ask of reports) await ask(scope);
    await db
      .prepare("INSERT INTO relay (lake_id, last_seq) VALUES ('lake-of-an-older-version', 1)")
      .run();
    const lakes = standing(tapped);
    await lakes.lakes({ limit: 1, cursor: null });
    await lakes.toldOf(["north"]);
    for (const member of [null, "ann-1"]) await lakes.rebuilding(member);
    expect([...told].sort()).toEqual(statements.map(({ sql }) => sql).sort());
  });

  it("takes no more rows than a page and one, whatever the limit", async () => {
    let limit: unknown = null;
    const tapped = new Proxy(db, {
      get: (target, name) =>
        name === "prepare"
          ? (sql: string) => ({
              bind: (...values: unknown[]) => {
                limit = values.at(-1);
                return target.prepare(sql).bind(...values);
              },
            })
          : Reflect.get(target, name),
    });
    await reportQueries(tapped).lakes({ limit: 1_000_000, cursor: null, member: null });
    expect(limit).toBe(MAX_PAGE + 1);
  });
});

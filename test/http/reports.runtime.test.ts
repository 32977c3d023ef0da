/** Who sees which lakes in the reports: through lists, filters, cursors, counts and files alike. */
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import { MAX_REPORT_CURSOR } from "../../src/http/reportRoute.ts";
import { reportRoutes } from "../../src/http/routes/reports.ts";
import { encodeCursor } from "../../src/reporting/cursor.ts";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import { type LakeLog, lakeLog } from "../reporting/lakeLog.ts";
import { type KnownCallers, knownCallers, type Sender } from "../support/knownCallers.ts";
import { readRfc4180 } from "../support/rfc4180.ts";

const ADMIN = "admin-of-the-platform";
const RUN = crypto.randomUUID().slice(0, 8);
const [NORTH, SOUTH, OTHER] = [`${RUN}-north`, `${RUN}-south`, `${RUN}-other`];
const [ANN, BOB, EVE, LEO] = [`${RUN}-ann`, `${RUN}-bob`, `${RUN}-eve`, `${RUN}-leo`];

/** Of this month's days, so that what has a default finds them. */
const TODAY = new Date();
const at = (days: number): string => new Date(TODAY.getTime() + days * 86_400_000).toISOString();

const contract = {
  version: 1,
  dataset: "sales",
  schema: { id: "int" },
  retention_days: 3,
  privacy_rules: {},
  quality_rules: {},
  k_anonymity: null,
};

/** A lake of which every report has something to tell. */
const busy = (lake_id: string, roles: Readonly<Record<string, readonly string[]>>): LakeLog => {
  const log = lakeLog().created(lake_id);
  for (const [subject, given] of Object.entries(roles)) {
    log.add(`member/${subject}`, "MemberGranted", { subject, roles: given });
  }
  const person = {
    requested_by: "=petra()",
    received_at: at(-2),
    deadline: at(2),
    statutory_deadline: at(3),
  };
  log
    .add(
      "dataset/sales",
      "DatasetRegistered",
      {
        ...{ name: "sales", schema: { id: "int" }, description: null, subject_column: "id" },
        ...{ contains_pii: true, encryption_enabled: false },
      },
      at(-2),
    )
    .add("contract/c1", "DataContractDefined", contract, at(-2))
    .add(
      "batch/b1",
      "AppendIngestionRequested",
      { dataset: "sales", contract_id: "c1", contains_pii: true, revision: 1 },
      at(-2),
    )
    .add("batch/b1", "DataAppended", { bytes: 1, rows: 4, revision: 1 }, at(-2))
    .add("deletion/open", "GDPRDeletionRequested", person, at(-2))
    .add("deletion/late", "GDPRDeletionRequested", { ...person, deadline: at(-1) }, at(-2))
    .add("deletion/late", "GDPRDeletionOverdue", { deadline: at(-1) }, at(-1))
    .add("deletion/done", "GDPRDeletionRequested", person, at(-2))
    .add("deletion/done", "GDPRDeletionCompleted", { completed_at: at(-1) }, at(-1))
    .add("subject-access/s1", "SubjectAccessRequested", person, at(-2));
  for (const accessor of [`${lake_id}-reader`, `${lake_id}-writer`]) {
    for (let times = 0; times < 25; times += 1) log.accessed(accessor, "sales", "read", at(-1));
  }
  return log;
};

let callers: KnownCallers;
const sink = d1Sink(env.REPORTS);

beforeAll(async () => {
  callers = await knownCallers([ADMIN]);
  const north = busy(NORTH, { [ANN]: ["privacy_officer"], [LEO]: ["analyst", "engineer"] });
  const south = busy(SOUTH, { [ANN]: ["auditor"], [BOB]: ["owner"], [EVE]: ["owner"] });
  south.add(`member/${EVE}`, "MemberRevoked", { subject: EVE });
  await sink.deliver(NORTH, north.events);
  await sink.deliver(SOUTH, south.events);
  await sink.deliver(OTHER, busy(OTHER, { [LEO]: ["steward"] }).events);
});
afterAll(() => vi.unstubAllGlobals());

interface Page {
  readonly items: readonly { readonly lake_id: string }[];
  readonly next_cursor: string | null;
}

const reports = reportRoutes.filter(({ path }) => path !== "/reports/monthly");
const lists = reports.filter(({ path }) => path !== "/reports/deletions/by-month");
const paths = lists.map(({ path }) => path);

const ask = async (as: Sender, path: string): Promise<Page> => {
  const { status, body } = await as({ path });
  expect([path, status]).toEqual([path, 200]);
  return body as unknown as Page;
};

/** The lakes of this run in a report, as somebody sees them who goes through it in small pages. */
const lakesSeen = async (as: Sender, path: string, more = ""): Promise<readonly string[]> => {
  const seen = new Set<string>();
  let cursor: string | null = null;
  do {
    const rest: string = cursor === null ? "" : `&cursor=${cursor}`;
    const page: Page = await ask(as, `${path}?limit=3${more}${rest}`);
    for (const { lake_id } of page.items) seen.add(lake_id);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return [...seen].sort();
};

describe("a report", () => {
  test.each(paths)("%s shows a person the lakes they watch, and nobody else's", async (path) => {
    expect(await lakesSeen(callers.as(ANN), path)).toEqual([NORTH, SOUTH]);
    expect(await lakesSeen(callers.as(BOB), path)).toEqual([SOUTH]);
    // A role was lost, roles that do not watch, and no role at all.
    for (const nobody of [EVE, LEO, `${RUN}-stranger`]) {
      expect(await lakesSeen(callers.as(nobody), path)).toEqual([]);
    }
  });

  test.each(paths)("%s shows an administrator each lake he names", async (path) => {
    for (const lake of [NORTH, SOUTH, OTHER]) {
      expect(await lakesSeen(callers.as(ADMIN), path, `&lake_id=${lake}`)).toEqual([lake]);
    }
    expect((await ask(callers.as(ADMIN), path)).items.length).toBeGreaterThan(0);
  });

  test.each(paths)("%s is empty for a lake that is named and not watched", async (path) => {
    expect(await lakesSeen(callers.as(BOB), path, `&lake_id=${NORTH}`)).toEqual([]);
    expect(await lakesSeen(callers.as(ANN), path, `&lake_id=${SOUTH}`)).toEqual([SOUTH]);
  });

  test.each(paths)(
    "%s takes an administrator's cursor no further than one's own lakes",
    async (path) => {
      let cursor: string | null = null;
      for (let pages = 0; pages < 40; pages += 1) {
        const rest: string = cursor === null ? "" : `&cursor=${cursor}`;
        ({ next_cursor: cursor } = await ask(callers.as(ADMIN), `${path}?limit=1${rest}`));
        if (cursor === null) break;
        const { items } = await ask(callers.as(BOB), `${path}?limit=100&cursor=${cursor}`);
        expect(new Set([SOUTH, ...items.map(({ lake_id }) => lake_id)])).toEqual(new Set([SOUTH]));
      }
    },
  );

  test.each(paths)("%s as a file has the rows and columns of its pages", async (path) => {
    const { items } = await ask(callers.as(BOB), `${path}?limit=2`);
    const answer = await callers.as(BOB)({ path: `${path}?limit=2&format=csv` });
    expect(answer.headers.get("Content-Type")).toMatch(/^text\/csv/);
    const text = answer.text();
    const [names = [], ...rows] = readRfc4180(text);
    expect(rows).toHaveLength(items.length);
    const lake = names.indexOf("lake_id");
    expect(rows.map((row) => row[lake])).toEqual(items.map(({ lake_id }) => lake_id));
    expect(text).not.toMatch(new RegExp(`${NORTH}|${OTHER}`));
    const next = answer.headers.get("Next-Cursor");
    expect(next).toBe((await ask(callers.as(BOB), `${path}?limit=2`)).next_cursor);
    // What a spreadsheet would take for a formula is a text.
    expect(text).not.toMatch(/(^|,)"?=/m);
  });

  test.each(reports)("$path answers as its schema says", async ({ path, success }) => {
    const body = await ask(callers.as(ANN), path);
    const strict = (success.schema as z.ZodObject<{ items: z.ZodArray<z.ZodObject> }>).shape.items;
    expect(body.items.length).toBeGreaterThan(0);
    for (const item of body.items) strict.element.strict().parse(item);
  });

  test("by month counts nobody else's lakes", async () => {
    interface Figures extends Record<string, number | string | null> {
      readonly month: string;
      readonly requested: number;
      readonly completed: number;
      readonly overdue: number;
    }
    const of = async (who: string, path: string, more = "") =>
      (await ask(callers.as(who), `/reports/deletions/${path}?limit=1000${more}`))
        .items as unknown as readonly Figures[];
    const total = (rows: readonly Figures[]) =>
      (["requested", "completed", "overdue"] as const).map((name) =>
        rows.reduce((sum, row) => sum + row[name], 0),
      );
    expect(total(await of(ANN, "by-month"))).toEqual([6, 2, 2]);
    expect(total(await of(BOB, "by-month"))).toEqual([3, 1, 1]);
    expect(total(await of(BOB, "by-month", `&lake_id=${NORTH}`))).toEqual([0, 0, 0]);
    expect(total(await of(LEO, "by-month"))).toEqual([0, 0, 0]);
    expect(total(await of(ANN, "by-lake"))).toEqual([6, 2, 2]);
    expect(total(await of(ADMIN, "by-month", `&lake_id=${OTHER}`))).toEqual([3, 1, 1]);
  });

  test("by month goes on behind each page, also through months without requests", async () => {
    const span = "/reports/deletions/by-month?from=2026-01&to=2026-12";
    const months: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const rest: string = cursor === null ? "" : `&cursor=${cursor}`;
      const page: Page = await ask(callers.as(ANN), `${span}&limit=5${rest}`);
      months.push(...page.items.map((item) => (item as unknown as { month: string }).month));
      cursor = page.next_cursor;
      pages += 1;
    } while (cursor !== null);
    const { items } = await ask(callers.as(ANN), `${span}&limit=1000`);
    expect(months).toEqual((items as unknown as { month: string }[]).map(({ month }) => month));
    expect([months.length, months[0], months.at(-1), pages]).toEqual([12, "2026-01", "2026-12", 3]);
    const oldest = "/reports/deletions/by-month?from=0000-01&to=0000-03&limit=2";
    const { items: first } = await ask(callers.as(ANN), oldest);
    expect(first).toMatchObject([{ month: "0000-01" }, { month: "0000-02" }]);
    const foreign = await callers.as(ANN)({ path: `${span}&cursor=nonsense` });
    expect([foreign.status, foreign.at("code")]).toEqual([422, "bad-cursor"]);
  });

  test("says what is due within some days, and what by a day", async () => {
    const due = async (filter: string) =>
      ((await ask(callers.as(BOB), `/reports/deletions?${filter}`)).items as unknown[]).map(
        (item) => (item as { deletion_id: string }).deletion_id,
      );
    expect(await due("within_days=1")).toEqual(["late"]);
    expect(await due("within_days=7")).toEqual(["late", "open"]);
    expect(await due(`due_before=${at(-1).slice(0, 10)}`)).toEqual([]);
    expect(await due(`within_days=7&due_before=${at(0)}`)).toEqual(["late"]);
    expect(await due("due_before=9999-12-31")).toEqual(["late", "open"]);
  });

  test("takes a day of `to` whole", async () => {
    const done = async (filter: string) =>
      (await ask(callers.as(BOB), `/reports/deletions/completed?${filter}`)).items.length;
    const day = at(-1).slice(0, 10);
    expect(await done(`from=${day}&to=${day}`)).toBe(1);
    expect(await done(`from=${day}&to=${at(-1)}`)).toBe(0);
    expect(await done("to=9999-12-31")).toBe(1);
  });

  test("refuses a time that in UTC lies behind the last year instead of listing everything", async () => {
    const from = "9999-12-31T23:59:59-23:59";
    const path = `/reports/deletions/overdue?from=${from}`;
    expect((await callers.as(BOB)({ path })).status).toBe(422);
  });

  test("takes the cursor behind the longest key there can be", () => {
    const longest = [
      "2026-11-01",
      "l".repeat(128),
      "d".repeat(128),
      "🐢".repeat(127),
      "🐢".repeat(61),
    ];
    expect(encodeCursor(longest).length).toBeLessThanOrEqual(MAX_REPORT_CURSOR);
  });
});

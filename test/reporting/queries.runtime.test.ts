import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { acrossDatabases } from "../../src/reporting/acrossDatabases.ts";
import { encodeCursor } from "../../src/reporting/cursor.ts";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import {
  BadCursorError,
  type Page,
  type PageRequest,
  reportQueries,
} from "../../src/reporting/queries.ts";
import { lakeLog } from "./lakeLog.ts";

const db = env.REPORTS;
const reports = reportQueries(db);
const FIRST = { limit: 100, cursor: null, member: null };
const NOW = "2026-11-23T12:00:00.000Z";

/** Every item, page by page of `limit`, and how many pages it took. */
const through = async <Item>(
  limit: number,
  ask: (request: PageRequest & { readonly member: null }) => Promise<Page<Item>>,
): Promise<{ items: Item[]; pages: number }> => {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let pages = 1; ; pages += 1) {
    const page: Page<Item> = await ask({ limit, cursor, member: null });
    items.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) return { items, pages };
  }
};

const north = lakeLog()
  .created("north")
  .deletion("late", {
    deadline: "2026-11-20T00:00:00.000Z",
    requested_at: "2026-10-21T08:00:00.000Z",
  })
  .deletion("soon", { deadline: "2026-11-24T00:00:00.000Z" })
  .deletion("rejected", { deadline: "2026-11-25T00:00:00.000Z" })
  .deletion("done", {
    deadline: "2026-12-01T00:00:00.000Z",
    received_at: "2026-11-01T00:00:00.000Z",
  })
  .add("deletion/rejected", "GDPRDeletionRejected", { ground: "Art. 17(3)(b)" })
  .add("deletion/soon", "GDPRDeletionHeld", { ground: "Art. 17(3)(e)" })
  .accessed("alice", "sales", "read", "2026-11-01T00:00:00.000Z")
  .accessed("alice", "sales", "read", "2026-11-30T23:59:59.999Z")
  .accessed("alice", "sales", "write", "2026-11-30T23:59:59.999Z")
  .accessed("bob", "people", "read", "2026-11-02T10:00:00.000Z")
  .accessed("bob", null, "write", "2026-11-02T10:00:00.000Z")
  .accessed("bob", "sales", "read", "2026-10-31T23:59:59.999Z")
  .accessed("bob", "sales", "read", "2026-12-01T00:00:00.000Z");

const south = lakeLog()
  .created("south", { compliance_level: "strict" })
  .deletion("noted", {
    deadline: "2026-11-22T00:00:00.000Z",
    requested_at: "2026-10-23T08:00:00.000Z",
  })
  .deletion("backdated", {
    deadline: "2026-03-01T00:00:00.000Z",
    received_at: "2026-02-01T00:00:00.000Z",
    requested_at: "2026-11-10T08:00:00.000Z",
  })
  .add("deletion/noted", "GDPRDeletionOverdue", { deadline: "2026-11-22T00:00:00.000Z" })
  .add("deletion/backdated", "GDPRDeletionOverdue", { deadline: "2026-03-01T00:00:00.000Z" })
  .accessed("carol", "people", "query", "2026-11-02T10:00:00.000Z");

beforeAll(async () => {
  // Reports go across lakes, so those of other files must be gone even without isolation.
  await db.batch(
    ["relay", "events", "lakes", "datasets", "batches", "deletions", "members", "access_daily"].map(
      (table) => db.prepare(`DELETE FROM ${table}`),
    ),
  );
  await d1Sink(db).deliver("south", south.events);
  await d1Sink(db).deliver("north", north.events);
  // Until the domain knows how a deletion is completed, the row is brought there by hand.
  await db
    .prepare("UPDATE deletions SET status = 'completed', completed_at = ? WHERE deletion_id = ?")
    .bind("2026-11-02T01:00:00.000Z", "done")
    .run();
});

describe("the list of lakes", () => {
  it("shows each with its level and how many of its events have arrived", async () => {
    const { items, next_cursor } = await reports.lakes(FIRST);
    expect(items).toEqual([
      {
        lake_id: "north",
        name: "The lake north",
        owner_id: "olga",
        region: "eu",
        compliance_level: "gdpr",
        country: "DE",
        time_zone: null,
        created_at: "2026-11-23T08:00:00.000Z",
        events: north.events.length,
        rebuilding: false,
      },
      expect.objectContaining({
        lake_id: "south",
        compliance_level: "strict",
        events: south.events.length,
        rebuilding: false,
      }),
    ]);
    expect(next_cursor).toBeNull();
  });

  it("pages in a stable order", async () => {
    const { items, pages } = await through(1, reports.lakes);
    expect(items.map(({ lake_id }) => lake_id)).toEqual(["north", "south"]);
    expect(pages).toBe(2);
  });
});

describe("the report on deletions", () => {
  const open = (now: string) => reports.deletions({ ...FIRST, now });

  it("lists what is still owed an answer, by deadline, across lakes", async () => {
    const { items } = await open(NOW);
    expect(items.map(({ lake_id, deletion_id }) => `${lake_id}/${deletion_id}`)).toEqual([
      "south/backdated",
      "north/late",
      "south/noted",
      "north/soon",
    ]);
    expect(items.at(-1)).toEqual({
      lake_id: "north",
      deletion_id: "soon",
      status: "held",
      requested_by: "petra",
      received_at: "2026-11-23T08:00:00.000Z",
      requested_at: "2026-11-23T08:00:00.000Z",
      extended_at: null,
      deadline: "2026-11-24T00:00:00.000Z",
      statutory_deadline: "2026-11-24T00:00:00.000Z",
      overdue: false,
    });
  });

  it("calls a request overdue by the clock, before the alarm's event has arrived", async () => {
    const overdue = async (now: string) =>
      (await open(now)).items.filter((item) => item.overdue).map((item) => item.deletion_id);
    expect(await overdue("2026-11-19T23:59:59.999Z")).toEqual(["backdated", "noted"]);
    expect(await overdue("2026-11-20T00:00:00.000Z")).toEqual(["backdated", "late", "noted"]);
  });

  it("pages by deadline", async () => {
    const whole = (await open(NOW)).items;
    const { items, pages } = await through(3, (request) =>
      reports.deletions({ ...request, now: NOW }),
    );
    expect(items).toEqual(whole);
    expect(pages).toBe(2);
  });
});

describe("the report on access", () => {
  const keys = (page: Page<{ day: string; accessor_id: string; count: number }>) =>
    page.items.map(({ day, accessor_id, count }) => `${day} ${accessor_id} ${count}`);

  it("counts by day, lake, dataset, accessor and action", async () => {
    const { items } = await reports.access({ ...FIRST, from: "2026-11-02", to: "2026-11-02" });
    expect(items).toEqual([
      access("2026-11-02", "north", null, "bob", "write"),
      access("2026-11-02", "north", "people", "bob", "read"),
      access("2026-11-02", "south", "people", "carol", "query"),
    ]);
  });

  it("takes days and times as bounds, both inclusive", async () => {
    const from = "2026-11-30";
    const to = "2026-12-01T00:00:00.000Z";
    expect(keys(await reports.access({ ...FIRST, from, to }))).toEqual([
      "2026-11-30 alice 1",
      "2026-11-30 alice 1",
      "2026-12-01 bob 1",
    ]);
  });

  it("narrows to one lake", async () => {
    expect(keys(await reports.access({ ...FIRST, lake_id: "south" }))).toEqual([
      "2026-11-02 carol 1",
    ]);
  });

  for (const filter of [
    {},
    { lake_id: "north" },
    { from: "2026-11-01" },
    { from: "2026-11-01", to: "2026-11-30", lake_id: "north" },
  ]) {
    it(`pages without loss or repetition (${JSON.stringify(filter)})`, async () => {
      const whole = (await reports.access({ ...FIRST, ...filter })).items;
      for (const limit of [1, 2, whole.length]) {
        const { items, pages } = await through(limit, (request) =>
          reports.access({ ...request, ...filter }),
        );
        expect(items).toEqual(whole);
        expect(pages).toBe(Math.ceil(whole.length / limit));
      }
    });
  }

  it("begins at `from` also when the cursor is older", async () => {
    const cursor = encodeCursor(["2026-10-01", "north", "sales", "zoe", "write"]);
    const { items } = await reports.access({ ...FIRST, cursor, from: "2026-12-01" });
    expect(items).toEqual([access("2026-12-01", "north", "sales", "bob", "read")]);
  });
});

describe("the monthly report", () => {
  const monthly = (month: string) =>
    acrossDatabases([{ name: "", queries: reports }]).monthly({ month, member: null, now: NOW });

  it("counts what fell into the month, in UTC", async () => {
    expect(await monthly("2026-11")).toMatchObject({
      month: "2026-11",
      deletions: {
        requested: 4,
        completed: 1,
        overdue: 2,
        average_completion_seconds: 25 * 60 * 60,
      },
      access_by_dataset: [
        { lake_id: "north", dataset_id: "sales", count: 3 },
        { lake_id: "north", dataset_id: "people", count: 1 },
        { lake_id: "south", dataset_id: "people", count: 1 },
      ],
      access_by_user: [
        { accessor_id: "alice", count: 3 },
        { accessor_id: "bob", count: 2 },
        { accessor_id: "carol", count: 1 },
      ],
    });
  });

  it("says of a month that is over what was open when it ended, whatever became of it since", async () => {
    const lake_id = "open-at-the-end";
    const asked = { requested_by: "petra", received_at: "2025-03-20T00:00:00.000Z" };
    const due = (deadline: string) => ({ ...asked, deadline, statutory_deadline: deadline });
    const soon = due("2025-03-28T22:59:59.999Z");
    const late = due("2025-04-10T21:59:59.999Z");
    const log = lakeLog()
      .created(lake_id)
      .add("deletion/done", "GDPRDeletionRequested", late, "2025-03-20T08:00:00.000Z")
      .add("deletion/refused", "GDPRDeletionRequested", soon, "2025-03-20T08:00:00.000Z")
      .add("deletion/still", "GDPRDeletionRequested", late, "2025-03-21T08:00:00.000Z")
      .add("deletion/before", "GDPRDeletionRequested", late, "2025-03-21T08:00:00.000Z")
      .add(
        "deletion/before",
        "GDPRDeletionCompleted",
        { completed_at: "2025-03-22T08:00:00.000Z" },
        "2025-03-22T08:00:00.000Z",
      )
      .add("deletion/refused", "GDPRDeletionOverdue", soon, "2025-03-28T23:00:00.000Z")
      .add(
        "deletion/done",
        "GDPRDeletionCompleted",
        { completed_at: "2025-04-02T08:00:00.000Z" },
        "2025-04-02T08:00:00.000Z",
      )
      .add("deletion/refused", "GDPRDeletionRejected", {}, "2025-04-03T08:00:00.000Z")
      .add("deletion/later", "GDPRDeletionRequested", late, "2025-04-04T08:00:00.000Z")
      .add("deletion/still", "GDPRDeletionOverdue", late, "2025-04-10T22:00:00.000Z");
    await d1Sink(db).deliver(lake_id, log.events);
    const open = async (month: string, now = NOW) => {
      const all = acrossDatabases([{ name: "", queries: reports }]);
      const { deletions } = await all.monthly({ month, lake_id, member: null, now });
      return [deletions.open, deletions.open_overdue];
    };
    expect(await open("2025-02")).toEqual([0, 0]);
    expect(await open("2025-03")).toEqual([3, 1]);
    expect(await open("2025-04")).toEqual([2, 2]);
    // A month that goes on is told as of now, a little before a deadline here.
    expect(await open("2025-04", "2025-04-10T00:00:00.000Z")).toEqual([2, 1]);
  });

  it("counts the last month of a year up to its end", async () => {
    const { access_by_user } = await monthly("2026-12");
    expect(access_by_user).toEqual([{ accessor_id: "bob", count: 1 }]);
  });

  it("knows no average when nothing was completed", async () => {
    expect(await monthly("2020-01")).toMatchObject({
      month: "2020-01",
      deletions: { requested: 0, completed: 0, overdue: 0, average_completion_seconds: null },
      access_by_dataset: [],
      access_by_user: [],
    });
  });
});

describe("a cursor", () => {
  it("that this report did not give out is refused", async () => {
    const asked = [
      reports.lakes({ limit: 1, cursor: "nonsense" }),
      reports.deletions({ ...FIRST, cursor: encodeCursor(["north"]), now: NOW }),
      reports.access({ ...FIRST, cursor: encodeCursor(["a", "b", "c"]) }),
    ];
    for (const result of await Promise.allSettled(asked)) {
      expect(result).toMatchObject({ status: "rejected", reason: expect.any(BadCursorError) });
    }
  });
});

const access = (
  day: string,
  lake_id: string,
  dataset_id: string | null,
  accessor_id: string,
  action: string,
) => ({ day, lake_id, dataset_id, accessor_id, action, count: 1 });

describe("the report on requests for access", () => {
  it("has them until somebody was given the file, or until it was there in older logs", async () => {
    const person = {
      ...{ requested_by: "petra", received_at: NOW },
      ...{ deadline: "2026-12-23T00:00:00.000Z", statutory_deadline: "2026-12-23T00:00:00.000Z" },
    };
    const west = lakeLog().created("west");
    for (const id of ["asked", "kept", "given", "older"])
      west.add(`subject-access/${id}`, "SubjectAccessRequested", person);
    for (const id of ["kept", "given"])
      west.add(`subject-access/${id}`, "SubjectAccessCompleted", { expires_at: null });
    west
      .add("subject-access/given", "SubjectAccessAnswered", { expires_at: NOW })
      .add("subject-access/older", "SubjectAccessCompleted", { expires_at: NOW });
    await d1Sink(db).deliver("west", west.events);
    const { items } = await reports.subjectAccesses({ ...FIRST, now: NOW, lake_id: "west" });
    expect(items.map(({ subject_access_id, status }) => [subject_access_id, status])).toEqual([
      ["asked", "collecting"],
      ["kept", "ready"],
    ]);
  });
});

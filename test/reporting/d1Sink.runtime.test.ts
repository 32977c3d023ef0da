import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { OutOfStepError, type StoredEvent } from "../../src/application/ports.ts";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import { REPORT_VERSION } from "../../src/reporting/forget.ts";
import { TABLE_NAMES } from "../../src/reporting/tables.ts";
import fc from "../support/property.ts";
import { type LakeLog, lakeLog, MORNING } from "./lakeLog.ts";

const db = env.REPORTS;
const sink = d1Sink(db);

const TABLES = ["relay", "events", "batch_counts", ...TABLE_NAMES];

/** Everything the database holds about a lake, without the lake's own id. */
const contents = async (lake_id: string): Promise<Record<string, unknown[]>> => {
  const results = await db.batch<Record<string, unknown>>(
    TABLES.map((table) => db.prepare(`SELECT * FROM ${table} WHERE lake_id = ?`).bind(lake_id)),
  );
  return Object.fromEntries(
    results.map(({ results: rows }, index) => [
      TABLES[index] ?? "",
      // A count that has come down to nothing is none.
      rows.filter(({ batches }) => batches !== 0).map(({ lake_id: _, ...row }) => row),
    ]),
  );
};

const fresh = (): string => `lake-${crypto.randomUUID()}`;

/** How the relay stands when it has all that it was told there is. */
const told = (last_seq: number) => ({
  last_seq,
  report_version: REPORT_VERSION,
  rebuilding_to: null,
  moved_to: null,
});

/** A database in which `rival` runs before each batch of the delivery under test. */
const racing = (rival: () => Promise<unknown>): D1Database =>
  new Proxy(db, {
    get: (target, name) => {
      if (name === "prepare") return target.prepare.bind(target);
      return async (statements: D1PreparedStatement[]) => {
        await rival();
        return target.batch(statements);
      };
    },
  });

/** What a failed promise failed with, so that nothing is left unhandled. */
const failure = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    return String(error);
  }
  return "it did not fail";
};

const contract = (retention_days: number) => ({
  version: 1,
  dataset: "sales",
  schema: { id: "int" },
  retention_days,
  privacy_rules: { id: "hash" },
  quality_rules: {},
  k_anonymity: null,
});

const requested = {
  requested_by: "petra",
  received_at: MORNING,
  deadline: "2026-12-23T00:00:00.000Z",
  statutory_deadline: "2026-12-23T00:00:00.000Z",
};

/** A lake in which every table has something to combine. */
const busyLake = (lake_id = "north"): LakeLog =>
  lakeLog()
    .created(lake_id, { compliance_level: "standard" })
    .add("lake", "ComplianceLevelChanged", { from: "standard", to: "gdpr" })
    .add("dataset/sales", "DatasetRegistered", {
      schema: { id: "int" },
      contains_pii: null,
      encryption_enabled: false,
    })
    .accessed("alice", "sales", "read")
    .add("dataset/sales", "DatasetIngested", { record_count: 10, contains_pii: true })
    .add("batch/b1", "AppendIngestionRequested", {
      dataset: "sales",
      contract_id: "contract1",
      contains_pii: null,
    })
    .add("contract/contract1", "DataContractDefined", contract(30))
    .add("batch/b1", "DataAppended", { bytes: 3_000_000_000, rows: 2 })
    .accessed("alice", "sales", "read")
    .add("batch/b1", "QualityCheckPassed", { passed: true, diverted_rows: 1 })
    .add("dataset/sales", "SchemaVersionUpdated", {
      version: 2,
      schema: { id: "int", name: "string" },
      contract_id: "contract1",
    })
    .add("contract/contract1", "DataContractUpdated", { ...contract(60), version: 2 })
    .add("subject-access/a1", "SubjectAccessRequested", requested)
    .add("contract/contract1", "DataContractApproved", { approver: "olga" })
    .add("dataset/sales", "DatasetIngested", { record_count: 5, contains_pii: false })
    .deletion("d1", { deadline: "2026-12-23T00:00:00.000Z" })
    .accessed("bob", null, "write")
    .add("batch/b1", "BatchQuarantined", { cause: "manual", reason: "doubt" })
    .add("deletion/d1", "GDPRDeletionHeld", { ground: "Art. 17(3)(e)" })
    .add("batch/b1", "QuarantineReleased", { reason: "fine" })
    .add("batch/b1", "ConsumptionGranted", { consumer: "alice" })
    .add("deletion/d1", "SomethingNew", { quote: 'it\'s "new" \u0000 żółw' })
    .accessed("alice", "sales", "read")
    .add("member/ann-1", "MemberGranted", { subject: "ann-1", roles: ["owner", "auditor"] })
    .add("member/bob-2", "MemberGranted", { subject: "bob-2", roles: ["analyst"] })
    .add("member/bob-2", "MemberRevoked", { subject: "bob-2" })
    .add("batch/b1", "ConsumptionGranted", { consumer: "bob" });

describe("a delivery", () => {
  it("arrives in every table", async () => {
    const lake = fresh();
    const { events } = busyLake();
    await sink.deliver(lake, events);
    const found = await contents(lake);
    expect(found.relay).toEqual([told(events.length)]);
    expect(found.events).toEqual(
      events.map(({ seq, type, recorded_at, actor, dataset, stream, stream_version, data }) => ({
        ...{ seq, type, recorded_at, actor, dataset, stream, stream_version },
        data: JSON.stringify(data),
      })),
    );
    expect(found.lakes).toMatchObject([{ owner_id: "olga", compliance_level: "gdpr" }]);
    expect(found.datasets).toMatchObject([
      { dataset_id: "sales", contains_pii: 1, ingestions: 2, ingested_records: 15 },
    ]);
    expect(found.batches).toMatchObject([
      { batch_id: "b1", status: "checked", size_bytes: 3_000_000_000, consumptions: 2 },
    ]);
    expect(found.deletions).toMatchObject([
      { deletion_id: "d1", status: "held", overdue: 0, overdue_at: null, completion_seconds: null },
    ]);
    expect(found.members).toMatchObject([
      { subject: "ann-1", status: "active", roles: "owner,auditor", watches: 1 },
      { subject: "bob-2", status: "revoked", roles: "", watches: 0 },
    ]);
    expect(found.dataset_versions).toMatchObject([
      { dataset_id: "sales", version: 1, columns: '{"id":"int"}', contract_id: null },
      { version: 2, columns: '{"id":"int","name":"string"}', contract_id: "contract1" },
    ]);
    expect(found.contracts).toMatchObject([
      { contract_id: "contract1", status: "approved", version: 2, retention_days: 60 },
    ]);
    expect(found.subject_accesses).toMatchObject([
      { subject_access_id: "a1", status: "collecting", missed_deadline: null },
    ]);
    expect(found.batch_counts).toEqual([
      {
        ...{ dataset_id: "sales", status: "checked", batches: 1 },
        ...{ row_count: 2, published_rows: 0, quarantined_rows: 1 },
      },
    ]);
    const month = { month: "2026-11", dataset_id: "sales" };
    expect(found.monthly_counts).toMatchObject([
      { month: "2026-11", dataset_id: "", measure: "subject_accesses_requested", count: 1 },
      { ...month, measure: "batches_appended", count: 1 },
      { ...month, measure: "batches_quarantined", count: 1 },
      { ...month, measure: "batches_released", count: 1 },
      { ...month, measure: "rows_appended", count: 2 },
      { ...month, measure: "rows_quarantined", count: 1 },
    ]);
    expect(found.accessors).toMatchObject([
      { dataset_id: "", accessor_id: "bob", accesses: 1 },
      { dataset_id: "sales", accessor_id: "alice", accesses: 3 },
    ]);
    expect(found.access_purposes).toHaveLength(2);
    expect(found.access_daily).toEqual([
      { day: "2026-11-23", dataset_id: "", accessor_id: "bob", action: "write", count: 1 },
      { day: "2026-11-23", dataset_id: "sales", accessor_id: "alice", action: "read", count: 3 },
    ]);
  });

  it("counts once when it is made twice", async () => {
    const lake = fresh();
    const { events } = busyLake();
    await sink.deliver(lake, events);
    const once = await contents(lake);
    await sink.deliver(lake, events);
    expect(await contents(lake)).toEqual(once);
  });

  it("counts once when deliveries overlap", async () => {
    const [lake, whole] = [fresh(), fresh()];
    const { events } = busyLake();
    await sink.deliver(whole, events);
    await sink.deliver(lake, events.slice(0, 8));
    await sink.deliver(lake, events.slice(4, 12));
    await sink.deliver(lake, events.slice(2, 6));
    await sink.deliver(lake, events.slice(11));
    expect(await contents(lake)).toEqual(await contents(whole));
  });

  it("counts once when many are made at the same time", async () => {
    const [lake, whole] = [fresh(), fresh()];
    const { events } = busyLake();
    await sink.deliver(whole, events);
    await Promise.all([
      sink.deliver(lake, events),
      sink.deliver(lake, events.slice(0, 5)),
      sink.deliver(lake, events.slice(0, 9)),
      sink.deliver(lake, events),
    ]);
    expect(await contents(lake)).toEqual(await contents(whole));
  });

  it("comes out the same however the log is cut", async () => {
    const whole = fresh();
    const { events } = busyLake();
    await sink.deliver(whole, events);
    const expected = await contents(whole);
    const cuts = fc.array(fc.integer({ min: 1, max: events.length }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, async (ends) => {
        const lake = fresh();
        for (const end of [...ends.toSorted((a, b) => a - b), events.length]) {
          await sink.deliver(lake, events.slice(0, end));
        }
        expect(await contents(lake)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it("starts a row anew when its id is opened again", async () => {
    const lake = fresh();
    const deadline = "2026-12-23T00:00:00.000Z";
    const log = lakeLog()
      .deletion("d1", { deadline })
      .add("deletion/d1", "GDPRDeletionOverdue", { deadline })
      .add("deletion/d1", "GDPRDeletionRejected", { ground: "Art. 17(3)(e)" });
    await sink.deliver(lake, log.events);
    expect((await contents(lake)).deletions).toMatchObject([{ status: "rejected", overdue: 1 }]);
    await sink.deliver(lake, log.deletion("d1", { deadline }).events);
    expect((await contents(lake)).deletions).toMatchObject([{ status: "pending", overdue: 0 }]);
  });

  it("of one lake leaves the other alone", async () => {
    const [north, south] = [fresh(), fresh()];
    await sink.deliver(north, busyLake().events);
    const before = await contents(north);
    await sink.deliver(south, lakeLog().created(south).accessed("alice", "sales", "read").events);
    expect(await contents(north)).toEqual(before);
    expect((await contents(south)).access_daily).toMatchObject([{ count: 1 }]);
  });

  it("of nothing does nothing", async () => {
    const lake = fresh();
    await sink.deliver(lake, []);
    expect((await contents(lake)).relay).toEqual([]);
  });

  it("larger than one batch arrives whole", async () => {
    const lake = fresh();
    const log = lakeLog().created(lake);
    for (let index = 0; index < 2_500; index += 1) log.accessed(`user-${index}`, "sales", "read");
    const wide = "x".repeat(300_000);
    for (let index = 0; index < 20; index += 1) log.add("lake", "SomethingNew", { wide });
    await sink.deliver(lake, log.events);
    const found = await contents(lake);
    expect(found.relay).toEqual([told(log.events.length)]);
    expect(found.events).toHaveLength(log.events.length);
    expect(found.access_daily).toHaveLength(2_500);
  });
});

const IN_STEP = "it was in step";

describe("after a restore", () => {
  /** What a sink rejected with, to be told from any other failure. */
  const outOfStep = async (lake: string, events: readonly StoredEvent[]): Promise<number> => {
    try {
      await sink.deliver(lake, events);
    } catch (error) {
      if (error instanceof OutOfStepError) return error.resume_after;
      throw error;
    }
    throw new Error(IN_STEP);
  };

  it("of the lake what was told of the time that is lost goes, and all is told anew", async () => {
    const [lake, whole, other] = [fresh(), fresh(), fresh()];
    const before = busyLake().events;
    await sink.deliver(lake, before);
    await sink.deliver(other, before);
    // The lake went back to its tenth event, and something else has happened since.
    const fork = lakeLog();
    for (const event of before.slice(0, 10)) {
      fork.add(event.stream, event.type as "SomethingNew", event.data, event.recorded_at);
    }
    const { events } = fork.accessed("carol", "sales", "query", "2026-11-24T08:00:00.000Z");
    expect(await outOfStep(lake, events.slice(8))).toBe(0);
    const { deletions, subject_accesses, relay, lakes, ...rest } = await contents(lake);
    expect(Object.values(rest).flat()).toEqual([]);
    expect(relay).toEqual([{ ...told(0), rebuilding_to: events.length }]);
    expect(lakes).toMatchObject([{ owner_id: "olga" }]);
    expect(deletions).toMatchObject([{ deletion_id: "d1", status: "lost" }]);
    expect(subject_accesses).toMatchObject([{ subject_access_id: "a1", status: "lost" }]);
    await sink.deliver(lake, events);
    await sink.deliver(whole, events);
    const found = await contents(lake);
    expect({ ...found, deletions: [], subject_accesses: [] }).toEqual(await contents(whole));
    expect((await contents(other)).relay).toEqual([told(before.length)]);
  });

  it("wherever the lake went back to, and however far it was told of, ends as if nothing had been", async () => {
    const before = busyLake().events;
    const upTo = fc.integer({ min: 1, max: before.length });
    await fc.assert(
      fc.asyncProperty(upTo, upTo, upTo, async (heard, kept, acknowledged) => {
        const [lake, whole] = [fresh(), fresh()];
        await sink.deliver(lake, before.slice(0, heard));
        const fork = lakeLog();
        for (const { stream, type, data, recorded_at } of before.slice(0, kept)) {
          fork.add(stream, type as "SomethingNew", data, recorded_at);
        }
        for (const day of ["24", "25", "26"]) {
          fork.accessed("carol", "sales", "query", `2026-11-${day}T08:00:00.000Z`);
        }
        // As the lake does: from where its own cursor was restored to, and again as it is told.
        let after = Math.min(heard, kept, acknowledged);
        for (let tries = 0; after < fork.events.length; tries += 1) {
          expect(tries).toBeLessThan(3);
          const next = fork.events.slice(after);
          const refused = await outOfStep(lake, next).catch((error: Error) => {
            if (error.message !== IN_STEP) throw error;
            return null;
          });
          after = refused ?? fork.events.length;
        }
        await sink.deliver(whole, fork.events);
        const [found, expected] = [await contents(lake), await contents(whole)];
        const known = (row: unknown) => (row as { status: string }).status !== "lost";
        const requests = {
          deletions: found.deletions?.filter(known),
          subject_accesses: found.subject_accesses?.filter(known),
        };
        expect({ ...found, ...requests }).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it("of the lake a request that was open and that it knows no more is kept in sight, as lost", async () => {
    const lake = fresh();
    const deadline = "2026-12-23T00:00:00.000Z";
    const known = lakeLog().created(lake).deletion("known", { deadline });
    const { events: before } = lakeLog()
      .created(lake)
      .deletion("known", { deadline })
      .deletion("open", { deadline })
      .deletion("answered", { deadline })
      .add("deletion/answered", "GDPRDeletionRejected", { ground: "Art. 17(3)(e)" });
    await sink.deliver(lake, before);
    const { events } = known.accessed("carol", "sales", "query", "2026-11-24T08:00:00.000Z");
    expect(await outOfStep(lake, events.slice(2))).toBe(0);
    await sink.deliver(lake, events);
    const rows = (await contents(lake)).deletions as { deletion_id: string; status: string }[];
    expect(rows.map(({ deletion_id, status }) => [deletion_id, status])).toEqual([
      ["known", "pending"],
      ["open", "lost"],
    ]);
  });

  it("of the reports what they lack is asked for", async () => {
    const lake = fresh();
    const { events } = busyLake();
    await sink.deliver(lake, events.slice(0, 6));
    expect(await outOfStep(lake, events.slice(10))).toBe(6);
    await sink.deliver(lake, events.slice(6));
    expect((await contents(lake)).relay).toEqual([told(events.length)]);
  });
});

describe("rows that were derived otherwise", () => {
  const derivedBy = (lake: string, version: number) =>
    db.prepare("UPDATE relay SET report_version = ? WHERE lake_id = ?").bind(version, lake).run();

  const refusal = async (lake: string, events: readonly StoredEvent[], head: number) => {
    try {
      await sink.deliver(lake, events, head);
    } catch (error) {
      if (error instanceof OutOfStepError) return error;
      throw error;
    }
    throw new Error("it was taken");
  };

  it.each([
    ["older", REPORT_VERSION - 1],
    ["newer", REPORT_VERSION + 1],
  ])("by %s code go, and the log is asked for from its first event", async (_, version) => {
    const [lake, whole] = [fresh(), fresh()];
    const { events } = busyLake();
    await sink.deliver(lake, events.slice(0, 12));
    await db.prepare("UPDATE access_daily SET count = 99 WHERE lake_id = ?").bind(lake).run();
    await derivedBy(lake, version);
    const { resume_after } = await refusal(lake, events.slice(12, 15), events.length);
    expect(resume_after).toBe(0);
    expect((await contents(lake)).relay).toEqual([{ ...told(0), rebuilding_to: events.length }]);
    await sink.deliver(lake, events.slice(0, 12), events.length);
    // Until the last of them has arrived the reports lack some, and say so.
    expect((await contents(lake)).relay).toEqual([{ ...told(12), rebuilding_to: events.length }]);
    await sink.deliver(lake, events.slice(12), events.length);
    await sink.deliver(whole, events);
    expect(await contents(lake)).toEqual(await contents(whole));
  });

  it("are not added to, also by a delivery that began before", async () => {
    const lake = fresh();
    const { events } = busyLake();
    await sink.deliver(lake, events.slice(0, 4));
    await derivedBy(lake, REPORT_VERSION + 1);
    const slow = racing(() => Promise.resolve());
    await refusal(lake, events.slice(4), events.length);
    await derivedBy(lake, REPORT_VERSION + 1);
    await failure(d1Sink(slow).deliver(lake, events, events.length));
    expect((await contents(lake)).events).toEqual([]);
  });

  it("go in pieces, and what interrupts that is taken up by the next delivery", async () => {
    const [lake, whole] = [fresh(), fresh()];
    const log = lakeLog().created(lake);
    for (let index = 0; index < 4_500; index += 1) log.accessed(`u${index}`, "sales", "read");
    await sink.deliver(lake, log.events);
    let batches = 0;
    const failing = racing(async () => {
      batches += 1;
      if (batches === 3) throw new Error("D1 is down");
    });
    expect(await failure(d1Sink(failing).restart(lake, log.events.length))).toContain("down");
    const left = await contents(lake);
    expect(left.events).toHaveLength(log.events.length - 2_000);
    expect(left.access_daily).toHaveLength(2_500);
    expect(left.relay).toMatchObject([{ rebuilding_to: log.events.length }]);
    expect(await failure(sink.deliver(lake, log.events))).toContain("made anew");
    const { lakes, relay, ...rest } = await contents(lake);
    expect(Object.values(rest).flat()).toEqual([]);
    await sink.deliver(lake, log.events);
    await sink.deliver(whole, log.events);
    expect({ ...(await contents(lake)), lakes }).toEqual({ ...(await contents(whole)), lakes });
    expect(relay).toEqual([{ ...told(0), rebuilding_to: log.events.length }]);
  });

  it("of a lake restored meanwhile are complete when its shorter log has arrived", async () => {
    const lake = fresh();
    const { events } = busyLake();
    await sink.deliver(lake, events);
    await sink.restart(lake, events.length);
    await sink.deliver(lake, events.slice(0, 5), 8);
    expect((await contents(lake)).relay).toEqual([{ ...told(5), rebuilding_to: 8 }]);
    await sink.deliver(lake, events.slice(5, 8), 8);
    expect((await contents(lake)).relay).toEqual([told(8)]);
  });
});

describe("an event too large for D1", () => {
  it("leaves its data in the lake and holds nothing up", async () => {
    const lake = fresh();
    const data = { wide: "ż".repeat(500_000) };
    const log = lakeLog()
      .created(lake)
      .add("lake", "SomethingNew", data)
      .accessed("a", "s", "read");
    await sink.deliver(lake, log.events);
    const found = await contents(lake);
    expect(found.relay).toEqual([told(3)]);
    expect(found.events?.[1]).toMatchObject({ data: '{"omitted_bytes":1000011}' });
  });
});

describe("a delivery that cannot be right", () => {
  const untouched = async (lake: string, events: readonly StoredEvent[]): Promise<string> => {
    const before = await contents(lake);
    const message = await failure(sink.deliver(lake, events));
    expect(await contents(lake)).toEqual(before);
    return message;
  };

  it("is refused when events before it never arrived", async () => {
    const lake = fresh();
    const { events } = busyLake();
    expect(await untouched(lake, events.slice(3))).toContain("events 1 to 3 were never delivered");
    await sink.deliver(lake, events.slice(0, 2));
    expect(await untouched(lake, events.slice(4))).toContain("events 3 to 4 were never delivered");
  });

  it("is refused when an event is missing within it or they are out of order", async () => {
    const lake = fresh();
    const { events } = busyLake();
    expect(await untouched(lake, events.toSpliced(2, 1))).toContain("event 4");
    expect(await untouched(lake, events.toReversed())).toContain("was delivered behind");
  });

  it("writes nothing at all when one of its rows is refused", async () => {
    const lake = fresh();
    const log = lakeLog().created(lake).created(lake, { name: null });
    expect(await untouched(lake, log.events)).toContain("NOT NULL");
  });

  it("drops changes of what was never opened, as the lake's own fold does", async () => {
    const lake = fresh();
    const log = lakeLog()
      .add("deletion/d1", "GDPRDeletionHeld", { ground: "Art. 17(3)(e)" })
      .add("lake", "ComplianceLevelChanged", { from: "gdpr", to: "strict" });
    await sink.deliver(lake, log.events);
    const found = await contents(lake);
    expect(found.relay).toEqual([told(2)]);
    expect(found.deletions).toEqual([]);
    expect(found.lakes).toEqual([]);
  });
});

describe("a race", () => {
  it("that was lost is taken up again where the winner stopped", async () => {
    const [lake, whole] = [fresh(), fresh()];
    const { events } = busyLake();
    await sink.deliver(whole, events);
    let rivals = 0;
    const rival = async () => {
      rivals += 1;
      if (rivals <= 3) await sink.deliver(lake, events.slice(0, rivals * 4));
    };
    await d1Sink(racing(rival)).deliver(lake, events);
    expect(rivals).toBe(4);
    expect(await contents(lake)).toEqual(await contents(whole));
  });

  it("that is lost again and again is given up, for the outbox to try later", async () => {
    const lake = fresh();
    const { events } = busyLake();
    let rivals = 0;
    const rival = async () => {
      rivals += 1;
      await sink.deliver(lake, events.slice(0, rivals));
    };
    const message = await failure(d1Sink(racing(rival)).deliver(lake, events));
    expect(message).toContain("lost 5 races");
    expect((await contents(lake)).relay).toEqual([told(5)]);
  });
});

import { describe, expect, it } from "vitest";
import type { When } from "../../src/application/questions.ts";
import { batchId, contractId, datasetName } from "../../src/contracts/fields.ts";
import {
  append,
  consumeRequest,
  defineContract,
  done,
  publish,
  registerSales,
} from "../support/batchSteps.ts";
import { memoryEventLog } from "../support/memoryEventLog.ts";
import { DAY_MS, HOUR_MS, refusal, type TestLake, testLake } from "../support/testLake.ts";

const deletionOf = (subject_id: string) =>
  ({
    type: "RequestDeletion",
    subject_id,
    reason: "please",
    requested_by: "petra",
    identity_verified: null,
    received_at: null,
  }) as const;

/** A lake with a life of some hours: one thing an hour. Snapshots are taken early and often. */
const lived = (): { readonly lake: TestLake; readonly hours: readonly string[] } => {
  const lake = testLake({ level: "standard", log: memoryEventLog({ snapshot_every: 2 }) });
  const hours: string[] = [lake.now()];
  const hour = (event: () => unknown) => {
    lake.pass(HOUR_MS);
    event();
    hours.push(lake.now());
  };
  hour(() => registerSales(lake, { contains_pii: true }));
  hour(() => defineContract(lake));
  hour(() => done(append(lake, "batch1")));
  hour(() => done(publish(lake, "batch1")));
  hour(() => lake.run(consumeRequest("batch1")));
  hour(() => lake.run({ type: "ChangeComplianceLevel", compliance_level: "gdpr" }));
  hour(() => lake.run(deletionOf("jane")));
  hour(() =>
    lake.run({ type: "QuarantineBatch", batch_id: batchId.parse("batch1"), reason: "odd" }),
  );
  hour(() => lake.run({ type: "DeprecateDataset", dataset: datasetName.parse("sales") }));
  return { lake, hours };
};

const stateOf = (lake: TestLake, when: When) =>
  lake.see({ kind: "one", aggregate: "batch", id: "batch1", when }).state;

describe("a state in the past", () => {
  it("is what it was at that time", () => {
    const { lake, hours } = lived();
    const states = hours.slice(3).map((at) => stateOf(lake, { at }));
    expect(states).toEqual([
      "appended",
      "published",
      "published",
      "published",
      "published",
      "quarantined",
      "quarantined",
    ]);
  });

  it("is that of the last event at or before the time, to the millisecond", () => {
    const { lake, hours } = lived();
    const published = Date.parse(hours[4] ?? "");
    const justBefore = new Date(published - 1).toISOString();
    expect(stateOf(lake, { at: justBefore })).toBe("appended");
    expect(stateOf(lake, { at: new Date(published).toISOString() })).toBe("published");
  });

  it("is what it was when the log's last event had that number", () => {
    const { lake } = lived();
    const publishedAt = lake.log.read({ type: "DataPublished", after: 0, limit: 1 })[0]?.seq ?? 0;
    expect(stateOf(lake, { version: publishedAt - 1 })).toBe("appended");
    expect(stateOf(lake, { version: publishedAt })).toBe("published");
    expect(stateOf(lake, { version: 9_999 })).toBe("quarantined");
  });

  it("is not there before it was", () => {
    const { lake, hours } = lived();
    const ask = (when: When) =>
      refusal(
        lake.service.ask(lake.call(), { kind: "one", aggregate: "batch", id: "batch1", when }),
      );
    expect(ask({ at: hours[2] ?? "" })).toMatchObject({ code: "batch-not-found" });
    expect(ask({ at: hours[2] ?? "" }).detail).toContain("then");
    expect(ask({ version: 0 }).code).toBe("batch-not-found");
  });

  it("is told with the version its stream had", () => {
    const { lake, hours } = lived();
    const question = { kind: "one", aggregate: "dataset", id: "sales" } as const;
    const versions = [{ at: hours[5] ?? "" }, null].map((when) => {
      const reply = lake.ask({ ...question, when });
      return reply.kind === "one" ? reply.version : null;
    });
    expect(versions).toEqual([1, 2]);
  });

  it("of the lake has the level of then", () => {
    const { lake, hours } = lived();
    const level = (when: When) => lake.see({ kind: "lake", when }).compliance_level;
    expect([level({ at: hours[5] ?? "" }), level({ at: hours[6] ?? "" }), level(null)]).toEqual([
      "standard",
      "gdpr",
      "gdpr",
    ]);
  });

  it("ahead of the clock is the present, deadlines included", () => {
    const lake = testLake({ level: "gdpr" });
    const { deletion_id } = lake.run(deletionOf("jane")).body.deletion as { deletion_id: string };
    lake.pass(31 * DAY_MS);
    const question = { kind: "one", aggregate: "deletion", id: deletion_id } as const;
    const at = "2030-01-01T00:00:00.000Z";
    expect(lake.see({ ...question, when: { at } })).toEqual(lake.see({ ...question, when: null }));
    expect(lake.see({ ...question, when: { at } })).toMatchObject({ overdue: true });
  });
});

describe("the report", () => {
  const reportOf = (lake: TestLake, when: When) => {
    const { parked_duties: _, ...report } = lake.see({ kind: "report", when });
    return report;
  };

  it("counts what there is", () => {
    const { lake } = lived();
    expect(lake.see({ kind: "report", when: null })).toEqual({
      lake_id: "north",
      lake: "North",
      region: "eu-west-1",
      compliance: "gdpr",
      datasets: 1,
      pii_datasets: 1,
      batches: { quarantined: 1 },
      access_events: 1,
      pending_deletions: 1,
      overdue_deletions: 0,
      restricted_deletions: 0,
      freshness_breaches: 0,
      parked_duties: 0,
      events: lake.log.head(),
      as_of: lake.now(),
    });
  });

  it("now is the report at the head of the log", () => {
    const { lake } = lived();
    expect(reportOf(lake, { version: lake.log.head() })).toEqual(reportOf(lake, null));
    expect(reportOf(lake, { at: lake.now() })).toEqual(reportOf(lake, null));
  });

  it("at this moment counts what has become overdue without an event", () => {
    const { lake } = lived();
    lake.pass(60 * DAY_MS);
    expect(reportOf(lake, null)).toMatchObject({ overdue_deletions: 1 });
    expect(reportOf(lake, { at: lake.now() })).toEqual(reportOf(lake, null));
    const ahead = new Date(Date.parse(lake.now()) + DAY_MS).toISOString();
    expect(reportOf(lake, { at: ahead })).toEqual(reportOf(lake, null));
  });

  it("in the past is the report that was given then", () => {
    const lake = testLake({ level: "gdpr" });
    const given: (readonly [string, object])[] = [];
    const note = () => {
      given.push([lake.now(), reportOf(lake, null)]);
      lake.pass(1);
    };
    note();
    registerSales(lake, { contains_pii: true });
    lake.pass(DAY_MS);
    note();
    lake.run(deletionOf("jane"));
    lake.pass(31 * DAY_MS);
    note();
    defineContract(lake);
    lake.pass(DAY_MS);
    note();
    for (const [at, report] of given.slice(1)) expect(reportOf(lake, { at })).toEqual(report);
  });

  it("of a time before the lake is not found", () => {
    const { lake } = lived();
    const asked = lake.service.ask(lake.call(), { kind: "report", when: { version: 0 } });
    expect(refusal(asked).code).toBe("lake-not-found");
  });
});

describe("a list", () => {
  const contracts = (lake: TestLake, after: number, limit: number) => {
    const reply = lake.ask({ kind: "list", filter: { kind: "contract", after, limit } });
    if (reply.kind !== "list") throw new Error("not a list");
    return { ids: reply.items.map(({ contract_id }) => contract_id), next: reply.next };
  };

  it("goes page by page in the order things came into being", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    for (let n = 0; n < 5; n += 1) defineContract(lake);
    lake.run({ type: "DeprecateContract", contract_id: contractId.parse("contract1") });
    const first = contracts(lake, 0, 2);
    const second = contracts(lake, first.next ?? 0, 2);
    const third = contracts(lake, second.next ?? 0, 2);
    expect([first.ids, second.ids, third.ids]).toEqual([
      ["contract1", "contract2"],
      ["contract3", "contract4"],
      ["contract5"],
    ]);
    expect(third.next).toBeNull();
  });

  it("ends with a full page when there is nothing behind it", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    for (let n = 0; n < 2; n += 1) defineContract(lake);
    expect(contracts(lake, 0, 2).next).toBeNull();
  });
});

describe("the log", () => {
  it("is read page by page, by what an event is about", () => {
    const { lake } = lived();
    const read = (filter: { batch_id?: string; type?: string; actor?: string }, limit = 100) => {
      const reply = lake.ask({ kind: "events", filter: { after: 0, limit, ...filter } });
      if (reply.kind !== "events") throw new Error("not events");
      return { types: reply.items.map(({ type }) => type), next: reply.next };
    };
    expect(read({ batch_id: "batch1" }).types).toEqual([
      "AppendIngestionRequested",
      "DataAppended",
      "SchemaValidated",
      "DataPublished",
      "ConsumptionGranted",
      "BatchQuarantined",
    ]);
    expect(read({ type: "AccessAudited" }).types).toEqual(["AccessAudited"]);
    expect(read({ actor: "nobody" })).toEqual({ types: [], next: null });
    expect(read({}, 2)).toEqual({ types: ["DataLakeCreated", "DatasetRegistered"], next: 2 });
  });
});

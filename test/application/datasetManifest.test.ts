/** What a dataset's manifest gives out, names and leaves out, and what is on record of it. */
import { describe, expect, it } from "vitest";
import type { Manifest } from "../../src/application/datasetManifest.ts";
import type { ConsumeDataset } from "../../src/application/datasetOffers.ts";
import { recipientsOf } from "../../src/application/erasureRecipients.ts";
import { MAX_GROUP_WEIGHT } from "../../src/application/groupCommit.ts";
import type { Call, LakeRequest } from "../../src/application/lakeGateway.ts";
import { weightOf } from "../../src/application/lakeTurns.ts";
import {
  batchId,
  contractId,
  datasetName,
  deletionId,
  MAX_CONSUMED,
} from "../../src/contracts/fields.ts";
import type { Role } from "../../src/domain/member/roles.ts";
import {
  append,
  consumeRequest,
  defineContract,
  done,
  exportAs,
  publish,
  registerSales,
  replayAll,
  updateContract,
} from "../support/batchSteps.ts";
import { callAs } from "../support/callerDeeds.ts";
import { SCHEMA } from "../support/facts.ts";
import { eventTypes, HOUR_MS, type TestLake, testLake } from "../support/testLake.ts";

const SALES = datasetName.parse("sales");
const CONTRACT = contractId.parse("contract1");

const salesLake = (published: readonly string[] = []): TestLake => {
  const lake = testLake({ level: "gdpr" });
  registerSales(lake);
  defineContract(lake);
  for (const id of published) bring(lake, id);
  return lake;
};

const bring = (lake: TestLake, id: string): void => {
  done(append(lake, id));
  done(publish(lake, id));
};

const request = (more: Partial<ConsumeDataset> = {}): ConsumeDataset => ({
  type: "ConsumeDataset",
  dataset: SALES,
  consumer: "alice",
  purpose: "forecast",
  format: "parquet",
  expires_in: 900,
  schema_version: null,
  since: null,
  limit: 100,
  cursor: null,
  ...more,
});

const answerOf = (lake: TestLake, more: Partial<ConsumeDataset> = {}, call: Partial<Call> = {}) =>
  lake.run(request(more), call);

const manifestOf = (
  lake: TestLake,
  more: Partial<ConsumeDataset> = {},
  call: Partial<Call> = {},
): Manifest => answerOf(lake, more, call).body as unknown as Manifest;

const idsOf = (list: readonly { readonly batch_id: string }[]) =>
  list.map(({ batch_id }) => batch_id);

const codesOf = ({ left_out }: Manifest) => left_out.map(({ batch_id, code }) => [batch_id, code]);

const aside = (lake: TestLake, id: string) =>
  lake.run({ type: "QuarantineBatch", batch_id: batchId.parse(id), reason: "odd" });

const as = (lake: TestLake, role: Role): Partial<Call> => {
  const subject = `${role}-1`;
  lake.run({ type: "GrantMember", subject, roles: [role] });
  return callAs(lake, subject, "POST /datasets/{name}/consume");
};

describe("a dataset that is consumed as a whole", () => {
  it("gives out every published batch, each granted and audited in the one command", () => {
    const lake = salesLake(["b1", "b2"]);
    const answer = answerOf(lake);
    const manifest = answer.body as unknown as Manifest;
    expect(manifest).toMatchObject({ dataset: "sales", schema: SCHEMA, schema_version: 1 });
    expect(manifest).toMatchObject({ as_of: lake.now(), left_out: [], next_cursor: null });
    expect(manifest.items).toMatchObject([
      { batch_id: "b1", revision: 2, rows: 3, published_at: lake.now() },
      { batch_id: "b2", revision: 2, rows: 3, published_at: lake.now() },
    ]);
    expect(eventTypes(answer)).toEqual([
      "ConsumptionGranted",
      "ConsumptionGranted",
      "AccessAudited",
      "AccessAudited",
    ]);
    const events = lake.log.read({ after: 0, limit: 1000 }).slice(-4);
    expect(new Set(events.map(({ command_id }) => command_id)).size).toBe(1);
    expect(events.map(({ stream }) => stream)).toEqual([
      "batch/b1",
      "batch/b2",
      "access",
      "access",
    ]);
    expect(events.at(-1)?.data).toEqual({
      accessor_id: "alice",
      dataset_id: "sales",
      action: "read",
      purpose: "forecast",
      object: "batch/b2",
    });
    const alone = lake.run({ ...consumeRequest("b1"), purpose: "forecast" } as LakeRequest);
    const granted = lake.log.read({
      stream: "batch/b1",
      type: "ConsumptionGranted",
      after: 0,
      limit: 9,
    });
    expect(granted[0]?.data).toEqual(granted[1]?.data);
    expect({ field: "download_url", ...answer.item_signs?.[0] }).toEqual(alone.sign);
  });

  it("is answered the same under the same idempotency key, and recorded once", () => {
    const lake = salesLake(["b1"]);
    const idempotency = { key: "k", body: "{}" };
    const first = answerOf(lake, {}, { idempotency });
    bring(lake, "b2");
    const head = lake.log.head();
    const second = answerOf(lake, {}, { idempotency });
    expect(second).toEqual({ ...first, replayed: true });
    expect(lake.log.head()).toBe(head);
  });

  it("leaves out what a consumption of its own would refuse, saying as much", () => {
    const lake = salesLake(["good", "odd"]);
    done(append(lake, "new"));
    aside(lake, "odd");
    const manifest = manifestOf(lake);
    expect(idsOf(manifest.items)).toEqual(["good"]);
    expect(codesOf(manifest)).toEqual([
      ["odd", "batch-quarantined"],
      ["new", "batch-not-published"],
    ]);
    for (const { batch_id, code, reason } of manifest.left_out) {
      expect(lake.refused(consumeRequest(batch_id))).toMatchObject({ code, detail: reason });
    }
    updateContract(lake, { privacy_rules: { amount: "noise" } });
    expect(codesOf(manifestOf(lake))[0]).toEqual(["good", "replay-required"]);
    lake.run({ type: "DeclineContract", contract_id: CONTRACT, reason: "no" });
    const declined = answerOf(lake);
    expect(codesOf(declined.body as unknown as Manifest)[0]).toEqual(["good", "contract-declined"]);
    expect(eventTypes(declined)).toEqual([]);
  });

  it("leaves out batches of another schema, which are asked for by its version", () => {
    const lake = salesLake(["old"]);
    const schema = { ...SCHEMA, region: "string" } as const;
    defineContract(lake, { contract_id: contractId.parse("wide"), schema });
    done(append(lake, "wide", { contract: "wide" }));
    done(publish(lake, "wide"));
    const first = manifestOf(lake);
    expect([idsOf(first.items), codesOf(first)]).toEqual([["old"], [["wide", "other-schema"]]]);
    const second = manifestOf(lake, { schema_version: 2 });
    expect([idsOf(second.items), codesOf(second)]).toEqual([["wide"], [["old", "other-schema"]]]);
    expect(second.schema).toEqual(schema);
    const unknown = lake.refused(request({ schema_version: 3 }));
    expect(unknown).toMatchObject({ reason: "not_found", code: "schema-version-not-found" });
  });

  it("tells an analyst of nothing but what is published, and a steward of all", () => {
    const lake = salesLake(["shown", "odd", "last"]);
    done(append(lake, "new"));
    aside(lake, "odd");
    const analyst = as(lake, "analyst");
    const own = { consumer: "analyst-1" };
    const manifest = manifestOf(lake, own, analyst);
    expect([idsOf(manifest.items), manifest.left_out]).toEqual([["shown", "last"], []]);
    const first = manifestOf(lake, { ...own, limit: 1 }, analyst);
    expect(idsOf(first.items)).toEqual(["shown"]);
    const rest = manifestOf(lake, { ...own, limit: 1, cursor: first.next_cursor }, analyst);
    expect([idsOf(rest.items), rest.next_cursor]).toEqual([["last"], null]);
    const posing = lake.refused(request(), analyst);
    expect(posing).toMatchObject({ reason: "forbidden", code: "not-in-your-name" });
    const seen = manifestOf(lake, {}, as(lake, "steward"));
    expect(codesOf(seen)).toEqual([
      ["odd", "batch-quarantined"],
      ["new", "batch-not-published"],
    ]);
  });

  it("refuses an unknown dataset and a cursor that is none", () => {
    const lake = salesLake(["b1"]);
    const elsewhere = datasetName.parse("elsewhere");
    expect(lake.refused(request({ dataset: elsewhere }))).toMatchObject({
      reason: "not_found",
      code: "dataset-not-found",
    });
    for (const cursor of ["nonsense", btoa("after:1"), btoa("as_of:1,after:-1")]) {
      expect(lake.refused(request({ cursor })).code, cursor).toBe("bad-cursor");
    }
  });
});

describe("pages of a manifest", () => {
  it("have each batch once, and the moment at which the first was made", () => {
    const lake = salesLake(["b1", "b2", "b3"]);
    const started = lake.now();
    const first = manifestOf(lake, { limit: 2 });
    expect([idsOf(first.items), first.as_of]).toEqual([["b1", "b2"], started]);
    lake.pass(HOUR_MS);
    bring(lake, "b4");
    const second = manifestOf(lake, { limit: 2, cursor: first.next_cursor });
    expect([idsOf(second.items), second.as_of]).toEqual([["b3", "b4"], started]);
    expect(second.next_cursor).toBe(null);
  });

  it("go past batches that are gone", () => {
    const lake = salesLake();
    done(append(lake, "misfit", { fits: false }));
    bring(lake, "b2");
    const first = manifestOf(lake, { limit: 1 });
    expect(codesOf(first)).toEqual([["misfit", "batch-quarantined"]]);
    const second = manifestOf(lake, { limit: 1, cursor: first.next_cursor });
    expect([idsOf(second.items), second.next_cursor]).toEqual([["b2"], null]);
  });
});

describe("what is asked for since an earlier manifest", () => {
  it("is what was published, replayed or released since; the rest is named as unchanged", () => {
    const lake = salesLake(["b1", "b2", "b3", "b4"]);
    aside(lake, "b2");
    lake.pass(HOUR_MS);
    const { as_of: since } = manifestOf(lake);
    lake.pass(HOUR_MS);
    const nothing = answerOf(lake, { since });
    expect(eventTypes(nothing)).toEqual([]);
    expect(nothing.body.unchanged).toEqual([
      { batch_id: "b1", revision: 2 },
      { batch_id: "b3", revision: 2 },
      { batch_id: "b4", revision: 2 },
    ]);
    lake.run({ type: "ReleaseQuarantine", batch_id: batchId.parse("b2"), reason: "seen" });
    bring(lake, "b5");
    const replay = lake.run({ type: "Replay", dataset: SALES, batch_id: batchId.parse("b3") });
    done(replayAll(lake, (replay.body.replay as { replay_id: string }).replay_id));
    aside(lake, "b4");
    const later = manifestOf(lake, { since });
    expect(idsOf(later.items)).toEqual(["b2", "b3", "b5"]);
    expect(idsOf(later.unchanged)).toEqual(["b1"]);
    expect(codesOf(later)).toEqual([["b4", "batch-quarantined"]]);
  });

  it("names as unchanged what was left out then, as its contract was: that is had by itself", () => {
    const lake = salesLake(["b1"]);
    lake.run({ type: "DeclineContract", contract_id: CONTRACT, reason: "not yet" });
    lake.pass(HOUR_MS);
    const { as_of: since, left_out } = manifestOf(lake);
    expect(idsOf(left_out)).toEqual(["b1"]);
    updateContract(lake, { retention_days: 30 });
    lake.run({ type: "ApproveContract", contract_id: CONTRACT, approver: "petra" });
    const later = manifestOf(lake, { since });
    expect([idsOf(later.items), idsOf(later.unchanged)]).toEqual([[], ["b1"]]);
    expect(eventTypes(lake.run(consumeRequest("b1")))).toContain("ConsumptionGranted");
  });

  it("includes what came at that very moment: twice rather than never", () => {
    const lake = salesLake(["b1"]);
    expect(idsOf(manifestOf(lake, { since: lake.now() }).items)).toEqual(["b1"]);
  });
});

describe("a manifest in another format than what is published", () => {
  const csv = { format: "csv" } as const;
  const toExport = (lake: TestLake) => {
    const reply = lake.ask({ kind: "to_export", request: request(csv) });
    return reply.kind === "list" ? reply.items.map(({ batch_id }) => batch_id) : [];
  };

  it("ends before a batch that is to be made first, and gets past one that cannot be", () => {
    const lake = salesLake(["b1", "b2", "b3"]);
    expect(toExport(lake)).toEqual(["b1", "b2", "b3"]);
    done(exportAs(lake, "b1", "csv"));
    done(exportAs(lake, "b3", "csv"));
    expect(toExport(lake)).toEqual(["b2"]);
    const first = manifestOf(lake, csv);
    expect(idsOf(first.items)).toEqual(["b1"]);
    const second = manifestOf(lake, { ...csv, cursor: first.next_cursor });
    expect(codesOf(second)).toEqual([["b2", "changed-meanwhile"]]);
    expect([idsOf(second.items), second.next_cursor]).toEqual([["b3"], null]);
  });

  it("has nothing made of what is not handed out, nor of what has not changed", () => {
    const lake = salesLake(["b1", "b2"]);
    aside(lake, "b1");
    expect(toExport(lake)).toEqual(["b2"]);
    lake.pass(HOUR_MS);
    const since = lake.now();
    expect(lake.ask({ kind: "to_export", request: request({ ...csv, since }) })).toMatchObject({
      items: [],
    });
  });
});

describe("a page of many batches", () => {
  it("is committed by itself: it weighs what its grants do, not what its text does", () => {
    expect(weightOf(request({ limit: MAX_CONSUMED }), 300)).toBeGreaterThan(MAX_GROUP_WEIGHT);
    expect(weightOf(request({ limit: 1 }), 300)).toBeLessThan(MAX_GROUP_WEIGHT / 100);
    expect(weightOf(consumeRequest("b1"), 300)).toBe(300);
  });
});

describe("an erasure", () => {
  it("knows who was given a batch with its whole dataset", async () => {
    const lake = salesLake(["b1"]);
    manifestOf(lake, { consumer: "zoe" });
    const hit = [{ batch_id: batchId.parse("b1"), dataset: SALES, rows_removed: 1 }];
    const found = await recipientsOf(lake.log, hit as never, deletionId.parse("d1"));
    expect(found).toMatchObject([{ consumer: "zoe", batches: ["b1"] }]);
  });
});

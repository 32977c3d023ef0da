import { describe, expect, it } from "vitest";
import { CHECKPOINT_DUTY } from "../../src/application/checkpoints.ts";
import { REPLAY_LEASE_MS } from "../../src/application/consequences.ts";
import type { WorkPlan } from "../../src/application/workPlan.ts";
import { batchId, contractId, datasetName, replayId } from "../../src/contracts/fields.ts";
import type { RawRules } from "../../src/domain/batch/events.ts";
import {
  anonymize,
  append,
  checkQuality,
  defineContract,
  done,
  exportAs,
  publish,
  registerSales,
  replayAll,
  replayStep,
  updateContract,
} from "../support/batchSteps.ts";
import { eventTypes, type TestLake, testLake } from "../support/testLake.ts";

const sales = datasetName.parse("sales");

interface Life {
  readonly contains_pii?: boolean;
  readonly contract?: { privacy_rules?: RawRules; quality_rules?: RawRules };
  readonly level?: "standard" | "gdpr";
}

const withBatch = ({ contains_pii = false, contract = {}, level = "standard" }: Life = {}) => {
  const lake = testLake({ level });
  registerSales(lake, { contains_pii });
  defineContract(lake, contract);
  done(append(lake, "batch1"));
  return lake;
};

const requestReplay = (lake: TestLake, batch_id: string | null = null): string => {
  const answer = lake.run({
    type: "Replay",
    dataset: sales,
    batch_id: batch_id === null ? null : batchId.parse(batch_id),
  });
  return (answer.body.replay as { replay_id: string }).replay_id;
};

const planOf = (lake: TestLake, id = requestReplay(lake)): WorkPlan =>
  lake.open({ kind: "replay", replay_id: replayId.parse(id) }).plan;

const replayPlan = (lake: TestLake) => {
  const plan = planOf(lake);
  if (plan.kind !== "replay") throw new Error(`planned as ${JSON.stringify(plan)}`);
  return plan;
};

describe("the rules of a replay", () => {
  it("are the contract's present ones, column by column, over those of the request", () => {
    const lake = withBatch({ contract: { privacy_rules: { email: "hash" } } });
    done(anonymize(lake, "batch1", { email: "mask", id: "tokenize" }));
    updateContract(lake, { privacy_rules: { email: "redact" } });
    const { refine, requested_privacy } = replayPlan(lake);
    expect(refine.privacy_rules).toEqual({ email: "redact", id: "tokenize" });
    expect(requested_privacy).toEqual({ email: "mask", id: "tokenize" });
  });

  it("of the request survive where the contract is silent, also the second time", () => {
    const lake = withBatch();
    done(anonymize(lake, "batch1", { id: "tokenize" }));
    done(publish(lake, "batch1"));
    for (let n = 0; n < 2; n += 1) done(replayAll(lake, requestReplay(lake)));
    expect(replayPlan(lake).refine.privacy_rules).toEqual({ id: "tokenize" });
  });

  it("of the old contract are gone when the present one has dropped them", () => {
    const lake = withBatch({ contract: { privacy_rules: { email: "hash" } } });
    done(anonymize(lake, "batch1", { id: "tokenize" }));
    updateContract(lake);
    expect(replayPlan(lake).refine.privacy_rules).toEqual({ id: "tokenize" });
  });

  it("of the request are left behind when the contract's schema has lost their column", () => {
    const lake = withBatch();
    done(anonymize(lake, "batch1", { id: "tokenize", email: "hash" }));
    updateContract(lake, { schema: { id: "int", amount: "float" } });
    const { refine, requested_privacy } = replayPlan(lake);
    expect(refine.privacy_rules).toEqual({ id: "tokenize" });
    expect(requested_privacy).toEqual({ id: "tokenize" });
    expect(refine.schema).toEqual({ id: "int", amount: "float" });
  });

  it("check what the contract says and what a request once said", () => {
    const lake = withBatch({ contract: { quality_rules: { amount: ">0" } } });
    done(checkQuality(lake, "batch1", { rules: { amount: ["<9"], id: "not_null" } }));
    updateContract(lake, { quality_rules: { amount: ">1" } });
    const { refine, check } = replayPlan(lake);
    expect(refine.quality_rules).toEqual({ amount: [">1", "<9"], id: ["not_null"] });
    expect(check).toEqual({ source: "contract", rules: { amount: ">1" } });
  });

  it("are recorded as a request's check when the contract has none", () => {
    const lake = withBatch();
    done(checkQuality(lake, "batch1", { rules: { id: "not_null" } }));
    expect(replayPlan(lake).check).toEqual({ source: "request", rules: { id: ["not_null"] } });
  });

  it("leave out a request's checks that no longer fit the schema", () => {
    const lake = withBatch();
    done(checkQuality(lake, "batch1", { rules: { email: "not_null" } }));
    updateContract(lake, { schema: { id: "int" } });
    expect(replayPlan(lake)).toMatchObject({ refine: { quality_rules: {} }, check: null });
  });

  it("do not anonymise a batch that neither was anonymised nor is published", () => {
    const lake = withBatch({ contract: { privacy_rules: { email: "hash" } } });
    expect(replayPlan(lake)).toMatchObject({
      refine: { privacy_rules: {} },
      clean_key: null,
      published_key: null,
    });
  });

  it("anonymise a published batch when its contract has come to say so", () => {
    const lake = withBatch();
    done(publish(lake, "batch1"));
    updateContract(lake, { privacy_rules: { email: "hash" } });
    const plan = replayPlan(lake);
    expect(plan.refine.privacy_rules).toEqual({ email: "hash" });
    expect(plan.clean_key).toMatch(/\/clean\//);
    expect(plan.published_key).toMatch(/\/published\//);
  });
});

describe("personal data in a replay", () => {
  it("is not published again in clear at level gdpr, and the replay says why", () => {
    const lake = withBatch({ contains_pii: true });
    done(publish(lake, "batch1"));
    lake.run({ type: "ChangeComplianceLevel", compliance_level: "gdpr" });
    expect(planOf(lake)).toMatchObject({
      kind: "note",
      note: { outcome: "skipped", reason: expect.stringMatching(/personal/) },
    });
  });

  it("is not published again in clear when somebody declared it only later", () => {
    const lake = withBatch();
    done(publish(lake, "batch1"));
    lake.run({ type: "ChangeComplianceLevel", compliance_level: "gdpr" });
    lake.run({
      type: "IngestDataset",
      dataset_id: sales,
      data_source: "elsewhere",
      record_count: 1,
      contains_pii: true,
    });
    expect(planOf(lake)).toMatchObject({ kind: "note", note: { outcome: "skipped" } });
  });

  it("is not published again in clear when the contract has dropped its rules", () => {
    const privacy_rules = { email: "hash" };
    const lake = withBatch({ contains_pii: true, level: "gdpr", contract: { privacy_rules } });
    done(anonymize(lake, "batch1"));
    done(publish(lake, "batch1"));
    updateContract(lake);
    expect(planOf(lake)).toMatchObject({ kind: "note", note: { outcome: "skipped" } });
  });

  it("is published again under the contract's rules at level gdpr", () => {
    const privacy_rules = { email: "hash" };
    const lake = withBatch({ contains_pii: true, level: "gdpr", contract: { privacy_rules } });
    done(anonymize(lake, "batch1"));
    done(publish(lake, "batch1"));
    expect(planOf(lake).kind).toBe("replay");
  });
});

describe("a replay", () => {
  it("takes the batches of its dataset in the order they were appended", () => {
    const lake = withBatch();
    done(append(lake, "another"));
    registerSales(lake, { name: datasetName.parse("other") });
    const id = requestReplay(lake);
    done(replayAll(lake, id));
    expect(replayStep(lake, id)).toEqual({ ok: true, value: null });
    expect(lake.see({ kind: "one", aggregate: "replay", id, when: null })).toMatchObject({
      status: "completed",
      outcomes: [{ batch_id: "batch1" }, { batch_id: "another" }],
    });
  });

  it("of one batch is refused when the batch is of another dataset or of none", () => {
    const lake = withBatch();
    registerSales(lake, { name: datasetName.parse("other") });
    const replay = (dataset: string, batch_id: string) =>
      lake.refused({
        type: "Replay",
        dataset: datasetName.parse(dataset),
        batch_id: batchId.parse(batch_id),
      }).code;
    expect(replay("other", "batch1")).toBe("batch-not-found");
    expect(replay("sales", "nowhere")).toBe("batch-not-found");
  });

  it("passes over what is in quarantine", () => {
    const lake = withBatch();
    lake.run({ type: "QuarantineBatch", batch_id: batchId.parse("batch1"), reason: "odd" });
    expect(planOf(lake)).toMatchObject({
      kind: "note",
      note: { outcome: "skipped", reason: "in quarantine" },
    });
  });

  it("does not take a batch twice when only the note of it was lost", () => {
    const lake = withBatch();
    const id = requestReplay(lake);
    const opened = lake.open({ kind: "replay", replay_id: replayId.parse(id) });
    if (opened.plan.kind !== "replay") throw new Error(`planned as ${opened.plan.kind}`);
    const result = {
      kind: "derived",
      rows: 3,
      schema: { id: "int" },
      check: null,
      run: null,
      publication: null,
    } as const;
    lake.run(
      {
        type: "DeriveBatch",
        batch_id: batchId.parse("batch1"),
        replay_id: replayId.parse(id),
        base: opened.plan.base,
        result,
      },
      {},
      opened.attempt ? { attempt: opened.attempt } : {},
    );
    expect(planOf(lake, id)).toMatchObject({
      kind: "note",
      note: { batch_id: "batch1", outcome: "replayed", reason: null, rows: 3 },
    });
  });

  it("is owed a next step until it is complete", () => {
    const lake = withBatch();
    const id = requestReplay(lake);
    expect(lake.log.schedule.find({ kind: "replay_step", ref: id })?.due_at).toBe(
      new Date(Date.parse(lake.now()) + REPLAY_LEASE_MS).toISOString(),
    );
    done(replayAll(lake, id));
    expect(lake.log.schedule.find({ kind: "replay_step", ref: id })).toBeNull();
  });

  it("of nothing is complete at once and owes nothing", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    const id = requestReplay(lake);
    expect(planOf(lake, id)).toEqual({ kind: "nothing" });
    expect(lake.log.duties()).toMatchObject([CHECKPOINT_DUTY]);
    expect(planOf(lake, "unknown")).toEqual({ kind: "nothing" });
  });

  it("deletes as a duty the objects it replaced, exports included", () => {
    const lake = withBatch({ contract: { privacy_rules: { email: "hash" } } });
    done(anonymize(lake, "batch1"));
    done(publish(lake, "batch1"));
    done(exportAs(lake, "batch1", "csv"));
    const before = JSON.stringify(lake.log.load("batch/batch1").state);
    const id = requestReplay(lake);
    done(replayStep(lake, id));
    // Derived and not switched to: readers still have the old ones.
    expect(lake.log.duties().filter(({ kind }) => kind === "delete_objects")).toEqual([]);
    done(replayAll(lake, id));
    const [duty] = lake.log.duties().filter(({ kind }) => kind === "delete_objects");
    const keys = duty?.payload.keys as readonly string[];
    expect(keys.map((key) => key.replace(/^.*\./, ""))).toEqual(["parquet", "parquet", "csv"]);
    const after = JSON.stringify(lake.log.load("batch/batch1").state);
    for (const key of keys) {
      expect(before).toContain(key);
      expect(after).not.toContain(key);
    }
  });

  it("that finds a published batch wanting puts it into quarantine", () => {
    const lake = withBatch({ contract: { quality_rules: { amount: ">0" } } });
    done(checkQuality(lake, "batch1"));
    done(publish(lake, "batch1"));
    const switched = done(replayAll(lake, requestReplay(lake), false));
    expect(eventTypes(switched)).toEqual([
      "BatchReplayed",
      "SchemaValidated",
      "QualityCheckFailed",
      "BatchQuarantined",
      "ReplayCompleted",
    ]);
    const shown = lake.see({ kind: "one", aggregate: "batch", id: "batch1", when: null });
    expect(shown).toMatchObject({ state: "quarantined", quarantine: { from: "published" } });
  });
});

describe("the switch at the end of a replay", () => {
  const seen = (lake: TestLake, id: string) =>
    lake.see({ kind: "one", aggregate: "batch", id, when: null });

  const withTwo = () => {
    const lake = withBatch({ contract: { privacy_rules: { email: "hash" } } });
    done(append(lake, "batch2"));
    for (const batch of ["batch1", "batch2"]) {
      done(anonymize(lake, batch));
      done(publish(lake, batch));
    }
    return lake;
  };

  it("turns every batch over in one transaction: until then each is as it was", () => {
    const lake = withTwo();
    const states = () => ["batch1", "batch2"].map((batch) => seen(lake, batch));
    const before = states();
    const id = requestReplay(lake);
    done(replayStep(lake, id));
    done(replayStep(lake, id));
    expect(states()).toEqual(before);
    const switched = done(replayStep(lake, id));
    expect(eventTypes(switched).filter((type) => type === "DataPublished")).toHaveLength(2);
    expect(eventTypes(switched).at(-1)).toBe("ReplayCompleted");
    for (const after of states()) expect(after).toMatchObject({ last_replay: id, revision: 5 });
  });

  it("at any moment of the log shows only old versions or only new ones", () => {
    const lake = withTwo();
    done(replayAll(lake, requestReplay(lake)));
    // All of the switch has one command, and nothing of another comes between.
    const events = lake.log.events();
    const first = events.findIndex(({ type }) => type === "BatchReplayed");
    const last = events.findIndex(({ type }) => type === "ReplayCompleted");
    const switched = events.slice(first, last + 1);
    expect(new Set(switched.map(({ command_id }) => command_id)).size).toBe(1);
    expect(switched.filter(({ type }) => type === "BatchReplayed")).toHaveLength(2);
  });

  it("does not take what rests on rules that have changed since, and derives it once more", () => {
    const lake = withTwo();
    const id = requestReplay(lake);
    done(replayStep(lake, id));
    updateContract(lake, { privacy_rules: { email: "mask" } });
    done(replayStep(lake, id));
    expect(eventTypes(done(replayStep(lake, id)))).toEqual(["ReplayOutdated"]);
    expect(seen(lake, "batch1")).toMatchObject({ privacy: { rules: { email: "hash" } } });
    done(replayAll(lake, id));
    for (const batch of ["batch1", "batch2"]) {
      expect(seen(lake, batch)).toMatchObject({ privacy: { rules: { email: "mask" } } });
    }
    // What was derived in vain goes as a duty.
    const states = JSON.stringify(["batch1", "batch2"].map((b) => lake.log.load(`batch/${b}`)));
    const doomed = lake.log
      .duties()
      .filter(({ kind }) => kind === "delete_objects")
      .flatMap(({ payload }) => payload.keys as readonly string[]);
    expect(new Set(doomed).size).toBe(doomed.length);
    expect(doomed).toHaveLength(6);
    for (const key of doomed) expect(states).not.toContain(key);
  });

  it("leaves out what was put into quarantine while the others were derived", () => {
    const lake = withTwo();
    const id = requestReplay(lake);
    done(replayStep(lake, id));
    lake.run({ type: "QuarantineBatch", batch_id: batchId.parse("batch1"), reason: "odd" });
    done(replayAll(lake, id));
    expect(lake.see({ kind: "one", aggregate: "replay", id, when: null })).toMatchObject({
      status: "completed",
      outcomes: [
        { batch_id: "batch2", outcome: "replayed" },
        { batch_id: "batch1", outcome: "skipped", reason: "in quarantine" },
      ],
    });
    expect(seen(lake, "batch1")).toMatchObject({ state: "quarantined", last_replay: null });
  });

  it("leaves out what the lake's level does not let out any more", () => {
    const lake = withBatch({ contains_pii: true });
    done(publish(lake, "batch1"));
    const id = requestReplay(lake);
    done(replayStep(lake, id));
    lake.run({ type: "ChangeComplianceLevel", compliance_level: "gdpr" });
    done(replayAll(lake, id));
    expect(lake.see({ kind: "one", aggregate: "replay", id, when: null })).toMatchObject({
      status: "completed",
      outcomes: [{ outcome: "skipped", reason: expect.stringMatching(/personal/) }],
    });
  });

  it("leaves out at level strict what nobody has approved, published or not", () => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake, { contains_pii: true, encryption_enabled: true });
    defineContract(lake, { privacy_rules: { email: "hash" } });
    for (const batch of ["batch1", "batch2"]) {
      done(append(lake, batch));
      done(anonymize(lake, batch));
    }
    done(publish(lake, "batch1"));
    lake.run({ type: "ChangeComplianceLevel", compliance_level: "strict" });
    const outcomes = () => {
      const id = requestReplay(lake);
      done(replayAll(lake, id));
      return lake.see({ kind: "one", aggregate: "replay", id, when: null });
    };
    const skipped = { outcome: "skipped", reason: "contract contract1 is not approved" };
    expect(outcomes()).toMatchObject({ outcomes: [skipped, skipped] });
    const contract_id = contractId.parse("contract1");
    lake.run({ type: "ApproveContract", contract_id, approver: "anna" });
    const replayed = { outcome: "replayed", reason: null };
    expect(outcomes()).toMatchObject({ outcomes: [replayed, replayed] });
    for (const batch of ["batch1", "batch2"]) {
      expect(seen(lake, batch)).toMatchObject({ privacy: { approver: "anna" } });
    }
  });

  it("of one replay comes before another of the same dataset begins", () => {
    const lake = withTwo();
    const first = requestReplay(lake);
    const second = requestReplay(lake, "batch1");
    expect(planOf(lake, second)).toEqual({ kind: "wait" });
    // The alarm drives it from the start: no request waits for the first one.
    expect(lake.log.schedule.find({ kind: "replay_step", ref: second })?.due_at).toBe(lake.now());
    done(replayAll(lake, first));
    expect(planOf(lake, second).kind).toBe("replay");
    done(replayAll(lake, second));
    expect(seen(lake, "batch1")).toMatchObject({ last_replay: second });
  });
});

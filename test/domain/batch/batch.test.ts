import { describe, expect, it } from "vitest";
import {
  type Batch,
  initialBatch,
  objectsOf,
  progressOf,
} from "../../../src/domain/batch/batch.ts";
import type { BatchCommand } from "../../../src/domain/batch/commands.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { deciderSpec, recordedAt } from "../../support/deciderSpec.ts";
import {
  anonymized,
  BATCH,
  batchAppended,
  check,
  contractAfter,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  MISFIT,
  objectAt,
  publication,
  published,
  qualityPassed,
  quarantined,
  RAW,
  REPLAY,
  released,
  run,
} from "../../support/facts.ts";

const usual: BatchContext = {
  lake: lakeAt("standard"),
  dataset: datasetAfter(datasetRegistered()),
  contract: contractAfter(contractDefined()),
};
const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  usual,
);

/** The batch as it stands after these events and its append. */
const batchAfter = (...events: readonly BatchEvent[]): Batch => {
  const state = given(...batchAppended(), ...events).state();
  if (state.status !== "held") throw new Error(`the batch is ${state.status}`);
  return state.batch;
};

const commands = {
  check: { type: "RecordQuality", batch_id: BATCH, check: check(), rederived: null },
  anonymize: { type: "RecordPrivacy", batch_id: BATCH, run: run("clean/2") },
  misfit: { type: "RecordMisfit", batch_id: BATCH, misfit: MISFIT },
  quarantine: { type: "QuarantineBatch", batch_id: BATCH, reason: "looks wrong" },
  release: { type: "ReleaseQuarantine", batch_id: BATCH, reason: "looked again" },
  publish: {
    type: "PublishData",
    batch_id: BATCH,
    publication: publication("published/1"),
    run: null,
  },
  export: { type: "ExportData", batch_id: BATCH, object: objectAt("csv/1", { format: "csv" }) },
  consume: {
    type: "GrantConsumption",
    batch_id: BATCH,
    consumer: "alice",
    purpose: "research",
    format: "parquet",
    object_key: "published/1",
    signed_at: "2026-11-23T12:00:00.000Z",
    expires_at: "2026-11-23T12:15:00.000Z",
  },
  replay: {
    type: "ReplayBatch",
    batch_id: BATCH,
    replay_id: REPLAY,
    result: { kind: "derived", rows: 3, schema: {}, check: null, run: null, publication: null },
  },
} as const satisfies Record<string, BatchCommand>;

/** How far a batch has come, and the events that brought it there. */
const stages = {
  appended: [],
  checked: [qualityPassed()],
  anonymized: [qualityPassed(), anonymized()],
  published: [qualityPassed(), anonymized(), published()],
} as const satisfies Record<string, readonly BatchEvent[]>;
const stageNames = Object.keys(stages) as (keyof typeof stages)[];

describe("a batch that does not exist", () => {
  it.each(Object.values(commands))("refuses $type", (command) => {
    const refused = given().when(command).thenRejected("batch-not-found", "not_found");
    expect(refused.detail).toContain(BATCH);
  });

  it("is not there between its request and its bytes either", () => {
    const [requested] = batchAppended();
    given(requested).when(commands.publish).thenRejected("batch-not-found");
  });
});

describe("the states of a batch", () => {
  it.each(stageNames)("lead to %s", (stage) => {
    expect(batchAfter(...stages[stage]).progress.status).toBe(stage);
  });

  it.each(stageNames)("lead from %s into quarantine and back to where it was", (stage) => {
    const before = batchAfter(...stages[stage]);
    const held = batchAfter(...stages[stage], quarantined());
    expect(held.progress).toEqual({
      status: "quarantined",
      cause: "manual",
      reason: "looks wrong",
      before: before.progress,
    });
    const after = batchAfter(...stages[stage], quarantined(), released);
    const { progress } = after;
    // What was not handed out in between counts as new to whoever asks what has changed.
    const since = "unchanged_since" in before.progress ? before.progress.unchanged_since : "";
    if ("unchanged_since" in progress) expect(progress.unchanged_since > since).toBe(true);
    const unchanged = "unchanged_since" in progress ? { unchanged_since: since } : {};
    expect({ ...after, progress: { ...progress, ...unchanged } }).toEqual(before);
  });

  it.each(stageNames)("are left alone by a second quarantine of one that was %s", (stage) => {
    given(...batchAppended(), ...stages[stage], quarantined())
      .when(commands.quarantine)
      .thenNothing();
  });

  it.each(stageNames)("let one that is %s be quarantined by hand", (stage) => {
    given(...batchAppended(), ...stages[stage])
      .when(commands.quarantine)
      .then(quarantined());
  });

  it.each(stageNames)("have no release for one that is %s and not in quarantine", (stage) => {
    given(...batchAppended(), ...stages[stage])
      .when(commands.release)
      .thenRejected("batch-not-quarantined", "wrong_state");
  });

  it.each(stageNames)("let one be released that was %s", (stage) => {
    given(...batchAppended(), ...stages[stage], quarantined())
      .when(commands.release)
      .then(released);
  });

  it.each(stageNames)("in quarantine allow nothing else to one that was %s", (stage) => {
    const { check, anonymize, misfit, export: exported, consume, replay } = commands;
    const others = stage === "published" ? [] : [check, anonymize];
    for (const command of [...others, misfit, exported, consume, replay]) {
      const refused = given(...batchAppended(), ...stages[stage], quarantined())
        .when(command)
        .thenRejected("batch-quarantined", "wrong_state");
      expect(refused.detail).toContain("looks wrong");
    }
  });

  it("keep a refused publication out of quarantine too", () => {
    given(...batchAppended(), quarantined())
      .when(commands.publish)
      .thenRejected("batch-quarantined");
  });

  it("keep a published batch from being checked or anonymised", () => {
    for (const command of [commands.check, commands.anonymize]) {
      given(...batchAppended(), ...stages.published)
        .when(command)
        .thenRejected("batch-published", "wrong_state");
    }
  });
});

describe("a batch's state", () => {
  it("begins with the raw object, the schema it fits and revision 1", () => {
    expect(batchAfter()).toMatchObject({
      batch_id: "batch1",
      raw: RAW,
      schema: { id: "int" },
      revision: 1,
      consumptions: 0,
      last_replay: null,
      appended_at: recordedAt(1),
      progress: { status: "appended", quality: { contract: null, request: null } },
    });
  });

  it("fits no schema once a later pass found that it does not", () => {
    const failed: BatchEvent = {
      type: "SchemaValidationFailed",
      data: { reason: "amount is no float", ...MISFIT, contract_version: 1 },
    };
    expect(batchAfter(failed).schema).toBeNull();
  });

  it("takes a new revision with each derivation, in quarantine or not", () => {
    expect(batchAfter(...stages.published).revision).toBe(4);
    expect(batchAfter(quarantined(), qualityPassed()).revision).toBe(2);
  });

  it("stamps checks, privacy runs and publications with when they were recorded", () => {
    expect(batchAfter(...stages.published).progress).toMatchObject({
      quality: { contract: { checked_at: recordedAt(3) } },
      privacy: { anonymized_at: recordedAt(4) },
      publication: { published_at: recordedAt(5) },
    });
  });

  it("keeps the latest check of the contract and the latest of a request apart", () => {
    const { progress } = batchAfter(
      qualityPassed({ rules: { id: "not_null" } }),
      qualityPassed({ source: "request", rules: { amount: "<9" } }),
      qualityPassed({ rules: { id: "unique" } }),
    );
    expect(progress).toMatchObject({
      quality: { contract: { rules: { id: "unique" } }, request: { rules: { amount: "<9" } } },
    });
  });

  it("falls back to appended after a failed check, unless it is further on", () => {
    const failed: BatchEvent = {
      type: "QualityCheckFailed",
      data: { ...check({ passed: false }), warnings: [] },
    };
    expect(progressOf(batchAfter(qualityPassed(), failed)).status).toBe("appended");
    expect(progressOf(batchAfter(anonymized(), failed)).status).toBe("anonymized");
    expect(progressOf(batchAfter(...stages.published, failed)).status).toBe("published");
  });

  it("derives under quarantine without leaving it", () => {
    const { progress } = batchAfter(quarantined(), anonymized());
    expect(progress).toMatchObject({ status: "quarantined", before: { status: "anonymized" } });
  });

  it("publishes without a privacy run when there was none", () => {
    expect(batchAfter(published()).progress).toMatchObject({ status: "published", privacy: null });
  });

  it("adds an export to its publication, and to none when it has none", () => {
    const object = objectAt("csv/1", { format: "csv" });
    const exported: BatchEvent = { type: "DataExported", data: { object } };
    expect(batchAfter(published(), exported).progress).toMatchObject({
      publication: { objects: [objectAt("published/1"), object] },
    });
    expect(batchAfter(exported)).toEqual(batchAfter());
  });

  it("counts consumptions and remembers the last replay", () => {
    const { type: _, batch_id: __, object_key: ___, ...data } = commands.consume;
    const granted: BatchEvent = { type: "ConsumptionGranted", data };
    const replayed: BatchEvent = { type: "BatchReplayed", data: { replay_id: REPLAY } };
    expect(batchAfter(published(), granted, granted, replayed)).toMatchObject({
      consumptions: 2,
      last_replay: REPLAY,
    });
  });

  it("ignores what is recorded before its request or its bytes", () => {
    const [requested, appended] = batchAppended();
    expect(given(appended).state()).toEqual({ status: "absent" });
    expect(given(qualityPassed(), published()).state()).toEqual({ status: "absent" });
    expect(given(requested, published()).state()).toMatchObject({ status: "requested" });
  });

  it("does not take bytes twice", () => {
    const [, appended] = batchAppended();
    expect(batchAfter(appended)).toEqual(batchAfter());
  });
});

describe("the objects of a batch", () => {
  const keysOf = (...events: readonly BatchEvent[]) =>
    objectsOf(batchAfter(...events)).map(({ key }) => key);

  it("are the raw one, the rejected rows, the clean one and what is published", () => {
    const contract = qualityPassed({ quarantine: objectAt("rejected/1") });
    const request = qualityPassed({ source: "request", quarantine: objectAt("rejected/2") });
    expect(keysOf()).toEqual(["raw/1"]);
    expect(keysOf(published())).toEqual(["raw/1", "published/1"]);
    expect(keysOf(contract, request, anonymized(), published())).toEqual([
      "raw/1",
      "rejected/1",
      "rejected/2",
      "clean/1",
      "published/1",
    ]);
  });

  it("include the hashes that the contract's latest check has kept for other batches", () => {
    const checked = (key: string) => {
      const counts = { as_of: 7, compared_batches: 1, not_compared_batches: 0 };
      const hashes = { key, bytes: 8, columns: [["id"]] };
      return qualityPassed({ unique: { hashes, ...counts } });
    };
    expect(keysOf(checked("hashes/1"), checked("hashes/2"), published())).toEqual([
      ...["raw/1", "hashes/2", "published/1"],
    ]);
  });

  it("are the same in quarantine", () => {
    expect(keysOf(anonymized(), published(), quarantined())).toEqual(
      keysOf(anonymized(), published()),
    );
  });

  it("are the newest of each kind", () => {
    expect(keysOf(anonymized("clean/1"), anonymized("clean/2"))).toEqual(["raw/1", "clean/2"]);
  });
});

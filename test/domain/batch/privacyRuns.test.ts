import { describe, expect, it } from "vitest";
import { initialBatch, objectsOf } from "../../../src/domain/batch/batch.ts";
import type { BatchCommand } from "../../../src/domain/batch/commands.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { type PrivacyRunId, privacyRunId } from "../../../src/domain/ids.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  anonymized,
  BATCH,
  batchAppended,
  check,
  contractAfter,
  contractApproved,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  publication,
  published,
  qualityPassed,
  quarantined,
  run,
} from "../../support/facts.ts";

const strict: BatchContext = {
  lake: lakeAt("strict"),
  dataset: datasetAfter(datasetRegistered({ contains_pii: true, encryption_enabled: true })),
  contract: contractAfter(contractDefined({ privacy_rules: { email: "hash" } }), contractApproved),
};
const gdpr: BatchContext = { ...strict, lake: lakeAt("gdpr") };
const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  strict,
);
const appended = (...events: readonly BatchEvent[]) => given(...batchAppended(), ...events);
const batchAfter = (...events: readonly BatchEvent[]) => {
  const state = appended(...events).state();
  if (state.status !== "held") throw new Error(`the batch is ${state.status}`);
  return state.batch;
};

const runId = (revision: number): PrivacyRunId => privacyRunId(BATCH, revision);
const RUN_2 = runId(2);
const perform: BatchCommand = { type: "RecordPrivacy", batch_id: BATCH, run: run("clean/2") };
const approve = (run_id = RUN_2): BatchCommand => ({
  type: "ApprovePrivacyRun",
  batch_id: BATCH,
  run_id,
  approver: "petra",
});
const end = (
  type: "RejectPrivacyRun" | "RollBackPrivacyRun",
  run_id: PrivacyRunId,
): BatchCommand => ({ type, batch_id: BATCH, run_id, reason: "too weak" });
const publish: BatchCommand = {
  type: "PublishData",
  batch_id: BATCH,
  publication: publication("published/1"),
  run: null,
};

const proposed = (run_id = RUN_2, key = "clean/2"): BatchEvent => ({
  type: "PrivacyRunProposed",
  data: { ...run(key), run_id },
});
const approval: readonly BatchEvent[] = [
  { type: "PrivacyRunApproved", data: { run_id: RUN_2, approver: "petra" } },
  anonymized("clean/2", { run_id: RUN_2, approver: "petra" }),
];

describe("a privacy run", () => {
  it("counts at once below level strict, under an id of its own", () => {
    appended()
      .knowing(gdpr)
      .when(perform)
      .then(anonymized("clean/2", { run_id: RUN_2 }));
    appended(qualityPassed(), anonymized())
      .knowing(gdpr)
      .when(perform)
      .then(anonymized("clean/2", { run_id: runId(4) }));
  });

  it("of a log without such ids has the one that its revision gives it", () => {
    const [event] = [anonymized("clean/1")];
    if (event?.type !== "DataAnonymized") throw new Error("no run");
    const old: BatchEvent = { ...event, data: { ...event.data, run_id: null } };
    expect(batchAfter(qualityPassed(), old).progress).toMatchObject({
      privacy: { run_id: runId(3) },
    });
  });

  it("of the same strategies over other rows stays approved", () => {
    const rederived = run("clean/3");
    const passed = qualityPassed();
    appended(proposed(), ...approval)
      .when({ type: "RecordQuality", batch_id: BATCH, check: check(), rederived })
      .then(passed, anonymized("clean/3", { run_id: runId(5), approver: "petra" }));
  });
});

describe("a privacy run at level strict", () => {
  it("is proposed: its object is there, the batch is what it was", () => {
    appended().when(perform).then(proposed());
    const batch = batchAfter(proposed());
    expect(batch.progress.status).toBe("appended");
    expect(batch.proposal).toMatchObject({ run_id: RUN_2, rules: { email: "hash" } });
    expect(objectsOf(batch).map(({ key }) => key)).toEqual(["raw/1", "clean/2"]);
  });

  it("counts once it is approved, and by whom is on record", () => {
    appended(proposed())
      .when(approve())
      .then(...approval);
    const batch = batchAfter(proposed(), ...approval);
    expect(batch.proposal).toBeNull();
    expect(batch.progress).toMatchObject({
      status: "anonymized",
      privacy: { run_id: RUN_2, approver: "petra" },
    });
    expect(objectsOf(batch).map(({ key }) => key)).toEqual(["raw/1", "clean/2"]);
  });

  it("is approved once", () => {
    appended(proposed(), ...approval)
      .when(approve())
      .thenNothing();
  });

  it("is published only after an approval", () => {
    const refused = appended(proposed()).when(publish).thenRejected("privacy-run-required");
    expect(refused.detail).toMatch(/POST \/run-privacy\/[^/]+\/approve/);
    appended(anonymized()).when(publish).thenRejected("privacy-run-not-approved", "wrong_state");
    expect(
      appended(proposed(), ...approval)
        .when(publish)
        .events()
        .map(({ type }) => type),
    ).toEqual(["DataPublished"]);
  });

  it("is not passed over by what a publication would do on its way", () => {
    const dataset = datasetAfter(
      datasetRegistered({ contains_pii: false, encryption_enabled: true }),
    );
    appended()
      .knowing({ ...strict, dataset })
      .when({ ...publish, run: run("clean/2") })
      .thenRejected("privacy-run-not-approved", "wrong_state");
  });

  it("is void once the batch has been checked, proposed or derived anew", () => {
    for (const later of [qualityPassed(), proposed(runId(3), "clean/3")]) {
      appended(proposed(), later).when(approve()).thenRejected("privacy-run-closed", "wrong_state");
    }
    expect(objectsOf(batchAfter(proposed(), qualityPassed())).map(({ key }) => key)).toEqual([
      "raw/1",
    ]);
  });

  it("is not approved once the contract protects more than it does", () => {
    const contract = contractAfter(
      contractDefined({ privacy_rules: { email: "hash", id: "mask" } }),
    );
    const refused = appended(proposed())
      .knowing({ ...strict, contract })
      .when(approve())
      .thenRejected("privacy-run-stale", "wrong_state");
    expect(refused.detail).toContain("id");
  });

  it("is not approved in quarantine", () => {
    appended(proposed(), quarantined()).when(approve()).thenRejected("batch-quarantined");
  });

  it("that does not exist is not found", () => {
    appended(proposed())
      .when(approve(runId(9)))
      .thenRejected("privacy-run-not-found", "not_found");
  });

  it("is rejected with a reason, and its object goes", () => {
    const rejected: BatchEvent = {
      type: "PrivacyRunRejected",
      data: { run_id: RUN_2, reason: "too weak" },
    };
    appended(proposed()).when(end("RejectPrivacyRun", RUN_2)).then(rejected);
    expect(objectsOf(batchAfter(proposed(), rejected)).map(({ key }) => key)).toEqual(["raw/1"]);
    appended(proposed(), rejected).when(approve()).thenRejected("privacy-run-closed");
  });
});

describe("a rollback", () => {
  const rolledBack = (run_id: PrivacyRunId): BatchEvent => ({
    type: "PrivacyRunRolledBack",
    data: { run_id, reason: "too weak" },
  });

  it("takes the batch back to its raw object and the checks it has passed", () => {
    appended(anonymized()).when(end("RollBackPrivacyRun", RUN_2)).then(rolledBack(RUN_2));
    const unchecked = batchAfter(anonymized(), rolledBack(RUN_2));
    expect(unchecked.progress.status).toBe("appended");
    expect(objectsOf(unchecked).map(({ key }) => key)).toEqual(["raw/1"]);
    const checked = batchAfter(qualityPassed(), anonymized(), rolledBack(RUN_2));
    expect(checked.progress.status).toBe("checked");
  });

  it("is refused for what is published, with what to do instead", () => {
    const refused = appended(anonymized(), published())
      .when(end("RollBackPrivacyRun", RUN_2))
      .thenRejected("batch-published", "wrong_state");
    expect(refused.detail).toContain("/replay");
  });

  it("is refused in quarantine, for an earlier run and for none", () => {
    appended(anonymized(), quarantined())
      .when(end("RollBackPrivacyRun", RUN_2))
      .thenRejected("batch-quarantined");
    appended(anonymized(), anonymized("clean/2", { run_id: runId(3) }))
      .when(end("RollBackPrivacyRun", RUN_2))
      .thenRejected("privacy-run-closed");
    appended().when(end("RollBackPrivacyRun", RUN_2)).thenRejected("privacy-run-not-found");
  });
});

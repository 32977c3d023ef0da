import { describe, expect, it } from "vitest";
import { datasetName } from "../../../src/contracts/fields.ts";
import { initialBatch, objectsOf } from "../../../src/domain/batch/batch.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import type { Schema } from "../../../src/domain/table.ts";
import { deciderSpec, recordedAt } from "../../support/deciderSpec.ts";
import {
  anonymized,
  appendData,
  BATCH,
  batchAppended,
  check,
  contractAfter,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  MISFIT,
  MISFIT_REASON,
  objectAt,
  publication,
  published,
  qualityPassed,
  quarantined,
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
const held = (...events: readonly BatchEvent[]) => {
  const state = given(...events).state();
  if (state.status !== "held") throw new Error(`the batch is ${state.status}`);
  return state.batch;
};

const misfit: readonly BatchEvent[] = [
  {
    type: "SchemaValidationFailed",
    data: { reason: MISFIT_REASON, ...MISFIT, contract_version: 1 },
  },
  { type: "BatchQuarantined", data: { cause: "schema", reason: MISFIT_REASON } },
];
const [requested, appended, validated] = batchAppended();
const unfit = [requested, appended, ...misfit];

const RAW_2 = objectAt("raw/2", { format: "csv", rows: 5 });
const corrected = appendData({
  file_url: "corrected.csv",
  taken: { object: RAW_2, misfit: null, unexpected_columns: [], suspicions: [] },
});
const correction = (revision: number): readonly [BatchEvent, BatchEvent, BatchEvent] => [
  batchAppended({ file_url: "corrected.csv", revision })[0],
  {
    type: "DataAppended",
    data: {
      bytes: RAW_2.bytes,
      sha256: RAW_2.sha256,
      rows: 5,
      object: RAW_2,
      revision,
      subject_index: null,
      looks_personal: [],
      upload_etag: null,
    },
  },
  validated,
];

describe("a file that does not fit", () => {
  it("shows how, until a file that fits is there", () => {
    expect(held(...unfit).misfit).toEqual({ ...MISFIT, contract_version: 1 });
    expect(held(...unfit, ...correction(2)).misfit).toBeNull();
  });

  it("is not released under the contract it does not fit", () => {
    const refused = given(...unfit)
      .when({ type: "ReleaseQuarantine", batch_id: BATCH, reason: "never mind" })
      .thenRejected("batch-does-not-fit", "wrong_state");
    expect(refused.detail).toContain("POST /append-batch");
  });

  it("is released once the contract has changed, with the warning that it is read anew", () => {
    const contract = contractAfter(contractDefined({ version: 2 }));
    const [event] = given(...unfit)
      .knowing({ ...usual, contract })
      .when({ type: "ReleaseQuarantine", batch_id: BATCH, reason: "amount is a string now" })
      .events();
    expect(event).toMatchObject({
      type: "QuarantineReleased",
      data: {
        reason: "amount is a string now",
        warnings: [expect.stringContaining("checked anew")],
      },
    });
  });
});

describe("a file that is read anew once it is released", () => {
  const schema: Schema = { id: "int", email: "string", amount: "string" };
  const contract = contractAfter(contractDefined({ version: 2, schema }));
  const fits: BatchEvent = { type: "SchemaValidated", data: { schema } };
  const anew = given(...unfit, released).knowing({ ...usual, contract });

  it("is on record as fitting its contract as it stands, by a check", () => {
    anew
      .when({ type: "RecordQuality", batch_id: BATCH, check: check(), rederived: null })
      .then(fits, qualityPassed());
    const failed = check({ passed: false });
    const [first] = anew
      .when({ type: "RecordQuality", batch_id: BATCH, check: failed, rederived: null })
      .events();
    expect(first).toEqual(fits);
  });

  it("is so by a privacy run, and is not published under yet another schema", () => {
    anew
      .when({ type: "RecordPrivacy", batch_id: BATCH, run: run("clean/1") })
      .then(fits, anonymized("clean/1"));
    given(...unfit, released, fits, anonymized("clean/1"))
      .when({ type: "PublishData", batch_id: BATCH, publication: publication("p/1"), run: null })
      .thenRejected("schema-changed", "wrong_state");
  });
});

describe("a corrected file", () => {
  it("replaces the one in quarantine as the batch's next revision", () => {
    given(...unfit)
      .when(corrected)
      .then(...correction(2));
    given(...batchAppended(), qualityPassed(), anonymized(), quarantined())
      .when(corrected)
      .then(...correction(4));
  });

  it("takes the batch out of quarantine and back to its beginning", () => {
    const batch = held(...batchAppended(), qualityPassed(), anonymized(), published());
    const again = held(
      ...batchAppended(),
      qualityPassed(),
      anonymized(),
      published(),
      quarantined(),
      ...correction(5),
    );
    expect(objectsOf(batch)).toHaveLength(3);
    expect(objectsOf(again)).toEqual([RAW_2]);
    expect(again).toMatchObject({
      raw: RAW_2,
      revision: 5,
      file_url: "corrected.csv",
      schema: { id: "int" },
      misfit: null,
      progress: { status: "appended", quality: { contract: null, request: null } },
    });
  });

  it("does not prolong the batch's retention: that counts from the first file", () => {
    const batch = held(...unfit, ...correction(2));
    expect(batch.appended_at).toBe(recordedAt(1));
    expect(batch.revised_at).toBe(recordedAt(5));
  });

  it("that does not fit either leaves the batch in quarantine, with the new reasons", () => {
    const issues = [{ column: null, row: null, message: "no header" }];
    const state = given(
      ...unfit,
      ...given(...unfit)
        .when(
          appendData({
            taken: {
              object: RAW_2,
              misfit: { issues, issue_count: 1 },
              unexpected_columns: [],
              suspicions: [],
            },
          }),
        )
        .events(),
    ).state();
    expect(state).toMatchObject({
      batch: {
        raw: RAW_2,
        misfit: { issues, issue_count: 1 },
        progress: { status: "quarantined", cause: "schema" },
      },
    });
  });

  it("is refused for a batch that is not, or no longer, in quarantine", () => {
    for (const events of [[], [quarantined(), released], [published()]]) {
      given(...batchAppended(), ...events)
        .when(corrected)
        .thenRejected("batch-exists", "already_exists");
    }
  });

  it("is refused when it is for another dataset than the batch's", () => {
    const other = datasetName.parse("others");
    given(...unfit)
      .knowing({
        ...usual,
        dataset: datasetAfter(datasetRegistered({ name: other })),
        contract: contractAfter(contractDefined({ dataset: other })),
      })
      .when({ ...corrected, dataset: other })
      .thenRejected("batch-of-another-dataset", "already_exists");
  });
});

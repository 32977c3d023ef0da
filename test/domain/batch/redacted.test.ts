import { describe, expect, it } from "vitest";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import type { RedactBatch } from "../../../src/domain/batch/commands.ts";
import { decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  BATCH,
  batchAppended,
  contractAfter,
  contractDefined,
  DELETION,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  objectAt,
  qualityPassed,
  RAW,
} from "../../support/facts.ts";

const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  {
    lake: lakeAt("gdpr"),
    dataset: datasetAfter(datasetRegistered()),
    contract: contractAfter(contractDefined()),
  },
);

const LEFT = objectAt("raw/2", { format: "csv", rows: 2 });
const REJECTED = objectAt("rejected/1", { format: "jsonl", rows: 2 });
const REJECTED_LEFT = objectAt("rejected/2", { format: "jsonl", rows: 1 });

const result = {
  kind: "redacted",
  violated: null,
  rows_removed: 1,
  segments: null,
  subject_index: null,
  hashes: null,
  run: null,
  publication: null,
  lost: null,
} as const;

const redact = (objects: RedactBatch["result"]["objects"]): RedactBatch => ({
  type: "RedactBatch",
  batch_id: BATCH,
  deletion_id: DELETION,
  at_version: 1,
  result: { ...result, objects },
});

const RAW_REPLACED = { from: RAW, to: LEFT, rows_removed: 1 };

const redacted = (objects: RedactBatch["result"]["objects"], diverted_rows: number): BatchEvent => {
  const { kind: _, violated: __, ...facts } = result;
  return {
    type: "BatchRedacted",
    data: { deletion_id: DELETION, ...facts, objects, diverted_rows },
  };
};

describe("an erasure of rows that a check has left out", () => {
  it("says how many of them are left, of the latest check", () => {
    const objects = [RAW_REPLACED, { from: REJECTED, to: REJECTED_LEFT, rows_removed: 1 }];
    given(...batchAppended(), qualityPassed({ quarantine: REJECTED, diverted_rows: 2 }))
      .when(redact(objects))
      .then(redacted(objects, 1));
    const later = qualityPassed({ source: "request", quarantine: null, diverted_rows: 0 });
    given(...batchAppended(), qualityPassed({ quarantine: REJECTED, diverted_rows: 2 }), later)
      .when(redact(objects))
      .then(redacted(objects, 0));
  });

  it("says that there are none where none was left out, or nothing is left", () => {
    given(...batchAppended())
      .when(redact([RAW_REPLACED]))
      .then(redacted([RAW_REPLACED], 0));
    const gone = [RAW_REPLACED, { from: REJECTED, to: null, rows_removed: 2 }];
    given(...batchAppended(), qualityPassed({ quarantine: REJECTED, diverted_rows: 2 }))
      .when(redact(gone))
      .then(redacted(gone, 0));
  });

  it("says what the batch itself shows then", () => {
    const objects = [RAW_REPLACED, { from: REJECTED, to: REJECTED_LEFT, rows_removed: 1 }];
    const checked = qualityPassed({ quarantine: REJECTED, diverted_rows: 2 });
    const after = given(...batchAppended(), checked, redacted(objects, 1)).state();
    expect(after).toMatchObject({
      status: "held",
      batch: { raw: LEFT, progress: { quality: { contract: { diverted_rows: 1 } } } },
    });
  });
});

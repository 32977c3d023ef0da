import { describe, expect, it } from "vitest";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import type { BatchCommand } from "../../../src/domain/batch/commands.ts";
import { decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent, ErasureOfBatch } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  anonymized,
  BATCH,
  batchAppended,
  contractAfter,
  contractDefined,
  DELETION,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  objectAt,
  quarantined,
  RAW,
} from "../../support/facts.ts";
import { WORK, work } from "../../support/workFacts.ts";

const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  {
    lake: lakeAt("strict"),
    dataset: datasetAfter(datasetRegistered()),
    contract: contractAfter(contractDefined()),
  },
);

const LEFT = objectAt("raw/2", { format: "csv", rows: 2 });

const redacted = (from = RAW): ErasureOfBatch => ({
  type: "BatchRedacted",
  data: {
    deletion_id: DELETION,
    rows_removed: 1,
    objects: [{ from, to: LEFT, rows_removed: 1 }],
    segments: null,
    subject_index: null,
    hashes: null,
    run: null,
    publication: null,
    lost: null,
  },
});

const destroyed: ErasureOfBatch = {
  type: "BatchDestroyed",
  data: {
    deletion_id: DELETION,
    reason: "unreadable",
    looked_for: null,
    objects: [{ from: RAW, to: null, rows_removed: 3 }],
  },
};

const rebind = (event: ErasureOfBatch): BatchCommand => ({
  type: "RebindBatch",
  batch_id: BATCH,
  event,
});

/** Checking it goes on in the background. */
const working: BatchEvent = {
  type: "BatchWorkStarted",
  data: {
    ...work.started.data,
    order: { kind: "quality", batch_id: BATCH, rules: null },
    steps: ["segment/0/0"],
  } as Extract<BatchEvent, { type: "BatchWorkStarted" }>["data"],
};

describe("a batch that a restore has brought back", () => {
  it("is what the erasure had left of it, whatever its state", () => {
    for (const state of [[], [anonymized()], [quarantined()]] as const) {
      given(...batchAppended(), ...state)
        .when(rebind(redacted()))
        .then(redacted());
    }
    const after = given(...batchAppended(), anonymized(), redacted()).state();
    expect(after).toMatchObject({ status: "held", batch: { raw: LEFT } });
  });

  it("is destroyed again when nothing was left of it", () => {
    given(...batchAppended())
      .when(rebind(destroyed))
      .then(destroyed);
  });

  it("is left alone when it holds other bytes than the erasure found", () => {
    const other = objectAt("raw/elsewhere", { format: "csv" });
    given(...batchAppended())
      .when(rebind(redacted(other)))
      .thenNothing();
    given(...batchAppended(), redacted())
      .when(rebind(redacted()))
      .thenNothing();
  });

  it("loses the work that was reading what is gone, which says why", () => {
    const [failed, event, ...others] = given(...batchAppended(), working)
      .when(rebind(redacted()))
      .events();
    expect([event, others]).toEqual([redacted(), []]);
    expect(failed).toMatchObject({
      type: "BatchWorkFailed",
      data: {
        work_id: WORK,
        kind: "quality",
        reason: expect.stringContaining("restored"),
      },
    });
  });
});

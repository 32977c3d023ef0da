import { describe, expect, it } from "vitest";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import { decideBatch } from "../../../src/domain/batch/decide.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { cutWarning } from "../../../src/domain/batch/verdicts.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  appendData,
  batchAppended,
  contractAfter,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
} from "../../support/facts.ts";

const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  {
    lake: lakeAt("gdpr"),
    dataset: datasetAfter(datasetRegistered()),
    contract: contractAfter(contractDefined()),
  },
);

describe("an append of datetimes that lose digits", () => {
  it("warns of how many, with the bytes that were taken", () => {
    const command = appendData();
    const [requested, appended, validated] = batchAppended();
    const warned = {
      type: "DataAppended",
      data: { ...appended.data, ...cutWarning(2) },
    } as typeof appended;
    given()
      .when({ ...command, taken: { ...command.taken, cut_datetimes: 2 } })
      .then(requested, warned, validated);
    expect(cutWarning(2).warnings).toEqual([
      "2 datetimes say something beyond microseconds: it is cut in all that is made of the batch.",
    ]);
    expect(cutWarning(1).warnings).toEqual([expect.stringMatching(/^1 datetime says something/)]);
  });

  it("says nothing where none does", () => {
    given()
      .when(appendData())
      .then(...batchAppended());
    expect(cutWarning(0)).toEqual({});
  });
});

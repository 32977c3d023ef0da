/** What can be said of a dataset after it was registered, and what cannot. */
import { describe, expect, it } from "vitest";
import {
  type AmendContext,
  type AmendDataset,
  amendDataset,
} from "../../../src/domain/dataset/amend.ts";
import {
  type Amendment,
  type DatasetEvent,
  evolveDataset,
  initialDataset,
} from "../../../src/domain/dataset/dataset.ts";
import { deciderSpec, recordedAt } from "../../support/deciderSpec.ts";
import { datasetDeprecated, datasetRegistered, SALES, SCHEMA } from "../../support/facts.ts";

const EMPTY: AmendContext = { contracts: [], has_batches: false, under_way: null };
const FILLED: AmendContext = { ...EMPTY, has_batches: true };

const given = deciderSpec(
  { decide: amendDataset, evolve: evolveDataset, initialState: initialDataset },
  EMPTY,
);

const amend = (more: Partial<AmendDataset>): AmendDataset => ({
  type: "AmendDataset",
  dataset: SALES,
  description: null,
  contains_pii: null,
  subject_column: null,
  ...more,
});
const amended = (data: Amendment): DatasetEvent => ({ type: "DatasetAmended", data });
const registered = (more: Parameters<typeof datasetRegistered>[0] = {}) =>
  datasetRegistered({ contains_pii: null, ...more });

describe("amending a dataset", () => {
  it("records exactly what is said otherwise", () => {
    given(registered({ description: "Sales" }))
      .when(amend({ description: "Sales", contains_pii: true, subject_column: "email" }))
      .then(amended({ contains_pii: true, subject_column: "email" }));
  });

  it("has nothing to record of what is so already", () => {
    given(registered({ contains_pii: true, subject_column: "email" }))
      .knowing(FILLED)
      .when(amend({ contains_pii: true, subject_column: "email" }))
      .thenNothing();
  });

  it("is refused of a dataset that is not there", () => {
    given()
      .when(amend({ description: "Sales" }))
      .thenRejected("dataset-not-found", "not_found");
  });

  it("goes on after the dataset is deprecated: its data is there still", () => {
    given(registered(), datasetDeprecated)
      .when(amend({ contains_pii: true }))
      .then(amended({ contains_pii: true }));
  });

  it("changes what was said, and leaves the rest", () => {
    const state = given(
      registered({ description: "Sales" }),
      amended({ contains_pii: true }),
      amended({ description: "All sales", subject_column: "email" }),
    ).state();
    expect(state).toMatchObject({
      description: "All sales",
      contains_pii: true,
      subject_column: "email",
      subject_column_since: recordedAt(2),
      schema_versions: [{ version: 1, schema: SCHEMA }],
    });
  });

  it("knows since when a registered column names the person, and of none that there is none", () => {
    expect(given(registered({ subject_column: "email" })).state()).toMatchObject({
      subject_column_since: recordedAt(0),
    });
    expect(given(registered()).state()).toMatchObject({ subject_column_since: null });
  });
});

describe("personal data", () => {
  it("can be declared at any time, also where there was said to be none", () => {
    for (const before of [null, false]) {
      given(registered({ contains_pii: before }))
        .knowing(FILLED)
        .when(amend({ contains_pii: true }))
        .then(amended({ contains_pii: true }));
    }
    given(registered())
      .when(amend({ contains_pii: false }))
      .then(amended({ contains_pii: false }));
  });

  it("is none no more by saying so", () => {
    const refused = given(registered({ contains_pii: true }))
      .when(amend({ contains_pii: false, description: "harmless" }))
      .thenRejected("personal-data-declared", "wrong_state");
    expect(refused.detail).toContain("register another dataset");
  });
});

describe("the column that names the person", () => {
  it("can be said where there is none, also of a dataset with batches", () => {
    given(registered())
      .knowing(FILLED)
      .when(amend({ subject_column: "email" }))
      .then(amended({ subject_column: "email" }));
  });

  it("must be in the active schema, even if every object has it", () => {
    for (const subject_column of ["person", "toString"]) {
      const refused = given(registered())
        .when(amend({ subject_column }))
        .thenRejected("unknown-column", "invalid");
      expect(refused.errors?.at(0)?.path).toBe("subject_column");
    }
  });

  it("must be in the schema of each contract, as long as anything is taken in under it", () => {
    const { email: _, ...without } = SCHEMA;
    const contracts = [
      { contract_id: "whole", schema: SCHEMA },
      { contract_id: "partial", schema: without },
    ];
    const refused = given(registered())
      .knowing({ ...EMPTY, contracts })
      .when(amend({ subject_column: "email" }))
      .thenRejected("unknown-column", "invalid");
    expect(refused.detail).toContain("PUT /contracts/partial");
    expect(refused.errors).toEqual([
      { path: "subject_column", message: "contract partial has no such column" },
    ]);
    given(registered(), datasetDeprecated)
      .knowing({ ...EMPTY, contracts })
      .when(amend({ subject_column: "email" }))
      .then(amended({ subject_column: "email" }));
  });

  it("is of a type that tells people apart, in the dataset and in each of its contracts", () => {
    given(registered())
      .when(amend({ subject_column: "amount" }))
      .thenRejected("subject-column-type", "invalid");
    const schema = { ...SCHEMA, email: "boolean" } as const;
    given(registered())
      .knowing({ ...EMPTY, contracts: [{ contract_id: "other", schema }] })
      .when(amend({ subject_column: "email" }))
      .thenRejected("subject-column-type", "invalid");
  });

  it("is changed only while the dataset has no batch", () => {
    given(registered({ subject_column: "id" }))
      .when(amend({ subject_column: "email" }))
      .then(amended({ subject_column: "email" }));
    given(registered({ subject_column: "id" }))
      .knowing(FILLED)
      .when(amend({ subject_column: "email" }))
      .thenRejected("subject-column-set", "wrong_state");
  });

  it("stays as it is while something rests on it, which other amendments do not wait for", () => {
    const busy = { ...FILLED, under_way: "Replay r is under way" };
    const refused = given(registered())
      .knowing(busy)
      .when(amend({ subject_column: "email" }))
      .thenRejected("subject-column-in-use", "wrong_state");
    expect(refused.detail).toMatch(/^Replay r is under way: /);
    given(registered())
      .knowing(busy)
      .when(amend({ description: "Sales" }))
      .then(amended({ description: "Sales" }));
  });
});

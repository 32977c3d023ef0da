import { describe, expect, it } from "vitest";
import { contractId, datasetName } from "../../../src/contracts/fields.ts";
import { admitAppend } from "../../../src/domain/batch/admission.ts";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import type { Misfit } from "../../../src/domain/batch/commands.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  appendData,
  batchAppended,
  contractAfter,
  contractApproved,
  contractDeclined,
  contractDefined,
  contractDeprecated,
  datasetAfter,
  datasetDeprecated,
  datasetRegistered,
  lakeAt,
  MISFIT,
  MISFIT_REASON,
  quarantined,
  released,
  SCHEMA,
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

describe("appending a batch", () => {
  it("records the request, the bytes and that every cell fits", () => {
    given()
      .when(appendData())
      .then(...batchAppended());
  });

  it("records which version of the contract it was appended under", () => {
    const contract = contractAfter(contractDefined({ version: 1 }), {
      type: "DataContractUpdated",
      data: { ...contractDefined().data, version: 2, retention_days_before: 365 },
    });
    given()
      .knowing({ ...usual, contract })
      .when(appendData())
      .then(...batchAppended({ contract_version: 2 }));
  });

  it("takes over what the dataset says about personal data", () => {
    const dataset = datasetAfter(datasetRegistered({ contains_pii: null }));
    given()
      .knowing({ ...usual, dataset })
      .when(appendData())
      .then(...batchAppended({ contains_pii: null }));
  });

  it("records a file that does not fit and puts it into quarantine", () => {
    const { taken } = appendData();
    const [requested, appended] = batchAppended();
    const reason = MISFIT_REASON;
    given()
      .when(appendData({ taken: { ...taken, misfit: MISFIT } }))
      .then(
        requested,
        appended,
        { type: "SchemaValidationFailed", data: { reason, ...MISFIT, contract_version: 1 } },
        { type: "BatchQuarantined", data: { cause: "schema", reason } },
      );
  });

  it("never records the names of columns the schema does not know", () => {
    const { taken } = appendData();
    const unexpected_columns = ["jane.doe@example.com"];
    const events = given()
      .when(appendData({ taken: { ...taken, misfit: MISFIT, unexpected_columns } }))
      .events();
    expect(JSON.stringify(events)).not.toContain("jane.doe");
  });

  it("names the first reason and counts the others", () => {
    const { taken } = appendData();
    const reasonOf = (misfit: Misfit) =>
      given()
        .when(appendData({ taken: { ...taken, misfit } }))
        .events()
        .at(-1)?.data;
    expect(reasonOf({ ...MISFIT, issue_count: 5 })).toMatchObject({
      reason: `${MISFIT_REASON} (and 4 more)`,
    });
    expect(reasonOf({ issues: [], issue_count: 1 })).toMatchObject({
      reason: expect.stringMatching(/cannot be read$/),
    });
  });

  it("is refused for an id that is taken by a batch that is not in quarantine", () => {
    given(...batchAppended())
      .when(appendData())
      .thenRejected("batch-exists", "already_exists");
    given(...batchAppended(), quarantined(), released)
      .when(appendData())
      .thenRejected("batch-exists", "already_exists");
  });

  it("is refused for an unknown dataset before the contract is looked at", () => {
    given()
      .knowing({ ...usual, dataset: datasetAfter(), contract: contractAfter() })
      .when(appendData())
      .thenRejected("dataset-not-found", "not_found");
  });

  it("is refused for an unknown contract", () => {
    given()
      .knowing({ ...usual, contract: contractAfter() })
      .when(appendData({ contract_id: contractId.parse("nowhere") }))
      .thenRejected("contract-not-found", "not_found");
  });

  it("is refused under a contract of another dataset, naming the field", () => {
    const contract = contractAfter(contractDefined({ dataset: datasetName.parse("other") }));
    const refused = given()
      .knowing({ ...usual, contract })
      .when(appendData())
      .thenRejected("contract-of-another-dataset", "invalid");
    expect(refused.errors?.at(0)?.path).toBe("contract_id");
  });

  it("is refused for a deprecated dataset", () => {
    given()
      .knowing({ ...usual, dataset: datasetAfter(datasetRegistered(), datasetDeprecated) })
      .when(appendData())
      .thenRejected("dataset-deprecated", "wrong_state");
  });

  it.each([
    [contractDeclined, "contract-declined"],
    [contractDeprecated, "contract-deprecated"],
  ])("is refused under a contract that saw $type", (event, code) => {
    given()
      .knowing({ ...usual, contract: contractAfter(contractDefined(), event) })
      .when(appendData())
      .thenRejected(code, "wrong_state");
  });
});

describe("admission", () => {
  const admit = (context: BatchContext) => admitAppend(appendData(), initialBatch, context);

  it("hands on the dataset and the contract it looked at", () => {
    expect(admit(usual)).toEqual({
      ok: true,
      value: { dataset: usual.dataset, contract: usual.contract, warnings: [] },
    });
  });

  it("at level strict asks for an approval before it asks for encryption", () => {
    const strict = { ...usual, lake: lakeAt("strict") };
    expect(admit(strict)).toMatchObject({ error: { code: "contract-not-approved" } });
    const approved = contractAfter(contractDefined(), contractApproved);
    expect(admit({ ...strict, contract: approved })).toMatchObject({
      error: { code: "encryption-required", reason: "compliance" },
    });
  });

  it("at level strict takes an encrypted dataset under an approved contract", () => {
    const dataset = datasetAfter(datasetRegistered({ encryption_enabled: true }));
    const contract = contractAfter(contractDefined({ schema: SCHEMA }), contractApproved);
    expect(admit({ lake: lakeAt("strict"), dataset, contract }).ok).toBe(true);
  });
});

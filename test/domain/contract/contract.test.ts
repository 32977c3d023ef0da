import { describe, expect, it } from "vitest";
import { datasetName } from "../../../src/contracts/fields.ts";
import {
  type ContractEvent,
  evolveContract,
  initialContract,
} from "../../../src/domain/contract/contract.ts";
import {
  type ContractCommand,
  type CreateContract,
  decideContract,
  ruleIssues,
  type UpdateContract,
} from "../../../src/domain/contract/decide.ts";
import type { ColumnType } from "../../../src/domain/table.ts";
import { deciderSpec, recordedAt } from "../../support/deciderSpec.ts";
import {
  CONTRACT,
  contractApproved,
  contractDeclined,
  contractDefined,
  contractDeprecated,
  datasetAfter,
  datasetDeprecated,
  datasetRegistered,
  SALES,
  SCHEMA,
} from "../../support/facts.ts";

const registered = { dataset: datasetAfter(datasetRegistered()) };
const unknown = { dataset: datasetAfter() };
const withdrawn = { dataset: datasetAfter(datasetRegistered(), datasetDeprecated) };

const given = deciderSpec(
  { decide: decideContract, evolve: evolveContract, initialState: initialContract },
  registered,
);

const terms = {
  retention_days: 365,
  schema: null,
  privacy_rules: {},
  quality_rules: {},
  k_anonymity: null,
};
const create = (more: Partial<CreateContract> = {}): CreateContract => ({
  type: "CreateContract",
  contract_id: CONTRACT,
  dataset: SALES,
  ...terms,
  ...more,
});
const update = (more: Partial<UpdateContract> = {}): UpdateContract => ({
  type: "UpdateContract",
  contract_id: CONTRACT,
  ...terms,
  ...more,
});
const updated = (
  more: Partial<Extract<ContractEvent, { type: "DataContractUpdated" }>["data"]>,
): ContractEvent => {
  const { contract_id: _, ...content } = contractDefined().data;
  const { retention_days: retention_days_before } = content;
  return {
    type: "DataContractUpdated",
    data: { ...content, version: 2, retention_days_before, ...more },
  };
};
const approve: ContractCommand = {
  type: "ApproveContract",
  contract_id: CONTRACT,
  approver: "anna",
};
const decline: ContractCommand = {
  type: "DeclineContract",
  contract_id: CONTRACT,
  reason: "too long",
};
const deprecate: ContractCommand = { type: "DeprecateContract", contract_id: CONTRACT };

describe("defining a contract", () => {
  it("takes the dataset's active schema when it brings none", () => {
    given().when(create()).then(contractDefined());
  });

  it("keeps the schema and the rules it brings, as they were written", () => {
    const said = {
      schema: { id: "int", born: "date" },
      privacy_rules: { id: { strategy: "hash" } },
      quality_rules: { id: ["not_null", "unique"] },
    } as const;
    given().when(create(said)).then(contractDefined(said));
  });

  it("keeps how its files are to be read, without what is said of nothing", () => {
    const reading = { delimiter: ";", null_values: ["-"] } as const;
    given().when(create({ reading })).then(contractDefined({ reading }));
    given()
      .when(create({ reading: {} }))
      .then(contractDefined());
    given()
      .when(create({ reading: null }))
      .then(contractDefined());
  });

  it("is refused with a way of reading that does not hold together, naming each option", () => {
    const reading = { thousands_separator: ".", true_values: ["ja"] } as const;
    const refused = given().when(create({ reading })).thenRejected("invalid-contract", "invalid");
    const paths = refused.errors?.map(({ path }) => path);
    expect(paths).toEqual(["reading.thousands_separator", "reading.false_values"]);
  });

  it("is refused about an unknown or a deprecated dataset", () => {
    given().knowing(unknown).when(create()).thenRejected("dataset-not-found", "not_found");
    given().knowing(withdrawn).when(create()).thenRejected("dataset-deprecated", "wrong_state");
  });

  it("is refused for an id that is taken", () => {
    given(contractDefined()).when(create()).thenRejected("contract-exists", "already_exists");
  });

  it("is refused without any column to be about", () => {
    const bare = { dataset: datasetAfter(datasetRegistered({ schema: {} })) };
    const refused = given().knowing(bare).when(create()).thenRejected("invalid-contract");
    expect(refused).toMatchObject({ reason: "invalid", errors: [{ path: "schema" }] });
  });

  it("is refused with a schema that lacks the dataset's subject column", () => {
    const personal = { dataset: datasetAfter(datasetRegistered({ subject_column: "email" })) };
    const refused = given()
      .knowing(personal)
      .when(create({ schema: { id: "int" } }))
      .thenRejected("invalid-contract");
    expect(refused.errors?.at(0)?.message).toContain("email");
  });

  it("is refused with the subject column of a type that tells nobody apart, unless it was so before", () => {
    const about = (type: ColumnType) => ({
      dataset: datasetAfter(
        datasetRegistered({ schema: { who: type, id: "int" }, subject_column: "who" }),
      ),
    });
    const schema = { who: "float", id: "int" } as const;
    const refused = given()
      .knowing(about("string"))
      .when(create({ schema }))
      .thenRejected("invalid-contract");
    expect(refused.errors?.at(0)?.path).toBe("schema.who");
    given().knowing(about("float")).when(create({ schema })).then(contractDefined({ schema }));
  });

  it("is refused with rules that do not parse or name columns it lacks, naming each place", () => {
    const refused = given()
      .when(
        create({
          quality_rules: { amount: "resembles nothing", nowhere: "not_null" },
          privacy_rules: { nowhere: "mask" },
        }),
      )
      .thenRejected("invalid-contract", "invalid");
    const paths = refused.errors?.map(({ path }) => path);
    expect(paths).toEqual(["quality_rules.amount", "privacy_rules.nowhere"]);
  });
});

describe("updating a contract", () => {
  it("makes the next version with the whole new content", () => {
    given(contractDefined())
      .when(update({ retention_days: 30 }))
      .then(updated({ retention_days: 30 }));
    given(contractDefined(), updated({ retention_days: 30 }))
      .when(update({ retention_days: 31 }))
      .then(updated({ retention_days: 31, version: 3, retention_days_before: 30 }));
  });

  it.each([
    ["retention", { retention_days: 1 }],
    ["schema", { schema: { id: "int" } }],
    ["privacy rules", { privacy_rules: { id: "mask" } }],
    ["quality rules", { quality_rules: { id: "not_null" } }],
    ["reading", { reading: { decimal_separator: "," } }],
  ] as const)("sees a change of the %s alone", (_, change) => {
    given(contractDefined()).when(update(change)).then(updated(change));
  });

  it("empties how files are read when it does not say it, as it does all else", () => {
    const reading = { decimal_separator: "," } as const;
    given(contractDefined({ reading })).when(update()).then(updated({}));
    const state = given(contractDefined({ reading }), contractApproved, updated({})).state();
    expect(state).not.toHaveProperty("reading");
    expect(given(contractDefined({ reading }), contractApproved).state()).toMatchObject({
      reading,
    });
  });

  it("does nothing when it says what the contract says already", () => {
    given(contractDefined()).when(update()).thenNothing();
    given(contractDefined(), contractApproved).when(update()).thenNothing();
  });

  it("is refused for an unknown contract, a deprecated one and one of a deprecated dataset", () => {
    given().when(update()).thenRejected("contract-not-found", "not_found");
    given(contractDefined(), contractDeprecated)
      .when(update({ retention_days: 1 }))
      .thenRejected("contract-deprecated", "wrong_state");
    given(contractDefined()).knowing(withdrawn).when(update()).thenRejected("dataset-deprecated");
    given(contractDefined()).knowing(unknown).when(update()).thenRejected("dataset-not-found");
  });

  it("is refused with content that does not hold together", () => {
    given(contractDefined())
      .when(update({ privacy_rules: { id: "vanish" } }))
      .thenRejected("invalid-contract");
  });
});

describe("judging a contract", () => {
  const none: readonly ContractEvent[] = [];
  const histories: Readonly<Record<string, readonly ContractEvent[]>> = {
    absent: none,
    defined: [contractDefined()],
    approved: [contractDefined(), contractApproved],
    declined: [contractDefined(), contractDeclined],
    deprecated: [contractDefined(), contractDeprecated],
  };

  it.each([
    { status: "defined", command: approve, event: contractApproved },
    { status: "defined", command: decline, event: contractDeclined },
    { status: "defined", command: deprecate, event: contractDeprecated },
    { status: "approved", command: deprecate, event: contractDeprecated },
    { status: "declined", command: deprecate, event: contractDeprecated },
  ])("one that is $status takes $command.type", ({ status, command, event }) => {
    given(...(histories[status] ?? none))
      .when(command)
      .then(event);
  });

  it.each([
    { status: "approved", command: approve },
    { status: "declined", command: decline },
    { status: "deprecated", command: deprecate },
  ])("one that is $status is left as it is by $command.type", ({ status, command }) => {
    given(...(histories[status] ?? none))
      .when(command)
      .thenNothing();
  });

  it.each([
    { status: "absent", command: approve, code: "contract-not-found" },
    { status: "absent", command: decline, code: "contract-not-found" },
    { status: "absent", command: deprecate, code: "contract-not-found" },
    { status: "declined", command: approve, code: "contract-declined" },
    { status: "approved", command: decline, code: "contract-approved" },
    { status: "deprecated", command: approve, code: "contract-deprecated" },
    { status: "deprecated", command: decline, code: "contract-deprecated" },
  ])("one that is $status refuses $command.type with $code", ({ status, command, code }) => {
    given(...(histories[status] ?? none))
      .when(command)
      .thenRejected(code);
  });

  it("loses an approval that is revoked, deprecated or not, and has none to lose without", () => {
    const revoke: ContractCommand = { type: "RevokeApproval", contract_id: CONTRACT };
    const revoked = (status: "defined" | "deprecated"): ContractEvent => ({
      type: "DataContractApprovalRevoked",
      data: { approver: "anna", status },
    });
    const approved = [contractDefined(), contractApproved];
    given(...approved)
      .when(revoke)
      .then(revoked("defined"));
    given(...approved, contractDeprecated)
      .when(revoke)
      .then(revoked("deprecated"));
    for (const status of ["defined", "declined", "deprecated"]) {
      given(...(histories[status] ?? none))
        .when(revoke)
        .thenNothing();
    }
    expect(given(...approved, revoked("defined")).state()).toMatchObject({
      status: "defined",
      revoked_approver: "anna",
    });
    const ended = [...approved, contractDeprecated, revoked("deprecated")];
    expect(given(...ended).state()).toMatchObject({ status: "deprecated", approver: null });
  });

  it("starts anew with every version: an approval or refusal is of one content", () => {
    const changed = updated({ retention_days: 30 });
    given(contractDefined(), contractApproved, changed).when(decline).then(contractDeclined);
    given(contractDefined(), contractDeclined, changed).when(approve).then(contractApproved);
  });
});

describe("a contract's state", () => {
  it("keeps when it was defined and forgets the judgement of an older version", () => {
    const state = given(
      contractDefined(),
      contractApproved,
      updated({ retention_days: 7 }),
    ).state();
    expect(state).toEqual({
      status: "defined",
      ...contractDefined({ retention_days: 7, version: 2 }).data,
      defined_at: recordedAt(0),
    });
  });

  it("names the approver or the reason", () => {
    expect(given(contractDefined(), contractApproved).state()).toMatchObject({
      status: "approved",
      approver: "anna",
    });
    expect(given(contractDefined(), contractDeclined).state()).toMatchObject({
      status: "declined",
      reason: "too long",
    });
  });

  it("keeps its approval when it is deprecated, and drops why it was declined", () => {
    const state = given(contractDefined(), contractApproved, contractDeprecated).state();
    expect(state).toMatchObject({ status: "deprecated", approver: "anna" });
    const declined = given(contractDefined(), contractDeclined, contractDeprecated).state();
    expect(declined).toMatchObject({ status: "deprecated", approver: null });
    expect(declined).not.toHaveProperty("reason");
  });

  it("has only the approval of what it says now", () => {
    const changed = given(contractDefined(), contractApproved, updated({}), contractDeprecated);
    expect(changed.state()).toMatchObject({ status: "deprecated", approver: null });
  });

  it("stays absent whatever follows without a definition", () => {
    expect(
      given(contractApproved, contractDeclined, updated({}), contractDeprecated).state(),
    ).toEqual({ status: "absent" });
  });
});

describe("the rules of a contract", () => {
  it("are fine when there are none", () => {
    expect(ruleIssues(SCHEMA, {}, {})).toEqual([]);
  });

  it("are complained about under the body's own paths", () => {
    const issues = ruleIssues(SCHEMA, { id: ["not_null", "nonsense"] }, { id: { strategy: 7 } });
    expect(issues.map(({ path }) => path.split(".")[0])).toEqual([
      "quality_rules",
      "privacy_rules",
    ]);
  });

  it("may not name what every object has but no schema", () => {
    const issues = ruleIssues(SCHEMA, { toString: "not_null" }, { constructor: "mask" });
    expect(issues).toHaveLength(2);
  });

  it("belong to the dataset the contract was made for", () => {
    const other = {
      dataset: datasetAfter(datasetRegistered({ name: datasetName.parse("other") })),
    };
    const [event] = given().knowing(other).when(create()).events();
    expect(event?.type === "DataContractDefined" && event.data.dataset).toBe("other");
  });
});

/** Defining, changing and judging data contracts. */
import { activeSchema, type Dataset, type DatasetState } from "../dataset/dataset.ts";
import { deprecated, unknownDataset } from "../dataset/decide.ts";
import { subjectTypeFault } from "../dataset/subjectColumn.ts";
import { assertNever, ok, type Result } from "../decider.ts";
import type { ContractId, DatasetName } from "../ids.ts";
import { mergedReading, type Reading, readingIssues } from "../reading.ts";
import { type Issue, type Rejection, reject } from "../rejection.ts";
import { type KAnonymity, kAnonymityIssues } from "../rules/kAnonymity.ts";
import { checkPrivacyColumns, parsePrivacyRules } from "../rules/privacy.ts";
import { checkQualityColumns, parseQualityRules } from "../rules/quality.ts";
import type { Schema } from "../table.ts";
import {
  approvedBy,
  type Contract,
  type ContractContent,
  type ContractEvent,
  type ContractState,
} from "./contract.ts";

interface ContractTerms {
  readonly retention_days: number;
  /** Null: the dataset's active schema. */
  readonly schema: Schema | null;
  readonly privacy_rules: Readonly<Record<string, unknown>>;
  readonly quality_rules: Readonly<Record<string, unknown>>;
  readonly k_anonymity: KAnonymity | null;
  /** Null or left out: CSV files are read as Lethe writes them. */
  readonly reading?: Reading | null;
}

export interface CreateContract extends ContractTerms {
  readonly type: "CreateContract";
  readonly contract_id: ContractId;
  readonly dataset: DatasetName;
}

export interface UpdateContract extends ContractTerms {
  readonly type: "UpdateContract";
  readonly contract_id: ContractId;
}

export type ContractCommand =
  | CreateContract
  | UpdateContract
  | {
      readonly type: "ApproveContract";
      readonly contract_id: ContractId;
      readonly approver: string;
    }
  /** From the lake itself, never from a person. */
  | { readonly type: "RevokeApproval"; readonly contract_id: ContractId }
  | { readonly type: "DeclineContract"; readonly contract_id: ContractId; readonly reason: string }
  | { readonly type: "DeprecateContract"; readonly contract_id: ContractId };

export interface ContractContext {
  /** The dataset the contract is, or is to be, about. */
  readonly dataset: DatasetState;
}

/**
 * Rejects with `not_found` an unknown contract or dataset, with `already_exists` an id that is
 * taken, with `invalid` rules that do not parse or name columns the schema lacks, with
 * `wrong_state` a judgement that the contract's status does not allow.
 */
export const decideContract = (
  command: ContractCommand,
  state: ContractState,
  context: ContractContext,
): Result<readonly ContractEvent[], Rejection> => {
  if (command.type === "CreateContract") return create(command, state, context);
  if (state.status === "absent") return unknownContract(command.contract_id);
  if (command.type === "RevokeApproval") return ok(revoked(state));
  if (state.status === "deprecated" && command.type !== "DeprecateContract") {
    return wrong(state, "is deprecated: define a new one");
  }
  switch (command.type) {
    case "UpdateContract":
      return update(command, state, context);
    case "ApproveContract":
      if (state.status === "approved") return ok([]);
      if (state.status === "declined") return wrong(state, "was declined: change it first");
      return ok([{ type: "DataContractApproved", data: { approver: command.approver } }]);
    case "DeclineContract":
      if (state.status === "declined") return ok([]);
      if (state.status === "approved") return wrong(state, "is approved: deprecate it instead");
      return ok([{ type: "DataContractDeclined", data: { reason: command.reason } }]);
    case "DeprecateContract":
      return ok(
        state.status === "deprecated" ? [] : [{ type: "DataContractDeprecated", data: {} }],
      );
    default:
      return assertNever(command);
  }
};

const revoked = (state: Contract): readonly ContractEvent[] => {
  const approver = approvedBy(state);
  if (approver === null) return [];
  const status = state.status === "deprecated" ? "deprecated" : "defined";
  return [{ type: "DataContractApprovalRevoked", data: { approver, status } }];
};

export const unknownContract = (id: string) =>
  reject("not_found", "contract-not-found", `There is no contract ${id} in this lake.`);

const wrong = (contract: Contract, why: string) =>
  reject("wrong_state", `contract-${contract.status}`, `Contract ${contract.contract_id} ${why}.`);

const create = (
  command: CreateContract,
  state: ContractState,
  { dataset }: ContractContext,
): Result<readonly ContractEvent[], Rejection> => {
  if (dataset.status === "absent") return unknownDataset(command.dataset);
  if (state.status !== "absent") {
    return reject(
      "already_exists",
      "contract-exists",
      `Contract ${command.contract_id} exists already; PUT /contracts/${command.contract_id} changes it.`,
    );
  }
  if (dataset.status === "deprecated") return deprecated(command.dataset);
  const content = contentOf(command, dataset);
  if (!content.ok) return content;
  return ok([
    {
      type: "DataContractDefined",
      data: { contract_id: command.contract_id, ...content.value, version: 1 },
    },
  ]);
};

const update = (
  command: UpdateContract,
  state: Contract,
  { dataset }: ContractContext,
): Result<readonly ContractEvent[], Rejection> => {
  if (dataset.status === "absent") return unknownDataset(state.dataset);
  if (dataset.status === "deprecated") return deprecated(state.dataset);
  const content = contentOf(command, dataset);
  if (!content.ok) return content;
  if (unchanged(state, content.value)) return ok([]);
  const version = state.version + 1;
  const retention_days_before = state.retention_days;
  return ok([
    {
      type: "DataContractUpdated",
      data: { ...content.value, version, retention_days_before },
    },
  ]);
};

const contentOf = (terms: ContractTerms, dataset: Dataset): Result<ContractContent, Rejection> => {
  const { retention_days, privacy_rules, quality_rules, k_anonymity } = terms;
  const reading = mergedReading(undefined, terms.reading ?? undefined);
  const schema = terms.schema ?? activeSchema(dataset);
  const issues: Issue[] = [];
  if (Object.keys(schema).length === 0) {
    issues.push({ path: "schema", message: "neither the contract nor its dataset has a column" });
  }
  const subject = dataset.subject_column;
  if (subject !== null && !Object.hasOwn(schema, subject)) {
    issues.push({ path: "schema", message: `lacks the dataset's subject column ${subject}` });
  }
  const type = subject === null ? undefined : schema[subject];
  const fault = subjectTypeFault(type);
  // A dataset that had it so before this was refused goes on.
  if (subject !== null && fault !== null && activeSchema(dataset)[subject] !== type) {
    issues.push({ path: `schema.${subject}`, message: `the subject column ${fault}` });
  }
  issues.push(...ruleIssues(schema, quality_rules, privacy_rules));
  issues.push(...kAnonymityIssues(k_anonymity, schema));
  issues.push(...under("reading", readingIssues(reading)));
  if (issues.length > 0) {
    return reject(
      "invalid",
      "invalid-contract",
      `The contract does not hold together: ${issues[0]?.path}: ${issues[0]?.message}.`,
      issues,
    );
  }
  const says = Object.keys(reading).length > 0 ? { reading } : {};
  const rules = { privacy_rules, quality_rules, k_anonymity, ...says };
  return ok({ dataset: dataset.name, schema, retention_days, ...rules });
};

/** What is wrong with rules for a table of this schema: grammar first, then columns and types. */
export const ruleIssues = (
  schema: Schema,
  qualityRules: Readonly<Record<string, unknown>>,
  privacyRules: Readonly<Record<string, unknown>>,
): readonly Issue[] => {
  const quality = parseQualityRules(qualityRules);
  const privacy = parsePrivacyRules(privacyRules);
  return [
    ...under(
      "quality_rules",
      quality.ok ? checkQualityColumns(quality.value, schema) : quality.error,
    ),
    ...under(
      "privacy_rules",
      privacy.ok ? checkPrivacyColumns(privacy.value, schema) : privacy.error,
    ),
  ];
};

const under = (root: string, issues: readonly Issue[]): readonly Issue[] =>
  issues.map(({ path, message }) => ({ path: path ? `${root}.${path}` : root, message }));

const unchanged = (a: ContractContent, b: ContractContent): boolean =>
  a.retention_days === b.retention_days &&
  // The order of the columns is the order in which they are published.
  JSON.stringify(a.schema) === JSON.stringify(b.schema) &&
  JSON.stringify(a.privacy_rules) === JSON.stringify(b.privacy_rules) &&
  JSON.stringify(a.quality_rules) === JSON.stringify(b.quality_rules) &&
  JSON.stringify(a.k_anonymity) === JSON.stringify(b.k_anonymity) &&
  JSON.stringify(a.reading) === JSON.stringify(b.reading);

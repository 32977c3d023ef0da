/** A data contract: what a batch of a dataset must look like, and how it is treated. */
import { assertNever, type Recorded } from "../decider.ts";
import type { ContractId, DatasetName } from "../ids.ts";
import type { Reading } from "../reading.ts";
import type { KAnonymity } from "../rules/kAnonymity.ts";
import type { Schema } from "../table.ts";

/** What a contract says. Rules stand as they were given; `domain/rules` reads them. */
export interface ContractContent {
  readonly dataset: DatasetName;
  readonly schema: Schema;
  /** Days after its append at which a batch expires, 1-36500. */
  readonly retention_days: number;
  readonly privacy_rules: Readonly<Record<string, unknown>>;
  readonly quality_rules: Readonly<Record<string, unknown>>;
  /** What publishing has to hold; null: nothing. */
  readonly k_anonymity: KAnonymity | null;
  /** How its CSV files are to be read; left out: as Lethe writes them. */
  readonly reading?: Reading;
}

export type ContractEvent =
  | {
      readonly type: "DataContractDefined";
      readonly data: ContractContent & {
        readonly contract_id: ContractId;
        readonly version: number;
      };
    }
  | {
      readonly type: "DataContractUpdated";
      readonly data: ContractContent & {
        readonly version: number;
        /** Null in logs that did not say. */
        readonly retention_days_before: number | null;
      };
    }
  | { readonly type: "DataContractApproved"; readonly data: { readonly approver: string } }
  /** Whoever made it had approved it, before the lake's level asked for four eyes. */
  | {
      readonly type: "DataContractApprovalRevoked";
      readonly data: {
        readonly approver: string;
        /** What the contract is without it. */
        readonly status: "defined" | "deprecated";
      };
    }
  | { readonly type: "DataContractDeclined"; readonly data: { readonly reason: string } }
  | { readonly type: "DataContractDeprecated"; readonly data: Readonly<Record<string, never>> };

interface DefinedContract extends ContractContent {
  readonly contract_id: ContractId;
  readonly version: number;
  readonly defined_at: string;
}

export type Contract =
  /** With the one whose approval was revoked, when nobody has approved it since. */
  | (DefinedContract & { readonly status: "defined"; readonly revoked_approver?: string })
  /** Whoever approved it before; null: nobody had, or not any more. */
  | (DefinedContract & { readonly status: "deprecated"; readonly approver: string | null })
  | (DefinedContract & { readonly status: "approved"; readonly approver: string })
  | (DefinedContract & { readonly status: "declined"; readonly reason: string });

export type ContractState = { readonly status: "absent" } | Contract;

export const initialContract: ContractState = { status: "absent" };

/**
 * Who has approved what it says; null: nobody. Its deprecation ends what is taken in under it, and
 * leaves what was taken in before as it was agreed.
 */
export const approvedBy = (contract: ContractState): string | null =>
  contract.status === "approved" || contract.status === "deprecated" ? contract.approver : null;

export const evolveContract = (
  state: ContractState,
  event: Recorded<ContractEvent>,
): ContractState => {
  if (event.type === "DataContractDefined") {
    return { status: "defined", ...event.data, defined_at: event.recorded_at };
  }
  if (state.status === "absent") return state;
  const { contract_id, version, defined_at } = state;
  const { dataset, schema, retention_days, privacy_rules, quality_rules, k_anonymity } = state;
  const { reading } = state;
  const rules = { privacy_rules, quality_rules, k_anonymity, ...(reading ? { reading } : {}) };
  const about = { contract_id, version, defined_at };
  const kept = { ...about, dataset, schema, retention_days, ...rules };
  switch (event.type) {
    case "DataContractUpdated": {
      // The whole new content: what it leaves out is empty again.
      const { retention_days_before: _, ...updated } = event.data;
      return { ...about, ...updated, status: "defined" };
    }
    case "DataContractApproved":
      return { ...kept, status: "approved", approver: event.data.approver };
    case "DataContractApprovalRevoked":
      if (state.status === "deprecated") return { ...kept, status: "deprecated", approver: null };
      return { ...kept, status: "defined", revoked_approver: event.data.approver };
    case "DataContractDeclined":
      return { ...kept, status: "declined", reason: event.data.reason };
    case "DataContractDeprecated":
      return { ...kept, status: "deprecated", approver: approvedBy(state) };
    default:
      return assertNever(event);
  }
};

/**
 * Whether a batch stands under the terms that its contract has now, which may be other ones than
 * those it was appended under.
 */
import { approvedBy, type Contract, type ContractState } from "../contract/contract.ts";
import { ok, type Result } from "../decider.ts";
import type { BatchId } from "../ids.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import type { Schema } from "../table.ts";
import type { Batch } from "./batch.ts";

/** Rejects with `wrong_state` what is to leave the lake under a contract that was declined. */
export const admitTerms = (contract: ContractState): Result<readonly [], Rejection> => {
  if (contract.status !== "declined") return ok([]);
  const { contract_id } = contract;
  return reject(
    "wrong_state",
    "contract-declined",
    `Contract ${contract_id} is declined: nothing is published or handed out under it. ` +
      `PUT /contracts/${contract_id} changes it; then POST /contracts/${contract_id}/approve ` +
      "approves it.",
  );
};

/** What makes the batch stand under approved terms, as the end of a sentence. */
export const toApprove = (contract: ContractState, batch_id: BatchId): string => {
  if (contract.status === "absent") return "there is a contract";
  const { contract_id, status } = contract;
  if (status !== "deprecated") return `POST /contracts/${contract_id}/approve has approved it`;
  return (
    "its file is appended under another one that is approved, for this one is deprecated " +
    `(POST /quarantine-batch, then POST /append-batch with batch_id ${batch_id})`
  );
};

/** Rejects with `compliance` what a strict lake would publish and nobody has approved. */
export const admitApproval = (
  { batch_id }: Batch,
  { compliance_level }: ActiveLake,
  contract: Contract,
): Result<readonly [], Rejection> => {
  if (compliance_level !== "strict" || approvedBy(contract) !== null) return ok([]);
  return reject(
    "compliance",
    "contract-not-approved",
    `Nobody has approved contract ${contract.contract_id}: at level strict batch ${batch_id} is ` +
      `not published until ${toApprove(contract, batch_id)}.`,
  );
};

/** Columns in which two schemas differ: missing in one, or of another type. */
export const differingColumns = (one: Schema, other: Schema): readonly string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (column) => typeIn(one, column) !== typeIn(other, column),
  );

const typeIn = (schema: Schema, column: string) =>
  Object.hasOwn(schema, column) ? schema[column] : undefined;

/** Rejects with `wrong_state` a batch that was read under a schema its contract no longer has. */
export const admitSchema = (batch: Batch, contract: Contract): Result<readonly [], Rejection> => {
  // A file that fits no schema yet is read on the way out, under the present one.
  const moved = batch.schema === null ? [] : differingColumns(batch.schema, contract.schema);
  if (moved.length === 0) return ok([]);
  return reject(
    "wrong_state",
    "schema-changed",
    `Contract ${contract.contract_id} has another schema than the one batch ${batch.batch_id} was ` +
      `read under (${moved.join(", ")}): POST /replay reads it anew.`,
  );
};

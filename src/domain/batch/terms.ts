/**
 * Whether a batch stands under the terms that its contract has now, which may be other ones than
 * those it was appended under.
 */
import type { Contract, ContractState } from "../contract/contract.ts";
import { ok, type Result } from "../decider.ts";
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

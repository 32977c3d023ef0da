/**
 * What is granted to a consumer: one batch, or many of a dataset at once, each by the same rules. All of
 * them are on record before any URL is made, or none is.
 */
import type { GrantConsumption } from "../domain/batch/commands.ts";
import { decideBatch, noBatch } from "../domain/batch/decide.ts";
import { type DomainEvent, ok, type Result } from "../domain/decider.ts";
import type { DatasetName } from "../domain/ids.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Decision, MakeChange } from "./commands.ts";
import type { Manifest } from "./datasetManifest.ts";
import type { Change } from "./ports.ts";
import type { Reader } from "./reader.ts";

export interface GrantConsumptions {
  readonly type: "GrantConsumptions";
  readonly dataset: DatasetName;
  readonly consumer: string;
  /** One an item of the manifest, in its order. */
  readonly grants: readonly GrantConsumption[];
  /** For the answer only. */
  readonly manifest: Manifest;
}

/** Every access to data is in the access log, whatever the door it came through. */
export const accessTo = (
  dataset_id: string,
  { consumer: accessor_id, purpose, batch_id }: GrantConsumption,
): DomainEvent => ({
  type: "AccessAudited",
  data: { accessor_id, dataset_id, action: "read", purpose, object: `batch/${batch_id}` },
});

/** Rejects as the first of the grants that is refused would be by itself. */
export const grantAll = (
  { dataset: name, grants }: GrantConsumptions,
  lake: ActiveLake,
  read: Reader,
  change: MakeChange,
): Result<Decision, Rejection> => {
  const dataset = read.dataset(name);
  const changes: Change[] = [];
  for (const grant of grants) {
    const state = read.batch(grant.batch_id);
    if (state.status !== "held") return noBatch(state, grant.batch_id);
    const contract = read.contract(state.batch.contract_id);
    const decided = decideBatch(grant, state, { lake, dataset, contract });
    if (!decided.ok) return decided;
    changes.push(change(`batch/${grant.batch_id}`, decided.value));
  }
  const accesses = grants.map((grant) => accessTo(name, grant));
  return ok([...changes, change("access", accesses)]);
};

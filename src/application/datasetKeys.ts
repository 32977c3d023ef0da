/**
 * The key under which the objects of a piece of work are sealed. Whoever does the work gets it with
 * the plan; without it nothing of an encrypted dataset is read and nothing written.
 */
import type { DatasetState } from "../domain/dataset/dataset.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { DatasetName } from "../domain/ids.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { Reader } from "./commands.ts";
import type { Keyring } from "./keyring.ts";
import type { WorkRequest } from "./lakeGateway.ts";
import type { WorkPlan } from "./workPlan.ts";

/** The dataset's key, null when it is not encrypted. Rejects with `gone` when it was destroyed. */
export const keyOf = (
  dataset: DatasetState,
  keyring: Keyring,
): Result<Uint8Array | null, Rejection> => {
  if (dataset.status === "absent" || !dataset.encryption_enabled) return ok(null);
  const key = keyring.datasetKey(dataset.name);
  return key === null ? keyDestroyed(dataset.name) : ok(key);
};

/** Plans that read and write no object, or bring the keys of those they do. */
const WITHOUT_DATA: ReadonlySet<WorkPlan["kind"]> = new Set([
  "nothing",
  "note",
  "switch",
  "wait",
  "background",
  "fail",
  "subject_access",
  "held_in",
]);

/** As `keyOf`, for the dataset that the plan is about; null too when there is nothing to do. */
export const keyOfWork = (
  request: WorkRequest,
  plan: WorkPlan,
  read: Reader,
  keyring: Keyring,
): Result<Uint8Array | null, Rejection> => {
  if (WITHOUT_DATA.has(plan.kind)) return ok(null);
  // What asks many batches brings their keys along.
  if (plan.kind === "erase" && !("dataset" in plan.step)) return ok(null);
  return keyOf(read.dataset(datasetOf(request, plan, read)), keyring);
};

/** Throws for work that is about no dataset: its objects must not end up in clear. */
const datasetOf = (request: WorkRequest, plan: WorkPlan, read: Reader): DatasetName => {
  if (request.kind === "append") return request.dataset;
  if ("refine" in plan) return plan.refine.dataset;
  if (plan.kind === "erase" && "dataset" in plan.step) return plan.step.dataset;
  const state = "batch_id" in request ? read.batch(request.batch_id) : null;
  if (state?.status === "held") return state.batch.dataset;
  if (state?.status === "requested") return state.dataset;
  throw new Error(`work ${request.kind} is about no dataset`);
};

export const keyDestroyed = (dataset: string) =>
  reject(
    "gone",
    "dataset-key-destroyed",
    `The key of encrypted dataset ${dataset} is not in this lake (any more): nothing that was ` +
      "sealed under it can be read again.",
  );

/**
 * Whether a file may be appended at all: asked before its bytes are read, and again in the turn
 * that records them, so that nothing that changed in between slips through.
 */
import type { Contract, ContractState } from "../contract/contract.ts";
import { unknownContract } from "../contract/decide.ts";
import type { Dataset, DatasetState } from "../dataset/dataset.ts";
import { deprecated, notEncrypted, piiFlag, unknownDataset } from "../dataset/decide.ts";
import { ok, type Result } from "../decider.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import type { BatchState } from "./batch.ts";
import type { AppendRequest } from "./commands.ts";
import { cameToNothing } from "./work.ts";

export interface Admission {
  readonly dataset: Dataset;
  readonly contract: Contract;
  readonly warnings: readonly string[];
}

export const admitAppend = (
  request: AppendRequest,
  state: BatchState,
  {
    lake,
    dataset,
    contract,
  }: {
    readonly lake: ActiveLake;
    readonly dataset: DatasetState;
    readonly contract: ContractState;
  },
): Result<Admission, Rejection> => {
  if (dataset.status === "absent") return unknownDataset(request.dataset);
  if (contract.status === "absent") return unknownContract(request.contract_id);
  const taken = idTaken(request, state);
  if (taken) return taken;
  if (contract.dataset !== request.dataset) {
    return reject(
      "invalid",
      "contract-of-another-dataset",
      `Contract ${request.contract_id} is about dataset ${contract.dataset}, not ${request.dataset}.`,
      [{ path: "contract_id", message: `is about dataset ${contract.dataset}` }],
    );
  }
  if (dataset.status === "deprecated") return deprecated(request.dataset);
  if (contract.status === "declined" || contract.status === "deprecated") {
    return reject(
      "wrong_state",
      `contract-${contract.status}`,
      `Contract ${request.contract_id} is ${contract.status}: nothing is appended under it.`,
    );
  }
  if (lake.compliance_level === "strict" && contract.status !== "approved") {
    return reject(
      "compliance",
      "contract-not-approved",
      `At level strict a contract must be approved before anything is appended: POST /contracts/${request.contract_id}/approve.`,
    );
  }
  if (lake.compliance_level === "strict" && !dataset.encryption_enabled) {
    return notEncrypted(request.dataset);
  }
  const flag = piiFlag(lake, dataset.contains_pii, dataset.name);
  return flag.ok ? ok({ dataset, contract, warnings: flag.value }) : flag;
};

/** An id is free, or names a batch of the same dataset whose file in quarantine is to be replaced. */
const idTaken = (request: AppendRequest, state: BatchState): Result<never, Rejection> | null => {
  const { batch_id, dataset } = request;
  if (state.status === "absent") return null;
  // An upload that could not be taken over, or was not to be, leaves its id free.
  if (state.status === "requested" && cameToNothing(state.work)) return null;
  if (state.status === "expired") {
    return reject(
      "already_exists",
      "batch-expired",
      `Batch ${batch_id} has expired; its id is not given again.`,
    );
  }
  if (state.status === "requested" || state.batch.progress.status !== "quarantined") {
    return reject(
      "already_exists",
      "batch-exists",
      `Batch ${batch_id} exists already; only a batch in quarantine takes another file.`,
    );
  }
  if (state.batch.dataset === dataset) return null;
  return reject(
    "already_exists",
    "batch-of-another-dataset",
    `Batch ${batch_id} is in quarantine, and of dataset ${state.batch.dataset}, not ${dataset}.`,
  );
};

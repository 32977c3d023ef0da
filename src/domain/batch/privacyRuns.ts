/**
 * The life of a privacy run: at level strict it is proposed and somebody approves it before it
 * counts; until the batch is published it can be rolled back to what was appended.
 */
import { ok, type Result } from "../decider.ts";
import { type PrivacyRunId, partsOfRun, privacyRunId } from "../ids.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import { type Batch, progressOf } from "./batch.ts";
import type { ApprovePrivacyRun, EndPrivacyRun } from "./commands.ts";
import type { BatchContext } from "./decide.ts";
import type { BatchEvent, DerivedRun, ProposedRun } from "./events.ts";
import { unprotectedColumns } from "./protection.ts";
import { inQuarantine, workable } from "./quarantine.ts";

type Decision = Result<readonly BatchEvent[], Rejection>;

/** The run counts. `ahead`: how many revisions the events before it make. */
export const anonymized = (
  run: DerivedRun,
  batch: Batch,
  { approver, ahead = 0 }: { readonly approver: string | null; readonly ahead?: number },
): BatchEvent => {
  const run_id = privacyRunId(batch.batch_id, batch.revision + ahead + 1);
  return { type: "DataAnonymized", data: { ...run, run_id, approver } };
};

export const recordPrivacy = (run: DerivedRun, batch: Batch, lake: ActiveLake): Decision => {
  if (lake.compliance_level !== "strict") return ok([anonymized(run, batch, { approver: null })]);
  const run_id = privacyRunId(batch.batch_id, batch.revision + 1);
  return ok([{ type: "PrivacyRunProposed", data: { ...run, run_id } }]);
};

/** Whatever has changed the batch since has made the proposal void: then there is none. */
export const approveRun = (
  { run_id, approver }: ApprovePrivacyRun,
  batch: Batch,
  { contract, dataset }: Pick<BatchContext, "contract" | "dataset">,
): Decision => {
  const progress = progressOf(batch);
  if ("privacy" in progress && progress.privacy?.run_id === run_id && progress.privacy.approver) {
    return ok([]);
  }
  const refused = workable(batch);
  if (refused) return refused;
  const open = proposalOf(run_id, batch);
  if (!open.ok) return open;
  const { proposed_at, ...run } = open.value;
  const since = dataset.status === "absent" ? null : dataset.subject_column_since;
  if (since !== null && proposed_at < since) {
    return reject(
      "wrong_state",
      "privacy-run-stale",
      `Since run ${run_id} was proposed its dataset names persons by a column: POST /run-privacy ` +
        "proposes a new one.",
    );
  }
  const bare = contract.status === "absent" ? [] : unprotectedColumns(contract, run);
  if (bare.length > 0) {
    return reject(
      "wrong_state",
      "privacy-run-stale",
      `The contract has changed since run ${run_id} was proposed and protects ` +
        `${bare.join(", ")} otherwise now: POST /run-privacy proposes a new one.`,
    );
  }
  return ok([
    { type: "PrivacyRunApproved", data: { run_id, approver } },
    { type: "DataAnonymized", data: { ...run, run_id, approver } },
  ]);
};

export const rejectRun = ({ run_id, reason }: EndPrivacyRun, batch: Batch): Decision => {
  const open = proposalOf(run_id, batch);
  if (!open.ok) return open;
  return ok([{ type: "PrivacyRunRejected", data: { run_id, reason } }]);
};

export const rollBackRun = ({ run_id, reason }: EndPrivacyRun, batch: Batch): Decision => {
  const { batch_id } = batch;
  const progress = progressOf(batch);
  const current = "privacy" in progress ? progress.privacy : null;
  if (current?.run_id !== run_id) return noSuchRun(run_id, batch);
  if (progress.status === "published") {
    return reject(
      "wrong_state",
      "batch-published",
      `Batch ${batch_id} is published with this run, and what others have seen is not undone: ` +
        "change its contract and POST /replay to derive it anew, or POST /quarantine-batch to " +
        "take it out of use.",
    );
  }
  const refused = inQuarantine(batch);
  if (refused) return refused;
  return ok([{ type: "PrivacyRunRolledBack", data: { run_id, reason } }]);
};

const proposalOf = (run_id: PrivacyRunId, batch: Batch): Result<ProposedRun, Rejection> =>
  batch.proposal?.run_id === run_id ? ok(batch.proposal) : noSuchRun(run_id, batch);

const noSuchRun = (run_id: PrivacyRunId, batch: Batch): Result<never, Rejection> =>
  partsOfRun(run_id).revision > batch.revision
    ? reject(
        "not_found",
        "privacy-run-not-found",
        `There is no privacy run ${run_id} in this lake.`,
      )
    : reject(
        "wrong_state",
        "privacy-run-closed",
        `Run ${run_id} is none that this can be done to any more: it was decided on, or batch ` +
          `${batch.batch_id} has changed since. GET /batches/${batch.batch_id} shows what stands.`,
      );

/**
 * Into quarantine and out of it. Nothing is made of a batch while it is in there, and what never
 * fitted its schema does not come out unread.
 */
import { ok, type Result } from "../decider.ts";
import { type Rejection, reject } from "../rejection.ts";
import type { Batch } from "./batch.ts";
import type { ReleaseQuarantine } from "./commands.ts";
import type { BatchContext } from "./decide.ts";
import type { BatchEvent } from "./events.ts";
import { suspectedStill } from "./suspected.ts";

/** Refuses what is in quarantine, with the reason; else null. */
export const inQuarantine = (batch: Batch) =>
  batch.progress.status === "quarantined"
    ? reject(
        "wrong_state",
        "batch-quarantined",
        `Batch ${batch.batch_id} is in quarantine: ${batch.progress.reason}`,
      )
    : null;

/** Checks and privacy runs change what would be published, so a published batch has none. */
export const workable = (batch: Batch) => {
  if (batch.progress.status === "published") {
    return reject(
      "wrong_state",
      "batch-published",
      `Batch ${batch.batch_id} is published; POST /replay sends it through its contract's rules again.`,
    );
  }
  return inQuarantine(batch);
};

/**
 * A file that fits nothing is released only where the contract has changed since. Of one that looks
 * personal too, that is another question: at level strict it is asked next.
 */
export const release = (
  { reason }: ReleaseQuarantine,
  batch: Batch,
  { lake, dataset, contract }: BatchContext,
): Result<readonly BatchEvent[], Rejection> => {
  const { batch_id, misfit } = batch;
  if (batch.progress.status !== "quarantined") {
    return reject(
      "wrong_state",
      "batch-not-quarantined",
      `Batch ${batch_id} is ${batch.progress.status}, not in quarantine.`,
    );
  }
  if (misfit === null) return ok([{ type: "QuarantineReleased", data: { reason, warnings: [] } }]);
  if (contract.status !== "absent" && contract.version === misfit.contract_version) {
    return reject(
      "wrong_state",
      "batch-does-not-fit",
      `The file of batch ${batch_id} does not fit contract ${contract.contract_id} as it stands: ` +
        "append a corrected file under the same batch_id (POST /append-batch), or change the " +
        `contract first (PUT /contracts/${contract.contract_id}).`,
    );
  }
  const warning =
    "This file did not fit its contract when it was read last: every cell of it is checked anew " +
    "before anything is made of it.";
  const known = dataset.status !== "absent" && contract.status !== "absent";
  const decided = batch.progress.cause === "personal_data" || !known;
  return ok([
    { type: "QuarantineReleased", data: { reason, warnings: [warning] } },
    ...(decided ? [] : suspectedStill(batch, { lake, dataset, contract })),
  ]);
};

/**
 * Ending a batch before its retention does, because somebody wants it gone. What a person's request keeps
 * past its retention (Art. 18, 17(3) GDPR) is kept from this, too. Looking a person up takes reads: it is
 * done before, for the requests that may keep the batch then; one that has come since is asked about anew.
 */
import type { ExpireNow } from "../domain/batch/commands.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId, DeletionId } from "../domain/ids.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { anyHeld, keepersOf } from "./planHeldIn.ts";
import type { EventLog } from "./ports.ts";
import { reader } from "./reader.ts";
import { someNames } from "./someNames.ts";

export interface EndBatch {
  readonly type: "EndBatch";
  readonly batch_id: BatchId;
  readonly reason: string;
  /** Requests that might keep it, whose persons have been looked up in it. */
  readonly asked: readonly string[];
  /** Those of them whose persons it may hold. */
  readonly held: readonly DeletionId[];
}

/** Requests that keep what the batch holds of their persons; none of a batch that is not there. */
export const keepersOfBatch = (
  log: EventLog,
  batch_id: BatchId,
  now: string,
): readonly string[] => {
  const state = reader(log).batch(batch_id);
  return state.status === "held" && anyHeld(log) ? keepersOf(log, state.batch.dataset, now) : [];
};

export const endBatch = (
  { batch_id, reason, asked, held }: EndBatch,
  { log, now }: { readonly log: EventLog; readonly now: string },
): Result<ExpireNow, Rejection> => {
  const keepers = keepersOfBatch(log, batch_id, now);
  if (keepers.some((id) => !asked.includes(id))) {
    return reject(
      "wrong_state",
      "changed-meanwhile",
      `Another request may keep batch ${batch_id} by now; ask again.`,
    );
  }
  const keeping = held.filter((id) => keepers.includes(id));
  if (keeping.length === 0) return ok({ type: "ExpireNow", batch_id, reason });
  return reject(
    "wrong_state",
    "batch-kept",
    `Batch ${batch_id} may hold persons whose erasure is on hold, or withheld from its dataset ` +
      `(Art. 18, 17(3) GDPR): it is kept for deletion request ${someNames(keeping)}.`,
  );
};

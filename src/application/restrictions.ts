/**
 * Restriction of processing (Art. 18 GDPR): while a request is on hold on that ground, nothing is
 * handed out that may hold its person. Whether a batch may is looked up outside of the lake's turn;
 * what was looked up comes back with the command, and counts for the file and the requests it names.
 */
import { ok, type Result } from "../domain/decider.ts";
import { restricts } from "../domain/deletion/deletion.ts";
import type { BatchId, DeletionId } from "../domain/ids.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { directoryEntries } from "./directoryEntries.ts";
import type { Keyring } from "./keyring.ts";
import { heldBatch, lookupOf } from "./lookups.ts";
import type { EventLog } from "./ports.ts";
import { reader } from "./reader.ts";

/** What a look into a batch's index has come to. */
export interface Looked {
  /** The batch's file then: another that took its place was not looked into. */
  readonly raw_key: string;
  /** Requests whose persons are not in it. */
  readonly cleared: readonly DeletionId[];
}

/** Answered where it has to be looked first, see work/restricted.ts. */
export const RESTRICTIONS_UNREAD = "restrictions-unread";

/** Ids of requests that restrict processing now, in their order. */
export const restrictions = (log: EventLog): readonly DeletionId[] => {
  const read = reader(log);
  const ids: DeletionId[] = [];
  for (const { id } of directoryEntries(log, { kind: "deletion", status: "held" })) {
    const deletion = read.deletion(id);
    if (restricts(deletion)) ids.push(deletion.deletion_id);
  }
  return ids.sort();
};

/** Whether any request restricts processing now. */
export const anyRestriction = (log: EventLog): boolean => restrictions(log).length > 0;

/**
 * Whether data of the batch may be handed out as far as restrictions go. Rejects where one stands and
 * nobody has looked whether its person is in the batch, or they may be.
 */
export const admitHandOut = (
  batch_id: BatchId,
  looked: Looked | undefined,
  { log, keyring }: { readonly log: EventLog; readonly keyring: () => Keyring },
): Result<null, Rejection> => {
  const standing = restrictions(log);
  if (standing.length === 0) return ok(null);
  const batch = heldBatch(reader(log), batch_id);
  // It names nobody, or opens for nobody any more.
  if (batch === null || lookupOf(batch, keyring()) === null) return ok(null);
  const same = looked?.raw_key === batch.batch.raw.key;
  if (same && standing.every((id) => looked.cleared.includes(id))) return ok(null);
  return reject(
    "wrong_state",
    RESTRICTIONS_UNREAD,
    `It has changed meanwhile whose data is restricted (Art. 18 GDPR): ask for batch ${batch_id} again.`,
  );
};

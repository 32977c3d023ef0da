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

/** The same of one of several batches, and whose persons it may hold. */
export interface LookedInto extends Looked {
  readonly batch_id: BatchId;
  readonly held: readonly DeletionId[];
}

/** Answered where it has to be looked first, see work/restricted.ts. */
const RESTRICTIONS_UNREAD = "restrictions-unread";

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

interface Means {
  readonly log: EventLog;
  readonly keyring: () => Keyring;
}

/** Whether one of the requests restricts a batch: `unread` where nobody has looked for its person. */
const standsIn = (
  batch_id: BatchId,
  looked: (Looked & Partial<LookedInto>) | undefined,
  standing: readonly DeletionId[],
  { log, keyring }: Means,
): "none" | "some" | "unread" => {
  if (standing.length === 0) return "none";
  const batch = heldBatch(reader(log), batch_id);
  // It names nobody, or opens for nobody any more.
  if (batch === null || lookupOf(batch, keyring()) === null) return "none";
  if (looked?.raw_key !== batch.batch.raw.key) return "unread";
  if (standing.every((id) => looked.cleared.includes(id))) return "none";
  return standing.some((id) => looked.held?.includes(id)) ? "some" : "unread";
};

const unread = (what: string, batch_ids: readonly BatchId[]) =>
  reject(
    "wrong_state",
    RESTRICTIONS_UNREAD,
    `It has changed meanwhile whose data is restricted (Art. 18 GDPR): ask for ${what} again.`,
    batch_ids.map((path) => ({ path, message: "was not looked into for it" })),
  );

/** The batches that are to be looked into before it is asked again; null: it was refused otherwise. */
export const unreadOf = ({ code, errors = [] }: Rejection): readonly BatchId[] | null =>
  code === RESTRICTIONS_UNREAD ? errors.map(({ path }) => path as BatchId) : null;

/**
 * Whether data of the batch may be handed out as far as restrictions go. Rejects where one stands and
 * nobody has looked whether its person is in the batch, or they may be.
 */
export const admitHandOut = (
  batch_id: BatchId,
  looked: Looked | undefined,
  means: Means,
): Result<null, Rejection> =>
  standsIn(batch_id, looked, restrictions(means.log), means) === "none"
    ? ok(null)
    : unread(`batch ${batch_id}`, [batch_id]);

/** Which of the batches are restricted, and which nobody has looked into yet. */
export const restrictedAmong = (
  batch_ids: readonly BatchId[],
  looked: readonly LookedInto[],
  means: Means,
): { readonly restricted: ReadonlySet<BatchId>; readonly unread: readonly BatchId[] } => {
  const standing = restrictions(means.log);
  const found = batch_ids.map((batch_id) => {
    const own = looked.find((one) => one.batch_id === batch_id);
    return { batch_id, stands: standsIn(batch_id, own, standing, means) };
  });
  const those = (stands: "some" | "unread") =>
    found.flatMap((one) => (one.stands === stands ? [one.batch_id] : []));
  return { restricted: new Set(those("some")), unread: those("unread") };
};

/** Rejects while some of the dataset's batches that are asked for have not been looked into. */
export const admitHandOuts = (
  dataset: string,
  { unread: ids }: { readonly unread: readonly BatchId[] },
): Result<null, Rejection> => (ids.length === 0 ? ok(null) : unread(`dataset ${dataset}`, ids));

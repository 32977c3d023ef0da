/**
 * Before a batch expires: which erasures are on hold, and how to look their persons up in it. What
 * must not be erased, for a person's own sake (Art. 18) or by an exception (Art. 17(3)), must not
 * go because its time is over either.
 */
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId, DeletionId } from "../domain/ids.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Reader } from "./commands.ts";
import { openSubjectId } from "./deletionSeals.ts";
import type { Keyring } from "./keyring.ts";
import { heldBatch, type Lookup, lookupOf } from "./lookups.ts";
import { NOTHING, type Planned, type Planner } from "./planWork.ts";
import type { Directory } from "./ports.ts";
import type { SubjectSet, SubjectTexts } from "./subjectPorts.ts";
import { subjectRefsOf } from "./subjectRefs.ts";

/** Which erasures on hold keep a batch from expiring. */
export interface HeldInRequest {
  readonly kind: "held_in";
  readonly batch_id: BatchId;
  /** Holds are looked at in the order of their requests, a page at a time: behind this `seq`. */
  readonly after: number;
}

export interface HeldInPlan {
  readonly lookup: Lookup;
  readonly held: readonly { readonly deletion_id: DeletionId; readonly subjects: SubjectSet }[];
  /** Where the next page begins, null when this is the last. */
  readonly next: number | null;
}

/** Each may need half a key from the object store, and a turn fetches only so many. */
const HOLDS_PER_PAGE = 10;

/** Whether any erasure is on hold. */
export const anyHeld = (directory: Directory): boolean =>
  directory.list({ kind: "deletion", status: "held", limit: 1 }).length > 0;

/** `nothing` when no erasure is on hold, or the batch holds nobody that can be read. */
export const planHeldIn = (
  { batch_id, after }: HeldInRequest,
  { log, keyring, texts }: Planner,
  read: Reader,
): Result<Planned, Rejection> => {
  const keys = keyring();
  const batch = heldBatch(read, batch_id);
  const lookup = batch && lookupOf(batch, keys);
  if (lookup === null) return ok(NOTHING);
  const asked = { kind: "deletion", status: "held", after, limit: HOLDS_PER_PAGE } as const;
  const page = log.directory.list(asked);
  const held = page.flatMap(({ id }) => {
    const deletion_id = id as DeletionId;
    const subjects = subjectsOf(deletion_id, read, keys, texts);
    return subjects === null ? [] : [{ deletion_id, subjects }];
  });
  if (held.length === 0) return ok(NOTHING);
  const next = page.length < HOLDS_PER_PAGE ? null : (page.at(-1)?.created_seq ?? null);
  const step: HeldInPlan = { lookup, held, next };
  return ok({ plan: { kind: "held_in", step }, writes: [], expects: [] });
};

const subjectsOf = (
  deletion_id: DeletionId,
  read: Reader,
  keys: Keyring,
  texts: SubjectTexts,
): SubjectSet | null => {
  const deletion = read.deletion(deletion_id);
  if (deletion.status === "absent") return null;
  const { subject_ref } = deletion;
  const clear = openSubjectId(deletion, keys);
  // Without the id the pseudonym in columns of texts is all that is known of the person.
  if (clear === null) return { refs: [{ string: subject_ref }], subject_ids: [] };
  return { refs: [subjectRefsOf(keys, texts, clear)], subject_ids: [clear] };
};

/**
 * For which requests a batch is not treated like any other, and how to look their persons up in it:
 * before it expires, and before data of it is handed out (restrictions.ts). What must not be erased,
 * for a person's own sake (Art. 18) or by an exception (Art. 17(3)), must not go because its time is
 * over either: all of it while the erasure is on hold, a dataset as long as the ground for withholding
 * it lasts.
 */
import { ok, type Result } from "../domain/decider.ts";
import type { DeletionState } from "../domain/deletion/deletion.ts";
import type { BatchId, DeletionId } from "../domain/ids.ts";
import type { Rejection } from "../domain/rejection.ts";
import { type Reader, reader } from "./commands.ts";
import { openSubjectId } from "./deletionSeals.ts";
import type { Keyring } from "./keyring.ts";
import { heldBatch, type Lookup, lookupOf } from "./lookups.ts";
import { NOTHING, type Planned, type Planner } from "./planWork.ts";
import type { EventLog } from "./ports.ts";
import { restrictions } from "./restrictions.ts";
import type { SubjectSet, SubjectTexts } from "./subjectPorts.ts";
import { subjectRefsOf } from "./subjectRefs.ts";
import { EVER } from "./timers.ts";

/** Which requests keep a batch from expiring, or from being handed out. */
export interface HeldInRequest {
  readonly kind: "held_in";
  readonly batch_id: BatchId;
  readonly before: "expiry" | "hand_out";
  /** They are looked at in the order of their ids, a page at a time: behind this one. */
  readonly after: string;
}

export interface HeldInPlan {
  readonly lookup: Lookup;
  /** The file that the batch's index is about. */
  readonly raw_key: string;
  readonly held: readonly { readonly deletion_id: DeletionId; readonly subjects: SubjectSet }[];
  /** Where the next page begins, null when this is the last. */
  readonly next: string | null;
}

/** Each may need half a key from the object store, and a turn fetches only so many. */
const HOLDS_PER_PAGE = 10;

const PAGE = 1000;

/** Statuses of requests that may keep something. */
const KEEPING = ["held", "in_progress", "failed"] as const;

/** Duties of requests that may keep something although they are answered. */
const KEEPING_DUTIES = ["withholding_end", "erase_step"] as const;

/** Whether any request may keep something. */
export const anyHeld = ({ directory, schedule }: EventLog): boolean =>
  KEEPING.some((status) => directory.list({ kind: "deletion", status, limit: 1 }).length > 0) ||
  schedule.due(EVER, 1, KEEPING_DUTIES).length > 0;

/** Requests that keep what the dataset holds of their persons. */
export const keepersOf = (log: EventLog, dataset: string, now: string): readonly string[] => {
  const read = reader(log);
  return candidates(log).filter((id) => isKept(read.deletion(id as DeletionId), dataset, now));
};

/** `nothing` when no request keeps the batch's dataset, or the batch holds nobody that can be read. */
export const planHeldIn = (
  { batch_id, before, after }: HeldInRequest,
  { log, keyring, texts, now }: Planner,
  read: Reader,
): Result<Planned, Rejection> => {
  const keys = keyring();
  const batch = heldBatch(read, batch_id);
  const lookup = batch && lookupOf(batch, keys);
  if (batch === null || lookup === null) return ok(NOTHING);
  const concerned =
    before === "expiry" ? keepersOf(log, batch.dataset.name, now) : restrictions(log);
  const kept = concerned.filter((id) => id > after);
  const page = kept.slice(0, HOLDS_PER_PAGE);
  const held = page.flatMap((id) => {
    const deletion_id = id as DeletionId;
    const subjects = subjectsOf(deletion_id, read, keys, texts);
    return subjects === null ? [] : [{ deletion_id, subjects }];
  });
  if (held.length === 0) return ok(NOTHING);
  const next = kept.length === page.length ? null : (page.at(-1) ?? null);
  const step: HeldInPlan = { lookup, raw_key: batch.batch.raw.key, held, next };
  return ok({ plan: { kind: "held_in", step }, writes: [], expects: [] });
};

/** Ids of requests that may keep something, in their order. */
const candidates = ({ directory, schedule }: EventLog): readonly string[] => {
  const ids = new Set(schedule.due(EVER, MAX_DUTIES, KEEPING_DUTIES).map(({ ref }) => ref));
  for (const status of KEEPING) {
    let after = 0;
    for (;;) {
      const page = directory.list({ kind: "deletion", status, after, limit: PAGE });
      for (const { id } of page) ids.add(id);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = last.created_seq;
    }
  }
  return [...ids].sort();
};

/** More duties than any lake has requests. */
const MAX_DUTIES = 1_000_000;

/** Whether the request keeps what the dataset holds of its person. */
const isKept = (deletion: DeletionState, dataset: string, now: string): boolean => {
  if (deletion.status === "absent") return false;
  if (deletion.status === "held") return true;
  return deletion.withheld.some((kept) => kept.dataset === dataset && kept.until > now);
};

const subjectsOf = (
  deletion_id: DeletionId,
  read: Reader,
  keys: Keyring,
  texts: SubjectTexts,
): SubjectSet | null => {
  const deletion = read.deletion(deletion_id);
  if (deletion.status === "absent") return null;
  const { subject_ref, erasure } = deletion;
  // Known since it was begun, and still when the key to the id is destroyed.
  if (erasure !== null) return { refs: [erasure.subject_refs], subject_ids: [] };
  const clear = openSubjectId(deletion, keys);
  // Without the id the pseudonym in columns of texts is all that is known of the person.
  if (clear === null) return { refs: [{ string: subject_ref }], subject_ids: [] };
  return { refs: [subjectRefsOf(keys, texts, clear)], subject_ids: [clear] };
};

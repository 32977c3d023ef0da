/**
 * An erasure that a restore of the lake has undone in its log, and that is on record elsewhere: it
 * is recorded as closed again, whatever the log says of the request, even nothing. Where a batch
 * could not be bound to what the erasure had made of it, the erasure is done once more.
 */
import type { DeletionId } from "../ids.ts";
import type { Deletion } from "./deletion.ts";
import { newErasure } from "./erasure.ts";
import type { DeletionEvent, Reapplied } from "./events.ts";

export interface ReapplyErasure {
  readonly type: "ReapplyErasure";
  readonly deletion_id: DeletionId;
  /** Those that the log does not have, in their order. */
  readonly closings: readonly Reapplied[];
  /** Batches that hold neither what the erasure found nor what it left. */
  readonly unbound: number;
}

/** Nothing when nothing is missing. */
export const reapply = ({ closings, unbound }: ReapplyErasure): readonly DeletionEvent[] => {
  const last = closings.at(-1);
  if (last === undefined) return [];
  const closed = closings.map((data): DeletionEvent => ({ type: "GDPRDeletionReapplied", data }));
  if (unbound === 0) return closed;
  const { subject_refs, withheld, deadline } = last;
  const begun = { cause: "restore", reason: null, resumed: false, remainder: false } as const;
  const again = { ...begun, subject_refs, withheld, deadline };
  return [...closed, { type: "GDPRDeletionStarted", data: again }];
};

/** Sealed under a key that is destroyed: nothing is there to be opened. */
const NOTHING = { sealed: "" };

/** The request as the record tells of it, for a log that has never heard of it. */
export const recalled = (data: Reapplied): Deletion => {
  const { deletion_id, subject_ref, requested_by, received_at, requested_at } = data;
  const { deadline, statutory_deadline } = data;
  return {
    status: "pending",
    deletion_id,
    subject_ref,
    subject_id: NOTHING,
    reason: NOTHING,
    requested_by,
    received_at,
    requested_at,
    deadline,
    statutory_deadline,
    extended: false,
    ground: null,
    held_until: null,
    identity: "unquestioned",
    reminded: null,
    answers: [],
    version: 0,
    overdue: !data.deadline_kept,
    missed_deadline: data.deadline_kept ? null : deadline,
    erasure: null,
    failure: null,
    completed_at: null,
    keys_gone_at: null,
    withheld: [],
    not_searched: null,
  };
};

/** The request closed again. */
export const reapplied = (state: Deletion, data: Reapplied): Deletion => {
  const { closing, completed_at, withheld, started_at, subject_refs } = data;
  const about = { started_at, subject_refs, withheld, only: null };
  return {
    ...state,
    status: "completed",
    completed_at:
      closing === "request"
        ? completed_at
        : (state.completed_at ?? data.answered_at ?? completed_at),
    keys_gone_at: completed_at,
    failure: null,
    held_until: null,
    withheld,
    not_searched: data.not_searched ?? null,
    erasure: state.erasure ? { ...state.erasure, only: null } : newErasure(about),
  };
};

/** The life of a request for access: asked, collected batch by batch, ready, gone. */
import { assertNever, ok, type Result } from "../decider.ts";
import type { Sealed } from "../deletion/events.ts";
import { daysLeft, isReminderDue } from "../deletion/reminders.ts";
import type { BatchId, DeletionId, SubjectAccessId, SubjectRef } from "../ids.ts";
import { type Rejection, reject } from "../rejection.ts";
import type { SubjectRefs } from "../subjects.ts";
import { answerAccess, type ExtendSubjectAccess, type RejectSubjectAccess } from "./answering.ts";
import {
  type AccessFile,
  type Collected,
  isHeld,
  isOwed,
  type SubjectAccess,
  type SubjectAccessEvent,
  type SubjectAccessState,
} from "./subjectAccess.ts";

/** How long the file is kept once it was handed out, in days of 24 hours. */
export const ACCESS_KEPT_DAYS = 30;

const DAY_MS = 86_400_000;

export interface RequestSubjectAccess {
  readonly type: "RequestSubjectAccess";
  readonly subject_access_id: SubjectAccessId;
  readonly subject_ref: SubjectRef;
  readonly subject_refs: SubjectRefs;
  readonly subject_id: Sealed;
  readonly requested_by: string;
  readonly received_at: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
}

interface OnAccess {
  readonly subject_access_id: SubjectAccessId;
}

/** What one step of the collection came to. */
export type AccessStep =
  | {
      readonly kind: "searched";
      /** Where the page began: a page that was recorded already changes nothing. */
      readonly from: number;
      readonly after: number;
      readonly batches: number;
      readonly found: readonly BatchId[];
      readonly ended: boolean;
    }
  | {
      readonly kind: "collected";
      readonly batch_id: BatchId;
      readonly outcome: Collected;
      readonly part: AccessFile | null;
    }
  | { readonly kind: "finished"; readonly file: AccessFile; readonly recipients: number };

export interface RecordAccessStep extends OnAccess {
  readonly type: "RecordAccessStep";
  readonly step: AccessStep;
  /** When the step ended (RFC 3339, UTC). */
  readonly now: string;
}

/** From the alarm, never from a person. */
export interface NoteAccess extends OnAccess {
  readonly type: "NoteAccessDue" | "NoteAccessApproaching" | "ExpireSubjectAccess";
  readonly now: string;
}

/** The person was forgotten: what was collected for them goes with the rest. */
export interface EraseSubjectAccess extends OnAccess {
  readonly type: "EraseSubjectAccess";
  readonly deletion_id: DeletionId;
}

export type SubjectAccessCommand =
  | RequestSubjectAccess
  | RecordAccessStep
  | NoteAccess
  | EraseSubjectAccess
  | ExtendSubjectAccess
  | RejectSubjectAccess;

export interface SubjectAccessContext {
  /** Whether an erasure of the person is under way. */
  readonly erasing: boolean;
}

/**
 * Rejects with `not_found` an unknown request and with `wrong_state` one for a person who is just
 * being erased, and like `answerAccess`. A step that was recorded already, or comes too late, changes nothing.
 */
export const decideSubjectAccess = (
  command: SubjectAccessCommand,
  state: SubjectAccessState,
  { erasing }: SubjectAccessContext,
): Result<readonly SubjectAccessEvent[], Rejection> => {
  if (command.type === "RequestSubjectAccess") {
    if (state.status !== "absent") return ok([]);
    if (erasing) {
      return reject(
        "wrong_state",
        "erasure-in-progress",
        "This person's data is being erased at this moment; ask again when that is complete.",
      );
    }
    const { type: _, ...data } = command;
    return ok([{ type: "SubjectAccessRequested", data }]);
  }
  if (state.status === "absent") return unknownAccess(command.subject_access_id);
  switch (command.type) {
    case "RecordAccessStep":
      return ok(state.status === "collecting" ? recorded(command, state) : []);
    case "NoteAccessDue": {
      const { deadline, statutory_deadline, missed_deadline } = state;
      const due = isOwed(state) && missed_deadline !== deadline && command.now >= deadline;
      return ok(
        due ? [{ type: "SubjectAccessOverdue", data: { deadline, statutory_deadline } }] : [],
      );
    }
    case "NoteAccessApproaching": {
      const { deadline, statutory_deadline, reminded } = state;
      const { now } = command;
      if (!isOwed(state) || !isReminderDue(deadline, now, reminded)) return ok([]);
      const data = { days_left: daysLeft(deadline, now), deadline, statutory_deadline };
      return ok([{ type: "SubjectAccessDeadlineApproaching", data }]);
    }
    case "ExpireSubjectAccess": {
      const { status, expires_at } = state;
      if (status !== "ready" || expires_at === null || command.now < expires_at) return ok([]);
      return ok([{ type: "SubjectAccessExpired", data: { expires_at } }]);
    }
    case "EraseSubjectAccess": {
      const { deletion_id } = command;
      return ok(isHeld(state) ? [{ type: "SubjectAccessErased", data: { deletion_id } }] : []);
    }
    case "ExtendSubjectAccess":
    case "RejectSubjectAccess":
      return answerAccess(command, state);
    default:
      return assertNever(command);
  }
};

const recorded = (
  { step }: RecordAccessStep,
  state: SubjectAccess,
): readonly SubjectAccessEvent[] => {
  switch (step.kind) {
    case "searched": {
      const { kind: _, from, ...data } = step;
      if (state.searched || from !== state.after) return [];
      return [{ type: "SubjectAccessSearched", data }];
    }
    case "collected": {
      const { kind: _, ...data } = step;
      if (!state.waiting.includes(step.batch_id)) return [];
      return [{ type: "SubjectAccessCollected", data }];
    }
    case "finished": {
      if (!state.searched || state.waiting.length > 0) return [];
      const { file, recipients } = step;
      return [{ type: "SubjectAccessCompleted", data: { file, recipients, expires_at: null } }];
    }
    default:
      return assertNever(step);
  }
};

/** What the first URL to the file comes to, given out at `at` (RFC 3339, UTC). */
export const handedOut = (state: SubjectAccessState, at: string): readonly SubjectAccessEvent[] => {
  if (state.status !== "ready" || !isOwed(state)) return [];
  const expires_at = new Date(Date.parse(at) + ACCESS_KEPT_DAYS * DAY_MS).toISOString();
  return [{ type: "SubjectAccessAnswered", data: { expires_at } }];
};

export const unknownAccess = (id: SubjectAccessId) =>
  reject(
    "not_found",
    "subject-access-not-found",
    `There is no request for access ${id} in this lake.`,
  );

/** The life of a deletion request, and what its deadline sets off. */
import { assertNever, ok, type Result } from "../decider.ts";
import type { DeletionId, SubjectRef } from "../ids.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import {
  beyondStopping,
  decideErasure,
  type ErasureCommand,
  isErasureCommand,
  resumed,
} from "./decideErasure.ts";
import { type DeletionState, isOpen, type OpenDeletion } from "./deletion.ts";
import type { DeletionEvent, Sealed } from "./events.ts";
import { daysLeft, isReminderDue } from "./reminders.ts";

export interface RequestGdprDeletion {
  readonly type: "RequestGDPRDeletion";
  readonly deletion_id: DeletionId;
  readonly subject_ref: SubjectRef;
  readonly subject_id: Sealed;
  readonly reason: Sealed;
  readonly requested_by: string;
  readonly identity_verified: boolean | null;
  readonly received_at: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
}

interface OnDeletion {
  readonly deletion_id: DeletionId;
  /** When the command was received (RFC 3339, UTC). */
  readonly now: string;
}

export type DeletionCommand =
  | RequestGdprDeletion
  | ErasureCommand
  | (OnDeletion & {
      readonly type: "ExtendDeletion";
      readonly reason: Sealed;
      /** The end of the third month from receipt, by the lake's calendar. */
      readonly statutory_deadline: string;
    })
  | (OnDeletion & {
      readonly type: "RejectDeletion";
      readonly reason: Sealed;
      /** The article of law it rests on, when one was named. */
      readonly ground: string | null;
    })
  | (OnDeletion & {
      readonly type: "HoldDeletion";
      readonly reason: Sealed;
      /** The article of law it rests on, when one was named. */
      readonly ground: string | null;
      /** When it ends by itself (RFC 3339, UTC), or null. */
      readonly until: string | null;
    })
  | (OnDeletion & { readonly type: "ReleaseDeletionHold"; readonly reason: Sealed })
  | (OnDeletion & {
      readonly type: "NoteDeletionIdentity";
      readonly reason: Sealed;
      /** Confirmed, or asked about (Art. 12(6)). */
      readonly verified: boolean;
    })
  | NoteDeletion;

/** From the alarm, never from a person. */
type NoteDeletion = OnDeletion & {
  readonly type: "NoteDeletionDue" | "NoteDeletionApproaching" | "NoteHoldEnd";
};

const isNote = (command: DeletionCommand): command is NoteDeletion =>
  command.type === "NoteDeletionDue" ||
  command.type === "NoteDeletionApproaching" ||
  command.type === "NoteHoldEnd";

export interface DeletionContext {
  readonly lake: ActiveLake;
}

/**
 * Rejects with `compliance` a request in a lake of level standard, with `not_found` an unknown
 * request, with `wrong_state` a step its status does not allow, such as extending it after the
 * first month (Art. 12(3): the subject is told within that month), and with `invalid` a hold that
 * would be over.
 */
export const decideDeletion = (
  command: DeletionCommand,
  state: DeletionState,
  { lake }: DeletionContext,
): Result<readonly DeletionEvent[], Rejection> => {
  if (command.type === "RequestGDPRDeletion") {
    if (lake.compliance_level === "standard") {
      return reject(
        "compliance",
        "gdpr-level-required",
        "At level standard a lake takes no deletion requests. Raise it first: " +
          'POST /compliance-level {"compliance_level": "gdpr"}.',
      );
    }
    if (isOpen(state)) return ok([]);
    const { type: _, ...data } = command;
    return ok([{ type: "GDPRDeletionRequested", data }]);
  }
  if (isErasureCommand(command)) return decideErasure(command, state);
  if (state.status === "absent") {
    return reject(
      "not_found",
      "deletion-not-found",
      `There is no deletion request ${command.deletion_id} in this lake.`,
    );
  }
  if (!isOpen(state)) {
    return isNote(command)
      ? ok([])
      : wrong(command.deletion_id, `is ${state.status}: it is answered`);
  }
  if (isNote(command)) return ok(note(command, state));
  switch (command.type) {
    case "ExtendDeletion": {
      if (state.extended) return wrong(command.deletion_id, "was extended already");
      if (command.now > state.statutory_deadline) {
        return wrong(
          command.deletion_id,
          "is past its first month: an extension had to be notified within it (Art. 12(3) GDPR)",
        );
      }
      const { reason, statutory_deadline } = command;
      return ok([
        {
          type: "GDPRDeletionExtended",
          data: { reason, deadline: statutory_deadline, statutory_deadline },
        },
      ]);
    }
    case "RejectDeletion": {
      const { reason, ground } = command;
      if (state.erasure !== null) {
        return wrong(command.deletion_id, "has begun to be carried out and cannot be rejected");
      }
      if (ground === UNIDENTIFIED && state.identity !== "questioned") {
        const why = `cannot be rejected on ${UNIDENTIFIED}: ${UNASKED[state.identity]}`;
        return wrong(command.deletion_id, why);
      }
      return ok([{ type: "GDPRDeletionRejected", data: { reason, ground } }]);
    }
    case "HoldDeletion": {
      if (state.status === "held") return wrong(command.deletion_id, "is held already");
      const beyond = beyondStopping(state);
      if (beyond) return wrong(command.deletion_id, beyond);
      const { reason, ground, until } = command;
      if (until !== null && until <= command.now) {
        return reject("invalid", "hold-in-the-past", "A hold ends in the future.", [
          { path: "until", message: "must lie ahead" },
        ]);
      }
      return ok([{ type: "GDPRDeletionHeld", data: { reason, ground, until } }]);
    }
    case "ReleaseDeletionHold":
      if (state.status !== "held") return wrong(command.deletion_id, "is not held");
      return ok([
        { type: "GDPRDeletionHoldReleased", data: { reason: command.reason } },
        ...resumed(state),
      ]);
    case "NoteDeletionIdentity": {
      const { reason, verified } = command;
      if (!verified && state.erasure !== null) {
        return wrong(command.deletion_id, "has begun to be carried out: hold it instead");
      }
      if (state.identity === (verified ? "verified" : "questioned")) return ok([]);
      const type = verified ? "GDPRDeletionIdentityVerified" : "GDPRDeletionIdentityQuestioned";
      return ok([{ type, data: { reason } }]);
    }
    default:
      return assertNever(command);
  }
};

/** The ground on which nobody is rejected who was not asked who they are. */
const UNIDENTIFIED = "Art. 12(6)";
const UNASKED = {
  unquestioned: "ask the person for proof of who they are first",
  verified: "it is confirmed who asks",
  questioned: "",
} as const;

/** What the alarm records; nothing while its moment has not come, as after a clock was set back. */
const note = (command: NoteDeletion, state: OpenDeletion): readonly DeletionEvent[] => {
  const { deadline, statutory_deadline, held_until } = state;
  switch (command.type) {
    case "NoteDeletionDue":
      if (state.missed_deadline === deadline || command.now < deadline) return [];
      return [{ type: "GDPRDeletionOverdue", data: { deadline, statutory_deadline } }];
    case "NoteDeletionApproaching": {
      if (!isReminderDue(deadline, command.now, state.reminded)) return [];
      const days_left = daysLeft(deadline, command.now);
      const data = { days_left, deadline, statutory_deadline };
      return [{ type: "GDPRDeletionDeadlineApproaching", data }];
    }
    case "NoteHoldEnd":
      if (held_until === null || command.now < held_until) return [];
      return [{ type: "GDPRDeletionHoldExpired", data: { until: held_until } }, ...resumed(state)];
    default:
      return assertNever(command.type);
  }
};

const wrong = (id: DeletionId, why: string) =>
  reject("wrong_state", "deletion-wrong-state", `Deletion request ${id} ${why}.`);

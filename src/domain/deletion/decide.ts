/** The life of a deletion request up to its execution, and what its deadline sets off. */
import { assertNever, ok, type Result } from "../decider.ts";
import type { DeletionId, SubjectRef } from "../ids.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import { type DeletionEvent, type DeletionState, isOpen, type Sealed } from "./deletion.ts";

export interface RequestGdprDeletion {
  readonly type: "RequestGDPRDeletion";
  readonly deletion_id: DeletionId;
  readonly subject_ref: SubjectRef;
  readonly subject_id: Sealed;
  readonly reason: Sealed;
  readonly requested_by: string;
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
  | (OnDeletion & {
      readonly type: "ExtendDeletion";
      readonly reason: Sealed;
      /** The end of the third month from receipt, by the lake's calendar. */
      readonly statutory_deadline: string;
    })
  | (OnDeletion & {
      readonly type: "RejectDeletion" | "HoldDeletion";
      readonly reason: Sealed;
      /** The article of law it rests on, when one was named. */
      readonly ground: string | null;
    })
  | (OnDeletion & { readonly type: "ReleaseDeletionHold"; readonly reason: Sealed })
  /** From the alarm, never from a person. */
  | (OnDeletion & { readonly type: "NoteDeletionDue" });

export interface DeletionContext {
  readonly lake: ActiveLake;
}

/**
 * Rejects with `compliance` a request in a lake of level standard, with `not_found` an unknown
 * request, with `wrong_state` a step its status does not allow, such as extending it after the
 * first month (Art. 12(3): the subject is told within that month).
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
  if (state.status === "absent") {
    return reject(
      "not_found",
      "deletion-not-found",
      `There is no deletion request ${command.deletion_id} in this lake.`,
    );
  }
  if (!isOpen(state)) {
    return command.type === "NoteDeletionDue"
      ? ok([])
      : wrong(command.deletion_id, `is ${state.status}: it is answered`);
  }
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
      return ok([{ type: "GDPRDeletionRejected", data: { reason, ground } }]);
    }
    case "HoldDeletion": {
      if (state.status === "held") return wrong(command.deletion_id, "is held already");
      const { reason, ground } = command;
      return ok([{ type: "GDPRDeletionHeld", data: { reason, ground } }]);
    }
    case "ReleaseDeletionHold":
      if (state.status !== "held") return wrong(command.deletion_id, "is not held");
      return ok([{ type: "GDPRDeletionHoldReleased", data: { reason: command.reason } }]);
    case "NoteDeletionDue": {
      if (state.overdue || command.now < state.deadline) return ok([]);
      const { deadline, statutory_deadline } = state;
      return ok([{ type: "GDPRDeletionOverdue", data: { deadline, statutory_deadline } }]);
    }
    default:
      return assertNever(command);
  }
};

const wrong = (id: DeletionId, why: string) =>
  reject("wrong_state", "deletion-wrong-state", `Deletion request ${id} ${why}.`);

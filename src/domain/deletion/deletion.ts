/**
 * A request to be forgotten (GDPR Art. 17). The subject's id and all free text are sealed before
 * they get here; what identifies the subject inside the lake is the pseudonym.
 */
import { assertNever, type Recorded } from "../decider.ts";
import type { DeletionId, SubjectRef } from "../ids.ts";

/** Ciphertext under the subject's own key: base64 of nonce, ciphertext and tag (AES-256-GCM). */
export interface Sealed {
  readonly sealed: string;
}

export type DeletionEvent =
  | {
      readonly type: "GDPRDeletionRequested";
      readonly data: {
        readonly deletion_id: DeletionId;
        readonly subject_ref: SubjectRef;
        readonly subject_id: Sealed;
        readonly reason: Sealed;
        readonly requested_by: string;
        /** Null: nobody has said whether the person was identified. */
        readonly identity_verified: boolean | null;
        readonly received_at: string;
        readonly deadline: string;
        readonly statutory_deadline: string;
      };
    }
  | {
      readonly type: "GDPRDeletionExtended";
      readonly data: {
        readonly reason: Sealed;
        readonly deadline: string;
        readonly statutory_deadline: string;
      };
    }
  | {
      readonly type: "GDPRDeletionRejected";
      readonly data: { readonly reason: Sealed; readonly ground: string | null };
    }
  | {
      readonly type: "GDPRDeletionHeld";
      readonly data: {
        readonly reason: Sealed;
        readonly ground: string | null;
        /** When the hold ends by itself (RFC 3339, UTC), or null. */
        readonly until: string | null;
      };
    }
  | { readonly type: "GDPRDeletionHoldReleased"; readonly data: { readonly reason: Sealed } }
  | { readonly type: "GDPRDeletionHoldExpired"; readonly data: { readonly until: string } }
  /** Further information was asked for to confirm who asks (Art. 12(6)): no clock stops. */
  | { readonly type: "GDPRDeletionIdentityQuestioned"; readonly data: { readonly reason: Sealed } }
  | { readonly type: "GDPRDeletionIdentityVerified"; readonly data: { readonly reason: Sealed } }
  | {
      readonly type: "GDPRDeletionDeadlineApproaching";
      readonly data: {
        /** The day that has begun counted whole. */
        readonly days_left: number;
        readonly deadline: string;
        readonly statutory_deadline: string;
      };
    }
  | {
      readonly type: "GDPRDeletionOverdue";
      readonly data: { readonly deadline: string; readonly statutory_deadline: string };
    };

export const DELETION_STATUSES = ["pending", "held", "rejected"] as const;
export type DeletionStatus = (typeof DELETION_STATUSES)[number];

/** Whether the person who asks is who they say: not asked about, in doubt, or confirmed. */
export type DeletionIdentity = "unquestioned" | "questioned" | "verified";

export interface DeletionAnswer {
  readonly decision:
    | "extended"
    | "rejected"
    | "held"
    | "released"
    | "identity_questioned"
    | "identity_verified";
  readonly reason: Sealed;
  readonly ground: string | null;
  readonly decided_at: string;
  /** Version of the request's stream that this answer made. */
  readonly version: number;
}

export interface Deletion {
  readonly status: DeletionStatus;
  readonly deletion_id: DeletionId;
  readonly subject_ref: SubjectRef;
  readonly subject_id: Sealed;
  readonly reason: Sealed;
  readonly requested_by: string;
  readonly received_at: string;
  readonly requested_at: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
  readonly extended: boolean;
  /** Article of law on which the request is held or was rejected. */
  readonly ground: string | null;
  /** When the hold ends by itself; null without one, and when only a person ends it. */
  readonly held_until: string | null;
  readonly identity: DeletionIdentity;
  /** Days that were left at the last reminder of this deadline, null before the first. */
  readonly reminded: number | null;
  /** What was decided on the way, in order; the reasons sealed. */
  readonly answers: readonly DeletionAnswer[];
  /** Counts the events of this request: where the next answer is sealed. */
  readonly version: number;
  /** Recorded when the deadline passed; never taken back. */
  readonly overdue: boolean;
}

export type DeletionState = { readonly status: "absent" } | Deletion;

export const initialDeletion: DeletionState = { status: "absent" };

export type OpenDeletion = Deletion & { readonly status: "pending" | "held" };

/** Still owed an answer. */
export const isOpen = (state: DeletionState): state is OpenDeletion =>
  state.status === "pending" || state.status === "held";

const IDENTITIES = { null: "unquestioned", false: "questioned", true: "verified" } as const;

export const evolveDeletion = (
  state: DeletionState,
  event: Recorded<DeletionEvent>,
): DeletionState => {
  if (event.type === "GDPRDeletionRequested") {
    const { identity_verified, ...data } = event.data;
    return {
      status: "pending",
      ...data,
      requested_at: event.recorded_at,
      extended: false,
      ground: null,
      held_until: null,
      identity: IDENTITIES[`${identity_verified}`],
      reminded: null,
      answers: [],
      version: 1,
      overdue: false,
    };
  }
  if (state.status === "absent") return state;
  const version = state.version + 1;
  const answered = (
    decision: DeletionAnswer["decision"],
    reason: Sealed,
    ground: string | null = null,
  ): Deletion => {
    const answer = { decision, reason, ground, decided_at: event.recorded_at, version };
    return { ...state, version, ground, answers: [...state.answers, answer] };
  };
  switch (event.type) {
    case "GDPRDeletionExtended": {
      const { deadline, statutory_deadline, reason } = event.data;
      const { ground } = state;
      return {
        ...answered("extended", reason),
        ground,
        deadline,
        statutory_deadline,
        extended: true,
        reminded: null,
      };
    }
    case "GDPRDeletionRejected":
      return {
        ...answered("rejected", event.data.reason, event.data.ground),
        status: "rejected",
        held_until: null,
      };
    case "GDPRDeletionHeld":
      return {
        ...answered("held", event.data.reason, event.data.ground),
        status: "held",
        held_until: event.data.until,
      };
    case "GDPRDeletionHoldReleased":
      return { ...answered("released", event.data.reason), status: "pending", held_until: null };
    case "GDPRDeletionHoldExpired":
      return { ...state, version, status: "pending", ground: null, held_until: null };
    case "GDPRDeletionIdentityQuestioned":
      return {
        ...answered("identity_questioned", event.data.reason),
        ground: state.ground,
        identity: "questioned",
      };
    case "GDPRDeletionIdentityVerified":
      return {
        ...answered("identity_verified", event.data.reason),
        ground: state.ground,
        identity: "verified",
      };
    case "GDPRDeletionDeadlineApproaching":
      return { ...state, version, reminded: event.data.days_left };
    case "GDPRDeletionOverdue":
      return { ...state, version, overdue: true };
    default:
      return assertNever(event);
  }
};

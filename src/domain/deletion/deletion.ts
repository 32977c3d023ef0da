/**
 * A request to be forgotten (GDPR Art. 17). The subject's id and all free text are sealed before
 * they get here; what identifies the subject inside the lake is the pseudonym.
 */
import { assertNever, type Recorded } from "../decider.ts";
import type { DatasetName, DeletionId, SubjectRef } from "../ids.ts";
import { type Erasure, evolveErasure, goneOn, lookingAnew, newErasure } from "./erasure.ts";
import type { DeletionEvent, Sealed, Withheld } from "./events.ts";
import { reapplied, recalled } from "./reapply.ts";

export const DELETION_STATUSES = [
  "pending",
  "held",
  "in_progress",
  "completed",
  "rejected",
  "failed",
] as const;
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
  /** Recorded when a deadline passed; never taken back. */
  readonly overdue: boolean;
  /** The last deadline of which that was recorded: after an extension another one may pass. */
  readonly missed_deadline: string | null;
  /** How far it is carried out; null before. Kept through a hold or a failure, to go on from. */
  readonly erasure: Erasure | null;
  /** Why it failed, while it has. */
  readonly failure: string | null;
  readonly completed_at: string | null;
  /** When keys of the person were last destroyed for it: at its end, and at that of what was withheld. */
  readonly keys_gone_at: string | null;
  /** What is kept for now of what was asked to be erased. */
  readonly withheld: readonly Withheld[];
  /** Datasets that its last erasure did not search; null before, and in logs that did not say. */
  readonly not_searched: readonly DatasetName[] | null;
}

export type DeletionState = { readonly status: "absent" } | Deletion;

export const initialDeletion: DeletionState = { status: "absent" };

/** Statuses of requests that are still owed an answer. */
export const OPEN_STATUSES = ["pending", "held", "in_progress", "failed"] as const;

export type OpenDeletion = Deletion & { readonly status: (typeof OPEN_STATUSES)[number] };

/** Still owed an answer. */
export const isOpen = (state: DeletionState): state is OpenDeletion =>
  OPEN_STATUSES.some((status) => status === state.status);

/**
 * Whether what is held of the person may only be stored until the hold ends (Art. 18(2) GDPR): it was
 * put on hold because its processing is to be restricted, not for an exception from erasure.
 */
export const restricts = (state: DeletionState): state is Deletion =>
  state.status === "held" && (state.ground?.startsWith("Art. 18(1)") ?? false);

/** The erasure that has steps to go, if there is one: of a request, or of what was withheld. */
export const runningErasure = (state: DeletionState): Erasure | null => {
  if (state.status === "absent" || state.erasure === null) return null;
  const { only } = state.erasure;
  const remainder = state.status === "completed" && only !== null && state.failure === null;
  return state.status === "in_progress" || remainder ? state.erasure : null;
};

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
      missed_deadline: null,
      erasure: null,
      failure: null,
      completed_at: null,
      keys_gone_at: null,
      withheld: [],
      not_searched: null,
    };
  }
  if (event.type === "GDPRDeletionReapplied") {
    const known = state.status === "absent" ? recalled(event.data) : state;
    return { ...reapplied(known, event.data), version: known.version + 1 };
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
      return { ...state, version, overdue: true, missed_deadline: event.data.deadline };
    default:
      return { ...evolveExecution(state, event), version };
  }
};

type ExecutionEvent = Extract<
  Recorded<DeletionEvent>,
  {
    type:
      | "GDPRDeletionStarted"
      | "GDPRDeletionProgressed"
      | "RecipientsNamed"
      | "GDPRDeletionCompleted"
      | "GDPRDeletionFailed"
      | "GDPRWithholdingEnded"
      | "GDPRDeletionRemainderErased";
  }
>;

const evolveExecution = (state: Deletion, event: ExecutionEvent): Deletion => {
  const { erasure } = state;
  switch (event.type) {
    case "GDPRDeletionStarted": {
      const { subject_refs, withheld, resumed } = event.data;
      const begun =
        resumed && erasure !== null
          ? goneOn(erasure, withheld, event.recorded_at)
          : newErasure({ started_at: event.recorded_at, subject_refs, withheld, only: null });
      const status = event.data.remainder ? "completed" : "in_progress";
      return { ...state, status, erasure: begun, failure: null, withheld };
    }
    case "GDPRDeletionProgressed":
      if (erasure === null) return state;
      return { ...state, erasure: evolveErasure(erasure, event.data.step, event.recorded_at) };
    case "RecipientsNamed":
      return state;
    case "GDPRDeletionCompleted": {
      const { completed_at, not_searched = null } = event.data;
      const closed = { completed_at, keys_gone_at: completed_at, not_searched };
      return { ...state, status: "completed", ...closed, held_until: null };
    }
    case "GDPRDeletionFailed": {
      const { failure, remainder } = event.data;
      return { ...state, status: remainder ? "completed" : "failed", failure };
    }
    case "GDPRWithholdingEnded": {
      if (erasure === null) return state;
      const { subject_refs } = erasure;
      const about = { withheld: [], only: event.data.datasets };
      // Had it begun before and failed, what it erased then is a part of it.
      const begun =
        erasure.only === null
          ? newErasure({ started_at: event.recorded_at, subject_refs, ...about })
          : lookingAnew(erasure, about, event.recorded_at);
      return { ...state, erasure: begun, failure: null };
    }
    case "GDPRDeletionRemainderErased": {
      const { datasets, completed_at: keys_gone_at, not_searched = null } = event.data;
      const withheld = state.withheld.filter(({ dataset }) => !datasets.includes(dataset));
      const ended = { withheld, keys_gone_at, not_searched };
      return { ...state, ...ended, erasure: erasure && { ...erasure, only: null } };
    }
    default:
      return assertNever(event);
  }
};

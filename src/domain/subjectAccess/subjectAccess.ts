/**
 * A person's request to be told what is held about them (GDPR Art. 15) in a form they can take
 * along (Art. 20). What was found is one file, sealed under a key of its own; the log knows where
 * it was looked and how much was found, never what.
 */
import { assertNever, type Recorded } from "../decider.ts";
import type { Sealed } from "../deletion/events.ts";
import type { BatchId, DeletionId, SubjectAccessId, SubjectRef } from "../ids.ts";
import type { SubjectRefs } from "../subjects.ts";

/**
 * What became of a batch that may hold the person. `unreadable`: it does not open, or it cannot be
 * told of all of its rows whose they are; what is certainly the person's was collected all the same.
 */
export const COLLECTED = ["collected", "none", "unreadable", "gone"] as const;
export type Collected = (typeof COLLECTED)[number];

/** JSON Lines, sealed: rows of the person out of one batch, or the whole answer. */
export interface AccessFile {
  readonly key: string;
  /** Of the clear file. */
  readonly bytes: number;
  /** Rows of data. */
  readonly rows: number;
}

export type SubjectAccessEvent =
  | {
      readonly type: "SubjectAccessRequested";
      readonly data: {
        readonly subject_access_id: SubjectAccessId;
        readonly subject_ref: SubjectRef;
        /** Under which rows are found that name the person. */
        readonly subject_refs: SubjectRefs;
        readonly subject_id: Sealed;
        readonly requested_by: string;
        readonly received_at: string;
        readonly deadline: string;
        readonly statutory_deadline: string;
      };
    }
  /** A page of batches was looked up in their indexes. */
  | {
      readonly type: "SubjectAccessSearched";
      readonly data: {
        /** Batches are taken in the order they were created; `seq` of the last one that was. */
        readonly after: number;
        readonly batches: number;
        /** Those that may hold the person: to be opened. */
        readonly found: readonly BatchId[];
        /** There is no further batch. */
        readonly ended: boolean;
      };
    }
  /** A batch was read. */
  | {
      readonly type: "SubjectAccessCollected";
      readonly data: {
        readonly batch_id: BatchId;
        readonly outcome: Collected;
        /** Null unless rows were collected. */
        readonly part: AccessFile | null;
      };
    }
  | {
      readonly type: "SubjectAccessCompleted";
      readonly data: {
        readonly file: AccessFile;
        /** How many received data of the person, as far as the access log knows. */
        readonly recipients: number;
        /**
         * Null: when it goes is counted from when it is handed out. A time in logs in which a
         * request counted as answered once its file was there.
         */
        readonly expires_at: string | null;
      };
    }
  /** A URL to the file was given out for the first time: the request is answered. */
  | { readonly type: "SubjectAccessAnswered"; readonly data: { readonly expires_at: string } }
  | {
      readonly type: "SubjectAccessDeadlineApproaching";
      readonly data: {
        readonly days_left: number;
        readonly deadline: string;
        readonly statutory_deadline: string;
      };
    }
  | {
      readonly type: "SubjectAccessOverdue";
      readonly data: { readonly deadline: string; readonly statutory_deadline: string };
    }
  /** It takes longer, and the person is told why (Art. 12(3)). */
  | {
      readonly type: "SubjectAccessExtended";
      readonly data: {
        readonly reason: Sealed;
        readonly deadline: string;
        readonly statutory_deadline: string;
      };
    }
  /** It is refused (Art. 12(5)): what was collected and its key are gone. */
  | {
      readonly type: "SubjectAccessRejected";
      readonly data: { readonly reason: Sealed; readonly ground: string | null };
    }
  /** The file and its key are gone: it was kept for as long as it may be. */
  | { readonly type: "SubjectAccessExpired"; readonly data: { readonly expires_at: string } }
  /** The file and its key are gone: the person was forgotten. */
  | { readonly type: "SubjectAccessErased"; readonly data: { readonly deletion_id: DeletionId } };

export const SUBJECT_ACCESS_STATUSES = [
  "collecting",
  "ready",
  "expired",
  "erased",
  "rejected",
] as const;
export type SubjectAccessStatus = (typeof SUBJECT_ACCESS_STATUSES)[number];

/** Each is decided once at most. */
export interface AccessAnswer {
  readonly decision: "extended" | "rejected";
  readonly reason: Sealed;
  readonly ground: string | null;
  readonly decided_at: string;
}

export interface SubjectAccess {
  readonly status: SubjectAccessStatus;
  readonly subject_access_id: SubjectAccessId;
  readonly subject_ref: SubjectRef;
  readonly subject_refs: SubjectRefs;
  readonly subject_id: Sealed;
  readonly requested_by: string;
  readonly received_at: string;
  readonly requested_at: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
  readonly extended: boolean;
  /** What was decided on the way, in order; the reasons sealed. */
  readonly answers: readonly AccessAnswer[];
  /** Days that were left at the last reminder, null before the first. */
  readonly reminded: number | null;
  /** Recorded when a deadline passed; never taken back. */
  readonly overdue: boolean;
  /** The last deadline of which that was recorded: after an extension another one may pass. */
  readonly missed_deadline: string | null;
  /** `seq` of the last batch that was looked up. */
  readonly after: number;
  readonly looked_at: number;
  readonly searched: boolean;
  /** Found and not read yet, in order. */
  readonly waiting: readonly BatchId[];
  readonly parts: readonly (AccessFile & { readonly batch_id: BatchId })[];
  readonly opened: number;
  /** Batches that may hold the person where no rule can tell: to be looked into by somebody. */
  readonly unreadable: readonly BatchId[];
  readonly file: AccessFile | null;
  readonly recipients: number;
  readonly ready_at: string | null;
  /** When a URL to the file was given out first; null: it is owed. */
  readonly handed_out_at: string | null;
  /** When the file goes; null before it was handed out. */
  readonly expires_at: string | null;
}

export type SubjectAccessState = { readonly status: "absent" } | SubjectAccess;

export const initialSubjectAccess: SubjectAccessState = { status: "absent" };

/** Whether it has, or is about to have, a file with data of the person. */
export const isHeld = (state: SubjectAccessState): state is SubjectAccess =>
  state.status === "collecting" || state.status === "ready";

/** Whether the person has no answer yet: a file that nobody was given is none. */
export const isOwed = (state: SubjectAccess): boolean =>
  state.status === "collecting" || (state.status === "ready" && state.handed_out_at === null);

/** Every object that belongs to the request now. */
export const accessObjects = (state: SubjectAccessState): readonly string[] =>
  state.status === "absent"
    ? []
    : [...state.parts.map(({ key }) => key), ...(state.file ? [state.file.key] : [])];

const NOTHING_FOUND = {
  extended: false,
  answers: [],
  reminded: null,
  overdue: false,
  missed_deadline: null,
  after: 0,
  looked_at: 0,
  searched: false,
  waiting: [],
  parts: [],
  opened: 0,
  unreadable: [],
  file: null,
  recipients: 0,
  ready_at: null,
  handed_out_at: null,
  expires_at: null,
} as const;

export const evolveSubjectAccess = (
  state: SubjectAccessState,
  event: Recorded<SubjectAccessEvent>,
): SubjectAccessState => {
  if (event.type === "SubjectAccessRequested") {
    const requested_at = event.recorded_at;
    return { status: "collecting", ...event.data, requested_at, ...NOTHING_FOUND };
  }
  if (state.status === "absent") return state;
  switch (event.type) {
    case "SubjectAccessSearched": {
      const { after, batches, found, ended } = event.data;
      const looked_at = state.looked_at + batches;
      return { ...state, after, looked_at, waiting: [...state.waiting, ...found], searched: ended };
    }
    case "SubjectAccessCollected": {
      const { batch_id, outcome, part } = event.data;
      return {
        ...state,
        waiting: state.waiting.filter((id) => id !== batch_id),
        opened: state.opened + (outcome === "gone" ? 0 : 1),
        parts: part ? [...state.parts, { ...part, batch_id }] : state.parts,
        unreadable: outcome === "unreadable" ? [...state.unreadable, batch_id] : state.unreadable,
      };
    }
    case "SubjectAccessCompleted": {
      const { file, recipients, expires_at } = event.data;
      const ready_at = event.recorded_at;
      const handed_out_at = expires_at === null ? null : ready_at;
      const answer = { file, recipients, ready_at, handed_out_at, expires_at };
      return { ...state, status: "ready", ...answer, parts: [] };
    }
    case "SubjectAccessAnswered": {
      const { expires_at } = event.data;
      return { ...state, handed_out_at: event.recorded_at, expires_at };
    }
    case "SubjectAccessDeadlineApproaching":
      return { ...state, reminded: event.data.days_left };
    case "SubjectAccessOverdue":
      return { ...state, overdue: true, missed_deadline: event.data.deadline };
    case "SubjectAccessExtended": {
      const { reason, deadline, statutory_deadline } = event.data;
      const { recorded_at: decided_at } = event;
      const answer = { decision: "extended", reason, ground: null, decided_at } as const;
      const answers = [...state.answers, answer];
      return { ...state, answers, deadline, statutory_deadline, extended: true, reminded: null };
    }
    case "SubjectAccessRejected": {
      const { recorded_at: decided_at } = event;
      const answers = [
        ...state.answers,
        { decision: "rejected", ...event.data, decided_at } as const,
      ];
      return { ...state, answers, status: "rejected", file: null, parts: [], waiting: [] };
    }
    case "SubjectAccessExpired":
      return { ...state, status: "expired", file: null };
    case "SubjectAccessErased":
      return { ...state, status: "erased", file: null, parts: [], waiting: [] };
    default:
      return assertNever(event);
  }
};

/**
 * What can happen to a request to be forgotten. A person is a pseudonym in here, free text is
 * sealed, and what was erased is told in counts, digests and places, never in values.
 */
import type { DatasetName, DeletionId, SubjectRef } from "../ids.ts";
import type { SubjectRefs } from "../subjects.ts";
import type { ErasureStep } from "./erasure.ts";
import type { ErasureFacts, Recipient } from "./facts.ts";

/** Ciphertext under the subject's own key: base64 of nonce, ciphertext and tag (AES-256-GCM). */
export interface Sealed {
  readonly sealed: string;
}

/** A dataset whose rows of the subject are kept for now, and the ground in law (Art. 17(3)). */
export interface Withheld {
  readonly dataset: DatasetName;
  readonly ground: string;
  /** When they are erased too (RFC 3339, UTC). */
  readonly until: string;
}

/** What closed an erasure before a restore. */
export interface Reapplied extends ErasureFacts {
  /** Of the request, or of these datasets, which had been withheld. */
  readonly closing: "request" | "remainder";
  readonly datasets: readonly DatasetName[];
  readonly subject_refs: SubjectRefs;
  /** Batches that are bound again to the objects without the subject. */
  readonly rebound: number;
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
    }
  /** The erasure begins, or goes on after it failed or was put on hold. */
  | {
      readonly type: "GDPRDeletionStarted";
      readonly data: {
        /** `failure`: it had failed, and is tried again by itself. */
        readonly cause: "command" | "deadline" | "failure" | "restore";
        readonly reason: Sealed | null;
        /** Under which the subject's rows are found. */
        readonly subject_refs: SubjectRefs;
        readonly withheld: readonly Withheld[];
        /** Whether it goes on where an earlier start has come to. */
        readonly resumed: boolean;
        /** Whether it is what had been withheld: the request itself stays completed. */
        readonly remainder: boolean;
        /** The deadline that counts again, when the request had been closed before; else null. */
        readonly deadline: string | null;
      };
    }
  /** One step of the erasure: what was looked at, and what it came to. */
  | {
      readonly type: "GDPRDeletionProgressed";
      readonly data: { readonly round: number; readonly step: ErasureStep };
    }
  /** Who was given data of batches that held the subject, and is to be told (Art. 19). */
  | {
      readonly type: "RecipientsNamed";
      readonly data: { readonly recipients: readonly Recipient[]; readonly omitted: number };
    }
  /** Nothing of the subject is left but what is withheld; the subject's key is destroyed. */
  | { readonly type: "GDPRDeletionCompleted"; readonly data: ErasureFacts }
  | {
      readonly type: "GDPRDeletionFailed";
      readonly data: {
        /** A sentence of Lethe's own. */
        readonly failure: string;
        /** Whether it was what had been withheld: the request itself stays completed. */
        readonly remainder: boolean;
      };
    }
  /** The ground for keeping these datasets' rows has ended: they are erased now. */
  | {
      readonly type: "GDPRWithholdingEnded";
      readonly data: { readonly datasets: readonly DatasetName[] };
    }
  /**
   * The lake was restored to a moment before this erasure was closed: it counts again as it is on
   * record outside of the lake, where nothing of the subject came back with the restore.
   */
  | { readonly type: "GDPRDeletionReapplied"; readonly data: Reapplied }
  /** What was withheld of these datasets is erased too. */
  | {
      readonly type: "GDPRDeletionRemainderErased";
      readonly data: ErasureFacts & { readonly datasets: readonly DatasetName[] };
    };

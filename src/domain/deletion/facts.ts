/**
 * What a completed erasure came to: everything its certificate says, recorded with the event that
 * completes it, so that the two cannot disagree. Counts, digests and places, never a value.
 */
import type { BatchId, DatasetName, DeletionId, SubjectRef } from "../ids.ts";
import type { Withheld } from "./events.ts";
import type { LookedFor } from "./missed.ts";

/** The most objects listed in one certificate; the log's BatchRedacted events name all of them. */
export const MAX_LISTED_OBJECTS = 2_000;

/** The most recipients named at once. */
export const MAX_LISTED_RECIPIENTS = 1_000;

/** The most batches named with one recipient, and fewer where there are many recipients. */
export const MAX_RECIPIENT_BATCHES = 100;

/**
 * What each list may take of the one event that all of them are in, in bytes of JSON: together less
 * than MAX_EVENT_BYTES, with room for what is not a list.
 */
export const LISTED_BYTES = {
  objects: 700_000,
  recipients: 500_000,
  destroyed: 100_000,
  lost_files: 100_000,
  transformed: 100_000,
  unreadable_datasets: 50_000,
  held_elsewhere: 50_000,
  not_searched: 50_000,
} as const;

/** What the platform itself may bring back of what was deleted, in days. */
export const RESIDUAL_DAYS = 30;

/** What an erasure looks for, and what it does not. */
export const ERASURE_SCOPE =
  "Erased were rows that name the person in their dataset's subject_column, rows with the person's " +
  "id in any cell of a file that fits no schema, and uploads that no batch has taken over in which the " +
  "id stands by itself. Rows of other people that mention the person in another column were not " +
  "looked for.";

/** One object that was rewritten without the subject's rows, or deleted. */
export interface ErasedObject {
  readonly batch_id: BatchId;
  readonly dataset: DatasetName;
  readonly from: string;
  /** Null: it was deleted and nothing took its place. */
  readonly to: string | null;
  readonly rows_removed: number;
  /** Digests as an ObjectRef has them. */
  readonly sha256_before: string;
  readonly sha256_after: string | null;
}

/** A batch of which nothing is left, because the subject's rows could not be told apart in it. */
export interface DestroyedBatch {
  readonly batch_id: BatchId;
  readonly dataset: DatasetName;
  readonly reason: DestroyedBecause;
  /** How its file was looked for before it counted as lost; null: it was there. */
  readonly looked_for: LookedFor | null;
}

/** `unreadable`: it is no table any more. `missing`: its raw object was gone for good. */
export type DestroyedBecause = "unreadable" | "missing";

export interface LostFile {
  readonly batch_id: BatchId;
  readonly dataset: DatasetName;
  readonly looked_for: LookedFor;
}

/** A subject column that was transformed, and that a subject is therefore not found by. */
export interface TransformedColumn {
  readonly dataset: DatasetName;
  readonly column: string;
  readonly strategy: string;
  readonly batches: number;
  readonly dealt_with: "derived_anew_from_redacted_raw";
}

/** Somebody who was given data of batches that held the subject. */
export interface Recipient {
  readonly consumer: string;
  readonly batches: readonly BatchId[];
  /** Further batches, which the access log names. */
  readonly batches_omitted: number;
  readonly last_at: string;
}

/** By list: what it has not the room for. */
export interface Omitted {
  readonly destroyed: number;
  readonly lost_files: number;
  readonly unreadable_datasets: number;
  readonly transformed: number;
  readonly held_elsewhere: number;
  readonly not_searched: number;
}

export interface Verification {
  /** How often every batch was gone through, the last time without a finding. */
  readonly rounds: number;
  /** Rewritten objects that were read whole afterwards. */
  readonly objects: number;
  readonly rows_read: number;
  readonly rows_found: number;
}

export interface ErasureFacts {
  readonly deletion_id: DeletionId;
  readonly subject_ref: SubjectRef;
  readonly requested_by: string;
  readonly received_at: string;
  readonly requested_at: string;
  readonly started_at: string;
  readonly completed_at: string;
  /**
   * When the request itself had been completed, where this is of what was withheld then: for that
   * the deadline counts, and not for what had to be kept (Art. 17(3)).
   */
  readonly answered_at?: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
  readonly deadline_kept: boolean;
  readonly batches: {
    /** Asked by their index, or opened because they have none. */
    readonly looked_at: number;
    /** Read, because they might hold the subject: in every round those that no index speaks for. */
    readonly opened: number;
    /** Did. */
    readonly hit: number;
  };
  /** From the files as they were appended; what was derived from them lost the same. */
  readonly rows_removed: number;
  readonly objects: readonly ErasedObject[];
  readonly objects_omitted: number;
  readonly destroyed: readonly DestroyedBatch[];
  /** Batches whose file is lost; what had been derived of it lost the subject's rows by itself. */
  readonly lost_files: readonly LostFile[];
  /** Encrypted datasets whose key was destroyed before: nothing in them can be read by anyone. */
  readonly unreadable_datasets: readonly DatasetName[];
  readonly transformed: readonly TransformedColumn[];
  /** Uploads that no batch had taken over, and those of batches that were hit. */
  readonly uploads: { readonly scanned: number; readonly deleted: number };
  readonly withheld: readonly Withheld[];
  readonly recipients: readonly Recipient[];
  readonly recipients_omitted: number;
  /** How many the other lists leave out for want of room. */
  readonly omitted: Omitted;
  /** Datasets with manifests of data that is held elsewhere, which this does not reach. */
  readonly held_elsewhere: readonly DatasetName[];
  /**
   * Datasets that may hold the subject and that no column tells of whose a row is, in all or in some
   * of their batches: those were not searched. Left out in logs that did not say.
   */
  readonly not_searched?: readonly DatasetName[];
  /** What was looked for, in a sentence: ERASURE_SCOPE. Left out as above. */
  readonly scope?: string;
  readonly verification: Verification;
  /** Until then the platform's own recovery might bring back what the log and reports held. */
  readonly residual_until: string;
}

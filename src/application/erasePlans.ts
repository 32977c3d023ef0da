/** What one step of an erasure has to do: plain data, planned in one turn of the lake. */

import type { DerivedRun, RawRules } from "../domain/batch/events.ts";
import type { ErasureStep } from "../domain/deletion/erasure.ts";
import type { LookedFor } from "../domain/deletion/missed.ts";
import type { BatchId, DatasetName, DeletionId } from "../domain/ids.ts";
import type { ColumnType, ObjectRef } from "../domain/table.ts";
import type { Lookup } from "./lookups.ts";
import type { DerivedTable, RedactTarget, SubjectSet, SubjectTable } from "./subjectPorts.ts";
import type { Gate, RefinePlan } from "./workPlan.ts";

/** An upload that lies in the lake's landing. */
export interface LandedUpload {
  readonly filename: string;
  readonly etag: string;
  /** RFC 3339, UTC. */
  readonly uploaded_at: string;
}

/** The next step of an erasure, as the lake's duty names it. */
export interface EraseRequest {
  readonly kind: "erase";
  readonly deletion_id: DeletionId;
  /** A page of what lies in the landing, once the lake has asked for it. */
  readonly uploads?: { readonly page: readonly LandedUpload[]; readonly last: boolean };
}

/** An object, and where what is left of it goes. */
export interface Rewrite {
  readonly source: ObjectRef;
  readonly target: string;
}

export interface RedactPlan {
  readonly kind: "redact";
  readonly dataset: DatasetName;
  readonly batch_id: BatchId;
  readonly raw: SubjectTable & RedactTarget;
  readonly rejected: readonly Rewrite[];
  /** How what was derived is derived anew: the rules it was made under. Null: nothing was. */
  readonly derive: {
    /** Its source is the new raw object. */
    readonly refine: RefinePlan;
    /** What the privacy run made, and where the rows that are left go; null: there was no run. */
    readonly clean: Rewrite | null;
    readonly requested_privacy: RawRules;
    /** Null: nothing is published. */
    readonly publish: {
      /** As it is published now. */
      readonly sources: readonly ObjectRef[];
      readonly published_key: string;
      /** Set when it was exported as CSV too. */
      readonly csv_key: string | null;
      readonly gate: Gate | null;
      /** Columns whose newest moment is remembered. */
      readonly newest_of: readonly string[];
      /** When it was published: later moments do not count. */
      readonly as_of: string;
    } | null;
  } | null;
  /** How the hashes by which others are compared with it are made anew; null: it kept none. */
  readonly rehash: { readonly refine: RefinePlan; readonly hashes_key: string } | null;
  /** When the file cannot be had: that it was looked for now too. */
  readonly looked_for: LookedFor;
  /** Whether an erasure before has found that the file is lost: it is not looked for. */
  readonly lost_before: boolean;
  /** What can stand for a lost file; null: nothing was derived of it. */
  readonly salvage:
    | (Pick<BatchToVerify, "tables" | "hashed"> & {
        readonly run: Omit<DerivedRun, "object"> | null;
      })
    | null;
  /** Every object of rows the batch has now. */
  readonly objects: readonly ObjectRef[];
}

/** Derived objects whose subject column was hashed: the clear id, while it is at hand, is to be too. */
export interface HashedTables {
  readonly tables: readonly Omit<DerivedTable, "values">[];
  readonly subject_ids: readonly string[];
  /** Of the column before it was hashed. */
  readonly type: ColumnType;
  readonly hash_key: Uint8Array;
}

/** What a batch is made of now, to be read whole: what is left of the subject in it is counted. */
export interface BatchToVerify {
  readonly batch_id: BatchId;
  readonly raw: SubjectTable;
  readonly rejected: readonly Rewrite[];
  /** Published and clean objects whose subject column says who it is. */
  readonly tables: readonly DerivedTable[];
  /** Those whose subject column was hashed. */
  readonly hashed: HashedTables | null;
  /** Whether the file itself is gone, so that there is nothing of it to be read. */
  readonly raw_lost: boolean;
}

/** Batches of one dataset that are read at the same time. */
export interface VerifyPlan {
  readonly kind: "verify";
  readonly dataset: DatasetName;
  readonly batches: readonly BatchToVerify[];
}

export type EraseStepPlan =
  | {
      readonly kind: "look";
      readonly sets: readonly SubjectSet[];
      readonly looks: readonly Lookup[];
      /** Batches whose index was at hand, and those of them that may hold the subject. */
      readonly asked: number;
      readonly known_hits: readonly BatchId[];
      readonly after: number;
      readonly done: boolean;
    }
  /** Known without reading anything. */
  | { readonly kind: "note"; readonly step: ErasureStep }
  | RedactPlan
  /** The landing is to be listed behind that name. */
  | { readonly kind: "list_uploads"; readonly after: string }
  | {
      readonly kind: "uploads";
      readonly subject_ids: readonly string[];
      /** Keys of uploads that no batch has taken over: read, and deleted when they hold the id. */
      readonly scan: readonly string[];
      /** Uploads of batches that were hit: what lies there now may be another. */
      readonly remove: readonly { readonly key: string; readonly etag: string }[];
      readonly after: string | null;
    }
  | VerifyPlan
  /** Everything is erased: keys and record are the lake's own to see to. */
  | { readonly kind: "release" };

/** A step with what its record must say to count. */
export interface ErasePlan {
  readonly kind: "erase";
  readonly deletion_id: DeletionId;
  readonly at_version: number;
  readonly step: EraseStepPlan;
}

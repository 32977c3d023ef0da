/** What an erasure makes of a batch, as its event says it. */
import type { LookedFor } from "../deletion/missed.ts";
import type { UniqueHashes } from "../rules/uniqueScope.ts";
import type { Segment } from "../segments.ts";
import type { SubjectIndexRef } from "../subjects.ts";
import type { ObjectRef } from "../table.ts";
import type { DerivedRun, Publication } from "./events.ts";

/** An object that lost rows to an erasure, and what took its place. */
export interface ReplacedObject {
  readonly from: ObjectRef;
  /** Null: nothing did. */
  readonly to: ObjectRef | null;
  readonly rows_removed: number;
}

/** What an erasure made of a batch. Everything derived is of the new raw object. */
export interface Redaction {
  /** From the raw object. */
  readonly rows_removed: number;
  /** Every object of rows that the batch had, raw first. */
  readonly objects: readonly ReplacedObject[];
  readonly segments: readonly Segment[] | null;
  readonly subject_index: SubjectIndexRef | null;
  /** By which others are compared with it: of the rows that are left, where it kept any. */
  readonly hashes: UniqueHashes | null;
  /** The privacy run that counts, over the rows that are left; null: there is none (any more). */
  readonly run: DerivedRun | null;
  /** What is published of them; null: nothing (any more). */
  readonly publication: Omit<Publication, "published_at"> | null;
  /**
   * How the file was looked for before it counted as lost: what is left was derived of it before.
   * Null: it is there, or an erasure before has found that out.
   */
  readonly lost: LookedFor | null;
}

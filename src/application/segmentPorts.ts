/** What the application asks of the data plane about files that are too large for one pass. */
import type { Misfit } from "../domain/batch/commands.ts";
import type { Result } from "../domain/decider.ts";
import type { Segment, SegmentResult } from "../domain/segments.ts";
import type { SubjectIndexRef } from "../domain/subjects.ts";
import type { ObjectRef } from "../domain/table.ts";
import type { DataPlane, Refined, RefineInput, TakeInput, TakeOutcome } from "./dataPorts.ts";

/** About this much of a file is one segment, unless the caller says otherwise. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;

export interface LandInput extends Omit<TakeInput, "subjects"> {
  /** About how many bytes a segment has; a row that is longer makes a longer one. */
  readonly segment_bytes: number;
}

export type LandOutcome =
  | Exclude<TakeOutcome, { readonly kind: "taken" }>
  | {
      readonly kind: "landed";
      readonly object: ObjectRef;
      /** At least one, also of a file without rows, so that its header is checked. */
      readonly segments: readonly Segment[];
      readonly upload_etag: string | null;
    };

/** Keys that one segment's pass may write; what is left out is not written. */
export interface SegmentParts {
  /** Parquet with the segment's rows that go on, transformed. */
  readonly clean_part?: string;
  /** JSON Lines with the segment's rejected rows. */
  readonly quarantine_part?: string;
  /** What `unique` has to remember of the segment: keyed hashes, never a value. */
  readonly seen_part?: string;
  /** The segment's subjects, for the index: hashes of 64 bits. */
  readonly subjects_part?: string;
  /** Hashes of the segment's rows that go on, for other batches to be compared with. */
  readonly hash_part?: string;
}

/**
 * A file that is too large for one pass, taken in steps of bounded time: landed once, refined
 * segment by segment (in any order, several at a time, on any machine), assembled once. The same
 * step done twice gives the same result under other keys.
 */
export interface SegmentedDataPlane extends DataPlane {
  /**
   * Copies a landed file under its batch (decompressed, when it was compressed), hashes every byte,
   * counts the rows and finds where segments may begin. Checks no cell.
   */
  land(input: LandInput): Promise<LandOutcome>;
  /**
   * The pass of `refine` over one segment; without rules and keys it is the append's schema check,
   * which also counts the signs of personal data. The
   * input's own output keys and preview are not regarded. Throws DataLimitError.
   */
  refineSegment(input: RefineInput, segment: Segment, parts: SegmentParts): Promise<SegmentResult>;
  /**
   * The whole from its parts: partial results merged into what `refine` would have said of the
   * file, and the parts stitched into one object each under the input's own keys.
   */
  assemble(input: RefineInput, results: readonly SegmentResult[]): Promise<Result<Refined, Misfit>>;
  /** The index of all segments' subjects, written at `target`; null when a segment has no part. */
  indexSubjects(
    input: Pick<RefineInput, "schema" | "subjects">,
    results: readonly SegmentResult[],
    target: string,
  ): Promise<SubjectIndexRef | null>;
}

/** Pieces of a file that is too large for one pass, and what a pass over one of them came to. */
import type { ErasedRows } from "./subjects.ts";
import type { ColumnSigns } from "./suspicion.ts";
import type { DecimalDigits, SchemaIssue } from "./table.ts";

/**
 * A run of whole rows of an object: what one step of long work takes. Plain JSON, recorded in the
 * log.
 */
export interface Segment {
  /** From 0, without gaps, in the order of the rows. */
  readonly index: number;
  /** Text formats: bytes of the stored object. Parquet: the first row group, and how many. */
  readonly offset: number;
  readonly length: number;
  /** 1-based data row the segment begins with. */
  readonly first_row: number;
  readonly rows: number;
}

export interface PartRef {
  readonly key: string;
  readonly bytes: number;
  readonly rows: number;
}

/**
 * What one segment came to. Plain JSON and bounded, because it is recorded in the log: counts, row
 * numbers and names of the schema, never a cell's value.
 */
export interface SegmentResult {
  readonly index: number;
  readonly rows: number;
  /** At most MAX_LISTED_ISSUES; row numbers count from the beginning of the file. */
  readonly issues: readonly SchemaIssue[];
  readonly issue_count: number;
  readonly diverted_rows: number;
  /** What looks like personal data, counted; left out by passes that do not look. */
  readonly signs?: readonly ColumnSigns[];
  /** Of decimal columns, counted by the pass of an append; left out by others. */
  readonly decimal_digits?: DecimalDigits;
  /** Datetimes that lost what they say beyond microseconds; by the pass of an append, if any did. */
  readonly cut_datetimes?: number;
  /** Partial results, in a form that only the data plane reads. */
  readonly quality: Readonly<Record<string, unknown>>;
  readonly privacy: Readonly<Record<string, unknown>>;
  /** Null: not asked for, or there was nothing to write. */
  readonly clean_part: PartRef | null;
  readonly quarantine_part: PartRef | null;
  readonly seen_part: PartRef | null;
  /** Of the pass of an append that looks for subjects; left out by others. */
  readonly subjects_part?: PartRef | null;
  readonly erased_rows?: ErasedRows;
  /** Left out where it was not asked for. */
  readonly hash_part?: PartRef;
}

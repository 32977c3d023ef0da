/**
 * What the application asks of the object store and of the data plane. Memory is bounded by a
 * chunk of rows on every path; an object that is written appears whole or not at all.
 */
import type { Misfit } from "../domain/batch/commands.ts";
import type { Breach } from "../domain/batch/events.ts";
import type { Result } from "../domain/decider.ts";
import type { CsvDialect } from "../domain/reading.ts";
import type { KAnonymity, KAnonymityFinding } from "../domain/rules/kAnonymity.ts";
import type { PrivacyRules } from "../domain/rules/privacy.ts";
import type { QualityRules } from "../domain/rules/quality.ts";
import type { UniqueHashes } from "../domain/rules/uniqueScope.ts";
import type { PartRef, Segment, SegmentResult } from "../domain/segments.ts";
import type { Suspicion } from "../domain/suspicion.ts";
import type {
  Format,
  ObjectRef,
  PrivacyReport,
  QualityReport,
  Schema,
  SchemaIssue,
} from "../domain/table.ts";
import type { AppendedSubjects, AppendSubjects, TrackedSubjects } from "./subjectPorts.ts";

export interface StoredObject {
  readonly key: string;
  readonly size_bytes: number;
  readonly etag: string;
  readonly uploaded_at: Date;
}

/** Bytes from `offset` on, `length` of them. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** A sink for one object. Nothing is visible under the key before `close` resolves. */
export interface ObjectWriter {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
  /** Gives up: leaves nothing behind. */
  abort(): Promise<void>;
}

export interface ObjectStore {
  head(key: string): Promise<StoredObject | null>;
  /**
   * The object as a stream, or the part of it that `range` names; null when there is none. What
   * lies beyond the object's end is not there: the stream is shorter, empty when all of it does.
   */
  open(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null>;
  /** Exactly `length` bytes from `offset`; throws when the object is missing or shorter. */
  read(key: string, offset: number, length: number): Promise<Uint8Array>;
  writer(key: string, contentType: string): ObjectWriter;
  /** Missing keys are no error. */
  delete(keys: readonly string[]): Promise<void>;
  /** As `delete`, with what a writer had written of them that neither closed nor aborted. */
  clear(keys: readonly string[]): Promise<void>;
  /** In the order of their keys; those behind the key `after`, when one is given. */
  list(prefix: string, after?: string): AsyncIterable<StoredObject>;
}

/** Objects of a few bytes, read and written whole: half a key, a record. */
export interface SmallObjects {
  /** Null when there is none. */
  read(key: string): Promise<Uint8Array | null>;
  /** Whether it was written: not when there was one already, whoever came first. */
  create(key: string, bytes: Uint8Array): Promise<boolean>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** At most 1,000; missing keys are no error. */
  delete(keys: readonly string[]): Promise<void>;
  /** In the order of the keys; with `after`, those behind that key, which need not exist. */
  list(prefix: string, after?: string): AsyncIterable<string>;
}

export interface TakeInput extends CsvDialect {
  /** Key of the landed upload. */
  readonly source: string;
  /** Key the bytes are copied to. */
  readonly target: string;
  /** Of what it unpacks to; left out: as much as an object may have. */
  readonly at_most_bytes?: number;
  readonly format: Format;
  readonly schema: Schema;
  /** Set when the dataset has a subject column. */
  readonly subjects?: AppendSubjects;
}

export type TakeOutcome =
  | { readonly kind: "missing" }
  /** The bytes are no table of that format at all; nothing was left at `target`. */
  | { readonly kind: "not_a_table"; readonly reason: string }
  | { readonly kind: "too_large"; readonly limit_bytes: number }
  | {
      readonly kind: "taken";
      readonly object: ObjectRef;
      /** Empty when every cell fits the schema. At most MAX_LISTED_ISSUES. */
      readonly issues: readonly SchemaIssue[];
      readonly issue_count: number;
      /** Column names in the file that the schema does not know, for the answer, not the log. */
      readonly unexpected_columns: readonly string[];
      /** Datetimes that are taken without what they say beyond microseconds; left out: none. */
      readonly cut_datetimes?: number;
      /** Columns of the schema that look like personal data. */
      readonly suspicions: readonly Suspicion[];
      /** Keyed, of the upload that was read; null when another has taken its place meanwhile. */
      readonly upload_etag: string | null;
      /** When they were asked for. */
      readonly subjects?: AppendedSubjects;
    };

/**
 * Keys by purpose, 32 bytes each, derived from the lake's own key. Those of `noise` and `date_shift`
 * are of one dataset: what moves a value there tells nothing about where it went in another.
 */
export interface PrivacyKeys {
  readonly hash: Uint8Array;
  readonly token: Uint8Array;
  readonly pseudonym: Uint8Array;
  readonly noise: Uint8Array;
  readonly date_shift: Uint8Array;
  /** For the hashes by which `unique` remembers values. */
  readonly unique: Uint8Array;
}

export interface RefineInput {
  readonly source: ObjectRef;
  readonly schema: Schema;
  readonly quality: QualityRules;
  readonly privacy: PrivacyRules;
  readonly keys: PrivacyKeys;
  /** The column that names the data subject, if the dataset has one. */
  readonly subject_column: string | null;
  /** The moment that `not_future` and `freshness` compare with. */
  readonly now: Date;
  /** Demanded by rules that ask for other batches of the dataset. */
  readonly unique?: {
    /** Of all other batches that count. */
    readonly others: readonly UniqueHashes[];
    /** Where hashes are written while they are compared; deleted again. */
    readonly seen_key: string;
    /** Where the hashes of the rows that go on are kept. Left out: they are not. */
    readonly hashes_key?: string;
  };
  /** Parquet with the rows that go on, transformed. Left out: not written. */
  readonly clean_key?: string;
  /** JSON Lines with every row that fails an `error` rule; not written when there is none. */
  readonly quarantine_key?: string;
  /** Stops behind so many rows; for a dry run, without rules that ask for all rows. */
  readonly at_most_rows?: number;
  /** How many rows to show before and after, for a dry run (default 0). */
  readonly preview_rows?: number;
  /** Columns to hide in it besides those that are transformed and the subject's. */
  readonly hidden_columns?: readonly string[];
  /** Columns whose transformed values it hides as well. */
  readonly hidden_after?: readonly string[];
  /** Whom the pass of an append looks for, a segment at a time. */
  readonly subjects?: TrackedSubjects;
}

export interface PreviewRow {
  readonly row: number;
  /** Values in clear; of transformed columns and of personal ones, `{"hidden": true}`. */
  readonly before: Readonly<Record<string, unknown>>;
  /** What comes out; of personal columns that no strategy transforms, `{"hidden": true}`. */
  readonly after: Readonly<Record<string, unknown>>;
}

export interface Refined {
  /** No breach with effect `batch`. */
  readonly passed: boolean;
  readonly quality: QualityReport;
  readonly breaches: readonly Breach[];
  readonly privacy: PrivacyReport;
  /** Schema of the clean object: the source's, with the types the strategies make. */
  readonly clean_schema: Schema;
  readonly clean?: ObjectRef;
  /** `rows` counts the rejected rows. */
  readonly quarantine?: ObjectRef;
  /** Rows diverted to the quarantine file and therefore not in `clean`. */
  readonly diverted_rows: number;
  readonly preview: readonly PreviewRow[];
  /** Where they were to be kept. */
  readonly hashes?: UniqueHashes;
}

export interface GateInput {
  /** Parquet, as it would be published, and written under `schema`. */
  readonly source: ObjectRef;
  /** Has the demanded columns. */
  readonly schema: Schema;
  readonly demand: KAnonymity;
  /** The column of it that tells people apart, by which they are counted; null: rows are. */
  readonly people_by: string | null;
  /** Where the rows go that are left when small groups are not; null: nothing is written. */
  readonly suppress_to: string | null;
}

export interface GateOutcome {
  readonly finding: KAnonymityFinding;
  /** Null: no row was to be left out, or there was nowhere to write. */
  readonly suppressed: ObjectRef | null;
}

/** Thrown when an object that is referred to is not there (any more). */
export class MissingObjectError extends Error {}

/**
 * Thrown when an object does not open under its dataset's key: it was changed, cut or moved after
 * it was written, or the key is another.
 */
export class BrokenSealError extends Error {
  constructor(key: string, options?: ErrorOptions) {
    super(`the seal of object ${key} is broken`, options);
  }
}

/** Thrown when a file needs more than a pass may take; the message says what and how much. */
export class DataLimitError extends Error {}

/** Nothing is wrong with the file: other work holds the memory that it needs, try again later. */
export class NoTurnError extends Error {
  constructor() {
    super("other work on this machine holds the memory that the file needs: try again later");
  }
}

export interface DataPlane {
  /** Copies a landed file under its batch, checking every cell and hashing every byte on the way. */
  take(input: TakeInput): Promise<TakeOutcome>;
  /** One pass: schema, quality rules, privacy strategies, Parquet. Throws DataLimitError. */
  refine(input: RefineInput): Promise<Result<Refined, Misfit>>;
  /**
   * Counts the groups of equal values and, where asked, writes the rows of those that are large
   * enough. Throws DataLimitError when there are more groups than it can count.
   */
  gate(input: GateInput): Promise<GateOutcome>;
  /**
   * The newest moment of each of these columns of dates or datetimes, RFC 3339, a date being the
   * end of its day; null where no row has one. What is ahead of `now` does not count. `schema` is
   * what the object was written under.
   */
  newest(
    source: ObjectRef,
    schema: Schema,
    columns: readonly string[],
    now: Date,
  ): Promise<Readonly<Record<string, string | null>>>;
  /**
   * How many rows behind a batch's hashes have, in one of these lists of columns, the values of a
   * row behind the others'.
   */
  collisions(
    own: UniqueHashes,
    others: readonly UniqueHashes[],
    columns: readonly (readonly string[])[],
  ): Promise<number>;
  /** Turns a published Parquet object into CSV (RFC 4180, UTF-8, LF, header row). */
  exportCsv(source: ObjectRef, schema: Schema, target: string): Promise<ObjectRef>;
  /** Copies bytes unchanged, verifying the source's digest on the way; throws when it differs. */
  copy(source: ObjectRef, target: string): Promise<ObjectRef>;
}

export type { PartRef, Segment, SegmentResult };

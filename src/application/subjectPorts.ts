/**
 * What erasure and access ask of the data plane: which objects may hold rows of a subject, what
 * those rows are, and the same object without them. Subjects are found by keyed pseudonyms, so
 * all of it works without the clear id; where that is still at hand, more can be read.
 *
 * Rows are compared by value, exactly: `1.50` is `1.5` in a decimal column, `7` is not `7.0` in a
 * column of texts, blanks and case count, and Unicode texts are equal when their code points are
 * (nothing is normalised). A null names no subject.
 *
 * Whatever writes leaves nothing at its target when it fails or when there was nothing to do. A
 * source that is gone throws MissingObjectError, one that does not open BrokenSealError. Memory is
 * bounded by a chunk of rows and one index (32 MiB), never by the object.
 */
import type { SubjectRef } from "../domain/ids.ts";
import type { ErasedRows, SubjectIndexRef, SubjectRefs } from "../domain/subjects.ts";
import type { ColumnType, ObjectRef, Schema } from "../domain/table.ts";
import type { Segment } from "./dataPorts.ts";

/** One subject, or several that are handled alike. */
export interface SubjectSet {
  /** Of each subject its pseudonyms by column type. */
  readonly refs: readonly SubjectRefs[];
  /** Those clear ids that are still at hand: after a restore there may be none. */
  readonly subject_ids: readonly string[];
}

/** The texts by which a subject is found in columns of each type, from the id as it was given. */
export interface SubjectTexts {
  /**
   * The canonical text of a cell that holds the id, or null when no cell of the type can. The
   * pseudonym in a column of the type is `keyring.subjectRef` of it.
   */
  canonical(subject_id: string, type: ColumnType): string | null;
  /** The part of an index's object that shows of a pseudonym whether the index may hold it. */
  partFor(index: SubjectIndexRef, ref: SubjectRef): IndexPart;
}

export interface IndexPart {
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
  readonly holds: (part: Uint8Array) => boolean;
}

/** So many bytes from `offset` of the index with that key. */
export interface IndexSlice {
  readonly key: string;
  readonly offset: number;
  readonly length: number;
}

/** Small subject indexes, whole, by the keys of their objects: a copy that may be missing. */
export interface IndexStore {
  put(key: string, object: Uint8Array): void;
  /** Each slice that is asked for; null: that index is not kept. */
  slices(asked: readonly IndexSlice[]): readonly (Uint8Array | null)[];
  remove(keys: readonly string[]): void;
}

/** A raw object and how its rows name their subjects. */
export interface SubjectTable {
  readonly source: ObjectRef;
  /**
   * What the rows were found to fit. Null: the object fits no schema, and a row is the subject's
   * when any of its cells, read as any type, is; but see `SubjectPlane.collect`.
   */
  readonly schema: Schema | null;
  readonly subject_column: string;
  readonly subjects: SubjectSet;
  /** The lake's pseudonym key. */
  readonly key: Uint8Array;
}

/** A derived object, found by what its subject column says now. */
export interface DerivedTable {
  /** Parquet, or a CSV export. */
  readonly source: ObjectRef;
  /** The schema it was written under. */
  readonly schema: Schema;
  readonly column: string;
  readonly values: /** The column was left as it is. */
    | { readonly kind: "refs"; readonly subjects: SubjectSet; readonly key: Uint8Array }
    /** The column holds exactly these texts: see `hashedTexts`. */
    | { readonly kind: "texts"; readonly texts: readonly string[] };
}

/** How a new object is to be written, and what is to come with it. */
export interface RedactTarget {
  readonly target: string;
  /** Where the index of the rows that are left goes; left out: none is made. */
  readonly index_target?: string;
  /** The object is to have segments of about this size, as the one it replaces; else none. */
  readonly segment_bytes?: number;
}

export type Redacted =
  /** Not one row is the subjects'; nothing was written. */
  | { readonly kind: "clear"; readonly rows_read: number }
  | {
      readonly kind: "redacted";
      readonly object: ObjectRef;
      readonly rows_read: number;
      readonly rows_removed: number;
      /** Null: not asked for, or the object fits no schema. */
      readonly subject_index: SubjectIndexRef | null;
      readonly segments: readonly Segment[] | null;
    }
  /**
   * It cannot be told apart into rows, or not rewritten; nothing was written. `contains`: whether
   * the clear id stands anywhere in it, true also when that cannot be found out.
   */
  | { readonly kind: "unreadable"; readonly contains: boolean };

export type LinesRedacted =
  | { readonly kind: "clear"; readonly rows_read: number }
  | {
      readonly kind: "redacted";
      /** Null: no line is left, and nothing was written. */
      readonly object: ObjectRef | null;
      readonly rows_read: number;
      readonly rows_removed: number;
    };

export type TableRedacted =
  | { readonly kind: "clear"; readonly rows_read: number }
  | {
      readonly kind: "redacted";
      readonly object: ObjectRef;
      readonly rows_read: number;
      readonly rows_removed: number;
    };

export interface Collected {
  readonly rows_read: number;
  readonly rows: number;
  /** It fits no schema, and of a part of it it cannot be told whose it is: there may be more. */
  readonly incomplete: boolean;
}

export interface SubjectPlane extends SubjectTexts {
  /**
   * Of each set whether the object may hold a row of it: true is wrong once in about a thousand,
   * false never. A few reads of 32 bytes. Null: the index does not speak of that column as it is
   * typed now, or was never made, so the object has to be opened.
   */
  mayHold(
    index: SubjectIndexRef | null,
    column: { readonly name: string; readonly type: ColumnType | null },
    sets: readonly SubjectSet[],
  ): Promise<readonly boolean[] | null>;
  /**
   * A raw object without the subjects' rows. Every other row of CSV and JSON Lines keeps its bytes
   * and its place, so do header, byte order mark and blank lines; Parquet is written anew with the
   * same values. Without any row left it is an empty table.
   */
  redactRaw(input: SubjectTable & RedactTarget): Promise<Redacted>;
  /**
   * A file of rejected rows (see data/quarantineFile.ts) without the subjects' lines; the others
   * keep their bytes, and so the row numbers of the file as it was appended.
   */
  redactLines(
    input: SubjectTable & { readonly schema: Schema } & Pick<RedactTarget, "target">,
  ): Promise<LinesRedacted>;
  /** A clean or published object without the subjects' rows. */
  redactTable(input: DerivedTable & Pick<RedactTarget, "target">): Promise<TableRedacted>;
  /**
   * What the strategy `hash` makes of the subject in a column of the type under that key, or null
   * when files may hold other hashes too, made of other spellings of the id (decimal, float, in
   * files of older versions): then no text is known to find all of its rows.
   */
  hashedTexts(
    subject_ids: readonly string[],
    type: ColumnType,
    hash_key: Uint8Array,
  ): readonly string[] | null;
  /**
   * The subjects' rows for them to have (Art. 15, 20): JSON Lines of
   * `{"dataset", "batch_id", "row_number", "record"}`, the record as it was read; of a file that
   * fits no schema the list of its cells as texts, the row number then counting from its header, 0.
   * Of such a file a row is the subjects' only when the cell in their column is: the column that is
   * called so in the header, or by a key. Where that cannot be told and any cell is the subjects',
   * read as any type, nothing is written of the row and the answer is `incomplete`.
   */
  collect(
    input: SubjectTable & {
      readonly dataset: string;
      readonly batch_id: string;
      /** Of the subjects' column, whatever the file holds; null when it is not known. */
      readonly column_type: ColumnType | null;
    },
    write: (lines: Uint8Array) => Promise<void>,
  ): Promise<Collected>;
  /** How many rows of the subjects there are: reads all of the object. */
  countRows(table: SubjectTable | DerivedTable): Promise<Collected>;
  /** Whether the bytes of an object of any kind hold one of the clear ids as text (heldText.ts). */
  holdsText(key: string, subject_ids: readonly string[]): Promise<boolean>;
}

/** What of it writes no object, and so needs no digests. */
export type SubjectReader = Omit<SubjectPlane, "redactRaw" | "redactLines" | "redactTable">;

/** Whom an append looks for in a column of the schema. */
export interface TrackedSubjects {
  readonly column: string;
  /** The lake's pseudonym key. */
  readonly key: Uint8Array;
  /** Pseudonyms, in a column of this type, of subjects that were erased: rows of them are counted. */
  readonly watched: readonly string[];
}

/** What an append does about subjects while it takes a file over. */
export interface AppendSubjects extends TrackedSubjects {
  /** Where the index goes. */
  readonly index_key: string;
}

/** What came of it. */
export interface AppendedSubjects {
  /** Null: the file fits no schema. */
  readonly subject_index: SubjectIndexRef | null;
  readonly erased_rows: ErasedRows;
}

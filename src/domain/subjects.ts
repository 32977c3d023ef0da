/**
 * How a data subject is known where no value may stand: by keyed pseudonyms of what a cell that
 * names the subject says. `subject_column` of a dataset says which column that is.
 */
import type { SubjectRef } from "./ids.ts";
import { type ColumnType, MAX_LISTED_ISSUES } from "./table.ts";

/**
 * The subject's pseudonym in a column of each type: `007` is the subject `7` in a column of whole
 * numbers and another one than `7` in a column of texts. A type that no cell of can name the
 * subject is left out.
 */
export type SubjectRefs = Readonly<Partial<Record<ColumnType, SubjectRef>>>;

/**
 * The index of the subjects in a raw object: a filter that says of a pseudonym that it is in no
 * row, or that it may be in one. It was made of one column as it was typed then: of a column of
 * another type it says nothing.
 */
export interface SubjectIndexRef {
  readonly key: string;
  readonly bytes: number;
  readonly column: string;
  readonly type: ColumnType;
  /** Distinct subjects in it; of very many, about. */
  readonly subjects: number;
}

/** Whether an index says anything of that column as it is typed now. */
export const isOfColumn = (
  index: SubjectIndexRef,
  { name, type }: { readonly name: string; readonly type: ColumnType | null },
): boolean => index.column === name && index.type === type;

/** One that has just been written. */
export interface WrittenIndex extends SubjectIndexRef {
  /**
   * The whole object in base64 when it is small: it is kept beside the log, so that asking it takes
   * no read. Never part of an event.
   */
  readonly object?: string;
}

/** Rows of subjects that were erased before the rows arrived. */
export interface ErasedRows {
  readonly count: number;
  /** 1-based data row numbers, ascending, at most MAX_LISTED_ISSUES. */
  readonly sample_rows: readonly number[];
}

/** Of parts of a file in their order. */
export const mergeErasedRows = (parts: readonly (ErasedRows | undefined)[]): ErasedRows => {
  const known = parts.filter((part) => part !== undefined);
  return {
    count: known.reduce((sum, { count }) => sum + count, 0),
    sample_rows: known.flatMap(({ sample_rows }) => sample_rows).slice(0, MAX_LISTED_ISSUES),
  };
};

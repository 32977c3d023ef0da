/**
 * What an append sees of subjects while the rows pass by: who is in the file, for its index, and
 * whose rows should not be there because they were erased before.
 */
import type { ObjectStore } from "../../application/dataPorts.ts";
import type { AppendSubjects, TrackedSubjects } from "../../application/subjectPorts.ts";
import { invariant } from "../../domain/decider.ts";
import type { ErasedRows, SubjectIndexRef } from "../../domain/subjects.ts";
import { MAX_LISTED_ISSUES, type Schema } from "../../domain/table.ts";
import type { ColumnChunk } from "../columns.ts";
import { columnNamed, REF_WORDS, RefSet, refsOf } from "./subjectHashes.ts";
import { IndexBuilder, type SubjectColumn, writeIndex } from "./subjectIndex.ts";

export interface SubjectTracker {
  /** Rows in order. A chunk without the column has no subjects. */
  look(chunk: ColumnChunk): void;
  erased(): ErasedRows;
}

/** `found` is given the first two words of every row's pseudonym. */
export const subjectTracker = (
  { column: name, key, watched }: TrackedSubjects,
  found: (first: number, second: number) => void,
): SubjectTracker => {
  const erased = new RefSet(watched);
  const sample_rows: number[] = [];
  let count = 0;
  return {
    look(chunk) {
      const column = columnNamed(chunk, name);
      if (column === undefined) return;
      const { rows, first_row } = chunk;
      const words = refsOf(column, rows, key);
      for (let row = 0; row < rows; row += 1) {
        if (column.valid !== null && column.valid[row] === 0) continue;
        const at = row * REF_WORDS;
        found(words[at] ?? 0, words[at + 1] ?? 0);
        if (erased.empty || !erased.has(words, at)) continue;
        count += 1;
        if (sample_rows.length < MAX_LISTED_ISSUES) sample_rows.push(first_row + row);
      }
    },
    erased: () => ({ count, sample_rows }),
  };
};

/** The column of subjects as a schema types it. */
export const subjectColumn = (schema: Schema, name: string): SubjectColumn => {
  const type = Object.hasOwn(schema, name) ? schema[name] : undefined;
  invariant(type !== undefined, "a contract's schema has its dataset's subject column");
  return { name, type };
};

export interface IndexTracker extends SubjectTracker {
  /** Writes the index of all that has been looked at. */
  write(store: ObjectStore): Promise<SubjectIndexRef>;
}

/** The tracker of a file that is taken in one pass: its index gathers in memory. */
export const indexTracker = (subjects: AppendSubjects, schema: Schema): IndexTracker => {
  const column = subjectColumn(schema, subjects.column);
  const builder = new IndexBuilder();
  const tracker = subjectTracker(subjects, (first, second) => builder.add(first, second));
  return {
    ...tracker,
    write: (store) => writeIndex(store, subjects.index_key, column, builder),
  };
};

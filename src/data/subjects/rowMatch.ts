/** Which rows of a chunk are a subject's, by the column that names it. */
import type { DerivedTable, SubjectSet } from "../../application/subjectPorts.ts";
import { invariant } from "../../domain/decider.ts";
import type { ColumnType } from "../../domain/table.ts";
import { ByteSet } from "../byteSet.ts";
import type { ColumnChunk, ColumnVector } from "../columns.ts";
import { textsOf } from "../columnTexts.ts";
import { columnNamed, REF_WORDS, RefSet, refsOf } from "./subjectHashes.ts";

/** A byte a row, 1 where it is the subject's; null when none is. */
export type RowMatch = (chunk: ColumnChunk) => Uint8Array | null;

/** Pseudonyms of all subjects in a column of the type. */
export const refsForType = ({ refs }: SubjectSet, type: ColumnType): readonly string[] =>
  refs.flatMap((of) => of[type] ?? []);

/** By the pseudonyms of the column's values. */
export const matchRefs = (
  name: string,
  type: ColumnType,
  subjects: SubjectSet,
  key: Uint8Array,
): RowMatch => {
  const refs = new RefSet(refsForType(subjects, type));
  return eachRow(name, (column, rows) => {
    if (refs.empty) return () => false;
    const words = refsOf(column, rows, key);
    return (row) => refs.has(words, row * REF_WORDS);
  });
};

/** By the texts that the column holds. */
const matchTexts = (name: string, texts: readonly string[]): RowMatch => {
  const wanted = new ByteSet();
  for (const text of texts) {
    const bytes = new TextEncoder().encode(text);
    wanted.add(bytes, 0, bytes.length);
  }
  return eachRow(name, (column, rows) => {
    const { offsets, bytes } = textsOf(column, rows);
    return (row) => wanted.find(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0) >= 0;
  });
};

export const matchDerived = ({ schema, column, values }: DerivedTable): RowMatch => {
  const type = schema[column];
  invariant(type !== undefined, "a derived object has the column it is searched by");
  return values.kind === "refs"
    ? matchRefs(column, type, values.subjects, values.key)
    : matchTexts(column, values.texts);
};

const eachRow =
  (
    name: string,
    testOf: (column: ColumnVector, rows: number) => (row: number) => boolean,
  ): RowMatch =>
  (chunk) => {
    const column = columnNamed(chunk, name);
    if (column === undefined || chunk.rows === 0) return null;
    const test = testOf(column, chunk.rows);
    let found: Uint8Array | null = null;
    for (let row = 0; row < chunk.rows; row += 1) {
      if (column.valid !== null && column.valid[row] === 0) continue;
      if (!test(row)) continue;
      found ??= new Uint8Array(chunk.rows);
      found[row] = 1;
    }
    return found;
  };

/**
 * Columns of a CSV window whose texts mean something else than usual: field by field in JavaScript.
 * It costs about as much a field as the kernels cost a row, and only columns that need it pay.
 */
import { type Cell, columnOf } from "../columnCells.ts";
import type { ColumnVector } from "../columns.ts";
import type { CellReader } from "../reading/cellReader.ts";
import { fieldText } from "../reading/fieldText.ts";
import type { ColumnSpec } from "../rowBuilder.ts";
import type { Arena } from "./kernels.ts";

export const ENTRY_BYTES = 8;
export const WORD_BYTES = 4;

/** Where the kernel has put what it found of a window. */
export interface Entries {
  readonly arena: Arena;
  readonly input: number;
  readonly fields: number;
  readonly width: number;
  readonly rows: number;
}

/** Where a column's fields are: entries as assembly/csvScan.ts stores them. */
export interface FieldsOf {
  /** All of linear memory. */
  readonly memory: Uint8Array;
  readonly input: number;
  readonly entries: Uint32Array;
  readonly width: number;
  readonly position: number;
}

/** Valid until linear memory grows. */
export const fieldsOf = (
  { arena, input, fields, width, rows }: Entries,
  position: number,
): FieldsOf => {
  const memory = arena.bytes(0, arena.kernels.memory.buffer.byteLength);
  const entries = arena.words(fields, (rows * width * ENTRY_BYTES) / WORD_BYTES);
  return { memory, input, entries, width, position };
};

const KIND_SHIFT = 30;
const LENGTH_MASK = (1 << KIND_SHIFT) - 1;
const PLAIN = 0;
const WITH_DOUBLED_QUOTES = 2;

/** The text of a field, and whether it stood in quotes. */
export const fieldAt = (
  { memory, input, entries, width, position }: FieldsOf,
  row: number,
): { readonly text: string; readonly quoted: boolean } => {
  const at = (row * width + position) * 2;
  const from = input + (entries[at] ?? 0);
  const word = entries[at + 1] ?? 0;
  const kind = word >>> KIND_SHIFT;
  const text = fieldText(memory, from, from + (word & LENGTH_MASK));
  const quoted = kind !== PLAIN;
  return { text: kind === WITH_DOUBLED_QUOTES ? text.replaceAll('""', '"') : text, quoted };
};

/** The column, and the rows (from 0) whose field does not fit: they are null. */
export const readCells = (
  fields: FieldsOf,
  rows: number,
  { name, type }: ColumnSpec,
  read: CellReader,
): { readonly column: ColumnVector; readonly misfits: readonly number[] } => {
  const cells: Cell[] = [];
  const misfits: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    const { text, quoted } = fieldAt(fields, row);
    const cell = read(text, quoted);
    if (cell === undefined) misfits.push(row);
    cells.push(cell ?? null);
  }
  return { column: columnOf(name, type, cells), misfits };
};

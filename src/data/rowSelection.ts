/** Rows of a chunk left out, as when bad ones are diverted: the others move together. */
import { assertNever } from "../domain/decider.ts";
import type { ColumnChunk, ColumnVector, TextColumn } from "./columns.ts";

export interface Selection {
  readonly chunk: ColumnChunk;
  /** 1-based data row number of each row that is left; null when they are all there. */
  readonly row_numbers: Int32Array | null;
}

/** The rows whose byte in `dropped` is not 1; null drops none. */
export const withoutRows = (chunk: ColumnChunk, dropped: Uint8Array | null): Selection => {
  if (dropped === null || !dropped.includes(1)) return { chunk, row_numbers: null };
  const runs = keptRuns(dropped, chunk.rows);
  const rows = runs.reduce((sum, { from, to }) => sum + to - from, 0);
  const row_numbers = new Int32Array(rows);
  let at = 0;
  for (const { from, to } of runs)
    for (let row = from; row < to; row += 1) {
      row_numbers[at] = chunk.first_row + row;
      at += 1;
    }
  const columns = chunk.columns.map((column) => selected(column, runs, rows));
  return { chunk: { first_row: chunk.first_row, rows, columns }, row_numbers };
};

interface Run {
  readonly from: number;
  readonly to: number;
}

/** Neighbours are copied together. */
const keptRuns = (dropped: Uint8Array, rows: number): readonly Run[] => {
  const runs: Run[] = [];
  let from = 0;
  for (let row = 0; row <= rows; row += 1) {
    if (row < rows && dropped[row] !== 1) continue;
    if (row > from) runs.push({ from, to: row });
    from = row + 1;
  }
  return runs;
};

const selected = (column: ColumnVector, runs: readonly Run[], rows: number): ColumnVector => {
  const valid = column.valid === null ? null : gather(column.valid, new Uint8Array(rows), runs);
  switch (column.type) {
    case "string":
    case "decimal":
      return { ...column, valid, ...gatherTexts(column, runs, rows) };
    case "int":
    case "datetime":
      return { ...column, valid, values: gather(column.values, new BigInt64Array(rows), runs) };
    case "float":
      return { ...column, valid, values: gather(column.values, new Float64Array(rows), runs) };
    case "date":
      return { ...column, valid, values: gather(column.values, new Int32Array(rows), runs) };
    case "boolean":
      return { ...column, valid, values: gather(column.values, new Uint8Array(rows), runs) };
    default:
      return assertNever(column);
  }
};

/** What all arrays of values have in common. */
interface Values<Self> {
  subarray(from: number, to: number): Self;
  set(values: Self, at: number): void;
}

const gather = <Array extends Values<Array>>(
  values: Array,
  into: Array,
  runs: readonly Run[],
): Array => {
  let at = 0;
  for (const { from, to } of runs) {
    into.set(values.subarray(from, to), at);
    at += to - from;
  }
  return into;
};

const gatherTexts = (
  { offsets, bytes }: TextColumn,
  runs: readonly Run[],
  rows: number,
): Pick<TextColumn, "offsets" | "bytes"> => {
  const moved = new Int32Array(rows + 1);
  let at = 0;
  let size = 0;
  for (const { from, to } of runs) {
    const shift = size - (offsets[from] ?? 0);
    for (let row = from; row < to; row += 1) {
      at += 1;
      moved[at] = (offsets[row + 1] ?? 0) + shift;
    }
    size = moved[at] ?? 0;
  }
  const texts = new Uint8Array(size);
  let end = 0;
  for (const { from, to } of runs) {
    const run = bytes.subarray(offsets[from], offsets[to]);
    texts.set(run, end);
    end += run.length;
  }
  return { offsets: moved, bytes: texts };
};

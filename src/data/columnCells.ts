/**
 * Between cells and columns: a value at a time, for tests and for the paths that few rows take
 * (previews, quarantine files). What passes every row works on the columns' arrays instead.
 */
import { assertNever, invariant } from "../domain/decider.ts";
import type { ColumnType, Schema } from "../domain/table.ts";
import type { ColumnChunk, ColumnVector, TextColumn } from "./columns.ts";
import { decodeText, TextBuilder } from "./textBuilder.ts";

/**
 * One value, by the column's type:
 * int -> bigint (64 bit, signed) · float -> number · decimal -> string in canonical form
 * (`-12.30` keeps its digits, no exponent, no plus sign) · string -> string · boolean -> boolean ·
 * date -> number (days since 1970-01-01) · datetime -> bigint (microseconds since
 * 1970-01-01T00:00:00Z). null is a missing value of any type.
 */
export type Cell = null | bigint | number | string | boolean;

/** Whether there is no value at that row, from 0. */
export const isNullAt = (column: ColumnVector, row: number): boolean =>
  column.valid !== null && column.valid[row] === 0;

/** The text at a row of a text column; empty where there is no value. */
export const textAt = ({ offsets, bytes }: TextColumn, row: number): string =>
  decodeText(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);

/** The cell at a row, from 0, below the column's number of rows. */
export const cellAt = (column: ColumnVector, row: number): Cell => {
  if (isNullAt(column, row)) return null;
  switch (column.type) {
    case "string":
    case "decimal":
      return textAt(column, row);
    case "boolean":
      return column.values[row] === 1;
    case "int":
    case "float":
    case "date":
    case "datetime":
      return column.values[row] ?? null;
    default:
      return assertNever(column);
  }
};

/** The first `rows` cells of a column. */
export const cellsOf = (column: ColumnVector, rows: number): readonly Cell[] =>
  Array.from({ length: rows }, (_, row) => cellAt(column, row));

/** The column of those cells, each of the column's type or null; throws for any other. */
export const columnOf = (name: string, type: ColumnType, cells: readonly Cell[]): ColumnVector => {
  const valid = cells.includes(null)
    ? Uint8Array.from(cells, (cell) => Number(cell !== null))
    : null;
  switch (type) {
    case "string":
    case "decimal":
      return { name, type, valid, ...textsOf(cells) };
    case "boolean":
      return { name, type, valid, values: Uint8Array.from(cells, (cell) => Number(flag(cell))) };
    case "float":
      return { name, type, valid, values: Float64Array.from(cells, number) };
    case "date":
      return { name, type, valid, values: Int32Array.from(cells, number) };
    case "int":
    case "datetime":
      return { name, type, valid, values: BigInt64Array.from(cells, integer) };
    default:
      return assertNever(type);
  }
};

/** A chunk of the schema's columns from its rows, each with a cell for every column. */
export const chunkOfRows = (
  schema: Schema,
  rows: readonly (readonly Cell[])[],
  first_row = 1,
): ColumnChunk => ({
  first_row,
  rows: rows.length,
  columns: Object.entries(schema).map(([name, type], index) =>
    columnOf(
      name,
      type,
      rows.map((row) => row[index] ?? null),
    ),
  ),
});

/** The rows of a chunk, a cell for every column in each. */
export const rowsOf = ({ columns, rows }: ColumnChunk): readonly (readonly Cell[])[] =>
  Array.from({ length: rows }, (_, row) => columns.map((column) => cellAt(column, row)));

const textsOf = (cells: readonly Cell[]): Pick<TextColumn, "offsets" | "bytes"> => {
  const builder = new TextBuilder(cells.length);
  for (const cell of cells) {
    builder.text(text(cell));
    builder.endText();
  }
  return builder.texts();
};

const text = (cell: Cell): string => {
  invariant(cell === null || typeof cell === "string", "a text cell is a string");
  return cell ?? "";
};

const flag = (cell: Cell): boolean => {
  invariant(cell === null || typeof cell === "boolean", "a boolean cell is a boolean");
  return cell ?? false;
};

const number = (cell: Cell): number => {
  invariant(cell === null || typeof cell === "number", "a float or date cell is a number");
  return cell ?? 0;
};

const integer = (cell: Cell): bigint => {
  invariant(cell === null || typeof cell === "bigint", "an int or datetime cell is a bigint");
  return cell ?? 0n;
};

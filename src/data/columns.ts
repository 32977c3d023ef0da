/**
 * Rows in motion as columns of bytes and numbers, a few thousand rows at a time: no object a cell.
 * Readers make chunks, rules and strategies read them, writers consume them. The layout is that of
 * Apache Arrow, but for validity, which takes a byte a row here.
 */
import type { ColumnType } from "../domain/table.ts";

interface ColumnBase {
  readonly name: string;
  readonly type: ColumnType;
  /** A byte a row, 1 where there is a value and 0 for a null; null when no row is null. */
  readonly valid: Uint8Array | null;
}

/** 64-bit signed integers; a datetime is microseconds since 1970-01-01T00:00:00Z. */
export interface Int64Column extends ColumnBase {
  readonly type: "int" | "datetime";
  readonly values: BigInt64Array;
}

export interface FloatColumn extends ColumnBase {
  readonly type: "float";
  readonly values: Float64Array;
}

/** Days since 1970-01-01. */
export interface DateColumn extends ColumnBase {
  readonly type: "date";
  readonly values: Int32Array;
}

/** 1 for true, 0 for false. */
export interface BooleanColumn extends ColumnBase {
  readonly type: "boolean";
  readonly values: Uint8Array;
}

/**
 * Well-formed UTF-8. Row `n` is `bytes[offsets[n]..offsets[n + 1])`; a null row is empty. A decimal
 * is its canonical text (`-12.30` keeps its digits, no exponent, no plus sign).
 */
export interface TextColumn extends ColumnBase {
  readonly type: "string" | "decimal";
  /** `rows + 1` of them, ascending. */
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** Values at null rows are of no meaning: ask `valid` before. */
export type ColumnVector = Int64Column | FloatColumn | DateColumn | BooleanColumn | TextColumn;

export interface ColumnChunk {
  /** 1-based number of the first data row. */
  readonly first_row: number;
  readonly rows: number;
  /** In the order of the schema, each of `rows` rows. Valid until the next chunk is asked for. */
  readonly columns: readonly ColumnVector[];
}

/** Rows gathered before a chunk is handed on: the bound of memory on every path. */
export const CHUNK_ROWS = 4096;

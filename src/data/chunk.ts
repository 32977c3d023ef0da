/**
 * Rows in motion: a few thousand at a time, by column. Every reader makes chunks, every rule and
 * strategy reads them, every writer consumes them.
 */
import type { ColumnType } from "../domain/table.ts";

/**
 * One value, by the column's type:
 * int -> bigint (64 bit, signed) · float -> number · decimal -> string in canonical form
 * (`-12.30` keeps its digits, no exponent, no plus sign) · string -> string · boolean -> boolean ·
 * date -> number (days since 1970-01-01) · datetime -> bigint (microseconds since
 * 1970-01-01T00:00:00Z). null is a missing value of any type.
 */
export type Cell = null | bigint | number | string | boolean;

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly cells: readonly Cell[];
}

export interface Chunk {
  /** 1-based number of the first data row. */
  readonly first_row: number;
  readonly rows: number;
  /** In the order of the schema, each with `rows` cells. */
  readonly columns: readonly Column[];
}

/** Rows gathered before a chunk is handed on: the bound of memory on every path. */
export const CHUNK_ROWS = 4096;

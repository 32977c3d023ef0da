/**
 * Rows in motion: a few thousand at a time, by column. Every reader makes chunks, every rule and
 * strategy reads them, every writer consumes them.
 */
import type { ColumnType } from "../domain/table.ts";
import type { Cell } from "./columnCells.ts";

export type { Cell };

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

/**
 * Gathers rows, cell by cell, into chunks for the formats that come that way: as many as CHUNK_ROWS, or fewer when their texts are long, so that a
 * chunk's memory has a bound whatever the file holds.
 */
import { assertNever } from "../domain/decider.ts";
import type { ColumnType, Schema } from "../domain/table.ts";
import { type Cell, columnOf } from "./columnCells.ts";
import { CHUNK_ROWS, type ColumnChunk, type ColumnVector } from "./columns.ts";

/** Characters of text after which a chunk is handed on, however few its rows are. */
export const MAX_CHUNK_CHARS = 8 * 1024 * 1024;

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
}

export const columnSpecs = (schema: Schema): readonly ColumnSpec[] =>
  Object.entries(schema).map(([name, type]) => ({ name, type }));

export class RowBuilder {
  readonly #columns: readonly ColumnSpec[];
  #cells: Cell[][];
  #firstRow: number;
  #rows = 0;
  #chars = 0;

  constructor(columns: readonly ColumnSpec[], first_row = 1) {
    this.#columns = columns;
    this.#firstRow = first_row;
    this.#cells = columns.map(() => []);
  }

  get full(): boolean {
    return this.#rows >= CHUNK_ROWS || this.#chars >= MAX_CHUNK_CHARS;
  }

  get empty(): boolean {
    return this.#rows === 0;
  }

  /** 1-based number of the row that `endRow` will complete. */
  get row(): number {
    return this.#firstRow + this.#rows;
  }

  /** Every column gets exactly one cell before `endRow`. */
  put(column: number, cell: Cell): void {
    this.#cells[column]?.push(cell);
    if (typeof cell === "string") this.#chars += cell.length;
  }

  endRow(): void {
    this.#rows += 1;
  }

  /** Completes a row of nulls: its cells could not be told apart. */
  putNullRow(): void {
    for (const cells of this.#cells) cells.push(null);
    this.#rows += 1;
  }

  /** Hands over the rows gathered so far. */
  take(): ColumnChunk {
    const chunk: ColumnChunk = {
      first_row: this.#firstRow,
      rows: this.#rows,
      columns: this.#columns.map(({ name, type }, index) =>
        columnOf(name, type, this.#cells[index] ?? []),
      ),
    };
    this.#firstRow += this.#rows;
    this.#rows = 0;
    this.#chars = 0;
    this.#cells = this.#columns.map(() => []);
    return chunk;
  }
}

/** A column of so many nulls. */
export const nullColumn = ({ name, type }: ColumnSpec, rows: number): ColumnVector => {
  const valid = new Uint8Array(rows);
  switch (type) {
    case "string":
    case "decimal":
      return { name, type, valid, offsets: new Int32Array(rows + 1), bytes: new Uint8Array(0) };
    case "int":
    case "datetime":
      return { name, type, valid, values: new BigInt64Array(rows) };
    case "float":
      return { name, type, valid, values: new Float64Array(rows) };
    case "date":
      return { name, type, valid, values: new Int32Array(rows) };
    case "boolean":
      return { name, type, valid, values: new Uint8Array(rows) };
    default:
      return assertNever(type);
  }
};

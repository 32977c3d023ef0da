/**
 * The rows of a Parquet row group while they gather, column by column. Buffers grow to what a full
 * group takes and are used again for the next one.
 */
import { assertNever, invariant } from "../domain/decider.ts";
import type { ColumnChunk, ColumnVector, TextColumn } from "./columns.ts";
import type { ColumnSpec } from "./rowBuilder.ts";

/** Rows of a row group: what its readers skip or read as a whole. */
export const ROW_GROUP_ROWS = 65_536;

/** Cells of a row group: one of very many columns has fewer rows. */
export const ROW_GROUP_CELLS = 2 ** 21;

/** A row group of long texts ends early, with the row that brings them to so many bytes. */
export const ROW_GROUP_TEXT_BYTES = 8 * 1024 * 1024;

export class RowGroup {
  readonly #columns: readonly GrowingColumn[];
  readonly #most: number;
  #rows = 0;
  #textBytes = 0;

  constructor(columns: readonly ColumnSpec[]) {
    this.#columns = columns.map((column) => new GrowingColumn(column));
    const rows = Math.floor(ROW_GROUP_CELLS / Math.max(1, columns.length));
    this.#most = Math.max(1, Math.min(ROW_GROUP_ROWS, rows));
  }

  get rows(): number {
    return this.#rows;
  }

  get full(): boolean {
    return this.#rows >= this.#most || this.#textBytes >= ROW_GROUP_TEXT_BYTES;
  }

  /**
   * Takes rows of a chunk from `from` on, as many as belong into this group: where groups end
   * depends on the rows alone, not on how they are cut into chunks. Returns the row after the last.
   */
  append(chunk: ColumnChunk, from: number): number {
    const most = Math.min(chunk.rows, from + this.#most - this.#rows);
    const texts = chunk.columns.filter(isText);
    const bytesUntil = (row: number) =>
      texts.reduce((sum, { offsets }) => sum + (offsets[row] ?? 0) - (offsets[from] ?? 0), 0);
    let to = most;
    const room = ROW_GROUP_TEXT_BYTES - this.#textBytes;
    if (bytesUntil(most) >= room) {
      let low = from + 1;
      while (low < to) {
        const middle = (low + to) >> 1;
        if (bytesUntil(middle) >= room) to = middle;
        else low = middle + 1;
      }
    }
    for (const [index, column] of chunk.columns.entries()) {
      this.#columns[index]?.append(column, from, to, this.#rows);
    }
    this.#rows += to - from;
    this.#textBytes += bytesUntil(to);
    return to;
  }

  /** One column of the group, valid until rows are appended again. */
  column(index: number): ColumnVector {
    const column = this.#columns[index];
    invariant(column !== undefined, "a group has the columns it was made for");
    return column.vector(this.#rows);
  }

  clear(): void {
    this.#rows = 0;
    this.#textBytes = 0;
    for (const column of this.#columns) column.clear();
  }
}

const isText = (column: ColumnVector): column is TextColumn =>
  column.type === "string" || column.type === "decimal";

const FIRST_ROWS = 4096;

class GrowingColumn {
  readonly #spec: ColumnSpec;
  /** Fixed values, or bytes of text. */
  #bytes = new Uint8Array(0);
  #filled = 0;
  #offsets = new Int32Array(FIRST_ROWS + 1);
  #valid = new Uint8Array(0);
  #hasNulls = false;

  constructor(spec: ColumnSpec) {
    this.#spec = spec;
  }

  append(column: ColumnVector, from: number, to: number, rows: number): void {
    if (column.valid?.subarray(from, to).includes(0)) {
      this.#needValid(rows);
    }
    if (this.#hasNulls) {
      this.#valid = withRoom(this.#valid, rows, rows + to - from);
      if (column.valid === null) this.#valid.fill(1, rows, rows + to - from);
      else this.#valid.set(column.valid.subarray(from, to), rows);
    }
    if (isText(column)) this.#appendText(column, from, to, rows);
    else {
      const { buffer, byteOffset, BYTES_PER_ELEMENT: size } = column.values;
      this.#appendBytes(new Uint8Array(buffer, byteOffset + from * size, (to - from) * size));
    }
  }

  vector(rows: number): ColumnVector {
    const { name, type } = this.#spec;
    const valid = this.#hasNulls ? this.#valid.subarray(0, rows) : null;
    const { buffer } = this.#bytes;
    switch (type) {
      case "string":
      case "decimal":
        return {
          name,
          type,
          valid,
          offsets: this.#offsets.subarray(0, rows + 1),
          bytes: this.#bytes.subarray(0, this.#filled),
        };
      case "int":
      case "datetime":
        return { name, type, valid, values: new BigInt64Array(buffer, 0, rows) };
      case "float":
        return { name, type, valid, values: new Float64Array(buffer, 0, rows) };
      case "date":
        return { name, type, valid, values: new Int32Array(buffer, 0, rows) };
      case "boolean":
        return { name, type, valid, values: new Uint8Array(buffer, 0, rows) };
      default:
        return assertNever(type);
    }
  }

  clear(): void {
    this.#filled = 0;
    this.#hasNulls = false;
  }

  #needValid(rows: number): void {
    if (this.#hasNulls) return;
    this.#hasNulls = true;
    this.#valid = withRoom(this.#valid, 0, rows);
    this.#valid.fill(1, 0, rows);
  }

  #appendText({ offsets, bytes }: TextColumn, from: number, to: number, rows: number): void {
    const start = offsets[from] ?? 0;
    if (this.#offsets.length <= rows + to - from) {
      const larger = new Int32Array(Math.max(2 * this.#offsets.length, rows + to - from + 1));
      larger.set(this.#offsets.subarray(0, rows + 1));
      this.#offsets = larger;
    }
    const shift = this.#filled - start;
    for (let row = from; row <= to; row += 1) {
      this.#offsets[rows + row - from] = (offsets[row] ?? 0) + shift;
    }
    this.#appendBytes(bytes.subarray(start, offsets[to]));
  }

  #appendBytes(bytes: Uint8Array): void {
    this.#bytes = withRoom(this.#bytes, this.#filled, this.#filled + bytes.length);
    this.#bytes.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }
}

/** Grows by doubling; whole words of 8 bytes, so that a view of any type fits. */
const withRoom = (
  bytes: Uint8Array<ArrayBuffer>,
  filled: number,
  needed: number,
): Uint8Array<ArrayBuffer> => {
  if (needed <= bytes.length) return bytes;
  const larger = new Uint8Array((Math.max(needed, 2 * bytes.length, FIRST_ROWS) + 7) & ~7);
  larger.set(bytes.subarray(0, filled));
  return larger;
};

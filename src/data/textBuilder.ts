/** Gathers the texts of a column, one after the other, in arrays that grow and are kept. */

import type { TextColumn } from "./columns.ts";

/** Texts as a column has them: row `n` is `bytes[offsets[n]..offsets[n + 1])`. */
export type Texts = Pick<TextColumn, "offsets" | "bytes">;

const encoder = new TextEncoder();
const MAX_UTF8_BYTES_PER_UNIT = 3;
const ASCII = 0x80;

/** A byte order mark within a table is a character like any other. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The string at `bytes[from..to)`, which is well-formed UTF-8. */
export const decodeText = (bytes: Uint8Array, from: number, to: number): string =>
  decoder.decode(bytes.subarray(from, to));

export class TextBuilder {
  /** Where the text that is being written begins and ends; write at `end`, then `endText`. */
  bytes: Uint8Array;
  end = 0;
  #offsets: Int32Array;
  #rows = 0;

  constructor(rows: number, bytes = 16 * rows) {
    this.#offsets = new Int32Array(rows + 1);
    this.bytes = new Uint8Array(Math.max(64, bytes));
  }

  /** Texts that are complete. */
  get rows(): number {
    return this.#rows;
  }

  /** Makes room for so many more bytes: to be called before writing to `bytes`. */
  reserve(length: number): void {
    if (this.end + length <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.end + length));
    grown.set(this.bytes.subarray(0, this.end));
    this.bytes = grown;
  }

  /** Appends a byte to the present text. */
  byte(value: number): void {
    if (this.end === this.bytes.length) this.reserve(1);
    this.bytes[this.end] = value;
    this.end += 1;
  }

  /** Appends `source[from..to)` to the present text. */
  copy(source: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.reserve(length);
    const { bytes, end } = this;
    // A call costs more than a few bytes do.
    if (length > 32) bytes.set(source.subarray(from, to), end);
    else
      for (let index = 0; index < length; index += 1)
        bytes[end + index] = source[from + index] ?? 0;
    this.end = end + length;
  }

  /** Appends a well-formed string to the present text. */
  text(value: string): void {
    this.reserve(value.length * MAX_UTF8_BYTES_PER_UNIT);
    const { bytes, end } = this;
    for (let index = 0; index < value.length; index += 1) {
      const unit = value.charCodeAt(index);
      if (unit >= ASCII) {
        this.end += encoder.encodeInto(value, bytes.subarray(end)).written;
        return;
      }
      bytes[end + index] = unit;
    }
    this.end = end + value.length;
  }

  /** Completes the present text, maybe an empty one. */
  endText(): void {
    this.#rows += 1;
    if (this.#rows >= this.#offsets.length) {
      const grown = new Int32Array(2 * this.#offsets.length);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[this.#rows] = this.end;
  }

  /** Where text `row` begins; that of the text after the last is where the last one ends. */
  startOf(row: number): number {
    return this.#offsets[row] ?? 0;
  }

  /** The texts gathered so far; the builder's own arrays, to be read only. */
  texts(): Texts {
    return {
      offsets: this.#offsets.subarray(0, this.#rows + 1),
      bytes: this.bytes.subarray(0, this.end),
    };
  }
}

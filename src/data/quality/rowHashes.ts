/**
 * One keyed hash a row over the columns of a `unique` rule: HMAC-SHA-256 under the lake's key for
 * that purpose, cut to 64 bits. Keyed, because hashes are kept where values are not.
 */
import type { ColumnVector } from "../columns.ts";
import { textsOf } from "../columnTexts.ts";
import { keyedDigests } from "../kernels/keyedHash.ts";
import { TextBuilder, type Texts } from "../textBuilder.ts";
import { significantEnd } from "./textOrder.ts";

/** 32-bit words of a digest. */
const DIGEST_WORDS = 8;

export interface RowHashes {
  /** The words of a row's hash. */
  high(row: number): number;
  low(row: number): number;
  /** Rows with a null in one of the columns take no part. */
  takesPart(row: number): boolean;
}

/** Equal for rows whose values are equal in every column, and else different. */
export const rowHashes = (
  columns: readonly ColumnVector[],
  rows: number,
  key: Uint8Array,
): RowHashes => {
  const digests = keyedDigests(key, messages(columns, rows), rows);
  const validities = columns.flatMap(({ valid }) => (valid === null ? [] : [valid]));
  const words = new Uint32Array(digests.buffer, digests.byteOffset, rows * DIGEST_WORDS);
  return {
    high: (row) => words[row * DIGEST_WORDS] ?? 0,
    low: (row) => words[row * DIGEST_WORDS + 1] ?? 0,
    takesPart: (row) => validities.every((valid) => valid[row] !== 0),
  };
};

/** Of several parts each carries its length before it; a text alone is its own message. */
const messages = (columns: readonly ColumnVector[], rows: number): Texts => {
  const parts = columns.map((column) => comparable(column, rows));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const builder = new TextBuilder(rows);
  for (let row = 0; row < rows; row += 1) {
    for (const { offsets, bytes } of parts) {
      const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
      for (let shift = 24; shift >= 0; shift -= 8) builder.byte(((to - from) >>> shift) & 0xff);
      builder.copy(bytes, from, to);
    }
    builder.endText();
  }
  return builder.texts();
};

/** The same text for values that are equal: `1.0` and `1.00`, 0 and -0. */
export const comparable = (column: ColumnVector, rows: number): Texts => {
  if (column.type === "float")
    return textsOf({ ...column, values: column.values.map((value) => value + 0) }, rows);
  const texts = textsOf(column, rows);
  if (column.type !== "decimal") return texts;
  const { offsets, bytes } = texts;
  const builder = new TextBuilder(rows, bytes.length);
  for (let row = 0; row < rows; row += 1) {
    const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
    builder.copy(bytes, from, significantEnd(bytes, from, to));
    builder.endText();
  }
  return builder.texts();
};

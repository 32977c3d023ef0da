/**
 * Rules on columns of text, over their bytes. Only `matches` needs a JavaScript string, and only
 * for values that have not come by lately.
 */

import { ByteSet } from "../byteSet.ts";
import type { TextColumn } from "../columns.ts";
import { decodeText } from "../textBuilder.ts";
import type { Judge } from "./numberChecks.ts";
import { compareBytes, compareDecimalBytes, significantEnd } from "./textOrder.ts";

const encoder = new TextEncoder();

/** Orders compare a value with an operand and say whether it passes. */
export interface TextBound {
  readonly operand: string;
  readonly passes: (order: number) => boolean;
}

/** Values that pass every bound; decimals by their value, strings by code point. */
export const textsWithin = (
  bounds: readonly TextBound[],
  type: TextColumn["type"],
): Judge<TextColumn> => {
  const compare = type === "decimal" ? compareDecimalBytes : compareBytes;
  const prepared = bounds.map(({ operand, passes }) => ({
    operand: encoder.encode(operand),
    passes,
  }));
  return ({ offsets, bytes, valid }, rows, fails) => {
    fails.fill(0, 0, rows);
    for (const { operand, passes } of prepared) {
      for (let row = 0; row < rows; row += 1) {
        if (valid?.[row] === 0) continue;
        const order = compare(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0, operand);
        if (!passes(order)) fails[row] = 1;
      }
    }
  };
};

/** Decimals are members by value: `1.0` is in `1,2`. */
export const textsAmong = (
  members: readonly string[],
  type: TextColumn["type"],
  wanted: boolean,
): Judge<TextColumn> => {
  const known = new ByteSet();
  for (const member of members) {
    const bytes = encoder.encode(member);
    known.add(bytes, 0, bytes.length);
  }
  const isDecimal = type === "decimal";
  return ({ offsets, bytes }, rows, fails) => {
    for (let row = 0; row < rows; row += 1) {
      const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
      const end = isDecimal ? significantEnd(bytes, from, to) : to;
      fails[row] = known.find(bytes, from, end) >= 0 === wanted ? 0 : 1;
    }
  };
};

const MAX_UTF8_BYTES = 4;

/** Lengths in code points: counted only where the number of bytes does not decide. */
export const textsOfLength =
  (min: number, max: number): Judge<TextColumn> =>
  ({ offsets, bytes }, rows, fails) => {
    for (let row = 0; row < rows; row += 1) {
      const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
      const size = to - from;
      const fewest = Math.ceil(size / MAX_UTF8_BYTES);
      if (size < min || fewest > max) fails[row] = 1;
      else if (size <= max && fewest >= min) fails[row] = 0;
      else {
        const length = codePointsIn(bytes, from, to);
        fails[row] = length >= min && length <= max ? 0 : 1;
      }
    }
  };

/** Code points of well-formed UTF-8: every byte but continuation bytes begins one. */
export const codePointsIn = (bytes: Uint8Array, from: number, to: number): number => {
  let count = 0;
  for (let index = from; index < to; index += 1)
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) count += 1;
  return count;
};

/** Distinct values whose match is remembered, and how long one may be, in bytes. */
const MAX_KNOWN = 8192;
const MAX_KNOWN_BYTES = 128;

/** Values that the pattern fits wholly; the latest distinct ones are matched once. */
export const textsMatching = (matches: (text: string) => boolean): Judge<TextColumn> => {
  const known = new ByteSet();
  const outcomes = new Uint8Array(MAX_KNOWN);
  return (column, rows, fails) => {
    const { offsets, bytes, valid } = column;
    const text = textReader(column, rows);
    for (let row = 0; row < rows; row += 1) {
      if (valid?.[row] === 0) continue;
      const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
      if (to - from > MAX_KNOWN_BYTES) {
        fails[row] = matches(text(from, to)) ? 0 : 1;
        continue;
      }
      if (known.size === MAX_KNOWN) known.clear();
      const size = known.size;
      const number = known.add(bytes, from, to);
      if (known.size > size) outcomes[number] = matches(text(from, to)) ? 0 : 1;
      fails[row] = outcomes[number] ?? 0;
    }
  };
};

/**
 * The texts of a column as strings: all are decoded at once when the first is asked for, because a
 * call for each costs more than the text. Where they are ASCII, offsets of bytes are offsets of
 * characters.
 */
const textReader = ({ offsets, bytes }: TextColumn, rows: number) => {
  let all: string | undefined;
  const end = offsets[rows] ?? 0;
  return (from: number, to: number): string => {
    all ??= decodeText(bytes, 0, end);
    return all.length === end ? all.slice(from, to) : decodeText(bytes, from, to);
  };
};

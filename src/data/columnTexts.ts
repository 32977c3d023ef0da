/**
 * A column's values as texts, spelt as `toText` spells them, in bytes: what keyed hashes, masks and
 * ranges work on, whatever the column's type. Integers and times never become BigInts or strings
 * on the way, but for the few beyond 2^53.
 */
import { assertNever } from "../domain/decider.ts";
import { formatDate } from "./calendar.ts";
import type { ColumnVector, Int64Column, TextColumn } from "./columns.ts";
import { TextBuilder, type Texts } from "./textBuilder.ts";
import { toText } from "./types.ts";

/** One text a row; empty at nulls. A text column's own arrays, for others new ones. */
export const textsOf = (column: ColumnVector, rows: number): Texts => {
  if ("offsets" in column) return column;
  const builder = new TextBuilder(rows);
  const write = writerOf(column, builder);
  const { valid } = column;
  for (let row = 0; row < rows; row += 1) {
    if (valid === null || valid[row] === 1) write(row);
    builder.endText();
  }
  return builder.texts();
};

type Numeric = Exclude<ColumnVector, TextColumn>;

const writerOf = (column: Numeric, builder: TextBuilder): ((row: number) => void) => {
  switch (column.type) {
    case "int":
      return integerWriter(column, builder);
    case "datetime":
      return datetimeWriter(column, builder);
    case "date":
      return (row) => builder.text(dateText(column.values[row] ?? 0));
    case "float":
      return (row) => builder.text(toText(column.values[row] ?? 0, "float"));
    case "boolean":
      return (row) => builder.text(column.values[row] === 1 ? "true" : "false");
    default:
      return assertNever(column);
  }
};

const WORD = 2 ** 32;
/** Below this, a higher word and its lower one are a safe integer together. */
const SAFE_HIGH = 2 ** 21;

/** Value `n` is words `2n` (unsigned) and `2n + 1` (signed): every platform is little-endian. */
export const wordsIn = ({ values }: Int64Column) => ({
  low: new Uint32Array(values.buffer, values.byteOffset, 2 * values.length),
  high: new Int32Array(values.buffer, values.byteOffset, 2 * values.length),
});

const integerWriter = (column: Int64Column, builder: TextBuilder) => {
  const { low, high } = wordsIn(column);
  return (row: number): void => {
    const upper = high[2 * row + 1] ?? 0;
    if (upper >= -SAFE_HIGH && upper < SAFE_HIGH)
      writeInteger(builder, upper * WORD + (low[2 * row] ?? 0));
    else builder.text(String(column.values[row]));
  };
};

const ZERO = 0x30;
const MINUS = 0x2d;
const MAX_SAFE_DIGITS = 16;

/** A safe integer in decimal. */
const writeInteger = (builder: TextBuilder, value: number): void => {
  builder.reserve(MAX_SAFE_DIGITS + 1);
  const { bytes } = builder;
  let rest = Math.abs(value);
  if (value < 0) bytes[builder.end++] = MINUS;
  const from = builder.end;
  do {
    const quotient = Math.floor(rest / 10);
    bytes[builder.end++] = ZERO + rest - quotient * 10;
    rest = quotient;
  } while (rest > 0);
  bytes.subarray(from, builder.end).reverse();
};

/** Days repeat: the spellings of the latest distinct ones. */
const MAX_KNOWN_DAYS = 4096;
const knownDays = new Map<number, string>();

const dateText = (days: number): string => {
  const known = knownDays.get(days);
  if (known !== undefined) return known;
  const text = formatDate(days);
  if (knownDays.size >= MAX_KNOWN_DAYS) knownDays.clear();
  knownDays.set(days, text);
  return text;
};

const MICROS_PER_SECOND = 1_000_000;
const SECONDS_PER_DAY = 86_400;
/** 2^32 microseconds in whole seconds, and what is left of them. */
const WORD_SECONDS = Math.floor(WORD / MICROS_PER_SECOND);
const WORD_MICROS = WORD % MICROS_PER_SECOND;

const datetimeWriter = (column: Int64Column, builder: TextBuilder) => {
  const { low, high } = wordsIn(column);
  return (row: number): void => {
    const upper = high[2 * row + 1] ?? 0;
    const rest = upper * WORD_MICROS + (low[2 * row] ?? 0);
    const seconds = upper * WORD_SECONDS + Math.floor(rest / MICROS_PER_SECOND);
    const micros = rest - Math.floor(rest / MICROS_PER_SECOND) * MICROS_PER_SECOND;
    const days = Math.floor(seconds / SECONDS_PER_DAY);
    const ofDay = seconds - days * SECONDS_PER_DAY;
    builder.text(dateText(days));
    builder.byte(0x54);
    writeDigits(builder, Math.floor(ofDay / 3600), 2);
    builder.byte(0x3a);
    writeDigits(builder, Math.floor(ofDay / 60) % 60, 2);
    builder.byte(0x3a);
    writeDigits(builder, ofDay % 60, 2);
    if (micros > 0) {
      builder.byte(0x2e);
      if (micros % 1000 === 0) writeDigits(builder, micros / 1000, 3);
      else writeDigits(builder, micros, 6);
    }
    builder.byte(0x5a);
  };
};

const writeDigits = (builder: TextBuilder, value: number, width: number): void => {
  builder.reserve(width);
  let rest = value;
  for (let index = builder.end + width - 1; index >= builder.end; index -= 1) {
    builder.bytes[index] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  builder.end += width;
};

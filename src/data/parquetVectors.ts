/**
 * Columns from the values of a Parquet file: written straight into a column's arrays, no cell an
 * object that outlives its turn, text from byte to byte.
 */
import type { SchemaElement } from "hyparquet";
import { assertNever } from "../domain/decider.ts";
import type { ColumnType } from "../domain/table.ts";
import type { ColumnVector } from "./columns.ts";
import type { StoredValues } from "./parquetCursor.ts";
import { beyondMicros, type CellReader, cellReader, decimalOf, isText } from "./parquetTypes.ts";
import type { ColumnSpec } from "./rowBuilder.ts";
import { TextBuilder } from "./textBuilder.ts";
import { decodeUtf8 } from "./textInput.ts";

/** Rows of stored values, and what to do with one that does not fit. */
export interface Run {
  readonly values: StoredValues;
  /** The first row of them, and how many. */
  readonly from: number;
  readonly rows: number;
  /** `row`: from 0, counted from `from`. Such a value is a null. */
  readonly misfit: (row: number) => void;
  /** So many datetimes lost what they say beyond microseconds. */
  readonly cut: (count: number) => void;
}

export type VectorReader = (run: Run) => ColumnVector;

/** How to read a Parquet leaf as that column; undefined when they have nothing in common. */
export const vectorReader = (
  element: SchemaElement,
  spec: ColumnSpec,
): VectorReader | undefined => {
  const { name, type } = spec;
  const read = cellReader(element, type);
  if (read === undefined) return undefined;
  switch (type) {
    case "int":
    case "datetime": {
      const loses = type === "datetime" ? beyondMicros(element) : undefined;
      return (run) => {
        const values = new BigInt64Array(run.rows);
        let cut = 0;
        const valid = eachValue(run, (row, value) => {
          const cell = read(value);
          if (typeof cell !== "bigint") return false;
          values[row] = cell;
          if (loses?.(value)) cut += 1;
          return true;
        });
        run.cut(cut);
        return { name, type, valid, values };
      };
    }
    case "float": {
      return (run) => {
        const values = new Float64Array(run.rows);
        return { name, type, valid: eachValue(run, numbersInto(values, read)), values };
      };
    }
    case "date":
      return (run) => {
        const values = new Int32Array(run.rows);
        return { name, type, valid: eachValue(run, numbersInto(values, read)), values };
      };
    case "boolean":
      return (run) => {
        const values = new Uint8Array(run.rows);
        const valid = eachValue(run, (row, value) => {
          const cell = read(value);
          if (typeof cell !== "boolean") return false;
          values[row] = Number(cell);
          return true;
        });
        return { name, type, valid, values };
      };
    case "string":
    case "decimal": {
      const write = textWriter(element, type, read);
      return (run) => {
        const builder = new TextBuilder(run.rows);
        const ends = (row: number) => {
          // Rows before it that have no value.
          while (builder.rows < row) builder.endText();
        };
        const valid = eachValue(run, (row, value) => {
          ends(row);
          return write(value, builder);
        });
        ends(run.rows);
        return { name, type, valid, ...builder.texts() };
      };
    }
    default:
      return assertNever(type);
  }
};

/** Bytes of text that a stored value can bring at most, for the bound of a chunk. */
export const bytesOf = (value: unknown): number => (value instanceof Uint8Array ? value.length : 0);

/** Shows every value that is there to `store`, which says whether it fits; returns who is valid. */
const eachValue = (
  { values, from, rows, misfit }: Run,
  store: (row: number, value: unknown) => boolean,
): Uint8Array | null => {
  let valid: Uint8Array | null = null;
  for (let row = 0; row < rows; row += 1) {
    const value: unknown = values[from + row];
    if (value !== null && value !== undefined) {
      if (store(row, value)) continue;
      misfit(row);
    }
    valid ??= new Uint8Array(rows).fill(1);
    valid[row] = 0;
  }
  return valid;
};

const numbersInto =
  (values: Float64Array | Int32Array, read: CellReader) =>
  (row: number, value: unknown): boolean => {
    const cell = read(value);
    if (typeof cell !== "number") return false;
    values[row] = cell;
    return true;
  };

/** Appends a value's text to the present one; false, and nothing appended, when it does not fit. */
type TextWriter = (value: unknown, into: TextBuilder) => boolean;

const textWriter = (element: SchemaElement, type: ColumnType, read: CellReader): TextWriter => {
  if (type === "string" && isText(element)) return utf8;
  const decimal = type === "decimal" ? decimalOf(element) : null;
  const written = asRead(read);
  return decimal === null || decimal.scale > MAX_SHORT_SCALE
    ? written
    : shortDecimals(decimal.scale, written);
};

const asRead =
  (read: CellReader): TextWriter =>
  (value, into) => {
    const cell = read(value);
    if (typeof cell !== "string") return false;
    into.text(cell);
    return true;
  };

const ASCII = 0x80;

const utf8: TextWriter = (value, into) => {
  if (!(value instanceof Uint8Array)) return false;
  let seen = 0;
  for (let at = 0; at < value.length; at += 1) seen |= value[at] ?? 0;
  if (seen >= ASCII && decodeUtf8(value) === undefined) return false;
  into.copy(value, 0, value.length);
  return true;
};

/** With it and the digits of a safe integer a decimal is still one of Lethe's. */
const MAX_SHORT_SCALE = 20;
const MAX_SHORT_TEXT = 40;

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;

/** Of numbers that a float holds exactly, digit by digit; `others` writes the rest. */
const shortDecimals = (scale: number, others: TextWriter): TextWriter => {
  const digits = new Uint8Array(MAX_SHORT_TEXT);
  return (value, into) => {
    const units = safeUnits(value);
    if (units === null) return others(value, into);
    let at = MAX_SHORT_TEXT;
    let rest = Math.abs(units);
    for (let place = 0; rest > 0 || place <= scale; place += 1) {
      if (place === scale && scale > 0) {
        at -= 1;
        digits[at] = POINT;
      }
      at -= 1;
      digits[at] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    if (units < 0) {
      at -= 1;
      digits[at] = MINUS;
    }
    into.copy(digits, at, MAX_SHORT_TEXT);
    return true;
  };
};

const INT128_BYTES = 16;
const WORD = 2 ** 32;
const MAX_SAFE_HIGH = 2 ** 21;

/** The value as a number, when it is certain to be exact. */
const safeUnits = (value: unknown): number | null => {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : null;
  if (typeof value === "bigint") {
    const units = Number(value);
    return Number.isSafeInteger(units) ? units : null;
  }
  if (!(value instanceof Uint8Array) || value.length !== INT128_BYTES) return null;
  for (let at = 0; at < 8; at += 1) if (value[at] !== 0) return null;
  const high = wordAt(value, 8);
  return high < MAX_SAFE_HIGH ? high * WORD + wordAt(value, 12) : null;
};

/** 32 bits, big-endian. */
const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) * 2 ** 24 +
  (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));

/**
 * Columns from the values of a Parquet file: written straight into a column's arrays, a run of rows
 * after the other, no cell an object that outlives its turn, text from byte to byte.
 */
import type { SchemaElement } from "hyparquet";
import { assertNever } from "../domain/decider.ts";
import type { ColumnType } from "../domain/table.ts";
import type { ColumnVector, TextColumn } from "./columns.ts";
import { lengthAt, NO_VALUE, type StoredRun, valueAt } from "./parquetStored.ts";
import { beyondMicros, type CellReader, cellReader, decimalOf, isText } from "./parquetTypes.ts";
import type { ColumnSpec } from "./rowBuilder.ts";
import { TextBuilder } from "./textBuilder.ts";
import { decodeUtf8 } from "./textInput.ts";

/** Rows of a column while they gather. */
export interface VectorBuilder {
  append(run: StoredRun): void;
  /** The first rows, of those that were appended: views of the builder's own arrays. */
  vector(rows: number): ColumnVector;
}

/**
 * For `rows` at most. Rows count from 0: `misfit` hears of those whose value does not fit and is a
 * null, `cut` of those whose datetime lost what it says beyond microseconds.
 */
export type VectorReader = (
  rows: number,
  misfit: (row: number) => void,
  cut: (row: number) => void,
) => VectorBuilder;

/** How to read a Parquet leaf as that column; undefined when they have nothing in common. */
export const vectorReader = (
  element: SchemaElement,
  spec: ColumnSpec,
): VectorReader | undefined => {
  const { name, type } = spec;
  const read = cellReader(element, type);
  if (read === undefined) return undefined;
  const cellAt = rememberedCells(read);
  switch (type) {
    case "int":
    case "datetime": {
      const loses = type === "datetime" ? beyondMicros(element) : undefined;
      return (rows, misfit, cut) => {
        const values = new BigInt64Array(rows);
        const store = (row: number, run: StoredRun, at: number) => {
          const cell = cellAt(run, at);
          if (typeof cell !== "bigint") return false;
          values[row] = cell;
          if (loses?.(valueAt(run.values, at))) cut(row);
          return true;
        };
        return builder(rows, misfit, store, (many, valid) => ({
          name,
          type,
          valid,
          values: values.subarray(0, many),
        }));
      };
    }
    case "float":
      return (rows, misfit) => {
        const values = new Float64Array(rows);
        return builder(rows, misfit, numbersInto(values, cellAt), (many, valid) => ({
          name,
          type,
          valid,
          values: values.subarray(0, many),
        }));
      };
    case "date":
      return (rows, misfit) => {
        const values = new Int32Array(rows);
        return builder(rows, misfit, numbersInto(values, cellAt), (many, valid) => ({
          name,
          type,
          valid,
          values: values.subarray(0, many),
        }));
      };
    case "boolean":
      return (rows, misfit) => {
        const values = new Uint8Array(rows);
        const store = (row: number, run: StoredRun, at: number) => {
          const cell = cellAt(run, at);
          if (typeof cell !== "boolean") return false;
          values[row] = Number(cell);
          return true;
        };
        return builder(rows, misfit, store, (many, valid) => ({
          name,
          type,
          valid,
          values: values.subarray(0, many),
        }));
      };
    case "string":
    case "decimal": {
      const write = textWriter(element, type, cellAt);
      return (rows, misfit) => textColumn(rows, misfit, write, { name, type });
    }
    default:
      return assertNever(type);
  }
};

type CellAt = (run: StoredRun, at: number) => ReturnType<CellReader>;

/** Of values that rows share, as a dictionary's, each is read once. */
const rememberedCells = (read: CellReader): CellAt => {
  const dictionaries = new WeakMap<object, Map<number, ReturnType<CellReader>>>();
  return ({ values, is_shared }, at) => {
    if (!is_shared || values.kind !== "bytes") return read(valueAt(values, at));
    const cells = dictionaries.get(values) ?? new Map<number, ReturnType<CellReader>>();
    dictionaries.set(values, cells);
    const known = cells.get(at);
    if (known !== undefined) return known;
    const cell = read(valueAt(values, at));
    if (cells.size < MAX_REMEMBERED) cells.set(at, cell);
    return cell;
  };
};

/** Cells of one dictionary, each an object; the others are read again. */
const MAX_REMEMBERED = 4096;

/** Puts a value into a row; false when it does not fit. */
type Store = (row: number, run: StoredRun, at: number) => boolean;

const builder = (
  rows: number,
  misfit: (row: number) => void,
  store: Store,
  vectorOf: (rows: number, valid: Uint8Array | null) => ColumnVector,
  before: (run: StoredRun) => void = () => {},
): VectorBuilder => {
  let valid: Uint8Array | null = null;
  let filled = 0;
  return {
    append(run) {
      before(run);
      const { picks } = run;
      for (let index = 0; index < run.rows; index += 1) {
        const row = filled + index;
        const at = picks === null ? index : (picks[index] ?? NO_VALUE);
        if (at !== NO_VALUE) {
          if (store(row, run, at)) continue;
          misfit(row);
        }
        valid ??= new Uint8Array(rows).fill(1);
        valid[row] = 0;
      }
      filled += run.rows;
    },
    vector(many) {
      const known = valid?.subarray(0, many) ?? null;
      return vectorOf(many, known?.includes(0) ? known : null);
    },
  };
};

const numbersInto =
  (values: Float64Array | Int32Array, cellAt: CellAt): Store =>
  (row, run, at) => {
    const cell = cellAt(run, at);
    if (typeof cell !== "number") return false;
    values[row] = cell;
    return true;
  };

const textColumn = (
  rows: number,
  misfit: (row: number) => void,
  write: TextWriter,
  { name, type }: { readonly name: string; readonly type: TextColumn["type"] },
): VectorBuilder => {
  const texts = new TextBuilder(rows, 0);
  const ends = (row: number) => {
    // Rows before it that have no value.
    while (texts.rows < row) texts.endText();
  };
  const store: Store = (row, run, at) => {
    ends(row);
    return write(run, at, texts);
  };
  const vectorOf = (many: number, valid: Uint8Array | null): ColumnVector => {
    ends(many);
    const { offsets, bytes } = texts.texts();
    return {
      name,
      type,
      valid,
      offsets: offsets.subarray(0, many + 1),
      bytes: bytes.subarray(0, offsets[many]),
    };
  };
  // Room for just that much, instead of twice the room again and again.
  return builder(rows, misfit, store, vectorOf, (run) => texts.reserve(textBytes(run)));
};

/** Bytes of the values in a run, which its texts hardly go beyond. */
const textBytes = ({ rows, values, picks }: StoredRun): number => {
  if (values.kind !== "bytes") return 0;
  let bytes = 0;
  for (let row = 0; row < rows; row += 1)
    bytes += lengthAt(values, picks === null ? row : picks[row]);
  return bytes;
};

/** Appends a value's text to the present one; false, and nothing appended, when it does not fit. */
type TextWriter = (run: StoredRun, at: number, into: TextBuilder) => boolean;

const textWriter = (element: SchemaElement, type: ColumnType, cellAt: CellAt): TextWriter => {
  if (type === "string" && isText(element)) return utf8;
  const decimal = type === "decimal" ? decimalOf(element) : null;
  const written = asRead(cellAt);
  return decimal === null || decimal.scale > MAX_SHORT_SCALE
    ? written
    : shortDecimals(decimal.scale, written);
};

const asRead =
  (cellAt: CellAt): TextWriter =>
  (run, at, into) => {
    const cell = cellAt(run, at);
    if (typeof cell !== "string") return false;
    into.text(cell);
    return true;
  };

const ASCII = 0x80;

const utf8: TextWriter = ({ values }, at, into) => {
  if (values.kind !== "bytes") return false;
  const { bytes } = values;
  const from = values.starts[at] ?? 0;
  const to = values.ends[at] ?? 0;
  let seen = 0;
  for (let index = from; index < to; index += 1) seen |= bytes[index] ?? 0;
  if (seen >= ASCII && decodeUtf8(bytes.subarray(from, to)) === undefined) return false;
  into.copy(bytes, from, to);
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
  return (run, row, into) => {
    const units = safeUnits(valueAt(run.values, row));
    if (units === null) return others(run, row, into);
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

/**
 * What a Parquet column means as a column type of Lethe. It starts from the physical values,
 * because the reader library's own conversion turns decimals into floats and moments into
 * milliseconds.
 */
import type { SchemaElement } from "hyparquet";
import type { ColumnType, DecimalType } from "../domain/table.ts";
import { floorDiv, isDate, isDatetime, saysMore } from "./calendar.ts";
import type { Cell } from "./columnCells.ts";
import { decodeUtf8 } from "./textInput.ts";
import { MAX_INT, MIN_INT, parseText } from "./types.ts";

/** Reads one physical value, never null; undefined when it does not fit. */
export type CellReader = (value: unknown) => Cell | undefined;

/** What a leaf holds, with its annotation applied. */
type Kind =
  | { readonly is: "int"; readonly read: (value: unknown) => bigint | undefined }
  | { readonly is: "float"; readonly read: (value: unknown) => number | undefined }
  | { readonly is: "boolean" }
  | { readonly is: "text"; readonly read: (value: unknown) => string | undefined }
  | { readonly is: "decimal"; readonly read: (value: unknown) => string | undefined }
  | { readonly is: "date" }
  | { readonly is: "datetime"; readonly read: (value: unknown) => bigint | undefined };

/**
 * How to read a Parquet leaf as a column of `type`, or undefined when they have nothing in common.
 * Text is read as it would be in a CSV file; whole numbers widen to float and decimal where that
 * is exact; decimals become floats, floats never decimals.
 */
export const cellReader = (element: SchemaElement, type: ColumnType): CellReader | undefined => {
  const kind = kindOf(element);
  if (kind === undefined) return undefined;
  if (kind.is === "text") return (value) => parse(kind.read(value), type);
  switch (type) {
    case "string":
      return undefined;
    case "boolean":
      return kind.is === "boolean" ? booleanCell : undefined;
    case "date":
      return kind.is === "date" ? dateCell : undefined;
    case "datetime":
      return kind.is === "datetime" ? datetimeReader(kind.read) : undefined;
    case "int":
      if (kind.is === "int") return kind.read;
      return kind.is === "decimal" ? (value) => parse(kind.read(value), type) : undefined;
    case "float":
      if (kind.is === "float") return kind.read;
      if (kind.is === "int") return exactFloat(kind.read);
      return kind.is === "decimal" ? (value) => parse(kind.read(value), type) : undefined;
    case "decimal":
      if (kind.is === "decimal") return (value) => parse(kind.read(value), type);
      return kind.is === "int" ? (value) => kind.read(value)?.toString() : undefined;
  }
};

/**
 * Whether a value that was read as a datetime says something beyond microseconds, which is cut;
 * undefined where none can.
 */
export const beyondMicros = (element: SchemaElement): ((value: unknown) => boolean) | undefined => {
  const kind = kindOf(element);
  if (kind?.is === "text") {
    return (value) => {
      const text = kind.read(value);
      return text !== undefined && saysMore(text);
    };
  }
  if (element.type === "INT96") return (value) => leaves(int96Parts(value)?.nanos);
  const logical = element.logical_type;
  const nanos = logical?.type === "TIMESTAMP" && logical.unit === "NANOS";
  return nanos ? leaves : undefined;
};

const leaves = (nanos: unknown): boolean => typeof nanos === "bigint" && nanos % 1000n !== 0n;

/** A short name of what the file holds, for messages. */
export const describeElement = ({ type, converted_type, logical_type }: SchemaElement): string =>
  logical_type?.type ?? converted_type ?? type ?? "nested";

/** Of a DECIMAL column; null for any other. */
export const decimalOf = (element: SchemaElement): DecimalType | null => {
  const { converted_type: converted, logical_type: logical } = element;
  const named = logical?.type === "DECIMAL" ? logical : undefined;
  if (converted !== "DECIMAL" && named === undefined) return null;
  return {
    precision: named?.precision ?? element.precision ?? 0,
    scale: named?.scale ?? element.scale ?? 0,
  };
};

const kindOf = (element: SchemaElement): Kind | undefined => {
  const { type, logical_type: logical } = element;
  const decimal = decimalOf(element);
  if (decimal !== null) {
    return { is: "decimal", read: (value) => decimalText(unscaled(value), decimal.scale) };
  }
  switch (type) {
    case "BOOLEAN":
      return { is: "boolean" };
    case "INT32":
    case "INT64":
      return integerKind(element);
    case "INT96":
      return { is: "datetime", read: int96Micros };
    case "FLOAT":
    case "DOUBLE":
      return { is: "float", read: finite };
    case "BYTE_ARRAY":
      return isText(element) ? { is: "text", read: decodedText } : undefined;
    case "FIXED_LEN_BYTE_ARRAY":
      return logical?.type === "UUID" ? { is: "text", read: uuid } : undefined;
    default:
      return undefined;
  }
};

const integerKind = ({ converted_type, logical_type }: SchemaElement): Kind | undefined => {
  if (converted_type === "DATE" || logical_type?.type === "DATE") return { is: "date" };
  if (converted_type === "TIMESTAMP_MILLIS") return timestamp("MILLIS");
  if (converted_type === "TIMESTAMP_MICROS") return timestamp("MICROS");
  if (logical_type?.type === "TIMESTAMP") return timestamp(logical_type.unit);
  if (logical_type?.type === "TIME" || converted_type?.startsWith("TIME_")) return undefined;
  const unsigned =
    converted_type?.startsWith("UINT_") ||
    (logical_type?.type === "INTEGER" && !logical_type.isSigned);
  return { is: "int", read: unsigned ? unsignedInt : signedInt };
};

const timestamp = (unit: "MILLIS" | "MICROS" | "NANOS"): Kind => {
  switch (unit) {
    case "MILLIS":
      return {
        is: "datetime",
        read: (value) => (typeof value === "bigint" ? value * 1000n : undefined),
      };
    case "MICROS":
      return {
        is: "datetime",
        read: (value) => (typeof value === "bigint" ? value : undefined),
      };
    case "NANOS":
      return { is: "datetime", read: (value) => scaledDown(value, 1000n) };
  }
};

const JULIAN_DAY_OF_1970 = 2_440_588n;
const MICROS_PER_DAY = 86_400_000_000n;

const INT96_BYTES = 12;

/** Nanoseconds of a day in 64 bits, then its number in 32, little-endian. */
const int96Parts = (value: unknown) => {
  if (!(value instanceof Uint8Array) || value.length !== INT96_BYTES) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, INT96_BYTES);
  return { nanos: view.getBigUint64(0, true), day: BigInt(view.getInt32(8, true)) };
};

const int96Micros = (value: unknown): bigint | undefined => {
  const parts = int96Parts(value);
  if (parts === undefined) return undefined;
  return (parts.day - JULIAN_DAY_OF_1970) * MICROS_PER_DAY + floorDiv(parts.nanos, 1000n);
};

const scaledDown = (value: unknown, divisor: bigint) =>
  typeof value === "bigint" ? floorDiv(value, divisor) : undefined;

const datetimeReader =
  (read: (value: unknown) => bigint | undefined): CellReader =>
  (value) => {
    const micros = read(value);
    return micros !== undefined && isDatetime(micros) ? micros : undefined;
  };

const dateCell: CellReader = (value) =>
  typeof value === "number" && isDate(value) ? value : undefined;

const booleanCell: CellReader = (value) => (typeof value === "boolean" ? value : undefined);

const finite = (value: unknown) =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

const exactFloat =
  (read: (value: unknown) => bigint | undefined): CellReader =>
  (value) => {
    const whole = read(value);
    if (whole === undefined) return undefined;
    const float = Number(whole);
    return BigInt(float) === whole ? float : undefined;
  };

const signedInt = (value: unknown): bigint | undefined => {
  const whole = toBigInt(value);
  return whole !== undefined && whole >= MIN_INT && whole <= MAX_INT ? whole : undefined;
};

/** The physical value is signed; 32 and 64 bit integers differ in how far they wrap around. */
const unsignedInt = (value: unknown): bigint | undefined => {
  if (typeof value === "number") return signedInt(value < 0 ? value + 2 ** 32 : value);
  return typeof value === "bigint" && value >= 0n ? signedInt(value) : undefined;
};

const toBigInt = (value: unknown): bigint | undefined => {
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : undefined;
};

const INT128_BYTES = 16;

/** Two's complement, big-endian, or an integer as it is. */
const unscaled = (value: unknown): bigint | undefined => {
  if (!(value instanceof Uint8Array)) return toBigInt(value);
  if (value.length === 0) return undefined;
  if (value.length === INT128_BYTES) {
    const view = new DataView(value.buffer, value.byteOffset, INT128_BYTES);
    return (view.getBigInt64(0) << 64n) | view.getBigUint64(8);
  }
  let whole = 0n;
  for (const byte of value) whole = (whole << 8n) | BigInt(byte);
  return BigInt.asIntN(value.length * 8, whole);
};

const decimalText = (value: bigint | undefined, scale: number): string | undefined => {
  if (value === undefined) return undefined;
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const sign = value < 0n ? "-" : "";
  if (scale <= 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
};

const parse = (text: string | undefined, type: ColumnType): Cell | undefined =>
  text === undefined ? undefined : parseText(text, type);

const TEXTS: readonly (string | undefined)[] = ["UTF8", "ENUM", "JSON", undefined];

/** Whether a byte array is text, as far as the file says. */
export const isText = ({ converted_type, logical_type }: SchemaElement): boolean =>
  TEXTS.includes(converted_type) &&
  (logical_type === undefined || ["STRING", "ENUM", "JSON"].includes(logical_type.type));

const decodedText = (value: unknown): string | undefined =>
  value instanceof Uint8Array ? decodeUtf8(value) : undefined;

const uuid = (value: unknown): string | undefined => {
  if (!(value instanceof Uint8Array) || value.length !== 16) return undefined;
  const hex = Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

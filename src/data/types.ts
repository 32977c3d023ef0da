/**
 * Between cells and their spellings: what a text or a JSON value means as a column's type, and how
 * a cell is written back. Exact: no integer or decimal ever passes through a float.
 */
import { assertNever, invariant } from "../domain/decider.ts";
import { MAX_DECIMAL_DIGITS } from "../domain/rules/decimal.ts";
import type { ColumnType } from "../domain/table.ts";
import { formatDate, formatDatetime, parseDate, parseDatetime } from "./calendar.ts";
import type { Cell } from "./columnCells.ts";

export const MAX_INT = 2n ** 63n - 1n;
export const MIN_INT = -(2n ** 63n);
const MAX_INT_DIGITS = 19;

const INT = /^([+-]?)0*(\d+)$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;

/**
 * The cell a text stands for, or undefined when it does not fit the type. Strings are kept as they
 * are; for every other type surrounding blanks are ignored. Whether an empty text is a null is the
 * format's decision, not made here.
 */
export const parseText = (text: string, type: ColumnType): Cell | undefined => {
  switch (type) {
    case "string":
      return text.isWellFormed() ? text : undefined;
    case "int":
      return parseInt64(text.trim());
    case "float":
      return parseFloat64(text.trim());
    case "decimal":
      return parseDecimal(text.trim());
    case "boolean":
      return parseBoolean(text.trim());
    case "date":
      return parseDate(text.trim());
    case "datetime":
      return parseDatetime(text.trim());
    default:
      return assertNever(type);
  }
};

/** A number of a JSON text as it was spelt, because JSON.parse would round `9007199254740993`. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/**
 * The cell a JSON value stands for, or undefined when it does not fit. Strings are read like any
 * text (dates and decimals have no other spelling), numbers by their digits; only a JSON string is
 * a string. A plain number must be a safe integer: others are given as JsonNumber.
 */
export const parseJson = (value: unknown, type: ColumnType): Cell | undefined => {
  if (value === null) return null;
  if (typeof value === "string") return parseText(value, type);
  if (typeof value === "boolean") return type === "boolean" ? value : undefined;
  if (type === "string") return undefined;
  if (typeof value === "number") return parseText(String(value), type);
  if (value instanceof JsonNumber) return parseText(value.source, type);
  return undefined;
};

/** The text that `parseText` reads back as the same cell. Null has no text: ask before. */
export const toText = (cell: Exclude<Cell, null>, type: ColumnType): string => {
  switch (type) {
    case "date":
      invariant(typeof cell === "number", "a date cell is a number");
      return formatDate(cell);
    case "datetime":
      invariant(typeof cell === "bigint", "a datetime cell is a bigint");
      return formatDatetime(cell);
    case "float":
      return Object.is(cell, -0) ? "-0" : String(cell);
    case "int":
    case "decimal":
    case "string":
    case "boolean":
      return String(cell);
    default:
      return assertNever(type);
  }
};

/**
 * A value for JSON.stringify that `parseJson` reads back as the same cell. Integers that a JSON
 * reader's float could not hold are written as strings of digits, decimals always.
 */
export const toJson = (cell: Cell, type: ColumnType): string | number | boolean | null => {
  if (cell === null || typeof cell === "boolean") return cell;
  if (type === "float" && typeof cell === "number") return cell;
  if (typeof cell === "bigint" && type === "int") {
    const number = Number(cell);
    return Number.isSafeInteger(number) ? number : String(cell);
  }
  return toText(cell, type);
};

/** Why a cell does not fit, without the cell. */
export const misfit = (type: ColumnType): string => MISFITS[type];

const MISFITS = {
  int: "not a whole number of 64 bits",
  float: "not a finite number",
  decimal: `not a plain decimal number of at most ${MAX_DECIMAL_DIGITS} digits`,
  string: "not a well-formed text",
  boolean: "not a boolean: true, false, 1 or 0",
  date: "not a date: YYYY-MM-DD",
  datetime: "not a datetime: RFC 3339",
} satisfies Record<ColumnType, string>;

const parseInt64 = (text: string): bigint | undefined => {
  const match = INT.exec(text);
  const digits = match?.[2];
  if (digits === undefined || digits.length > MAX_INT_DIGITS) return undefined;
  const value = match?.[1] === "-" ? -BigInt(digits) : BigInt(digits);
  return value >= MIN_INT && value <= MAX_INT ? value : undefined;
};

const parseFloat64 = (text: string): number | undefined => {
  if (!FLOAT.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
};

const parseDecimal = (text: string): string | undefined => {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  const significant = whole.replace(/^0+/, "");
  if (significant.length + fraction.length > MAX_DECIMAL_DIGITS) return undefined;
  const zero = significant === "" && /^0*$/.test(fraction);
  return `${sign === "-" && !zero ? "-" : ""}${significant || "0"}${fraction && `.${fraction}`}`;
};

const parseBoolean = (text: string): boolean | undefined => {
  if (text === "1") return true;
  if (text === "0") return false;
  // Longer than any spelling: not worth a lower-case copy.
  if (text.length > 5) return undefined;
  const lower = text.toLowerCase();
  if (lower === "true") return true;
  return lower === "false" ? false : undefined;
};

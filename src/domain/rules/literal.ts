/**
 * Values written inside rules (`>0`, `in:a,b`, `between:2024-01-01,2024-12-31`), read by the type
 * of the column they are compared with. Promise: equality and order are those of the type, exactly.
 * int and decimal without floats, strings by code point, dates and times on the proleptic
 * Gregorian calendar, a time without an offset being UTC.
 */
import { invariant } from "../decider.ts";
import type { ColumnType } from "../table.ts";
import { compareDecimals, formatDecimal, normalizeDecimal, parseDecimal } from "./decimal.ts";

/** A cell that is there, in the form the data plane holds it (see data/columnCells.ts). */
export type Value = bigint | number | string | boolean;

/** A fraction of nothing but zeros is none. */
const INT = /^([+-]?\d{1,19})(?:\.0*)?$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATETIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d:\d\d)?)?$/i;

const MIN_INT = -(2n ** 63n);
const MAX_INT = 2n ** 63n - 1n;
const MICROS_PER_SECOND = 1_000_000n;
const SECONDS_PER_DAY = 86_400;

/** The value a literal stands for in a column of that type; undefined when it is none. */
export const parseLiteral = (text: string, type: ColumnType): Value | undefined => {
  switch (type) {
    case "string":
      // Half a surrogate pair occurs in no column of text.
      return text.isWellFormed() ? text : undefined;
    case "int":
      return parseInt64(text);
    case "float":
      return FLOAT.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case "decimal":
      return DECIMAL.test(text) ? decimalKey(text) : undefined;
    case "boolean":
      return /^(?:true|false)$/i.test(text) ? text.toLowerCase() === "true" : undefined;
    case "date":
      return parseDay(text);
    case "datetime":
      return parseInstant(text);
  }
};

const parseInt64 = (text: string): bigint | undefined => {
  const [, digits] = INT.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const value = BigInt(digits.replace(/^\+/, ""));
  return value >= MIN_INT && value <= MAX_INT ? value : undefined;
};

const parseDay = (text: string): number | undefined => {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return daysFromCivil(year, month, day);
};

const daysInMonth = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
};

/** Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
const daysFromCivil = (year: number, month: number, day: number): number => {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};

const parseInstant = (text: string): bigint | undefined => {
  const match = DATETIME.exec(text);
  if (match === null) return undefined;
  const [, date = "", hour = "0", minute = "0", second = "0", fraction = "", offset = "Z"] = match;
  const day = parseDay(date);
  const offsetMinutes = parseOffset(offset);
  if (day === undefined || offsetMinutes === undefined) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const seconds =
    day * SECONDS_PER_DAY +
    Number(hour) * 3600 +
    (Number(minute) - offsetMinutes) * 60 +
    Number(second);
  return BigInt(seconds) * MICROS_PER_SECOND + BigInt(fraction.padEnd(6, "0"));
};

const parseOffset = (offset: string): number | undefined => {
  if (offset.toUpperCase() === "Z") return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(4, 6))];
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
};

/** Where a cell stands relative to a fixed value: negative below, 0 equal, positive above. */
export type Comparison = (cell: Value) => number;

/** Compares cells of that type with the literal; undefined when the literal is no such value. */
export const comparisonWith = (text: string, type: ColumnType): Comparison | undefined => {
  const literal = parseLiteral(text, type);
  if (literal === undefined) return undefined;
  if (type === "decimal") {
    const right = parseDecimal(String(literal));
    if (right === undefined) return undefined;
    return (cell) => {
      const left = parseDecimal(String(cell));
      invariant(left !== undefined, "a decimal cell is a decimal number");
      return compareDecimals(left, right);
    };
  }
  if (type === "string") return (cell) => compareCodePoints(String(cell), String(literal));
  return (cell) => (cell < literal ? -1 : cell > literal ? 1 : 0);
};

/** A key under which exactly the equal values of that type meet: decimals `1.0` and `1.00` do. */
export const equalityKey = (cell: Value, type: ColumnType): Value =>
  type === "decimal" ? decimalKey(String(cell)) : cell;

const decimalKey = (text: string): string => {
  const value = parseDecimal(text);
  return value === undefined ? text : formatDecimal(normalizeDecimal(value));
};

/**
 * UTF-16 puts the astral characters (surrogate pairs, from 0xD800) before 0xE000–0xFFFF, although
 * their code points come after: at the first difference surrogates are lifted above the rest.
 */
export const compareCodePoints = (left: string, right: string): number => {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return liftSurrogate(a) - liftSurrogate(b);
  }
  return left.length - right.length;
};

const liftSurrogate = (unit: number): number =>
  unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;

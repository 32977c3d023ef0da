/**
 * Which decimal columns of a batch are published as numbers, and how wide. Parquet's DECIMAL has one
 * precision and one scale for all of a column, fixed before the first row is written: so digits are
 * counted when a batch is appended, and whatever is derived of it is as wide as they are.
 */
import type {
  ColumnType,
  DecimalDigits,
  DecimalType,
  DecimalTypes,
  DigitCount,
  Schema,
} from "../table.ts";
import { MAX_DECIMAL_DIGITS } from "./decimal.ts";
import type { PrivacyRule, PrivacyRules } from "./privacyRule.ts";

/**
 * What takes 64 bits anyway: so a dataset's batches seldom differ in their types, however large the
 * numbers of each happen to be. Beyond it none is wider than it has to be, because an engine that
 * reads files of several types together adds the digits up, and rounds where they get too many.
 */
const LEAST_PRECISION = 18;

/**
 * The types of those columns that are still decimals under the rules. A column has none, and is
 * written as text, when its digits were not counted or are too many side by side: one number of 30
 * digits before the point and another of 20 behind it.
 */
export const decimalTypes = (
  schema: Schema,
  rules: PrivacyRules,
  digits: DecimalDigits | undefined,
): DecimalTypes => {
  const byColumn = new Map(rules.map((rule) => [rule.column, rule]));
  return Object.fromEntries(
    Object.entries(schema).flatMap(([column, type]) => {
      const counted = digits !== undefined && Object.hasOwn(digits, column) ? digits[column] : null;
      const left = counted ? digitsLeft(type, byColumn.get(column), counted) : null;
      const fitting = left && typeOf(left);
      return fitting ? [[column, fitting] as const] : [];
    }),
  );
};

/** What a rule leaves of a column's digits; null when no decimal is left of it. */
const digitsLeft = (
  type: ColumnType,
  rule: PrivacyRule | undefined,
  counted: DigitCount,
): DigitCount | null => {
  if (type !== "decimal") return null;
  switch (rule?.strategy) {
    case undefined:
    case "keep":
    case "nullify":
    case "suppress":
      return counted;
    case "noise":
      // By 100 % at most: no number more than doubles, and its last digit stays where it is.
      return { ...counted, whole: counted.whole + 1 };
    default:
      return null;
  }
};

const typeOf = ({ whole, fraction }: DigitCount): DecimalType | null => {
  const precision = Math.max(LEAST_PRECISION, whole + fraction);
  return precision > MAX_DECIMAL_DIGITS ? null : { precision, scale: fraction };
};

/** The digits of all rows from those of each part of them; undefined when a part was not counted. */
export const mergeDigits = (
  parts: readonly (DecimalDigits | undefined)[],
): DecimalDigits | undefined => {
  const merged = new Map<string, DigitCount>();
  for (const part of parts) {
    if (part === undefined) return undefined;
    for (const [column, { whole, fraction }] of Object.entries(part)) {
      const before = merged.get(column) ?? { whole: 0, fraction: 0 };
      merged.set(column, {
        whole: Math.max(before.whole, whole),
        fraction: Math.max(before.fraction, fraction),
      });
    }
  }
  return merged.size === 0 ? undefined : Object.fromEntries(merged);
};

/** What each decimal column of a table is in Parquet, in words: `decimal(18,2)`, or `text`. */
export const describeDecimals = (
  schema: Schema,
  types: DecimalTypes = {},
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(schema).flatMap(([column, type]) => {
      if (type !== "decimal") return [];
      const decimal = Object.hasOwn(types, column) ? types[column] : undefined;
      const words = decimal ? `decimal(${decimal.precision},${decimal.scale})` : "text";
      return [[column, words] as const];
    }),
  );

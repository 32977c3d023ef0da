/**
 * Do privacy rules fit a schema? A strategy that cannot work on a column's type, or that would hide
 * nothing there, is an issue: it must never look as if a column had been protected.
 */
import { assertNever } from "../decider.ts";
import type { ColumnType, Schema } from "../table.ts";
import { compareDecimals, parseDecimal, subtractDecimals } from "./decimal.ts";
import { listed, quoted, type RuleIssue } from "./issue.ts";
import type { PrivacyRule, PrivacyRules } from "./privacyRule.ts";

const NUMBERS: readonly ColumnType[] = ["int", "float", "decimal"];
const TIMES: readonly ColumnType[] = ["date", "datetime"];

/** Issues in the order of the rules, with the column as their path; empty when everything fits. */
export const checkPrivacyColumns = (rules: PrivacyRules, schema: Schema): readonly RuleIssue[] =>
  rules.flatMap((rule) => {
    const type = Object.hasOwn(schema, rule.column) ? schema[rule.column] : undefined;
    const message =
      type === undefined
        ? `the schema has no column ${quoted(rule.column)}`
        : checkType(rule, type);
    return message === null ? [] : [{ path: rule.column, message }];
  });

const checkType = (rule: PrivacyRule, type: ColumnType): string | null => {
  switch (rule.strategy) {
    case "mask":
    case "hash":
    case "redact":
    case "nullify":
    case "suppress":
    case "keep":
      return null;
    case "tokenize":
      // "true" and "false" differ in length, which a token keeps.
      return type === "boolean" ? "tokenize would not hide a boolean; take redact or hash" : null;
    case "pseudonymize":
      return applies(rule.strategy, type, ["string", "int"]);
    case "noise":
      return applies(rule.strategy, type, NUMBERS);
    case "date_shift":
      return applies(rule.strategy, type, TIMES);
    case "generalize":
    case "bucket":
      return checkRange(rule, type);
    default:
      return assertNever(rule);
  }
};

const applies = (what: string, type: ColumnType, types: readonly ColumnType[]): string | null =>
  types.includes(type) ? null : `${what} is for ${listed(types)}, not for ${type}`;

const checkRange = (
  rule: PrivacyRule & { readonly strategy: "generalize" | "bucket" },
  type: ColumnType,
): string | null => {
  const what = `${rule.strategy} by ${rule.as}`;
  switch (rule.as) {
    case "age":
    case "salary":
      return applies(what, type, NUMBERS);
    case "date":
      return applies(what, type, TIMES);
    case "zipcode":
      return applies(what, type, ["string", "int"]);
    case "size":
      return applies(what, type, NUMBERS) ?? wideEnough(type, ["0", rule.size]);
    case "buckets":
      return applies(what, type, NUMBERS) ?? wideEnough(type, rule.buckets);
    default:
      return assertNever(rule);
  }
};

const isInteger = (text: string): boolean => /^-?\d+$/.test(text);

/**
 * The narrowest range on a column of fractions. They have no smallest step of their own, so this is
 * a decision: ten cents of an amount of money, a tenth of a share between 0 and 1. What is narrower
 * would name most values as they are.
 */
export const MIN_WIDTH = "0.1";
/** On whole numbers a range must hold at least two of them, or it names the value. */
const MIN_WIDTH_INT = "2";

const wideEnough = (type: ColumnType, boundaries: readonly string[]): string | null => {
  if (type === "int" && !boundaries.every(isInteger))
    return "on an int column the boundaries are whole numbers";
  for (const [index, upper] of boundaries.entries()) {
    const lower = boundaries[index - 1];
    if (lower === undefined || isWide(lower, upper, type === "int" ? MIN_WIDTH_INT : MIN_WIDTH))
      continue;
    return type === "int"
      ? "a range that holds a single number hides nothing"
      : `a range on a ${type} column is at least ${MIN_WIDTH} wide, or it hides nothing`;
  }
  return null;
};

const isWide = (lower: string, upper: string, least: string): boolean => {
  const [from, to, width] = [parseDecimal(lower), parseDecimal(upper), parseDecimal(least)];
  if (from === undefined || to === undefined || width === undefined) return false;
  return compareDecimals(subtractDecimals(to, from), width) >= 0;
};

/** Whether the numbers, decimal texts, rise strictly. */
export const isAscending = (numbers: readonly string[]): boolean =>
  numbers.every((text, index) => {
    const previous = numbers[index - 1];
    if (previous === undefined) return true;
    const [lower, upper] = [parseDecimal(previous), parseDecimal(text)];
    return lower !== undefined && upper !== undefined && compareDecimals(lower, upper) < 0;
  });

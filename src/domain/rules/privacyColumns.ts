/**
 * Do privacy rules fit a schema? A strategy that cannot work on a column's type, or that would hide
 * nothing there, is an issue: it must never look as if a column had been protected.
 */
import { assertNever } from "../decider.ts";
import type { ColumnType, Schema } from "../table.ts";
import { compareDecimals, parseDecimal } from "./decimal.ts";
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
      return applies(what, type, NUMBERS) ?? (type === "int" ? wideEnough(["0", rule.size]) : null);
    case "buckets":
      return applies(what, type, NUMBERS) ?? (type === "int" ? wideEnough(rule.buckets) : null);
    default:
      return assertNever(rule);
  }
};

const isInteger = (text: string): boolean => /^-?\d+$/.test(text);

/** On whole numbers a range must hold at least two of them, or it names the value. */
const wideEnough = (boundaries: readonly string[]): string | null => {
  if (!boundaries.every(isInteger)) return "on an int column the boundaries are whole numbers";
  for (const [index, upper] of boundaries.entries()) {
    const lower = boundaries[index - 1];
    if (lower !== undefined && BigInt(upper) - BigInt(lower) < 2n)
      return "a range that holds a single number hides nothing";
  }
  return null;
};

/** Whether the numbers, decimal texts, rise strictly. */
export const isAscending = (numbers: readonly string[]): boolean =>
  numbers.every((text, index) => {
    const previous = numbers[index - 1];
    if (previous === undefined) return true;
    const [lower, upper] = [parseDecimal(previous), parseDecimal(text)];
    return lower !== undefined && upper !== undefined && compareDecimals(lower, upper) < 0;
  });

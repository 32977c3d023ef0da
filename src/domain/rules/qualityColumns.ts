/**
 * Do quality rules fit a schema? Every column they name must exist, and every rule must be able to
 * say something about its column's type: `matches` on a number or `>abc` on a date would otherwise
 * be rules that can only ever pass, or only ever fail.
 */
import { assertNever } from "../decider.ts";
import type { ColumnType, Schema } from "../table.ts";
import { listed, quoted, type RuleIssue } from "./issue.ts";
import { comparisonWith, parseLiteral } from "./literal.ts";
import type { QualityRule, QualityRules } from "./qualityRule.ts";

const ORDERED: readonly ColumnType[] = ["int", "float", "decimal", "string", "date", "datetime"];
const TEXTS: readonly ColumnType[] = ["string"];
const TIMES: readonly ColumnType[] = ["date", "datetime"];

/** Issues in the order of the rules, with the column as their path; empty when everything fits. */
export const checkQualityColumns = (rules: QualityRules, schema: Schema): readonly RuleIssue[] =>
  rules.flatMap((rule) =>
    checkRule(rule, schema).map((message) => ({ path: rule.column, message })),
  );

const typeOf = (schema: Schema, column: string): ColumnType | undefined =>
  Object.hasOwn(schema, column) ? schema[column] : undefined;

const unknownColumn = (column: string): string => `the schema has no column ${quoted(column)}`;

const checkRule = (rule: QualityRule, schema: Schema): readonly string[] => {
  if (rule.kind === "row_count") return [];
  if (rule.kind === "unique")
    return rule.columns
      .filter((column) => typeOf(schema, column) === undefined)
      .map((column) => unknownColumn(column));
  const column = rule.kind === "freshness" ? rule.of : rule.column;
  const type = typeOf(schema, column);
  return type === undefined ? [unknownColumn(column)] : checkType(rule, type);
};

const checkType = (rule: QualityRule, type: ColumnType): readonly string[] => {
  switch (rule.kind) {
    case "compare":
      return rule.operator === "==" || rule.operator === "!="
        ? misfits([rule.value], type)
        : [...applies(rule, type, ORDERED), ...misfits([rule.value], type)];
    case "between":
      return checkBetween(rule, type);
    case "in":
    case "not_in":
      return misfits(rule.values, type);
    case "matches":
    case "length":
      return applies(rule, type, TEXTS);
    case "not_future":
    case "freshness":
      return applies(rule, type, TIMES);
    case "not_null":
    case "unique":
    case "type":
    case "row_count":
      return [];
    default:
      return assertNever(rule);
  }
};

const applies = (
  rule: QualityRule,
  type: ColumnType,
  types: readonly ColumnType[],
): readonly string[] =>
  types.includes(type) ? [] : [`${quoted(rule.text)} is for ${listed(types)}, not for ${type}`];

const misfits = (values: readonly string[], type: ColumnType): readonly string[] =>
  values
    .filter((value) => parseLiteral(value, type) === undefined)
    .map((value) => `${quoted(value)} is no ${type}`);

const checkBetween = (
  rule: QualityRule & { readonly kind: "between" },
  type: ColumnType,
): readonly string[] => {
  const issues = [...applies(rule, type, ORDERED), ...misfits([rule.min, rule.max], type)];
  if (issues.length > 0) return issues;
  const upper = parseLiteral(rule.max, type);
  const fromLower = comparisonWith(rule.min, type);
  const empty = upper !== undefined && fromLower !== undefined && fromLower(upper) < 0;
  return empty ? [`no value lies in ${quoted(rule.text)}`] : [];
};

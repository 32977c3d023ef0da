/**
 * The rules that judge one cell by itself, compiled once per run: everything that can be looked up
 * or parsed is, before the first row. What the rules mean is written in domain/rules/quality.ts.
 */

import { compilePattern } from "../../contracts/pattern.ts";
import { invariant } from "../../domain/decider.ts";
import {
  comparisonWith,
  equalityKey,
  parseLiteral,
  type Value,
} from "../../domain/rules/literal.ts";
import type { QualityRule } from "../../domain/rules/quality.ts";
import type { ColumnType } from "../../domain/table.ts";
import { countCodePoints } from "../codePoints.ts";

/** Whether a cell that is there passes. */
export type CellCheck = (cell: Value) => boolean;

const MS_PER_DAY = 86_400_000;
const MICROS_PER_MS = 1000n;

const passes: CellCheck = () => true;

/** The check of a rule on cells of that type, or null when the rule does not judge single cells. */
export const cellCheck = (rule: QualityRule, type: ColumnType, now: Date): CellCheck | null => {
  switch (rule.kind) {
    case "compare":
      return compareCheck(rule, type);
    case "between": {
      const [low, high] = [compare(rule.min, type), compare(rule.max, type)];
      return (cell) => low(cell) >= 0 && high(cell) <= 0;
    }
    case "in":
      return membership(rule.values, type);
    case "not_in": {
      const isListed = membership(rule.values, type);
      return (cell) => !isListed(cell);
    }
    case "matches": {
      const compiled = compilePattern(rule.pattern);
      invariant(compiled.ok, "patterns were checked before");
      return (cell) => compiled.value(String(cell));
    }
    case "length":
      return lengthCheck(rule.min ?? 0, rule.max ?? Number.POSITIVE_INFINITY);
    case "not_future":
      return notFuture(type, now);
    case "type":
    case "not_null":
      return passes;
    case "unique":
    case "row_count":
    case "freshness":
      return null;
  }
};

const compare = (literal: string, type: ColumnType) => {
  const comparison = comparisonWith(literal, type);
  invariant(comparison, "rules were checked against the schema");
  return comparison;
};

const compareCheck = (
  rule: QualityRule & { readonly kind: "compare" },
  type: ColumnType,
): CellCheck => {
  const order = compare(rule.value, type);
  switch (rule.operator) {
    case ">":
      return (cell) => order(cell) > 0;
    case ">=":
      return (cell) => order(cell) >= 0;
    case "<":
      return (cell) => order(cell) < 0;
    case "<=":
      return (cell) => order(cell) <= 0;
    case "==":
      return (cell) => order(cell) === 0;
    case "!=":
      return (cell) => order(cell) !== 0;
  }
};

const membership = (literals: readonly string[], type: ColumnType): CellCheck => {
  const members = new Set(
    literals.map((literal) => {
      const value = parseLiteral(literal, type);
      invariant(value !== undefined, "rules were checked against the schema");
      return equalityKey(value, type);
    }),
  );
  return (cell) => members.has(equalityKey(cell, type));
};

const lengthCheck =
  (min: number, max: number): CellCheck =>
  (cell) => {
    const length = countCodePoints(String(cell));
    return length >= min && length <= max;
  };

const notFuture = (type: ColumnType, now: Date): CellCheck => {
  if (type === "date") {
    const today = Math.floor(now.getTime() / MS_PER_DAY);
    return (cell) => Number(cell) <= today;
  }
  const moment = BigInt(now.getTime()) * MICROS_PER_MS;
  return (cell) => typeof cell === "bigint" && cell <= moment;
};

/** What freshness counts from, in milliseconds since 1970: a datetime, or the end of a date. */
export const momentMs = (cell: Value, type: ColumnType): number => {
  if (type === "date") return (Number(cell) + 1) * MS_PER_DAY;
  invariant(typeof cell === "bigint", "a datetime cell is a bigint");
  return Number(cell / MICROS_PER_MS);
};

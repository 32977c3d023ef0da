/**
 * The rules that judge one value by itself, compiled once per run: everything that can be looked up
 * or parsed is, before the first row. What the rules mean is written in domain/rules/quality.ts.
 */
import { compilePattern } from "../../contracts/pattern.ts";
import { assertNever, invariant } from "../../domain/decider.ts";
import { parseLiteral, type Value } from "../../domain/rules/literal.ts";
import type { Operator, QualityRule } from "../../domain/rules/quality.ts";
import type { ColumnType } from "../../domain/table.ts";
import type { ColumnVector, TextColumn } from "../columns.ts";
import { MAX_INT, MIN_INT } from "../types.ts";
import {
  integersAmong,
  integersWithin,
  type Judge,
  numbersAmong,
  numbersWithin,
  type Range,
} from "./numberChecks.ts";
import {
  type TextBound,
  textsAmong,
  textsMatching,
  textsOfLength,
  textsWithin,
} from "./textChecks.ts";

/** The rules that judge a value by itself, which a null passes. */
export type ValueRule = Extract<
  QualityRule,
  { kind: "compare" | "between" | "in" | "not_in" | "matches" | "length" | "not_future" }
>;

export const isValueRule = (rule: QualityRule): rule is ValueRule =>
  ["compare", "between", "in", "not_in", "matches", "length", "not_future"].includes(rule.kind);

/** The rule must fit the type (checkQualityColumns), its pattern be known to compile. */
export const valueJudge = (rule: ValueRule, type: ColumnType, now: Date): Judge<ColumnVector> => {
  switch (rule.kind) {
    case "compare":
      return withinBounds([{ operator: rule.operator, value: rule.value }], type);
    case "between":
      return withinBounds(
        [
          { operator: ">=", value: rule.min },
          { operator: "<=", value: rule.max },
        ],
        type,
      );
    case "in":
      return among(rule.values, type, true);
    case "not_in":
      return among(rule.values, type, false);
    case "matches": {
      const compiled = compilePattern(rule.pattern);
      invariant(compiled.ok, "patterns were checked before");
      return onTexts(textsMatching(compiled.value));
    }
    case "length":
      return onTexts(textsOfLength(rule.min ?? 0, rule.max ?? Number.POSITIVE_INFINITY));
    case "not_future":
      return withinBounds([{ operator: "<=", value: momentOf(now, type) }], type);
    default:
      return assertNever(rule);
  }
};

interface Bound {
  readonly operator: Operator;
  readonly value: string;
}

/** The last value that is not in the future, as a literal of that type. */
const momentOf = (now: Date, type: ColumnType): string =>
  type === "date" ? now.toISOString().slice(0, "YYYY-MM-DD".length) : now.toISOString();

const literal = (text: string, type: ColumnType): Value => {
  const value = parseLiteral(text, type);
  invariant(value !== undefined, "rules were checked against the schema");
  return value;
};

const withinBounds = (bounds: readonly Bound[], type: ColumnType): Judge<ColumnVector> => {
  switch (type) {
    case "string":
    case "decimal":
      return onTexts(
        textsWithin(
          bounds.map((bound) => textBound(bound, type)),
          type,
        ),
      );
    case "int":
    case "datetime":
      return onIntegers(integersWithin(rangeOf(bounds.map(integerRange(type)), MIN_INT, MAX_INT)));
    case "float":
    case "date":
    case "boolean": {
      const ranges = bounds.map(numberRange(type));
      const all = rangeOf(ranges, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
      return onNumbers(numbersWithin(all));
    }
    default:
      return assertNever(type);
  }
};

const textBound = ({ operator, value }: Bound, type: TextColumn["type"]): TextBound => ({
  operand: String(literal(value, type)),
  passes: PASSES[operator],
});

const PASSES = {
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
} satisfies Record<Operator, (order: number) => boolean>;

/** The range of one bound; an end left out is open. */
interface HalfRange<Number> {
  readonly min?: Number;
  readonly max?: Number;
  readonly inverted?: boolean;
}

/** Inclusive ranges from a bound, where `after` and `before` name the neighbours of a value. */
const halfRange = <Number>(
  operator: Operator,
  value: Number,
  before: (value: Number) => Number,
  after: (value: Number) => Number,
): HalfRange<Number> => {
  switch (operator) {
    case ">":
      return { min: after(value) };
    case ">=":
      return { min: value };
    case "<":
      return { max: before(value) };
    case "<=":
      return { max: value };
    case "==":
      return { min: value, max: value };
    case "!=":
      return { min: value, max: value, inverted: true };
    default:
      return assertNever(operator);
  }
};

/** Several bounds never contain `!=`: it stands alone. */
const rangeOf = <Number>(
  ranges: readonly HalfRange<Number>[],
  lowest: Number,
  highest: Number,
): Range<Number> => ({
  min: ranges.find(({ min }) => min !== undefined)?.min ?? lowest,
  max: ranges.find(({ max }) => max !== undefined)?.max ?? highest,
  inverted: ranges.some(({ inverted }) => inverted === true),
});

const integerRange =
  (type: ColumnType) =>
  ({ operator, value }: Bound): HalfRange<bigint> => {
    const operand = literal(value, type);
    invariant(typeof operand === "bigint", "an int or datetime is a bigint");
    // Beyond the ends of 64 bits lies nothing: an empty range, not a wrapped one.
    if (operator === ">" && operand === MAX_INT) return { min: MAX_INT, max: MIN_INT };
    if (operator === "<" && operand === MIN_INT) return { min: MAX_INT, max: MIN_INT };
    return halfRange(
      operator,
      operand,
      (whole) => whole - 1n,
      (whole) => whole + 1n,
    );
  };

const numberRange =
  (type: ColumnType) =>
  ({ operator, value }: Bound): HalfRange<number> => {
    const operand = Number(literal(value, type));
    return type === "float"
      ? halfRange(operator, operand, (float) => -nextUp(-float), nextUp)
      : halfRange(
          operator,
          operand,
          (whole) => whole - 1,
          (whole) => whole + 1,
        );
  };

/** The least float above a finite one (IEEE 754, nextUp). */
const nextUp = (value: number): number => {
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] = (bits[0] ?? 0n) + (value > 0 ? 1n : -1n);
  return new Float64Array(bits.buffer)[0] ?? value;
};

const among = (
  values: readonly string[],
  type: ColumnType,
  wanted: boolean,
): Judge<ColumnVector> => {
  const members = values.map((value) => literal(value, type));
  switch (type) {
    case "string":
    case "decimal":
      return onTexts(textsAmong(members.map(String), type, wanted));
    case "int":
    case "datetime":
      return onIntegers(integersAmong(members.map(BigInt), wanted));
    case "float":
    case "date":
    case "boolean":
      return onNumbers(numbersAmong(members.map(Number), wanted));
    default:
      return assertNever(type);
  }
};

const onTexts =
  (judge: Judge<TextColumn>): Judge<ColumnVector> =>
  (column, rows, fails) => {
    invariant("offsets" in column, `${column.name} is a column of text`);
    judge(column, rows, fails);
  };

const onIntegers =
  (judge: ReturnType<typeof integersWithin>): Judge<ColumnVector> =>
  (column, rows, fails) => {
    invariant(column.type === "int" || column.type === "datetime", `${column.name} is 64 bit`);
    judge(column, rows, fails);
  };

const onNumbers =
  (judge: ReturnType<typeof numbersWithin>): Judge<ColumnVector> =>
  (column, rows, fails) => {
    invariant(
      column.type === "float" || column.type === "date" || column.type === "boolean",
      `${column.name} is a column of numbers`,
    );
    judge(column, rows, fails);
  };

/**
 * Every privacy strategy as a function from column to column. What they promise is written in
 * domain/rules/privacy.ts; this module only decides which code keeps which promise.
 */
import type { KeyObject } from "node:crypto";
import type { PrivacyKeys } from "../../application/dataPorts.ts";
import { assertNever, invariant } from "../../domain/decider.ts";
import { type PrivacyRule, publishedType } from "../../domain/rules/privacy.ts";
import type { ColumnType } from "../../domain/table.ts";
import type { Cell, Column } from "../chunk.ts";
import { toText } from "../types.ts";
import { keyedDigest, memoized, secretKey } from "./keyed.ts";
import { FIXED_MASK, maskText, maskZipcode } from "./mask.ts";
import { addNoise, shiftDate, shiftDays } from "./perturb.ts";
import { pseudonymize } from "./pseudonymize.ts";
import { byAge, byBoundaries, byDate, bySalary, bySize } from "./ranges.ts";
import { emptyToken, tokenize } from "./tokenize.ts";

/** What a cell's row says about it, before any strategy ran. */
export interface RowContext {
  /** 1-based data row number of each row in the file it came from. */
  readonly row_numbers: readonly number[];
  /** The column that names the data subject, if there is one. */
  readonly subject: Column | null;
}

export interface TransformedColumn {
  readonly column: Column;
  /** Cells the strategy was applied to. */
  readonly cells: number;
}

export type ColumnStrategy = (column: Column, context: RowContext) => TransformedColumn;

type Present = Exclude<Cell, null>;

/** `of` makes a cell of one that is there, `of_null` of one that is not. */
interface CellStrategy {
  readonly of: (cell: Present, row: number, context: RowContext) => Cell;
  readonly of_null: Cell;
}

/** The rule must fit the type (checkPrivacyColumns). */
export const columnStrategy = (
  rule: PrivacyRule,
  type: ColumnType,
  keys: PrivacyKeys,
): ColumnStrategy => {
  const strategy = cellStrategy(rule, type, keys);
  const newType = publishedType(rule, type);
  return (column, context) => {
    let applied = 0;
    const cells = column.cells.map((cell, row) => {
      if (cell === null && rule.preserve_null) return null;
      applied += 1;
      return cell === null ? strategy.of_null : strategy.of(cell, row, context);
    });
    return { column: { name: column.name, type: newType, cells }, cells: applied };
  };
};

/** A strategy that only looks at the cell's text. */
const textual = (
  type: ColumnType,
  derive: (text: string) => string,
  of_null: string,
): CellStrategy => ({ of: (cell) => derive(toText(cell, type)), of_null });

/** What a null falls into when it is to fall into a range. */
const UNKNOWN_RANGE = "unknown";

const cellStrategy = (rule: PrivacyRule, type: ColumnType, keys: PrivacyKeys): CellStrategy => {
  switch (rule.strategy) {
    case "keep":
      return { of: (cell) => cell, of_null: null };
    case "nullify":
    case "suppress":
      return { of: () => null, of_null: null };
    case "redact":
      return { of: () => rule.text, of_null: rule.text };
    case "mask":
      return type === "boolean"
        ? { of: () => FIXED_MASK, of_null: FIXED_MASK }
        : textual(type, (text) => maskText(text, rule), FIXED_MASK);
    case "hash": {
      const key = secretKey(keys.hash);
      const derive = (text: string) => keyedDigest(key, text).toString("hex");
      return textual(type, memoized(derive), derive(""));
    }
    case "tokenize": {
      const key = secretKey(keys.token);
      return textual(
        type,
        memoized((text) => tokenize(key, text)),
        emptyToken(key),
      );
    }
    case "pseudonymize": {
      const key = secretKey(keys.pseudonym);
      const derive = (text: string) => pseudonymize(key, rule.as, text);
      return textual(type, memoized(derive), derive(""));
    }
    case "generalize":
    case "bucket":
      return textual(type, rangeOf(rule, type), UNKNOWN_RANGE);
    case "noise":
      return noise(rule, type, secretKey(keys.noise));
    case "date_shift":
      return dateShift(rule, type, secretKey(keys.date_shift));
    default:
      return assertNever(rule);
  }
};

type RangeRule = PrivacyRule & { readonly strategy: "generalize" | "bucket" };

const rangeOf = (rule: RangeRule, type: ColumnType): ((text: string) => string) => {
  switch (rule.as) {
    case "age":
      return byAge;
    case "salary":
      return bySalary;
    case "date":
      return byDate(rule.precision);
    case "zipcode":
      return maskZipcode;
    case "size":
      return bySize(rule.size, type === "int");
    case "buckets":
      return byBoundaries(rule.buckets, type === "int");
    default:
      return assertNever(rule);
  }
};

/** The subject a row belongs to as text, or null when the row names none. */
const subjectOf = ({ subject }: RowContext, row: number): string | null => {
  const cell = subject?.cells[row] ?? null;
  return subject === null || cell === null ? null : toText(cell, subject.type);
};

/** The subject seeds the noise, so that it survives the removal of other rows; else the row. */
const noise = (
  rule: PrivacyRule & { readonly strategy: "noise" },
  type: ColumnType,
  key: KeyObject,
): CellStrategy => ({
  of: (cell, row, context) => {
    const subject = subjectOf(context, row);
    const owner = subject === null ? (context.row_numbers[row] ?? 0) : subject;
    return addNoise(cell, type, rule.percent, key, JSON.stringify([rule.column, owner]));
  },
  of_null: null,
});

/** The seed has no column in it: all dates of a subject move together. */
const dateShift = (
  rule: PrivacyRule & { readonly strategy: "date_shift" },
  type: ColumnType,
  key: KeyObject,
): CellStrategy => ({
  of: (cell, row, context) => {
    const seed = subjectOf(context, row) ?? toText(cell, type);
    const shift = shiftDays(key, seed, rule.days);
    invariant(shift !== 0, "a shift is never nothing");
    return shiftDate(cell, type, shift);
  },
  of_null: null,
});

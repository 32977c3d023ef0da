/**
 * The vocabulary of tabular data that contracts, batches and the data plane share: column types,
 * file formats, stored objects, and what a pass over the rows reports.
 */
import type { Reading } from "./reading.ts";

export const COLUMN_TYPES = [
  "int",
  "float",
  "decimal",
  "string",
  "boolean",
  "date",
  "datetime",
] as const;

export type ColumnType = (typeof COLUMN_TYPES)[number];

/** Column name -> type, in the order in which columns are published. */
export type Schema = Readonly<Record<string, ColumnType>>;

/** Formats a batch may arrive in. */
export const FORMATS = ["csv", "jsonl", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/**
 * Whether a character may part the fields of a CSV file: one of ASCII that stands for itself in no
 * value that needs no quotes, such as `;`, a tab or the unit separator.
 */
export const isDelimiter = (text: string): boolean => {
  const code = text.length === 1 ? text.charCodeAt(0) : 0;
  return code > 0 && code < 0x7f && !/[A-Za-z0-9"\r\n]/.test(text);
};

/** The most digits that a decimal column's numbers have, on either side of the point. */
export interface DigitCount {
  /** Before the point, without leading zeros: 0 of `0.05`. */
  readonly whole: number;
  /** Behind the point, zeros at the end among them: 2 of `1.50`. */
  readonly fraction: number;
}

/** By column. */
export type DecimalDigits = Readonly<Record<string, DigitCount>>;

/** Numbers of at most `precision` digits, `scale` of them behind the point, as SQL names it. */
export interface DecimalType {
  readonly precision: number;
  readonly scale: number;
}

/** By column. */
export type DecimalTypes = Readonly<Record<string, DecimalType>>;

/** Bytes in the object store: where they are and what they were when they were written. */
export interface ObjectRef {
  readonly key: string;
  readonly format: Format;
  readonly bytes: number;
  /**
   * Digest of the object, which only its lake can make: `hmac-sha256:` and 64 hex digits. In logs
   * from before it was keyed, and called so since, the bare hex of the SHA-256 of the bytes.
   */
  readonly sha256: string;
  readonly rows: number;
  /** What parts the fields of a CSV file, where somebody has said so; else its header tells. */
  readonly delimiter?: string;
  /** How else a CSV file is to be read than as Lethe writes one. */
  readonly reading?: Reading;
  /** Of a raw object, all of its decimal columns; left out: they were not counted. */
  readonly decimal_digits?: DecimalDigits;
  /** Of Parquet: its decimal columns that are numbers; the others are texts. */
  readonly decimal_types?: DecimalTypes;
}

/**
 * Why a file does not fit a schema. Messages name columns of the schema and rows, never a cell's
 * value: they are recorded in the log, where no personal data may stand.
 */
export interface SchemaIssue {
  /** A column of the schema, or null when the issue is about the file as a whole. */
  readonly column: string | null;
  /** 1-based data row, or null when the issue is about the header or the file. */
  readonly row: number | null;
  readonly message: string;
}

/** Where an issue is, for a sentence or a path: `row 3, column age`. */
export const placeOf = ({ row, column }: SchemaIssue): string =>
  [row === null ? null : `row ${row}`, column === null ? null : `column ${column}`]
    .filter((part) => part !== null)
    .join(", ");

/** An issue as a sentence's part: `row 3, column age: not an int`. */
export const describeIssue = (issue: SchemaIssue): string =>
  [placeOf(issue), issue.message].filter((part) => part !== "").join(": ");

/** At most this many schema issues are listed; the rest is counted. */
export const MAX_LISTED_ISSUES = 20;

/** How one rule fared over all rows of a batch. */
export interface RuleOutcome {
  readonly column: string;
  /** The rule in its string form, such as `>0` or `in:a,b`. */
  readonly rule: string;
  readonly severity: "error" | "warn";
  readonly failures: number;
  /** Failures as a percentage of the rows read, rounded to 4 decimals; 0 for an empty file. */
  readonly percent: number;
  /** 1-based data row numbers, ascending, at most 20. */
  readonly sample_rows: readonly number[];
}

export interface QualityReport {
  readonly rows: number;
  /** Rows that fail no rule of severity `error`. */
  readonly passed_rows: number;
  readonly failed_rows: number;
  readonly rules: readonly RuleOutcome[];
}

/** What a privacy run did to one column. */
export interface StrategyOutcome {
  readonly column: string;
  readonly strategy: string;
  /** Cells the strategy was applied to (nulls that stay null are not counted). */
  readonly cells: number;
  /** The column's type before and after: a masked int is published as a string. */
  readonly from_type: ColumnType;
  readonly to_type: ColumnType;
}

export interface PrivacyReport {
  readonly rows: number;
  readonly columns: readonly StrategyOutcome[];
}

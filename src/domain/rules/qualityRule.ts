/**
 * The shape of a quality rule: plain data that can stand in a contract's events. What each kind
 * means is written in quality.ts.
 */

/** The column name under which rules on the whole table stand. */
export const TABLE = "*";

export const SEVERITIES = ["error", "warn"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const ON_FAIL = ["quarantine_rows", "quarantine_batch", "warn"] as const;
export type OnFail = (typeof ON_FAIL)[number];

export type Threshold = { readonly count: number } | { readonly percent: number };

export const OPERATORS = [">=", "<=", "==", "!=", ">", "<"] as const;
export type Operator = (typeof OPERATORS)[number];

/** What is asked. Operands are literals as written; the column's type decides what they mean. */
export type RuleBody =
  | { readonly kind: "compare"; readonly operator: Operator; readonly value: string }
  | { readonly kind: "not_null" }
  | {
      readonly kind: "unique";
      readonly columns: readonly string[];
      readonly scope: "batch" | "dataset";
    }
  | { readonly kind: "in" | "not_in"; readonly values: readonly string[] }
  | { readonly kind: "matches"; readonly pattern: string }
  | { readonly kind: "between"; readonly min: string; readonly max: string }
  | { readonly kind: "length"; readonly min: number | null; readonly max: number | null }
  | { readonly kind: "type" }
  | { readonly kind: "not_future" }
  | { readonly kind: "row_count"; readonly min: number | null; readonly max: number | null }
  | { readonly kind: "freshness"; readonly of: string; readonly max_age_ms: number };

export type QualityRule = RuleBody & {
  /** A column of the schema, or `*`. */
  readonly column: string;
  /** Canonical string form, such as `>0` or `in:a,b`. */
  readonly text: string;
  readonly severity: Severity;
  readonly threshold: Threshold | null;
  readonly on_fail: OnFail;
};

export type QualityRules = readonly QualityRule[];

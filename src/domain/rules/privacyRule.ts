/**
 * The shape of a privacy rule: plain data, every option filled in. What each strategy promises is
 * written in privacy.ts.
 */

export const STRATEGIES = [
  "mask",
  "hash",
  "redact",
  "nullify",
  "suppress",
  "tokenize",
  "pseudonymize",
  "generalize",
  "noise",
  "date_shift",
  "bucket",
  "keep",
] as const;
export type StrategyName = (typeof STRATEGIES)[number];

export const PSEUDONYMS = ["email", "name", "phone", "address"] as const;
export type PseudonymKind = (typeof PSEUDONYMS)[number];

export const GENERALIZATIONS = ["age", "salary", "date", "zipcode"] as const;
export type Generalization = (typeof GENERALIZATIONS)[number];

export const PRECISIONS = ["year", "month"] as const;
export type Precision = (typeof PRECISIONS)[number];

/** How a strategy works, apart from the column it works on. Numbers in texts are decimal. */
export type Strategy =
  | {
      readonly strategy: "mask";
      readonly preserve_format: boolean;
      readonly keep_first: number;
      readonly keep_last: number;
    }
  | { readonly strategy: "hash" | "tokenize" | "nullify" | "suppress" | "keep" }
  | { readonly strategy: "redact"; readonly text: string }
  | { readonly strategy: "pseudonymize"; readonly as: PseudonymKind }
  | { readonly strategy: "generalize"; readonly as: "age" | "salary" | "zipcode" }
  | { readonly strategy: "generalize"; readonly as: "date"; readonly precision: Precision }
  /** Ascending boundaries: below the first, between two, from the last on. */
  | {
      readonly strategy: "generalize" | "bucket";
      readonly as: "buckets";
      readonly buckets: readonly string[];
    }
  | { readonly strategy: "bucket"; readonly as: "size"; readonly size: string }
  /** A value moves by at most that share of itself. */
  | { readonly strategy: "noise"; readonly percent: number }
  | { readonly strategy: "date_shift"; readonly days: number };

export type PrivacyRule = Strategy & {
  readonly column: string;
  /** False: a null is treated like an empty value, so that it cannot be told from others. */
  readonly preserve_null: boolean;
};

/** At most one rule for a column. */
export type PrivacyRules = readonly PrivacyRule[];

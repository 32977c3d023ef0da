/** `unique` across the published batches of a dataset: which columns, and what is kept of them. */
import type { QualityRules } from "./qualityRule.ts";

/**
 * What a batch's contract check let through, as keyed hashes: an object with sorted runs of them,
 * the run of number `n` over the columns `columns[n]`. Plain JSON, recorded in the log.
 */
export interface UniqueHashes {
  readonly key: string;
  readonly bytes: number;
  readonly columns: readonly (readonly string[])[];
}

/** How a check compared a batch with the others of its dataset. */
export interface UniqueCheck {
  /** Of the rows it let through; null for rules of a request, which decide on no publication. */
  readonly hashes: UniqueHashes | null;
  /** The log's last event when the others were looked for: what was published later is not in. */
  readonly as_of: number;
  readonly compared_batches: number;
  /** Published batches that could not be: no hashes of these columns were kept of them. */
  readonly not_compared_batches: number;
}

/** Distinct lists of columns that must be unique across the dataset, in the order of the rules. */
export const scopedColumns = (rules: QualityRules): readonly (readonly string[])[] => {
  const distinct = new Map<string, readonly string[]>();
  for (const rule of rules) {
    if (rule.kind === "unique" && rule.scope === "dataset") {
      distinct.set(JSON.stringify(rule.columns), rule.columns);
    }
  }
  return [...distinct.values()];
};

/** The places among the rules that ask for each list of columns across the dataset. */
export const rulesOver = (
  rules: QualityRules,
  columns: readonly (readonly string[])[],
): readonly (readonly number[])[] =>
  columns.map((wanted) =>
    rules.flatMap((rule, index) =>
      rule.kind === "unique" &&
      rule.scope === "dataset" &&
      JSON.stringify(rule.columns) === JSON.stringify(wanted)
        ? [index]
        : [],
    ),
  );

/** Whether hashes of all these lists of columns are there. */
export const hasColumns = (
  { columns }: UniqueHashes,
  wanted: readonly (readonly string[])[],
): boolean => {
  const known = new Set(columns.map((list) => JSON.stringify(list)));
  return wanted.every((list) => known.has(JSON.stringify(list)));
};

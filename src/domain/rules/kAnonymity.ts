/**
 * k-anonymity as a contract demands it: in what is published, every combination of values of the
 * named columns is shared by at least k rows, so that nobody is singled out by it (L. Sweeney,
 * "k-anonymity: a model for protecting privacy", 2002). Counted over published values, a null being
 * a value like any other; in people instead of rows where the published data tells them apart, for k
 * rows of one person hide nobody.
 */
import type { Issue } from "../rejection.ts";
import type { Schema } from "../table.ts";

export const MIN_K = 2;
export const MAX_K = 1000;
export const MAX_K_COLUMNS = 20;

export const ON_VIOLATION = ["refuse", "suppress"] as const;

export interface KAnonymity {
  /** 1 to MAX_K_COLUMNS, each once. */
  readonly columns: readonly string[];
  /** MIN_K to MAX_K. */
  readonly k: number;
  /** Publish nothing, or leave out the rows of groups that are too small. */
  readonly on_violation: (typeof ON_VIOLATION)[number];
}

/** How the groups of a batch were before anything was left out: sizes, never a value. */
export interface KAnonymityFinding extends KAnonymity {
  /** What the size of a group is counted in. Left out in logs that counted nothing but rows. */
  readonly counted?: "rows" | "people";
  readonly groups: number;
  /** Of the smallest group, people counted up to k; null when there is no row. */
  readonly smallest_group: number | null;
  readonly groups_below_k: number;
  readonly rows_below_k: number;
}

/** Names the columns that a table of this schema lacks. */
export const kAnonymityIssues = (demand: KAnonymity | null, schema: Schema): readonly Issue[] =>
  (demand?.columns ?? []).flatMap((column, index) =>
    Object.hasOwn(schema, column)
      ? []
      : [{ path: `k_anonymity.columns.${index}`, message: `there is no column ${column}` }],
  );

/**
 * Whether what was counted answers what is demanded: groups over more columns are never larger,
 * and those of k rows are enough for any smaller k.
 */
export const covers = (
  counted: Pick<KAnonymity, "columns" | "k"> | null,
  demand: KAnonymity | null,
): boolean =>
  demand === null ||
  (counted !== null &&
    counted.k >= demand.k &&
    demand.columns.every((column) => counted.columns.includes(column)));

/** Strategies that give every person another value, or nearly so: none that makes two of one. */
const TELLING_APART: ReadonlySet<unknown> = new Set(["keep", "hash", "tokenize", "pseudonymize"]);

/**
 * The published column by which people can be counted; null when there is none. Under a strategy that
 * makes one value of several, or none, everybody would look like the same person.
 */
export const peopleColumn = (
  subject_column: string | null,
  schema: Schema,
  strategyOf: (column: string) => unknown,
): string | null =>
  subject_column !== null &&
  Object.hasOwn(schema, subject_column) &&
  TELLING_APART.has(strategyOf(subject_column) ?? "keep")
    ? subject_column
    : null;

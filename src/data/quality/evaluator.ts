/**
 * Quality rules over a table that streams by: which rows fail which rule, and in the end the
 * report and the breaches. Memory does not grow with the rows, except for `unique` where one pass
 * has to remember the values itself, and that is bounded (see seenValues.ts).
 */
import { invariant } from "../../domain/decider.ts";
import type { QualityRule, QualityRules } from "../../domain/rules/quality.ts";
import type { ColumnType, Schema } from "../../domain/table.ts";
import type { ColumnChunk, ColumnVector } from "../columns.ts";
import type { KnownDuplicates } from "./duplicates.ts";
import { newestMoment } from "./freshness.ts";
import { MAX_SAMPLE_ROWS, type QualityPartial, type Verdict, verdictOf } from "./partial.ts";
import { rowHashes } from "./rowHashes.ts";
import type { SeenRecorder } from "./seenParts.ts";
import { type Budget, SeenValues, seenBudget } from "./seenValues.ts";
import { isValueRule, valueJudge } from "./valueJudges.ts";

/** What the rules say of a chunk's rows, numbered within the chunk from 0. */
export interface ChunkVerdict {
  /** A byte a row, 1 where it fails a rule of severity `error`; null when no row does. */
  readonly failed: Uint8Array | null;
  /** A byte a row, 1 where it is kept out of the clean rows; null when none is. */
  readonly diverted: Uint8Array | null;
  /** Rules of severity `error` that a row fails, in the order of the rules. */
  rulesFailedBy(row: number): readonly QualityRule[];
}

export interface QualityEvaluator {
  /** Chunks in order. Throws TooManyValuesError when `unique` cannot remember more. */
  evaluate(chunk: ColumnChunk): ChunkVerdict;
  /** What was found so far, to be merged with what was found in other rows. */
  partial(): QualityPartial;
  /** What the rules say when the rows so far are all there are. */
  finish(): Verdict;
}

/**
 * Rows that are read in one pass need only the key. Several passes over parts of a batch cannot
 * know of each other's values: each writes them down in a recorder, and `unique` fails no row. The
 * records of all parts together tell the duplicates (findDuplicates); a part that has some
 * (`anyIn`) is evaluated once more, knowing them.
 */
export interface EvaluatorOptions {
  /** Key for the hashes by which `unique` remembers values. */
  readonly key: Uint8Array;
  /** To be relieved after every chunk. */
  readonly recorder?: SeenRecorder;
  readonly duplicates?: KnownDuplicates;
}

/** Writes 1 for every row of a chunk that fails, 0 for the others. */
type ChunkJudge = (chunk: ColumnChunk, fails: Uint8Array) => void;

interface Tally {
  readonly rule: QualityRule;
  /** Null for rules on the batch. */
  readonly judge: ChunkJudge | null;
  /** For freshness. */
  readonly newest: ((chunk: ColumnChunk) => number | null) | null;
  failures: number;
  readonly sample_rows: number[];
  newest_ms: number | null;
}

/**
 * The rules must have been checked against the schema (checkQualityColumns) and their patterns
 * compiled (patternIssues); `now` is what `not_future` and `freshness` compare with.
 */
export const qualityEvaluator = (
  rules: QualityRules,
  schema: Schema,
  now: Date,
  options: EvaluatorOptions,
): QualityEvaluator => {
  const budget = seenBudget();
  const tallies = rules.map((rule, index): Tally => {
    const judge = judgeOf(rule, index, schema, now, options, budget);
    return {
      rule,
      judge,
      newest: newestOf(rule, now),
      failures: 0,
      sample_rows: [],
      newest_ms: null,
    };
  });
  let rows = 0;
  let failed_rows = 0;

  const evaluate = (chunk: ColumnChunk): ChunkVerdict => {
    const outcomes: Outcome[] = [];
    let fails = new Uint8Array(chunk.rows);
    for (const tally of tallies) {
      const newest_ms = tally.newest?.(chunk) ?? null;
      if (newest_ms !== null) tally.newest_ms = Math.max(tally.newest_ms ?? newest_ms, newest_ms);
      if (tally.judge === null) continue;
      tally.judge(chunk, fails);
      if (!count(tally, fails, chunk)) continue;
      if (tally.rule.severity === "error") outcomes.push({ rule: tally.rule, fails });
      fails = new Uint8Array(chunk.rows);
    }
    rows += chunk.rows;
    const verdict = chunkVerdict(outcomes, chunk.rows);
    failed_rows += verdict.failed?.reduce((total, fail) => total + fail, 0) ?? 0;
    return verdict;
  };

  const partial = (): QualityPartial => ({
    rows,
    failed_rows,
    rules: tallies.map(({ failures, sample_rows, newest_ms }) => ({
      failures,
      sample_rows: [...sample_rows],
      newest_ms,
    })),
  });

  return { evaluate, partial, finish: () => verdictOf(rules, partial(), now) };
};

/** Counts a rule's failures in a chunk; whether there are any. */
const count = (tally: Tally, fails: Uint8Array, chunk: ColumnChunk): boolean => {
  let failures = 0;
  for (const fail of fails) failures += fail;
  if (failures === 0) return false;
  tally.failures += failures;
  for (let row = fails.indexOf(1); row >= 0; row = fails.indexOf(1, row + 1)) {
    if (tally.sample_rows.length === MAX_SAMPLE_ROWS) break;
    tally.sample_rows.push(chunk.first_row + row);
  }
  return true;
};

interface Outcome {
  readonly rule: QualityRule;
  readonly fails: Uint8Array;
}

const chunkVerdict = (outcomes: readonly Outcome[], rows: number): ChunkVerdict => {
  const diverting = outcomes.filter(({ rule }) => rule.on_fail === "quarantine_rows");
  return {
    failed: union(outcomes, rows),
    diverted: union(diverting, rows),
    rulesFailedBy: (row) => outcomes.flatMap(({ rule, fails }) => (fails[row] === 1 ? rule : [])),
  };
};

const union = (outcomes: readonly Outcome[], rows: number): Uint8Array | null => {
  const [first, ...others] = outcomes;
  if (first === undefined) return null;
  if (others.length === 0) return first.fails;
  const all = first.fails.slice();
  for (const { fails } of others)
    for (let row = 0; row < rows; row += 1) if (fails[row] === 1) all[row] = 1;
  return all;
};

const judgeOf = (
  rule: QualityRule,
  index: number,
  schema: Schema,
  now: Date,
  options: EvaluatorOptions,
  budget: Budget,
): ChunkJudge | null => {
  if (rule.kind === "row_count" || rule.kind === "freshness") return null;
  if (rule.kind === "unique") return uniqueJudge(rule, index, options, budget);
  if (rule.kind === "type") return (_, fails) => void fails.fill(0);
  if (rule.kind === "not_null") return notNullJudge(rule.column);
  invariant(isValueRule(rule), "every other rule judges values by themselves");
  const judge = valueJudge(rule, typeIn(schema, rule.column), now);
  return (chunk, fails) => {
    const column = columnIn(chunk, rule.column);
    judge(column, chunk.rows, fails);
    const { valid } = column;
    // A null passes.
    if (valid !== null)
      for (let row = 0; row < chunk.rows; row += 1) if (valid[row] === 0) fails[row] = 0;
  };
};

const notNullJudge =
  (name: string): ChunkJudge =>
  (chunk, fails) => {
    const { valid } = columnIn(chunk, name);
    if (valid === null) fails.fill(0);
    else for (let row = 0; row < chunk.rows; row += 1) fails[row] = valid[row] === 0 ? 1 : 0;
  };

const uniqueJudge = (
  rule: QualityRule & { readonly kind: "unique" },
  index: number,
  { key, duplicates, recorder }: EvaluatorOptions,
  budget: Budget,
): ChunkJudge => {
  const hashesIn = (chunk: ColumnChunk) =>
    rowHashes(
      rule.columns.map((name) => columnIn(chunk, name)),
      chunk.rows,
      key,
    );
  if (duplicates !== undefined)
    return ({ rows, first_row }, fails) => {
      for (let row = 0; row < rows; row += 1)
        fails[row] = duplicates.isDuplicate(index, first_row + row) ? 1 : 0;
    };
  if (recorder !== undefined)
    return (chunk, fails) => {
      recorder.record(index, hashesIn(chunk), chunk.first_row, chunk.rows);
      fails.fill(0);
    };
  const seen = new SeenValues(budget);
  return (chunk, fails) => {
    const hashes = hashesIn(chunk);
    for (let row = 0; row < chunk.rows; row += 1)
      fails[row] = hashes.takesPart(row) && !seen.add(hashes.high(row), hashes.low(row)) ? 1 : 0;
  };
};

const newestOf = (rule: QualityRule, now: Date): Tally["newest"] =>
  rule.kind === "freshness"
    ? (chunk) => newestMoment(columnIn(chunk, rule.of), chunk.rows, now)
    : null;

const typeIn = (schema: Schema, column: string): ColumnType => {
  const type = schema[column];
  invariant(type !== undefined, "rules were checked against the schema");
  return type;
};

const columnIn = (chunk: ColumnChunk, name: string): ColumnVector => {
  const column = chunk.columns.find((candidate) => candidate.name === name);
  invariant(column !== undefined, "a chunk has every column of the schema");
  return column;
};

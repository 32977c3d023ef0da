/**
 * Quality rules over a table that streams by: which rows fail which rule, and in the end the
 * report and the breaches. Memory does not grow with the rows, except for `unique`, which is
 * bounded (see seenValues.ts).
 */
import type { Breach } from "../../domain/batch/events.ts";
import { invariant } from "../../domain/decider.ts";
import { equalityKey } from "../../domain/rules/literal.ts";
import type { QualityRule, QualityRules } from "../../domain/rules/quality.ts";
import type { ColumnType, QualityReport, RuleOutcome, Schema } from "../../domain/table.ts";
import type { Cell, Chunk, Column } from "../chunk.ts";
import { cellCheck, momentMs } from "./cellChecks.ts";
import { type Budget, SeenValues, seenBudget } from "./seenValues.ts";

/** Row numbers shown for each rule. */
export const MAX_SAMPLE_ROWS = 20;

export interface ChunkVerdict {
  /** Row within the chunk, from 0 -> the rules of severity `error` it fails. Good rows are absent. */
  readonly rowFailures: ReadonlyMap<number, readonly QualityRule[]>;
}

export interface Verdict {
  readonly report: QualityReport;
  readonly breaches: readonly Breach[];
  /** No breach with effect `batch`. */
  readonly passed: boolean;
}

export interface QualityEvaluator {
  /** Chunks in order. Throws TooManyValuesError when `unique` cannot remember more. */
  evaluate(chunk: Chunk): ChunkVerdict;
  /** To be called once, after the last chunk. */
  finish(): Verdict;
}

/** One rule at work: `judge` calls `fail` for every failing row of a chunk. */
interface Judge {
  readonly rule: QualityRule;
  readonly judge: (chunk: Chunk, fail: (row: number) => void) => void;
  /** For rules on the batch: whether it holds, once all rows have been seen. */
  readonly holds?: (rows: number) => boolean;
}

/**
 * The rules must have been checked against the schema (checkQualityColumns) and their patterns
 * compiled (patternIssues); `now` is what `not_future` and `freshness` compare with.
 */
export const qualityEvaluator = (
  rules: QualityRules,
  schema: Schema,
  now: Date,
): QualityEvaluator => {
  const budget = seenBudget();
  const tallies = rules.map((rule) => ({
    ...judgeFor(rule, schema, now, budget),
    failures: 0,
    sample_rows: [] as number[],
  }));
  let rows = 0;
  let failedRows = 0;

  const evaluate = (chunk: Chunk): ChunkVerdict => {
    const rowFailures = new Map<number, QualityRule[]>();
    for (const tally of tallies) {
      const isError = tally.rule.severity === "error";
      tally.judge(chunk, (row) => {
        tally.failures += 1;
        if (tally.sample_rows.length < MAX_SAMPLE_ROWS)
          tally.sample_rows.push(chunk.first_row + row);
        if (!isError) return;
        const failed = rowFailures.get(row);
        if (failed === undefined) rowFailures.set(row, [tally.rule]);
        else failed.push(tally.rule);
      });
    }
    rows += chunk.rows;
    failedRows += rowFailures.size;
    return { rowFailures };
  };

  const finish = (): Verdict => {
    for (const tally of tallies) if (tally.holds?.(rows) === false) tally.failures += 1;
    const breaches = tallies.flatMap(({ rule, failures }) => breachOf(rule, failures, rows));
    const report = {
      rows,
      passed_rows: rows - failedRows,
      failed_rows: failedRows,
      rules: tallies.map(({ rule, failures, sample_rows }): RuleOutcome => {
        const { column, text, severity } = rule;
        const percent = percentage(failures, rows);
        return { column, rule: text, severity, failures, percent, sample_rows };
      }),
    };
    return { report, breaches, passed: breaches.every(({ effect }) => effect !== "batch") };
  };

  return { evaluate, finish };
};

const judgeFor = (rule: QualityRule, schema: Schema, now: Date, budget: Budget): Judge => {
  switch (rule.kind) {
    case "row_count": {
      const { min, max } = rule;
      const holds = (rows: number) => rows >= (min ?? 0) && rows <= (max ?? rows);
      return { rule, judge: () => {}, holds };
    }
    case "freshness":
      return freshnessJudge(rule, typeIn(schema, rule.of), now);
    case "unique":
      return uniqueJudge(rule, schema, budget);
    default:
      return cellJudge(rule, typeIn(schema, rule.column), now);
  }
};

const typeIn = (schema: Schema, column: string): ColumnType => {
  const type = schema[column];
  invariant(type !== undefined, "rules were checked against the schema");
  return type;
};

const cellsOf = (chunk: Chunk, name: string): Column["cells"] => {
  const column = chunk.columns.find((candidate) => candidate.name === name);
  invariant(column !== undefined, "a chunk has every column of the schema");
  return column.cells;
};

const cellJudge = (rule: QualityRule, type: ColumnType, now: Date): Judge => {
  const check = cellCheck(rule, type, now);
  invariant(check !== null, "the rule judges single cells");
  const nullPasses = rule.kind !== "not_null";
  return {
    rule,
    judge: (chunk, fail) => {
      const cells = cellsOf(chunk, rule.column);
      for (let row = 0; row < chunk.rows; row += 1) {
        const cell = cells[row] ?? null;
        if (cell === null ? !nullPasses : !check(cell)) fail(row);
      }
    },
  };
};

const uniqueJudge = (
  rule: QualityRule & { readonly kind: "unique" },
  schema: Schema,
  budget: Budget,
): Judge => {
  const seen = new SeenValues(budget);
  const types = rule.columns.map((column) => typeIn(schema, column));
  return {
    rule,
    judge: (chunk, fail) => {
      const columns = rule.columns.map((column) => cellsOf(chunk, column));
      for (let row = 0; row < chunk.rows; row += 1) {
        const key = rowKey(columns, types, row);
        if (key !== null && !seen.add(key)) fail(row);
      }
    },
  };
};

/** Equal for equal rows only: each part carries its length. Null when a cell is null. */
const rowKey = (
  columns: readonly Column["cells"][],
  types: readonly ColumnType[],
  row: number,
): string | null => {
  let key = "";
  for (const [index, type] of types.entries()) {
    const cell: Cell | undefined = columns[index]?.[row];
    if (cell === null || cell === undefined) return null;
    const part = String(equalityKey(cell, type));
    key += `${part.length}:${part}`;
  }
  return key;
};

const freshnessJudge = (
  rule: QualityRule & { readonly kind: "freshness" },
  type: ColumnType,
  now: Date,
): Judge => {
  let newest_ms = Number.NEGATIVE_INFINITY;
  return {
    rule,
    judge: (chunk) => {
      for (const cell of cellsOf(chunk, rule.of))
        if (cell !== null) newest_ms = Math.max(newest_ms, momentMs(cell, type));
    },
    holds: () => now.getTime() - newest_ms <= rule.max_age_ms,
  };
};

const PERCENT_SCALE = 10_000;

const percentage = (failures: number, rows: number): number =>
  rows === 0 ? 0 : Math.round((failures / rows) * 100 * PERCENT_SCALE) / PERCENT_SCALE;

/** In whole numbers, because 0.07 * 100 is more than 7 in floats. */
const exceeds = (rule: QualityRule, failures: number, rows: number): boolean => {
  if (rule.threshold === null) return failures > 0;
  if ("count" in rule.threshold) return failures > rule.threshold.count;
  return failures * 100 * PERCENT_SCALE > Math.round(rule.threshold.percent * PERCENT_SCALE) * rows;
};

const breachOf = (rule: QualityRule, failures: number, rows: number): readonly Breach[] => {
  if (rule.on_fail === "quarantine_rows" && rule.threshold === null) return [];
  if (!exceeds(rule, failures, rows)) return [];
  const effect = rule.on_fail === "warn" ? "warn" : "batch";
  return [{ column: rule.column, rule: rule.text, failures, effect }];
};

/**
 * What the rules found in some rows of a batch, as plain JSON that adds up: the partial results of
 * any cut into runs of rows merge to what one pass over all of them finds.
 */
import type { Breach } from "../../domain/batch/events.ts";
import { invariant } from "../../domain/decider.ts";
import type { QualityRule, QualityRules } from "../../domain/rules/quality.ts";
import type { QualityReport, RuleOutcome } from "../../domain/table.ts";

/** Row numbers shown for each rule. */
export const MAX_SAMPLE_ROWS = 20;

export interface RulePartial {
  readonly failures: number;
  /** 1-based data row numbers, ascending: the first MAX_SAMPLE_ROWS that fail. */
  readonly sample_rows: readonly number[];
  /** For `freshness`: the newest moment, in milliseconds since 1970; null without any. */
  readonly newest_ms: number | null;
}

export interface QualityPartial {
  readonly rows: number;
  /** Rows that fail a rule of severity `error`. */
  readonly failed_rows: number;
  /** In the order of the rules. */
  readonly rules: readonly RulePartial[];
}

export interface Verdict {
  readonly report: QualityReport;
  readonly breaches: readonly Breach[];
  /** No breach with effect `batch`. */
  readonly passed: boolean;
}

/** The partial results of all rows, of the same rules each, in any order. */
export const mergeQualityPartials = (
  rules: QualityRules,
  partials: readonly QualityPartial[],
): QualityPartial => {
  invariant(
    partials.every((partial) => partial.rules.length === rules.length),
    "partial results are of the same rules",
  );
  return {
    rows: sum(partials.map(({ rows }) => rows)),
    failed_rows: sum(partials.map(({ failed_rows }) => failed_rows)),
    rules: rules.map((_, index) =>
      mergeRulePartials(partials.flatMap((partial) => partial.rules[index] ?? [])),
    ),
  };
};

const mergeRulePartials = (partials: readonly RulePartial[]): RulePartial => ({
  failures: sum(partials.map(({ failures }) => failures)),
  sample_rows: partials
    .flatMap(({ sample_rows }) => sample_rows)
    .sort((left, right) => left - right)
    .slice(0, MAX_SAMPLE_ROWS),
  newest_ms: partials.reduce<number | null>(
    (newest, { newest_ms }) =>
      newest === null || (newest_ms !== null && newest_ms > newest) ? newest_ms : newest,
    null,
  ),
});

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0);

/** What the rules say of all rows together; `now` is what `freshness` compares with. */
export const verdictOf = (rules: QualityRules, partial: QualityPartial, now: Date): Verdict => {
  const { rows, failed_rows } = partial;
  const judged = rules.map((rule, index) => {
    const found = partial.rules[index];
    invariant(found !== undefined, "partial results are of the same rules");
    const failures = holdsForBatch(rule, rows, found.newest_ms, now) ? found.failures : 1;
    return { rule, failures, sample_rows: found.sample_rows };
  });
  const breaches = judged.flatMap(({ rule, failures }) => breachOf(rule, failures, rows));
  return {
    report: {
      rows,
      passed_rows: rows - failed_rows,
      failed_rows,
      rules: judged.map(({ rule, failures, sample_rows }): RuleOutcome => {
        const { column, text, severity } = rule;
        const percent = percentage(failures, rows);
        return { column, rule: text, severity, failures, percent, sample_rows };
      }),
    },
    breaches,
    passed: breaches.every(({ effect }) => effect !== "batch"),
  };
};

/** False only for a rule on the batch that does not hold. */
const holdsForBatch = (
  rule: QualityRule,
  rows: number,
  newest_ms: number | null,
  now: Date,
): boolean => {
  if (rule.kind === "row_count") return rows >= (rule.min ?? 0) && rows <= (rule.max ?? rows);
  if (rule.kind === "freshness")
    return newest_ms !== null && now.getTime() - newest_ms <= rule.max_age_ms;
  return true;
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

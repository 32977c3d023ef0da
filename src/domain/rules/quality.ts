/**
 * The quality rules of a contract: what they are and what they mean. A rule that is not understood
 * is an issue, never a rule that always passes.
 *
 * Meaning, for whoever evaluates (data/quality):
 *
 * - A null passes every rule but `not_null`.
 * - Values compare by the column's type: int and decimal exactly (never through a float), strings
 *   by code point, booleans only for equality. NaN never occurs. A date is a whole day in UTC.
 * - `unique`: every row after the first with the same value fails; rows with a null in one of the
 *   columns do not take part. In the scope of the dataset (`unique_in_dataset`), rows also fail
 *   whose value stands in another batch that is published, as the contract's check let it through.
 * - `type`: the schema check has refused misfits before any rule runs, so it always passes here.
 * - `length` counts code points. `matches` must match the whole value (see contracts/pattern.ts).
 * - `not_future`: a datetime after now, or a date after today in UTC, fails.
 * - `row_count` and `freshness` judge the batch, not rows: they count as one failure, name no rows
 *   and fail none. `freshness:<column>,24h` wants the newest value at most that old, a date being
 *   as old as the end of its day; a value ahead of the clock shows nothing, and without any value
 *   the rule fails.
 *
 * A rule is breached when its failures exceed its threshold: a number of rows, or a percentage of
 * the rows read; none means that no failure is allowed. What a failure leads to is `on_fail`:
 *
 * - `quarantine_batch`: breached, the batch fails; within the threshold the rows are tolerated.
 * - `quarantine_rows`: every failing row is diverted. Without a threshold the rule is never
 *   breached; with one, a breach fails the batch as well.
 * - `warn`: a breach is a warning, and the batch goes on.
 *
 * `severity` decides what counts as a failed row: only rules of severity `error` do.
 */
export type { RuleIssue } from "./issue.ts";
export { checkQualityColumns } from "./qualityColumns.ts";
export { parseQualityRules } from "./qualityGrammar.ts";
export * from "./qualityRule.ts";

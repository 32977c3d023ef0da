/**
 * Privacy rules over a table that streams by: every chunk with its columns transformed, and in the
 * end a report of what was done. A rule that would do nothing is refused here as well: columns
 * are looked up when the pass is made, not when a row happens to need them.
 */
import type { PrivacyKeys } from "../../application/dataPorts.ts";
import { invariant } from "../../domain/decider.ts";
import { type PrivacyRules, publishedSchema, publishedType } from "../../domain/rules/privacy.ts";
import type { PrivacyReport, Schema } from "../../domain/table.ts";
import type { Chunk } from "../chunk.ts";
import { columnStrategy } from "./strategies.ts";

export interface PrivacyPass {
  /** Schema of the chunks that come out. */
  readonly schema: Schema;
  /** `row_numbers`: where each row of the chunk stood in its file. */
  apply(chunk: Chunk, row_numbers: readonly number[]): Chunk;
  report(): PrivacyReport;
}

/** The rules must have been checked against the schema (checkPrivacyColumns). */
export const privacyPass = (
  rules: PrivacyRules,
  schema: Schema,
  keys: PrivacyKeys,
  subject_column: string | null,
): PrivacyPass => {
  const steps = rules.map((rule) => {
    const type = schema[rule.column];
    invariant(type !== undefined, "privacy rules were checked against the schema");
    const outcome = {
      column: rule.column,
      strategy: rule.strategy,
      from_type: type,
      to_type: publishedType(rule, type),
    };
    return { outcome, transform: columnStrategy(rule, type, keys), cells: 0 };
  });
  const byColumn = new Map(steps.map((step) => [step.outcome.column, step]));
  invariant(byColumn.size === steps.length, "a column has at most one privacy rule");
  let rows = 0;

  const apply = (chunk: Chunk, row_numbers: readonly number[]): Chunk => {
    const subject = chunk.columns.find(({ name }) => name === subject_column) ?? null;
    const context = { row_numbers, subject };
    const columns = chunk.columns.map((column) => {
      const step = byColumn.get(column.name);
      if (step === undefined) return column;
      const transformed = step.transform(column, context);
      step.cells += transformed.cells;
      return transformed.column;
    });
    rows += chunk.rows;
    return { ...chunk, columns };
  };

  const report = (): PrivacyReport => ({
    rows,
    columns: steps.map(({ outcome, cells }) => ({ ...outcome, cells })),
  });

  return { schema: publishedSchema(schema, rules), apply, report };
};

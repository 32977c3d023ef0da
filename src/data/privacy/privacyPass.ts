/**
 * Privacy rules over a table that streams by: every chunk with its columns transformed, and in the
 * end a report of what was done. A rule that would do nothing is refused here as well: columns
 * are looked up when the pass is made, not when a row happens to need them.
 */
import type { PrivacyKeys } from "../../application/dataPorts.ts";
import { invariant } from "../../domain/decider.ts";
import { type PrivacyRules, publishedSchema, publishedType } from "../../domain/rules/privacy.ts";
import type { PrivacyReport, Schema } from "../../domain/table.ts";
import { isNullAt } from "../columnCells.ts";
import type { ColumnChunk } from "../columns.ts";
import { comparable } from "../quality/rowHashes.ts";
import type { RowOwners } from "./perturbColumn.ts";
import { columnStrategy } from "./strategies.ts";

export interface PrivacyPass {
  /** Schema of the chunks that come out. */
  readonly schema: Schema;
  /** Columns without a rule come out as they are. Where a row stands changes nothing. */
  apply(chunk: ColumnChunk): ColumnChunk;
  /** What was done so far: reports of other rows add up with it (mergePrivacyReports). */
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

  const apply = (chunk: ColumnChunk): ColumnChunk => {
    const owners = ownersOf(chunk, subject_column);
    const columns = chunk.columns.map((column) => {
      const step = byColumn.get(column.name);
      if (step === undefined) return column;
      const transformed = step.transform(column, owners);
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

const ownersOf = (chunk: ColumnChunk, subject_column: string | null): RowOwners => {
  const subject = chunk.columns.find(({ name }) => name === subject_column);
  let subjects: RowOwners["subjects"] = null;
  return {
    rows: chunk.rows,
    // Most strategies do not ask.
    get subjects() {
      if (subject !== undefined) subjects ??= comparable(subject, chunk.rows);
      return subjects;
    },
    hasSubject: (row) => subject !== undefined && !isNullAt(subject, row),
  };
};

/** The report on all rows from reports by the same rules on each of their parts, one at least. */
export const mergePrivacyReports = (reports: readonly PrivacyReport[]): PrivacyReport =>
  reports.reduce((total, { rows, columns }) => ({
    rows: total.rows + rows,
    columns: total.columns.map((outcome, index) => {
      const other = columns[index];
      invariant(other?.column === outcome.column, "the reports are by the same rules");
      return { ...outcome, cells: outcome.cells + other.cells };
    }),
  }));

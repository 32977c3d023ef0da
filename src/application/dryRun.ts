/**
 * What a dry run reads and what it hides. It answers while its request waits, so of a large file it
 * takes the first rows only and says so; and it shows rows to whoever may ask for it, so rules that
 * are chosen freely must not spell a person's values out, a part at a time.
 */
import type { Batch } from "../domain/batch/batch.ts";
import type { RawRules } from "../domain/batch/events.ts";
import { unprotectedColumns } from "../domain/batch/protection.ts";
import { type PrivacyRule, parsePrivacyRules } from "../domain/rules/privacy.ts";
import type { Schema } from "../domain/table.ts";
import type { Subject } from "./planWork.ts";

/** How many rows of a large batch are taken: about as many as a request has time for. */
export const sampleRows = ({ raw }: Batch, schema: Schema, sync_bytes: number): number => {
  // What Parquet unpacks to its size does not say: a cell is a byte at least.
  const bytes = Math.max(raw.bytes, raw.rows * Object.keys(schema).length);
  return Math.max(1, Math.floor((raw.rows * sync_bytes) / Math.max(1, bytes)));
};

/**
 * Columns of which nothing is shown: those that the contract protects otherwise, and those that are
 * personal, as far as is known, and that a rule which is not the contract's leaves a part of: a mask
 * with other ends each time would give the whole.
 */
export const hiddenInDryRun = (
  { batch, dataset, contract }: Subject,
  rules: RawRules,
): readonly string[] => {
  const { subject_column } = dataset;
  const personal = new Set([subject_column, ...batch.looks_personal.map(({ column }) => column)]);
  const agreed = contract.privacy_rules;
  const parsed = parsePrivacyRules(rules);
  const probed = (parsed.ok ? parsed.value : [])
    .filter((rule) => personal.has(rule.column) && leavesAPart(rule))
    .filter(({ column }) => JSON.stringify(agreed[column]) !== JSON.stringify(rules[column]))
    .map(({ column }) => column);
  return [...new Set([...unprotectedColumns(contract, { rules, requested: {} }), ...probed])];
};

const leavesAPart = (rule: PrivacyRule): boolean => {
  switch (rule.strategy) {
    case "mask":
      return rule.preserve_format || rule.keep_first > 0 || rule.keep_last > 0;
    case "generalize":
    case "bucket":
    case "noise":
    case "date_shift":
      return true;
    default:
      return false;
  }
};

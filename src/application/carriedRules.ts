/**
 * What a check under a request's rules takes over from the one before it: rows that were rejected
 * stay rejected, so the rules that rejected them go on, whatever is asked for next.
 */
import type { QualityCheck, RawRules } from "../domain/batch/events.ts";
import { parseQualityRules } from "../domain/rules/quality.ts";

const entriesOf = (rule: unknown): readonly unknown[] => (Array.isArray(rule) ? rule : [rule]);

const rejectsRows = (column: string, entry: unknown): boolean => {
  const parsed = parseQualityRules({ [column]: entry });
  return parsed.ok && parsed.value.some(({ on_fail }) => on_fail === "quarantine_rows");
};

/** It rejects its rows and fails the batch no more: somebody has released that batch since. */
const withoutThreshold = (entry: unknown): unknown =>
  typeof entry === "object" && entry !== null
    ? Object.fromEntries(Object.entries(entry).filter(([option]) => option !== "threshold"))
    : entry;

/** The rules that are asked for, and those of the check before that reject rows. */
export const withCarried = (asked: RawRules, before: QualityCheck | null): RawRules => {
  const rules: Record<string, unknown> = { ...asked };
  for (const [column, rule] of Object.entries(before?.rules ?? {})) {
    const known = Object.hasOwn(rules, column) ? entriesOf(rules[column]) : [];
    const texts = new Set(known.map((entry) => JSON.stringify(entry)));
    const carried = entriesOf(rule)
      .filter((entry) => !texts.has(JSON.stringify(entry)) && rejectsRows(column, entry))
      .map(withoutThreshold)
      .filter((entry) => !texts.has(JSON.stringify(entry)));
    if (carried.length > 0) rules[column] = [...known, ...carried];
  }
  return rules;
};

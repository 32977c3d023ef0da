/**
 * The privacy rules of a contract: what the strategies are and what they promise. The golden rule:
 * no value of a transformed column stands in the output as it was, except what a strategy keeps by
 * its definition (`keep`; zero under `noise`; the empty text under `mask` and `tokenize`, which
 * keep lengths; a value that equals the fixed text of `redact`).
 *
 * - `mask`: every character becomes `*` (`#` if the value would otherwise look the same), so the
 *   length stays. `keep_first` / `keep_last` show that many characters (graphemes); a value of
 *   whose visible ones more than half would show is masked whole. `preserve_format` leaves ASCII
 *   punctuation and blanks (what ECMAScript's `\s` matches).
 *   Booleans and nulls have one mask of fixed length.
 * - `hash`: HMAC-SHA-256 under the lake's key, 64 hex digits. Never a plain hash. Equal values have
 *   equal hashes: a decimal's text is taken without the zeros that end its fraction, -0 as `0`.
 * - `redact`: a fixed text. `nullify`, `suppress`: null.
 * - `tokenize`: keyed; a digit becomes a digit, a letter an ASCII letter of its case, ASCII
 *   punctuation and blanks stay; same number of code points, so `1.5` and `1.50` have tokens of
 *   their own. Short values have few tokens, so two of them may share one: take `hash` where values
 *   must stay distinct.
 * - `pseudonymize`: a made-up email, name, phone number or address that cannot exist, with keyed
 *   digits, so that two values rarely meet. Without `as` the column's name must tell the kind.
 * - `generalize`: `age` to decades (90+), `salary` to ten thousands (200000+), `date` to month or
 *   year (`precision`), `zipcode` to its first 3 characters of 5 visible ones or more, or `buckets`.
 * - `bucket`: `size` (multiples) or `buckets` (boundaries), lower bound inclusive. A range holds at
 *   least two whole numbers of an int, and is at least a tenth wide on float and decimal.
 * - `noise`: moves a number by up to `percent`, never not at all, except zero. The type stays. An
 *   int moves by at least 1, a decimal by at least its last digit. Rounded to the greatest power of
 *   ten that is at most a tenth of the percentage of what comes out, or to those digits. Equal
 *   values of a subject, or of nobody, move alike in one column of one dataset under one
 *   percentage; whatever of this is another, the move is another.
 * - `date_shift`: moves by up to `days` either way, never by 0, by the same amount for all dates
 *   of a subject in one dataset; where no subject is named, and of days that stand in for none
 *   (data/privacy/shift.ts), by an amount that depends on the date alone.
 *
 * Keyed strategies give the same output for the same input everywhere in a lake, `noise` and
 * `date_shift` in a dataset.
 */
import { invariant } from "../decider.ts";
import type { ColumnType, Schema } from "../table.ts";
import type { PrivacyRule, PrivacyRules } from "./privacyRule.ts";

export type { RuleIssue } from "./issue.ts";
export { checkPrivacyColumns, MIN_WIDTH } from "./privacyColumns.ts";
export { parsePrivacyRules } from "./privacyGrammar.ts";
export * from "./privacyRule.ts";

/** The type of a column after a rule: whatever makes texts makes a string column. */
export const publishedType = (rule: PrivacyRule, type: ColumnType): ColumnType => {
  switch (rule.strategy) {
    case "keep":
    case "nullify":
    case "suppress":
    case "noise":
    case "date_shift":
      return type;
    case "mask":
    case "hash":
    case "redact":
    case "tokenize":
    case "pseudonymize":
    case "generalize":
    case "bucket":
      return "string";
  }
};

/** The schema of the clean rows: same columns, same order. The rules must fit the schema. */
export const publishedSchema = (schema: Schema, rules: PrivacyRules): Schema => {
  const byColumn = new Map(rules.map((rule) => [rule.column, rule]));
  for (const column of byColumn.keys())
    invariant(Object.hasOwn(schema, column), "privacy rules were checked against the schema");
  return Object.fromEntries(
    Object.entries(schema).map(([column, type]) => {
      const rule = byColumn.get(column);
      return [column, rule === undefined ? type : publishedType(rule, type)];
    }),
  );
};

/** One rule per column: where both have one, that of `override`. */
export const mergePrivacyRules = (base: PrivacyRules, override: PrivacyRules): PrivacyRules => {
  const merged = new Map(base.map((rule) => [rule.column, rule]));
  for (const rule of override) merged.set(rule.column, rule);
  return [...merged.values()];
};

/**
 * Reads `privacy_rules` as a client writes them: column -> strategy, a string or an object with
 * options. An unknown strategy or option is an issue: a misspelt `keep_lst` must not pass for a
 * choice. Everything wrong is reported at once.
 */
import { err, ok, type Result } from "../decider.ts";
import { formatDecimal, normalizeDecimal, parseDecimal, plainNumber } from "./decimal.ts";
import { isJsonObject, type JsonObject, listed, quoted, type RuleIssue, said } from "./issue.ts";
import { isAscending } from "./privacyColumns.ts";
import {
  GENERALIZATIONS,
  type Generalization,
  PRECISIONS,
  type PrivacyRule,
  type PrivacyRules,
  PSEUDONYMS,
  type PseudonymKind,
  STRATEGIES,
  type Strategy,
  type StrategyName,
} from "./privacyRule.ts";

export const MAX_PRIVACY_RULES = 1000;
export const MAX_BUCKETS = 100;
export const MAX_KEPT_CHARS = 64;
export const MAX_REDACT_CHARS = 100;
/** Of a number that is written as a text: sign, point and more digits than any column holds. */
const MAX_NUMBER_CHARS = 64;
/** Ten years: more would put subjects into another generation. */
export const MAX_SHIFT_DAYS = 3650;

const DEFAULT_REDACT_TEXT = "[REDACTED]";
const DEFAULT_NOISE_PERCENT = 10;
const DEFAULT_SHIFT_DAYS = 30;

type Report = (option: string, message: string) => void;

/**
 * In: the JSON value of `privacy_rules`, undefined or null when there are none. Out: the rules in
 * the order in which they stand, options filled in, or every issue found.
 */
export const parsePrivacyRules = (raw: unknown): Result<PrivacyRules, readonly RuleIssue[]> => {
  if (raw === undefined || raw === null) return ok([]);
  if (!isJsonObject(raw))
    return err([{ path: "", message: "privacy rules are an object: column -> strategy" }]);
  const entries = Object.entries(raw);
  if (entries.length > MAX_PRIVACY_RULES)
    return err([
      { path: "", message: `a contract holds at most ${MAX_PRIVACY_RULES} privacy rules` },
    ]);
  const issues: RuleIssue[] = [];
  const rules = entries.flatMap(([column, entry]) => {
    const found = issues.length;
    const report: Report = (option, message) =>
      issues.push({ path: option === "" ? column : `${column}.${option}`, message });
    const rule = parseRule(column, entry, report);
    return rule === null || issues.length > found ? [] : [rule];
  });
  return issues.length > 0 ? err(issues) : ok(rules);
};

const parseRule = (column: string, entry: unknown, report: Report): PrivacyRule | null => {
  const options: JsonObject | null =
    typeof entry === "string" ? {} : isJsonObject(entry) ? said(entry) : null;
  if (options === null) {
    report("", `a strategy is a string or an object, not ${quoted(entry)}`);
    return null;
  }
  const name = typeof entry === "string" ? entry : options.strategy;
  const strategyName = STRATEGIES.find((candidate) => candidate === name);
  if (strategyName === undefined) {
    const where = typeof entry === "string" ? "" : "strategy";
    report(where, `unknown strategy ${quoted(name)}; known are ${listed(STRATEGIES)}`);
    return null;
  }
  const preserve_null = flag(options, "preserve_null", true, report);
  if (!preserve_null && NULLS_STAY.includes(strategyName))
    report("preserve_null", `${strategyName} can make nothing else of a null`);
  refuseUnknown(options, strategyName, report);
  const strategy = parseStrategy(strategyName, options, column, report);
  return strategy === null ? null : { ...strategy, column, preserve_null };
};

const NULLS_STAY: readonly StrategyName[] = ["keep", "nullify", "suppress", "noise", "date_shift"];

const OPTIONS: Readonly<Record<StrategyName, readonly string[]>> = {
  mask: ["preserve_format", "keep_first", "keep_last"],
  hash: [],
  redact: ["text"],
  nullify: [],
  suppress: [],
  tokenize: [],
  pseudonymize: ["as"],
  generalize: ["as", "buckets", "precision"],
  noise: ["percent"],
  date_shift: ["days"],
  bucket: ["size", "buckets"],
  keep: [],
};

const refuseUnknown = (options: JsonObject, name: StrategyName, report: Report): void => {
  const known = ["strategy", "preserve_null", ...OPTIONS[name]];
  for (const key of Object.keys(options))
    if (!known.includes(key)) report(key, `${name} has no option ${quoted(key)}`);
};

const parseStrategy = (
  name: StrategyName,
  options: JsonObject,
  column: string,
  report: Report,
): Strategy | null => {
  switch (name) {
    case "mask":
      return {
        strategy: name,
        preserve_format: flag(options, "preserve_format", false, report),
        keep_first: wholeNumber(options, "keep_first", 0, 0, MAX_KEPT_CHARS, report),
        keep_last: wholeNumber(options, "keep_last", 0, 0, MAX_KEPT_CHARS, report),
      };
    case "hash":
    case "tokenize":
    case "nullify":
    case "suppress":
    case "keep":
      return { strategy: name };
    case "redact":
      return { strategy: name, text: redactText(options, report) };
    case "pseudonymize": {
      const as = kindOf(options, column, PSEUDONYMS, PSEUDONYM_WORDS, report);
      return as === null ? null : { strategy: name, as };
    }
    case "generalize":
      return parseGeneralize(options, column, report);
    case "noise":
      return { strategy: name, percent: noisePercent(options, report) };
    case "date_shift":
      return {
        strategy: name,
        days: wholeNumber(options, "days", DEFAULT_SHIFT_DAYS, 1, MAX_SHIFT_DAYS, report),
      };
    case "bucket":
      return parseBucket(options, report);
  }
};

const parseGeneralize = (options: JsonObject, column: string, report: Report): Strategy | null => {
  if (options.buckets !== undefined) {
    if (options.as !== undefined) report("as", "generalize takes `as` or `buckets`, not both");
    if (options.precision !== undefined) report("precision", "precision is for as: date");
    return { strategy: "generalize", as: "buckets", buckets: boundaries(options, report) };
  }
  const as = kindOf(options, column, GENERALIZATIONS, GENERALIZATION_WORDS, report);
  if (as === null) return null;
  if (as !== "date") {
    if (options.precision !== undefined) report("precision", "precision is for as: date");
    return { strategy: "generalize", as };
  }
  const precision = options.precision ?? "month";
  const known = PRECISIONS.find((candidate) => candidate === precision);
  if (known === undefined) report("precision", `precision is ${listed(PRECISIONS)}`);
  return known === undefined ? null : { strategy: "generalize", as, precision: known };
};

const parseBucket = (options: JsonObject, report: Report): Strategy | null => {
  if ((options.size === undefined) === (options.buckets === undefined)) {
    report("", "bucket takes either `size` or `buckets`");
    return null;
  }
  if (options.buckets !== undefined)
    return { strategy: "bucket", as: "buckets", buckets: boundaries(options, report) };
  const size = numberText(options.size);
  if (size !== undefined && /[1-9]/.test(size) && !size.startsWith("-"))
    return { strategy: "bucket", as: "size", size };
  report("size", "size is a number above 0");
  return null;
};

const PSEUDONYM_WORDS: readonly (readonly [PseudonymKind, RegExp])[] = [
  ["email", /^(?:e?mail)$/],
  ["phone", /^(?:phone|telephone|tel|mobile|cell|fax)$/],
  ["address", /^(?:address|addr|street)$/],
  ["name", /^(?:name|firstname|lastname|fullname|surname|username)$/],
];

const GENERALIZATION_WORDS: readonly (readonly [Generalization, RegExp])[] = [
  ["zipcode", /^(?:zip|zipcode|postal|postcode|postalcode|plz)$/],
  ["salary", /^(?:salary|income|wage|wages)$/],
  ["date", /^(?:date|birthday|birthdate|dob)$/],
  ["age", /^age$/],
];

/** The option `as`, or else what a word in the column's name says, the first in the table. */
const kindOf = <Kind extends string>(
  options: JsonObject,
  column: string,
  kinds: readonly Kind[],
  words: readonly (readonly [Kind, RegExp])[],
  report: Report,
): Kind | null => {
  if (options.as !== undefined) {
    const named = kinds.find((candidate) => candidate === options.as);
    if (named === undefined) report("as", `as is ${listed(kinds)}, not ${quoted(options.as)}`);
    return named ?? null;
  }
  const parts = column
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
  const found = words.find(([, word]) => parts.some((part) => word.test(part)));
  if (found === undefined) report("as", `the column's name does not tell: say as ${listed(kinds)}`);
  return found?.[0] ?? null;
};

const flag = (options: JsonObject, key: string, fallback: boolean, report: Report): boolean => {
  const raw = options[key] ?? fallback;
  if (typeof raw === "boolean") return raw;
  report(key, `${key} is true or false`);
  return fallback;
};

const wholeNumber = (
  options: JsonObject,
  key: string,
  fallback: number,
  min: number,
  max: number,
  report: Report,
): number => {
  const raw = options[key] ?? fallback;
  if (typeof raw === "number" && Number.isInteger(raw) && raw >= min && raw <= max) return raw;
  report(key, `${key} is a whole number from ${min} to ${max}`);
  return fallback;
};

const redactText = (options: JsonObject, report: Report): string => {
  const raw = options.text ?? DEFAULT_REDACT_TEXT;
  if (typeof raw === "string" && raw.length <= MAX_REDACT_CHARS) return raw;
  report("text", `text is a string of at most ${MAX_REDACT_CHARS} characters`);
  return DEFAULT_REDACT_TEXT;
};

/** Percentages have at most four decimals, so that they are exact in millionths. */
const noisePercent = (options: JsonObject, report: Report): number => {
  const raw = options.percent ?? DEFAULT_NOISE_PERCENT;
  const fits = typeof raw === "number" && raw >= 0.0001 && raw <= 100;
  if (fits && /^\d+(?:\.\d{1,4})?$/.test(String(raw))) return raw;
  report("percent", "percent is a number above 0, at most 100, with at most 4 decimals");
  return DEFAULT_NOISE_PERCENT;
};

/** Plain decimal notation of a number, which may also be written as a text. */
const numberText = (raw: unknown): string | undefined => {
  if (typeof raw === "number") return plainNumber(raw);
  if (typeof raw !== "string" || raw.length > MAX_NUMBER_CHARS) return undefined;
  const value = parseDecimal(raw);
  return value && formatDecimal(normalizeDecimal(value));
};

const boundaries = (options: JsonObject, report: Report): readonly string[] => {
  const raw = Array.isArray(options.buckets) ? options.buckets : [];
  const texts = raw.map(numberText).filter((text) => text !== undefined);
  const fits = texts.length === raw.length && texts.length > 0 && texts.length <= MAX_BUCKETS;
  if (!fits || !isAscending(texts))
    report("buckets", `buckets are 1 to ${MAX_BUCKETS} numbers, each above the one before`);
  return texts;
};

/**
 * Reads `quality_rules` as a client writes them: column -> rule or list of rules, a rule being a
 * string or an object. Everything wrong is reported at once, each with the path of where it stands.
 */
import { err, ok, type Result } from "../decider.ts";
import { plainNumber } from "./decimal.ts";
import { isJsonObject, type JsonObject, listed, quoted, type RuleIssue, said } from "./issue.ts";
import {
  buildRule,
  MAX_LIST_VALUES,
  type OperandName,
  type Operands,
  operandNames,
  splitRule,
} from "./qualityBodies.ts";
import {
  ON_FAIL,
  type OnFail,
  type QualityRule,
  type QualityRules,
  SEVERITIES,
  type Severity,
  type Threshold,
} from "./qualityRule.ts";

/** Rules in one contract, over all columns. */
export const MAX_QUALITY_RULES = 500;
/** Characters in a rule's string form: it is repeated in every report. */
export const MAX_RULE_CHARS = 4096;

interface Consequence {
  readonly severity: Severity;
  readonly threshold: Threshold | null;
  readonly on_fail: OnFail;
}

const DEFAULTS: Consequence = { severity: "error", threshold: null, on_fail: "quarantine_batch" };
const CONSEQUENCE_KEYS: readonly string[] = ["severity", "threshold", "on_fail"];
const LIST_OPERANDS: readonly OperandName[] = ["values", "columns"];

type Report = (path: string, message: string) => void;

/**
 * In: the JSON value of `quality_rules`, undefined or null when there are none. Out: the rules in
 * the order in which they stand, or every issue found.
 */
export const parseQualityRules = (raw: unknown): Result<QualityRules, readonly RuleIssue[]> => {
  if (raw === undefined || raw === null) return ok([]);
  if (!isJsonObject(raw))
    return err([{ path: "", message: "quality rules are an object: column -> rule or rules" }]);
  const issues: RuleIssue[] = [];
  const report: Report = (path, message) => issues.push({ path, message });
  const rules: QualityRule[] = [];
  for (const [column, entry] of Object.entries(raw)) {
    const entries = Array.isArray(entry) ? entry : [entry];
    if (entries.length === 0) report(column, "the list holds no rule");
    for (const [index, item] of entries.entries()) {
      if (rules.length + issues.length >= MAX_QUALITY_RULES) {
        report(column, `a contract holds at most ${MAX_QUALITY_RULES} quality rules`);
        return err(issues);
      }
      const path = Array.isArray(entry) ? `${column}.${index}` : column;
      rules.push(...parseEntry(item, column, path, report));
    }
  }
  return issues.length > 0 ? err(issues) : ok(rules);
};

const parseEntry = (
  entry: unknown,
  column: string,
  path: string,
  report: Report,
): readonly QualityRule[] => {
  if (typeof entry === "string") return parseText(entry, column, path, DEFAULTS, report);
  if (isJsonObject(entry)) return parseObject(said(entry), column, path, report);
  report(path, `a rule is a string or an object, not ${quoted(entry)}`);
  return [];
};

/** Rules joined by ` and `, all with the same consequence. */
const parseText = (
  text: string,
  column: string,
  path: string,
  consequence: Consequence,
  report: Report,
): readonly QualityRule[] => {
  if (text.length > MAX_RULE_CHARS) {
    report(path, `a rule has at most ${MAX_RULE_CHARS} characters`);
    return [];
  }
  return text.split(/\s+and\s+/i).flatMap((part) => {
    const { name, operand } = splitRule(part.trim());
    const operands = operand === undefined ? {} : { value: operand };
    return parseRule(name, operands, column, path, consequence, report);
  });
};

const parseRule = (
  name: string,
  operands: Operands,
  column: string,
  path: string,
  consequence: Consequence,
  report: Report,
): readonly QualityRule[] => {
  const built = buildRule(name, operands, column);
  if (!built.ok) {
    report(path, built.error);
    return [];
  }
  const { body, text } = built.value;
  if (text.length > MAX_RULE_CHARS) {
    report(path, `a rule has at most ${MAX_RULE_CHARS} characters`);
    return [];
  }
  const judgesBatch = body.kind === "row_count" || body.kind === "freshness";
  if (judgesBatch && (consequence.threshold !== null || consequence.on_fail === "quarantine_rows"))
    report(path, `${name} judges the batch: it takes no threshold and cannot quarantine rows`);
  return [{ ...body, column, text, ...consequence }];
};

const parseObject = (
  entry: JsonObject,
  column: string,
  path: string,
  report: Report,
): readonly QualityRule[] => {
  const { rule } = entry;
  if (typeof rule !== "string") {
    report(`${path}.rule`, "an object names its rule in `rule`, a string");
    return [];
  }
  const consequence = parseConsequence(entry, path, report);
  const keys = Object.keys(entry).filter(
    (key) => key !== "rule" && !CONSEQUENCE_KEYS.includes(key),
  );
  if (keys.length === 0) return parseText(rule, column, path, consequence, report);
  const { name, operand } = splitRule(rule.trim());
  const known = operandNames(name);
  if (known === undefined) return parseRule(name, {}, column, path, consequence, report);
  if (operand !== undefined) {
    report(path, `${quoted(rule)} has its operand already; ${quoted(keys[0])} gives another`);
    return [];
  }
  let operands: Operands = {};
  for (const key of keys) {
    const operandName = known.find((candidate) => candidate === key);
    if (operandName === undefined) report(`${path}.${key}`, `${name} has no option ${quoted(key)}`);
    else {
      const parsed = parseOperand(operandName, entry[key], known);
      if (parsed.ok) operands = { ...operands, ...parsed.value };
      else report(`${path}.${key}`, parsed.error);
    }
  }
  return parseRule(name, operands, column, path, consequence, report);
};

/**
 * A list under `value` is what the rule takes a list for: its values, its columns, or both of its
 * bounds. Scalars are taken as they would be written.
 */
const parseOperand = (
  name: OperandName,
  raw: unknown,
  known: readonly OperandName[],
): Result<Operands, string> => {
  if (Array.isArray(raw)) {
    const listName = name === "value" ? known.find((one) => LIST_OPERANDS.includes(one)) : name;
    const bounds = name === "value" && known.includes("min") && raw.length === 2;
    if (!bounds && (listName === undefined || !LIST_OPERANDS.includes(listName))) {
      return err("one value, not a list");
    }
    if (raw.length > MAX_LIST_VALUES) return err(`at most ${MAX_LIST_VALUES} values`);
    const texts = raw.map(scalarText);
    const present = texts.filter((text) => text !== undefined);
    if (present.length < texts.length) return err("values are strings, numbers or booleans");
    if (!bounds) return ok({ [listName ?? name]: present });
    const [min = "", max = ""] = present;
    return ok({ min, max });
  }
  if (LIST_OPERANDS.includes(name)) return err("a list is wanted");
  const text = scalarText(raw);
  return text === undefined
    ? err("the value is a string, a number or a boolean")
    : ok({ [name]: text });
};

const scalarText = (raw: unknown): string | undefined => {
  if (typeof raw === "number") return plainNumber(raw);
  return typeof raw === "string" || typeof raw === "boolean" ? String(raw) : undefined;
};

const parseConsequence = (entry: JsonObject, path: string, report: Report): Consequence => {
  const severity = parseChoice(entry, "severity", SEVERITIES, path, report) ?? DEFAULTS.severity;
  const fallback = severity === "warn" ? "warn" : DEFAULTS.on_fail;
  const on_fail = parseChoice(entry, "on_fail", ON_FAIL, path, report) ?? fallback;
  if (severity === "warn" && on_fail !== "warn")
    report(`${path}.on_fail`, "a rule of severity warn cannot quarantine anything");
  const threshold = entry.threshold === undefined ? null : parseThreshold(entry.threshold);
  if (threshold === undefined)
    report(`${path}.threshold`, `a threshold is a number of rows or a percentage such as "1%"`);
  return { severity, on_fail, threshold: threshold ?? null };
};

const parseChoice = <Choice extends string>(
  entry: JsonObject,
  key: string,
  choices: readonly Choice[],
  path: string,
  report: Report,
): Choice | undefined => {
  const raw = entry[key];
  const choice = choices.find((candidate) => candidate === raw);
  if (raw !== undefined && choice === undefined)
    report(`${path}.${key}`, `${key} is ${listed(choices)}, not ${quoted(raw)}`);
  return choice;
};

const PERCENT = /^(\d{1,3}(?:\.\d{1,4})?)\s*%$/;

/** `1%` (at most four decimals) or a whole number of rows; undefined for neither. */
const parseThreshold = (raw: unknown): Threshold | undefined => {
  const text = scalarText(raw)?.trim() ?? "";
  const percent = Number(PERCENT.exec(text)?.[1] ?? Number.NaN);
  if (percent <= 100) return { percent };
  return /^\d{1,15}$/.test(text) ? { count: Number(text) } : undefined;
};

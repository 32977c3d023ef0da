/**
 * Numbers in rules that a client wrote as JSON numbers. JSON is read into 64-bit floats, so a number
 * with more digits than those hold has been rounded before anybody looks at it, and a rule on an int
 * or a decimal would compare with another number than the one that was meant. What was rounded to a
 * number that could have been written so is not told from that. This is asked of what arrives, never of what is recorded: rules of a contract go on as they stand there.
 */
import { isJsonObject, type JsonObject, type RuleIssue } from "./issue.ts";

/** As many digits as a 64-bit float holds of any decimal number (IEEE 754, binary64). */
const EXACT_DIGITS = 15;

/** Where rules hold numbers that cells are compared with; others have narrow bounds of their own. */
const NUMBERS: readonly string[] = ["value", "values", "min", "max", "size", "buckets"];

/** Whether it may be what was written: a whole number below 2^53, or one of few enough digits. */
const isExact = (number: number): boolean => {
  if (Number.isInteger(number) || !Number.isFinite(number)) return Number.isSafeInteger(number);
  const [digits = ""] = String(number).split("e");
  return digits.replace(/^-?[0.]*|\./g, "").length <= EXACT_DIGITS;
};

/**
 * In: the JSON value of `quality_rules` or `privacy_rules`. Out: an issue for every option with a
 * number that may have been rounded, each with its path.
 */
export const roundedNumbers = (rules: JsonObject): readonly RuleIssue[] =>
  Object.entries(rules).flatMap(([column, entry]) =>
    Array.isArray(entry)
      ? entry.flatMap((item, index) => inRule(item, `${column}.${index}`))
      : inRule(entry, column),
  );

const inRule = (rule: unknown, path: string): readonly RuleIssue[] =>
  isJsonObject(rule)
    ? NUMBERS.flatMap((option) => {
        const rounded = [rule[option]]
          .flat()
          .find((raw) => typeof raw === "number" && !isExact(raw));
        return rounded === undefined
          ? []
          : [{ path: `${path}.${option}`, message: `read as ${rounded}, ${ADVICE}` }];
      })
    : [];

const ADVICE =
  "which may not be what was written, because a JSON number is read as a 64-bit float: write it " +
  'as a text, such as "9007199254740993"';

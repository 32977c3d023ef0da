/**
 * The regular expressions of `matches:`, in RE2's syntax (https://github.com/google/re2/wiki/Syntax):
 * matching takes time linear in the text, so no pattern of a client can hang a lake. A value
 * matches when the pattern fits all of it; write `.*x.*` to search. Back-references and
 * look-around do not exist in RE2 and are refused.
 */
import { RE2JS } from "re2js";
import { err, ok, type Result } from "../domain/decider.ts";
import type { QualityRules, RuleIssue } from "../domain/rules/quality.ts";

/** Instructions in a compiled pattern: time per character grows with them. */
export const MAX_PROGRAM_SIZE = 2000;

/** What compiling all patterns of one request may cost: characters, a millisecond for some thirty. */
export const MAX_PATTERN_COST = 50_000;

/**
 * A character's cost where case is ignored beyond ASCII: a range of all letters is folded one code
 * point after the other, which takes a hundred times as long.
 */
export const FOLDING_COST = 200;

const IGNORES_CASE = /\(\?[A-Za-z-]*i/;
const BEYOND_ASCII = /[^\p{ASCII}]|\\[xpP]/u;

const costOf = (pattern: string): number => {
  const folds = IGNORES_CASE.test(pattern) && BEYOND_ASCII.test(pattern);
  return pattern.length * (folds ? FOLDING_COST : 1);
};

/** Whether a whole text fits a pattern. */
export type TextMatcher = (text: string) => boolean;

/** Compiles a pattern, or says in words for the client why it cannot be used. */
export const compilePattern = (pattern: string): Result<TextMatcher, string> => {
  try {
    const compiled = RE2JS.compile(pattern);
    if (compiled.programSize() > MAX_PROGRAM_SIZE) return err("the pattern is too complex");
    return ok(wholeMatcher(pattern, compiled));
  } catch (error) {
    return err(error instanceof Error ? error.message : "the pattern cannot be compiled");
  }
};

/** Opens a quotation that the end of the pattern may leave open. */
const QUOTATION = "\\Q";

/**
 * The library searches a quarter faster than it matches as a whole, so the pattern is compiled once
 * more between anchors; where something behind it would change what it means, it is not.
 */
const wholeMatcher = (pattern: string, compiled: RE2JS): TextMatcher => {
  if (pattern.includes(QUOTATION)) return (text) => compiled.testExact(text);
  const anchored = RE2JS.compile(`\\A(?:${pattern})\\z`);
  return (text) => anchored.test(text);
};

/** The patterns among rules that cannot be used, alone or together; path is the rule's column. */
export const patternIssues = (rules: QualityRules): readonly RuleIssue[] => {
  let cost = 0;
  return rules.flatMap((rule) => {
    if (rule.kind !== "matches") return [];
    cost += costOf(rule.pattern);
    if (cost > MAX_PATTERN_COST) return [{ path: rule.column, message: TOO_COSTLY }];
    const compiled = compilePattern(rule.pattern);
    return compiled.ok ? [] : [{ path: rule.column, message: compiled.error }];
  });
};

const TOO_COSTLY =
  `the patterns are too costly together: ${MAX_PATTERN_COST} characters, of which one counts ` +
  `${FOLDING_COST} times where (?i) meets what is not ASCII`;

import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import {
  compilePattern,
  FOLDING_COST,
  MAX_PATTERN_COST,
  patternIssues,
} from "../../src/contracts/pattern.ts";
import { parseQualityRules } from "../../src/domain/rules/quality.ts";
import { MAX_PATTERN_CHARS } from "../../src/domain/rules/qualityBodies.ts";
import fc from "../support/property.ts";

const matches = (pattern: string, text: string): boolean => {
  const compiled = compilePattern(pattern);
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.value(text);
};

describe("patterns", () => {
  it("must fit the whole value", () => {
    expect(matches("[a-z]+", "abc")).toBe(true);
    expect(matches("[a-z]+", "abc1")).toBe(false);
    expect(matches("a|ab", "ab")).toBe(true);
    expect(matches("^a$", "a")).toBe(true);
    expect(matches("", "a")).toBe(false);
    expect(matches("a", "a\n")).toBe(false);
  });

  it("mean what the library's own match of the whole value says", () => {
    const piece = fc.constantFrom(
      ..."abA.|?*+()[]^$\\-{}2,\n",
      ...[
        "(?i)",
        "(?s)",
        "(?m)",
        "(?:",
        "\\Q",
        "\\E",
        "\\b",
        "\\z",
        "\\w",
        "[^a]",
        "a{1,2}",
        "(?P<n>",
      ],
    );
    const pattern = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
    const text = fc.string({ unit: fc.constantFrom(..."abA2.\n)\\z"), maxLength: 6 });
    fc.assert(
      fc.property(pattern, fc.array(text, { maxLength: 5 }), (candidate, texts) => {
        const compiled = compilePattern(candidate);
        if (!compiled.ok) return;
        const whole = RE2JS.compile(candidate);
        for (const value of texts) expect(compiled.value(value)).toBe(whole.testExact(value));
      }),
      { numRuns: 3000 },
    );
  });

  it("know Unicode classes", () => {
    expect(matches("\\p{Lu}\\p{Ll}+", "Žofie")).toBe(true);
  });

  it.each(["[", "a**", "(?=a)b", "(a)\\1", "(a{1000}){1000}", "(.{1,50}){1,40}"])(
    "are refused when they cannot run in linear time and bounded space: %s",
    (pattern) => {
      expect(compilePattern(pattern)).toMatchObject({ ok: false, error: expect.any(String) });
    },
  );

  it("cannot hang on what hangs a backtracking matcher", () => {
    expect(matches("(a|a)*b", "a".repeat(20_000))).toBe(false);
  });

  it("cannot keep a lake busy by being compiled: what folds all of Unicode counts, before it is", () => {
    const rules = (pattern: string, count: number) => {
      const parsed = parseQualityRules({ a: Array(count).fill({ rule: "matches", pattern }) });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
      return patternIssues(parsed.value);
    };
    const folding = (times: number) => `(?i)${"[B-\u{1e942}]".repeat(times)}`;
    for (const pattern of [
      folding(100),
      `(?s-mi:${"[b-\\x{1e942}]".repeat(50)})`,
      `(?i)${"\\PL".repeat(300)}`,
    ]) {
      expect(rules(pattern, 1), pattern).toMatchObject([{ path: "a" }]);
    }
    expect(rules(folding(10), 1)).toEqual([]);
    // Two of them can be afforded; what comes after is not compiled.
    expect(rules(folding(20), 400)).toHaveLength(398);
    expect(rules(`(?i)${"[a-z0-9]".repeat(12)}`, 400)).toEqual([]);
    expect(rules("\\p{L}".repeat(150), 50)).toEqual([]);
    expect(MAX_PATTERN_COST).toBeLessThan(FOLDING_COST * MAX_PATTERN_CHARS);
  });

  it("are reported by column when they cannot be used", () => {
    const rules = parseQualityRules({ a: "matches:[", b: ["not_null", "matches:x"] });
    expect(rules.ok && patternIssues(rules.value)).toMatchObject([{ path: "a" }]);
  });
});

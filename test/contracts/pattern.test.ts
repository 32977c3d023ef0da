import { describe, expect, it } from "vitest";
import { compilePattern, patternIssues } from "../../src/contracts/pattern.ts";
import { parseQualityRules } from "../../src/domain/rules/quality.ts";

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

  it("are reported by column when they cannot be used", () => {
    const rules = parseQualityRules({ a: "matches:[", b: ["not_null", "matches:x"] });
    expect(rules.ok && patternIssues(rules.value)).toMatchObject([{ path: "a" }]);
  });
});

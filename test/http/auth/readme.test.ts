import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { accessMarkdown } from "../../support/accessMarkdown.ts";

describe("the README", () => {
  it("shows who may do what as the code has it, word for word", () => {
    const readme = readFileSync(path.resolve(import.meta.dirname, "../../../README.md"), "utf8");
    const [, shown] = /<!-- access -->\n([\s\S]*?)\n<!-- \/access -->/.exec(readme) ?? [];
    expect(shown).toBe(accessMarkdown());
  });
});

import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { limitsMarkdown } from "../support/limitsMarkdown.ts";

describe("the README", () => {
  it("shows the limits as the code has them, word for word", () => {
    const readme = readFileSync(path.resolve(import.meta.dirname, "../../README.md"), "utf8");
    const [, shown] = /<!-- limits -->\n([\s\S]*?)\n<!-- \/limits -->/.exec(readme) ?? [];
    expect(shown).toBe(limitsMarkdown());
  });
});

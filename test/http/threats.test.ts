import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const TESTS = path.resolve(import.meta.dirname, "..");
const PAGE = readFileSync(path.join(TESTS, "../src/http/THREATS.md"), "utf8");

/** Lines of the tables, without their heads. */
const lines = PAGE.split("\n").filter((line) => /^\| (?!Threat)/.test(line));

const namedIn = (line: string) =>
  [...line.matchAll(/`([\w./-]+\.test\.ts)` "([^"]+)"/g)].map(([, file = "", title = ""]) => ({
    file,
    title,
  }));

describe("the threat model", () => {
  it("has what is guarded, where one comes in, and a line for each threat", () => {
    expect(PAGE).toMatch(/^## Assets$/m);
    expect(PAGE).toMatch(/^## Entrances$/m);
    expect(lines.length).toBeGreaterThan(30);
    for (const line of lines) expect(line.split("|"), line).toHaveLength(6);
  });

  it.each(lines)("names a test that is there: %s", (line) => {
    const named = namedIn(line);
    expect(named.length).toBeGreaterThan(0);
    // Nothing in the last cell is anything but tests.
    const cell = line.split("|")[4] ?? "";
    expect(cell.split("; ")).toHaveLength(named.length);
    for (const { file, title } of named) {
      const at = path.join(TESTS, file);
      expect(existsSync(at), file).toBe(true);
      const text = readFileSync(at, "utf8");
      // As the beginning of the title that a test is given.
      expect(text.includes(`"${title}`), `${file} has no "${title}"`).toBe(true);
    }
  });
});

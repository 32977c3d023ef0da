import { describe, expect, it } from "vitest";
import { compareCopy } from "../../scripts/support/verify/compareCopy.ts";

/** A copy as its lines say: a seq of the log, or a strange line `?seq`, or `?` without one. */
const compare = (lines: string, size = 10) => {
  const words = lines.split(" ");
  const places = words.map((word) => (word.startsWith("?") ? -1 : Number(word) - 1));
  const claims = new Map(
    words.flatMap((word, line) => (/^\?\d/.test(word) ? [[line, Number(word.slice(1))]] : [])),
  );
  return compareCopy({ places, claims, size });
};

describe("a copy of a log of ten events", () => {
  it("is right when it is the whole log or its beginning", () => {
    expect(compare("1 2 3 4 5 6 7 8 9 10")).toEqual([]);
    expect(compare("1 2 3")).toEqual([]);
  });

  const cases: [string, string, unknown[]][] = [
    ["has a changed event", "1 2 ?3 4 5", [{ kind: "changed", from: 3, to: 3 }]],
    ["has its last event changed", "1 2 3 ?4", [{ kind: "changed", from: 4, to: 4 }]],
    ["has its last event beyond recognition", "1 2 3 ?", [{ kind: "changed", from: 4, to: 4 }]],
    ["has every event changed", "?1 ?2 ?3", [{ kind: "changed", from: 1, to: 3 }]],
    ["has an event that hides its seq", "1 2 ?77 4 5", [{ kind: "changed", from: 3, to: 3 }]],
    ["lacks an event", "1 2 4 5", [{ kind: "dropped", from: 3, to: 3 }]],
    ["lacks its first events", "4 5", [{ kind: "dropped", from: 1, to: 3 }]],
    ["has two neighbours reordered", "1 3 2 4", [{ kind: "swapped", seq: 2, other: 3 }]],
    ["has its last two reordered", "1 2 4 3", [{ kind: "swapped", seq: 3, other: 4 }]],
    ["has two far ones reordered", "1 6 3 4 5 2 7", [{ kind: "swapped", seq: 2, other: 6 }]],
    ["has one moved back", "1 3 4 5 2 6", [{ kind: "moved", seq: 2, line: 5 }]],
    ["has one moved forward", "1 5 2 3 4 6", [{ kind: "moved", seq: 5, line: 2 }]],
    ["has one twice", "1 2 3 2 4", [{ kind: "repeated", seq: 2, line: 4 }]],
    ["has one invented", "1 2 ?3 3 4", [{ kind: "invented", from: 3, to: 3 }]],
    ["goes on behind the log", "1 2 3 ?4 ?5", [{ kind: "invented", from: 4, to: 5 }]],
  ];
  for (const [what, lines, findings] of cases)
    it(`${what}: ${lines}`, () => {
      expect(compare(lines, what.includes("behind") ? 3 : 10)).toEqual(findings);
    });

  it("has several things done to it, and each is named", () => {
    expect(compare("1 ?2 4 3 5 ?99 7 8 ?9 9 10")).toEqual([
      { kind: "changed", from: 2, to: 2 },
      { kind: "changed", from: 6, to: 6 },
      { kind: "swapped", seq: 3, other: 4 },
      { kind: "invented", from: 9, to: 9 },
    ]);
  });
});

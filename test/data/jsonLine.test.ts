import { describe, expect, test } from "vitest";
import { parseLine } from "../../src/data/jsonLine.ts";
import { JsonNumber } from "../../src/data/types.ts";
import fc from "../support/property.ts";

/** What the platform makes of it, numbers by how they are spelt. */
const expected = (text: string): ReadonlyMap<string, unknown> | null | undefined => {
  const spelt = (_: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" ? new JsonNumber(context?.source ?? "") : value;
  try {
    const value: unknown = JSON.parse(text, spelt);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && !(value instanceof JsonNumber) ? new Map(Object.entries(value)) : null;
  } catch {
    return undefined;
  }
};

describe("a line of JSON", () => {
  test("is what the platform's parser makes of it, right or wrong", () => {
    const piece = fc.constantFrom(
      ...['{"a":', "{", "}", "[", "]", ",", ":", '"', '"a"', '"b\\n"', '"\\u00e9"', '"\\x"', "\\"],
      ...["1", "-0", "01", "1.", "1.50", "1e3", "-", "12345678901234567890", "+1", "NaN", "\u00a0"],
      ...["true", "false", "null", "nul", " ", "\t", "\r", "\u0001", "ä", "😀", '"__proto__":'],
    );
    const line = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
      fc.json({ maxDepth: 2 }),
      fc
        .dictionary(fc.string(), fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.boolean()))
        .map((object) => JSON.stringify(object)),
    );
    fc.assert(
      fc.property(line, (text) => {
        expect(parseLine(text)).toEqual(expected(text));
      }),
      { numRuns: 3000 },
    );
  });

  test("keeps the digits of numbers, the last of two values, and keys of any name", () => {
    const line = '{"n": 12.30, "n": -0, "__proto__": 1e3, "": "\\u00e4\\"", "z": null} ';
    expect([...(parseLine(line) ?? [])]).toEqual([
      ["n", new JsonNumber("-0")],
      ["__proto__", new JsonNumber("1e3")],
      ["", 'ä"'],
      ["z", null],
    ]);
  });

  test("that is another value than an object is null, and one that is none undefined", () => {
    for (const text of ["1", "1.5", '"s"', "null", "[1]", "true"])
      expect(parseLine(text)).toBeNull();
    for (const text of ["", "{", '{"a":01}', '{"a":1}}', '{"a" 1}', '{"a":"\t"}', '{"a":1,}'])
      expect(parseLine(text)).toBeUndefined();
  });
});

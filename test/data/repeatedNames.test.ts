import { describe, expect, it } from "vitest";
import { hasRepeatedNames } from "../../src/data/repeatedNames.ts";

describe("an object with a name twice", () => {
  it.each([
    ['{"id":"bob","id":"ann"}'],
    ['{"id":"bob", "a":[1,{"id":2}], "id" : "ann"}'],
    ['{"a":{"x":1,"y":[],"x":2}}'],
    ['[{"x":1},{"x":{"y":1,"y":1}}]'],
    ['{"\\u0069d":"bob","id":"ann"}'],
    ['{"a\\"":1,"a\\"":2}'],
  ])("is found in %s", (json) => {
    expect(hasRepeatedNames(json)).toBe(true);
  });

  it.each([
    ['{"id":"id","a":{"id":1},"b":[{"id":2},{"id":3}]}'],
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}'],
    ['["a","a"]'],
    ['"a"'],
    ["{}"],
    ["nothing of the kind"],
    ['{"a'],
  ])("is not in %s", (json) => {
    expect(hasRepeatedNames(json)).toBe(false);
  });
});

import { expect, it } from "vitest";
import { byteLength, packed } from "../../src/reporting/packing.ts";
import fc from "../support/property.ts";

const LIMIT = 40;

it("keeps every row, in order, within the limit unless it stands alone", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 60 })), (texts) => {
      const arrays = packed(
        texts.map((text) => JSON.stringify(text)),
        LIMIT,
      );
      const parsed: unknown[][] = arrays.map((json) => JSON.parse(json));
      expect(parsed.flat()).toEqual(texts);
      for (const [index, json] of arrays.entries()) {
        expect(parsed[index]).not.toEqual([]);
        if (parsed[index]?.length !== 1) expect(byteLength(json)).toBeLessThanOrEqual(LIMIT);
      }
    }),
  );
});

it("fills an array to the last byte before it begins another", () => {
  expect(packed(["1", "22", "333"], "[1,22,333]".length)).toEqual(["[1,22,333]"]);
  expect(packed(["1", "22", "333"], "[1,22,333]".length - 1)).toEqual(["[1,22]", "[333]"]);
});

it("makes nothing of nothing", () => {
  expect(packed([], LIMIT)).toEqual([]);
});

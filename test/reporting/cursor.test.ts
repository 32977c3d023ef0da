import { describe, expect, it } from "vitest";
import { BadCursorError, decodeCursor, encodeCursor } from "../../src/reporting/cursor.ts";

describe("a cursor", () => {
  it("brings back the key it was made of, whatever the characters", () => {
    const key = ["2026-11-23", "lake-1", "", "żółw 🐢", 'a"b'];
    expect(encodeCursor(key)).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeCursor(encodeCursor(key), 5)).toEqual(key);
  });

  const foreign = {
    empty: "",
    "not base64url": "!!!",
    "not JSON": Buffer.from("hello").toString("base64url"),
    "not an array": Buffer.from('{"a":1}').toString("base64url"),
    "of numbers": Buffer.from("[1]").toString("base64url"),
    "of another report": encodeCursor(["a", "b"]),
    padded: `${encodeCursor(["ab"])}=`,
    "with a tail": `${encodeCursor(["abc"])}!`,
  };
  for (const [what, cursor] of Object.entries(foreign)) {
    it(`is refused when it is ${what}`, () => {
      expect(() => decodeCursor(cursor, 1)).toThrow(BadCursorError);
    });
  }
});

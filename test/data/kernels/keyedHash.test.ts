import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { columnOf } from "../../../src/data/columnCells.ts";
import { keyedDigests, keyedHex, type Texts } from "../../../src/data/kernels/keyedHash.ts";
import fc from "../../support/property.ts";

const decoder = new TextDecoder();

const textsOf = (texts: readonly string[]): Texts => {
  const column = columnOf("c", "string", texts);
  if (column.type !== "string") throw new Error("no text column");
  return column;
};

const hexesOf = (key: Uint8Array, texts: readonly string[]) => {
  const { offsets, bytes } = keyedHex(key, textsOf(texts), texts.length);
  return texts.map((_, row) => decoder.decode(bytes.subarray(offsets[row], offsets[row + 1])));
};

const expected = (key: Uint8Array, text: string) =>
  createHmac("sha256", key).update(text, "utf8").digest("hex");

describe("a column's keyed hashes", () => {
  test("are HMAC-SHA-256 of texts of every length up to three blocks and more", () => {
    const key = Uint8Array.from({ length: 32 }, (_, at) => at * 7);
    const texts = Array.from({ length: 300 }, (_, length) => "x".repeat(length));
    expect(hexesOf(key, texts)).toEqual(texts.map((text) => expected(key, text)));
  });

  test("agree with the platform's own for any key and any texts side by side", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.array(fc.string({ unit: "grapheme", maxLength: 150 }), { maxLength: 9 }),
        (key, texts) => {
          expect(hexesOf(key, texts)).toEqual(texts.map((text) => expected(key, text)));
        },
      ),
    );
  });

  test("are each row's own where texts repeat, seldom, often or all the time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        (rows, people, longest, seed) => {
          const key = new Uint8Array(32).fill(9);
          const texts = Array.from({ length: rows }, (_, row) => {
            const person = Math.imul(row + seed, 2654435761) >>> 0;
            return `${person % people}`.padEnd((person % people) % (longest + 1), "é");
          });
          const hashes = new Map<string, string>();
          const own = texts.map((text) => {
            const known = hashes.get(text) ?? expected(key, text);
            hashes.set(text, known);
            return known;
          });
          expect(hexesOf(key, texts)).toEqual(own);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("are 32 bytes a row, the last rows as well when they are no four", () => {
    const key = new Uint8Array(32).fill(3);
    const texts = ["a", "b", "c", "d", "e"];
    const digests = Buffer.from(keyedDigests(key, textsOf(texts), texts.length));
    expect(digests.toString("hex")).toBe(texts.map((text) => expected(key, text)).join(""));
  });

  test("of the vector in RFC 4231, test case 2", () => {
    expect(hexesOf(Buffer.from("Jefe"), ["what do ya want for nothing?"])).toEqual([
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ]);
  });

  test("refuse a key longer than a block", () => {
    expect(() => keyedDigests(new Uint8Array(65), textsOf([]), 0)).toThrow("invariant");
  });
});

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sha256, sha256Text } from "../../../src/eventlog/sha256/sha256.ts";
import fc from "../../support/property.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const expected = (...parts: readonly (string | Uint8Array)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

describe("SHA-256", () => {
  test("gives the digests that FIPS 180-4 is published with", () => {
    expect(hex(sha256())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(hex(sha256(Buffer.from("abc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  test("agrees with the platform's at every length around the ends of blocks", () => {
    for (let length = 0; length <= 200; length += 1) {
      const text = "x".repeat(length);
      expect(hex(sha256Text(0, text)), `length ${length}`).toBe(expected("\0", text));
    }
  });

  test("agrees with the platform's where a text becomes too long for it", () => {
    for (const length of [5_460, 5_461, 5_462, 16_383, 16_384, 100_000]) {
      for (const unit of ["a", "ä", "€", "🜁".slice(0, 1)]) {
        const text = unit.repeat(length);
        expect(hex(sha256Text(0, text)), `${unit} ${length}`).toBe(expected("\0", text));
      }
    }
  });

  test("agrees with the platform's on any text and any parts, one after the other", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.uint8Array())),
        (messages) => {
          for (const message of messages) {
            if (typeof message === "string") {
              expect(hex(sha256Text(1, message))).toBe(expected("\x01", message));
            } else {
              expect(hex(sha256(message, message))).toBe(expected(message, message));
            }
          }
        },
      ),
    );
  });
});

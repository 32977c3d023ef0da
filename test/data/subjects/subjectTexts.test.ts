import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { subjectRefsOf } from "../../../src/application/subjectRefs.ts";
import {
  canonicalText,
  hashedTexts,
  subjectTexts,
} from "../../../src/data/subjects/subjectTexts.ts";
import type { SubjectRef } from "../../../src/domain/ids.ts";

const KEY = new Uint8Array(32).fill(7);
const hmac = (text: string) => createHmac("sha256", KEY).update(text).digest("hex");
const keyring = { subjectRef: (text: string) => hmac(text) as SubjectRef };

describe("the canonical text of a subject", () => {
  it.each([
    ["007", "int", "7"],
    ["+7", "int", "7"],
    [" 7 ", "int", "7"],
    ["-9223372036854775808", "int", "-9223372036854775808"],
    ["1.50", "decimal", "1.5"],
    ["01.500", "decimal", "1.5"],
    ["-0.00", "decimal", "0"],
    ["100", "decimal", "100"],
    ["1e3", "float", "1000"],
    ["-0", "float", "0"],
    ["1", "boolean", "true"],
    ["2026-01-31", "date", "2026-01-31"],
    ["2026-01-31T12:00:00+02:00", "datetime", "2026-01-31T10:00:00Z"],
    ["2026-01-31T10:00:00.500000Z", "datetime", "2026-01-31T10:00:00.500Z"],
    [" Jos\u00e9 ", "string", " Jos\u00e9 "],
  ] as const)("of %s in a column of %s is %s", (given, type, text) => {
    expect(canonicalText(given, type)).toBe(text);
  });

  it.each([
    ["seven", "int"],
    ["9223372036854775808", "int"],
    ["7.0", "int"],
    ["1e3", "decimal"],
    ["yes", "boolean"],
    ["2026-02-30", "date"],
    ["\ud800", "string"],
  ] as const)("is none for %s in a column of %s", (given, type) => {
    expect(canonicalText(given, type)).toBeNull();
  });

  it("does not normalise Unicode: composed and decomposed letters are two subjects", () => {
    expect(canonicalText("Jos\u00e9", "string")).not.toBe(canonicalText("Jose\u0301", "string"));
  });
});

describe("the pseudonyms of a subject", () => {
  it("differ by column type where the same text means another value", () => {
    expect(subjectRefsOf(keyring, subjectTexts, "007")).toEqual({
      string: hmac("007"),
      int: hmac("7"),
      float: hmac("7"),
      decimal: hmac("7"),
    });
  });

  it("of a name are only one for texts", () => {
    expect(subjectRefsOf(keyring, subjectTexts, "anna")).toEqual({ string: hmac("anna") });
  });
});

describe("the hashed texts of a subject", () => {
  it("are what the strategy hash makes of its cells", () => {
    expect(hashedTexts(["007", "x"], "int", KEY)).toEqual([hmac("7")]);
    expect(hashedTexts(["007"], "string", KEY)).toEqual([hmac("007")]);
  });

  it("are unknown where files may hold hashes of several spellings, as older ones do", () => {
    expect(hashedTexts(["1.5"], "decimal", KEY)).toBeNull();
    expect(hashedTexts(["1.5"], "float", KEY)).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import {
  compareDecimals,
  divideRounded,
  enclosingMultiples,
  formatDecimal,
  parseDecimal,
} from "../../../src/domain/rules/decimal.ts";
import {
  compareCodePoints,
  comparisonWith,
  equalityKey,
  parseLiteral,
} from "../../../src/domain/rules/literal.ts";
import fc from "../../support/property.ts";

const number = (text: string) => {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error(text);
  return value;
};

describe("decimals", () => {
  it.each([
    ["12", "12"],
    ["-0.50", "-0.50"],
    [".5", "0.5"],
    ["1.5e-7", "0.00000015"],
    ["1.5e3", "1500"],
    ["+7.", "7"],
  ])("reads %s", (text, plain) => {
    expect(formatDecimal(number(text))).toBe(plain);
  });

  it.each(["", ".", "-", "1e", "1e999", "abc", "0x10", "1,5", "Infinity"])("refuses %j", (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  it("compare exactly where floats would not", () => {
    expect(compareDecimals(number("0.1"), number("0.10"))).toBe(0);
    const big = "12345678901234567890.123456789";
    expect(compareDecimals(number(`${big}1`), number(`${big}2`))).toBe(-1);
  });

  it("lie between the multiples around them, also below zero", () => {
    const around = (value: string, size: string) =>
      enclosingMultiples(number(value), number(size)).map(formatDecimal);
    expect(around("25", "10")).toEqual(["20", "30"]);
    expect(around("-1", "10")).toEqual(["-10", "0"]);
    expect(around("-10", "10")).toEqual(["-10", "0"]);
    expect(around("0.3", "0.1")).toEqual(["0.3", "0.4"]);
  });

  it("are divided to the nearest integer, halves away from zero", () => {
    expect([5n, -5n, 4n, -4n, 0n].map((n) => divideRounded(n, 10n))).toEqual([1n, -1n, 0n, 0n, 0n]);
  });
});

describe("literals", () => {
  it.each([
    ["1970-01-01", "date", 0],
    ["2000-02-29", "date", 11_016],
    ["1969-12-31", "date", -1],
    ["1970-01-01", "datetime", 0n],
    ["1970-01-01T00:00:00.000001Z", "datetime", 1n],
    ["1970-01-01T02:00:00+02:00", "datetime", 0n],
    ["1969-12-31 23:30", "datetime", -1_800_000_000n],
    ["-007", "int", -7n],
    ["1.50", "decimal", "1.5"],
    ["TRUE", "boolean", true],
    ["1e3", "float", 1000],
    ["1.00", "int", 1n],
    ["-7.", "int", -7n],
  ] as const)("reads %s as %s", (text, type, value) => {
    expect(parseLiteral(text, type)).toBe(value);
  });

  it.each([
    ["2023-02-29", "date"],
    ["2024-13-01", "date"],
    ["24-01-01", "date"],
    ["2024-01-01T24:00", "datetime"],
    ["2024-01-01T10:00:00+25:00", "datetime"],
    ["1.5", "int"],
    ["1.0e0", "int"],
    ["99999999999999999999.0", "int"],
    ["yes", "boolean"],
    ["", "float"],
  ] as const)("refuses %s as %s", (text, type) => {
    expect(parseLiteral(text, type)).toBeUndefined();
  });

  it("days agree with the platform's calendar", () => {
    const dates = fc.date({
      min: new Date("0001-01-01T00:00:00Z"),
      max: new Date("9999-12-31T00:00:00Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        const text = date.toISOString();
        expect(parseLiteral(text.slice(0, 10), "date")).toBe(
          Math.floor(date.getTime() / 86_400_000),
        );
        expect(parseLiteral(text, "datetime")).toBe(BigInt(date.getTime()) * 1000n);
      }),
    );
  });

  it("strings are ordered by code point", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (left, right) => {
        const points = (text: string) => [...text].map((c) => c.codePointAt(0) ?? 0);
        const [a, b] = [points(left), points(right)];
        const at = a.findIndex((point, index) => point !== b[index]);
        const expected = at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
        expect(Math.sign(compareCodePoints(left, right))).toBe(Math.sign(expected));
      }),
    );
  });

  it("decimals that are equal have one key and compare as equal", () => {
    expect(equalityKey("1.00", "decimal")).toBe(equalityKey("1", "decimal"));
    expect(comparisonWith("1.00", "decimal")?.("1")).toBe(0);
    expect(comparisonWith("abc", "decimal")).toBeUndefined();
  });
});

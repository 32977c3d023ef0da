import { describe, expect, test } from "vitest";
import { formatDate, parseDate, parseDatetime } from "../../src/data/calendar.ts";
import type { Cell } from "../../src/data/columnCells.ts";
import { JsonNumber, parseJson, parseText, toJson, toText } from "../../src/data/types.ts";
import { COLUMN_TYPES, type ColumnType } from "../../src/domain/table.ts";
import { cellOf } from "../support/cells.ts";
import fc from "../support/property.ts";

const accepted = (type: ColumnType, cases: readonly (readonly [string, Cell])[]) => {
  for (const [text, cell] of cases) {
    test(`${type} reads ${JSON.stringify(text)}`, () => {
      expect(parseText(text, type)).toStrictEqual(cell);
    });
  }
};

const refused = (type: ColumnType, texts: readonly string[]) => {
  for (const text of texts) {
    test(`${type} refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
      expect(parseText(text, type)).toBeUndefined();
    });
  }
};

describe("a text as a column's type", () => {
  accepted("int", [
    ["0", 0n],
    ["-0", 0n],
    ["+7", 7n],
    [" 42 ", 42n],
    ["007", 7n],
    ["9007199254740993", 9007199254740993n],
    ["9223372036854775807", 9223372036854775807n],
    ["-9223372036854775808", -9223372036854775808n],
  ]);
  refused("int", [
    "",
    " ",
    "22.0",
    "1e3",
    "0x10",
    "1_000",
    "1,000",
    "--1",
    "9223372036854775808",
    "-9223372036854775809",
    "٣",
    "9".repeat(100_000),
  ]);

  accepted("float", [
    ["22", 22],
    ["22.0", 22],
    [".5", 0.5],
    ["5.", 5],
    ["-1.5E-3", -0.0015],
    [" 7.25\t", 7.25],
    ["1e-400", 0],
  ]);
  refused("float", ["", "NaN", "inf", "-Infinity", "1e999", "0x1p3", "1,5", ".", "e5", "12abc"]);

  accepted("decimal", [
    ["-12.30", "-12.30"],
    ["+1.50", "1.50"],
    ["007.10", "7.10"],
    [".5", "0.5"],
    ["5.", "5"],
    ["-0.00", "0.00"],
    ["0", "0"],
    ["12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"],
  ]);
  refused("decimal", ["", ".", "-", "1e5", "NaN", "1.2.3", "1,5", "1".repeat(39)]);

  accepted("boolean", [
    ["true", true],
    ["False", false],
    ["TRUE ", true],
    ["1", true],
    ["0", false],
  ]);
  refused("boolean", ["", "yes", "t", "2", "01", "truee"]);

  accepted("date", [
    ["1970-01-01", 0],
    ["1969-12-31", -1],
    ["2024-02-29", 19782],
    ["0001-01-01", -719162],
    ["9999-12-31", 2932896],
  ]);
  refused("date", [
    "2023-02-29",
    "1900-02-29",
    "2024-04-31",
    "2024-13-01",
    "2024-00-10",
    "2024-01-00",
    "0000-01-01",
    "24-01-01",
    "2024-1-1",
    "01/02/2024",
    "2024-01-01T00:00",
  ]);

  accepted("datetime", [
    ["1970-01-01T00:00:00Z", 0n],
    ["1970-01-01 00:00", 0n],
    ["1969-12-31T23:59:59.999999Z", -1n],
    ["2019-03-23 20:21:09", 1553372469000000n],
    ["2019-03-23T20:21:09.1234567Z", 1553372469123456n],
    ["2019-03-23t22:21:09+02:00", 1553372469000000n],
    ["2019-03-23T14:51:09.5-05:30", 1553372469500000n],
  ]);
  refused("datetime", [
    "2016-12-31T23:59:60Z",
    "2019-02-30T00:00:00Z",
    "2019-03-23T24:00:00Z",
    "2019-03-23T20:60",
    "2019-03-23",
    "2019-03-23T20:21:09+0200",
    "2019-03-23T20:21:09+24:00",
    "2019-03-23T20:21:09.",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "1553372469",
  ]);

  test("a string keeps its blanks, and its emptiness", () => {
    expect(parseText("  a ", "string")).toBe("  a ");
    expect(parseText("", "string")).toBe("");
  });

  test("a string with half a surrogate pair cannot be written as UTF-8, so it does not fit", () => {
    expect(parseText("\ud800", "string")).toBeUndefined();
  });
});

describe("a JSON value as a column's type", () => {
  test("numbers are read by their digits", () => {
    expect(parseJson(new JsonNumber("9007199254740993"), "int")).toBe(9007199254740993n);
    expect(parseJson(new JsonNumber("12.30"), "decimal")).toBe("12.30");
    expect(parseJson(new JsonNumber("22.0"), "int")).toBeUndefined();
    expect(parseJson(22, "int")).toBe(22n);
    expect(parseJson(22, "float")).toBe(22);
  });

  test("strings are read like text, but only strings are strings", () => {
    expect(parseJson("2024-02-29", "date")).toBe(19782);
    expect(parseJson("9007199254740993", "int")).toBe(9007199254740993n);
    expect(parseJson("x", "string")).toBe("x");
    for (const value of [1, true, {}, [], new JsonNumber("1.5")]) {
      expect(parseJson(value, "string")).toBeUndefined();
    }
  });

  test("objects and lists fit no type, null fits every type", () => {
    for (const type of COLUMN_TYPES) {
      expect(parseJson({ a: 1 }, type)).toBeUndefined();
      expect(parseJson([1], type)).toBeUndefined();
      expect(parseJson(null, type)).toBeNull();
    }
  });

  test("true and false are booleans only", () => {
    expect(parseJson(true, "boolean")).toBe(true);
    expect(parseJson(true, "int")).toBeUndefined();
  });
});

describe("writing a cell", () => {
  test("a datetime carries the fraction it needs and no more", () => {
    expect(toText(0n, "datetime")).toBe("1970-01-01T00:00:00Z");
    expect(toText(-1000n, "datetime")).toBe("1969-12-31T23:59:59.999Z");
    expect(toText(1n, "datetime")).toBe("1970-01-01T00:00:00.000001Z");
  });

  test("integers that JSON readers would round are strings in JSON", () => {
    expect(toJson(9007199254740991n, "int")).toBe(9007199254740991);
    expect(toJson(9007199254740993n, "int")).toBe("9007199254740993");
  });

  for (const type of COLUMN_TYPES) {
    test(`every ${type} is read back from its text and from its JSON`, () => {
      fc.assert(
        fc.property(cellOf(type), (cell) => {
          expect(parseText(toText(cell, type), type)).toStrictEqual(cell);
          const json: unknown = JSON.parse(JSON.stringify(toJson(cell, type)));
          const source = typeof json === "number" ? new JsonNumber(String(json)) : json;
          // JSON has no minus zero.
          expect(parseJson(source, type)).toStrictEqual(Object.is(cell, -0) ? 0 : cell);
        }),
      );
    });
  }
});

describe("the calendar", () => {
  test("agrees with Date on every day it can tell", () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (days) => {
        const text = new Date(days * 86_400_000).toISOString().slice(0, 10);
        expect(formatDate(days)).toBe(text);
        expect(parseDate(text)).toBe(days);
      }),
    );
  });

  test("agrees with Date on moments", () => {
    const range = { min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z") };
    fc.assert(
      fc.property(fc.date({ ...range, noInvalidDate: true }), (moment) => {
        expect(parseDatetime(moment.toISOString())).toBe(BigInt(moment.getTime()) * 1000n);
      }),
    );
  });
});

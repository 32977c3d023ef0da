import { describe, expect, it } from "vitest";
import {
  concerns,
  dialectUnder,
  mergedReading,
  type Reading,
  readingIssues,
} from "../../src/domain/reading.ts";
import { COLUMN_TYPES } from "../../src/domain/table.ts";
import { parseTimeFormat } from "../../src/domain/timeFormat.ts";

const groupsOf = (format: string, kind: "date" | "datetime", text: string) => {
  const parsed = parseTimeFormat(format, kind);
  if (!parsed.ok) throw new Error(parsed.error);
  const match = parsed.value.pattern.exec(text);
  return (
    match && Object.fromEntries(parsed.value.fields.map((field, at) => [field, match[at + 1]]))
  );
};

describe("a format of dates", () => {
  it("takes a text apart into the digits of its fields", () => {
    const newYear = { day: "31", month: "12", year: "2025" };
    expect(groupsOf("DD.MM.YYYY", "date", "31.12.2025")).toEqual(newYear);
    expect(groupsOf("YYYYMMDD", "date", "20251231")).toEqual(newYear);
    expect(groupsOf("D/M/YYYY", "date", "1/2/2025")).toEqual({
      day: "1",
      month: "2",
      year: "2025",
    });
    expect(groupsOf("DD.MM.YYYY HH:mm:ss,SSS", "datetime", "31.12.2025 23:59:58,5")).toEqual({
      ...newYear,
      hour: "23",
      minute: "59",
      second: "58",
      fraction: "5",
    });
    expect(groupsOf("YYYY-MM-DDTH'mm", "datetime", "2025-12-31T9'30")).toMatchObject({ hour: "9" });
  });

  it("fits the whole text, digit for digit", () => {
    for (const text of ["1.12.2025", "31.12.25", "31.12.2025 ", "31-12-2025", "31x12.2025", ""]) {
      expect(groupsOf("DD.MM.YYYY", "date", text), text).toBeNull();
    }
  });

  it.each([
    ["DD.MM.YY", "date", "two digits do not say the century"],
    ["DD.MM", "date", "where the year stands"],
    ["DD.MM.YYYY HH:mm", "date", "without a time"],
    ["DD.MM.YYYY", "datetime", "where the hour stands"],
    ["DD.MM.YYYY HH", "datetime", "where the minute stands"],
    ["DD.MM.YYYY HH:mm SSS", "datetime", "without the second"],
    ["DD.DD.YYYY", "date", "names the day twice"],
    ["DMYYYY", "date", "something between"],
    ["DD MMM YYYY", "date", "month twice"],
    ["DD. de MM YYYY", "date", "may have only"],
    ["", "date", "where the year stands"],
  ] as const)("%j of a %s is refused, with the reason", (format, kind, reason) => {
    const parsed = parseTimeFormat(format, kind);
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining(reason) as string });
  });
});

describe("a reading", () => {
  it.each([
    [{ thousands_separator: "." }, "thousands_separator"],
    [{ decimal_separator: ",", thousands_separator: "," }, "thousands_separator"],
    [{ true_values: ["ja"] }, "false_values"],
    [{ false_values: ["nein"] }, "true_values"],
    [{ true_values: ["ja"], false_values: ["nein", " JA "] }, "false_values"],
    [{ true_values: ["x"], false_values: ["-"], null_values: ["-"] }, "null_values"],
    [{ date_format: "DD.MM.YY" }, "date_format"],
    [{ datetime_format: "DD.MM.YYYY" }, "datetime_format"],
  ] satisfies [Reading, string][])("%j does not hold together", (reading, path) => {
    expect(readingIssues(reading).map((issue) => issue.path)).toEqual([path]);
  });

  it("holds together as German files have it", () => {
    const german: Reading = {
      encoding: "windows-1252",
      decimal_separator: ",",
      thousands_separator: ".",
      date_format: "DD.MM.YYYY",
      true_values: ["ja"],
      false_values: ["nein"],
      null_values: ["", "-"],
    };
    expect(readingIssues(german)).toEqual([]);
  });

  it("is the contract's, with what the append says otherwise or takes away", () => {
    const contract: Reading = { decimal_separator: ",", trim: true, date_format: "DD.MM.YYYY" };
    expect(mergedReading(contract, undefined)).toEqual(contract);
    expect(mergedReading(undefined, { trim: null })).toEqual({});
    expect(mergedReading(contract, { date_format: null, trim: false, encoding: "utf-8" })).toEqual({
      decimal_separator: ",",
      trim: false,
      encoding: "utf-8",
    });
  });

  it("is kept with a file apart from the delimiter, for which the append's own counts first", () => {
    expect(dialectUnder({}, undefined)).toEqual({});
    expect(dialectUnder({ delimiter: ";" }, undefined)).toEqual({ delimiter: ";" });
    expect(dialectUnder({ delimiter: ";", trim: true }, "|")).toEqual({
      delimiter: "|",
      reading: { trim: true },
    });
  });

  it("concerns only the types it says something about", () => {
    const concerned = (reading: Reading) => COLUMN_TYPES.filter((type) => concerns(reading, type));
    expect(concerned({})).toEqual([]);
    expect(concerned({ delimiter: ";", encoding: "ibm850", header: false })).toEqual([]);
    expect(concerned({ decimal_separator: "." })).toEqual([]);
    expect(concerned({ decimal_separator: "," })).toEqual(["float", "decimal"]);
    expect(concerned({ thousands_separator: "," })).toEqual(["int", "float", "decimal"]);
    expect(concerned({ date_format: "DD.MM.YYYY" })).toEqual(["date"]);
    expect(concerned({ time_zone: "Europe/Berlin" })).toEqual(["datetime"]);
    expect(concerned({ true_values: ["ja"], false_values: ["nein"] })).toEqual(["boolean"]);
    for (const all of [{ trim: true }, { null_values: ["-"] }]) {
      expect(concerned(all)).toEqual(COLUMN_TYPES);
    }
  });
});

import { describe, expect, test } from "vitest";
import type { Cell } from "../../../src/data/columnCells.ts";
import { cellReader, misfitUnder } from "../../../src/data/reading/cellReader.ts";
import { utcFrom } from "../../../src/data/reading/localTimes.ts";
import { toText } from "../../../src/data/types.ts";
import type { Reading } from "../../../src/domain/reading.ts";
import { COLUMN_TYPES, type ColumnType } from "../../../src/domain/table.ts";

const NO_READER = "none";

const read = (reading: Reading, type: ColumnType, text: string, quoted = false) => {
  const reader = cellReader(reading, type);
  return reader === null ? NO_READER : reader(text, quoted);
};

/** As it would be spelt by Lethe, or what else came of it. */
const spelt = (reading: Reading, type: ColumnType, text: string): unknown => {
  const cell: Cell | undefined = read(reading, type, text);
  return cell === undefined || cell === null || cell === NO_READER ? cell : toText(cell, type);
};

const GERMAN: Reading = { decimal_separator: ",", thousands_separator: "." };

describe("numbers", () => {
  test.each([
    ["decimal", "1.234,50", "1234.50"],
    ["decimal", "1234,5", "1234.5"],
    ["decimal", "-1.234.567,00", "-1234567.00"],
    ["decimal", "+0,5", "0.5"],
    ["decimal", ",5", "0.5"],
    ["decimal", "12.345.678.901.234.567.890,123456789", "12345678901234567890.123456789"],
    ["float", " 1.234,5e3 ", "1234500"],
    ["float", "-0", "-0"],
    ["int", "1.234.567", "1234567"],
    ["int", "9.223.372.036.854.775.807", "9223372036854775807"],
    ["int", "-1", "-1"],
  ] as const)("a %s written as %j in German is %s", (type, text, value) => {
    expect(spelt(GERMAN, type, text)).toBe(value);
  });

  test.each([
    "1.5",
    "1,234.5",
    "12.34,5",
    "1.23.456",
    "1..234",
    ".234",
    "1.234.",
    "1,5,5",
    "1 234",
  ])("%j is none where groups have three digits and fractions a comma", (text) => {
    for (const type of ["int", "float", "decimal"] as const) {
      expect(spelt(GERMAN, type, text), type).toBeUndefined();
    }
  });

  test("have no mark of thousands unless it is said", () => {
    expect(spelt({ decimal_separator: "," }, "decimal", "1.234,5")).toBeUndefined();
    expect(spelt({ decimal_separator: "," }, "decimal", "1234,5")).toBe("1234.5");
    expect(spelt({ decimal_separator: "," }, "int", "1.234")).toBe(NO_READER);
  });

  test.each([",", " ", "'", "’", "\u00a0", "\u202f"] as const)(
    "may part thousands by %j",
    (mark) => {
      const reading: Reading = { thousands_separator: mark };
      expect(spelt(reading, "decimal", `1${mark}234${mark}567.5`)).toBe("1234567.5");
      expect(spelt(reading, "int", `-12${mark}345`)).toBe("-12345");
      expect(spelt(reading, "int", `12${mark}34`)).toBeUndefined();
    },
  );
});

describe("dates and times", () => {
  const berlin = (text: string) =>
    spelt({ datetime_format: "DD.MM.YYYY HH:mm", time_zone: "Europe/Berlin" }, "datetime", text);

  test("are of the format and of no other", () => {
    const reading: Reading = { date_format: "D.M.YYYY" };
    expect(spelt(reading, "date", "31.12.2025")).toBe("2025-12-31");
    expect(spelt(reading, "date", " 1.2.2025 ")).toBe("2025-02-01");
    for (const text of ["30.2.2025", "2025-12-31", "1.13.2025", "1.2.25", "0.1.2025"]) {
      expect(spelt(reading, "date", text), text).toBeUndefined();
    }
    expect(spelt(reading, "datetime", "31.12.2025")).toBe(NO_READER);
  });

  test("are UTC without a zone, with a second, and a fraction cut at microseconds", () => {
    const reading: Reading = { datetime_format: "DD.MM.YYYY H:mm:ss,SSS" };
    expect(spelt(reading, "datetime", "31.12.2025 9:05:07,1234567")).toBe(
      "2025-12-31T09:05:07.123456Z",
    );
    expect(spelt(reading, "datetime", "31.12.2025 24:05:07,1")).toBeUndefined();
  });

  test("are times of the zone, in winter and in summer", () => {
    expect(berlin("01.01.2025 00:30")).toBe("2024-12-31T23:30:00Z");
    expect(berlin("01.07.2025 00:30")).toBe("2025-06-30T22:30:00Z");
  });

  test("are no times in the hour that is skipped when summer time begins", () => {
    expect(berlin("30.03.2025 01:59")).toBe("2025-03-30T00:59:00Z");
    expect(berlin("30.03.2025 02:00")).toBeUndefined();
    expect(berlin("30.03.2025 02:59")).toBeUndefined();
    expect(berlin("30.03.2025 03:00")).toBe("2025-03-30T01:00:00Z");
  });

  test("are the first of both in the hour that comes twice when summer time ends", () => {
    expect(berlin("26.10.2025 01:59")).toBe("2025-10-25T23:59:00Z");
    expect(berlin("26.10.2025 02:00")).toBe("2025-10-26T00:00:00Z");
    expect(berlin("26.10.2025 02:59")).toBe("2025-10-26T00:59:00Z");
    expect(berlin("26.10.2025 03:00")).toBe("2025-10-26T02:00:00Z");
  });

  test("of RFC 3339 are local only where they do not say their offset", () => {
    const reading: Reading = { time_zone: "America/New_York" };
    expect(spelt(reading, "datetime", "2025-07-01 12:00")).toBe("2025-07-01T16:00:00Z");
    expect(spelt(reading, "datetime", "2025-07-01T12:00:00Z")).toBe("2025-07-01T12:00:00Z");
    expect(spelt(reading, "datetime", "2025-07-01T12:00:00+02:00")).toBe("2025-07-01T10:00:00Z");
  });

  test("end with the calendar, whatever the zone", () => {
    const reading: Reading = { time_zone: "Europe/Berlin" };
    expect(spelt(reading, "datetime", "0001-01-01T00:00")).toBeUndefined();
    expect(spelt(reading, "datetime", "0001-01-02T00:00")).toBe("0001-01-01T23:06:32Z");
    expect(spelt(reading, "datetime", "9999-12-31T23:00")).toBe("9999-12-31T22:00:00Z");
    const west: Reading = { time_zone: "America/New_York" };
    expect(spelt(west, "datetime", "9999-12-31T23:00")).toBeUndefined();
  });

  test("of every hour of a year come back to the clock they were read from", () => {
    for (const zone of [
      "Europe/Berlin",
      "Australia/Lord_Howe",
      "America/St_Johns",
      "Asia/Kolkata",
    ]) {
      const toUtc = utcFrom(zone);
      const clock = new Intl.DateTimeFormat("sv-SE", {
        timeZone: zone,
        dateStyle: "short",
        timeStyle: "medium",
      });
      const start = Date.UTC(2024, 0, 1);
      const skipped: number[] = [];
      for (let hour = 0; hour < 366 * 24; hour += 1) {
        const local = start + hour * 3_600_000;
        const utc = toUtc(BigInt(local) * 1000n);
        if (utc === undefined) skipped.push(hour);
        else {
          const shown = new Date(local).toISOString().slice(0, 19).replace("T", " ");
          expect(clock.format(Number(utc / 1000n))).toBe(shown);
        }
      }
      expect(skipped.length, zone).toBe(zone === "Asia/Kolkata" ? 0 : 1);
    }
  });

  test("of a day that a place left out are no times", () => {
    const samoa: Reading = { time_zone: "Pacific/Apia" };
    expect(spelt(samoa, "datetime", "2011-12-29T23:00")).toBe("2011-12-30T09:00:00Z");
    expect(spelt(samoa, "datetime", "2011-12-30T12:00")).toBeUndefined();
    expect(spelt(samoa, "datetime", "2011-12-31T01:00")).toBe("2011-12-30T11:00:00Z");
  });
});

describe("truth and nothing", () => {
  test("booleans are those that are said, in any case, and no others", () => {
    const reading: Reading = { true_values: ["ja", "1"], false_values: ["nein"] };
    expect(read(reading, "boolean", " Ja ")).toBe(true);
    expect(read(reading, "boolean", "1")).toBe(true);
    expect(read(reading, "boolean", "NEIN")).toBe(false);
    for (const text of ["true", "false", "0", "yes"]) {
      expect(read(reading, "boolean", text), text).toBeUndefined();
    }
  });

  test("a text that stands for nothing is null in every column, in quotes or not", () => {
    const reading: Reading = { null_values: ["NA", "\\N", ""] };
    for (const type of COLUMN_TYPES) {
      for (const text of ["NA", "\\N", ""]) {
        expect(read(reading, type, text), type).toBeNull();
        expect(read(reading, type, text, true), type).toBeNull();
      }
    }
    expect(read(reading, "int", " NA ")).toBeNull();
    expect(read(reading, "string", " NA ")).toBe(" NA ");
    expect(read(reading, "string", "na")).toBe("na");
  });

  test("an empty field is null without quotes, and in quotes a text, as ever", () => {
    const reading: Reading = { null_values: ["-"] };
    expect(read(reading, "string", "")).toBeNull();
    expect(read(reading, "string", "", true)).toBe("");
    expect(read(reading, "int", "", true)).toBeNull();
    expect(read(reading, "int", " ")).toBeUndefined();
  });

  test("blanks around texts do not count when they are trimmed, and alone are nothing", () => {
    const reading: Reading = { trim: true };
    expect(read(reading, "string", " Anna \u00a0")).toBe("Anna");
    expect(read(reading, "string", "  ")).toBeNull();
    expect(read(reading, "string", "  ", true)).toBe("");
    expect(read(reading, "int", "  ")).toBeNull();
  });
});

describe("what nothing is said about", () => {
  test("is left to the kernels", () => {
    const reading: Reading = { delimiter: ";", encoding: "iso-8859-15" };
    for (const type of COLUMN_TYPES) expect(cellReader(reading, type)).toBeNull();
  });
});

test("what does not fit is said with the format that is expected", () => {
  const reading: Reading = {
    ...GERMAN,
    encoding: "windows-1252",
    date_format: "DD.MM.YYYY",
    datetime_format: "DD.MM.YYYY HH:mm",
    time_zone: "Europe/Berlin",
    true_values: ["ja"],
    false_values: ["nein"],
  };
  expect(COLUMN_TYPES.map((type) => misfitUnder(reading, type))).toEqual([
    'not a whole number of 64 bits, with "." between thousands',
    'not a finite number, with "." between thousands and "," before the fraction',
    'not a plain decimal number of at most 38 digits, with "." between thousands and "," before the fraction',
    "not a well-formed text",
    "not a boolean: none of true_values and false_values",
    "not a date: DD.MM.YYYY",
    "not a datetime: DD.MM.YYYY HH:mm, a time that Europe/Berlin had",
  ]);
});

test("columns and readers of a zone share its clock, of which each takes much memory", () => {
  expect(utcFrom("Asia/Kathmandu")).toBe(utcFrom("Asia/Kathmandu"));
  expect(utcFrom("Asia/Kathmandu")).not.toBe(utcFrom("Asia/Kolkata"));
});

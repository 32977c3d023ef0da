import { describe, expect, test } from "vitest";
import { rowsOf } from "../../src/data/columnCells.ts";
import { dataPlane } from "../../src/data/dataPlane.ts";
import { readTable } from "../../src/data/readTable.ts";
import type { Schema } from "../../src/domain/table.ts";
import { memoryObjectStore, streamOf } from "../support/memoryObjectStore.ts";

const SCHEMA = {
  id: "int",
  name: "string",
  price: "decimal",
  ratio: "float",
  day: "date",
  at: "datetime",
  ok: "boolean",
} as const satisfies Schema;

/**
 * Twenty lines that a spreadsheet, a script and two people have had their hands in. Each is a
 * binary string, so that bytes which are no UTF-8 can stand in it; `ends` differ on purpose.
 */
const utf8 = (text: string) => Buffer.from(text, "utf8").toString("latin1");
const LINES: readonly (readonly [line: string, end: string])[] = [
  [utf8("\ufeffid;name;price;ratio;day;at;ok"), "\r\n"],
  [utf8('1;"Müller; Söhne";007.50;1e3;2024-02-29;2024-02-29T12:00:00Z;TRUE'), "\r\n"],
  ['2;"says ""hi""";+.5;.5;2024-01-01;2024-01-01 00:00;0', "\n"],
  ["", "\r"],
  ['3;"two\r\nlines";-0.00;-0;0001-01-01;9999-12-31T23:59:59.999999Z;1', "\r"],
  ["4;;;;;;", "\n"],
  ['5;"";"";"";"";"";""', "\n"],
  ["9223372036854775807;max;1;1;2024-01-01;2024-01-01T00:00:00+05:30;false", "\n"],
  ["9223372036854775808;too big;1;1;2024-01-01;2024-01-01T00:00Z;true", "\n"],
  ["6; padded ; 1.10 ; 2.5 ; 2024-01-01 ; 2024-01-01T00:00Z ; true ", "\n"],
  ["7;30 February;1;1;2024-02-30;2024-02-30T00:00Z;yes", "\n"],
  ["8;1,5 in German;1,5;1,5;01.02.2024;1.2.2024;wahr", "\n"],
  ["9;not a number;NaN;Infinity;2024-01-01;2024-01-01T24:00Z;true", "\n"],
  ["10;short", "\n"],
  ["11;long;1;1;2024-01-01;2024-01-01T00:00Z;true;and;more", "\n"],
  ['12;"closed" early;1;1;2024-01-01;2024-01-01T00:00Z;true', "\n"],
  ["13;Z\xfcrich in Latin-1;1;1;2024-01-01;2024-01-01T00:00Z;true", "\n"],
  ['14;5" pipe, "loose" quotes;1;1e400;2024-01-01;2024-01-01T00:00Z;true', "\n"],
  ['15;"\xf0\x9f\x98\x80";1;0.1;2024-01-01;2024-01-01T00:00Z;true', "\n"],
  ['16;"never closed;1;1;2024-01-01;2024-01-01T00:00Z;true', "\n"],
];
const AWFUL = Buffer.from(LINES.flat().join(""), "latin1");

describe("twenty lines of deliberately awful CSV", () => {
  test("give every row that can be read, and nulls where a cell cannot", async () => {
    expect(LINES).toHaveLength(20);
    const reader = readTable({ format: "csv", pieces: streamOf(AWFUL, 7) }, SCHEMA);
    const rows: unknown[] = [];
    for await (const chunk of reader.chunks()) rows.push(...rowsOf(chunk));
    const newYear = 1_704_067_200_000_000n;
    const nothing = Array(7).fill(null);
    expect(rows).toStrictEqual([
      [1n, "Müller; Söhne", "7.50", 1000, 19_782, 1_709_208_000_000_000n, true],
      [2n, 'says "hi"', "0.5", 0.5, 19_723, newYear, false],
      [3n, "two\r\nlines", "0.00", -0, -719_162, 253_402_300_799_999_999n, true],
      [4n, null, null, null, null, null, null],
      [5n, "", null, null, null, null, null],
      [9223372036854775807n, "max", "1", 1, 19_723, newYear - 19_800_000_000n, false],
      [null, "too big", "1", 1, 19_723, newYear, true],
      [6n, " padded ", "1.10", 2.5, 19_723, newYear, true],
      [7n, "30 February", "1", 1, null, null, null],
      [8n, "1,5 in German", null, null, null, null, null],
      [9n, "not a number", null, null, 19_723, null, true],
      nothing,
      nothing,
      nothing,
      nothing,
      [14n, '5" pipe, "loose" quotes', "1", null, 19_723, newYear, true],
      [15n, "😀", "1", 0.1, 19_723, newYear, true],
      nothing,
    ]);
  });

  test("are answered with every fault by row and column, and no value of any cell", async () => {
    const store = memoryObjectStore();
    store.put("landing", AWFUL);
    const taken = await dataPlane(store).take({
      source: "landing",
      target: "raw",
      format: "csv",
      schema: SCHEMA,
    });
    const ofCell = {
      int: "not a whole number of 64 bits",
      float: "not a finite number",
      decimal: "not a plain decimal number of at most 38 digits",
      boolean: "not a boolean: true, false, 1 or 0",
      date: "not a date: YYYY-MM-DD",
      datetime: "not a datetime: RFC 3339",
    };
    expect(taken).toMatchObject({ kind: "taken", object: { rows: 18, bytes: AWFUL.length } });
    if (taken.kind !== "taken") return;
    expect(taken.issue_count).toBe(18);
    expect(taken.issues).toEqual([
      { row: 7, column: "id", message: ofCell.int },
      { row: 9, column: "day", message: ofCell.date },
      { row: 9, column: "at", message: ofCell.datetime },
      { row: 9, column: "ok", message: ofCell.boolean },
      { row: 10, column: "price", message: ofCell.decimal },
      { row: 10, column: "ratio", message: ofCell.float },
      { row: 10, column: "day", message: ofCell.date },
      { row: 10, column: "at", message: ofCell.datetime },
      { row: 10, column: "ok", message: ofCell.boolean },
      { row: 11, column: "price", message: ofCell.decimal },
      { row: 11, column: "ratio", message: ofCell.float },
      { row: 11, column: "at", message: ofCell.datetime },
      { row: 12, column: null, message: "has 2 fields, the header has 7" },
      { row: 13, column: null, message: "has 9 fields, the header has 7" },
      { row: 14, column: null, message: "has text between a closing quote and the next comma" },
      {
        row: 15,
        column: null,
        message: 'is not valid UTF-8 (hint: "reading": {"encoding":"windows-1252"})',
      },
      { row: 16, column: "ratio", message: ofCell.float },
      { row: 18, column: null, message: "opens a quote that is never closed" },
    ]);
  });
});

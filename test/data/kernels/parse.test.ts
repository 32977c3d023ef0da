import { describe, expect, test } from "vitest";
import type { Cell } from "../../../src/data/columnCells.ts";
import { readTable } from "../../../src/data/readTable.ts";
import { misfit, parseText } from "../../../src/data/types.ts";
import { COLUMN_TYPES, type ColumnType } from "../../../src/domain/table.ts";
import { collectRows } from "../../support/cells.ts";
import { streamOf } from "../../support/memoryObjectStore.ts";
import fc from "../../support/property.ts";

/** What the reader makes of one field, by way of the kernels. */
const read = async (text: string, type: ColumnType) => {
  const bytes = new TextEncoder().encode(`x,pad\n"${text.replaceAll('"', '""')}",1\n`);
  const reader = readTable({ format: "csv", pieces: streamOf(bytes) }, { x: type, pad: "int" });
  const [row] = await collectRows(reader.chunks());
  return { cell: row?.[0], issues: reader.issues.listed };
};

const agrees = async (text: string, type: ColumnType) => {
  const { cell, issues } = await read(text, type);
  const expected: Cell | undefined =
    text === "" && type !== "string" ? null : parseText(text, type);
  expect(cell, JSON.stringify([text, type])).toStrictEqual(expected ?? null);
  // What may help is of another test: data/reading/hints.test.ts.
  expect(
    issues.map(({ message, ...at }) => ({ ...at, message: message.split(" (hint:")[0] })),
  ).toEqual(expected === undefined ? [{ column: "x", row: 1, message: misfit(type) }] : []);
};

/** Pieces from which texts come about that are nearly values of some type. */
const pieces =
  "0|1|9|00|123|-|+|.|e|E|e5|e-400|e308|:|-01|T|t|Z|z| |2024|-02-29|23:59:60|+01:00|\u00a0|\ufeff|\u3000|\u2009|\t|true|FALSE|ſ|x|'|\"|\n|9223372036854775807|12345678901234567890|0.1|5e-324".split(
    "|",
  );
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => parts.join(""));

const spelt = fc.oneof(
  soup,
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.double().map(String),
  fc.double({ min: -1e6, max: 1e6 }).map((value) => value.toFixed(4)),
  fc
    .tuple(fc.integer({ min: -9, max: 400 }), soup)
    .map(([n, tail]) => `1${"0".repeat(Math.max(0, n % 45))}${tail}`),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
  fc.string({ unit: "grapheme", maxLength: 40 }),
);

describe("a field means to the kernels what it means to parseText", () => {
  for (const type of COLUMN_TYPES) {
    test(`as ${type}`, { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(spelt, (text) => agrees(text, type)),
        { numRuns: 1500 },
      );
    });
  }

  test("at the edges of every type", async () => {
    const edges: readonly (readonly [ColumnType, readonly string[]])[] = [
      ["int", ["9223372036854775807", "9223372036854775808", "-9223372036854775808"]],
      [
        "int",
        [
          "-9223372036854775809",
          "-0",
          "+7",
          "007",
          "",
          " 1 ",
          "1.0",
          "-",
          "00000000000000000000001",
        ],
      ],
      [
        "float",
        [
          "9007199254740993",
          "0.1",
          "1e23",
          "1e-7",
          "1e400",
          "-0",
          ".5",
          "5.",
          ".",
          "1e",
          "1e+",
          "NaN",
        ],
      ],
      [
        "float",
        ["179769313486231580793728971405301e276", "4.9e-324", "1".repeat(400), "0x10", "1_0"],
      ],
      [
        "decimal",
        ["-0.00", "+.5", "5.", "007.10", ".", "1".repeat(38), "1".repeat(39), "-", "1e5"],
      ],
      ["boolean", ["TRUE", "tRuE", "False", "0", "1", "2", "yes", "truE ", "f"]],
      [
        "date",
        ["0001-01-01", "9999-12-31", "0000-01-01", "2023-02-29", "2000-02-29", "1900-02-29"],
      ],
      ["date", ["2024-1-01", "2024-13-01", "2024-00-10", "2024-04-31", "20240101", "2024/01/01"]],
      ["datetime", ["2024-02-29T12:00", "2024-02-29 12:00:00.1234567+05:30", "2024-02-29T24:00Z"]],
      [
        "datetime",
        ["0001-01-01T00:00+00:01", "9999-12-31T23:59:59.999999-00:01", "2024-02-29T12:00:0"],
      ],
      [
        "datetime",
        ["2024-02-29T12:00:60Z", "2024-02-29T12:00:00.", "2024-02-29T12:00+1:00", "2024-02-29"],
      ],
    ];
    for (const [type, texts] of edges) for (const text of texts) await agrees(text, type);
  });
});

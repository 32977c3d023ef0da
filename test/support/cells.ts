/** Arbitrary cells and tables, for property tests of whatever reads or writes them. */

import { type Cell, chunkOfRows, rowsOf } from "../../src/data/columnCells.ts";
import type { ColumnChunk } from "../../src/data/columns.ts";
import type { ColumnType, Schema } from "../../src/domain/table.ts";
import fc from "./property.ts";

type Value = Exclude<Cell, null>;

const MICROS_PER_DAY = 86_400_000_000n;

const decimal = fc
  .tuple(fc.boolean(), fc.stringMatching(/^[1-9]\d{0,19}$|^0$/), fc.stringMatching(/^\d{0,18}$/))
  .map(([negative, whole, fraction]) => {
    const zero = /^0*$/.test(whole + fraction);
    return `${negative && !zero ? "-" : ""}${whole}${fraction && `.${fraction}`}`;
  });

const awkward = fc.constantFrom(
  "",
  '"',
  '""',
  ",",
  "\n",
  "\r\n",
  "\r",
  " ",
  "\ufeff",
  "ä",
  "😀",
  "null",
);

export const cellOf = (type: ColumnType): fc.Arbitrary<Value> => {
  switch (type) {
    case "int":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "float":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "decimal":
      return decimal;
    case "string":
      return fc
        .array(fc.oneof(awkward, fc.string({ unit: "grapheme", maxLength: 5 })), { maxLength: 4 })
        .map((parts) => parts.join(""));
    case "boolean":
      return fc.boolean();
    case "date":
      return fc.integer({ min: -719_162, max: 2_932_896 });
    case "datetime":
      return fc.bigInt({
        min: -719_162n * MICROS_PER_DAY,
        max: 2_932_897n * MICROS_PER_DAY - 1n,
      });
  }
};

/** A chunk with `rows` of cells, and the schema it has. */
export const chunkOf = (schema: Schema, maxRows = 20): fc.Arbitrary<ColumnChunk> => {
  const cells = Object.values(schema).map((type) => fc.option(cellOf(type), { freq: 5 }));
  return fc
    .array(fc.tuple(...cells), { maxLength: maxRows })
    .map((rows) => chunkOfRows(schema, rows));
};

/** One column of each type, named after it. */
export const EVERY_TYPE = {
  int: "int",
  float: "float",
  decimal: "decimal",
  string: "string",
  boolean: "boolean",
  date: "date",
  datetime: "datetime",
} as const satisfies Schema;

/** All rows of a reader, one array of cells each. */
export const collectRows = async (chunks: AsyncIterable<ColumnChunk>): Promise<Cell[][]> => {
  const rows: Cell[][] = [];
  for await (const chunk of chunks) rows.push(...rowsOf(chunk).map((row) => [...row]));
  return rows;
};

import { describe, expect, it } from "vitest";
import {
  type Cell,
  cellAt,
  cellsOf,
  chunkOfRows,
  columnOf,
  isNullAt,
  rowsOf,
} from "../../src/data/columnCells.ts";
import { COLUMN_TYPES } from "../../src/domain/table.ts";
import { cellOf } from "../support/cells.ts";
import fc from "../support/property.ts";

describe("cells as columns", () => {
  it.each(COLUMN_TYPES)("%s cells come back as they went in, nulls too", (type) => {
    fc.assert(
      fc.property(fc.array(fc.option(cellOf(type), { freq: 4 })), (cells) => {
        const column = columnOf("c", type, cells);
        expect(column).toMatchObject({ name: "c", type });
        expect(cellsOf(column, cells.length)).toStrictEqual(cells);
        for (const [row, cell] of cells.entries()) {
          expect(cellAt(column, row)).toStrictEqual(cell);
          expect(isNullAt(column, row)).toBe(cell === null);
        }
      }),
    );
  });

  it("texts lie one after the other, a null being empty", () => {
    expect(columnOf("c", "string", ["ä", null, "", "\ufeffb"])).toStrictEqual({
      name: "c",
      type: "string",
      valid: Uint8Array.of(1, 0, 1, 1),
      offsets: Int32Array.of(0, 2, 2, 2, 6),
      bytes: Uint8Array.of(0xc3, 0xa4, 0xef, 0xbb, 0xbf, 0x62),
    });
  });

  it("have no validity to look at where nothing is null", () => {
    expect(columnOf("c", "date", [19_000, -1])).toStrictEqual({
      name: "c",
      type: "date",
      valid: null,
      values: Int32Array.of(19_000, -1),
    });
  });

  it.each([
    ["string", 1],
    ["boolean", "true"],
    ["float", 1n],
    ["int", 1],
  ] as const)("a %s column takes no %s", (type, cell: Cell) => {
    expect(() => columnOf("c", type, [cell])).toThrow();
  });
});

describe("rows as a chunk", () => {
  it("come back in order, with the number of the first", () => {
    const rows = [
      [1n, "x"],
      [null, "y"],
    ] as const;
    const chunk = chunkOfRows({ a: "int", b: "string" }, rows, 7);
    expect(chunk).toMatchObject({ first_row: 7, rows: 2 });
    expect(chunk.columns.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(rowsOf(chunk)).toStrictEqual(rows);
  });
});

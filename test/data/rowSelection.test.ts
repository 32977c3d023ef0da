import { expect, test } from "vitest";
import { rowsOf } from "../../src/data/columnCells.ts";
import { withoutRows } from "../../src/data/rowSelection.ts";
import { chunkOf, EVERY_TYPE } from "../support/cells.ts";
import fc from "../support/property.ts";

test("rows left out are gone, the others keep their values, order and numbers", () => {
  fc.assert(
    fc.property(chunkOf(EVERY_TYPE, 40), fc.infiniteStream(fc.boolean()), (chunk, drops) => {
      const dropped = Uint8Array.from({ length: chunk.rows }, () => Number(drops.next().value));
      const selection = withoutRows({ ...chunk, first_row: 101 }, dropped);
      const kept = rowsOf(chunk).flatMap((cells, row) =>
        dropped[row] === 1 ? [] : [{ cells, number: 101 + row }],
      );
      expect(rowsOf(selection.chunk)).toStrictEqual(kept.map(({ cells }) => cells));
      if (dropped.includes(1)) {
        expect([...(selection.row_numbers ?? [])]).toEqual(kept.map(({ number }) => number));
      } else {
        expect(selection.row_numbers).toBeNull();
      }
    }),
  );
});

import { expect, test } from "vitest";
import { chunkOfRows } from "../../src/data/columnCells.ts";
import { digitCounter } from "../../src/data/decimalDigits.ts";
import type { Schema } from "../../src/domain/table.ts";
import { cellOf } from "../support/cells.ts";
import fc from "../support/property.ts";

const SCHEMA: Schema = { id: "int", amount: "decimal", share: "decimal" };

test("counts the most digits on either side of the point, of all chunks", () => {
  const counter = digitCounter(SCHEMA);
  counter.look(chunkOfRows(SCHEMA, [[1n, "-12.5", null]]));
  counter.look(
    chunkOfRows(
      SCHEMA,
      [
        [2n, "0.125", "0"],
        [3n, null, "0.00"],
        [4n, "7", null],
      ],
      2,
    ),
  );
  expect(counter.digits()).toEqual({
    amount: { whole: 2, fraction: 3 },
    share: { whole: 0, fraction: 2 },
  });
});

test("says nothing of a table without decimals, and zeros of one without values", () => {
  expect(digitCounter({ id: "int" }).digits()).toBeUndefined();
  expect(digitCounter({ share: "decimal" }).digits()).toEqual({ share: { whole: 0, fraction: 0 } });
});

test("counts what the texts of any decimals say", () => {
  const cells = fc.array(fc.option(cellOf("decimal"), { freq: 5 }), { maxLength: 30 });
  fc.assert(
    fc.property(cells, (amounts) => {
      const counter = digitCounter({ amount: "decimal" });
      counter.look(
        chunkOfRows(
          { amount: "decimal" },
          amounts.map((amount) => [amount]),
        ),
      );
      const parts = amounts.map((amount) => /^-?0*(\d*)\.?(\d*)$/.exec(String(amount ?? "")));
      const longest = (at: 1 | 2) => Math.max(0, ...parts.map((part) => part?.[at]?.length ?? 0));
      expect(counter.digits()).toEqual({ amount: { whole: longest(1), fraction: longest(2) } });
    }),
  );
});

import { describe, expect, it } from "vitest";
import { type Cell, chunkOfRows } from "../../../src/data/columnCells.ts";
import { qualityEvaluator } from "../../../src/data/quality/evaluator.ts";
import { mergeQualityPartials, verdictOf } from "../../../src/data/quality/partial.ts";
import { toText } from "../../../src/data/types.ts";
import { comparisonWith, equalityKey, parseLiteral } from "../../../src/domain/rules/literal.ts";
import { parseQualityRules, type QualityRules } from "../../../src/domain/rules/quality.ts";
import { COLUMN_TYPES, type ColumnType, type Schema } from "../../../src/domain/table.ts";
import { cellOf } from "../../support/cells.ts";
import fc from "../../support/property.ts";

type Present = Exclude<Cell, null>;

const KEY = new Uint8Array(32).fill(6);
const NOW = new Date("2026-11-23T12:00:00Z");

const rulesOf = (raw: unknown): QualityRules => {
  const rules = parseQualityRules(raw);
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  return rules.value;
};

/** Rows, counted from 1, that fail the only rule. */
const failing = (raw: unknown, schema: Schema, rows: readonly (readonly Cell[])[]) => {
  const evaluator = qualityEvaluator(rulesOf(raw), schema, NOW, { key: KEY });
  const { failed } = evaluator.evaluate(chunkOfRows(schema, rows));
  return rows.flatMap((_, row) => (failed?.[row] === 1 ? row + 1 : []));
};

/** Few enough that values meet, on both sides of every boundary. */
const near: Readonly<Record<ColumnType, fc.Arbitrary<Present>>> = {
  int: fc.oneof(
    fc.bigInt(-3n, 3n),
    fc.bigInt(2n ** 32n - 2n, 2n ** 32n + 2n),
    fc.bigInt(-(2n ** 63n), -(2n ** 63n) + 2n),
    fc.bigInt(2n ** 63n - 3n, 2n ** 63n - 1n),
  ),
  float: fc.constantFrom(-0, 0, 5e-324, -5e-324, 1, 1 + 2 ** -52, -1, 1.7976931348623157e308),
  decimal: fc.constantFrom("0", "0.00", "0.1", "0.10", "-0.1", "10", "9.99", "-10.0", "12", "1.2"),
  string: fc.constantFrom("", "a", "b", "ab", "ä", "\u{1f600}", "\uffff", "\ufeffa", "A"),
  boolean: fc.boolean(),
  date: fc.integer({ min: 20_000, max: 20_004 }),
  datetime: fc.bigInt(1_700_000_000_000_000n, 1_700_000_000_000_003n),
};

const literalOf = (cell: Present, type: ColumnType): string => toText(cell, type);

describe("rules on columns decide what the rules of values say", () => {
  const ordered = COLUMN_TYPES.filter((type) => type !== "boolean");

  it.each(ordered)("comparisons and between on %s", (type) => {
    const cells = fc.array(fc.option(fc.oneof(near[type], cellOf(type)), { freq: 6 }));
    fc.assert(
      fc.property(cells, fc.oneof(near[type], cellOf(type)), near[type], (column, one, two) => {
        const literal = literalOf(one, type);
        const order = comparisonWith(literal, type);
        // The grammar has no way to write an empty operand.
        if (order === undefined || literal === "" || literalOf(two, type) === "") return;
        const rows = column.map((cell) => [cell]);
        const passes = {
          ">": (sign: number) => sign > 0,
          ">=": (sign: number) => sign >= 0,
          "<": (sign: number) => sign < 0,
          "<=": (sign: number) => sign <= 0,
          "==": (sign: number) => sign === 0,
          "!=": (sign: number) => sign !== 0,
        };
        for (const [rule, holds] of Object.entries(passes)) {
          const expected = column.flatMap((cell, row) =>
            cell !== null && !holds(order(cell)) ? row + 1 : [],
          );
          expect(failing({ c: { rule, value: literal } }, { c: type }, rows)).toEqual(expected);
        }
        const [min, max] = [one, two].map((cell) => literalOf(cell, type));
        const fromMax = comparisonWith(max ?? "", type);
        const outside = column.flatMap((cell, row) =>
          cell !== null && (order(cell) < 0 || (fromMax?.(cell) ?? 0) > 0) ? row + 1 : [],
        );
        expect(failing({ c: { rule: "between", min, max } }, { c: type }, rows)).toEqual(outside);
      }),
      { numRuns: 60 },
    );
  });

  it.each(COLUMN_TYPES)("membership and uniqueness on %s", (type) => {
    const cells = fc.array(fc.option(near[type], { freq: 6 }), { maxLength: 30 });
    fc.assert(
      fc.property(cells, fc.array(near[type], { minLength: 1, maxLength: 4 }), (column, list) => {
        const rows = column.map((cell) => [cell]);
        const values = list.map((cell) => literalOf(cell, type));
        const keyOf = (cell: Present) => String(equalityKey(cell, type));
        const members = new Set(
          values.map((value) => {
            const member = parseLiteral(value, type);
            return member === undefined ? value : keyOf(member);
          }),
        );
        const isIn = (cell: Cell) => cell !== null && members.has(keyOf(cell));
        const failingRows = (fails: (cell: Present, row: number) => boolean) =>
          column.flatMap((cell, row) => (cell !== null && fails(cell, row) ? row + 1 : []));
        const schema = { c: type };
        expect(failing({ c: { rule: "in", values } }, schema, rows)).toEqual(
          failingRows((cell) => !isIn(cell)),
        );
        expect(failing({ c: { rule: "not_in", values } }, schema, rows)).toEqual(failingRows(isIn));
        const keys = column.map((cell) => (cell === null ? null : keyOf(cell)));
        expect(failing({ c: "unique" }, schema, rows)).toEqual(
          failingRows((cell, row) => keys.indexOf(keyOf(cell)) < row),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("lengths are counted in code points", () => {
    fc.assert(
      fc.property(fc.array(cellOf("string")), fc.nat(8), fc.nat(8), (column, min, span) => {
        const expected = column.flatMap((cell, row) => {
          const length = [...String(cell)].length;
          return length < min || length > min + span ? row + 1 : [];
        });
        const rule = { rule: "length", min, max: min + span };
        expect(
          failing(
            { c: rule },
            { c: "string" },
            column.map((cell) => [cell]),
          ),
        ).toEqual(expected);
      }),
    );
  });

  it("unique over columns takes the parts of a row apart", () => {
    const part = fc.constantFrom("", "a", "aa", "b", null);
    const amount = fc.constantFrom("1", "1.0", "2", null);
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part, amount), { maxLength: 30 }), (rows) => {
        const keys = rows.map((row) =>
          row.includes(null) ? null : JSON.stringify([row[0], row[1], Number(row[2])]),
        );
        const expected = keys.flatMap((key, row) =>
          key !== null && keys.indexOf(key) < row ? row + 1 : [],
        );
        const schema = { a: "string", b: "string", c: "decimal" } as const;
        expect(failing({ "*": "unique:a,b,c" }, schema, rows)).toEqual(expected);
      }),
    );
  });
});

describe("partial results", () => {
  const schema: Schema = { a: "int", b: "string", t: "datetime" };
  const rules = rulesOf({
    a: [">0", { rule: "<3", severity: "warn", threshold: "10%" }, { rule: "!=2", threshold: 2 }],
    b: ["not_null", { rule: "in:a,b", on_fail: "quarantine_rows", threshold: "25%" }],
    t: "not_future",
    "*": ["row_count:2,40", "freshness:t,24h"],
  });
  const row = fc.tuple(
    fc.option(fc.bigInt(-1n, 4n), { freq: 5 }),
    fc.option(fc.constantFrom("a", "b", "c"), { freq: 5 }),
    fc.option(
      fc
        .integer({ min: -30, max: 1 })
        .map((hours) => BigInt(NOW.getTime() + hours * 3_600_000) * 1000n),
    ),
  );

  it("of any cut of the rows, merged in any order, are the result of one pass", () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 60 }),
        fc.array(fc.nat(60), { maxLength: 5 }),
        fc.boolean(),
        (rows, cuts, backwards) => {
          const whole = qualityEvaluator(rules, schema, NOW, { key: KEY });
          whole.evaluate(chunkOfRows(schema, rows));
          const bounds = [0, ...cuts.map((cut) => cut % (rows.length + 1)), rows.length].sort(
            (left, right) => left - right,
          );
          const partials = bounds.slice(1).map((end, index) => {
            const start = bounds[index] ?? 0;
            const evaluator = qualityEvaluator(rules, schema, NOW, { key: KEY });
            evaluator.evaluate(chunkOfRows(schema, rows.slice(start, end), start + 1));
            return JSON.parse(JSON.stringify(evaluator.partial()));
          });
          const merged = mergeQualityPartials(rules, backwards ? partials.reverse() : partials);
          expect(merged).toEqual(whole.partial());
          expect(verdictOf(rules, merged, NOW)).toEqual(whole.finish());
        },
      ),
    );
  });
});

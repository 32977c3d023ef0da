import { describe, expect, it } from "vitest";
import { type Cell, cellsOf, columnOf } from "../../../src/data/columnCells.ts";
import { privacyPass } from "../../../src/data/privacy/privacyPass.ts";
import { toText } from "../../../src/data/types.ts";
import {
  checkPrivacyColumns,
  parsePrivacyRules,
  publishedSchema,
  STRATEGIES,
  type StrategyName,
} from "../../../src/domain/rules/privacy.ts";
import { COLUMN_TYPES, type ColumnType, type Schema } from "../../../src/domain/table.ts";
import { privacyKeys } from "../../support/privacyKeys.ts";
import fc from "../../support/property.ts";

interface RawRule {
  readonly strategy: StrategyName;
  readonly [option: string]: unknown;
}

const RULES: readonly RawRule[] = [
  { strategy: "mask" },
  { strategy: "mask", preserve_format: true },
  { strategy: "mask", keep_first: 2, keep_last: 2 },
  { strategy: "mask", preserve_format: true, keep_first: 3, keep_last: 1 },
  { strategy: "hash" },
  { strategy: "redact" },
  { strategy: "nullify" },
  { strategy: "suppress" },
  { strategy: "tokenize" },
  ...["email", "name", "phone", "address"].map((as) => ({ strategy: "pseudonymize", as }) as const),
  ...["age", "salary", "date", "zipcode"].map((as) => ({ strategy: "generalize", as }) as const),
  { strategy: "generalize", as: "date", precision: "year" } as const,
  { strategy: "generalize", buckets: [0, 10, 100] } as const,
  { strategy: "bucket", size: 10 } as const,
  { strategy: "bucket", buckets: [-5, 5] } as const,
  { strategy: "noise", percent: 0.0001 } as const,
  { strategy: "noise", percent: 100 } as const,
  { strategy: "date_shift", days: 1 } as const,
  { strategy: "date_shift", days: 3650 } as const,
  { strategy: "keep" },
];

const cells: Readonly<Record<ColumnType, fc.Arbitrary<Cell>>> = {
  int: fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-20n, 20n)),
  float: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -20, max: 120 }),
  ),
  decimal: fc
    .tuple(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.integer({ min: 0, max: 6 }))
    .map(([units, scale]) => {
      const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
      const whole = digits.slice(0, digits.length - scale);
      const point = scale === 0 ? "" : `.${digits.slice(-scale)}`;
      return `${units < 0n ? "-" : ""}${whole}${point}`;
    }),
  string: fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom("*", "#", "a", "9", "-") }),
    fc.emailAddress(),
  ),
  boolean: fc.boolean(),
  date: fc.integer({ min: -719_162, max: 2_932_896 }),
  datetime: fc.bigInt(-62_135_596_800_000_000n, 253_402_300_799_999_999n),
};

const transform = (
  raw: object,
  type: ColumnType,
  input: readonly Cell[],
  keys = privacyKeys(1),
) => {
  const rules = parsePrivacyRules({ c: raw });
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  const schema: Schema = { c: type };
  if (checkPrivacyColumns(rules.value, schema).length > 0) return null;
  const pass = privacyPass(rules.value, schema, keys, null);
  const columns = [columnOf("c", type, input)];
  const output = pass.apply({ first_row: 1, rows: input.length, columns });
  expect(pass.schema).toEqual(publishedSchema(schema, rules.value));
  const [column] = output.columns;
  if (column === undefined) throw new Error("the column is gone");
  expect(column.type).toBe(pass.schema.c);
  return cellsOf(column, input.length).map((cell) =>
    cell === null ? null : toText(cell, column.type),
  );
};

/** What a strategy keeps by its definition; see domain/rules/privacy.ts. */
const isExempt = (strategy: string, text: string): boolean => {
  if (strategy === "keep") return true;
  if (strategy === "noise") return Number(text) === 0;
  if (strategy === "redact") return text === "[REDACTED]";
  return text === "";
};

const cases = RULES.flatMap((rule) => COLUMN_TYPES.map((type) => ({ rule, type }))).filter(
  ({ rule, type }) => transform(rule, type, []) !== null,
);

describe("the golden rule", () => {
  it("is tried on every strategy", () => {
    const tried = new Set(cases.map(({ rule }) => rule.strategy));
    expect([...tried].sort()).toEqual([...STRATEGIES].sort());
  });

  it.each(cases)("holds for $rule on $type: no value comes out as it went in", ({ rule, type }) => {
    fc.assert(
      fc.property(fc.array(cells[type], { maxLength: 20 }), (input) => {
        const output = transform(rule, type, input);
        for (const [row, cell] of input.entries()) {
          const text = cell === null ? "" : toText(cell, type);
          if (isExempt(rule.strategy, text)) continue;
          expect(output?.[row]).not.toBe(text);
        }
      }),
    );
  });

  it.each(cases)(
    "$rule on $type gives the same output again, and leaves nulls",
    ({ rule, type }) => {
      fc.assert(
        fc.property(fc.array(cells[type], { maxLength: 20 }), (input) => {
          const withNull = [...input, null];
          const output = transform(rule, type, withNull);
          expect(transform(rule, type, withNull)).toEqual(output);
          expect(output?.at(-1)).toBeNull();
        }),
        { numRuns: 20 },
      );
    },
  );

  it.each([
    { strategy: "mask" },
    { strategy: "mask", preserve_format: true, keep_last: 4 },
    { strategy: "hash" },
    { strategy: "redact" },
    { strategy: "nullify" },
    { strategy: "tokenize" },
    { strategy: "pseudonymize", as: "email" },
    { strategy: "generalize", as: "zipcode" },
  ])("%j leaves no address anywhere in the column, not in another row either", (rule) => {
    const addresses = fc.array(fc.emailAddress(), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(addresses, (input) => {
        const output = new Set(transform(rule, "string", input));
        expect(input.filter((address) => output.has(address))).toEqual([]);
      }),
    );
  });

  it.each(["hash", "tokenize", { strategy: "pseudonymize", as: "name" }])(
    "%j depends on the key",
    (rule) => {
      const raw = typeof rule === "string" ? { strategy: rule } : rule;
      const input = ["ann@example.org"];
      expect(transform(raw, "string", input, privacyKeys(1))).not.toEqual(
        transform(raw, "string", input, privacyKeys(100)),
      );
    },
  );
});

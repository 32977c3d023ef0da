/** A second opinion on quality rules: the same rules in SQL, over the same rows, in DuckDB. */
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cell, chunkOfRows } from "../../../src/data/columnCells.ts";
import { qualityEvaluator } from "../../../src/data/quality/evaluator.ts";
import { parseText } from "../../../src/data/types.ts";
import { checkQualityColumns, parseQualityRules } from "../../../src/domain/rules/quality.ts";
import type { ColumnType } from "../../../src/domain/table.ts";
import fc from "../../support/property.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const KEY = new Uint8Array(32).fill(6);

/** Values that meet, on both sides of every boundary, by the type that SQL has them as. */
const TYPES = {
  int: {
    sql: "BIGINT",
    values: ["0", "1", "-1", "9007199254740993", "9007199254740992", "9223372036854775807"].concat(
      "-9223372036854775808",
      "4294967296",
    ),
  },
  float: { sql: "DOUBLE", values: ["0", "-0.0", "0.1", "0.30000000000000004", "1e308", "5e-324"] },
  decimal: {
    sql: "DECIMAL(38, 10)",
    values: ["0", "0.00", "0.1", "0.10", "-0.1", "10", "9.99", "-10.0", "1.2"].concat(
      "100000000000000000000.000001",
      "100000000000000000000.000002",
    ),
  },
  string: {
    sql: "VARCHAR",
    values: [
      "a",
      "b",
      "ab",
      "A",
      "",
      "ä",
      "a\u0308",
      "😀",
      "\uffff",
      " a",
      "a\nb",
      "10",
      "9",
    ].concat(["ß", "ſ", "\u212a", "İ", "a,b", "😀😀"]),
  },
  date: {
    sql: "DATE",
    values: ["2026-11-22", "2026-11-23", "2026-11-24", "0001-01-01", "9999-12-31", "2024-02-29"],
  },
  datetime: {
    sql: "TIMESTAMPTZ",
    values: [
      "2026-11-23T12:00:00Z",
      "2026-11-23T12:00:00.000001Z",
      "2026-11-23T13:00:00+01:00",
    ].concat(
      "2026-11-23T11:59:59.999999Z",
      "1969-12-31T23:59:59.5Z",
      "9999-12-31T23:59:59.999999Z",
    ),
  },
} as const satisfies Partial<
  Record<ColumnType, { readonly sql: string; readonly values: readonly string[] }>
>;
type Type = keyof typeof TYPES;

const PATTERNS = [
  ...[".*", "[a-z]+", "\\p{L}+", "(?i)ß", "(?i)k", "a|ab", "(?m)^b$", "(?s).*", "\\s*a", "."],
  ...["(?i)[a-z]+", "\\pL\\pM*", "\\x{1F600}+", "\\Qa,b", "\\ba\\b", "[^a]*", "\\D+", "(?i)i"],
] as const;

interface Asked {
  readonly rule: Readonly<Record<string, unknown>>;
  /** What SQL says of a value that fails it. */
  readonly fails: string;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const literal = (type: Type, text: string): string => `${quoted(text)}::${TYPES[type].sql}`;

const rulesOf = (type: Type): fc.Arbitrary<Asked> => {
  const value = fc.constantFrom(...TYPES[type].values);
  const values = fc.array(value, { minLength: 1, maxLength: 4 });
  const member = fc.tuple(fc.constantFrom("in", "not_in"), values).map(([rule, list]): Asked => {
    const among = `c IN (${list.map((one) => literal(type, one)).join(", ")})`;
    return { rule: { rule, values: list }, fails: rule === "in" ? `NOT (${among})` : among };
  });
  const compare = fc
    .tuple(fc.constantFrom(">", ">=", "<", "<=", "==", "!="), value)
    .map(([rule, one]): Asked => {
      const operator = rule === "==" ? "=" : rule;
      return { rule: { rule, value: one }, fails: `NOT (c ${operator} ${literal(type, one)})` };
    });
  const between = fc.tuple(value, value).map(
    ([min, max]): Asked => ({
      rule: { rule: "between", min, max },
      fails: `NOT (c BETWEEN ${literal(type, min)} AND ${literal(type, max)})`,
    }),
  );
  const ofTexts = fc.oneof(
    fc.constantFrom(...PATTERNS).map(
      (pattern): Asked => ({
        rule: { rule: "matches", pattern },
        fails: `NOT regexp_full_match(c, ${quoted(pattern)})`,
      }),
    ),
    fc.tuple(fc.nat(2), fc.nat(2)).map(
      ([min, more]): Asked => ({
        rule: { rule: "length", min, max: min + more },
        fails: `NOT (length(c) BETWEEN ${min} AND ${min + more})`,
      }),
    ),
  );
  const future = fc.constant<Asked>({
    rule: { rule: "not_future" },
    fails: `c > ${literal(type, type === "date" ? "2026-11-23" : NOW.toISOString())}`,
  });
  const others = type === "string" ? [ofTexts] : TIMES.has(type) ? [future] : [];
  return fc.oneof(member, compare, between, ...others);
};

const TIMES: ReadonlySet<Type> = new Set<Type>(["date", "datetime"]);

let duckdb: DuckDBConnection;
beforeAll(async () => {
  duckdb = await (await DuckDBInstance.create(":memory:")).connect();
  await duckdb.run("SET TimeZone = 'UTC'");
});
afterAll(() => duckdb.closeSync());

const numbersOf = async (sql: string): Promise<readonly number[]> =>
  (await duckdb.runAndReadAll(sql)).getRows().map(([row]) => Number(row));

describe("rules on rows fail those that SQL says fail", () => {
  it.each(Object.keys(TYPES) as Type[])("of %s", async (type) => {
    const column = fc.array(fc.option(fc.constantFrom(...TYPES[type].values), { freq: 6 }), {
      minLength: 1,
      maxLength: 60,
    });
    let judged = 0;
    await fc.assert(
      fc.asyncProperty(column, fc.array(rulesOf(type), { maxLength: 4 }), async (texts, asked) => {
        const parsed = parseQualityRules({
          c: ["unique", "not_null", ...asked.map((one) => one.rule)],
        });
        // Bounds that nothing lies between, and an empty text that has no order, are refused.
        if (!parsed.ok || checkQualityColumns(parsed.value, { c: type }).length > 0) return;
        const cells = texts.map((text): [Cell] => {
          const cell = text === null ? null : parseText(text, type);
          if (cell === undefined) throw new Error(`${text} is no ${type}`);
          return [cell];
        });
        const evaluator = qualityEvaluator(parsed.value, { c: type }, NOW, { key: KEY });
        const { failed } = evaluator.evaluate(chunkOfRows({ c: type }, cells));
        const { report } = evaluator.finish();

        const rows = texts.map(
          (text, row) => `(${row + 1}, ${text === null ? "NULL" : literal(type, text)})`,
        );
        await duckdb.run(`CREATE OR REPLACE TABLE t (n INTEGER, c ${TYPES[type].sql})`);
        await duckdb.run(`INSERT INTO t VALUES ${rows.join(", ")}`);
        const where = ["c IS NULL", ...asked.map(({ fails }) => fails)];
        const expected = [
          await numbersOf(
            `SELECT n FROM t WHERE c IS NOT NULL
             QUALIFY row_number() OVER (PARTITION BY c ORDER BY n) > 1 ORDER BY n`,
          ),
          ...(await Promise.all(
            where.map((condition) => numbersOf(`SELECT n FROM t WHERE ${condition} ORDER BY n`)),
          )),
        ];
        expect(report.rules.map(({ failures }) => failures)).toEqual(
          expected.map(({ length }) => length),
        );
        expect(report.rules.map(({ sample_rows }) => sample_rows)).toEqual(
          expected.map((numbers) => numbers.slice(0, 20)),
        );
        const any = new Set(expected.flat());
        expect(texts.map((_, row) => failed?.[row] === 1)).toEqual(
          texts.map((_, row) => any.has(row + 1)),
        );
        expect([report.rows, report.failed_rows]).toEqual([texts.length, any.size]);
        judged += 1;
      }),
      { numRuns: 60 },
    );
    expect(judged).toBeGreaterThan(20);
  });
});

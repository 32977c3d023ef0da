import { describe, expect, it } from "vitest";
import { type Cell, columnOf } from "../../../src/data/columnCells.ts";
import type { ColumnChunk } from "../../../src/data/columns.ts";
import { qualityEvaluator } from "../../../src/data/quality/evaluator.ts";
import {
  SeenValues,
  seenBudget,
  TooManyValuesError,
} from "../../../src/data/quality/seenValues.ts";
import { parseText } from "../../../src/data/types.ts";
import { checkQualityColumns, parseQualityRules } from "../../../src/domain/rules/quality.ts";
import type { ColumnType, Schema } from "../../../src/domain/table.ts";

const KEY = new Uint8Array(32).fill(6);
const NOW = new Date("2026-11-23T12:00:00Z");

const chunkOf = (
  schema: Schema,
  columns: Record<string, readonly (string | null)[]>,
  first = 1,
) => {
  const rows = Object.values(columns)[0]?.length ?? 0;
  const cellsOf = (name: string, type: ColumnType): readonly Cell[] =>
    (columns[name] ?? Array<null>(rows).fill(null)).map((text) => {
      const cell = text === null ? null : parseText(text, type);
      if (cell === undefined) throw new Error(`${text} is no ${type}`);
      return cell;
    });
  const chunk: ColumnChunk = {
    first_row: first,
    rows,
    columns: Object.entries(schema).map(([name, type]) =>
      columnOf(name, type, cellsOf(name, type)),
    ),
  };
  return chunk;
};

const evaluatorFor = (raw: unknown, schema: Schema) => {
  const rules = parseQualityRules(raw);
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  expect(checkQualityColumns(rules.value, schema)).toEqual([]);
  return qualityEvaluator(rules.value, schema, NOW, { key: KEY });
};

const verdictOn = (raw: unknown, type: ColumnType, cells: readonly (string | null)[]) => {
  const schema = { c: type };
  const evaluator = evaluatorFor(raw, schema);
  evaluator.evaluate(chunkOf(schema, { c: cells }));
  return evaluator.finish();
};

/** 1-based numbers of the rows that fail. */
const failing = (rule: unknown, type: ColumnType, cells: readonly (string | null)[]) =>
  verdictOn({ c: rule }, type, cells).report.rules[0]?.sample_rows;

describe("rules on cells", () => {
  it.each([
    [">0", "int", ["1", "0", "-1", null], [2, 3]],
    [{ rule: "!=", value: "" }, "string", ["a", "", " ", null], [2]],
    [{ rule: "==", value: "" }, "string", ["a", "", " ", null], [1, 3]],
    [">=0", "float", ["1", "0", "-0", "-0.1", null], [4]],
    ["<0.3", "decimal", ["0.29999999999999999999", "0.3", "0.300", null], [2, 3]],
    ["<=0.3", "decimal", ["0.30", "0.30000000000000000001"], [2]],
    ["==1", "decimal", ["1.00", "1.01", null], [2]],
    ["!=a", "string", ["a", "b", null], [1]],
    [">9223372036854775806", "int", ["9223372036854775807", "9223372036854775806"], [2]],
    [">\uffff", "string", ["\u{1f600}", "a"], [2]],
    ["==true", "boolean", ["true", "false", null], [2]],
    [">=2024-02-29", "date", ["2024-02-29", "2024-02-28", null], [2]],
    [
      "<2024-01-01T00:00:00+01:00",
      "datetime",
      ["2023-12-31T22:59:59.999999Z", "2023-12-31T23:00:00Z"],
      [2],
    ],
    ["not_null", "string", ["a", null, ""], [2]],
    ["in:a,b", "string", ["a", "c", null], [2]],
    ["in:1,2.5", "decimal", ["1.0", "2.50", "2.51"], [3]],
    ["in:1,2", "int", ["1", "3"], [2]],
    ["not_in:a,b", "string", ["a", "c", null], [1]],
    ["between:1,5", "int", ["0", "1", "5", "6", null], [1, 4]],
    ["length:1,2", "string", ["", "a", "\u{1f600}\u{1f600}", "abc", null], [1, 4]],
    ["matches:[a-z]+", "string", ["abc", "ab1", null], [2]],
    ["type", "int", ["1", null], []],
    ["not_future", "date", ["2026-11-23", "2026-11-24", null], [2]],
    ["not_future", "datetime", ["2026-11-23T12:00:00Z", "2026-11-23T12:00:00.000001Z", null], [2]],
    ["unique", "string", ["a", "b", "a", null, null, "a"], [3, 6]],
    ["unique", "decimal", ["1.0", "1.00", "2"], [2]],
    ["unique", "int", ["1", "2", "1"], [3]],
  ] as const)("%s on %s", (rule, type, cells, expected) => {
    expect(failing(rule, type, cells)).toEqual(expected);
  });
});

describe("rules on the table", () => {
  const schema: Schema = { a: "string", b: "int", t: "datetime", d: "date" };
  const verdict = (rule: string, columns: Record<string, readonly (string | null)[]>) => {
    const evaluator = evaluatorFor({ "*": rule }, schema);
    if (Object.keys(columns).length > 0) evaluator.evaluate(chunkOf(schema, columns));
    return evaluator.finish();
  };

  it("unique over columns compares them together, and nulls take no part", () => {
    const { report } = verdict("unique:a,b", {
      a: ["x", "x", "x", null, null, "x1"],
      b: ["1", "2", "1", "1", "1", "1"],
    });
    expect(report.rules[0]?.sample_rows).toEqual([3]);
  });

  it.each([
    ["row_count:>=3", true],
    ["row_count:>=4", false],
    ["row_count:<=2", false],
    ["row_count:1,3", true],
  ])("%s on three rows", (rule, passed) => {
    const verdictNow = verdict(rule, { a: ["x", "y", "z"] });
    expect(verdictNow.passed).toBe(passed);
    expect(verdictNow.report.failed_rows).toBe(0);
    expect(verdictNow.report.rules[0]).toMatchObject({ failures: passed ? 0 : 1, sample_rows: [] });
  });

  it("row_count sees an empty file", () => {
    expect(verdict("row_count:>=1", {}).passed).toBe(false);
  });

  it.each([
    ["freshness:t,24h", { t: ["2020-01-01T00:00:00Z", "2026-11-22T12:00:00Z"] }, true],
    ["freshness:t,24h", { t: ["2026-11-22T11:59:59Z", null] }, false],
    ["freshness:t,24h", { t: [null] }, false],
    ["freshness:t,24h", {}, false],
    ["freshness:d,24h", { d: ["2026-11-22"] }, true],
    ["freshness:d,11h", { d: ["2026-11-22"] }, false],
    // Ahead of the clock by more than clocks may differ: it says nothing of the others.
    ["freshness:t,24h", { t: ["2026-11-23T12:05:00.001Z", "2026-11-22T11:59:59Z"] }, false],
    ["freshness:t,24h", { t: ["2999-01-01T00:00:00Z"] }, false],
    ["freshness:t,24h", { t: ["2026-11-23T12:05:00Z"] }, true],
    ["freshness:t,24h", { t: ["2999-01-01T00:00:00Z", "2026-11-23T09:00:00Z"] }, true],
    ["freshness:d,24h", { d: ["2026-11-24", "2026-11-21"] }, false],
    ["freshness:d,24h", { d: ["2026-11-24", "2026-11-23"] }, true],
  ])("%s on %j", (rule, columns, passed) => {
    expect(verdict(rule, columns).passed).toBe(passed);
  });
});

describe("the verdict", () => {
  it("reports rows, failed rows and every rule with its sample", () => {
    const schema: Schema = { a: "int", b: "string" };
    const evaluator = evaluatorFor(
      { a: [">0", { rule: "<100", severity: "warn" }], b: "not_null" },
      schema,
    );
    const first = evaluator.evaluate(
      chunkOf(schema, { a: ["1", "-1", "200"], b: ["x", null, "y"] }),
    );
    const second = evaluator.evaluate(chunkOf(schema, { a: ["0"], b: ["z"] }, 4));
    expect(first.failed).toEqual(Uint8Array.of(0, 1, 0));
    expect(first.rulesFailedBy(1).map(({ text }) => text)).toEqual([">0", "not_null"]);
    expect(first.rulesFailedBy(2)).toEqual([]);
    expect(first.diverted).toBeNull();
    expect(second.failed).toEqual(Uint8Array.of(1));
    expect(evaluator.finish().report).toEqual({
      rows: 4,
      passed_rows: 2,
      failed_rows: 2,
      rules: [
        {
          column: "a",
          rule: ">0",
          severity: "error",
          failures: 2,
          percent: 50,
          sample_rows: [2, 4],
        },
        { column: "a", rule: "<100", severity: "warn", failures: 1, percent: 25, sample_rows: [3] },
        {
          column: "b",
          rule: "not_null",
          severity: "error",
          failures: 1,
          percent: 25,
          sample_rows: [2],
        },
      ],
    });
  });

  it("samples at most 20 rows and rounds percentages to 4 decimals", () => {
    const cells = Array.from({ length: 30 }, (_, row) => (row < 29 ? "0" : "1"));
    const { report } = verdictOn({ c: ">0" }, "int", cells);
    expect(report.rules[0]).toMatchObject({ failures: 29, percent: 96.6667 });
    expect(report.rules[0]?.sample_rows).toEqual(Array.from({ length: 20 }, (_, row) => row + 1));
  });

  it("on an empty file is 0 percent and passes", () => {
    const evaluator = evaluatorFor({ c: ">0" }, { c: "int" });
    expect(evaluator.finish()).toMatchObject({
      passed: true,
      report: { rows: 0, passed_rows: 0, failed_rows: 0, rules: [{ failures: 0, percent: 0 }] },
    });
  });

  const hundred = (bad: number) =>
    Array.from({ length: 100 }, (_, row) => (row < bad ? "-1" : "1"));

  it.each([
    [{}, 0, true, []],
    [{}, 1, false, ["batch"]],
    [{ threshold: 7 }, 7, true, []],
    [{ threshold: 7 }, 8, false, ["batch"]],
    [{ threshold: "7%" }, 7, true, []],
    [{ threshold: "7%" }, 8, false, ["batch"]],
    [{ threshold: "6.9999%" }, 7, false, ["batch"]],
    [{ threshold: "100%" }, 100, true, []],
    [{ on_fail: "quarantine_rows" }, 100, true, []],
    [{ on_fail: "quarantine_rows", threshold: 5 }, 5, true, []],
    [{ on_fail: "quarantine_rows", threshold: 5 }, 6, false, ["batch"]],
    [{ on_fail: "warn" }, 1, true, ["warn"]],
    [{ on_fail: "warn", threshold: 1 }, 1, true, []],
    [{ severity: "warn" }, 1, true, ["warn"]],
  ])("under %j with %d failures of 100: passed is %s", (options, bad, passed, effects) => {
    const verdict = verdictOn({ c: { rule: ">0", ...options } }, "int", hundred(bad));
    expect(verdict.passed).toBe(passed);
    expect(verdict.breaches.map(({ effect }) => effect)).toEqual(effects);
  });
});

describe("remembering values", () => {
  it("confuses no two of half a million values", () => {
    const seen = new SeenValues(seenBudget());
    for (let value = 0; value < 500_000; value += 1) {
      if (!seen.add(value % 1000, value)) throw new Error(`confused at ${value}`);
    }
    expect(seen.add(999, 499_999)).toBe(false);
    expect(seen.add(998, 499_999)).toBe(true);
    expect(seen.add(998, 499_999)).toBe(false);
  });

  it("refuses to go beyond its limit instead of passing silently", () => {
    const budget = seenBudget(3);
    const [first, second] = [new SeenValues(budget), new SeenValues(budget)];
    first.add(1, 1);
    second.add(1, 1);
    first.add(2, 1);
    expect(first.add(1, 1)).toBe(false);
    expect(() => second.add(3, 1)).toThrow(TooManyValuesError);
  });
});

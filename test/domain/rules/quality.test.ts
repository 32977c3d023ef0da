import { describe, expect, it } from "vitest";
import {
  checkQualityColumns,
  parseQualityRules,
  type QualityRules,
} from "../../../src/domain/rules/quality.ts";
import { MAX_QUALITY_RULES } from "../../../src/domain/rules/qualityGrammar.ts";
import type { Schema } from "../../../src/domain/table.ts";

const parsed = (raw: unknown): QualityRules => {
  const result = parseQualityRules(raw);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

const issuesOf = (raw: unknown) => {
  const result = parseQualityRules(raw);
  return result.ok ? [] : result.error;
};

const schema: Schema = {
  id: "int",
  amount: "float",
  price: "decimal",
  name: "string",
  active: "boolean",
  born: "date",
  seen_at: "datetime",
};

describe("the string form of quality rules", () => {
  it.each([
    [">0", { kind: "compare", operator: ">", value: "0", text: ">0" }],
    [" >= 10 ", { kind: "compare", operator: ">=", value: "10", text: ">=10" }],
    ["<5", { kind: "compare", operator: "<", value: "5" }],
    ["<= 5", { kind: "compare", operator: "<=", value: "5" }],
    ["==x", { kind: "compare", operator: "==", value: "x" }],
    ["!=x", { kind: "compare", operator: "!=", value: "x" }],
    ["not_null", { kind: "not_null", text: "not_null" }],
    ["unique", { kind: "unique", columns: ["c"], scope: "batch", text: "unique" }],
    ["in: a, b", { kind: "in", values: ["a", "b"], text: "in:a,b" }],
    ["not_in:a", { kind: "not_in", values: ["a"] }],
    ["matches:^[a-z]{2,3}$", { kind: "matches", pattern: "^[a-z]{2,3}$" }],
    ["matches:a:b>=c", { kind: "matches", pattern: "a:b>=c" }],
    ["between:1,5", { kind: "between", min: "1", max: "5" }],
    ["length:1,80", { kind: "length", min: 1, max: 80 }],
    ["length:,80", { kind: "length", min: null, max: 80, text: "length:,80" }],
    ["type", { kind: "type" }],
    ["not_future", { kind: "not_future" }],
  ])("reads %j", (text, expected) => {
    expect(parsed({ c: text })).toMatchObject([{ column: "c", ...expected }]);
  });

  it.each([
    ["row_count:>=1", { kind: "row_count", min: 1, max: null, text: "row_count:>=1" }],
    ["row_count:>1", { kind: "row_count", min: 2, max: null }],
    ["row_count:<10", { kind: "row_count", min: null, max: 9 }],
    ["row_count:==3", { kind: "row_count", min: 3, max: 3, text: "row_count:==3" }],
    ["row_count:1,9", { kind: "row_count", min: 1, max: 9, text: "row_count:1,9" }],
    ["unique:a,b", { kind: "unique", columns: ["a", "b"], scope: "batch", text: "unique:a,b" }],
    ["freshness:seen_at,24h", { kind: "freshness", of: "seen_at", max_age_ms: 86_400_000 }],
    ["freshness:seen_at,15m", { kind: "freshness", max_age_ms: 900_000 }],
    ["freshness:seen_at,2d", { kind: "freshness", max_age_ms: 172_800_000 }],
  ])("reads %j on the table", (text, expected) => {
    expect(parsed({ "*": text })).toMatchObject([{ column: "*", ...expected }]);
  });

  it("takes rules joined by and, and lists, as several rules in their order", () => {
    const rules = parsed({ a: ">0 and <10 AND not_null", b: ["unique", "length:1,5 and type"] });
    expect(rules.map(({ column, text }) => `${column} ${text}`)).toEqual([
      "a >0",
      "a <10",
      "a not_null",
      "b unique",
      "b length:1,5",
      "b type",
    ]);
  });

  it("gives every rule the defaults error, no threshold, quarantine_batch", () => {
    expect(parsed({ a: ">0" })).toMatchObject([
      { severity: "error", threshold: null, on_fail: "quarantine_batch" },
    ]);
  });

  it("is no rules at all when there are none", () => {
    expect([parsed(undefined), parsed(null), parsed({})]).toEqual([[], [], []]);
  });
});

describe("the object form of quality rules", () => {
  it.each([
    [
      { rule: "between", min: 1, max: 5 },
      { kind: "between", min: "1", max: "5" },
    ],
    [
      { rule: "in", values: ["a", 1, true] },
      { kind: "in", values: ["a", "1", "true"] },
    ],
    [
      { rule: "in", value: ["a,b", "c"] },
      { kind: "in", values: ["a,b", "c"] },
    ],
    [
      { rule: "between", value: [1, 5] },
      { kind: "between", min: "1", max: "5" },
    ],
    [
      { rule: "length", value: [1, 80] },
      { kind: "length", min: 1, max: 80 },
    ],
    [
      { rule: "in", value: "a,b" },
      { kind: "in", values: ["a", "b"] },
    ],
    [
      { rule: ">", value: 0 },
      { kind: "compare", operator: ">", value: "0", text: ">0" },
    ],
    [
      { rule: ">", value: 1e-7 },
      { kind: "compare", operator: ">", value: "0.0000001", text: ">0.0000001" },
    ],
    [
      { rule: "!=", value: "9007199254740993" },
      { kind: "compare", operator: "!=", value: "9007199254740993" },
    ],
    [
      { rule: "==", value: "rock and roll" },
      { kind: "compare", value: "rock and roll" },
    ],
    [
      { rule: "matches", pattern: "a and b" },
      { kind: "matches", pattern: "a and b" },
    ],
    [
      { rule: "length", max: 80 },
      { kind: "length", min: null, max: 80 },
    ],
    [
      { rule: ">0", threshold: "1%" },
      { text: ">0", threshold: { percent: 1 } },
    ],
    [{ rule: "not_null", threshold: 3 }, { threshold: { count: 3 } }],
    [{ rule: "not_null", threshold: "0.25 %" }, { threshold: { percent: 0.25 } }],
    [{ rule: "not_null", on_fail: "quarantine_rows" }, { on_fail: "quarantine_rows" }],
    [
      { rule: "not_null", severity: "warn" },
      { severity: "warn", on_fail: "warn" },
    ],
    [
      { rule: "not_null", on_fail: "warn" },
      { severity: "error", on_fail: "warn" },
    ],
  ])("reads %j", (object, expected) => {
    expect(parsed({ c: object })).toMatchObject([expected]);
  });

  it("makes the same rule as the string form", () => {
    expect(parsed({ c: { rule: "between", min: 1, max: 5 } })).toEqual(
      parsed({ c: "between:1,5" }),
    );
    expect(parsed({ "*": { rule: "row_count", min: 1 } })).toEqual(
      parsed({ "*": "row_count:>=1" }),
    );
    expect(parsed({ a: { rule: "unique", scope: "dataset" } })).toEqual(
      parsed({ a: "unique_in_dataset" }),
    );
    expect(parsed({ a: { rule: "unique", scope: "batch" } })).toEqual(parsed({ a: "unique" }));
    const columns = ["a", "b"];
    expect(parsed({ "*": { rule: "unique", columns, scope: "dataset" } })).toEqual(
      parsed({ "*": "unique_in_dataset:a,b" }),
    );
    expect(parsed({ "*": { rule: "unique", columns: ["a", "b"] } })).toEqual(
      parsed({ "*": "unique:a,b" }),
    );
    expect(parsed({ "*": { rule: "freshness", column: "t", max_age: "24h" } })).toEqual(
      parsed({ "*": "freshness:t,24h" }),
    );
  });

  it("gives joined rules the same consequence", () => {
    const rules = parsed({ c: { rule: ">0 and <9", threshold: "5%" } });
    expect(rules.map(({ threshold }) => threshold)).toEqual([{ percent: 5 }, { percent: 5 }]);
  });
});

describe("quality rules that are refused", () => {
  it.each([
    ["nonsense", "c"],
    ["", "c"],
    ["constructor", "c"],
    ["=5", "c"],
    [">", "c"],
    ["in:", "c"],
    ["matches:", "c"],
    ["between:1", "c"],
    ["between:1,2,3", "c"],
    ["between:1,", "c"],
    ["length:a,b", "c"],
    ["length:5,1", "c"],
    ["length:-1,5", "c"],
    ["not_null:yes", "c"],
    ["unique:a,b", "c"],
    ["unique_in_dataset:a", "c"],
    [{ rule: "unique", scope: "lake" }, "c"],
    [{ rule: "unique_in_dataset", scope: "batch" }, "c.scope"],
    ["row_count:>=1", "c"],
    [">0 and nonsense", "c"],
    [["not_null", "nonsense"], "c.1"],
    [[], "c"],
    [5, "c"],
    [null, "c"],
    [[["not_null"]], "c.0"],
    [{}, "c.rule"],
    [{ rule: "in", values: "a" }, "c.values"],
    [{ rule: "in", values: [null] }, "c.values"],
    [{ rule: "between", min: [1], max: 2 }, "c.min"],
    [{ rule: "between", value: [1, 2, 3] }, "c.value"],
    [{ rule: "between", value: [1] }, "c.value"],
    [{ rule: ">", value: [1, 2] }, "c.value"],
    [{ rule: ">", value: null }, "c"],
    [{ rule: ">0", value: 1 }, "c"],
    [{ rule: "between", min: 1, max: 2, maximum: 3 }, "c.maximum"],
    [{ rule: "not_null", pattern: "x" }, "c.pattern"],
    [{ rule: "nonsense", value: 1 }, "c"],
    [{ rule: "not_null", severity: "fatal" }, "c.severity"],
    [{ rule: "not_null", on_fail: "explode" }, "c.on_fail"],
    [{ rule: "not_null", severity: "warn", on_fail: "quarantine_rows" }, "c.on_fail"],
    [{ rule: "not_null", threshold: "101%" }, "c.threshold"],
    [{ rule: "not_null", threshold: 0.01 }, "c.threshold"],
    [{ rule: "not_null", threshold: -1 }, "c.threshold"],
    [{ rule: "not_null", threshold: "many" }, "c.threshold"],
  ])("refuses %j", (raw, path) => {
    expect(issuesOf({ c: raw }).map((issue) => issue.path)).toContain(path);
  });

  it.each([
    ["not_null"],
    [">0"],
    ["unique"],
    ["unique:a,,b"],
    ["unique:a,a"],
    ["row_count:<0"],
    ["row_count:5,1"],
    ["row_count:!=5"],
    ["row_count"],
    ["freshness:seen_at"],
    ["freshness:seen_at,24"],
    ["freshness:seen_at,0h"],
    [{ rule: "row_count:>=1", threshold: "1%" }],
    [{ rule: "row_count:>=1", on_fail: "quarantine_rows" }],
  ])("refuses %j on the table", (raw) => {
    expect(issuesOf({ "*": raw })).not.toEqual([]);
  });

  it("reports every issue at once, each with its path", () => {
    const issues = issuesOf({ a: "nonsense", b: [">0", "bad"], c: { rule: ">0", threshold: "x" } });
    expect(issues.map(({ path }) => path)).toEqual(["a", "b.1", "c.threshold"]);
  });

  it.each([["text"], [[]], [5]])("refuses %j as the whole", (raw) => {
    expect(issuesOf(raw)).toMatchObject([{ path: "" }]);
  });

  it("stops at the limit of rules", () => {
    const tooMany = Array.from({ length: MAX_QUALITY_RULES + 1 }, () => "not_null");
    expect(issuesOf({ c: tooMany })).toHaveLength(1);
    expect(parsed({ c: tooMany.slice(1) })).toHaveLength(MAX_QUALITY_RULES);
  });

  it("quotes long input only in part", () => {
    const [issue] = issuesOf({ c: "x".repeat(4000) });
    expect(issue?.message.length).toBeLessThan(500);
  });
});

describe("quality rules against a schema", () => {
  const check = (raw: unknown) => checkQualityColumns(parsed(raw), schema);

  it.each([
    [{ id: ">0 and unique and between:-5,5" }],
    [{ amount: [">=0.5", "in:1,2.5", "<1e6"] }],
    [{ price: "<=0.30 and not_in:1.00" }],
    [
      {
        price: [
          { rule: ">", value: 1e-7 },
          { rule: "between", min: -1e-9, max: 1e21 },
        ],
      },
    ],
    [{ price: { rule: "in", values: [1.5e-10, 123456789012345] } }],
    [{ name: [">a", "matches:x+", "length:1,80", "in:a,b", "unique", "type"] }],
    [{ active: "==true and not_null" }],
    [{ born: ["not_future", ">=1900-01-01", "between:1900-01-01,2100-12-31"] }],
    [{ seen_at: ["not_future", ">2024-01-01T00:00:00+02:00", "<2100-01-01"] }],
    [{ "*": ["row_count:>=1", "unique:id,name", "freshness:seen_at,24h"] }],
  ])("accepts %j", (raw) => {
    expect(check(raw)).toEqual([]);
  });

  it.each([
    [{ missing: "not_null" }, "missing"],
    [{ constructor: "not_null" }, "constructor"],
    [{ "*": "unique:id,missing" }, "*"],
    [{ "*": "freshness:missing,1h" }, "*"],
    [{ "*": "freshness:name,1h" }, "*"],
    [{ id: ">0.5" }, "id"],
    [{ id: ">abc" }, "id"],
    [{ id: "==9223372036854775808" }, "id"],
    [{ id: "matches:1+" }, "id"],
    [{ id: "length:1,5" }, "id"],
    [{ amount: ">NaN" }, "amount"],
    [{ amount: "<1e999" }, "amount"],
    [{ price: "<1e3" }, "price"],
    [{ active: ">false" }, "active"],
    [{ active: "in:true,maybe" }, "active"],
    [{ active: "==constructor" }, "active"],
    [{ born: ">yesterday" }, "born"],
    [{ born: ">2023-02-29" }, "born"],
    [{ name: "not_future" }, "name"],
    [{ id: "between:5,1" }, "id"],
    [{ price: "between:0.10,0.09" }, "price"],
    [{ name: "between:b,a" }, "name"],
  ])("refuses %j", (raw, path) => {
    expect(check(raw).map((issue) => issue.path)).toEqual([path]);
  });
});

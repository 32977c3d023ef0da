import { describe, expect, it } from "vitest";
import {
  checkPrivacyColumns,
  MIN_WIDTH,
  mergePrivacyRules,
  type PrivacyRules,
  parsePrivacyRules,
  publishedSchema,
  STRATEGIES,
  type StrategyName,
} from "../../../src/domain/rules/privacy.ts";
import type { Schema } from "../../../src/domain/table.ts";

const parsed = (raw: unknown): PrivacyRules => {
  const result = parsePrivacyRules(raw);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

const issuesOf = (raw: unknown) => {
  const result = parsePrivacyRules(raw);
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

describe("privacy rules", () => {
  it.each([
    ["c", "mask", { strategy: "mask", preserve_format: false, keep_first: 0, keep_last: 0 }],
    ["c", { strategy: "mask", keep_last: 4 }, { keep_first: 0, keep_last: 4 }],
    ["c", { strategy: "mask", preserve_format: true }, { preserve_format: true }],
    ["c", "hash", { strategy: "hash", preserve_null: true }],
    ["c", { strategy: "hash", preserve_null: false }, { preserve_null: false }],
    ["c", "redact", { strategy: "redact", text: "[REDACTED]" }],
    ["c", { strategy: "redact", text: "gone" }, { text: "gone" }],
    ["c", "nullify", { strategy: "nullify" }],
    ["c", "suppress", { strategy: "suppress" }],
    ["c", "tokenize", { strategy: "tokenize" }],
    ["c", { strategy: "pseudonymize", as: "name" }, { as: "name" }],
    ["user_email", "pseudonymize", { as: "email" }],
    ["phoneNumber", "pseudonymize", { as: "phone" }],
    ["street", "pseudonymize", { as: "address" }],
    ["last_name", "pseudonymize", { as: "name" }],
    ["c", { strategy: "generalize", as: "age" }, { as: "age" }],
    ["age", "generalize", { as: "age" }],
    ["c", { strategy: "generalize", as: "date" }, { as: "date", precision: "month" }],
    ["c", { strategy: "generalize", as: "date", precision: "year" }, { precision: "year" }],
    ["c", { strategy: "generalize", buckets: [18, 65] }, { as: "buckets", buckets: ["18", "65"] }],
    ["c", { strategy: "bucket", size: 10 }, { as: "size", size: "10" }],
    ["c", { strategy: "bucket", size: 1e-7 }, { size: "0.0000001" }],
    ["c", { strategy: "bucket", buckets: [-1.5, 0, 2] }, { buckets: ["-1.5", "0", "2"] }],
    ["c", { strategy: "bucket", size: "12345678901234567890" }, { size: "12345678901234567890" }],
    [
      "c",
      { strategy: "bucket", buckets: [1, "9007199254740993", "9007199254740994.50"] },
      { buckets: ["1", "9007199254740993", "9007199254740994.5"] },
    ],
    ["c", "noise", { strategy: "noise", percent: 10 }],
    ["c", { strategy: "noise", percent: 2.5 }, { percent: 2.5 }],
    ["c", "date_shift", { strategy: "date_shift", days: 30 }],
    ["c", { strategy: "date_shift", days: 7 }, { days: 7 }],
    ["c", "keep", { strategy: "keep" }],
  ])("reads %s: %j", (column, raw, expected) => {
    expect(parsed({ [column]: raw })).toMatchObject([{ column, ...expected }]);
  });

  it.each([
    ["encrypt", "c"],
    ["", "c"],
    ["constructor", "c"],
    [5, "c"],
    [null, "c"],
    [["mask"], "c"],
    [{}, "c.strategy"],
    [{ strategy: "md5" }, "c.strategy"],
    [{ strategy: "mask", keep_lst: 4 }, "c.keep_lst"],
    [{ strategy: "mask", keep_last: -1 }, "c.keep_last"],
    [{ strategy: "mask", keep_last: 1.5 }, "c.keep_last"],
    [{ strategy: "mask", keep_last: "4" }, "c.keep_last"],
    [{ strategy: "mask", preserve_format: "yes" }, "c.preserve_format"],
    [{ strategy: "hash", salt: "x" }, "c.salt"],
    [{ strategy: "redact", text: "x".repeat(101) }, "c.text"],
    ["pseudonymize", "c.as"],
    [{ strategy: "pseudonymize", as: "dog" }, "c.as"],
    ["generalize", "c.as"],
    [{ strategy: "generalize", as: "age", buckets: [1] }, "c.as"],
    [{ strategy: "generalize", as: "age", precision: "year" }, "c.precision"],
    [{ strategy: "generalize", as: "date", precision: "day" }, "c.precision"],
    [{ strategy: "generalize", buckets: [] }, "c.buckets"],
    [{ strategy: "generalize", buckets: [3, 1] }, "c.buckets"],
    [{ strategy: "generalize", buckets: ["one"] }, "c.buckets"],
    [{ strategy: "generalize", buckets: [""] }, "c.buckets"],
    [{ strategy: "generalize", buckets: ["1".repeat(65)] }, "c.buckets"],
    [{ strategy: "generalize", buckets: ["9007199254740993", "9007199254740992"] }, "c.buckets"],
    [{ strategy: "bucket", size: "-5" }, "c.size"],
    [{ strategy: "bucket", size: "ten" }, "c.size"],
    ["bucket", "c"],
    [{ strategy: "bucket", size: 10, buckets: [1] }, "c"],
    [{ strategy: "bucket", size: 0 }, "c.size"],
    [{ strategy: "bucket", size: -5 }, "c.size"],
    [{ strategy: "noise", percent: 0 }, "c.percent"],
    [{ strategy: "noise", percent: 101 }, "c.percent"],
    [{ strategy: "noise", percent: 0.00001 }, "c.percent"],
    [{ strategy: "noise", preserve_null: false }, "c.preserve_null"],
    [{ strategy: "date_shift", days: 0 }, "c.days"],
    [{ strategy: "keep", preserve_null: false }, "c.preserve_null"],
    [{ strategy: "mask", preserve_null: "no" }, "c.preserve_null"],
  ])("refuses %j", (raw, path) => {
    expect(issuesOf({ c: raw }).map((issue) => issue.path)).toEqual([path]);
  });

  it("reports every issue at once", () => {
    const issues = issuesOf({ a: "md5", b: "mask", c: { strategy: "mask", x: 1, y: 2 } });
    expect(issues.map(({ path }) => path)).toEqual(["a", "c.x", "c.y"]);
  });

  it.each([["mask"], [[]], [5]])("refuses %j as the whole", (raw) => {
    expect(issuesOf(raw)).toMatchObject([{ path: "" }]);
  });

  it("is no rules at all when there are none", () => {
    expect([parsed(undefined), parsed(null), parsed({})]).toEqual([[], [], []]);
  });
});

describe("privacy rules against a schema", () => {
  it.each([
    [{ missing: "mask" }],
    [{ constructor: "mask" }],
    [{ name: "noise" }],
    [{ name: "date_shift" }],
    [{ born: "noise" }],
    [{ id: "date_shift" }],
    [{ active: "tokenize" }],
    [{ amount: { strategy: "pseudonymize", as: "name" } }],
    [{ name: { strategy: "generalize", as: "age" } }],
    [{ id: { strategy: "generalize", as: "date" } }],
    [{ born: { strategy: "generalize", as: "zipcode" } }],
    [{ name: { strategy: "bucket", size: 10 } }],
    [{ id: { strategy: "bucket", size: 1 } }],
    [{ id: { strategy: "bucket", size: 2.5 } }],
    [{ id: { strategy: "bucket", buckets: [1, 2] } }],
    [{ amount: { strategy: "bucket", size: 1e-7 } }],
    [{ price: { strategy: "bucket", size: 0.09 } }],
    [{ price: { strategy: "bucket", buckets: [0, 10, 10.05, 20] } }],
    [{ amount: { strategy: "generalize", buckets: [0.1, 0.19] } }],
  ])("refuse %j", (raw) => {
    const issues = checkPrivacyColumns(parsed(raw), schema);
    expect(issues.map(({ path }) => path)).toEqual(Object.keys(raw));
  });

  it("accept strategies that fit", () => {
    const rules = parsed({
      id: { strategy: "bucket", size: 2 },
      amount: "noise",
      price: { strategy: "bucket", size: 0.5 },
      name: { strategy: "generalize", as: "zipcode" },
      active: "hash",
      born: { strategy: "generalize", as: "date" },
      seen_at: "date_shift",
    });
    expect(checkPrivacyColumns(rules, schema)).toEqual([]);
  });
});

describe("ranges on a column of fractions", () => {
  it.each([
    { strategy: "bucket", size: 0.1 },
    { strategy: "bucket", buckets: [0.1, 0.2, 0.3] },
    { strategy: "bucket", buckets: [0.05] },
    { strategy: "generalize", buckets: [-0.1, 0, 50] },
  ])("may be as narrow as a tenth, counted exactly: %j", (rule) => {
    for (const column of ["amount", "price"]) {
      expect(checkPrivacyColumns(parsed({ [column]: rule }), schema)).toEqual([]);
    }
  });

  it("say how wide they must be", () => {
    const rules = parsed({ amount: { strategy: "bucket", size: 1e-7 } });
    expect(checkPrivacyColumns(rules, schema)[0]?.message).toContain(`at least ${MIN_WIDTH} wide`);
  });
});

describe("the published schema", () => {
  it("has text where a strategy makes text and keeps columns and order otherwise", () => {
    const rules = parsed({
      born: { strategy: "generalize", as: "date" },
      id: "mask",
      amount: "noise",
      price: "nullify",
      seen_at: "date_shift",
    });
    const published = publishedSchema(schema, rules);
    expect(Object.keys(published)).toEqual(Object.keys(schema));
    expect(published).toEqual({ ...schema, born: "string", id: "string" });
  });

  it("is known for every strategy", () => {
    const options: Partial<Record<StrategyName, object>> = {
      pseudonymize: { as: "name" },
      generalize: { as: "age" },
      bucket: { size: 2 },
    };
    for (const strategy of STRATEGIES) {
      const rules = parsed({ c: { strategy, ...options[strategy] } });
      const type = publishedSchema({ c: "int" }, rules).c;
      const keeps = ["keep", "nullify", "suppress", "noise", "date_shift"].includes(strategy);
      expect([strategy, type]).toEqual([strategy, keeps ? "int" : "string"]);
    }
  });
});

describe("merging privacy rules", () => {
  it("lets the override win, column by column", () => {
    const merged = mergePrivacyRules(
      parsed({ a: "mask", b: "hash" }),
      parsed({ b: "redact", c: "keep" }),
    );
    expect(merged.map(({ column, strategy }) => [column, strategy])).toEqual([
      ["a", "mask"],
      ["b", "redact"],
      ["c", "keep"],
    ]);
  });
});

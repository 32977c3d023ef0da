import { describe, expect, it } from "vitest";
import { batchIdFor, endingOf } from "../../src/console/client/fileNames.ts";
import {
  COLUMN_KINDS,
  kindsOf,
  privacyRows,
  privacyRules,
  qualityRows,
  qualityRules,
  STRATEGIES,
  TABLE,
  TABLE_KINDS,
} from "../../src/console/client/rules.ts";
import { parsePrivacyRules } from "../../src/domain/rules/privacy.ts";
import { STRATEGIES as KNOWN } from "../../src/domain/rules/privacyRule.ts";
import { parseQualityRules } from "../../src/domain/rules/quality.ts";

describe("a quality rule's row", () => {
  it("of every kind, filled in as its example says, is a rule that Lethe takes", () => {
    for (const [column, kinds] of [
      ["amount", COLUMN_KINDS],
      [TABLE, TABLE_KINDS],
    ] as const) {
      for (const { kind, wants } of kinds) {
        const row = { column, kind, value: wants ?? "", on_fail: "", threshold: "" };
        const rules = qualityRules([row]);
        expect(parseQualityRules(rules), JSON.stringify(rules)).toMatchObject({ ok: true });
        expect(qualityRows(rules)).toEqual([row]);
      }
    }
  });

  it("says what happens to rows that fail, and how many may", () => {
    const rows = [
      { column: "a", kind: ">", value: "0", on_fail: "quarantine_rows", threshold: "1%" },
      { column: "a", kind: "unique", value: "", on_fail: "", threshold: "5" },
      { column: "b", kind: "not_null", value: "", on_fail: "warn", threshold: "" },
    ];
    const rules = qualityRules(rows);
    expect(rules).toEqual({
      a: [
        { rule: ">0", on_fail: "quarantine_rows", threshold: "1%" },
        { rule: "unique", threshold: 5 },
      ],
      b: { rule: "not_null", on_fail: "warn" },
    });
    expect(parseQualityRules(rules).ok).toBe(true);
    expect(qualityRows(rules)).toEqual(rows);
  });

  it("comes of each part of rules that are joined", () => {
    expect(qualityRows({ a: ">=0 and <=9" })).toMatchObject([
      { kind: ">=", value: "0" },
      { kind: "<=", value: "9" },
    ]);
  });

  it("keeps what no row has a form for, word for word", () => {
    const rules = {
      a: [{ rule: "!=", value: "" }, { rule: ">0", severity: "warn" }, "no such rule"],
      b: [{ rule: "unique", scope: "dataset" }, "not_null"],
    };
    expect(qualityRules(qualityRows(rules))).toEqual(rules);
  });

  it("without a column is none", () => {
    expect(
      qualityRules([{ column: "", kind: "unique", value: "", on_fail: "", threshold: "" }]),
    ).toEqual({});
    expect(kindsOf(TABLE)).toBe(TABLE_KINDS);
  });
});

describe("a privacy strategy's row", () => {
  it("is there for every strategy that Lethe knows", () => {
    expect(STRATEGIES.map(({ strategy }) => strategy).sort()).toEqual([...KNOWN].sort());
  });

  it("comes back from what it says", () => {
    const rules = {
      name: "hash",
      email: { strategy: "mask", keep_first: 1, preserve_format: true, preserve_null: false },
      age: { strategy: "generalize", buckets: [0, 18, "9007199254740993"] },
      born: { strategy: "generalize", as: "date", precision: "year" },
      city: { strategy: "redact", text: "somewhere" },
    };
    expect(parsePrivacyRules(rules).ok).toBe(true);
    expect(privacyRules(privacyRows(rules))).toEqual(rules);
  });

  it("has options that Lethe takes", () => {
    for (const { strategy, options } of STRATEGIES) {
      for (const { name, form } of options) {
        const text =
          typeof form === "object"
            ? (form[0] ?? "")
            : { flag: "true", number: "7", numbers: "1, 5", text: "x" }[form];
        const as = name === "precision" ? { as: "date" } : {};
        const rules = privacyRules([{ column: "c", strategy, options: { ...as, [name]: text } }]);
        expect(parsePrivacyRules(rules), JSON.stringify(rules)).toMatchObject({ ok: true });
      }
    }
  });
});

describe("an upload", () => {
  it("ends as the file does, where Lethe reads such files", () => {
    expect(
      ["a.csv", "A.CSV.GZ", "x.ndjson", "x.parquet", "x.parquet.gz", "x.xlsx", "csv", ""].map(
        endingOf,
      ),
    ).toEqual(["csv", "csv.gz", "ndjson", "parquet", null, null, null, null]);
  });

  it("suggests an id that Lethe takes", () => {
    expect(["Sales 2026 (11).csv", "--x.jsonl.gz", "ä.csv"].map(batchIdFor)).toEqual([
      "Sales-2026-11-",
      "x",
      "",
    ]);
  });
});

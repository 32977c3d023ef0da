import { describe, expect, it } from "vitest";
import type { ObjectStore, RefineInput } from "../../src/application/dataPorts.ts";
import type { DigestingStore } from "../../src/application/digests.ts";
import { cellAt } from "../../src/data/columnCells.ts";
import { openTable, readTable } from "../../src/data/readTable.ts";
import { refine } from "../../src/data/refine.ts";
import { toJson } from "../../src/data/types.ts";
import { parsePrivacyRules } from "../../src/domain/rules/privacy.ts";
import { parseQualityRules } from "../../src/domain/rules/quality.ts";
import type { Format, ObjectRef, Schema } from "../../src/domain/table.ts";
import { digestAt, memoryObjectStore } from "../support/memoryObjectStore.ts";
import { privacyKeys } from "../support/privacyKeys.ts";

const KEYS = privacyKeys();

const SCHEMA: Schema = { id: "int", email: "string", amount: "decimal" };
const CSV = [
  "id,email,amount",
  "1,ann@example.org,10.00",
  "2,bob@example.org,-5.50",
  "3,,7.25",
  "4,dan@example.org,",
  "",
].join("\n");

const refOf = (content: string, format: Format = "csv"): ObjectRef => ({
  key: `raw.${format}`,
  format,
  bytes: new TextEncoder().encode(content).length,
  sha256: digestAt(`raw.${format}`, content),
  rows: 0,
});

const inputFor = (
  content: string,
  rules: { quality?: unknown; privacy?: unknown },
  changes: Partial<RefineInput> = {},
): RefineInput => {
  const quality = parseQualityRules(rules.quality);
  const privacy = parsePrivacyRules(rules.privacy);
  if (!quality.ok || !privacy.ok) throw new Error(JSON.stringify([quality, privacy]));
  return {
    source: refOf(content),
    schema: SCHEMA,
    quality: quality.value,
    privacy: privacy.value,
    keys: KEYS,
    subject_column: null,
    now: new Date("2026-11-23T12:00:00Z"),
    clean_key: "clean.parquet",
    quarantine_key: "quarantine.jsonl",
    ...changes,
  };
};

const storeWith = (content: string) => {
  const store = memoryObjectStore();
  store.put("raw.csv", content);
  return store;
};

const refined = async (store: DigestingStore, input: RefineInput) => {
  const result = await refine(store, input);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

const rowsOf = async (store: ObjectStore, ref: ObjectRef | undefined, schema: Schema) => {
  if (ref === undefined) throw new Error("no object");
  const reader = readTable(await openTable(store, ref), schema);
  const rows: unknown[][] = [];
  for await (const chunk of reader.chunks())
    for (let row = 0; row < chunk.rows; row += 1)
      rows.push(chunk.columns.map((column) => toJson(cellAt(column, row), column.type)));
  expect(reader.issues.listed).toEqual([]);
  return rows;
};

const failingStore = (store: DigestingStore, failsOn: string): DigestingStore => ({
  ...store,
  writer: (objectKey, contentType) => {
    const writer = store.writer(objectKey, contentType);
    if (objectKey !== failsOn) return writer;
    return { ...writer, close: () => Promise.reject(new Error("the store is down")) };
  },
});

describe("refine", () => {
  it("diverts, transforms and writes what goes on", async () => {
    const store = storeWith(CSV);
    const rules = {
      quality: {
        amount: { rule: ">0", on_fail: "quarantine_rows" },
        email: { rule: "not_null", threshold: "50%" },
      },
      privacy: { id: "mask", email: { strategy: "redact", preserve_null: false } },
    };
    const outcome = await refined(store, inputFor(CSV, rules));

    expect(outcome).toMatchObject({
      passed: true,
      breaches: [],
      diverted_rows: 1,
      clean_schema: { id: "string", email: "string", amount: "decimal" },
      quality: { rows: 4, passed_rows: 2, failed_rows: 2 },
      privacy: {
        rows: 3,
        columns: [
          { column: "id", strategy: "mask", cells: 3, from_type: "int", to_type: "string" },
          { column: "email", strategy: "redact", cells: 3, from_type: "string", to_type: "string" },
        ],
      },
    });
    expect(await rowsOf(store, outcome.clean, outcome.clean_schema)).toEqual([
      ["*", "[REDACTED]", "10.00"],
      ["*", "[REDACTED]", "7.25"],
      ["*", "[REDACTED]", null],
    ]);
    expect(store.open_writers).toBe(0);
  });

  it("writes every row that fails an error rule to the quarantine file, in row order", async () => {
    const store = storeWith(CSV);
    const quality = {
      email: { rule: "not_null", threshold: 1 },
      amount: [
        { rule: ">0", on_fail: "quarantine_rows" },
        { rule: "not_null", severity: "warn" },
      ],
    };
    const outcome = await refined(store, inputFor(CSV, { quality }));
    const lines = store.text("quarantine.jsonl").trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      {
        row_number: 2,
        diverted: true,
        failures: [{ column: "amount", rule: ">0" }],
        record: { id: 2, email: "bob@example.org", amount: "-5.50" },
      },
      {
        row_number: 3,
        diverted: false,
        failures: [{ column: "email", rule: "not_null" }],
        record: { id: 3, email: null, amount: "7.25" },
      },
    ]);
    const bytes = store.bytes("quarantine.jsonl");
    expect(outcome.quarantine).toEqual({
      key: "quarantine.jsonl",
      format: "jsonl",
      bytes: bytes.length,
      sha256: digestAt("quarantine.jsonl", bytes),
      rows: 2,
    });
  });

  it("writes no quarantine file when no row fails", async () => {
    const store = storeWith(CSV);
    const outcome = await refined(store, inputFor(CSV, { quality: { id: ">0" } }));
    expect(outcome.quarantine).toBeUndefined();
    expect(store.keys()).toEqual(["clean.parquet", "raw.csv"]);
  });

  it("describes the clean object as it was written", async () => {
    const store = storeWith(CSV);
    const { clean } = await refined(store, inputFor(CSV, {}));
    const bytes = store.bytes("clean.parquet");
    expect(clean).toEqual({
      key: "clean.parquet",
      format: "parquet",
      bytes: bytes.length,
      sha256: digestAt("clean.parquet", bytes),
      rows: 4,
    });
  });

  it("says that a batch failed and why", async () => {
    const store = storeWith(CSV);
    const quality = { amount: ">0", email: { rule: "not_null", on_fail: "warn" } };
    const outcome = await refined(store, inputFor(CSV, { quality }));
    expect(outcome.passed).toBe(false);
    expect(outcome.breaches).toEqual([
      { column: "amount", rule: ">0", failures: 1, effect: "batch" },
      { column: "email", rule: "not_null", failures: 1, effect: "warn" },
    ]);
    expect(outcome.diverted_rows).toBe(0);
  });

  it("writes nothing for a dry run and hides transformed columns before", async () => {
    const store = storeWith(CSV);
    const {
      clean_key: _,
      quarantine_key: __,
      ...input
    } = inputFor(CSV, {
      quality: { amount: { rule: ">0", on_fail: "quarantine_rows" } },
      privacy: { email: { strategy: "mask", keep_first: 1 }, amount: "keep" },
    });
    const { preview } = await refined(store, { ...input, preview_rows: 2 });
    expect(preview).toEqual([
      {
        row: 1,
        before: { id: 1, email: { hidden: true }, amount: "10.00" },
        after: { id: 1, email: "a**************", amount: "10.00" },
      },
      {
        row: 3,
        before: { id: 3, email: { hidden: true }, amount: "7.25" },
        after: { id: 3, email: null, amount: "7.25" },
      },
    ]);
    expect(store.keys()).toEqual(["raw.csv"]);
  });

  it("hides personal columns after a dry run as well where no strategy treats them", async () => {
    const csv = "who,mail,amount\nann,a@example.org,1\n";
    const schema: Schema = { who: "string", mail: "string", amount: "int" };
    const store = storeWith(csv);
    const input = { ...inputFor(csv, { privacy: { who: "keep", amount: "redact" } }), schema };
    const hidden = { hidden: true };
    const shown = { subject_column: "who", hidden_columns: ["mail"], preview_rows: 1 };
    const { preview } = await refined(store, { ...input, ...shown });
    expect(preview).toEqual([
      {
        row: 1,
        before: { who: hidden, mail: hidden, amount: hidden },
        after: { who: hidden, mail: hidden, amount: "[REDACTED]" },
      },
    ]);
  });

  it("hides after a dry run what the contract protects and the request treats otherwise", async () => {
    const store = storeWith(CSV);
    const privacy = { email: { strategy: "mask", keep_first: 3 }, id: "redact" };
    const shown = { hidden_after: ["email"], preview_rows: 1 };
    const { preview } = await refined(store, { ...inputFor(CSV, { privacy }), ...shown });
    const hidden = { hidden: true };
    expect(preview).toEqual([
      {
        row: 1,
        before: { id: hidden, email: hidden, amount: "10.00" },
        after: { id: "[REDACTED]", email: hidden, amount: "10.00" },
      },
    ]);
  });

  it("shifts all dates of a subject alike, whose own column is hashed", async () => {
    const csv = "who,day\nann,2024-01-01\nbob,2024-01-01\nann,2024-01-11\n";
    const schema: Schema = { who: "string", day: "date" };
    const store = storeWith(csv);
    const input = inputFor(csv, { privacy: { who: "hash", day: "date_shift" } });
    const outcome = await refined(store, { ...input, schema, subject_column: "who" });
    const rows = await rowsOf(store, outcome.clean, outcome.clean_schema);
    const days = rows.map(([, day]) => Date.parse(String(day)) / 86_400_000);
    expect((days[2] ?? 0) - (days[0] ?? 0)).toBe(10);
  });

  it("counts rows across chunks", async () => {
    const lines = Array.from({ length: 10_000 }, (_, row) => `${row + 1},u${row}@example.org,1`);
    const csv = `id,email,amount\n${lines.join("\n")}\n9999,x,1\n`;
    const store = storeWith(csv);
    const outcome = await refined(
      store,
      inputFor(csv, { quality: { id: { rule: "unique", on_fail: "quarantine_rows" } } }),
    );
    expect(outcome.quality.rules[0]).toMatchObject({ failures: 1, sample_rows: [10_001] });
    expect(outcome.clean?.rows).toBe(10_000);
  });

  it("gives the same bytes again for the same input", async () => {
    const privacy = { id: "noise", email: { strategy: "pseudonymize", as: "email" } };
    const [first, second] = [storeWith(CSV), storeWith(CSV)];
    const once = await refined(first, inputFor(CSV, { privacy }));
    const again = await refined(second, inputFor(CSV, { privacy }));
    expect(once.clean?.sha256).toBe(again.clean?.sha256);
  });

  it("reports a misfit and leaves nothing behind", async () => {
    const csv = `${CSV}x,eve@example.org,1\n5,f@example.org,many\n`;
    const store = storeWith(csv);
    const result = await refine(store, inputFor(csv, { quality: { amount: ">0" } }));
    expect(result).toMatchObject({
      ok: false,
      error: {
        issue_count: 2,
        issues: [
          { column: "id", row: 5 },
          { column: "amount", row: 6 },
        ],
      },
    });
    expect(store.keys()).toEqual(["raw.csv"]);
    expect(store.open_writers).toBe(0);
  });

  it("reports bytes that are no table as a misfit", async () => {
    const store = memoryObjectStore();
    store.put("raw.parquet", "this is no parquet file");
    const input = inputFor("this is no parquet file", {});
    const source = refOf("this is no parquet file", "parquet");
    const result = await refine(store, { ...input, source });
    expect(result).toMatchObject({ ok: false, error: { issue_count: 1 } });
    expect(store.keys()).toEqual(["raw.parquet"]);
  });

  it.each(["clean.parquet", "quarantine.jsonl"])(
    "leaves nothing behind when %s cannot be closed",
    async (objectKey) => {
      const store = storeWith(CSV);
      const input = inputFor(CSV, { quality: { amount: ">0" } });
      await expect(refine(failingStore(store, objectKey), input)).rejects.toThrow(
        "the store is down",
      );
      expect(store.keys()).toEqual(["raw.csv"]);
      expect(store.open_writers).toBe(0);
    },
  );

  it("rejects when the raw object is gone, leaving nothing behind", async () => {
    const store = memoryObjectStore();
    await expect(refine(store, inputFor(CSV, {}))).rejects.toThrow("missing");
    expect(store.keys()).toEqual([]);
    expect(store.open_writers).toBe(0);
  });
});

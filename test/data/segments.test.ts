import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type {
  ObjectStore,
  RefineInput,
  Segment,
  SegmentResult,
} from "../../src/application/dataPorts.ts";
import type { DigestingStore } from "../../src/application/digests.ts";
import type { LandOutcome } from "../../src/application/segmentPorts.ts";
import { chunkOfRows } from "../../src/data/columnCells.ts";
import { dataPlane } from "../../src/data/dataPlane.ts";
import { land } from "../../src/data/land.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
import { openTable, readTable } from "../../src/data/readTable.ts";
import { parsePrivacyRules } from "../../src/domain/rules/privacy.ts";
import { parseQualityRules } from "../../src/domain/rules/quality.ts";
import type { Format, ObjectRef, Schema } from "../../src/domain/table.ts";
import { collectRows } from "../support/cells.ts";
import {
  digestAt,
  type MemoryObjectStore,
  memoryObjectStore,
} from "../support/memoryObjectStore.ts";
import { privacyKeys } from "../support/privacyKeys.ts";
import fc from "../support/property.ts";

const KEYS = privacyKeys();

const SCHEMA: Schema = { id: "int", name: "string", amount: "decimal" };

const RULES = {
  quality: {
    id: { rule: "unique", on_fail: "quarantine_rows" },
    amount: [
      { rule: ">0", on_fail: "quarantine_rows" },
      { rule: "not_null", threshold: "30%" },
    ],
    "*": "row_count:1,100000",
  },
  privacy: { name: "hash", id: { strategy: "noise", percent: 5 } },
};

const inputFor = (source: ObjectRef, rules: { quality?: unknown; privacy?: unknown }) => {
  const quality = parseQualityRules(rules.quality);
  const privacy = parsePrivacyRules(rules.privacy);
  if (!quality.ok || !privacy.ok) throw new Error(JSON.stringify([quality, privacy]));
  const input: RefineInput = {
    source,
    schema: SCHEMA,
    quality: quality.value,
    privacy: privacy.value,
    keys: KEYS,
    subject_column: null,
    now: new Date("2026-11-23T12:00:00Z"),
  };
  return input;
};

const landed = async (
  store: MemoryObjectStore,
  format: Format,
  segment_bytes: number,
): Promise<LandOutcome & { kind: "landed" }> => {
  const outcome = await land(store, {
    source: "landing",
    target: "raw",
    format,
    schema: SCHEMA,
    segment_bytes,
  });
  if (outcome.kind !== "landed") throw new Error(JSON.stringify(outcome));
  return outcome;
};

/** Every segment, the last one first, as JSON that has been stored meanwhile. */
const inParts = async (store: DigestingStore, input: RefineInput, segments: readonly Segment[]) => {
  const plane = dataPlane(store);
  const results: SegmentResult[] = [];
  for (const segment of segments.toReversed()) {
    const parts = {
      clean_part: `parts/clean-${segment.index}`,
      quarantine_part: `parts/quarantine-${segment.index}`,
      seen_part: `parts/seen-${segment.index}`,
    };
    const result = await plane.refineSegment(input, segment, parts);
    results.push(JSON.parse(JSON.stringify(result)) as SegmentResult);
  }
  return plane.assemble({ ...input, clean_key: "a.parquet", quarantine_key: "a.jsonl" }, results);
};

const atOnce = (store: DigestingStore, input: RefineInput) =>
  dataPlane(store).refine({ ...input, clean_key: "w.parquet", quarantine_key: "w.jsonl" });

const rowsIn = async (store: ObjectStore, ref: ObjectRef | undefined, schema: Schema) => {
  if (ref === undefined) throw new Error("no object");
  const reader = readTable(await openTable(store, ref), schema);
  const rows = await collectRows(reader.chunks());
  expect(reader.issues.listed).toEqual([]);
  expect(rows).toHaveLength(ref.rows);
  return rows;
};

const comparesEqual = async (
  content: string | Uint8Array,
  format: Format,
  segment_bytes: number,
  rules: { quality?: unknown; privacy?: unknown } = RULES,
) => {
  const store = memoryObjectStore();
  store.put("landing", content);
  const { object, segments } = await landed(store, format, segment_bytes);
  expect(segments.map(({ index }) => index)).toEqual([...segments.keys()]);
  expect(segments.reduce((sum, { rows }) => sum + rows, 0)).toBe(object.rows);
  const input = inputFor(object, rules);
  const [parts, whole] = [await inParts(store, input, segments), await atOnce(store, input)];
  if (!whole.ok || !parts.ok) {
    expect(parts).toEqual(whole);
    expect(store.open_writers).toBe(0);
    return segments;
  }
  const { clean: clean1, quarantine: quarantine1, ...rest1 } = parts.value;
  const { clean: clean2, quarantine: quarantine2, ...rest2 } = whole.value;
  expect(rest1).toEqual(rest2);
  const schema = rest1.clean_schema;
  expect(await rowsIn(store, clean1, schema)).toStrictEqual(await rowsIn(store, clean2, schema));
  const bytes = store.bytes("a.parquet");
  expect(clean1?.sha256).toBe(digestAt("a.parquet", bytes));
  expect(clean1?.bytes).toBe(bytes.length);
  expect(quarantine1 && { ...quarantine1, key: "", sha256: "" }).toEqual(
    quarantine2 && { ...quarantine2, key: "", sha256: "" },
  );
  if (quarantine1) {
    expect(store.text("a.jsonl")).toBe(store.text("w.jsonl"));
    expect(quarantine1.sha256).toBe(digestAt("a.jsonl", store.bytes("a.jsonl")));
  }
  expect(store.open_writers).toBe(0);
  return segments;
};

const csvRow = fc.tuple(
  fc.nat(60),
  fc.constantFrom("ann", '"b,""o"",b"', '"two\nlines"', "", '""', "é"),
  fc.constantFrom("1.10", "-2", "", "0.50"),
);
const csvOf = (rows: readonly (readonly unknown[])[], end: string) =>
  ["id,name,amount", ...rows.map((row) => row.join(","))].map((line) => line + end).join("");

describe("a file in segments comes to what one pass over it comes to", () => {
  test("as CSV, wherever it is cut and however its lines end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(csvRow, { maxLength: 40 }),
        fc.constantFrom("\n", "\r\n", "\r", "\n\n"),
        fc.constantFrom("", "\ufeff"),
        fc.integer({ min: 1, max: 300 }),
        async (rows, end, mark, segment_bytes) => {
          await comparesEqual(mark + csvOf(rows, end), "csv", segment_bytes);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("as CSV with rows and cells that do not fit", async () => {
    const wrong = fc.constantFrom("x,a,1", "1,a", "1,a,b,c", '1,"a"b,2', "3,c,many", "4,d,4.00");
    await fc.assert(
      fc.asyncProperty(
        fc.array(wrong, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 200 }),
        async (lines, segment_bytes) => {
          await comparesEqual(`id,name,amount\n${lines.join("\n")}`, "csv", segment_bytes);
        },
      ),
      { numRuns: 100 },
    );
    await comparesEqual("id,extra\n1,2\n2,3\n3,4\n", "csv", 4);
  });

  test("as JSON Lines, with keys that are missing or unknown in some of it", async () => {
    const line = fc.constantFrom(
      '{"id":1,"name":"a","amount":"1.0"}',
      '{"id":2}',
      '{"id":3,"name":null,"amount":-4}',
      '{"id":1,"more":true}',
      "[]",
      "",
      "  ",
      '{"id":"x"}',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 40 }),
        fc.integer({ min: 1, max: 120 }),
        fc.boolean(),
        async (lines, segment_bytes, ends) => {
          const content = ['{"id":0,"name":"z","amount":"2"}', ...lines].join("\n");
          await comparesEqual(content + (ends ? "\n" : ""), "jsonl", segment_bytes);
        },
      ),
      { numRuns: 150 },
    );
    await comparesEqual('{"id":1}\n{"id":2}\n', "jsonl", 5);
  });

  test("as Parquet, row groups gathered", async () => {
    const store = memoryObjectStore();
    const writer = parquetWriter(store.writer("p", ""), SCHEMA);
    const text = "x".repeat(1_000_000);
    await writer.write(
      chunkOfRows(
        SCHEMA,
        Array.from({ length: 30 }, (_, row) => [BigInt(row % 25), text + row, String(row - 1)]),
      ),
    );
    await writer.close();
    const segments = await comparesEqual(store.bytes("p"), "parquet", 500_000);
    expect(segments.length).toBeGreaterThan(1);
    await comparesEqual(store.bytes("p"), "parquet", 1);
  });

  test("compressed with gzip, in one member or several, the segments being of what was in it", async () => {
    const content = csvOf(
      Array.from({ length: 3000 }, (_, row) => [row % 2990, `name ${row}`, "1.5"]),
      "\n",
    );
    const members = [content.slice(0, 12_345), content.slice(12_345)].map((part) => gzipSync(part));
    for (const packed of [gzipSync(content), Buffer.concat(members)]) {
      const segments = await comparesEqual(packed, "csv", 10_000);
      expect(segments.length).toBeGreaterThan(3);
      const last = segments.at(-1);
      expect((last?.offset ?? 0) + (last?.length ?? 0)).toBe(content.length);
    }
  });

  test("without rules and outputs, which is the schema check alone", async () => {
    const store = memoryObjectStore();
    store.put("landing", "id,name,amount\n1,a,1\nx,b,2\n");
    const { object, segments } = await landed(store, "csv", 1);
    const input = inputFor(object, {});
    const plane = dataPlane(store);
    const results = [];
    for (const segment of segments) results.push(await plane.refineSegment(input, segment, {}));
    expect(await plane.assemble(input, results)).toMatchObject({
      ok: false,
      error: { issue_count: 1, issues: [{ column: "id", row: 2 }] },
    });
    expect(store.keys()).toEqual(["landing", "raw"]);
  });
});

describe("landing", () => {
  const refused = async (content: string, format: Format, maxBytes?: number) => {
    const store = memoryObjectStore();
    store.put("landing", content);
    const input = { source: "landing", target: "raw", format, schema: SCHEMA, segment_bytes: 10 };
    const outcome = await land(store, input, maxBytes);
    expect(store.keys()).toEqual(["landing"]);
    expect(store.open_writers).toBe(0);
    return outcome;
  };

  test("refuses what is no table, is too large or is not there, and leaves nothing", async () => {
    expect(await refused("", "csv")).toEqual({ kind: "not_a_table", reason: "the file is empty" });
    expect(await refused("a\0b\n", "csv")).toMatchObject({ kind: "not_a_table" });
    expect(await refused("\n\n", "csv")).toMatchObject({ reason: "the file has no header row" });
    expect(await refused("id,name\n", "jsonl")).toMatchObject({
      reason: "the first line is not JSON",
    });
    expect(await refused("\n \n", "jsonl")).toMatchObject({ kind: "not_a_table" });
    expect(await refused("PAR1 and so on", "parquet")).toMatchObject({ kind: "not_a_table" });
    expect(await refused("id,name,amount\n1,a,2\n", "csv", 10)).toEqual({
      kind: "too_large",
      limit_bytes: 10,
    });
    const input = { source: "no", target: "raw", schema: SCHEMA, segment_bytes: 10 };
    expect(await land(memoryObjectStore(), { ...input, format: "csv" })).toEqual({
      kind: "missing",
    });
  });

  test("gives a file without rows one segment", async () => {
    const store = memoryObjectStore();
    store.put("landing", "id,name,amount\n");
    const { segments } = await landed(store, "csv", 1);
    expect(segments).toEqual([{ index: 0, offset: 0, length: 15, first_row: 1, rows: 0 }]);
  });
});

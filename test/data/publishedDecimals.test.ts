import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ObjectStore, RefineInput, SegmentResult } from "../../src/application/dataPorts.ts";
import type { DigestingStore } from "../../src/application/digests.ts";
import { type Cell, chunkOfRows } from "../../src/data/columnCells.ts";
import { dataPlane } from "../../src/data/dataPlane.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
import { openTable, readTable } from "../../src/data/readTable.ts";
import { subjectPlane } from "../../src/data/subjects/subjectPlane.ts";
import { decimalTypes, mergeDigits } from "../../src/domain/rules/decimalTypes.ts";
import { parsePrivacyRules } from "../../src/domain/rules/privacy.ts";
import type { ObjectRef, Schema } from "../../src/domain/table.ts";
import { digestingStore } from "../../src/storage/digestingStore.ts";
import { sealedObjectStore } from "../../src/storage/sealedObjectStore.ts";
import { cellOf, collectRows } from "../support/cells.ts";
import { DIGEST_KEY, memoryObjectStore } from "../support/memoryObjectStore.ts";
import { privacyKeys } from "../support/privacyKeys.ts";
import fc from "../support/property.ts";
import { SUBJECT_KEY, subjectSet } from "../support/subjectRefs.ts";

const SCHEMA: Schema = { id: "int", amount: "decimal", wide: "decimal", huge: "decimal" };

const NINES = "9".repeat(38);
const CSV = [
  "id,amount,wide,huge",
  `1,1.5,-${NINES},${"9".repeat(30)}`,
  "2,-0.05,0,0.123456789012345",
  "3,,,",
  "4,+0012,-1,1.50",
  "",
].join("\n");

/** As DuckDB has them: the column's scale for every number; `huge` is of too many digits. */
const PUBLISHED = [
  ["1", "1.50", `-${NINES}`, "9".repeat(30)],
  ["2", "-0.05", "0", "0.123456789012345"],
  ["3", null, null, null],
  ["4", "12.00", "-1", "1.50"],
];
const TYPES = { amount: { precision: 18, scale: 2 }, wide: { precision: 38, scale: 0 } };

let duckdb: DuckDBConnection;
let directory: string;
let files = 0;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "lethe-decimals-"));
  duckdb = await (await DuckDBInstance.create(":memory:")).connect();
});

afterAll(() => {
  duckdb.closeSync();
  rmSync(directory, { recursive: true });
});

const contentOf = async (store: ObjectStore, { key }: ObjectRef) =>
  new Uint8Array(await new Response(await store.open(key)).arrayBuffer());

/** What DuckDB makes of a published object: the types of its columns, and its rows. */
const inDuckDb = async (store: ObjectStore, object: ObjectRef | undefined) => {
  if (object === undefined) throw new Error("no object");
  // A name of its own: DuckDB remembers what it has read of a file.
  files += 1;
  const file = path.join(directory, `${files}.parquet`);
  writeFileSync(file, await contentOf(store, object));
  const ask = async (sql: string) => (await duckdb.runAndReadAll(sql)).getRowsJson();
  return {
    types: Object.fromEntries(
      await ask(`SELECT column_name, column_type FROM (DESCRIBE FROM '${file}')`),
    ),
    rows: await ask(`FROM '${file}'`),
  };
};

const rowsIn = async (store: ObjectStore, object: ObjectRef, schema: Schema) => {
  const reader = readTable(await openTable(store, object), schema);
  const rows = await collectRows(reader.chunks());
  expect(reader.issues.count).toBe(0);
  return rows;
};

const inputFor = (source: ObjectRef, schema: Schema, privacy: unknown = {}): RefineInput => {
  const rules = parsePrivacyRules(privacy);
  if (!rules.ok) throw new Error(JSON.stringify(rules));
  return {
    source,
    schema,
    quality: [],
    privacy: rules.value,
    keys: privacyKeys(),
    subject_column: null,
    now: new Date("2026-11-23T12:00:00Z"),
  };
};

const appended = async (store: DigestingStore, schema: Schema): Promise<ObjectRef> => {
  const about = { source: "landing", target: "raw", format: "csv", schema } as const;
  const taken = await dataPlane(store).take(about);
  if (taken.kind !== "taken") throw new Error(taken.kind);
  expect(taken.issues).toEqual([]);
  return taken.object;
};

const refined = async (store: DigestingStore, input: RefineInput): Promise<ObjectRef> => {
  const outcome = await dataPlane(store).refine({ ...input, clean_key: "clean" });
  if (!outcome.ok || outcome.value.clean === undefined) throw new Error(JSON.stringify(outcome));
  return outcome.value.clean;
};

const publishedFrom = async (content: string, schema = SCHEMA, privacy: unknown = {}) => {
  const store = memoryObjectStore();
  store.put("landing", content);
  const object = await refined(store, inputFor(await appended(store, schema), schema, privacy));
  return { store, object };
};

describe("decimal columns of a published batch", () => {
  test("are DECIMAL in DuckDB, exact to 38 digits, below zero and null; else exact text", async () => {
    const { store, object } = await publishedFrom(CSV);
    expect(object.decimal_types).toEqual(TYPES);
    expect(await inDuckDb(store, object)).toEqual({
      types: { id: "BIGINT", amount: "DECIMAL(18,2)", wide: "DECIMAL(38,0)", huge: "VARCHAR" },
      rows: PUBLISHED,
    });
  });

  test("read back, and exported as CSV, show the column's scale", async () => {
    const { store, object } = await publishedFrom(CSV);
    expect(await rowsIn(store, object, SCHEMA)).toEqual(
      PUBLISHED.map(([id, ...decimals]) => [BigInt(id ?? 0), ...decimals]),
    );
    await dataPlane(store).exportCsv(object, SCHEMA, "csv");
    const lines = PUBLISHED.map((row) => row.map((cell) => cell ?? "").join(","));
    expect(store.text("csv")).toBe(`id,amount,wide,huge\n${lines.join("\n")}\n`);
  });

  test("are the same of an encrypted dataset", async () => {
    const store = memoryObjectStore();
    const sealed = digestingStore(sealedObjectStore(store, new Uint8Array(32).fill(7)), DIGEST_KEY);
    const writer = sealed.writer("landing", "text/csv");
    await writer.write(new TextEncoder().encode(CSV));
    await writer.close();
    const object = await refined(sealed, inputFor(await appended(sealed, SCHEMA), SCHEMA));
    expect((await inDuckDb(sealed, object)).rows).toEqual(PUBLISHED);
    expect(Buffer.from(store.bytes(object.key)).includes("PAR1")).toBe(false);
  });

  test("are text, as they were spelt, of a batch whose digits were not counted", async () => {
    const store = memoryObjectStore();
    store.put("landing", CSV);
    const { decimal_digits: _, ...source } = await appended(store, SCHEMA);
    const object = await refined(store, inputFor(source, SCHEMA));
    expect(object).not.toHaveProperty("decimal_types");
    const { types, rows } = await inDuckDb(store, object);
    expect(types).toMatchObject({ amount: "VARCHAR", wide: "VARCHAR", huge: "VARCHAR" });
    expect(rows.map(([, amount]) => amount)).toEqual(["1.5", "-0.05", null, "12"]);
  });

  test("are what their strategy makes of them: numbers after noise, texts after a mask", async () => {
    const noise = { amount: { strategy: "noise", percent: 100 }, wide: "nullify", huge: "hash" };
    const { store, object } = await publishedFrom(CSV, SCHEMA, noise);
    const { types, rows } = await inDuckDb(store, object);
    expect(types).toMatchObject({
      amount: "DECIMAL(18,2)",
      wide: "DECIMAL(38,0)",
      huge: "VARCHAR",
    });
    expect(rows.map(([, amount]) => amount === null)).toEqual([false, false, true, false]);
    expect(rows.map(([, , wide]) => wide)).toEqual([null, null, null, null]);
  });

  test("are not counted of a file that does not fit, nor where there are none", async () => {
    const store = memoryObjectStore();
    store.put("landing", "id,amount,wide,huge\n1,1.5,x,0\n");
    const about = { source: "landing", target: "raw", format: "csv" } as const;
    const misfit = await dataPlane(store).take({ ...about, schema: SCHEMA });
    expect(misfit).toMatchObject({ kind: "taken", issue_count: 1 });
    expect(misfit.kind === "taken" && misfit.object).not.toHaveProperty("decimal_digits");
    store.put("landing", "id\n1\n");
    expect(await appended(store, { id: "int" })).not.toHaveProperty("decimal_digits");
  });
});

describe("decimal columns of a batch in segments", () => {
  const inSegments = async (content: string, schema: Schema, segment_bytes: number) => {
    const store = memoryObjectStore();
    store.put("landing", content);
    const plane = dataPlane(store);
    const about = { source: "landing", target: "raw", format: "csv", schema } as const;
    const landed = await plane.land({ ...about, segment_bytes });
    if (landed.kind !== "landed") throw new Error(landed.kind);
    const { object, segments } = landed;
    const pass = async (input: RefineInput, clean: boolean) => {
      const results: SegmentResult[] = [];
      for (const segment of segments) {
        const parts = clean ? { clean_part: `part-${segment.index}` } : {};
        const result = await plane.refineSegment(input, segment, parts);
        results.push(JSON.parse(JSON.stringify(result)) as SegmentResult);
      }
      return results;
    };
    const counted = await pass(inputFor(object, schema), false);
    const digits = mergeDigits(counted.map(({ decimal_digits }) => decimal_digits));
    const source = { ...object, ...(digits ? { decimal_digits: digits } : {}) };
    const input = inputFor(source, schema);
    const results = await pass(input, true);
    const whole = await plane.assemble({ ...input, clean_key: "clean" }, results);
    if (!whole.ok || whole.value.clean === undefined) throw new Error(JSON.stringify(whole));
    return { store, segments, object: whole.value.clean, plane, input, results };
  };

  test("have one type for all of them, whichever segment has the longest number", async () => {
    const { store, segments, object } = await inSegments(CSV, SCHEMA, 20);
    expect(segments.length).toBeGreaterThan(2);
    expect(object.decimal_types).toEqual(TYPES);
    expect((await inDuckDb(store, object)).rows).toEqual(PUBLISHED);
  });

  test("are never put together from parts of other types", async () => {
    const { plane, input, results } = await inSegments(CSV, SCHEMA, 20);
    const { decimal_digits: _, ...source } = input.source;
    const assembled = plane.assemble({ ...input, source, clean_key: "clean" }, results);
    await expect(assembled).rejects.toThrow("parts have the types of the whole");
  });
});

describe("what is made of a published object", () => {
  test("keeps its types without a subject's rows", async () => {
    const { store, object } = await publishedFrom(CSV);
    const values = { kind: "refs", subjects: subjectSet(["2"], false), key: SUBJECT_KEY } as const;
    const table = { source: object, schema: SCHEMA, column: "id", values, target: "redacted" };
    const redacted = await subjectPlane(store).redactTable(table);
    if (redacted.kind !== "redacted") throw new Error(redacted.kind);
    expect(redacted.object.decimal_types).toEqual(TYPES);
    expect(await inDuckDb(store, redacted.object)).toMatchObject({
      types: { amount: "DECIMAL(18,2)", wide: "DECIMAL(38,0)", huge: "VARCHAR" },
      rows: PUBLISHED.filter(([id]) => id !== "2"),
    });
  });

  test("keeps them where groups that are too small are left out, equal values being one", async () => {
    const content = "id,amount\n1,1.5\n2,1.50\n3,1\n";
    const schema: Schema = { id: "int", amount: "decimal" };
    const { store, object } = await publishedFrom(content, schema);
    const demand = { columns: ["amount"], k: 2, on_violation: "suppress" } as const;
    const gated = await dataPlane(store).gate({
      ...{ source: object, schema, demand, people_by: null, suppress_to: "k" },
    });
    expect(gated.finding).toMatchObject({ groups: 2, groups_below_k: 1, rows_below_k: 1 });
    if (gated.suppressed === null) throw new Error("nothing suppressed");
    expect(await inDuckDb(store, gated.suppressed)).toEqual({
      types: { id: "BIGINT", amount: "DECIMAL(18,2)" },
      rows: [
        ["1", "1.50"],
        ["2", "1.50"],
      ],
    });
  });
});

describe("any decimals", () => {
  const schema: Schema = { amount: "decimal" };
  const cells = (arbitrary: fc.Arbitrary<Cell>) =>
    fc.array(fc.option(arbitrary, { freq: 5 }), { minLength: 1, maxLength: 40 });
  const short = fc
    .tuple(fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }), fc.integer({ min: 0, max: 9 }))
    .map(([units, scale]) => scaled(units, scale));

  test("come back as the same numbers, at the column's scale", async () => {
    await fc.assert(
      fc.asyncProperty(cells(fc.oneof(short, cellOf("decimal"))), async (column) => {
        const rows = column.map((cell) => [cell]);
        const digits = digitsOf(column);
        const decimals = decimalTypes(schema, [], { amount: digits });
        const store = memoryObjectStore();
        const writer = parquetWriter(store.writer("p", ""), schema, decimals);
        await writer.write(chunkOfRows(schema, rows));
        const object = { key: "p", format: "parquet", ...(await writer.close()) } as const;
        const scale = "amount" in decimals ? digits.fraction : null;
        const padded = column.map((cell) => [cell === null ? null : atScale(String(cell), scale)]);
        expect(await rowsIn(store, object, schema)).toEqual(padded);
        expect((await inDuckDb(store, object)).rows).toEqual(padded);
      }),
    );
  });

  test("that are wider than their type are refused, never cut", async () => {
    for (const cell of ["100", "0.001", "-1234.5"]) {
      const store = memoryObjectStore();
      const decimals = { amount: { precision: 4, scale: 2 } };
      const writer = parquetWriter(store.writer("p", ""), schema, decimals);
      await writer.write(chunkOfRows(schema, [[cell]]));
      await expect(writer.close()).rejects.toThrow("digits that were counted");
    }
  });
});

const scaled = (units: bigint, scale: number): string => {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
  const sign = units < 0n ? "-" : "";
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
};

const atScale = (text: string, scale: number | null): string => {
  if (scale === null || scale === 0) return text;
  const [whole = "", fraction = ""] = text.split(".");
  return `${whole}.${fraction.padEnd(scale, "0")}`;
};

const digitsOf = (column: readonly Cell[]) => {
  const parts = column.map((cell) =>
    String(cell ?? "")
      .replace(/^-?0*/, "")
      .split("."),
  );
  const longest = (at: number) => Math.max(...parts.map((part) => part[at]?.length ?? 0));
  return { whole: longest(0), fraction: longest(1) };
};

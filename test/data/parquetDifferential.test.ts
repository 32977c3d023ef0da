/** The same files read by Lethe and by another reader: every codec, both versions of pages. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cellAt } from "../../src/data/columnCells.ts";
import { decompressors } from "../../src/data/parquetCodecs.ts";
import { STORED_BYTES } from "../../src/data/parquetMemory.ts";
import { readTable } from "../../src/data/readTable.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";

const SCHEMA = {
  n: "int",
  i: "int",
  f: "float",
  b: "boolean",
  few: "string",
  many: "string",
  long: "string",
} as const;

let directory: string;
let duckdb: DuckDBConnection;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "lethe-differential-"));
  duckdb = await (await DuckDBInstance.create(":memory:")).connect();
});

afterAll(() => {
  duckdb.closeSync();
  rmSync(directory, { recursive: true });
});

const written = async (rows: number, options: string): Promise<Uint8Array<ArrayBuffer>> => {
  const file = path.join(directory, "table.parquet");
  await duckdb.run(`COPY (SELECT
      CASE WHEN range % 11 = 0 THEN NULL ELSE range * 7919 END AS n,
      (range % 1000)::INTEGER AS i, range / 3.0::DOUBLE AS f,
      CASE WHEN range % 5 = 0 THEN NULL ELSE range % 2 = 0 END AS b,
      CASE WHEN range % 3 = 0 THEN NULL ELSE 'é' || range % 90 END AS few,
      'text ' || range * 7919 AS many,
      CASE WHEN range % 7 = 0 THEN NULL ELSE md5(range::VARCHAR) || md5((range + 1)::VARCHAR) END
        AS long
    FROM range(${rows})) TO '${file}' (FORMAT parquet, ${options})`);
  return new Uint8Array(readFileSync(file));
};

const byLethe = async (content: Uint8Array): Promise<readonly (readonly unknown[])[]> => {
  const store = memoryObjectStore();
  store.put("table", content);
  const source = { format: "parquet", store, key: "table", size_bytes: content.length } as const;
  const table = readTable(source, SCHEMA);
  const columns: unknown[][] = Object.keys(SCHEMA).map(() => []);
  for await (const chunk of table.chunks())
    for (const [at, column] of chunk.columns.entries())
      for (let row = 0; row < chunk.rows; row += 1) columns[at]?.push(cellAt(column, row));
  expect(table.issues.count).toBe(0);
  return columns;
};

const byTheOther = async (content: Uint8Array<ArrayBuffer>) => {
  const rows = await parquetReadObjects({ file: content.buffer, compressors: decompressors });
  return Object.keys(SCHEMA).map((name) =>
    rows.map((row) => (name === "i" ? BigInt(Number(row[name])) : (row[name] ?? null))),
  );
};

test.each(
  ["uncompressed", "snappy", "gzip", "zstd", "brotli"].flatMap((codec) =>
    ["V1", "V2"].map((version) => [codec, version] as const),
  ),
)(
  "files compressed with %s, of pages %s, are read as another reader does",
  async (codec, version) => {
    const plain = version === "V2" ? ", DICTIONARY_SIZE_LIMIT 1" : "";
    const options = `COMPRESSION ${codec}, PARQUET_VERSION ${version}${plain}, ROW_GROUP_SIZE 4096`;
    const content = await written(9_000, options);
    expect(await byLethe(content)).toEqual(await byTheOther(content));
  },
);

test.each(["uncompressed", "snappy"])(
  "a row group that is read through windows is the same, %s",
  async (codec) => {
    const content = await written(180_000, `COMPRESSION ${codec}, ROW_GROUP_SIZE 180000`);
    expect(content.length).toBeGreaterThan(STORED_BYTES + 100_000);
    const [ours, theirs] = [await byLethe(content), await byTheOther(content)];
    // Cell by cell: to show how a million of them differ takes long even when none does.
    const differing = ours.map((cells, at) =>
      cells.findIndex((cell, row) => cell !== theirs[at]?.[row]),
    );
    expect(differing).toEqual(ours.map(() => -1));
    expect(ours.map((cells) => cells.length)).toEqual(theirs.map((cells) => cells.length));
  },
);

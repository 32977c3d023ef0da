import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { parquetMetadata, parquetSchema } from "hyparquet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ColumnCursor, HeldPages } from "../../src/data/parquetCursor.ts";
import { unpackPage } from "../../src/data/parquetSource.ts";

const ROWS = 30_000;
let directory: string;
let content: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "lethe-cursor-"));
  const file = path.join(directory, "table.parquet");
  const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
  await duckdb.run(`COPY (
    SELECT range AS n, CASE WHEN range % 3 = 0 THEN NULL ELSE 's' || range % 90 END AS few,
      'text ' || range * 7919 AS many, range % 2 = 0 AS flag
    FROM range(${ROWS})) TO '${file}' (FORMAT parquet)`);
  duckdb.closeSync();
  content = new Uint8Array(readFileSync(file));
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Every column of the first row group, `step` rows of each in turn, while so much may be held. */
const readInTurn = (step: number, most?: number) => {
  const metadata = parquetMetadata(content.buffer, { geoparquet: false });
  const [group] = metadata.row_groups;
  const held = new HeldPages(most);
  let unpacked = 0;
  const cursors = parquetSchema(metadata).children.flatMap(({ element }, index) => {
    const chunk = group?.columns[index]?.meta_data;
    if (chunk === undefined) return [];
    const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    const bytes = content.subarray(start, start + Number(chunk.total_compressed_size));
    const unpack = (page: Uint8Array, size: number) => {
      unpacked += 1;
      return unpackPage(page, size, chunk.codec);
    };
    return [new ColumnCursor({ bytes, element, rows: ROWS, unpack, held })];
  });
  const columns: unknown[][] = cursors.map(() => []);
  for (let row = 0; row < ROWS; row += step)
    for (const [index, cursor] of cursors.entries()) {
      const values = cursor.read(Math.min(step, ROWS - row)) as ArrayLike<unknown>;
      for (let at = 0; at < values.length; at += 1) columns[index]?.push(shown(values[at]));
    }
  return { columns, unpacked };
};

const shown = (value: unknown) =>
  value instanceof Uint8Array ? new TextDecoder().decode(value) : value;

const EXPECTED = [
  Array.from({ length: ROWS }, (_, n) => BigInt(n)),
  Array.from({ length: ROWS }, (_, n) => (n % 3 === 0 ? null : `s${n % 90}`)),
  Array.from({ length: ROWS }, (_, n) => `text ${n * 7919}`),
  Array.from({ length: ROWS }, (_, n) => n % 2 === 0),
];

test("columns come the same however many rows are read at a time, each page unpacked once", () => {
  for (const step of [7, 1000, ROWS]) {
    const { columns, unpacked } = readInTurn(step);
    expect(columns).toEqual(EXPECTED);
    expect(unpacked).toBeLessThan(60);
  }
});

test("pages that are too large to be held side by side are unpacked again, and nothing is lost", () => {
  const few = readInTurn(1000).unpacked;
  const { columns, unpacked } = readInTurn(1000, 100_000);
  expect(columns).toEqual(EXPECTED);
  expect(unpacked).toBeGreaterThan(few);
});

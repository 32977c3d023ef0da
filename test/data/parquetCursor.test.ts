import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { parquetMetadata, parquetSchema } from "hyparquet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { unpackPage } from "../../src/data/parquetCodecs.ts";
import { ColumnCursor } from "../../src/data/parquetCursor.ts";
import { ReaderMemory } from "../../src/data/parquetMemory.ts";
import { NO_VALUE, valueAt } from "../../src/data/parquetStored.ts";
import { chunkWindow, wholeChunk } from "../../src/data/parquetWindow.ts";

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

interface Turns {
  /** Rows of each column that are read before it is the next one's turn. */
  readonly step: number;
  /** What may be held. */
  readonly most?: number;
  /** How many columns are said to share the bytes that are fetched ahead; none: all is at hand. */
  readonly shared_by?: number;
  /** Of every step so many rows are taken back, and read again with the next. */
  readonly back?: number;
}

/** Every column of the first row group, some rows of each in turn. */
const readInTurn = async ({ step, most, shared_by = 0, back = 0 }: Turns) => {
  const metadata = parquetMetadata(content.buffer, { geoparquet: false });
  const [group] = metadata.row_groups;
  const memory = new ReaderMemory(most);
  let unpacked = 0;
  let fetched = 0;
  const fetch = async (from: number, to: number) => {
    fetched += 1;
    return content.slice(from, to);
  };
  const cursors = parquetSchema(metadata).children.flatMap(({ element }, index) => {
    const meta = group?.columns[index]?.meta_data;
    if (meta === undefined) return [];
    const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset);
    const end = start + Number(meta.total_compressed_size);
    const chunk =
      shared_by === 0
        ? wholeChunk(content.subarray(start, end))
        : chunkWindow({ start, end }, shared_by, fetch);
    const unpack = (page: Uint8Array, size: number) => {
      unpacked += 1;
      return unpackPage(page, size, meta.codec);
    };
    const is_plain = meta.codec === "UNCOMPRESSED";
    const unpacked_bytes = Number(meta.total_uncompressed_size);
    const pages = { chunk, element, rows: ROWS, is_plain, unpack, memory, unpacked_bytes };
    return [new ColumnCursor(pages)];
  });
  const columns: unknown[][] = cursors.map(() => []);
  for (let row = 0; row < ROWS; ) {
    const rows = Math.min(step, ROWS - row);
    const kept = row + rows === ROWS ? rows : rows - back;
    for (const [index, cursor] of cursors.entries()) {
      cursor.mark();
      const cells: unknown[] = [];
      while (cells.length < rows) {
        if (!cursor.isOpen) await cursor.open();
        const run = cursor.run(rows - cells.length);
        for (let at = 0; at < run.rows; at += 1) {
          const pick = run.picks === null ? at : (run.picks[at] ?? NO_VALUE);
          cells.push(pick === NO_VALUE ? null : shown(valueAt(run.values, pick)));
        }
      }
      cursor.settle();
      cursor.backTo(kept);
      columns[index]?.push(...cells.slice(0, kept));
    }
    row += kept;
  }
  return { columns, unpacked, fetched };
};

const shown = (value: unknown) =>
  value instanceof Uint8Array ? new TextDecoder().decode(value) : value;

const EXPECTED = [
  Array.from({ length: ROWS }, (_, n) => BigInt(n)),
  Array.from({ length: ROWS }, (_, n) => (n % 3 === 0 ? null : `s${n % 90}`)),
  Array.from({ length: ROWS }, (_, n) => `text ${n * 7919}`),
  Array.from({ length: ROWS }, (_, n) => n % 2 === 0),
];

test("columns come the same however many rows are read at a time, each page unpacked once", async () => {
  for (const step of [7, 1000, ROWS]) {
    const { columns, unpacked } = await readInTurn({ step });
    expect(columns).toEqual(EXPECTED);
    expect(unpacked).toBeLessThan(60);
  }
});

test("pages that are too large to be held side by side are unpacked again, and nothing is lost", async () => {
  const few = (await readInTurn({ step: 1000 })).unpacked;
  const { columns, unpacked } = await readInTurn({ step: 1000, most: 100_000 });
  expect(columns).toEqual(EXPECTED);
  expect(unpacked).toBeGreaterThan(few);
});

test("rows that are taken back come again, within a page and across pages", async () => {
  for (const most of [undefined, 100_000])
    for (const [step, back] of [
      [1000, 1],
      [9000, 4000],
      [700, 300],
    ] as const) {
      const { columns } = await readInTurn({ step, back, ...(most ? { most } : {}) });
      expect(columns).toEqual(EXPECTED);
    }
});

test("columns come the same through windows of any size, and a wide one is fetched few times", async () => {
  const fetches: number[] = [];
  for (const shared_by of [1, 100, 10_000]) {
    const { columns, fetched } = await readInTurn({ step: 1000, shared_by });
    expect(columns).toEqual(EXPECTED);
    fetches.push(fetched);
  }
  expect(fetches[0]).toBe(4);
  expect(fetches[2]).toBeGreaterThan(4);
});

test("columns come the same when there is room for neither pages nor windows", async () => {
  const { columns } = await readInTurn({ step: 3000, shared_by: 1, most: 1 });
  expect(columns).toEqual(EXPECTED);
});

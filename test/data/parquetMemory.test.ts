/**
 * What reading a Parquet file holds, measured: an isolate has 128 MB, and the file may be anything.
 * Memory is looked at after a collection, at every n-th read of the store and at every n-th chunk.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { NotATableError } from "../../src/data/notATable.ts";
import { MAX_PAGE_BYTES } from "../../src/data/parquetMemory.ts";
import { readTable } from "../../src/data/readTable.ts";
import { liveBytes } from "../support/liveMemory.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";
import {
  DELTA_BYTE_ARRAY,
  indicesUpTo,
  PLAIN,
  pageFile,
  plainTexts,
  type RawColumn,
  RLE_DICTIONARY,
  sharingTexts,
} from "../support/pageFiles.ts";

const MIB = 1024 * 1024;

/** What one reader and the chunk it has made may take. */
const MOST_BYTES = 64 * MIB;

const directory = mkdtempSync(path.join(tmpdir(), "lethe-memory-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Rows that were read, the most bytes in use beyond those before, and reads of the store. */
const reading = async (columns: readonly RawColumn[], rows: number, every: number) => {
  const file = path.join(directory, "table.parquet");
  const out = openSync(file, "w");
  for (const piece of pageFile(columns, rows)) writeSync(out, piece);
  closeSync(out);
  const size_bytes = statSync(file).size;
  const schema = Object.fromEntries(columns.map(({ name }) => [name, "string" as const]));
  const descriptor = openSync(file, "r");
  const before = liveBytes();
  let most = 0;
  let looks = 0;
  const look = () => {
    looks += 1;
    if (looks % every === 0) most = Math.max(most, liveBytes() - before);
  };
  let reads = 0;
  const store = {
    ...memoryObjectStore(),
    async read(_key: string, offset: number, length: number) {
      reads += 1;
      const bytes = new Uint8Array(length);
      readSync(descriptor, bytes, 0, length, offset);
      look();
      return bytes;
    },
  };
  let read = 0;
  const source = { format: "parquet", store, key: "table", size_bytes } as const;
  const table = readTable(source, schema);
  for await (const chunk of table.chunks()) {
    read += chunk.rows;
    look();
  }
  closeSync(descriptor);
  expect(table.issues.count).toBe(0);
  expect(read).toBe(rows);
  expect(looks).toBeGreaterThan(every);
  return { most, reads };
};

test("a row group of 128 MiB that does not pack is never held as a whole", async () => {
  const rows = 10_000;
  const page = { encoding: PLAIN, values: rows, body: plainTexts(rows, 101) };
  const pages = Array.from({ length: 32 }, () => page);
  const columns = ["a", "b", "c", "d"].map((name) => ({ name, pages, is_packed: true }));
  const { most, reads } = await reading(columns, 32 * rows, 8);
  expect(most).toBeLessThan(MOST_BYTES);
  // Windows, not pages: nothing is fetched much more often than its size asks for.
  expect(reads).toBeLessThan(200);
});

test("a dictionary of a million texts is one body and the places in it", async () => {
  const rows = 1_000_000;
  const dictionary = {
    is_dictionary: true,
    encoding: PLAIN,
    values: rows,
    body: plainTexts(rows, 8),
  };
  const data = { encoding: RLE_DICTIONARY, values: rows, body: indicesUpTo(rows, 3) };
  const columns = [{ name: "a", pages: [dictionary, data] }];
  expect((await reading(columns, rows, 20)).most).toBeLessThan(MOST_BYTES);
});

test("a thousand columns of texts come in chunks of fewer rows", async () => {
  const rows = 1_500;
  const pages = [{ encoding: PLAIN, values: rows, body: plainTexts(rows, 30) }];
  const columns = Array.from({ length: 1_000 }, (_, at) => ({ name: `c${at}`, pages }));
  expect((await reading(columns, rows, 100)).most).toBeLessThan(MOST_BYTES);
});

test("pages as large as they may be make room for each other", async () => {
  const length = 1_000;
  const rows = Math.floor((MAX_PAGE_BYTES - 10_000) / 2 / (length + 4));
  const pages = [{ encoding: PLAIN, values: rows, body: plainTexts(rows, length) }];
  const columns = ["a", "b", "c"].map((name) => ({ name, pages, is_packed: true }));
  expect((await reading(columns, rows, 3)).most).toBeLessThan(MOST_BYTES);
});

test("a page that takes more is refused with a word on what to do", async () => {
  const length = 1_000;
  const rows = Math.ceil(MAX_PAGE_BYTES / 2 / length);
  const pages = [{ encoding: PLAIN, values: rows, body: plainTexts(rows, length) }];
  const refused = reading([{ name: "a", pages, is_packed: true }], rows, 1);
  await expect(refused).rejects.toBeInstanceOf(NotATableError);
  await expect(refused).rejects.toThrow("write it with smaller pages");
});

test("texts that share their beginnings are put together a few at a time", async () => {
  const rows = 400_000;
  const body = sharingTexts(rows, 20, 10);
  const columns = [{ name: "a", pages: [{ encoding: DELTA_BYTE_ARRAY, values: rows, body }] }];
  expect((await reading(columns, rows, 20)).most).toBeLessThan(MOST_BYTES);
});

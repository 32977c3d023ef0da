import { expect, test } from "vitest";
import { NoTurnError } from "../../src/application/dataPorts.ts";
import { SYNC_LIMIT_BYTES } from "../../src/application/planWork.ts";
import { IssueLog } from "../../src/data/issueLog.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
import { readParquet } from "../../src/data/parquetReader.ts";
import { type ParquetSource, parquetSource } from "../../src/data/parquetSource.ts";
import { ROW_GROUP_CELLS, ROW_GROUP_ROWS } from "../../src/data/rowGroup.ts";
import { UnpacksBeyondError } from "../../src/data/unpackBudget.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";
import {
  indicesUpTo,
  PLAIN,
  pageFile,
  plainTexts,
  type RawPage,
  RLE_DICTIONARY,
} from "../support/pageFiles.ts";

const sourceOf = (pages: readonly RawPage[], rows: number): ParquetSource => {
  const store = memoryObjectStore();
  store.put("table", Buffer.concat([...pageFile([{ name: "s", pages }], rows)]));
  return parquetSource(store, "table", store.bytes("table").length);
};

const fileOf = (rows: number, pages: number): ParquetSource => {
  const page = { encoding: PLAIN, values: rows, body: plainTexts(rows, 1_000) };
  return sourceOf(
    Array.from({ length: pages }, () => page),
    rows * pages,
  );
};

/** How often turns were taken, used and ended while a file was read; `most`: rows, then it stops. */
const readingOf = async (source: ParquetSource, most = Number.POSITIVE_INFINITY) => {
  const turn = { taken: 0, used: 0, ended: 0 };
  const takeTurn = async () => {
    turn.taken += 1;
    return {
      use: () => {
        turn.used += 1;
      },
      end: () => {
        turn.ended += 1;
      },
    };
  };
  let read = 0;
  for await (const chunk of readParquet(
    source,
    { s: "string" },
    new IssueLog(),
    {},
    { takeTurn },
  )) {
    read += chunk.rows;
    if (read >= most) break;
  }
  return { ...turn, read };
};

test("a small row group is read without a turn", async () => {
  expect(await readingOf(fileOf(1_000, 5))).toEqual({ taken: 0, used: 0, ended: 0, read: 5_000 });
});

test("a large row group is read in one turn, which is used with every chunk and ended", async () => {
  const { taken, used, ended, read } = await readingOf(fileOf(1_000, 30));
  expect([taken, ended, read]).toEqual([1, 1, 30_000]);
  expect(used).toBeGreaterThan(3);
});

test("what Lethe writes of a file that a request waits for is read without a turn", async () => {
  const names = Array.from({ length: ROW_GROUP_CELLS / ROW_GROUP_ROWS }, (_, at) => `c${at}`);
  const schema = Object.fromEntries(names.map((name) => [name, "int" as const]));
  const values = BigInt64Array.from({ length: ROW_GROUP_ROWS }, (_, row) => BigInt(row % 10));
  const columns = names.map((name) => ({ name, type: "int" as const, valid: null, values }));
  const store = memoryObjectStore();
  const writer = parquetWriter(store.writer("table", "application/octet-stream"), schema);
  await writer.write({ first_row: 1, rows: ROW_GROUP_ROWS, columns });
  const { bytes } = await writer.close();
  const csvBytes = 2 * ROW_GROUP_CELLS;
  expect(csvBytes).toBeLessThan(SYNC_LIMIT_BYTES);
  const source = parquetSource(store, "table", bytes);
  const takeTurn = () => Promise.reject(new NoTurnError());
  let rows = 0;
  for await (const chunk of readParquet(source, schema, new IssueLog(), {}, { takeTurn }))
    rows += chunk.rows;
  expect(rows).toBe(ROW_GROUP_ROWS);
});

test("nobody waits for a turn who may not read the file because it is too large", async () => {
  const limits = { most: 8_000_000, takeTurn: () => Promise.reject(new NoTurnError()) };
  const chunks = readParquet(fileOf(1_000, 30), { s: "string" }, new IssueLog(), {}, limits);
  await expect(chunks.next()).rejects.toBeInstanceOf(UnpacksBeyondError);
});

test("a page that turns out to take much is opened in a turn, whatever the file says of its size", async () => {
  const values = 2_500_000;
  // Empty texts: the places of them take twice what they do.
  const dictionary = {
    is_dictionary: true,
    encoding: PLAIN,
    values,
    body: new Uint8Array(4 * values),
  };
  const data = { encoding: RLE_DICTIONARY, values: 10, body: indicesUpTo(10, 3) };
  const { taken, ended, read } = await readingOf(sourceOf([dictionary, data], 10));
  expect([taken, ended, read]).toEqual([1, 1, 10]);
});

test("a turn ends when the rest of the file is not read", async () => {
  const { taken, ended } = await readingOf(fileOf(1_000, 30), 1);
  expect([taken, ended]).toEqual([1, 1]);
});

test("whoever gets no turn hears so, and not that the file is damaged", async () => {
  const takeTurn = () => Promise.reject(new NoTurnError());
  const chunks = readParquet(fileOf(1_000, 30), { s: "string" }, new IssueLog(), {}, { takeTurn });
  await expect(chunks.next()).rejects.toBeInstanceOf(NoTurnError);
});

/** Small Parquet files that stand for a great deal, or say so: refused before they take it. */
import { type FileMetaData, parquetMetadata } from "hyparquet";
import { describe, expect, test } from "vitest";
import { chunkOfRows } from "../../src/data/columnCells.ts";
import { land } from "../../src/data/land.ts";
import { NotATableError } from "../../src/data/notATable.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
import { footer, MAGIC, type RowGroupPlace } from "../../src/data/parquetFooter.ts";
import { readTable } from "../../src/data/readTable.ts";
import { columnSpecs } from "../../src/data/rowBuilder.ts";
import { take } from "../../src/data/take.ts";
import { encodeThrift, i32, i64, list, struct, text } from "../../src/data/thrift.ts";
import { UnpacksBeyondError } from "../../src/data/unpackBudget.ts";
import type { Schema } from "../../src/domain/table.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";

const SCHEMA = { s: "string" } as const satisfies Schema;

const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(parts.flatMap((part) => [...part]));

/** A file of these bytes and a footer that is no more than this. */
const withFooter = (metadata: Uint8Array, before: Uint8Array = MAGIC): Uint8Array => {
  const tail = new Uint8Array(8);
  new DataView(tail.buffer).setUint32(0, metadata.length, true);
  tail.set(MAGIC, 4);
  const whole = new Uint8Array(before.length + metadata.length + tail.length);
  whole.set(before);
  whole.set(metadata, before.length);
  whole.set(tail, before.length + metadata.length);
  return whole;
};

const stored = (content: Uint8Array) => {
  const store = memoryObjectStore();
  store.put("landed", content);
  return store;
};

/** Reads to the end; resolves to how many rows there were. */
const read = async (content: Uint8Array, at_most_bytes?: number): Promise<number> => {
  const store = stored(content);
  const size_bytes = content.length;
  const limit = at_most_bytes === undefined ? {} : { at_most_bytes };
  const source = { format: "parquet", store, key: "landed", size_bytes, ...limit } as const;
  let rows = 0;
  for await (const chunk of readTable(source, SCHEMA).chunks()) rows += chunk.rows;
  return rows;
};

const INPUT = { source: "landed", target: "taken", format: "parquet", schema: SCHEMA } as const;

const written = async (rows: readonly (readonly (string | null)[])[]): Promise<Uint8Array> => {
  const store = memoryObjectStore();
  const writer = parquetWriter(store.writer("w", "application/vnd.apache.parquet"), SCHEMA);
  await writer.write(chunkOfRows(SCHEMA, rows, 1));
  await writer.close();
  return store.bytes("w");
};

/** The same pages under a footer that names their row group so many times. */
const repeated = (content: Uint8Array, times: number): Uint8Array => {
  const metadata: FileMetaData = parquetMetadata(content, { geoparquet: false });
  const end = content.length - 8 - metadata.metadata_length;
  const groups = metadata.row_groups.map(
    ({ num_rows, columns }): RowGroupPlace => ({
      rows: Number(num_rows),
      columns: columns.map(({ meta_data: chunk }) => ({
        offset: Number(chunk?.dictionary_page_offset ?? chunk?.data_page_offset),
        data_offset: Number(chunk?.data_page_offset),
        packed_bytes: Number(chunk?.total_compressed_size),
        unpacked_bytes: Number(chunk?.total_uncompressed_size),
        nulls: 0,
      })),
    }),
  );
  const many = Array.from({ length: times }, () => groups).flat();
  const whole = footer(
    columnSpecs(SCHEMA).map((column) => ({ ...column, decimal: null })),
    many,
  );
  const file = new Uint8Array(end + whole.length);
  file.set(content.subarray(0, end));
  file.set(whole, end);
  return file;
};

describe("a footer", () => {
  test("in which a number never ends is refused at once", async () => {
    // Field 3, the number of rows, of a million bytes: each would double the number.
    const endless = new Uint8Array(1_000_002).fill(0x80);
    endless[0] = 0x36;
    await expect(read(withFooter(endless))).rejects.toBeInstanceOf(NotATableError);
  });

  test("of millions of things is refused before they are made", async () => {
    const things = 3_000_000;
    const metadata = new Uint8Array(things + 8);
    // Field 2, a list of structs, its length in four bytes of seven bits; an empty struct is a 0.
    metadata.set([0x29, 0xfc]);
    for (let at = 0; at < 4; at += 1) {
      metadata[2 + at] = ((things >> (7 * at)) & 0x7f) | (at < 3 ? 0x80 : 0);
    }
    await expect(read(withFooter(metadata))).rejects.toBeInstanceOf(NotATableError);
  });

  test("that claims to be longer than the file is refused", async () => {
    const file = withFooter(new Uint8Array(10));
    new DataView(file.buffer).setUint32(file.length - 8, 0xffff_fff0, true);
    await expect(read(file)).rejects.toBeInstanceOf(NotATableError);
  });

  test("that names the same rows again and again is counted, and refused for what they come to", async () => {
    const nulls = await written(Array.from({ length: 60_000 }, () => [null]));
    expect(await read(repeated(nulls, 3))).toBe(3 * 60_000);
    const bomb = repeated(nulls, 1_000);
    // More rows than cells fit into what any file may unpack to.
    await expect(read(repeated(nulls, 20_000))).rejects.toThrow(UnpacksBeyondError);
    const store = stored(bomb);
    expect(await take(store, INPUT, 10_000_000)).toEqual({
      kind: "too_large",
      limit_bytes: 10_000_000,
    });
    const landing = { ...INPUT, segment_bytes: 1_000_000 };
    expect(await land(store, landing, 10_000_000)).toMatchObject({ kind: "too_large" });
    expect(store.keys()).toEqual(["landed"]);
    // Within what a file may have it is cut by what its rows take, not by its few bytes.
    const landed = await land(store, landing);
    expect(landed.kind === "landed" && landed.segments.length).toBeGreaterThan(50);
  });
});

describe("pages", () => {
  test("whose one text thousands of rows share are refused for what they unpack to", async () => {
    const long = await written(Array.from({ length: 4_000 }, () => ["x".repeat(1_000)]));
    expect(long.length).toBeLessThan(20_000);
    expect(await read(long)).toBe(4_000);
    await expect(read(long, 2_000_000)).rejects.toThrow(UnpacksBeyondError);
    expect(await take(stored(long), INPUT, 2_000_000)).toEqual({
      kind: "too_large",
      limit_bytes: 2_000_000,
    });
  });

  const page = (encoding: number, values: number, body: Uint8Array): Uint8Array => {
    const header = encodeThrift({
      1: i32(0),
      2: i32(body.length),
      3: i32(body.length),
      5: struct({ 1: i32(values), 2: i32(encoding), 3: i32(3), 4: i32(3) }),
    });
    return joined(header, body);
  };

  /** A file of one required, uncompressed column of texts. */
  const fileOf = (values: number, pages: Uint8Array): Uint8Array => {
    const size = i64(pages.length);
    const chunk = struct({
      1: i32(6),
      2: list("i32", [i32(7)]),
      3: list("binary", [text("s")]),
      4: i32(0),
      5: i64(values),
      6: size,
      7: size,
      9: i64(4),
    });
    const group = struct({
      1: list("struct", [struct({ 2: i64(4), 3: chunk })]),
      2: size,
      3: i64(values),
    });
    const metadata = encodeThrift({
      1: i32(1),
      2: list("struct", [
        struct({ 4: text("root"), 5: i32(1) }),
        struct({ 1: i32(6), 3: i32(0), 4: text("s"), 6: i32(0) }),
      ]),
      3: i64(values),
      4: list("struct", [group]),
    });
    return withFooter(metadata, joined(MAGIC, pages));
  };

  const varint = (value: number): number[] =>
    value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
  const zigzag = (value: number) => varint(value < 0 ? -2 * value - 1 : 2 * value);

  /** DELTA_BINARY_PACKED, differences of up to 16 bits, blocks of 128 in 4 parts. */
  const deltas = (values: readonly number[]): number[] => {
    const out = [...varint(128), ...varint(4), ...varint(values.length), ...zigzag(values[0] ?? 0)];
    for (let start = 1; start < values.length; start += 128) {
      const of = Array.from({ length: 128 }, (_, n) =>
        start + n < values.length ? (values[start + n] ?? 0) - (values[start + n - 1] ?? 0) : 0,
      );
      const least = Math.min(...of);
      out.push(...zigzag(least), 16, 16, 16, 16);
      for (const one of of) out.push((one - least) & 0xff, (one - least) >> 8);
    }
    return out;
  };

  const shared = (rows: number, length: number): Uint8Array => {
    const prefixes = Array.from({ length: rows }, (_, n) => (n === 0 ? 0 : length));
    const suffixes = Array.from({ length: rows }, (_, n) => (n === 0 ? length : 0));
    const first = new Uint8Array(length).fill(0x78);
    const body = joined(new Uint8Array([...deltas(prefixes), ...deltas(suffixes)]), first);
    return fileOf(rows, page(7, rows, body));
  };

  test("of texts that repeat the one before are read, and refused when they would be too long", async () => {
    expect(await read(shared(500, 300))).toBe(500);
    // 30,000 texts of 30,000 bytes out of some 150 KB.
    await expect(read(shared(30_000, 30_000))).rejects.toBeInstanceOf(NotATableError);
  });

  test("in which a number never ends are refused at once", async () => {
    const endless = new Uint8Array(500_000).fill(0x80);
    endless.set([...varint(128), ...varint(4), ...varint(9)]);
    const numbers = fileOf(9, page(5, 9, endless));
    await expect(read(numbers)).rejects.toBeInstanceOf(NotATableError);
  });

  test("whose header is as long as all of them are refused", async () => {
    const header = new Uint8Array(3_000_000).fill(0);
    header.set([0x19, 0xfc, 0xff, 0xff, 0x7f]);
    await expect(read(fileOf(9, header))).rejects.toBeInstanceOf(NotATableError);
  });
});

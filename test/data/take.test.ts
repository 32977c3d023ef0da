import { gzipSync } from "node:zlib";
import type { SchemaElement } from "hyparquet";
import { describe, expect, test } from "vitest";
import type { TakeInput } from "../../src/application/dataPorts.ts";
import type { DigestingStore } from "../../src/application/digests.ts";
import { chunkOfRows } from "../../src/data/columnCells.ts";
import { exportCsv } from "../../src/data/exportCsv.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
import { NO_VALUE, type StoredValues } from "../../src/data/parquetStored.ts";
import { vectorReader } from "../../src/data/parquetVectors.ts";
import { take } from "../../src/data/take.ts";
import type { ObjectRef, Schema } from "../../src/domain/table.ts";
import { digestAt, memoryObjectStore } from "../support/memoryObjectStore.ts";

const SCHEMA = { id: "int", amount: "float" } as const satisfies Schema;
const SOURCE = "lakes/l/landing/sales";
const TARGET = "lakes/l/batches/b/1/raw/sales";

const tagOf = (etag: string) => memoryObjectStore().uploadTag(TARGET, etag);
const digest = (bytes: Uint8Array | string) => digestAt(TARGET, bytes);

const storeWith = (content: string | Uint8Array) => {
  const store = memoryObjectStore();
  store.put(SOURCE, content);
  return store;
};

const input = (format: TakeInput["format"], schema: Schema = SCHEMA): TakeInput => ({
  source: SOURCE,
  target: TARGET,
  format,
  schema,
});

const parquetBytes = async (ids: readonly bigint[]) => {
  const store = memoryObjectStore();
  const writer = parquetWriter(store.writer("p", ""), SCHEMA);
  await writer.write(
    chunkOfRows(
      SCHEMA,
      ids.map((id) => [id, Number(id)]),
    ),
  );
  await writer.close();
  return store.bytes("p");
};

describe("taking a landed file", () => {
  test("copies its bytes, hashes and counts them", async () => {
    const content = "id,amount\n1,100.0\n2,200.0\n";
    const store = storeWith(content);
    expect(await take(store, input("csv"))).toEqual({
      kind: "taken",
      object: {
        key: TARGET,
        format: "csv",
        bytes: content.length,
        sha256: digest(content),
        rows: 2,
      },
      issues: [],
      issue_count: 0,
      unexpected_columns: [],
      suspicions: [],
      upload_etag: tagOf("1"),
    });
    expect(store.text(TARGET)).toBe(content);
    expect(store.keys()).toEqual([TARGET, SOURCE].sort());
  });

  test("names the columns that look like personal data, whatever their format", async () => {
    const people = { id: "int", contact: "string" } as const satisfies Schema;
    const contacts = ["ada@example.com", "grace@example.com", "mary@example.com"];
    const csv = contacts.map((contact, id) => `${id},${contact}\n`).join("");
    const jsonl = contacts.map((contact, id) => `${JSON.stringify({ id, contact })}\n`).join("");
    const files = { csv: `id,contact\n${csv}`, jsonl } as const;
    for (const format of ["csv", "jsonl"] as const) {
      const taken = await take(storeWith(files[format]), input(format, people));
      expect(taken).toMatchObject({
        suspicions: [
          { column: "contact", signs: [{ kind: "email", found_by: "values", share: 1 }] },
        ],
      });
      expect(JSON.stringify(taken)).not.toContain("example.com");
    }
  });

  test("reads the landed object once", async () => {
    const store = storeWith("id,amount\n1,2\n");
    let opened = 0;
    const counting: DigestingStore = {
      ...store,
      open(key) {
        opened += 1;
        return store.open(key);
      },
    };
    await take(counting, input("csv"));
    expect(opened).toBe(1);
  });

  test("takes JSON Lines and Parquet alike", async () => {
    const jsonl = '{"id":1,"amount":2.5}\n{"id":2}\n';
    const lines = storeWith(jsonl);
    expect(await take(lines, input("jsonl"))).toMatchObject({
      kind: "taken",
      object: { rows: 2, sha256: digest(jsonl), bytes: jsonl.length },
      issue_count: 0,
    });
    const parquet = await parquetBytes([1n, 2n, 3n]);
    const columns = storeWith(parquet);
    expect(await take(columns, input("parquet"))).toMatchObject({
      kind: "taken",
      object: { rows: 3, sha256: digest(parquet), bytes: parquet.length },
      issue_count: 0,
    });
    expect(columns.bytes(TARGET)).toEqual(parquet);
  });

  test("keeps every byte of a table that does not fit, and says why it does not", async () => {
    const content = 'id,extra\nx,1\n2,3\n4,"5';
    const store = storeWith(content);
    expect(await take(store, input("csv"))).toEqual({
      kind: "taken",
      object: expect.objectContaining({ rows: 3, sha256: digest(content) }),
      issues: [
        { column: "amount", row: null, message: "missing from the file" },
        { column: null, row: null, message: "1 column not in the schema" },
        { column: "id", row: 1, message: "not a whole number of 64 bits" },
        { column: null, row: 3, message: "opens a quote that is never closed" },
      ],
      issue_count: 4,
      unexpected_columns: ["extra"],
      suspicions: [],
      upload_etag: tagOf("1"),
    });
    expect(store.text(TARGET)).toBe(content);
  });

  test("says that nothing has landed", async () => {
    expect(await take(memoryObjectStore(), input("csv"))).toEqual({ kind: "missing" });
  });
});

describe("nothing is left at the target", () => {
  const leavesNothing = (store: ReturnType<typeof memoryObjectStore>) => {
    expect(store.keys()).toEqual([SOURCE]);
    expect(store.open_writers).toBe(0);
  };

  for (const [name, format, content] of [
    ["an empty CSV file", "csv", ""],
    ["a binary CSV file", "csv", "a\0b"],
    ["a JSON Lines file that is CSV", "jsonl", "id,amount\n1,2\n"],
    ["an empty Parquet file", "parquet", ""],
    ["a Parquet file that is CSV", "parquet", "id,amount\n1,2\n"],
    ["a Parquet file that is cut", "parquet", "PAR1 and so on"],
    ["a Parquet file of three bytes", "parquet", "PAR"],
  ] as const) {
    test(`by ${name}`, async () => {
      const store = storeWith(content);
      expect(await take(store, input(format))).toMatchObject({ kind: "not_a_table" });
      leavesNothing(store);
    });
  }

  for (const format of ["csv", "jsonl", "parquet"] as const) {
    test(`by a ${format} file that is too large, also when it grew after it was measured`, async () => {
      const content = format === "parquet" ? await parquetBytes([1n]) : '{"id":1}\n'.repeat(40);
      const store = storeWith(content);
      const outcome = { kind: "too_large", limit_bytes: 100 };
      expect(await take(store, input(format), 100)).toEqual(outcome);
      leavesNothing(store);
      const growing: DigestingStore = {
        ...store,
        head: async (key) => {
          const object = await store.head(key);
          return object && { ...object, size_bytes: 10 };
        },
      };
      expect(await take(growing, input(format), 100)).toEqual(outcome);
      leavesNothing(store);
    });
  }

  test("when the landed object stops half-way", async () => {
    const store = storeWith("id,amount\n1,2\n");
    const failing: DigestingStore = {
      ...store,
      open: async () => {
        let pulled = false;
        return new ReadableStream<Uint8Array>({
          pull(controller) {
            if (pulled) throw new Error("connection lost");
            pulled = true;
            controller.enqueue(new TextEncoder().encode("id,amount\n1,"));
          },
        });
      },
    };
    await expect(take(failing, input("csv"))).rejects.toThrow("connection lost");
    leavesNothing(store);
  });

  test("when the store stops taking bytes", async () => {
    const store = storeWith("id,amount\n1,2\n");
    const failing: DigestingStore = {
      ...store,
      writer: (key, type) => ({
        ...store.writer(key, type),
        write: async () => {
          throw new Error("disk full");
        },
      }),
    };
    await expect(take(failing, input("csv"))).rejects.toThrow("disk full");
    leavesNothing(store);
  });
});

describe("a file compressed with gzip", () => {
  const content = "id,amount\n1,100.0\n2,200.0\n";

  test("is taken unpacked: what is kept, hashed and counted is what was in it", async () => {
    const store = storeWith(gzipSync(content));
    expect(await take(store, input("csv"))).toMatchObject({
      kind: "taken",
      object: { format: "csv", bytes: content.length, sha256: digest(content), rows: 2 },
      issue_count: 0,
    });
    expect(store.text(TARGET)).toBe(content);
    const lines = '{"id":1,"amount":2.5}\n';
    expect(await take(storeWith(gzipSync(lines)), input("jsonl"))).toMatchObject({
      kind: "taken",
      object: { rows: 1, sha256: digest(lines) },
    });
  });

  test("of several members is taken as one file", async () => {
    const store = storeWith(
      Buffer.concat([content.slice(0, 14), content.slice(14)].map((part) => gzipSync(part))),
    );
    expect(await take(store, input("csv"))).toMatchObject({
      kind: "taken",
      object: { bytes: content.length, sha256: digest(content), rows: 2 },
    });
    expect(store.text(TARGET)).toBe(content);
  });

  test("is refused when it is damaged or cut, leaving nothing", async () => {
    const packed = gzipSync(content);
    const damaged = packed.map((byte, at) => (at === 15 ? byte ^ 0xff : byte));
    for (const bytes of [damaged, packed.subarray(0, packed.length - 4), packed.subarray(0, 2)]) {
      const store = storeWith(bytes);
      expect(await take(store, input("csv"))).toEqual({
        kind: "not_a_table",
        reason: "the file is not gzip, or damaged",
      });
      expect(store.keys()).toEqual([SOURCE]);
      expect(store.open_writers).toBe(0);
    }
  });

  test("may not unpack to more than any file may have, all its members together", async () => {
    const bomb = gzipSync(`id,amount\n${"1,2\n".repeat(100_000)}`);
    const lesser = [gzipSync("id,amount\n"), ...Array(20).fill(gzipSync("1,2\n".repeat(200)))];
    for (const bytes of [bomb, Buffer.concat(lesser)]) {
      expect(bytes.length).toBeLessThan(10_000);
      const store = storeWith(bytes);
      expect(await take(store, input("csv"), 10_000)).toEqual({
        kind: "too_large",
        limit_bytes: 10_000,
      });
      expect(store.keys()).toEqual([SOURCE]);
      expect(store.open_writers).toBe(0);
    }
  });
});

describe("exporting CSV", () => {
  test("writes the rows of a Parquet object under a header", async () => {
    const bytes = await parquetBytes([1n, 20n]);
    const store = storeWith(bytes);
    const source: ObjectRef = {
      key: SOURCE,
      format: "parquet",
      bytes: bytes.length,
      sha256: digestAt(SOURCE, bytes),
      rows: 2,
    };
    const csv = "id,amount\n1,1\n20,20\n";
    expect(await exportCsv(store, source, SCHEMA, "out.csv")).toEqual({
      key: "out.csv",
      format: "csv",
      bytes: csv.length,
      sha256: digestAt("out.csv", csv),
      rows: 2,
    });
    expect(store.text("out.csv")).toBe(csv);
    await expect(exportCsv(store, source, { id: "date" }, "no.csv")).rejects.toThrow("invariant");
    await expect(exportCsv(store, { ...source, key: "gone" }, SCHEMA, "no.csv")).rejects.toThrow();
    expect(store.keys()).not.toContain("no.csv");
    expect(store.open_writers).toBe(0);
  });
});

describe("datetimes of more digits than Lethe holds", () => {
  const MOMENTS = { at: "datetime" } as const satisfies Schema;
  const cutIn = async (format: TakeInput["format"], content: string) => {
    const taken = await take(storeWith(content), input(format, MOMENTS));
    if (taken.kind !== "taken") throw new Error(taken.kind);
    return [taken.object.rows, taken.issue_count, taken.cut_datetimes];
  };
  const TEXTS = [
    "2026-11-23T12:00:00.123456789Z",
    "2026-11-23T12:00:00.1234560000Z",
    "2026-11-23T12:00:00.123456Z",
    "2026-11-23t12:00:00.0000001+01:00",
    "2026-11-23",
  ];

  test("are counted in text, and those that lose nothing are not", async () => {
    expect(await cutIn("csv", ["at", ...TEXTS.slice(0, 4), ""].join("\n"))).toEqual([4, 0, 2]);
    const lines = TEXTS.slice(0, 4).map((at) => JSON.stringify({ at }));
    expect(await cutIn("jsonl", lines.join("\n"))).toEqual([4, 0, 2]);
    expect(await cutIn("csv", `at\n${TEXTS[2]}\n`)).toEqual([1, 0, undefined]);
  });

  test("are no misfits, and what is no datetime is nothing else", async () => {
    expect(await cutIn("csv", ["at", TEXTS[0], TEXTS[4]].join("\n"))).toEqual([2, 1, 1]);
  });

  test("are counted in columns of Parquet that hold nanoseconds, or texts", () => {
    const reading = (element: SchemaElement, values: StoredValues, picks: number[] | null) => {
      const rows = picks?.length ?? 2;
      const cut: number[] = [];
      const misfit = () => expect.unreachable();
      const read = vectorReader(element, { name: "at", type: "datetime" });
      const column = read?.(rows, misfit, (row) => cut.push(row));
      column?.append({ rows, values, picks: picks && Uint32Array.from(picks), is_shared: false });
      const found = column?.vector(rows);
      return [cut, found?.type === "datetime" ? [...found.values] : null];
    };
    const numbers = (...of: bigint[]): StoredValues => ({
      ...{ kind: "numbers", at: BigInt64Array.from(of) },
    });
    const bytes = (...of: Uint8Array[]): StoredValues => {
      const ends = of.map((_, at) =>
        of.slice(0, at + 1).reduce((sum, { length }) => sum + length, 0),
      );
      const starts = Uint32Array.from([0, ...ends.slice(0, -1)]);
      const body = Uint8Array.from(of.flatMap((value) => [...value]));
      return { kind: "bytes", bytes: body, starts, ends: Uint32Array.from(ends) };
    };
    const stored = (unit: "NANOS" | "MICROS"): SchemaElement => ({
      ...{ name: "at", type: "INT64" },
      logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit },
    });
    const nanos = reading(stored("NANOS"), numbers(1_000n, 1_001n, -1n), [0, 1, NO_VALUE, 2]);
    expect(nanos).toEqual([
      [1, 3],
      [1n, 1n, 0n, -1n],
    ]);
    const micros = reading(stored("MICROS"), numbers(1_000n, 1_001n), null);
    expect(micros).toEqual([[], [1_000n, 1_001n]]);
    const julian = (of_day: bigint) => {
      const value = new DataView(new ArrayBuffer(12));
      value.setBigUint64(0, of_day, true);
      value.setInt32(8, 2_440_588, true);
      return new Uint8Array(value.buffer);
    };
    const legacy: SchemaElement = { name: "at", type: "INT96" };
    expect(reading(legacy, bytes(julian(5_000n), julian(5_001n)), null)).toEqual([[1], [5n, 5n]]);
    const text: SchemaElement = { name: "at", type: "BYTE_ARRAY", converted_type: "UTF8" };
    const encoded = TEXTS.slice(0, 3).map((at) => new TextEncoder().encode(at));
    expect(reading(text, bytes(...encoded), [0, 1, 2])[0]).toHaveLength(1);
  });
});

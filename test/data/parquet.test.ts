import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cell, chunkOfRows, rowsOf } from "../../src/data/columnCells.ts";
import type { ColumnChunk } from "../../src/data/columns.ts";
import { NotATableError } from "../../src/data/notATable.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
import { readTable } from "../../src/data/readTable.ts";
import { ROW_GROUP_CELLS, ROW_GROUP_ROWS } from "../../src/data/rowGroup.ts";
import type { Schema } from "../../src/domain/table.ts";
import { chunkOf, collectRows, EVERY_TYPE } from "../support/cells.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";
import fc from "../support/property.ts";

const KEY = "table.parquet";

const written = async (schema: Schema, chunks: readonly ColumnChunk[]) => {
  const store = memoryObjectStore();
  const writer = parquetWriter(store.writer(KEY, "application/vnd.apache.parquet"), schema);
  for (const chunk of chunks) await writer.write(chunk);
  const result = await writer.close();
  return { ...result, content: store.bytes(KEY) };
};

const read = async (content: Uint8Array, schema: Schema) => {
  const store = memoryObjectStore();
  store.put(KEY, content);
  const source = { format: "parquet", store, key: KEY, size_bytes: content.length } as const;
  const reader = readTable(source, schema);
  const rows = await collectRows(reader.chunks());
  const { listed, count, unexpected_columns } = reader.issues;
  return { rows, issues: listed, count, unexpected_columns };
};

const NUMBERED = { n: "int", s: "string" } as const satisfies Schema;

const numbered = (rows: number, firstRow = 1): ColumnChunk =>
  chunkOfRows(
    NUMBERED,
    Array.from({ length: rows }, (_, index) => [BigInt(firstRow + index), `s${index}`]),
    firstRow,
  );

let duckdb: DuckDBConnection;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "lethe-parquet-"));
  duckdb = await (await DuckDBInstance.create(":memory:")).connect();
});

afterAll(() => {
  duckdb.closeSync();
  rmSync(directory, { recursive: true });
});

/** Runs SQL in which FILE is a file holding `content`. */
const query = async (content: Uint8Array, sql: string) => {
  const file = path.join(directory, KEY);
  writeFileSync(file, content);
  const result = await duckdb.runAndReadAll(sql.replaceAll("FILE", `'${file}'`));
  return result.getRowsJson();
};

/** What DuckDB writes for a SELECT, with COPY's options. */
const copied = async (select: string, options = "") => {
  const file = path.join(directory, "copied.parquet");
  await duckdb.run(`COPY (${select}) TO '${file}' (FORMAT parquet${options})`);
  return new Uint8Array(readFileSync(file));
};

describe("what parquetWriter writes", () => {
  test("is read back as the same cells", async () => {
    await fc.assert(
      fc.asyncProperty(chunkOf(EVERY_TYPE, 60), async (chunk) => {
        const { content } = await written(EVERY_TYPE, [chunk]);
        const { rows, issues } = await read(content, EVERY_TYPE);
        expect(issues).toEqual([]);
        expect(rows).toStrictEqual(rowsOf(chunk));
      }),
    );
  });

  test("tells DuckDB the types", async () => {
    const { content } = await written(EVERY_TYPE, []);
    const described = await query(
      content,
      "SELECT column_name, column_type FROM (DESCRIBE FROM FILE)",
    );
    expect(described).toEqual([
      ["int", "BIGINT"],
      ["float", "DOUBLE"],
      ["decimal", "VARCHAR"],
      ["string", "VARCHAR"],
      ["boolean", "BOOLEAN"],
      ["date", "DATE"],
      ["datetime", "TIMESTAMP WITH TIME ZONE"],
    ]);
  });

  test("is valid without a row", async () => {
    const { content, rows } = await written(EVERY_TYPE, []);
    expect(rows).toBe(0);
    expect(await query(content, "SELECT count(*) FROM FILE")).toEqual([["0"]]);
    expect(await read(content, EVERY_TYPE)).toMatchObject({ rows: [], count: 0 });
  });

  test("gives DuckDB the values and the nulls", async () => {
    const row: Cell[] = [-(2n ** 63n), 0.1, "-12.30", 'ä,"😀', false, -1, 1553372469123456n];
    const chunk = chunkOfRows(EVERY_TYPE, [row, row.map(() => null), row]);
    const { content } = await written(EVERY_TYPE, [chunk]);
    const values = [
      "-9223372036854775808",
      0.1,
      "-12.30",
      'ä,"😀',
      false,
      "1969-12-31",
      "1553372469123456",
    ];
    const sql = "SELECT * REPLACE (epoch_us(datetime) AS datetime) FROM FILE";
    expect(await query(content, sql)).toEqual([values, values.map(() => null), values]);
  });

  test("is cut into row groups, compressed with Snappy, and counted", async () => {
    const total = ROW_GROUP_ROWS + 2001;
    const { content, rows } = await written(NUMBERED, [
      numbered(ROW_GROUP_ROWS - 3000),
      numbered(5000, ROW_GROUP_ROWS - 2999),
      numbered(1, total),
    ]);
    expect(rows).toBe(total);
    const groups =
      "SELECT DISTINCT row_group_num_rows, compression FROM parquet_metadata(FILE) ORDER BY 1";
    expect(await query(content, groups)).toEqual([
      ["2001", "SNAPPY"],
      [String(ROW_GROUP_ROWS), "SNAPPY"],
    ]);
    expect(await query(content, "SELECT count(*), sum(n), min(n), max(n) FROM FILE")).toEqual([
      [String(total), String((total * (total + 1)) / 2), "1", String(total)],
    ]);
    const back = await read(content, NUMBERED);
    expect(back.rows.map(([n]) => n)).toEqual(
      Array.from({ length: total }, (_, index) => BigInt(index + 1)),
    );
  });

  test("ends a row group early when its texts are long", async () => {
    const cells = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(1_000_000, "x"));
    const chunk = chunkOfRows(
      { s: "string" },
      cells.map((cell) => [cell]),
    );
    const { content } = await written({ s: "string" }, [chunk]);
    const [[groups] = []] = await query(
      content,
      "SELECT num_row_groups FROM parquet_file_metadata(FILE)",
    );
    expect(Number(groups)).toBeGreaterThan(1);
    expect((await read(content, { s: "string" })).rows).toEqual(cells.map((cell) => [cell]));
  });

  test("ends a row group early when there are very many columns", async () => {
    const schema = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`c${at}`, "int"]));
    const row = Array.from({ length: 300 }, () => 1n);
    const chunk = chunkOfRows(
      schema as Schema,
      Array.from({ length: 4_000 }, () => row),
    );
    const { content } = await written(schema as Schema, [chunk, chunk]);
    const sizes = "SELECT DISTINCT row_group_num_rows FROM parquet_metadata(FILE) ORDER BY 1 DESC";
    const most = Math.floor(ROW_GROUP_CELLS / 300);
    expect(await query(content, sizes)).toEqual([[String(most)], [String(8_000 - most)]]);
  });

  test("a chunk with other columns than the schema's is a bug", async () => {
    await expect(written({ s: "string", n: "int" }, [numbered(1)])).rejects.toThrow("invariant");
  });
});

describe("files others wrote", () => {
  test("in every integer width, as decimals and as moments of every unit", async () => {
    const content = await copied(`SELECT
      (-5)::TINYINT AS i8, 200::UTINYINT AS u8, 4000000000::UINTEGER AS u32,
      9007199254740993::UBIGINT AS u64, 12.30::DECIMAL(9,2) AS d9, -0.05::DECIMAL(18,2) AS d18,
      12345678901234567890.123456789::DECIMAL(38,9) AS d38, 7::DECIMAL(4,0) AS d0,
      1.5::FLOAT AS f32, 'x'::VARCHAR AS text, DATE '2024-02-29' AS day,
      TIMESTAMP '2024-02-29 12:00:00.123456' AS us, TIMESTAMP_MS '2024-02-29 12:00:00.123' AS ms,
      TIMESTAMP_NS '2024-02-29 12:00:00.123456789' AS ns, TIMESTAMPTZ '1969-12-31 23:59:59.5+00' AS tz,
      'c0ffee00-0000-4000-8000-000000000001'::UUID AS id, true AS yes`);
    const schema = {
      i8: "int",
      u8: "int",
      u32: "int",
      u64: "int",
      d9: "decimal",
      d18: "decimal",
      d38: "decimal",
      d0: "int",
      f32: "float",
      text: "string",
      day: "date",
      us: "datetime",
      ms: "datetime",
      ns: "datetime",
      tz: "datetime",
      id: "string",
      yes: "boolean",
    } as const;
    const noon = BigInt(Date.UTC(2024, 1, 29, 12)) * 1000n;
    const { rows, issues } = await read(content, schema);
    expect(issues).toEqual([]);
    expect(rows).toStrictEqual([
      [
        -5n,
        200n,
        4000000000n,
        9007199254740993n,
        "12.30",
        "-0.05",
        "12345678901234567890.123456789",
        7n,
        1.5,
        "x",
        19782,
        noon + 123456n,
        noon + 123000n,
        noon + 123456n,
        -500_000n,
        "c0ffee00-0000-4000-8000-000000000001",
        true,
      ],
    ]);
  });

  test("text is read as in a CSV file, whole numbers widen", async () => {
    const content = await copied("SELECT '2024-02-29' AS day, '7' AS n, 3 AS f, 4 AS d");
    const schema = { day: "date", n: "int", f: "float", d: "decimal" } as const;
    expect((await read(content, schema)).rows).toStrictEqual([[19782, 7n, 3, "4"]]);
  });

  for (const codec of ["uncompressed", "snappy", "gzip", "zstd", "brotli"]) {
    test(`compressed with ${codec}`, async () => {
      const content = await copied(
        "SELECT range AS n, 's' || (range % 100) AS s FROM range(1, 3001)",
        `, COMPRESSION ${codec}`,
      );
      const { rows, issues } = await read(content, NUMBERED);
      expect(issues).toEqual([]);
      expect(rows).toHaveLength(3000);
      expect(rows[2999]).toEqual([3000n, "s0"]);
    });
  }

  test("in the encodings of the format's second version", async () => {
    const content = await copied(
      `SELECT range AS n, CASE WHEN range % 7 = 0 THEN NULL ELSE 'text ' || range * 7919 END AS s,
         range % 2 = 0 AS b, (range * 86400)::INTEGER AS i, range / 3 AS f
       FROM range(1, 20001)`,
      ", PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 1",
    );
    const schema = { n: "int", s: "string", b: "boolean", i: "int", f: "float" } as const;
    const { rows, issues } = await read(content, schema);
    expect(issues).toEqual([]);
    expect(rows).toHaveLength(20_000);
    expect(rows[6]).toEqual([7n, null, false, 604_800n, 7 / 3]);
    expect(rows[19_999]).toEqual([20_000n, "text 158380000", true, 1_728_000_000n, 20_000 / 3]);
  });

  test("with one long text that thousands of rows share, in chunks of bounded size", async () => {
    const content = await copied("SELECT range AS n, repeat('x', 1000000) AS s FROM range(40)");
    const store = memoryObjectStore();
    store.put(KEY, content);
    const source = { format: "parquet", store, key: KEY, size_bytes: content.length } as const;
    const sizes: number[] = [];
    for await (const { columns } of readTable(source, NUMBERED).chunks())
      for (const column of columns) if (column.type === "string") sizes.push(column.bytes.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40_000_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(9_000_000);
  });

  test("with DECIMAL columns of every width, read as exact text of their scale", async () => {
    const numbers = ["0", "-0.01", "12345.67", "-99999.99", "90071992547409.93"];
    const values = numbers.map((number) => `(${number})`).join(", ");
    const types = ["DECIMAL(16,2)", "DECIMAL(18,2)", "DECIMAL(30,2)", "DECIMAL(38,20)"];
    const casts = types.map((type, at) => `v::${type} AS c${at}`).join(", ");
    const content = await copied(`SELECT ${casts} FROM (VALUES ${values}) t(v)`);
    const schema = Object.fromEntries(types.map((_, at) => [`c${at}`, "decimal"])) as Schema;
    const padded = (number: string, scale: number) => {
      const [whole = "", fraction = ""] = number.split(".");
      return `${whole}.${fraction.padEnd(scale, "0")}`;
    };
    const expected = numbers.map((number) => [2, 2, 2, 20].map((scale) => padded(number, scale)));
    expect((await read(content, schema)).rows).toEqual(expected);
  });

  test("compressed in another way are refused by name", async () => {
    const content = await copied("SELECT 1 AS n, 's' AS s", ", COMPRESSION lz4_raw");
    await expect(read(content, NUMBERED)).rejects.toThrow("compressed with LZ4_RAW");
  });

  test("with row groups larger than what is read at once, with and without nulls", async () => {
    const content = await copied(
      `SELECT range AS n, CASE WHEN range % 3 = 0 THEN NULL ELSE 's' || range END AS s
       FROM range(1, 100001)`,
      ", ROW_GROUP_SIZE 60000",
    );
    const { rows } = await read(content, NUMBERED);
    expect(rows).toHaveLength(100_000);
    expect(
      rows.every(([n, s], at) => n === BigInt(at + 1) && s === (n % 3n ? `s${n}` : null)),
    ).toBe(true);
  });

  test("a column of another nature, a missing one and an extra one are issues of the file", async () => {
    const content = await copied("SELECT 1.5::DOUBLE AS n, [1, 2] AS s, 3 AS extra FROM range(5)");
    const schema = { n: "int", s: "string", gone: "date" } as const;
    const { rows, issues, unexpected_columns } = await read(content, schema);
    expect(rows).toEqual(Array.from({ length: 5 }, () => [null, null, null]));
    expect(issues).toEqual([
      { column: "n", row: null, message: "is DOUBLE in the file, expected int" },
      { column: "s", row: null, message: "is LIST in the file, expected string" },
      { column: "gone", row: null, message: "missing from the file" },
      { column: null, row: null, message: "1 column not in the schema" },
    ]);
    expect(unexpected_columns).toEqual(["extra"]);
  });

  test("values that do not fit are issues naming their rows", async () => {
    const content = await copied(
      "SELECT * FROM (VALUES (1::UBIGINT, 'nan'::DOUBLE), (18446744073709551615, 2.5)) t(n, f)",
    );
    const { rows, issues } = await read(content, { n: "int", f: "float" });
    expect(rows).toEqual([
      [1n, null],
      [null, 2.5],
    ]);
    expect(issues.map(({ column, row }) => [column, row])).toEqual([
      ["f", 1],
      ["n", 2],
    ]);
  });
});

/** Any byte of it changed: it is read or refused, and never anything else. */
const readOrRefusedDamaged = (content: Uint8Array, numRuns: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: content.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, flip) => {
        const damaged = content.slice();
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        const error: unknown = await read(damaged, NUMBERED).then(
          () => null,
          (reason: unknown) => reason,
        );
        if (error !== null) expect(error).toBeInstanceOf(NotATableError);
      },
    ),
    { numRuns },
  );

describe("bytes that are no Parquet", () => {
  test("an empty, a short and a wrong file", async () => {
    for (const text of ["", "PAR1", "PAR1PAR1", "a,b\n1,2\n", `PAR1${"x".repeat(100)}PAR1`]) {
      const content = new TextEncoder().encode(text);
      await expect(read(content, NUMBERED)).rejects.toBeInstanceOf(NotATableError);
    }
  });

  test("a file with damage anywhere is read or refused, and never anything else", async () => {
    const { content } = await written(NUMBERED, [numbered(200)]);
    await readOrRefusedDamaged(content, 500);
  });

  for (const [kind, options] of [
    ["a dictionary", ""],
    ["deltas", ", PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 1"],
    ["no compression", ", COMPRESSION uncompressed"],
  ] as const) {
    test(`nor is a file of others, with ${kind}`, async () => {
      const content = await copied(
        `SELECT range AS n, CASE WHEN range % 5 = 0 THEN NULL ELSE 's' || range % 20 END AS s
         FROM range(300)`,
        options,
      );
      await readOrRefusedDamaged(content, 300);
    });
  }

  test("a cut file is refused", async () => {
    const { content } = await written(NUMBERED, [numbered(200)]);
    const cut = content.slice(0, content.length - 1);
    await expect(read(cut, NUMBERED)).rejects.toBeInstanceOf(NotATableError);
  });

  test("a failing store is not taken for a damaged file", async () => {
    const { content } = await written(NUMBERED, [numbered(200)]);
    const store = memoryObjectStore();
    const source = { format: "parquet", store, key: KEY, size_bytes: content.length } as const;
    const chunks = readTable(source, NUMBERED).chunks();
    await expect(chunks.next()).rejects.toThrow("missing");
  });
});

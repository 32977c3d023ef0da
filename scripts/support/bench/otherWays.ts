/** The same work by others: DuckDB on one thread, and the plain way with strings and objects. */
import { createHmac } from "node:crypto";
import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import Papa from "papaparse";
import { CITIES } from "./dataPlaneFile.ts";

const KEY = "0123456789abcdef0123456789abcdef";

/**
 * One SQL statement: rows that break a rule stay out, the hash takes SHA-256 twice under a key, as
 * HMAC does, the mask has a star for each character.
 */
export const duckdbPass = async (file: string): Promise<number> => {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const duckdb = await instance.connect();
  try {
    const result = await duckdb.run(`COPY (
      SELECT id, sha256('${KEY}' || sha256('${KEY}' || email)) AS email,
        repeat('*', length(name)) AS name, amount, city, signed_up, active
      FROM read_csv('${file}', header = true, delim = ',', quote = '"', columns = {
        id: 'BIGINT', email: 'VARCHAR', name: 'VARCHAR', amount: 'DOUBLE', city: 'VARCHAR',
        signed_up: 'DATE', active: 'BOOLEAN'})
      WHERE id IS NOT NULL AND amount >= 0 AND city IN (${CITIES.map((city) => `'${city}'`)})
    ) TO '${file}.duckdb.parquet' (FORMAT parquet, COMPRESSION snappy)`);
    return Number(result.rowsChanged);
  } finally {
    duckdb.closeSync();
    instance.closeSync();
  }
};

/** Rows that DuckDB finds in a Parquet file, and the types of its columns. */
export const duckdbReads = async (file: string): Promise<string> => {
  const instance = await DuckDBInstance.create(":memory:");
  const duckdb = await instance.connect();
  try {
    const rows = await duckdb.runAndReadAll(`SELECT count(*) FROM '${file}'`);
    const types = await duckdb.runAndReadAll(
      `SELECT string_agg(column_type, ', ') FROM (DESCRIBE FROM '${file}')`,
    );
    return `${rows.getRowsJson()[0]} rows of ${types.getRowsJson()[0]}`;
  } finally {
    duckdb.closeSync();
    instance.closeSync();
  }
};

const ROW_GROUP_ROWS = 8192;

/** Papa Parse to strings, strings to values, values to hyparquet-writer, on Node. */
export const plainPass = async (file: string): Promise<number> => {
  const bytes = new ByteWriter();
  const out = openSync(`${file}.plain.parquet`, "w");
  const columns = ["id", "email", "name", "amount", "city", "signed_up", "active"] as const;
  const writer = new ParquetWriter({
    writer: bytes,
    codec: "SNAPPY",
    schema: [
      { name: "root", num_children: columns.length },
      { name: "id", type: "INT64", repetition_type: "OPTIONAL" },
      { name: "email", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      { name: "name", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      { name: "amount", type: "DOUBLE", repetition_type: "OPTIONAL" },
      { name: "city", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      { name: "signed_up", type: "INT32", converted_type: "DATE", repetition_type: "OPTIONAL" },
      { name: "active", type: "BOOLEAN", repetition_type: "OPTIONAL" },
    ],
  });
  let group: (bigint | number | string | boolean)[][] = columns.map(() => []);
  let rows = 0;
  const drain = () => {
    writeSync(out, bytes.getBytes());
    bytes.index = 0;
  };
  const flush = async () => {
    const columnData = columns.map((name, index) => ({ name, data: group[index] ?? [] }));
    await writer.write({ columnData, rowGroupSize: ROW_GROUP_ROWS });
    group = columns.map(() => []);
    drain();
  };
  const parsing = Papa.parse(Papa.NODE_STREAM_INPUT, { header: false });
  let isHeader = true;
  for await (const row of createReadStream(file, { encoding: "utf8", highWaterMark: 2 ** 18 }).pipe(
    parsing,
  )) {
    const [id, email, name, amount, city, day, active] = row as readonly string[];
    if (isHeader || id === undefined || id === "") {
      isHeader = false;
      continue;
    }
    if (Number(amount) < 0 || !CITIES.includes(city ?? "")) continue;
    const values = [
      BigInt(id),
      createHmac("sha256", KEY)
        .update(email ?? "")
        .digest("hex"),
      "*".repeat([...(name ?? "")].length),
      Number(amount),
      city ?? "",
      Date.parse(day ?? "") / 86_400_000,
      active === "true",
    ];
    for (const [index, value] of values.entries()) group[index]?.push(value);
    rows += 1;
    if (rows % ROW_GROUP_ROWS === 0) await flush();
  }
  if (rows % ROW_GROUP_ROWS > 0) await flush();
  await writer.finish();
  drain();
  closeSync(out);
  return rows;
};

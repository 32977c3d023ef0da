/**
 * Parquet out, a row group at a time, Snappy. Every column is optional:
 *
 *     int INT64 · float DOUBLE · string UTF8 · boolean BOOLEAN · date DATE
 *     datetime TIMESTAMP(MICROS, adjusted to UTC) · decimal UTF8
 *
 * A decimal is written as text: Parquet's DECIMAL fixes precision and scale before the first row,
 * which a stream does not know, and one scale for all cells would lose the digits of `-12.30`.
 */
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter as HyparquetWriter } from "hyparquet-writer";
import type { ObjectWriter } from "../application/dataPorts.ts";
import { assertNever, invariant } from "../domain/decider.ts";
import type { ColumnType, Schema } from "../domain/table.ts";
import type { Cell, Chunk } from "./chunk.ts";
import { columnSpecs } from "./rowBuilder.ts";
import { countingWriter } from "./sha256.ts";

/** Rows of a row group; larger ones ran out of memory in an isolate of 128 MB. */
export const ROW_GROUP_ROWS = 8192;

/** A row group of long texts ends early, at about this many characters. */
export const ROW_GROUP_CHARS = 8 * 1024 * 1024;

export interface ParquetWriter {
  /** Columns must be those of the schema, in its order. */
  write(chunk: Chunk): Promise<void>;
  /** The object is visible once this resolves. `sha256` is lower-case hex. */
  close(): Promise<{ bytes: number; sha256: string; rows: number }>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

/** Writes a Parquet file, valid also without a single row. */
export const parquetWriter = (writer: ObjectWriter, schema: Schema): ParquetWriter => {
  const columns = columnSpecs(schema);
  const bytes = new ByteWriter();
  const out = countingWriter(writer);
  const file = new HyparquetWriter({
    writer: bytes,
    schema: [{ name: "root", num_children: columns.length }, ...columns.map(schemaElement)],
    codec: "SNAPPY",
    createdBy: "lethe",
  });
  let group: Cell[][] = columns.map(() => []);
  let groupRows = 0;
  let groupChars = 0;
  let rows = 0;

  const drain = async () => {
    const encoded = bytes.getBytes();
    if (encoded.length > 0) await out.write(encoded);
    // `offset` keeps counting from the start of the file, `index` only within the buffer.
    bytes.index = 0;
  };

  const endGroup = async () => {
    if (groupRows === 0) return;
    const columnData = columns.map(({ name }, index) => ({ name, data: group[index] ?? [] }));
    await file.write({ columnData, rowGroupSize: groupRows });
    group = columns.map(() => []);
    groupRows = 0;
    groupChars = 0;
    await drain();
  };

  const append = (chunk: Chunk, row: number) => {
    chunk.columns.forEach(({ cells }, index) => {
      const cell = cells[row] ?? null;
      group[index]?.push(cell);
      if (typeof cell === "string") groupChars += cell.length;
    });
    groupRows += 1;
  };

  return {
    async write(chunk) {
      invariant(
        chunk.columns.length === columns.length &&
          columns.every(({ name }, index) => chunk.columns[index]?.name === name),
        "a chunk has the columns of the schema it is written under",
      );
      for (let row = 0; row < chunk.rows; row += 1) {
        append(chunk, row);
        if (groupRows >= ROW_GROUP_ROWS || groupChars >= ROW_GROUP_CHARS) await endGroup();
      }
      rows += chunk.rows;
    },
    async close() {
      await endGroup();
      await file.finish();
      await drain();
      return { ...(await out.close()), rows };
    },
    abort: () => out.abort(),
  };
};

const schemaElement = ({ name, type }: { name: string; type: ColumnType }): SchemaElement => ({
  name,
  repetition_type: "OPTIONAL",
  ...physicalType(type),
});

const physicalType = (type: ColumnType): Omit<SchemaElement, "name"> => {
  switch (type) {
    case "int":
      return { type: "INT64" };
    case "float":
      return { type: "DOUBLE" };
    case "string":
    case "decimal":
      return { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
    case "boolean":
      return { type: "BOOLEAN" };
    case "date":
      return { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } };
    case "datetime":
      return {
        type: "INT64",
        converted_type: "TIMESTAMP_MICROS",
        logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
      };
    default:
      return assertNever(type);
  }
};

/** Tables as files of every format, and what stands in their columns. */
import { rowsOf } from "../../src/data/columnCells.ts";
import type { ColumnChunk } from "../../src/data/columns.ts";
import { csvHeader, csvRows } from "../../src/data/csvWriter.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
import { toJson, toText } from "../../src/data/types.ts";
import type { ColumnType, Format, Schema } from "../../src/domain/table.ts";
import type { MemoryObjectStore } from "./memoryObjectStore.ts";

/** The table as a file of that format. */
export const putTable = async (
  store: MemoryObjectStore,
  key: string,
  format: Format,
  schema: Schema,
  chunk: ColumnChunk,
): Promise<void> => {
  if (format === "csv") {
    const rows = csvRows(chunk);
    store.put(key, Buffer.concat([Buffer.from(csvHeader(schema)), rows]));
  } else if (format === "jsonl") {
    const names = Object.keys(schema);
    const lines = rowsOf(chunk).map((row) =>
      JSON.stringify(
        Object.fromEntries(
          row.map((cell, at) => {
            const name = names[at] ?? "";
            return [name, toJson(cell, schema[name] ?? "string")];
          }),
        ),
      ),
    );
    store.put(key, lines.map((line) => `${line}\n`).join(""));
  } else {
    const writer = parquetWriter(store.writer(key, ""), schema);
    await writer.write(chunk);
    await writer.close();
  }
};

/** Every value of a column, spelt as its owner might. */
export const idsIn = (chunk: ColumnChunk, schema: Schema, name: ColumnType) => {
  const at = Object.keys(schema).indexOf(name);
  return rowsOf(chunk).flatMap((row) => {
    const cell = row[at] ?? null;
    return cell === null ? [] : [toText(cell, name)];
  });
};

/** A Parquet table without some of its rows: found by one column, then written anew. */
import type { DigestingStore } from "../../application/digests.ts";
import { invariant } from "../../domain/decider.ts";
import type { ObjectRef, Schema } from "../../domain/table.ts";
import type { ColumnChunk } from "../columns.ts";
import { contentType } from "../contentTypes.ts";
import { decimalColumns } from "../decimalColumns.ts";
import { parquetWriter } from "../parquet.ts";
import { openTable, readTable } from "../readTable.ts";
import { withoutRows } from "../rowSelection.ts";
import type { RowMatch } from "./rowMatch.ts";

export interface ParquetRedaction {
  readonly rows_read: number;
  readonly rows_removed: number;
  /** Null: no row was left out, and nothing was written. */
  readonly object: ObjectRef | null;
}

export interface ParquetRedactionInput {
  readonly source: ObjectRef;
  readonly target: string;
  readonly schema: Schema;
  /** Of the schema, the columns that `match` looks at. */
  readonly columns: readonly string[];
  readonly match: RowMatch;
  readonly kept?: (chunk: ColumnChunk) => void;
}

/** Null, and nothing written, when the object does not fit the schema. */
export const redactParquet = async (
  store: DigestingStore,
  { source, target, schema, columns, match, kept }: ParquetRedactionInput,
): Promise<ParquetRedaction | null> => {
  const searched = Object.fromEntries(
    Object.entries(schema).filter(([name]) => columns.includes(name)),
  );
  let rows_read = 0;
  let rows_removed = 0;
  const reader = readTable(await openTable(store, source), searched);
  for await (const chunk of reader.chunks()) {
    rows_read += chunk.rows;
    rows_removed += match(chunk)?.reduce((sum, flag) => sum + flag, 0) ?? 0;
  }
  // Columns that were not asked for are no issue here.
  if (reader.issues.listed.some(({ column }) => column !== null)) return null;
  if (rows_removed === 0) return { rows_read, rows_removed, object: null };

  const whole = readTable(await openTable(store, source), schema);
  const decimals = await decimalColumns(store, source, schema);
  const writer = parquetWriter(store.writer(target, contentType("parquet")), schema, decimals);
  try {
    for await (const chunk of whole.chunks()) {
      const { chunk: left } = withoutRows(chunk, match(chunk));
      kept?.(left);
      await writer.write(left);
    }
    if (whole.issues.count > 0) {
      await writer.abort();
      return null;
    }
    const written = await writer.close();
    invariant(written.rows === rows_read - rows_removed, "both passes found the same rows");
    return { rows_read, rows_removed, object: { ...source, key: target, ...written } };
  } catch (error) {
    await writer.abort();
    throw error;
  }
};

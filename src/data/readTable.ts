/**
 * The one way from stored bytes to typed rows, whatever their format: chunks of cells in the order
 * of the schema, and a bounded log of everything that did not fit.
 */
import { MissingObjectError, type ObjectStore } from "../application/dataPorts.ts";
import { assertNever } from "../domain/decider.ts";
import { type CsvDialect, dialectOf, isRowsOnly } from "../domain/reading.ts";
import type { ObjectRef, Schema } from "../domain/table.ts";
import type { ColumnChunk } from "./columns.ts";
import { type DelimiterListener, readCsv } from "./csv.ts";
import { IssueLog } from "./issueLog.ts";
import { readJsonl } from "./jsonl.ts";
import { readParquet } from "./parquetReader.ts";
import { parquetSource } from "./parquetSource.ts";
import { type Pieces, piecesOf } from "./pieces.ts";

/** Text formats are read in one go, so that they can be tapped; Parquet is read by ranges. */
export type TableSource =
  | ({ readonly format: "csv"; readonly pieces: Pieces } & CsvDialect & Partial<DelimiterListener>)
  | { readonly format: "jsonl"; readonly pieces: Pieces }
  /** A file without a header of which every row was erased: no upload comes so. */
  | { readonly format: "empty" }
  | {
      readonly format: "parquet";
      readonly store: ObjectStore;
      readonly key: string;
      readonly size_bytes: number;
      /** What it may unpack to; left out: MAX_UNPACKED_BYTES. */
      readonly at_most_bytes?: number;
    };

export interface TableReader {
  /**
   * The rows, once. A cell that does not fit is null here and an issue in the log. Rejects with a
   * NotATableError when the bytes are no table. Pieces are always read to their end, unless the
   * consumer stops or an error ends it.
   */
  chunks(): AsyncGenerator<ColumnChunk, void, undefined>;
  /** Complete only when `chunks` has been read to its end. */
  readonly issues: IssueLog;
}

/**
 * @example
 * const reader = readTable(await openTable(store, ref), schema);
 * for await (const chunk of reader.chunks()) await writer.write(chunk);
 * if (reader.issues.count > 0) await writer.abort();
 */
export const readTable = (source: TableSource, schema: Schema): TableReader => {
  const issues = new IssueLog();
  return { issues, chunks: () => chunksOf(source, schema, issues) };
};

/** Throws when the object is missing: a reference in the log promises that it is there. */
export const openTable = async (
  store: ObjectStore,
  ref: Pick<ObjectRef, "key" | "format" | "bytes" | "delimiter" | "reading">,
): Promise<TableSource> => {
  if (ref.format === "parquet") {
    return { format: "parquet", store, key: ref.key, size_bytes: ref.bytes };
  }
  const stream = await store.open(ref.key);
  if (stream === null) throw new MissingObjectError(`object ${ref.key} is missing`);
  if (isRowsOnly(ref) && ref.bytes === 0) {
    await stream.cancel();
    return { format: "empty" };
  }
  const pieces = piecesOf(stream);
  return ref.format === "csv"
    ? { format: "csv", pieces, ...dialectOf(ref) }
    : { format: ref.format, pieces };
};

const chunksOf = (source: TableSource, schema: Schema, issues: IssueLog) => {
  switch (source.format) {
    case "csv":
      return readCsv(source.pieces, schema, issues, source);
    case "jsonl":
      return readJsonl(source.pieces, schema, issues);
    case "parquet":
      return readParquet(
        parquetSource(source.store, source.key, source.size_bytes),
        schema,
        issues,
        {},
        source.at_most_bytes === undefined ? {} : { most: source.at_most_bytes },
      );
    case "empty":
      return noRows();
    default:
      return assertNever(source);
  }
};

export async function* noRows(): AsyncGenerator<ColumnChunk, void, undefined> {}

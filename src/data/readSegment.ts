/**
 * A run of whole rows of a stored object, read as if the rows before it had been read as well: the
 * header stands elsewhere, row numbers count from the beginning of the file.
 */
import { MissingObjectError, type ObjectStore, type Segment } from "../application/dataPorts.ts";
import { assertNever, invariant } from "../domain/decider.ts";
import { dialectOf, isRowsOnly } from "../domain/reading.ts";
import type { ObjectRef, Schema } from "../domain/table.ts";
import type { ColumnChunk } from "./columns.ts";
import { CsvTable, readCsv } from "./csv.ts";
import { csvColumns, findLayout } from "./csvHeader.ts";
import { IssueLog } from "./issueLog.ts";
import { JsonlTable } from "./jsonl.ts";
import type { CsvLayout } from "./kernels/csvColumns.ts";
import { readParquet } from "./parquetReader.ts";
import { parquetSource } from "./parquetSource.ts";
import { piecesOf } from "./pieces.ts";
import { markOf, transcoded, transcodedHead } from "./reading/csvText.ts";
import { noRows } from "./readTable.ts";
import { columnSpecs } from "./rowBuilder.ts";
import { textPieces } from "./textInput.ts";

export interface SegmentReader {
  /** The rows, once; see TableReader. */
  chunks(): AsyncGenerator<ColumnChunk, void, undefined>;
  readonly issues: IssueLog;
  /** What it says of the file as a whole is known from an earlier segment. */
  readonly rows_only: boolean;
  /** Columns of the schema that these rows do not have: missing from the file if from all of it. */
  missing(): readonly string[];
}

export const readSegment = async (
  store: ObjectStore,
  ref: ObjectRef,
  schema: Schema,
  segment: Segment,
): Promise<SegmentReader> => {
  const issues = new IssueLog();
  const none = () => [];
  const rows_only = segment.index > 0;
  switch (ref.format) {
    case "csv": {
      // Every row of a file without a header may have been erased: that is no damage.
      if (ref.bytes === 0 && isRowsOnly(ref)) {
        return { issues, chunks: noRows, missing: none, rows_only };
      }
      const chunks = await csvSegment(store, ref, schema, segment, issues);
      return { issues, chunks, missing: none, rows_only };
    }
    case "jsonl": {
      const table = new JsonlTable(columnSpecs(schema), issues, segment.first_row);
      const pieces = await piecesOfSegment(store, ref, segment);
      const chunks = async function* () {
        // Every row of it may have been erased: that is no damage.
        const isFirst = segment.index === 0 && ref.bytes > 0;
        yield* table.read(isFirst ? textPieces(pieces) : pieces);
        issues.reportUnexpected();
      };
      return { issues, chunks, missing: () => table.missing, rows_only: false };
    }
    case "parquet": {
      const range = { first: segment.offset, count: segment.length };
      const source = parquetSource(store, ref.key, ref.bytes);
      const chunks = () => readParquet(source, schema, issues, range);
      return { issues, chunks, missing: none, rows_only };
    }
    default:
      return assertNever(ref.format);
  }
};

const piecesOfSegment = async (store: ObjectStore, ref: ObjectRef, segment: Segment) => {
  const { offset, length } = segment;
  const stream = await store.open(ref.key, { offset, length });
  if (stream === null) throw new MissingObjectError(`object ${ref.key} is missing`);
  return piecesOf(stream);
};

const csvSegment = async (
  store: ObjectStore,
  ref: ObjectRef,
  schema: Schema,
  segment: Segment,
  issues: IssueLog,
): Promise<() => AsyncGenerator<ColumnChunk, void, undefined>> => {
  const pieces = await piecesOfSegment(store, ref, segment);
  if (segment.index === 0) return () => readCsv(pieces, schema, issues, ref);
  const layout = await layoutOf(store, ref, schema, () => issues.addCutDatetimes(1));
  const about = { ...dialectOf(ref), layout, first_row: segment.first_row };
  const table = new CsvTable(columnSpecs(schema), issues, about);
  const text = transcoded(pieces, ref.reading?.encoding);
  return async function* () {
    for await (const piece of text) if (table.append(piece)) yield* table.chunks(false);
    yield* table.chunks(true);
  };
};

const FIRST_HEADER_BYTES = 64 * 1024;

/** From the header alone. It was found once already, when the object was landed. */
const layoutOf = async (
  store: ObjectStore,
  ref: ObjectRef,
  schema: Schema,
  onCut: () => void,
): Promise<CsvLayout> => {
  const columns = csvColumns(columnSpecs(schema), ref.reading, onCut);
  const encoding = ref.reading?.encoding;
  const mark = markOf(encoding);
  for (let size = FIRST_HEADER_BYTES; ; size *= 4) {
    const length = Math.min(size, ref.bytes);
    const bytes = await store.read(ref.key, 0, length);
    const marked = mark.every((byte, index) => bytes[index] === byte);
    const text = transcodedHead(marked ? bytes.subarray(mark.length) : bytes, encoding);
    const found = findLayout(text, length === ref.bytes, columns, ref, new IssueLog());
    if (found !== null) return found.layout;
    invariant(length < ref.bytes, "a landed CSV file has a header");
  }
};

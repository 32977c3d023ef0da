/**
 * The rows of a text file with the place of each among its bytes: what can be left out without
 * touching anything else. Of a file that fits a schema only the column that names the subject is
 * parsed; of any other file every cell is read as text (anyCell.ts).
 */
import { MissingObjectError, type ObjectStore } from "../../application/dataPorts.ts";
import { dialectOf, isRowsOnly } from "../../domain/reading.ts";
import type { ObjectRef, Schema } from "../../domain/table.ts";
import { CHUNK_ROWS, type ColumnChunk } from "../columns.ts";
import { CsvTable, WINDOW_BYTES } from "../csv.ts";
import type { IssueLog } from "../issueLog.ts";
import { parseLine } from "../jsonLine.ts";
import { isBlank, type Line, LineScanner, TOO_LONG } from "../jsonl.ts";
import { counted } from "../land.ts";
import { piecesOf } from "../pieces.ts";
import { csvPieces } from "../reading/csvText.ts";
import { columnSpecs, RowBuilder } from "../rowBuilder.ts";
import { decodeUtf8, textPieces } from "../textInput.ts";
import { misfit, parseJson } from "../types.ts";
import type { SubjectColumn } from "./subjectIndex.ts";
import { subjectColumn } from "./subjectTracker.ts";

/** First byte of a row's line and the one behind its end, in the stored object. */
export type Extent = (row: number) => readonly [number, number];

export interface Scanned {
  readonly chunk: ColumnChunk;
  readonly extent: Extent;
}

export const openStream = async (store: ObjectStore, { key }: ObjectRef) => {
  const stream = await store.open(key);
  if (stream === null) throw new MissingObjectError(`object ${key} is missing`);
  return stream;
};

/**
 * Chunks of one column, in order. Bad rows and cells become issues, and are nulls. A chunk is of
 * about `chunk_bytes` of the file at most, so that it can be cut behind any of them.
 */
export const scanColumn = (
  store: ObjectStore,
  source: ObjectRef,
  schema: Schema,
  name: string,
  issues: IssueLog,
  chunk_bytes = WINDOW_BYTES,
): AsyncGenerator<Scanned, void, undefined> => {
  const about = { store, source, issues, chunk_bytes };
  if (source.format === "csv") return scanCsv(about, schema, name);
  const cellOf = (object: ReadonlyMap<string, unknown>) => object.get(name) ?? null;
  return scanLines(about, subjectColumn(schema, name), cellOf);
};

interface Scan {
  readonly store: ObjectStore;
  readonly source: ObjectRef;
  readonly issues: IssueLog;
  readonly chunk_bytes?: number;
}

async function* scanCsv(
  { store, source, issues, chunk_bytes = WINDOW_BYTES }: Scan,
  schema: Schema,
  only: string,
): AsyncGenerator<Scanned, void, undefined> {
  if (isRowsOnly(source) && source.bytes === 0) return;
  const chunk_rows = chunk_bytes < WINDOW_BYTES ? 1 : CHUNK_ROWS;
  const options = { ...dialectOf(source), only, chunk_rows };
  const table = new CsvTable(columnSpecs(schema), issues, options);
  const stream = await openStream(store, source);
  const { state, pieces } = counted(piecesOf(stream), source.reading?.encoding);
  const extent: Extent = (row) => {
    const [start, end] = table.extent(row);
    return [state.mark_bytes + start, state.mark_bytes + end];
  };
  for await (const piece of csvPieces(pieces, source.reading)) {
    if (!table.append(piece)) continue;
    for (const chunk of table.chunks(false)) yield { chunk, extent };
  }
  for (const chunk of table.chunks(true)) yield { chunk, extent };
  table.end();
}

/** Lines of JSON objects as chunks of one column: the JSON value that `cellOf` takes from each. */
export async function* scanLines(
  { store, source, issues, chunk_bytes = WINDOW_BYTES }: Scan,
  { name, type }: SubjectColumn,
  cellOf: (object: ReadonlyMap<string, unknown>) => unknown,
): AsyncGenerator<Scanned, void, undefined> {
  const rows = new RowBuilder([{ name, type }], 1);
  let places: number[] = [];
  const taken = (): Scanned => {
    const chunk = rows.take();
    const ends = places;
    places = [];
    return { chunk, extent: (row) => [ends[2 * row] ?? 0, ends[2 * row + 1] ?? 0] };
  };
  for await (const { line, start, end } of linesOf(store, source)) {
    const text = line === TOO_LONG ? undefined : decodeUtf8(line);
    const object = text === undefined ? undefined : parseLine(text);
    const cell = object instanceof Map ? parseJson(cellOf(object), type) : undefined;
    if (cell === undefined) issues.add(name, rows.row, misfit(type));
    rows.put(0, cell ?? null);
    rows.endRow();
    places.push(start, end);
    if (rows.full || end - (places[0] ?? end) >= chunk_bytes) yield taken();
  }
  if (!rows.empty) yield taken();
}

export interface PlacedLine {
  /** Valid until the next one is asked for. */
  readonly line: Line;
  readonly start: number;
  readonly end: number;
}

/** The lines that are rows, with their places in the stored object. After TOO_LONG nothing comes. */
export async function* linesOf(
  store: ObjectStore,
  source: ObjectRef,
): AsyncGenerator<PlacedLine, void, undefined> {
  if (source.bytes === 0) return;
  const lines = new LineScanner();
  const { state, pieces } = counted(piecesOf(await openStream(store, source)));
  let offset = 0;
  const placed = (line: Line): PlacedLine => {
    const start = state.mark_bytes + offset;
    offset += line === TOO_LONG ? 0 : line.length + 1;
    // The last line may lack its LF.
    return { line, start, end: Math.min(state.mark_bytes + offset, source.bytes) };
  };
  for await (const piece of textPieces(pieces)) {
    for (const line of lines.push(piece)) {
      const found = placed(line);
      if (!isBlank(line)) yield found;
    }
  }
  for (const line of lines.end()) {
    const found = placed(line);
    if (!isBlank(line)) yield found;
  }
}

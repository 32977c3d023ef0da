/**
 * The rows of text files that fit no schema, each with its place: CSV records of any width, lines
 * of JSON of any kind. Where the file says which cell of a row stands under a name, so do they.
 */
import type { ObjectStore } from "../../application/dataPorts.ts";
import type { ObjectRef } from "../../domain/table.ts";
import { CarryBuffer } from "../carryBuffer.ts";
import { DELIMITERS, MAX_CSV_FIELDS } from "../csvHeader.ts";
import { parseLine } from "../jsonLine.ts";
import { TOO_LONG } from "../jsonl.ts";
import { csvHeaderRecord } from "../kernels/csvRecord.ts";
import { piecesOf } from "../pieces.ts";
import { measureOf, transcoded } from "../reading/csvText.ts";
import { hasRepeatedNames } from "../repeatedNames.ts";
import { decodeUtf8, MAX_RECORD_BYTES, withoutMark } from "../textInput.ts";
import { JsonNumber } from "../types.ts";
import { codePages } from "./codePages.ts";
import { linesOf, openStream } from "./rowScan.ts";

/** Thrown when a file cannot be told apart into rows. */
export class UnreadableError extends Error {}

/** One row: the texts of its cells, or its bytes when they are no cells. */
export interface LooseRow {
  readonly texts: readonly string[] | null;
  readonly bytes: Uint8Array;
}

/** The texts of a row's cell in that column: none where it is empty, null where it cannot be told. */
export type CellOf = (column: string) => readonly string[] | null;

export interface PlacedRow extends LooseRow {
  readonly cellOf: CellOf;
  readonly start: number;
  readonly end: number;
}

/** Rows looked at together. */
const ROWS_AT_ONCE = 256;
const BYTES_AT_ONCE = 4 * 1024 * 1024;

/** All rows of a text file some at a time. */
export const rowBatches = (store: ObjectStore, source: ObjectRef) =>
  batches(source.format === "csv" ? csvRecords(store, source) : jsonLines(store, source));

async function* batches(
  rows: AsyncIterable<PlacedRow>,
): AsyncGenerator<readonly PlacedRow[], void, undefined> {
  let batch: PlacedRow[] = [];
  let bytes = 0;
  for await (const row of rows) {
    batch.push(row);
    bytes += row.bytes.length;
    if (batch.length < ROWS_AT_ONCE && bytes < BYTES_AT_ONCE) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Lines of JSON: the cells are all texts, numbers and truth values in them, however deep. Of a line
 * with a name twice nobody can tell what it says: it is none that has cells.
 */
async function* jsonLines(
  store: ObjectStore,
  source: ObjectRef,
): AsyncGenerator<PlacedRow, void, undefined> {
  for await (const { line, start, end } of linesOf(store, source)) {
    if (line === TOO_LONG) throw new UnreadableError();
    const text = decodeUtf8(line);
    const object = text === undefined || hasRepeatedNames(text) ? undefined : parseLine(text);
    const texts = object instanceof Map ? [...scalarsIn([...object.values()])] : null;
    const cellOf: CellOf = (column) => (object?.has(column) ? cellTexts(object.get(column)) : null);
    yield { texts, cellOf, bytes: line.slice(), start, end };
  }
}

/** The texts of a value as a cell: null when it has parts, or may say several things. */
export const cellTexts = (value: unknown): ReturnType<CellOf> => {
  const texts = [...scalarsIn(value)];
  return texts.length > 1 || hasParts(value) ? null : texts;
};

const hasParts = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  ![JsonNumber, Date, Uint8Array].some((whole) => value instanceof whole);

export function* scalarsIn(value: unknown): Generator<string, void, undefined> {
  if (value instanceof JsonNumber) yield value.source;
  else if (["string", "number", "bigint", "boolean"].includes(typeof value)) yield String(value);
  else if (value instanceof Date) yield value.toISOString();
  else if (value instanceof Uint8Array) yield* readings(value);
  else if (typeof value === "object" && value !== null)
    for (const part of Object.values(value)) yield* scalarsIn(part);
}

/** Bytes that are no UTF-8 and more than these are no id in any other encoding. */
const MAX_ID_BYTES = 1024;

/** What the bytes may say: when they are no UTF-8, in each encoding that they may be in. */
const readings = (bytes: Uint8Array): readonly string[] => {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return [text];
  if (bytes.length > MAX_ID_BYTES) return [];
  return [...new Set(codePages().map(({ decode }) => decode(bytes)))];
};

const FIRST_RECORD_BYTES = 4096;

/** Records of any width, under the delimiter that gives the first of them the most fields. */
async function* csvRecords(
  store: ObjectStore,
  source: ObjectRef,
): AsyncGenerator<PlacedRow, void, undefined> {
  const { encoding, header: headed = true } = source.reading ?? {};
  const measure = measureOf(encoding);
  const carry = new CarryBuffer();
  let delimiter = source.delimiter?.charCodeAt(0);
  let offset = 0;
  /** Bytes worth looking at: more than there were when they held no whole record. */
  let wanted = 0;
  // Without a header nothing here says which column is which.
  let header: Header | undefined = headed ? undefined : { names: null };
  const next = (isLast: boolean): PlacedRow | null => {
    const mark = offset === 0 ? carry.length - withoutMark(carry.view()).length : 0;
    if (offset === 0) offset += measure.length(carry.view().subarray(0, mark));
    carry.consume(mark);
    const all = carry.view();
    if (all.length < wanted && !isLast) return null;
    wanted = 0;
    for (let size = FIRST_RECORD_BYTES; all.length > 0; size *= 4) {
      const bytes = all.subarray(0, size);
      const isWhole = isLast && bytes.length === all.length;
      delimiter ??= widest(bytes, isWhole);
      const record =
        delimiter === undefined ? null : csvHeaderRecord(bytes, isWhole, delimiter, MAX_CSV_FIELDS);
      if (record !== null) {
        if (record.problem === "too_long") throw new UnreadableError();
        const taken = bytes.slice(0, record.consumed);
        const start = offset;
        offset += measure.length(taken);
        carry.consume(record.consumed);
        const isTold = record.problem === null && record.width === record.names.length;
        const texts = isTold ? record.names : null;
        const cellOf = header === undefined ? headerCell(texts) : recordCell(header, texts);
        header ??= { names: texts };
        return { texts, cellOf, bytes: taken, start, end: offset };
      }
      if (bytes.length > MAX_RECORD_BYTES) throw new UnreadableError();
      if (bytes.length === all.length) {
        wanted = Math.min(2 * all.length, MAX_RECORD_BYTES + 1);
        return null;
      }
    }
    return null;
  };
  const pieces = piecesOf(await openStream(store, source));
  for await (const piece of transcoded(pieces, encoding)) {
    carry.append(piece);
    for (let row = next(false); row !== null; row = next(false)) yield row;
  }
  for (let row = next(true); row !== null; row = next(true)) yield row;
}

/** Null: it cannot be told apart into names. */
interface Header {
  readonly names: readonly string[] | null;
}

/** What has the column's name in it is the header, and nobody's row. */
const headerCell =
  (names: Header["names"]): CellOf =>
  (column) =>
    names?.includes(column) ? [] : null;

/** A record of another width may have been shifted, and a name that occurs twice says nothing. */
const recordCell =
  ({ names }: Header, texts: Header["names"]): CellOf =>
  (column) => {
    if (names === null || texts?.length !== names.length) return null;
    const at = names.indexOf(column);
    const text = names.lastIndexOf(column) === at ? texts[at] : undefined;
    return text === undefined ? null : [text];
  };

const widest = (bytes: Uint8Array, isLast: boolean): number | undefined => {
  let best: { readonly byte: number; readonly width: number } | undefined;
  for (const candidate of DELIMITERS) {
    const byte = candidate.charCodeAt(0);
    const record = csvHeaderRecord(bytes, isLast, byte, MAX_CSV_FIELDS);
    if (record === null) return undefined;
    if (best === undefined || record.width > best.width) best = { byte, width: record.width };
  }
  return best?.byte;
};

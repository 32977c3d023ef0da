/**
 * Rows of files that fit no schema: which cell names the subject is not known, so a row is the
 * subject's when any of its cells is, read as any type. What cannot be told apart into cells is
 * looked through as bytes; without a clear id at hand it counts as the subject's.
 */
import type { ObjectStore } from "../../application/dataPorts.ts";
import type { SubjectSet } from "../../application/subjectPorts.ts";
import { COLUMN_TYPES, type ColumnType, type ObjectRef } from "../../domain/table.ts";
import { CarryBuffer } from "../carryBuffer.ts";
import type { ColumnChunk } from "../columns.ts";
import { DELIMITERS, MAX_CSV_FIELDS } from "../csvHeader.ts";
import { parseLine } from "../jsonLine.ts";
import { TOO_LONG } from "../jsonl.ts";
import { csvHeaderRecord } from "../kernels/csvColumns.ts";
import { keyedDigests } from "../kernels/keyedHash.ts";
import { piecesOf } from "../pieces.ts";
import { TextBuilder } from "../textBuilder.ts";
import { decodeUtf8, MAX_RECORD_BYTES } from "../textInput.ts";
import { JsonNumber } from "../types.ts";
import { bytesFinder } from "./heldText.ts";
import { refsForType } from "./rowMatch.ts";
import { linesOf, openStream, type Scanned } from "./rowScan.ts";
import { REF_WORDS, RefSet } from "./subjectHashes.ts";
import { canonicalText } from "./subjectTexts.ts";

/** Thrown when a file cannot be told apart into rows. */
export class UnreadableError extends Error {}

/** One row: the texts of its cells, or its bytes when they are no cells. */
export interface LooseRow {
  readonly texts: readonly string[] | null;
  readonly bytes: Uint8Array;
}

/** Only these can begin a value of another type than text. */
const TYPED = /^\s*(?:[+\-.\d]|true|false)/i;

/** Whether rows are the subjects', a flag each; null when none is. */
export const looseMatch = (subjects: SubjectSet, key: Uint8Array) => {
  const sets = COLUMN_TYPES.map((type) => [type, new RefSet(refsForType(subjects, type))] as const);
  const wanted = sets.filter(([, set]) => !set.empty);
  const find = bytesFinder(subjects.subject_ids);
  return (rows: readonly LooseRow[]): Uint8Array | null => {
    const flags = new Uint8Array(rows.length);
    const builder = new TextBuilder(rows.length);
    const asked: { readonly row: number; readonly set: RefSet }[] = [];
    for (const [row, { texts, bytes }] of rows.entries()) {
      if (texts === null && (find.nothing || find.in(bytes))) flags[row] = 1;
      for (const text of texts ?? []) {
        for (const [type, set] of wanted) {
          for (const spelling of spellings(text, type)) {
            builder.text(spelling);
            builder.endText();
            asked.push({ row, set });
          }
        }
      }
    }
    const digests = keyedDigests(key, builder.texts(), asked.length);
    const words = new Uint32Array(digests.buffer, digests.byteOffset, asked.length * REF_WORDS);
    for (const [at, { row, set }] of asked.entries())
      if (set.has(words, at * REF_WORDS)) flags[row] = 1;
    return flags.includes(1) ? flags : null;
  };
};

const spellings = (text: string, type: ColumnType): readonly string[] => {
  if (type !== "string") {
    const canonical = TYPED.test(text) ? canonicalText(text, type) : null;
    return canonical === null ? [] : [canonical];
  }
  if (!text.isWellFormed()) return [];
  const trimmed = text.trim();
  return trimmed === text ? [text] : [text, trimmed];
};

/** Rows looked at together. */
const ROWS_AT_ONCE = 256;
const BYTES_AT_ONCE = 4 * 1024 * 1024;

export interface LooseScan {
  readonly rows: AsyncGenerator<Scanned, void, undefined>;
  /** The flags of a chunk that was just given. */
  match(chunk: ColumnChunk): Uint8Array | null;
}

/** Every row of the file, of CSV the header too: it may be a row that has none above it. */
export const scanLoosely = (
  store: ObjectStore,
  source: ObjectRef,
  subjects: SubjectSet,
  key: Uint8Array,
): LooseScan => {
  const flags = new WeakMap<ColumnChunk, Uint8Array | null>();
  const scanned = async function* (): AsyncGenerator<Scanned, void, undefined> {
    let first_row = 1;
    for await (const { batch, found } of looseRows(store, source, subjects, key)) {
      const chunk = { first_row, rows: batch.length, columns: [] };
      flags.set(chunk, found);
      first_row += batch.length;
      const extent = (row: number) => [batch[row]?.start ?? 0, batch[row]?.end ?? 0] as const;
      yield { chunk, extent };
    }
  };
  return { rows: scanned(), match: (chunk) => flags.get(chunk) ?? null };
};

/** All rows of a text file some at a time, with a flag for each that is the subjects'. */
export async function* looseRows(
  store: ObjectStore,
  source: ObjectRef,
  subjects: SubjectSet,
  key: Uint8Array,
): AsyncGenerator<
  { readonly batch: readonly PlacedRow[]; readonly found: Uint8Array | null },
  void,
  undefined
> {
  const match = looseMatch(subjects, key);
  const rows = source.format === "csv" ? csvRecords(store, source) : jsonLines(store, source);
  for await (const batch of batches(rows)) yield { batch, found: match(batch) };
}

export interface PlacedRow extends LooseRow {
  readonly start: number;
  readonly end: number;
}

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

/** Lines of JSON: the cells are all texts, numbers and truth values in them, however deep. */
async function* jsonLines(
  store: ObjectStore,
  source: ObjectRef,
): AsyncGenerator<PlacedRow, void, undefined> {
  for await (const { line, start, end } of linesOf(store, source)) {
    if (line === TOO_LONG) throw new UnreadableError();
    const text = decodeUtf8(line);
    const object = text === undefined ? undefined : parseLine(text);
    const texts = object instanceof Map ? [...scalarsIn([...object.values()])] : null;
    yield { texts, bytes: line.slice(), start, end };
  }
}

export function* scalarsIn(value: unknown): Generator<string, void, undefined> {
  if (value instanceof JsonNumber) yield value.source;
  else if (["string", "number", "bigint", "boolean"].includes(typeof value)) yield String(value);
  else if (value instanceof Date) yield value.toISOString();
  else if (value instanceof Uint8Array) yield decodeUtf8(value) ?? "";
  else if (typeof value === "object" && value !== null)
    for (const part of Object.values(value)) yield* scalarsIn(part);
}

const FIRST_RECORD_BYTES = 4096;

/** Records of any width, under the delimiter that gives the first of them the most fields. */
async function* csvRecords(
  store: ObjectStore,
  source: ObjectRef,
): AsyncGenerator<PlacedRow, void, undefined> {
  const carry = new CarryBuffer();
  let delimiter = source.delimiter?.charCodeAt(0);
  let offset = 0;
  /** Bytes worth looking at: more than there were when they held no whole record. */
  let wanted = 0;
  const next = (isLast: boolean): PlacedRow | null => {
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
        offset += record.consumed;
        carry.consume(record.consumed);
        const texts = record.problem === null ? record.names : null;
        return { texts, bytes: taken, start, end: offset };
      }
      if (bytes.length > MAX_RECORD_BYTES) throw new UnreadableError();
      if (bytes.length === all.length) {
        wanted = Math.min(2 * all.length, MAX_RECORD_BYTES + 1);
        return null;
      }
    }
    return null;
  };
  for await (const piece of piecesOf(await openStream(store, source))) {
    carry.append(piece);
    for (let row = next(false); row !== null; row = next(false)) yield row;
  }
  for (let row = next(true); row !== null; row = next(true)) yield row;
}

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

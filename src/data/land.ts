/**
 * The first step of a batch that is too large for one pass: the bytes are copied and hashed, the
 * rows are counted, and places are found where the file can be cut between rows. No cell is looked
 * at: that is what the segments are for.
 */
import type { ObjectStore, Segment } from "../application/dataPorts.ts";
import type { DigestingStore } from "../application/digests.ts";
import type { LandInput, LandOutcome } from "../application/segmentPorts.ts";
import { dialectOf, type Encoding } from "../domain/reading.ts";
import { CHUNK_ROWS } from "./columns.ts";
import { CsvTable, type DelimiterListener, WINDOW_BYTES } from "./csv.ts";
import { IssueLog } from "./issueLog.ts";
import { checkFirstLine, isBlank, type Line, LineScanner, TOO_LONG } from "./jsonl.ts";
import { NotATableError } from "./notATable.ts";
import { parquetGroups } from "./parquetReader.ts";
import { parquetSource } from "./parquetSource.ts";
import type { Pieces } from "./pieces.ts";
import { csvPieces, markOf } from "./reading/csvText.ts";
import { columnSpecs } from "./rowBuilder.ts";
import { type Copied, MAX_OBJECT_BYTES, transfer } from "./take.ts";
import { textPieces } from "./textInput.ts";

/**
 * See `SegmentedDataPlane.land`. Rejects only when the store fails; then, and when the file is
 * refused, nothing is left at the target. `maxBytes` is there for tests.
 */
export const land = async (
  store: DigestingStore,
  input: LandInput,
  maxBytes = MAX_OBJECT_BYTES,
): Promise<LandOutcome> => {
  let dialect = dialectOf(input);
  const onDelimiter = (delimiter: string) => {
    dialect = { ...dialect, delimiter };
  };
  const copied = await transfer(store, input, maxBytes, {
    csv: (pieces) => csvSegments(pieces, input, onDelimiter),
    jsonl: (pieces) => jsonlSegments(pieces, input),
    parquet: (written) => parquetSegments(store, input, written, maxBytes),
  });
  if (copied.kind !== "copied") return copied;
  const segments = copied.found;
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  const { bytes, sha256 } = copied;
  const about = { key: input.target, format: input.format, ...dialect };
  const object = { ...about, bytes, sha256, rows };
  return { kind: "landed", object, segments, upload_etag: copied.upload_etag };
};

/** Gathers segments as the rows go by; offsets count in the stored object. */
export class Cutter {
  readonly #segments: Segment[] = [];
  readonly #most: number;
  #start = 0;
  #firstRow = 1;
  #rows = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** So many rows more end at that offset. */
  add(rows: number, end: number): void {
    this.#rows += rows;
    if (end - this.#start >= this.#most) this.#cut(end);
  }

  finish(end: number): readonly Segment[] {
    const last = this.#segments.at(-1);
    if (last === undefined || this.#rows > 0) this.#cut(end);
    // Blank lines at the end of the file are of no segment of their own.
    else this.#segments[last.index] = { ...last, length: end - last.offset };
    return this.#segments;
  }

  #cut(end: number): void {
    this.#segments.push({
      index: this.#segments.length,
      offset: this.#start,
      length: end - this.#start,
      first_row: this.#firstRow,
      rows: this.#rows,
    });
    this.#start = end;
    this.#firstRow += this.#rows;
    this.#rows = 0;
  }
}

/** Counts what passes by, and sees whether it begins with a byte order mark. */
export const counted = (pieces: Pieces, encoding?: Encoding) => {
  const mark = markOf(encoding);
  const state = { bytes: 0, mark_bytes: 0 };
  const counting = async function* () {
    let matched = 0;
    for await (const piece of pieces) {
      for (let at = 0; state.bytes + at < mark.length && at < piece.length; at += 1) {
        if (piece[at] === mark[state.bytes + at]) matched += 1;
      }
      state.bytes += piece.length;
      state.mark_bytes = matched === mark.length ? matched : 0;
      yield piece;
    }
  };
  return { state, pieces: counting() };
};

const csvSegments = async (
  pieces: Pieces,
  input: LandInput,
  onDelimiter: DelimiterListener["onDelimiter"],
): Promise<readonly Segment[]> => {
  const columns = columnSpecs(input.schema);
  // A cut comes where a chunk ends, and chunks are to be small beside segments.
  const chunk_rows = input.segment_bytes < WINDOW_BYTES ? 1 : CHUNK_ROWS;
  const table = new CsvTable(columns, new IssueLog(), {
    ...dialectOf(input),
    onDelimiter,
    counts_only: true,
    chunk_rows,
  });
  const { state, pieces: source } = counted(pieces, input.reading?.encoding);
  const cutter = new Cutter(input.segment_bytes);
  const count = (isLast: boolean) => {
    for (const { rows } of table.chunks(isLast)) cutter.add(rows, state.mark_bytes + table.offset);
  };
  const text = csvPieces(source, input.reading);
  for await (const piece of text) if (table.append(piece)) count(false);
  count(true);
  table.end();
  return cutter.finish(state.bytes);
};

const jsonlSegments = async (pieces: Pieces, input: LandInput): Promise<readonly Segment[]> => {
  const lines = new LineScanner();
  const { state, pieces: source } = counted(pieces);
  const cutter = new Cutter(input.segment_bytes);
  let offset = 0;
  let rows = 0;
  const count = (line: Line) => {
    if (line !== TOO_LONG) offset += line.length + 1;
    if (isBlank(line)) return;
    if (rows === 0) checkFirstLine(line);
    rows += 1;
    // The last line may lack its LF.
    cutter.add(1, Math.min(state.mark_bytes + offset, state.bytes));
  };
  for await (const piece of textPieces(source)) for (const line of lines.push(piece)) count(line);
  for (const line of lines.end()) count(line);
  if (rows === 0) throw new NotATableError("the file has no line with an object");
  return cutter.finish(state.bytes);
};

/** Row groups gathered by what they unpack to; a row group larger than a segment is one. */
export const parquetSegments = async (
  store: ObjectStore,
  input: Pick<LandInput, "target" | "segment_bytes" | "schema">,
  { bytes }: Pick<Copied, "bytes">,
  most = MAX_OBJECT_BYTES,
): Promise<readonly Segment[]> => {
  const columns = Object.keys(input.schema).length;
  const groups = await parquetGroups(parquetSource(store, input.target, bytes), columns, most);
  const segments: Segment[] = [];
  let unpacked = 0;
  for (const [index, group] of groups.entries()) {
    const last = segments.at(-1);
    if (last !== undefined && unpacked + group.bytes <= input.segment_bytes) {
      segments[last.index] = { ...last, length: last.length + 1, rows: last.rows + group.rows };
      unpacked += group.bytes;
      continue;
    }
    const first_row = last === undefined ? 1 : last.first_row + last.rows;
    segments.push({
      index: segments.length,
      offset: index,
      length: 1,
      first_row,
      rows: group.rows,
    });
    unpacked = group.bytes;
  }
  if (segments.length > 0) return segments;
  return [{ index: 0, offset: 0, length: 0, first_row: 1, rows: 0 }];
};

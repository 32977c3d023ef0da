/**
 * CSV in: the header is matched to the schema by name, every field to its column's type. What does
 * not fit is logged by row and column; the rows keep coming, so that they can be counted.
 */
import { type CsvDialect, dialectOf, type Reading } from "../domain/reading.ts";
import { MAX_LISTED_ISSUES, type Schema } from "../domain/table.ts";
import { CarryBuffer } from "./carryBuffer.ts";
import { CHUNK_ROWS, type ColumnChunk } from "./columns.ts";
import { csvColumns, describeProblem, findLayout } from "./csvHeader.ts";
import type { IssueLog } from "./issueLog.ts";
import { type CsvColumn, type CsvLayout, type CsvWindow, csvWindow } from "./kernels/csvColumns.ts";
import { NotATableError } from "./notATable.ts";
import type { Pieces } from "./pieces.ts";
import { misfitUnder } from "./reading/cellReader.ts";
import { csvPieces, type Measure, measureOf } from "./reading/csvText.ts";
import { encodingHint, HintTally } from "./reading/hints.ts";
import { type ColumnSpec, columnSpecs, nullColumn } from "./rowBuilder.ts";
import { MAX_RECORD_BYTES } from "./textInput.ts";

/** Bytes parsed in one go, unless one record is longer: with few rows, the bound of a chunk. */
export const WINDOW_BYTES = 512 * 1024;

/**
 * Columns that a hint is looked for, which takes memory: some more than issues are listed of, for
 * they are listed row by row and met column by column.
 */
export const MAX_HINTED_COLUMNS = 3 * MAX_LISTED_ISSUES;

/** Fields parsed in one go: a table of very many columns comes in chunks of fewer rows. */
const WINDOW_FIELDS = 128 * 1024;

/**
 * Reads the rows of a CSV file. An empty field is null; `""` is an empty string in a string column
 * and null in any other. Blank lines are ignored, except below the header of a file with one
 * column: there they are the only way to write a null. The delimiter is what `dialect` says or else
 * the one under which most columns of the schema are in the header: comma, semicolon, tab or bar.
 */
export async function* readCsv(
  pieces: Pieces,
  schema: Schema,
  issues: IssueLog,
  { onDelimiter, ...dialect }: CsvDialect & Partial<DelimiterListener> = {},
): AsyncGenerator<ColumnChunk, void, undefined> {
  const options = { ...dialectOf(dialect), ...(onDelimiter ? { onDelimiter } : {}) };
  const table = new CsvTable(columnSpecs(schema), issues, options);
  // After a record that is too long nothing more is parsed, but the pieces are read to their end
  // all the same: somebody may be copying it on the way.
  for await (const piece of csvPieces(pieces, dialect.reading)) {
    if (table.append(piece)) yield* table.chunks(false);
  }
  yield* table.chunks(true);
  table.end();
}

export interface DelimiterListener {
  /**
   * Hears what parts the fields of a file without a header, where it was found. It is to be kept: when
   * the first row has been erased, the next one might say otherwise.
   */
  readonly onDelimiter: (delimiter: string) => void;
}

export interface CsvOptions extends CsvDialect, Partial<DelimiterListener> {
  /** Given where the bytes begin below the header. */
  readonly layout?: CsvLayout;
  /** 1-based data row that the bytes begin with (default 1). */
  readonly first_row?: number;
  /** No field is parsed: chunks have rows, but no columns. */
  readonly counts_only?: boolean;
  /** Rows of a chunk (default CHUNK_ROWS). */
  readonly chunk_rows?: number;
  /** The only column that is parsed; the header is looked for by all of them. */
  readonly only?: string;
}

export class CsvTable {
  readonly #columns: readonly CsvColumn[];
  readonly #issues: IssueLog;
  readonly #options: CsvOptions;
  readonly #reading: Reading;
  readonly #measure: Measure;
  /** By column, of fields that did not fit. */
  readonly #tallies = new Map<string, HintTally>();
  readonly #bytes = new CarryBuffer();
  /** How the rows are laid out; undefined until the header is known. */
  #layout: CsvLayout | undefined;
  #row: number;
  /** Bytes worth looking at: more than there were when they held no whole record. */
  #wanted = WINDOW_BYTES;
  /** Bytes that a chunk of this file takes, about. */
  #chunkBytes = WINDOW_BYTES;
  #stopped = false;
  #offset = 0;
  #extents: { readonly from: number; readonly ends: Uint32Array } = {
    from: 0,
    ends: new Uint32Array(0),
  };

  constructor(columns: readonly ColumnSpec[], issues: IssueLog, options: CsvOptions) {
    this.#reading = options.reading ?? {};
    this.#columns = csvColumns(columns, options.reading, () => issues.addCutDatetimes(1));
    this.#measure = measureOf(options.reading?.encoding);
    this.#issues = issues;
    this.#options = options;
    this.#layout = options.layout;
    this.#row = options.first_row ?? 1;
  }

  /** Bytes that the header and the chunks so far took in the stored object, but for its mark. */
  get offset(): number {
    return this.#offset;
  }

  /** Where the lines of the present chunk's rows stand, as `offset` counts: first and behind last. */
  extent(row: number): readonly [number, number] {
    const { from, ends } = this.#extents;
    return [from + (ends[2 * row] ?? 0), from + (ends[2 * row + 1] ?? 0)];
  }

  /** Whether it is time to ask for `chunks`. */
  append(piece: Uint8Array): boolean {
    if (this.#stopped) return false;
    this.#bytes.append(piece);
    return this.#bytes.length >= this.#wanted;
  }

  /** What can be made of the bytes so far; of all of them when they are the last. */
  *chunks(isLast: boolean): Generator<ColumnChunk, void, undefined> {
    while (!this.#stopped && (this.#bytes.length >= this.#wanted || isLast)) {
      const layout = this.#layout ?? this.#readHeader(isLast);
      if (layout === undefined) {
        if (isLast) return;
        this.#wanted = twice(this.#bytes.length);
        continue;
      }
      const available = this.#bytes.view();
      const size = this.#wanted > WINDOW_BYTES ? this.#wanted : this.#chunkBytes;
      const bytes = available.subarray(0, size);
      const { chunk_rows = CHUNK_ROWS } = this.#options;
      const maxRows = Math.max(1, Math.min(chunk_rows, Math.floor(WINDOW_FIELDS / layout.width)));
      const isWhole = isLast && bytes.length === available.length;
      const window = csvWindow(bytes, isWhole, layout, maxRows, this.#sample);
      this.#extents = { from: this.#offset, ends: this.#measure.places(bytes, window.extents) };
      this.#offset += this.#measure.length(bytes.subarray(0, window.consumed));
      if (window.rows > 0) yield this.#chunk(window, bytes);
      this.#bytes.consume(window.consumed);
      if (bytes.length - window.consumed > MAX_RECORD_BYTES && window.rows < maxRows) {
        if (!this.#stopped) yield this.#tooLong();
        return;
      }
      if (isLast && this.#bytes.length === 0) return;
      // A record that is longer than the window is looked at again when twice as much is there.
      this.#wanted = window.consumed > 0 ? WINDOW_BYTES : twice(bytes.length);
      if (window.rows === maxRows) {
        this.#chunkBytes = Math.min(WINDOW_BYTES, window.consumed + (window.consumed >> 2) + 4096);
      }
    }
  }

  end(): void {
    if (this.#layout === undefined) throw new NotATableError("the file has no header row");
  }

  #readHeader(isLast: boolean): CsvLayout | undefined {
    const bytes = this.#bytes.view();
    const found = findLayout(bytes, isLast, this.#columns, this.#options, this.#issues);
    if (found === null) return undefined;
    const { layout, consumed, delimiter } = found;
    if (delimiter !== undefined) this.#options.onDelimiter?.(delimiter);
    this.#offset += this.#measure.length(bytes.subarray(0, consumed));
    this.#bytes.consume(consumed);
    const { counts_only, only } = this.#options;
    if (counts_only) this.#layout = { ...layout, columns: [] };
    else this.#layout = only === undefined ? layout : layoutOnly(layout, only);
    return this.#layout;
  }

  #chunk(window: CsvWindow, bytes: Uint8Array): ColumnChunk {
    const chunk = { first_row: this.#row, rows: window.rows, columns: window.columns };
    this.#report(window);
    this.#hint(window, bytes);
    this.#row += window.rows;
    return chunk;
  }

  #tooLong(): ColumnChunk {
    this.#stopped = true;
    this.#issues.add(null, this.#row, describeProblem("too_long"));
    const columns = this.#columns.map((column) => nullColumn(column, 1));
    return { first_row: this.#row, rows: 1, columns };
  }

  readonly #sample = ({ name, type }: CsvColumn, text: string): boolean => {
    const known = this.#tallies.get(name);
    if (known === undefined && this.#tallies.size >= MAX_HINTED_COLUMNS) return false;
    const tally = known ?? new HintTally(type, this.#reading);
    this.#tallies.set(name, tally);
    return tally.add(text);
  };

  /** Goes with what was reported of a column, or of records that are no UTF-8. */
  #hint({ badRecords, misfits, extents }: CsvWindow, bytes: Uint8Array): void {
    for (const [index, { name, type }] of (this.#layout?.columns ?? []).entries()) {
      const tally = misfits[index]?.length ? this.#tallies.get(name) : undefined;
      if (tally) this.#issues.hint(name, misfitUnder(this.#reading, type), tally.hint());
    }
    const bad = badRecords.find(({ problem }) => problem === "invalid_utf8");
    if (bad === undefined || this.#reading.encoding !== undefined) return;
    const record = bytes.subarray(extents[2 * bad.row], extents[2 * bad.row + 1]);
    this.#issues.hint(null, describeProblem("invalid_utf8"), encodingHint(record));
  }

  /** Row by row, as a reader of the file meets them. */
  #report({ badRecords, misfits, cut_datetimes }: CsvWindow): void {
    this.#issues.addCutDatetimes(cut_datetimes);
    const found = badRecords.length + misfits.reduce((sum, rows) => sum + rows.length, 0);
    if (found === 0) return;
    if (badRecords.some(({ problem }) => problem === "too_long")) this.#stopped = true;
    if (this.#issues.full) {
      this.#issues.addUnlisted(found);
      return;
    }
    const width = this.#layout?.width ?? 0;
    const headless = this.#reading.header === false;
    const wanted = headless ? `the schema has ${width} columns` : `the header has ${width}`;
    const issues = badRecords.map(({ row, fields, problem }) => ({
      row,
      column: null as string | null,
      message:
        problem === null
          ? `has ${count(fields)}, ${wanted}`
          : describeProblem(problem, this.#reading.encoding),
    }));
    for (const [index, { name, type }] of (this.#layout?.columns ?? []).entries()) {
      for (const row of misfits[index] ?? []) {
        issues.push({ row, column: name, message: misfitUnder(this.#reading, type) });
      }
    }
    issues.sort((left, right) => left.row - right.row);
    for (const { row, column, message } of issues) {
      this.#issues.add(column, this.#row + row, message);
    }
  }
}

const layoutOnly = (layout: CsvLayout, name: string): CsvLayout => {
  const at = layout.columns.findIndex((column) => column.name === name);
  const columns = layout.columns.slice(at, at + 1);
  return { ...layout, columns, positions: layout.positions.slice(at, at + 1) };
};

/** As far as a record may go: one byte more decides that it is too long. */
const twice = (bytes: number) =>
  Math.min(Math.max(2 * bytes, 2 * WINDOW_BYTES), MAX_RECORD_BYTES + 1);

const count = (fields: number) => (fields === 1 ? "1 field" : `${fields} fields`);

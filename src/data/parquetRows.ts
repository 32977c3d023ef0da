/**
 * The rows of a row group, a chunk at a time: of every column the same ones, so many of them that
 * neither their cells nor their texts are more than a chunk may have.
 */
import { inLanes } from "../application/lanes.ts";
import { CHUNK_ROWS, type ColumnChunk, type ColumnVector } from "./columns.ts";
import type { ColumnCursor } from "./parquetCursor.ts";
import { lengthAt, type StoredRun } from "./parquetStored.ts";
import type { VectorReader } from "./parquetVectors.ts";
import { type ColumnSpec, nullColumn } from "./rowBuilder.ts";

/** Bytes of texts after which a chunk ends, however few its rows are; it has one at least. */
export const CHUNK_TEXT_BYTES = 4 * 1024 * 1024;

/** Cells of a chunk: a table of very many columns comes in chunks of fewer rows. */
export const CHUNK_CELLS = 256 * 1024;

/** Columns whose next bytes are fetched at the same time. */
const FETCHES_AT_ONCE = 4;

export interface GroupColumn {
  readonly spec: ColumnSpec;
  /** Null when the file lacks the column or has one of another nature: all its cells are null. */
  readonly stored: { readonly cursor: ColumnCursor; readonly read: VectorReader } | null;
}

export interface ReadChunk extends ColumnChunk {
  /** Bytes of its texts as they are stored. */
  readonly text_bytes: number;
  /** Values that do not fit, row by row: rows of the chunk from 0. */
  readonly misfits: readonly { readonly row: number; readonly spec: ColumnSpec }[];
  /** Datetimes that lost what they say beyond microseconds. */
  readonly cut_datetimes: number;
}

/** The next `rows` rows of the columns' cursors, which are there; the first of them is `start + 1`. */
export async function* chunksOfRows(
  columns: readonly GroupColumn[],
  rows: number,
  start: number,
): AsyncGenerator<ReadChunk, void, undefined> {
  const most = Math.max(1, Math.min(CHUNK_ROWS, Math.floor(CHUNK_CELLS / columns.length)));
  let expected = most;
  for (let done = 0; done < rows; ) {
    const chunk = await nextChunk(columns, Math.min(expected, rows - done), start + done + 1);
    yield chunk;
    done += chunk.rows;
    // Texts of about the same length follow: what would be too many rows is not read twice.
    const each = chunk.text_bytes / chunk.rows;
    const fitting = each > 0 ? Math.floor((0.9 * CHUNK_TEXT_BYTES) / each) : most;
    expected = Math.max(1, Math.min(most, fitting));
  }
}

const nextChunk = async (
  columns: readonly GroupColumn[],
  most: number,
  first_row: number,
): Promise<ReadChunk> => {
  const cursors = columns.flatMap(({ stored }) => stored?.cursor ?? []);
  const wanting = cursors.filter((cursor) => cursor.wants(most));
  await inLanes(wanting, FETCHES_AT_ONCE, (cursor) => cursor.fetchAhead());
  const texts = new TextSums(most);
  const misfits: { readonly row: number; readonly spec: ColumnSpec }[] = [];
  const cuts: number[] = [];
  const vectors: ((rows: number) => ColumnVector)[] = [];
  let rows = most;
  for (const { spec, stored } of columns) {
    if (stored === null) {
      vectors.push((count) => nullColumn(spec, count));
      continue;
    }
    const { cursor, read } = stored;
    const builder = read(
      rows,
      (row) => misfits.push({ row, spec }),
      (row) => cuts.push(row),
    );
    rows = await fill(cursor, rows, texts, (run) => builder.append(run));
    cursor.settle();
    vectors.push((count) => builder.vector(count));
  }
  // Those that were read before it was known where the texts end.
  for (const cursor of cursors) cursor.backTo(rows);
  return {
    first_row,
    rows,
    columns: vectors.map((vector) => vector(rows)),
    text_bytes: texts.before(rows),
    misfits: misfits.filter(({ row }) => row < rows).sort((one, other) => one.row - other.row),
    cut_datetimes: cuts.filter((row) => row < rows).length,
  };
};

/** Reads rows of a column as long as their texts fit; resolves to how many. */
const fill = async (
  cursor: ColumnCursor,
  most: number,
  texts: TextSums,
  append: (run: StoredRun) => void,
): Promise<number> => {
  cursor.mark();
  texts.begin();
  for (let rows = 0; rows < most; ) {
    if (!cursor.isOpen) await cursor.open();
    const run = cursor.run(most - rows);
    const fitting = texts.add(run, rows);
    append(fitting === run.rows ? run : { ...run, rows: fitting });
    rows += fitting;
    if (fitting < run.rows) return rows;
  }
  return most;
};

/** How many bytes of text the first rows have, of all columns that were read. */
class TextSums {
  readonly #sums: Float64Array;
  /** Of the present column alone. */
  #own = 0;

  constructor(rows: number) {
    this.#sums = new Float64Array(rows);
  }

  begin(): void {
    this.#own = 0;
  }

  /** Counts the rows of a run from row `from` on; returns how many of them fit. */
  add({ rows, values, picks }: StoredRun, from: number): number {
    for (let index = 0; index < rows; index += 1) {
      const row = from + index;
      if (values.kind === "bytes")
        this.#own += lengthAt(values, picks === null ? index : picks[index]);
      const sum = (this.#sums[row] ?? 0) + this.#own;
      if (sum > CHUNK_TEXT_BYTES && row > 0) return index;
      this.#sums[row] = sum;
    }
    return rows;
  }

  /** Of the first `rows` rows, one at least. */
  before(rows: number): number {
    return this.#sums[rows - 1] ?? 0;
  }
}

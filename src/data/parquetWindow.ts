/**
 * The bytes of a column chunk, as many of them as are at hand: a window that moves on with what is
 * read. A row group that is small is fetched as a whole; of a larger one every column has a window
 * of its own, and the sum of them has a bound however large the row group is.
 */
import type { ColumnMetaData, RowGroup } from "hyparquet";
import { NotATableError } from "./notATable.ts";
import { STORED_BYTES } from "./parquetMemory.ts";

/** Of one column: no more than this, however few there are, and no less, however many. */
const MAX_WINDOW_BYTES = 4 * 1024 * 1024;
const MIN_WINDOW_BYTES = 4 * 1024;

export type Fetch = (start: number, end: number) => Promise<Uint8Array>;

export interface ChunkBytes {
  /** Of the whole chunk. */
  readonly length: number;
  /** What a fetch brings at least, as far as the chunk goes. */
  readonly window_bytes: number;
  /** Bytes at hand that `letGo` gives back. */
  readonly held_bytes: number;
  /** What is at hand from an offset of the chunk on; nothing, when that is elsewhere. */
  from(offset: number): Uint8Array;
  /** Puts `length` bytes from `offset` at hand, instead of those before. */
  fetch(offset: number, length: number): Promise<void>;
  letGo(): void;
}

/** Of a chunk that is at hand and stays there. */
export const wholeChunk = (bytes: Uint8Array): ChunkBytes => ({
  length: bytes.length,
  window_bytes: bytes.length,
  held_bytes: 0,
  from: (offset) => bytes.subarray(offset),
  fetch: async () => {},
  letGo: () => {},
});

/** Of a chunk that is somewhere in a row group of so many columns that are read. */
export const chunkWindow = ({ start, end }: Range, columns: number, fetch: Fetch): ChunkBytes => {
  const share = Math.floor(STORED_BYTES / columns);
  const window_bytes = Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, share));
  let at = start;
  let bytes = NOTHING;
  const letGo = () => {
    bytes = NOTHING;
  };
  return {
    length: end - start,
    window_bytes,
    get held_bytes() {
      return bytes.length;
    },
    from(offset) {
      const from = start + offset - at;
      return from < 0 ? NOTHING : bytes.subarray(from);
    },
    async fetch(offset, length) {
      letGo();
      const from = start + offset;
      const to = Math.min(end, from + Math.max(length, window_bytes));
      if (to <= from) return;
      bytes = await fetch(from, to);
      at = from;
    },
    letGo,
  };
};

const NOTHING: Uint8Array = new Uint8Array(0);

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where a chunk stands in its file. */
export const rangeOf = (chunk: ColumnMetaData): Range => {
  const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
  const end = start + Number(chunk.total_compressed_size);
  if (!(start >= 0 && start <= end)) {
    throw new NotATableError("the Parquet file points outside of itself");
  }
  return { start, end };
};

/** The chunks of a row group that are read. */
export const wantedChunks = (
  group: RowGroup,
  columns: ReadonlySet<string>,
): readonly ColumnMetaData[] =>
  group.columns.flatMap(({ meta_data: chunk }) =>
    chunk !== undefined && columns.has(chunk.path_in_schema[0] ?? "") ? [chunk] : [],
  );

/** From the first to the last byte of the chunks, and how many of them are theirs. */
export const extentOf = (chunks: readonly ColumnMetaData[]): Range & { readonly bytes: number } => {
  let [start, end, bytes] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const chunk of chunks) {
    const range = rangeOf(chunk);
    start = Math.min(start, range.start);
    end = Math.max(end, range.end);
    bytes += range.end - range.start;
  }
  return { start: Math.min(start, end), end, bytes };
};

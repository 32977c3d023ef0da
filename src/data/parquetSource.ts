/**
 * Parquet bytes as the reader library asks for them, out of the object store, within bounds: the
 * row group being read is held in memory when it fits, pages are unpacked only up to a limit.
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { AsyncBuffer, Compressors, RowGroup } from "hyparquet";
import { snappyUncompress } from "hyparquet";
import type { ObjectStore } from "../application/dataPorts.ts";
import { NotATableError } from "./notATable.ts";

/** A row group of at most so many bytes is fetched once; of a larger one, only single pages. */
export const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** The most that is fetched in one piece; a column chunk without an index of its pages is one. */
export const MAX_FETCHED_BYTES = 48 * 1024 * 1024;

/** The most that one page may unpack to: its header is the file's claim, not ours. */
export const MAX_PAGE_BYTES = 48 * 1024 * 1024;

export interface ParquetSource extends AsyncBuffer {
  /** Fetches the columns of a row group in one go when they are small enough to be held. */
  hold(group: RowGroup, columns: ReadonlySet<string>): Promise<void>;
  /** What the object store threw, if it did: a damaged file and a failing store differ. */
  readonly failure: unknown;
}

export const parquetSource = (
  store: ObjectStore,
  key: string,
  sizeBytes: number,
): ParquetSource => {
  let failure: unknown;
  let held: { readonly start: number; readonly bytes: Uint8Array } = NOTHING;

  const fetchBytes = async (start: number, end: number): Promise<Uint8Array> => {
    if (!(start >= 0 && start <= end && end <= sizeBytes)) {
      throw new NotATableError("the Parquet file points outside of itself");
    }
    if (end - start > MAX_FETCHED_BYTES) {
      throw new NotATableError(
        `a column of one row group takes more than ${MAX_FETCHED_BYTES} bytes: ` +
          "write the file with smaller row groups",
      );
    }
    try {
      return await store.read(key, start, end - start);
    } catch (error) {
      failure = error;
      throw error;
    }
  };

  return {
    byteLength: sizeBytes,
    get failure() {
      return failure;
    },
    async slice(start, end = sizeBytes) {
      const from = start - held.start;
      const isHeld = from >= 0 && end <= held.start + held.bytes.length;
      const bytes = isHeld
        ? held.bytes.subarray(from, end - held.start)
        : await fetchBytes(start, end);
      // A copy of exactly these bytes: the library reads the buffer, not a view of it.
      return new Uint8Array(bytes).buffer;
    },
    async hold(group, columns) {
      const [start, end] = extent(group, columns);
      held = NOTHING;
      if (end > start && end - start <= MAX_HELD_BYTES) {
        held = { start, bytes: await fetchBytes(start, end) };
      }
    },
  };
};

const NOTHING = { start: 0, bytes: new Uint8Array(0) };

/** From the first to the last byte of the wanted columns. */
const extent = (group: RowGroup, columns: ReadonlySet<string>): readonly [number, number] => {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const { meta_data: chunk } of group.columns) {
    if (chunk === undefined || !columns.has(chunk.path_in_schema[0] ?? "")) continue;
    const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    first = Math.min(first, start);
    last = Math.max(last, start + Number(chunk.total_compressed_size));
  }
  return [first, last];
};

const options = { maxOutputLength: MAX_PAGE_BYTES };

/** The codecs the platform can undo without a WebAssembly module of our own. */
export const decompressors: Compressors = {
  SNAPPY: (input, length) => {
    if (length > MAX_PAGE_BYTES)
      throw new NotATableError("a page of the Parquet file is too large");
    const output = new Uint8Array(length);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input) => gunzipSync(input, options),
  BROTLI: (input) => brotliDecompressSync(input, options),
  ZSTD: (input) => zstdDecompressSync(input, options),
};

export const SUPPORTED_CODECS: ReadonlySet<string> = new Set([
  "UNCOMPRESSED",
  ...Object.keys(decompressors),
]);

/**
 * Parquet bytes as the reader library asks for them, out of the object store, within bounds: the
 * row group being read is held in memory when it fits, pages are unpacked only up to a limit.
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { AsyncBuffer, ColumnMetaData, Compressors, RowGroup } from "hyparquet";
import { snappyUncompress } from "hyparquet";
import { DataLimitError, type ObjectStore } from "../application/dataPorts.ts";
import { NotATableError } from "./notATable.ts";
import { MAX_PAGE_BYTES } from "./parquetPages.ts";

/** The largest row group, packed, of the columns that are read: it is held in memory. */
export const MAX_ROW_GROUP_BYTES = 48 * 1024 * 1024;

/** The largest footer. */
const MAX_METADATA_BYTES = 16 * 1024 * 1024;

export interface ParquetSource extends AsyncBuffer {
  /** Fetches the named columns of a row group in one go; until the next call they are at hand. */
  hold(group: RowGroup, columns: ReadonlySet<string>): Promise<void>;
  /** The bytes of a column chunk that is held. */
  chunk(chunk: ColumnMetaData): Uint8Array;
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
    try {
      return await store.read(key, start, end - start);
    } catch (error) {
      failure = error;
      throw error;
    }
  };

  const heldBytes = (start: number, end: number): Uint8Array | undefined =>
    start >= held.start && start <= end && end <= held.start + held.bytes.length
      ? held.bytes.subarray(start - held.start, end - held.start)
      : undefined;

  return {
    byteLength: sizeBytes,
    get failure() {
      return failure;
    },
    async slice(start, end = sizeBytes) {
      // Row groups are held while they are read, so what is left is the footer.
      if (end - start > MAX_METADATA_BYTES && heldBytes(start, end) === undefined) {
        throw new NotATableError(`the Parquet footer is larger than ${MAX_METADATA_BYTES} bytes`);
      }
      const bytes = heldBytes(start, end) ?? (await fetchBytes(start, end));
      // A copy of exactly these bytes: the library reads the buffer, not a view of it.
      return new Uint8Array(bytes).buffer;
    },
    async hold(group, columns) {
      held = NOTHING;
      const { start, end } = extentOf(group, columns);
      if (end - start > MAX_ROW_GROUP_BYTES) {
        throw new NotATableError(
          `a row group of the Parquet file is larger than ${MAX_ROW_GROUP_BYTES} bytes: ` +
            "write it with smaller row groups",
        );
      }
      if (end > start) held = { start, bytes: await fetchBytes(start, end) };
    },
    chunk(chunk) {
      const { start, end } = rangeOf(chunk);
      const bytes = heldBytes(start, end);
      if (bytes === undefined) throw new NotATableError("the Parquet file overlaps itself");
      return bytes;
    },
  };
};

const NOTHING = { start: 0, bytes: new Uint8Array(0) };

interface Range {
  readonly start: number;
  readonly end: number;
}

const rangeOf = (chunk: ColumnMetaData): Range => {
  const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
  return { start, end: start + Number(chunk.total_compressed_size) };
};

/** From the first to the last byte of the wanted columns. */
const extentOf = (group: RowGroup, columns: ReadonlySet<string>): Range => {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { meta_data: chunk } of group.columns) {
    if (chunk === undefined || !columns.has(chunk.path_in_schema[0] ?? "")) continue;
    const range = rangeOf(chunk);
    start = Math.min(start, range.start);
    end = Math.max(end, range.end);
  }
  return { start, end };
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

/** One page, unpacked to exactly as many bytes as it claims. */
export const unpackPage = (
  page: Uint8Array,
  unpackedBytes: number,
  codec: ColumnMetaData["codec"],
): Uint8Array => {
  if (unpackedBytes > MAX_PAGE_BYTES) {
    throw new NotATableError(`a page of the Parquet file is larger than ${MAX_PAGE_BYTES} bytes`);
  }
  const unpacked = decompressors[codec]?.(page, unpackedBytes) ?? page;
  if (unpacked.length !== unpackedBytes) {
    throw new NotATableError("a page of the Parquet file is not as large as it claims");
  }
  return unpacked;
};

export const SUPPORTED_CODECS: ReadonlySet<string> = new Set([
  "UNCOMPRESSED",
  ...Object.keys(decompressors),
]);

/** Everything the library throws on what it reads is damage, except when the store failed. */
export const orDamaged = async <Value>(
  source: ParquetSource,
  work: () => Promise<Value>,
): Promise<Value> => {
  try {
    return await work();
  } catch (error) {
    if (source.failure !== undefined) throw source.failure;
    if (error instanceof NotATableError || error instanceof DataLimitError) throw error;
    throw new NotATableError("the file is not Parquet, or damaged");
  }
};

/** The codecs that pages are packed with, undone within the bounds of a page. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { ColumnMetaData, Compressors } from "hyparquet";
import { NotATableError } from "./notATable.ts";
import { MAX_PAGE_BYTES } from "./parquetMemory.ts";
import { snappyUnpacked } from "./parquetSnappy.ts";

/**
 * Into one buffer of just the size a page claims, with a byte more by which it is seen that it holds
 * no more: zlib would gather small ones and put them together, which takes twice the memory.
 */
const into = (bytes: number) => ({
  maxOutputLength: Math.min(bytes, MAX_PAGE_BYTES) + 1,
  chunkSize: Math.max(64, Math.min(bytes, MAX_PAGE_BYTES) + 1),
});

/** Those that the platform can undo without a WebAssembly module of our own. */
export const decompressors: Compressors = {
  SNAPPY: (input, length) => {
    if (length > MAX_PAGE_BYTES)
      throw new NotATableError("a page of the Parquet file is too large");
    return snappyUnpacked(input, length);
  },
  GZIP: (input, length) => viewOf(gunzipSync(input, into(length))),
  BROTLI: (input, length) => viewOf(brotliDecompressSync(input, into(length))),
  ZSTD: (input, length) => viewOf(zstdDecompressSync(input, into(length))),
};

/** A plain one: to slice a Buffer would not copy it. */
const viewOf = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);

/** One page, unpacked to exactly as many bytes as it claims. */
export const unpackPage = (
  page: Uint8Array,
  unpackedBytes: number,
  codec: ColumnMetaData["codec"],
): Uint8Array => {
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

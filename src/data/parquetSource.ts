/**
 * Parquet bytes as they are asked for, out of the object store, within bounds: small row groups in
 * one go, of larger ones a part of every column.
 */
import type { AsyncBuffer, ColumnMetaData, RowGroup } from "hyparquet";
import { DataLimitError, NoTurnError, type ObjectStore } from "../application/dataPorts.ts";
import { NotATableError } from "./notATable.ts";
import { STORED_BYTES } from "./parquetMemory.ts";
import {
  type ChunkBytes,
  chunkWindow,
  extentOf,
  rangeOf,
  wantedChunks,
  wholeChunk,
} from "./parquetWindow.ts";

/**
 * The largest row group, packed, of the columns that are read. It is never held as a whole: this
 * bounds the time of the step that reads it.
 */
export const MAX_ROW_GROUP_BYTES = 512 * 1024 * 1024;

/** The largest footer. */
const MAX_METADATA_BYTES = 16 * 1024 * 1024;

export interface ParquetSource extends AsyncBuffer {
  /** The bytes of a row group's columns, and how many of them are held until they are let go. */
  chunksOf(group: RowGroup, columns: ReadonlySet<string>): Promise<GroupBytes>;
  /** What the object store threw, if it did: a damaged file and a failing store differ. */
  readonly failure: unknown;
}

export interface GroupBytes {
  readonly held_bytes: number;
  readonly chunks: readonly { readonly meta: ColumnMetaData; readonly bytes: ChunkBytes }[];
}

export const parquetSource = (
  store: ObjectStore,
  key: string,
  sizeBytes: number,
): ParquetSource => {
  let failure: unknown;

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

  return {
    byteLength: sizeBytes,
    get failure() {
      return failure;
    },
    async slice(start, end = sizeBytes) {
      // Row groups are read otherwise, so what is left is the footer.
      if (end - start > MAX_METADATA_BYTES) {
        throw new NotATableError(`the Parquet footer is larger than ${MAX_METADATA_BYTES} bytes`);
      }
      // A copy of exactly these bytes: the library reads the buffer, not a view of it.
      return new Uint8Array(await fetchBytes(start, end)).buffer;
    },
    async chunksOf(group, columns) {
      const wanted = wantedChunks(group, columns);
      const { start, end, bytes } = extentOf(wanted);
      if (bytes > MAX_ROW_GROUP_BYTES) {
        throw new NotATableError(
          `a row group of the Parquet file is larger than ${MAX_ROW_GROUP_BYTES} bytes: ` +
            "write it with smaller row groups",
        );
      }
      // In one go when the columns that are read lie this close together.
      if (end - start > STORED_BYTES) {
        const windowOf = (meta: ColumnMetaData) =>
          chunkWindow(rangeOf(meta), wanted.length, fetchBytes);
        return { held_bytes: 0, chunks: wanted.map((meta) => ({ meta, bytes: windowOf(meta) })) };
      }
      const whole = end > start ? await fetchBytes(start, end) : new Uint8Array(0);
      const partOf = (meta: ColumnMetaData) => {
        const range = rangeOf(meta);
        return wholeChunk(whole.subarray(range.start - start, range.end - start));
      };
      const chunks = wanted.map((meta) => ({ meta, bytes: partOf(meta) }));
      return { held_bytes: whole.length, chunks };
    },
  };
};

/** Everything the library throws on what it reads is damage, except when the store failed. */
export const orDamaged = async <Value>(
  source: ParquetSource,
  work: () => Promise<Value>,
): Promise<Value> => {
  try {
    return await work();
  } catch (error) {
    if (source.failure !== undefined) throw source.failure;
    const isSaid = error instanceof NotATableError || error instanceof DataLimitError;
    if (isSaid || error instanceof NoTurnError) throw error;
    throw new NotATableError("the file is not Parquet, or damaged");
  }
};

/** The footer of a Parquet file, looked through before it is parsed. */
import { type FileMetaData, parquetMetadata } from "hyparquet";
import { NotATableError } from "./notATable.ts";
import { orDamaged, type ParquetSource } from "./parquetSource.ts";
import { checkThrift } from "./parquetThrift.ts";

/** The footer's length and the closing mark. */
const TAIL_BYTES = 8;

/** A column of a row group is described by some forty; each becomes an object in memory. */
const MAX_FOOTER_VALUES = 2_000_000;

/** Throws a NotATableError when there is none, or what the object store threw. */
export const readMetadata = (source: ParquetSource): Promise<FileMetaData> =>
  orDamaged(source, async () => {
    const { byteLength } = source;
    const tail = new DataView(await source.slice(Math.max(0, byteLength - TAIL_BYTES), byteLength));
    const length = tail.getUint32(0, true);
    const start = byteLength - TAIL_BYTES - length;
    if (start < 0) throw new NotATableError("the Parquet file points outside of itself");
    const footer = await source.slice(start, byteLength);
    checkThrift(new Uint8Array(footer), 0, { values: MAX_FOOTER_VALUES, end: length });
    return parquetMetadata(footer, { geoparquet: false });
  });

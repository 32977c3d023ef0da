/** Parts of a table made into one object: row groups under one footer, lines behind lines. */
import { parquetMetadata } from "hyparquet";
import { MissingObjectError, type ObjectStore, type PartRef } from "../application/dataPorts.ts";
import type { DigestingWriter } from "../application/digests.ts";
import { invariant } from "../domain/decider.ts";
import type { DecimalTypes, ObjectRef, Schema } from "../domain/table.ts";
import { countingWriter } from "./countingWriter.ts";
import { sameDecimals } from "./decimalColumns.ts";
import { saidOf } from "./parquet.ts";
import {
  type ColumnPlace,
  footer,
  MAGIC,
  parquetColumns,
  type RowGroupPlace,
} from "./parquetFooter.ts";
import { piecesOf } from "./pieces.ts";

export type Stitched = Pick<ObjectRef, "bytes" | "sha256" | "rows" | "decimal_types">;

/** What the parts were written as. */
export interface WrittenTable {
  readonly schema: Schema;
  readonly decimals: DecimalTypes;
}

const LENGTH_AND_MAGIC_BYTES = 8;

/** One Parquet file with the row groups of all parts, which `parquetWriter` wrote, in order. */
export const stitchParquet = async (
  store: ObjectStore,
  parts: readonly PartRef[],
  { schema, decimals }: WrittenTable,
  writer: DigestingWriter,
): Promise<Stitched> => {
  const out = countingWriter(writer);
  try {
    await out.write(MAGIC);
    const places: RowGroupPlace[] = [];
    let written = MAGIC.length;
    for (const part of parts) {
      const { groups, end, metadata } = await placesIn(store, part);
      invariant(sameDecimals(metadata, schema, decimals), "parts have the types of the whole");
      await copyRange(store, part, MAGIC.length, end - MAGIC.length, out);
      places.push(...groups.map((group) => moved(group, written - MAGIC.length)));
      written += end - MAGIC.length;
    }
    await out.write(footer(parquetColumns(schema, decimals), places));
    const rows = places.reduce((sum, group) => sum + group.rows, 0);
    return { ...(await out.close()), rows, ...saidOf(decimals) };
  } catch (error) {
    await out.abort();
    throw error;
  }
};

/** One file with the lines of all parts, each of which ends with a line feed. */
export const stitchLines = async (
  store: ObjectStore,
  parts: readonly PartRef[],
  writer: DigestingWriter,
): Promise<Stitched> => {
  const out = countingWriter(writer);
  try {
    for (const part of parts) await copyRange(store, part, 0, part.bytes, out);
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    return { ...(await out.close()), rows };
  } catch (error) {
    await out.abort();
    throw error;
  }
};

const copyRange = async (
  store: ObjectStore,
  { key }: PartRef,
  offset: number,
  length: number,
  out: { write(bytes: Uint8Array): Promise<void> },
): Promise<void> => {
  if (length === 0) return;
  const stream = await store.open(key, { offset, length });
  if (stream === null) throw new MissingObjectError(`object ${key} is missing`);
  let copied = 0;
  for await (const bytes of piecesOf(stream)) {
    copied += bytes.length;
    await out.write(bytes);
  }
  if (copied !== length) throw new MissingObjectError(`object ${key} is shorter than it was`);
};

/** The row groups of a part, and where its footer begins. */
const placesIn = async (store: ObjectStore, { key, bytes }: PartRef) => {
  const tail = await store.read(key, bytes - LENGTH_AND_MAGIC_BYTES, LENGTH_AND_MAGIC_BYTES);
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  const end = bytes - LENGTH_AND_MAGIC_BYTES - length;
  const encoded = await store.read(key, end, length + LENGTH_AND_MAGIC_BYTES);
  const metadata = parquetMetadata(new Uint8Array(encoded).buffer, { geoparquet: false });
  const groups = metadata.row_groups.map(
    ({ num_rows, columns }): RowGroupPlace => ({
      rows: Number(num_rows),
      columns: columns.flatMap(({ meta_data: chunk }): readonly ColumnPlace[] => {
        if (chunk === undefined) return [];
        const data_offset = Number(chunk.data_page_offset);
        return [
          {
            offset: Number(chunk.dictionary_page_offset ?? chunk.data_page_offset),
            data_offset,
            packed_bytes: Number(chunk.total_compressed_size),
            unpacked_bytes: Number(chunk.total_uncompressed_size),
            nulls: Number(chunk.statistics?.null_count ?? 0),
          },
        ];
      }),
    }),
  );
  return { groups, end, metadata };
};

const moved = ({ rows, columns }: RowGroupPlace, by: number): RowGroupPlace => ({
  rows,
  columns: columns.map((place) => ({
    ...place,
    offset: place.offset + by,
    data_offset: place.data_offset + by,
  })),
});

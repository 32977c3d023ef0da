/**
 * Parquet out, a row group at a time, Snappy: pages are encoded by the kernels, headers and footer
 * are written here. Which column type becomes which Parquet type stands in parquetFooter.ts.
 */
import type { DigestingWriter } from "../application/digests.ts";
import { invariant } from "../domain/decider.ts";
import type { DecimalTypes, ObjectRef, Schema } from "../domain/table.ts";
import type { ColumnChunk } from "./columns.ts";
import { countingWriter } from "./countingWriter.ts";
import { encodeColumn } from "./kernels/parquetColumn.ts";
import {
  type ColumnPlace,
  dataPageHeader,
  dictionaryPageHeader,
  footer,
  MAGIC,
  type PackedPage,
  type ParquetColumn,
  parquetColumns,
  type RowGroupPlace,
} from "./parquetFooter.ts";
import { RowGroup } from "./rowGroup.ts";

export interface ParquetWriter {
  /** Columns must be those of the schema, in its order. */
  write(chunk: ColumnChunk): Promise<void>;
  /** The object is visible once this resolves. */
  close(): Promise<WrittenParquet>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

export type WrittenParquet = Pick<ObjectRef, "bytes" | "sha256" | "rows" | "decimal_types">;

/** What is said of an object with such columns: nothing when there is none. */
export const saidOf = (decimal_types: DecimalTypes): Pick<ObjectRef, "decimal_types"> =>
  Object.keys(decimal_types).length === 0 ? {} : { decimal_types };

/**
 * Writes a Parquet file, valid also without a single row. `decimals`: the decimal columns that are
 * written as numbers, each wide enough for all of its own; the others are texts.
 */
export const parquetWriter = (
  writer: DigestingWriter,
  schema: Schema,
  decimals: DecimalTypes = {},
): ParquetWriter => {
  const columns = parquetColumns(schema, decimals);
  const out = countingWriter(writer);
  const group = new RowGroup(columns);
  const places: RowGroupPlace[] = [];
  let written = 0;
  let rows = 0;

  const put = async (bytes: Uint8Array) => {
    written += bytes.length;
    await out.write(bytes);
  };

  const begin = async () => {
    if (written === 0) await put(MAGIC);
  };

  const endGroup = async () => {
    if (group.rows === 0) return;
    await begin();
    const placed: ColumnPlace[] = [];
    for (const [index, column] of columns.entries()) placed.push(await putColumn(index, column));
    places.push({ rows: group.rows, columns: placed });
    rows += group.rows;
    group.clear();
  };

  const putColumn = async (index: number, { decimal }: ParquetColumn): Promise<ColumnPlace> => {
    const { dictionary, pages, nulls } = encodeColumn(group.column(index), group.rows, decimal);
    const offset = written;
    let unpacked_bytes = 0;
    const putPage = async (header: Uint8Array, page: PackedPage) => {
      unpacked_bytes += header.length + page.unpacked_bytes;
      await put(header);
      await put(page.body);
    };
    if (dictionary !== null) await putPage(dictionaryPageHeader(dictionary), dictionary);
    const data_offset = written;
    for (const page of pages) await putPage(dataPageHeader(page, dictionary !== null), page);
    return { offset, data_offset, packed_bytes: written - offset, unpacked_bytes, nulls };
  };

  return {
    async write(chunk) {
      invariant(
        chunk.columns.length === columns.length &&
          columns.every(({ name }, index) => chunk.columns[index]?.name === name),
        "a chunk has the columns of the schema it is written under",
      );
      for (let row = 0; row < chunk.rows; ) {
        row = group.append(chunk, row);
        if (group.full) await endGroup();
      }
    },
    async close() {
      await endGroup();
      await begin();
      await put(footer(columns, places));
      return { ...(await out.close()), rows, ...saidOf(decimals) };
    },
    abort: () => out.abort(),
  };
};

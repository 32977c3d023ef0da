/**
 * Parquet in, a part of a row group at a time. The file's columns are matched to the schema by
 * name; a column of another nature is one issue, a value that does not fit is one issue per row.
 */
import { type FileMetaData, parquetSchema, type RowGroup, type SchemaElement } from "hyparquet";
import type { Schema } from "../domain/table.ts";
import { CHUNK_ROWS, type ColumnChunk } from "./columns.ts";
import type { IssueLog } from "./issueLog.ts";
import { NotATableError } from "./notATable.ts";
import { ColumnCursor, HeldPages, type StoredValues } from "./parquetCursor.ts";
import { readMetadata } from "./parquetMetadata.ts";
import { orDamaged, type ParquetSource, SUPPORTED_CODECS, unpackPage } from "./parquetSource.ts";
import { describeElement } from "./parquetTypes.ts";
import { bytesOf, type VectorReader, vectorReader } from "./parquetVectors.ts";
import { type ColumnSpec, columnSpecs, MAX_CHUNK_CHARS, nullColumn } from "./rowBuilder.ts";
import { misfit } from "./types.ts";
import { MAX_UNPACKED_BYTES, type UnpackBudget, unpackBudget } from "./unpackBudget.ts";

/** Writers put up to about a million rows into a row group; it costs memory even for nulls. */
const MAX_ROW_GROUP_ROWS = 2 ** 22;

/** Which row groups are read: all, unless said otherwise. */
export interface GroupRange {
  readonly first?: number;
  readonly count?: number;
}

/**
 * Rows of a file's row groups, in order, and about how many bytes go through memory when each is
 * read for so many columns. Throws as `readParquet` does.
 */
export const parquetGroups = async (
  source: ParquetSource,
  columns: number,
  most: number,
): Promise<readonly { readonly rows: number; readonly bytes: number }[]> => {
  const metadata = await readMetadata(source);
  const budget = unpackBudget(most);
  return metadata.row_groups.map((group) => {
    const rows = Number(group.num_rows);
    budget.spend(Math.max(0, rows) * columns);
    const claimed = (of: "total_compressed_size" | "total_uncompressed_size") =>
      group.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.[of] ?? 0), 0);
    const packed = claimed("total_compressed_size");
    return { rows, bytes: Math.max(packed, claimed("total_uncompressed_size"), rows * columns) };
  });
};

/**
 * Reads the rows of a Parquet file. Throws a NotATableError when it is none, is damaged, or packed
 * in a way that cannot be undone here, an UnpacksBeyondError when it unpacks to more than `most`
 * bytes, and what the object store threw when that failed.
 */
export async function* readParquet(
  source: ParquetSource,
  schema: Schema,
  issues: IssueLog,
  groups: GroupRange = {},
  most = MAX_UNPACKED_BYTES,
): AsyncGenerator<ColumnChunk, void, undefined> {
  const metadata = await readMetadata(source);
  const columns = await orDamaged(source, async () =>
    matchColumns(metadata, columnSpecs(schema), issues),
  );
  const names = new Set(columns.flatMap(({ name, read }) => (read === undefined ? [] : [name])));
  await orDamaged(source, async () => checkGroups(metadata, names));
  const { first = 0, count = metadata.row_groups.length } = groups;
  // What will not fit is known before the first page is unpacked; what the pages hold, as they are.
  const [cells, pages] = [unpackBudget(most), unpackBudget(most)];
  for (const { num_rows } of metadata.row_groups.slice(first, first + count)) {
    cells.spend(Number(num_rows) * columns.length);
  }
  const rowsBefore = metadata.row_groups.slice(0, first);
  let start = rowsBefore.reduce((rows, group) => rows + Number(group.num_rows), 0);
  for (const group of metadata.row_groups.slice(first, first + count)) {
    const groupEnd = start + Number(group.num_rows);
    const cursors = await orDamaged(source, async () => {
      await source.hold(group, names);
      return cursorsOf(source, metadata, group, names, pages);
    });
    while (start < groupEnd) {
      const rows = Math.min(CHUNK_ROWS, groupEnd - start);
      const stored = await orDamaged(source, async () =>
        columns.map(({ name }) => cursors.get(name)?.read(rows) ?? null),
      );
      cells.spend(textBytes(stored));
      for (let from = 0; from < rows; ) {
        const fitting = rowsWithin(stored, from, rows);
        yield chunkOf(
          columns,
          stored,
          { from, rows: fitting, first_row: start + from + 1 },
          issues,
        );
        from += fitting;
      }
      start += rows;
    }
  }
}

/** A text that many rows share is one in the file, and many when it is read. */
const textBytes = (stored: readonly (StoredValues | null)[]): number => {
  let bytes = 0;
  for (const values of stored) {
    if (Array.isArray(values)) for (const value of values) bytes += bytesOf(value);
  }
  return bytes;
};

/** As many rows, one at least, as do not bring more text than a chunk may have. */
const rowsWithin = (stored: readonly (StoredValues | null)[], from: number, to: number): number => {
  const texts = stored.filter((values) => Array.isArray(values));
  let bytes = 0;
  for (let row = from; row < to; row += 1) {
    for (const values of texts) bytes += bytesOf(values[row]);
    if (bytes > MAX_CHUNK_CHARS && row > from) return row - from;
  }
  return to - from;
};

interface Place {
  readonly from: number;
  readonly rows: number;
  readonly first_row: number;
}

const chunkOf = (
  columns: readonly MatchedColumn[],
  stored: readonly (StoredValues | null)[],
  { from, rows, first_row }: Place,
  issues: IssueLog,
): ColumnChunk => {
  const misfits: { readonly row: number; readonly column: ColumnSpec }[] = [];
  const vectors = columns.map((column, index) => {
    const values = stored[index] ?? null;
    if (values === null || column.read === undefined) return nullColumn(column, rows);
    const note = (row: number) => misfits.push({ row: first_row + row, column });
    const cut = (count: number) => issues.addCutDatetimes(count);
    return column.read({ values, from, rows, misfit: note, cut });
  });
  // Row by row, whatever the order in which columns were read.
  misfits.sort((left, right) => left.row - right.row);
  for (const { row, column } of misfits) issues.add(column.name, row, misfit(column.type));
  return { first_row, rows, columns: vectors };
};

interface MatchedColumn extends ColumnSpec {
  /** Undefined when the file lacks the column or has one of another nature: all its cells are null. */
  readonly read: VectorReader | undefined;
}

const matchColumns = (
  metadata: FileMetaData,
  columns: readonly ColumnSpec[],
  issues: IssueLog,
): readonly MatchedColumn[] => {
  const inFile = new Map<string, SchemaElement[]>();
  const known = new Set(columns.map(({ name }) => name));
  for (const { element } of parquetSchema(metadata).children) {
    inFile.set(element.name, [...(inFile.get(element.name) ?? []), element]);
    if (!known.has(element.name)) issues.unexpected(element.name);
  }
  const matched = columns.map((column) => {
    const { name, type } = column;
    const [element, ...others] = inFile.get(name) ?? [];
    const read = element && isFlat(element) ? vectorReader(element, column) : undefined;
    if (element === undefined) issues.add(name, null, "missing from the file");
    else if (others.length > 0) issues.add(name, null, "a column name occurs more than once");
    else if (read === undefined) {
      issues.add(name, null, `is ${describeElement(element)} in the file, expected ${type}`);
    }
    return { ...column, read: others.length === 0 ? read : undefined };
  });
  issues.reportUnexpected();
  return matched;
};

const isFlat = ({ num_children, repetition_type }: SchemaElement) =>
  !num_children && repetition_type !== "REPEATED";

/** What can be known to fail is refused before the first row. */
const checkGroups = (metadata: FileMetaData, names: ReadonlySet<string>): void => {
  for (const group of metadata.row_groups) {
    if (group.num_rows < 0n || group.num_rows > MAX_ROW_GROUP_ROWS) {
      throw new NotATableError(
        `a row group of the Parquet file has more than ${MAX_ROW_GROUP_ROWS} rows`,
      );
    }
    for (const { meta_data: chunk } of group.columns) {
      if (chunk === undefined || !names.has(chunk.path_in_schema[0] ?? "")) continue;
      if (!SUPPORTED_CODECS.has(chunk.codec)) {
        throw new NotATableError(
          `the Parquet file is compressed with ${chunk.codec}, which is not supported; ` +
            `supported are ${[...SUPPORTED_CODECS].join(", ")}`,
        );
      }
    }
  }
};

const cursorsOf = (
  source: ParquetSource,
  metadata: FileMetaData,
  group: RowGroup,
  names: ReadonlySet<string>,
  budget: UnpackBudget,
): ReadonlyMap<string, ColumnCursor> => {
  const elements = new Map(
    parquetSchema(metadata).children.map(({ element }) => [element.name, element]),
  );
  const held = new HeldPages();
  const rows = Number(group.num_rows);
  const cursors = new Map<string, ColumnCursor>();
  for (const { meta_data: chunk } of group.columns) {
    const name = chunk?.path_in_schema[0] ?? "";
    const element = elements.get(name);
    if (chunk === undefined || element === undefined || !names.has(name)) continue;
    const { codec } = chunk;
    const bytes = source.chunk(chunk);
    let counted = -1;
    const unpack = (page: Uint8Array, size: number) => {
      const unpacked = unpackPage(page, size, codec);
      // One that is unpacked again is not more of the file.
      if (page.byteOffset > counted) budget.spend(size);
      counted = Math.max(counted, page.byteOffset);
      return unpacked;
    };
    cursors.set(name, new ColumnCursor({ bytes, element, rows, unpack, held }));
  }
  if (cursors.size !== names.size) throw new NotATableError("a row group lacks a column");
  return cursors;
};

/**
 * Parquet in, a part of a row group at a time. The file's columns are matched to the schema by
 * name; a column of another nature is one issue, a value that does not fit is one issue per row.
 */
import {
  type FileMetaData,
  parquetMetadataAsync,
  parquetSchema,
  type RowGroup,
  type SchemaElement,
} from "hyparquet";
import type { Schema } from "../domain/table.ts";
import { CHUNK_ROWS, type ColumnChunk } from "./columns.ts";
import type { IssueLog } from "./issueLog.ts";
import { NotATableError } from "./notATable.ts";
import { ColumnCursor, HeldPages, type StoredValues } from "./parquetCursor.ts";
import { type ParquetSource, SUPPORTED_CODECS, unpackPage } from "./parquetSource.ts";
import { describeElement } from "./parquetTypes.ts";
import { bytesOf, type VectorReader, vectorReader } from "./parquetVectors.ts";
import { type ColumnSpec, columnSpecs, MAX_CHUNK_CHARS, nullColumn } from "./rowBuilder.ts";
import { misfit } from "./types.ts";

/** Writers put up to about a million rows into a row group; it costs memory even for nulls. */
const MAX_ROW_GROUP_ROWS = 2 ** 22;

/** Which row groups are read: all, unless said otherwise. */
export interface GroupRange {
  readonly first?: number;
  readonly count?: number;
}

/** Rows and packed bytes of a file's row groups, in order. Throws as `readParquet` does. */
export const parquetGroups = async (
  source: ParquetSource,
): Promise<readonly { readonly rows: number; readonly bytes: number }[]> => {
  const metadata = await orDamaged(source, () =>
    parquetMetadataAsync(source, { geoparquet: false }),
  );
  return metadata.row_groups.map(({ num_rows, columns }) => ({
    rows: Number(num_rows),
    bytes: columns.reduce(
      (sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0),
      0,
    ),
  }));
};

/**
 * Reads the rows of a Parquet file. Throws a NotATableError when it is none, is damaged, or packed
 * in a way that cannot be undone here; throws what the object store threw when that failed.
 */
export async function* readParquet(
  source: ParquetSource,
  schema: Schema,
  issues: IssueLog,
  groups: GroupRange = {},
): AsyncGenerator<ColumnChunk, void, undefined> {
  const metadata = await orDamaged(source, () =>
    parquetMetadataAsync(source, { geoparquet: false }),
  );
  const columns = await orDamaged(source, async () =>
    matchColumns(metadata, columnSpecs(schema), issues),
  );
  const names = new Set(columns.flatMap(({ name, read }) => (read === undefined ? [] : [name])));
  await orDamaged(source, async () => checkGroups(metadata, names));
  const { first = 0, count = metadata.row_groups.length } = groups;
  const rowsBefore = metadata.row_groups.slice(0, first);
  let start = rowsBefore.reduce((rows, group) => rows + Number(group.num_rows), 0);
  for (const group of metadata.row_groups.slice(first, first + count)) {
    const groupEnd = start + Number(group.num_rows);
    const cursors = await orDamaged(source, async () => {
      await source.hold(group, names);
      return cursorsOf(source, metadata, group, names);
    });
    while (start < groupEnd) {
      const rows = Math.min(CHUNK_ROWS, groupEnd - start);
      const stored = await orDamaged(source, async () =>
        columns.map(({ name }) => cursors.get(name)?.read(rows) ?? null),
      );
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
    return column.read({ values, from, rows, misfit: note });
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
    const unpack = (page: Uint8Array, size: number) => unpackPage(page, size, codec);
    const bytes = source.chunk(chunk);
    cursors.set(name, new ColumnCursor({ bytes, element, rows, unpack, held }));
  }
  if (cursors.size !== names.size) throw new NotATableError("a row group lacks a column");
  return cursors;
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
    if (error instanceof NotATableError) throw error;
    throw new NotATableError("the file is not Parquet, or damaged");
  }
};

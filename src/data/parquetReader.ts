/**
 * Parquet in, a part of a row group at a time. The file's columns are matched to the schema by
 * name; a column of another nature is one issue, a value that does not fit is one issue per row.
 */
import {
  type DecodedArray,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
  type RowGroup,
  type SchemaElement,
} from "hyparquet";
import type { Schema } from "../domain/table.ts";
import type { ColumnChunk } from "./columns.ts";
import type { IssueLog } from "./issueLog.ts";
import { NotATableError } from "./notATable.ts";
import { checkPages } from "./parquetPages.ts";
import {
  decompressors,
  type ParquetSource,
  SUPPORTED_CODECS,
  unpackPage,
} from "./parquetSource.ts";
import { type CellReader, cellReader, describeElement } from "./parquetTypes.ts";
import { type ColumnSpec, columnSpecs, RowBuilder } from "./rowBuilder.ts";
import { misfit } from "./types.ts";

/** Rows decoded in one go, fewer when they are wide: about this many bytes, unpacked. */
const READ_ROWS = 8192;
const READ_BYTES = 8 * 1024 * 1024;

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
  const scan = await orDamaged(source, () =>
    parquetScan({
      file: source,
      metadata: physical(metadata),
      columns: [...names],
      // The index of pages is a claim of its own; only the pages themselves have been checked.
      useOffsetIndex: false,
      compressors: decompressors,
      utf8: false,
      parsers: { timestampFromNanoseconds: (nanos) => nanos },
    }),
  );

  const readColumn = ({ name, read }: MatchedColumn, rowStart: number, rowEnd: number) =>
    read === undefined
      ? Promise.resolve(undefined)
      : orDamaged(source, () => scan.readColumn({ column: name, rowStart, rowEnd }));

  const { first = 0, count = metadata.row_groups.length } = groups;
  const rowsBefore = metadata.row_groups.slice(0, first);
  let start = rowsBefore.reduce((rows, group) => rows + Number(group.num_rows), 0);
  const builder = new RowBuilder(columns, start + 1);
  for (const group of metadata.row_groups.slice(first, first + count)) {
    const groupEnd = start + Number(group.num_rows);
    const step = rowsAtOnce(group);
    await orDamaged(source, async () => {
      await source.hold(group, names);
      checkChunks(source, metadata, group, names);
    });
    for (; start < groupEnd; start = Math.min(start + step, groupEnd)) {
      const end = Math.min(start + step, groupEnd);
      const read: (DecodedArray | undefined)[] = [];
      for (const column of columns) read.push(await readColumn(column, start, end));
      for (let row = 0; row < end - start; row += 1) {
        putRow(builder, columns, read, row, issues);
        if (builder.full) yield builder.take();
      }
    }
  }
  if (!builder.empty) yield builder.take();
}

interface MatchedColumn extends ColumnSpec {
  /** Undefined when the file lacks the column or has one of another nature: all its cells are null. */
  readonly read: CellReader | undefined;
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
    const read = element && isFlat(element) ? cellReader(element, type) : undefined;
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

const checkChunks = (
  source: ParquetSource,
  metadata: FileMetaData,
  group: RowGroup,
  names: ReadonlySet<string>,
): void => {
  const elements = new Map(
    parquetSchema(metadata).children.map(({ element }) => [element.name, element]),
  );
  const found = new Set<string>();
  for (const { meta_data: chunk } of group.columns) {
    const name = chunk?.path_in_schema[0] ?? "";
    const element = elements.get(name);
    if (chunk === undefined || element === undefined || !names.has(name)) continue;
    found.add(name);
    checkPages(source.chunk(chunk), element, Number(group.num_rows), (page, size) =>
      unpackPage(page, size, chunk.codec),
    );
  }
  if (found.size !== names.size) throw new NotATableError("a row group lacks a column");
};

/** The same file without annotations: values arrive as they are stored. */
const physical = (metadata: FileMetaData): FileMetaData => ({
  ...metadata,
  schema: metadata.schema.map(
    ({ converted_type: _converted, logical_type: _logical, ...element }) => element,
  ),
});

const rowsAtOnce = (group: RowGroup): number => {
  const rows = Number(group.num_rows);
  const bytesPerRow = Math.max(1, Number(group.total_byte_size) / Math.max(1, rows));
  return Math.max(1, Math.min(READ_ROWS, Math.floor(READ_BYTES / bytesPerRow)));
};

const putRow = (
  builder: RowBuilder,
  columns: readonly MatchedColumn[],
  read: readonly (DecodedArray | undefined)[],
  index: number,
  issues: IssueLog,
): void => {
  const { row } = builder;
  for (let at = 0; at < columns.length; at += 1) {
    const column = columns[at];
    const value: unknown = read[at]?.[index] ?? null;
    if (value === null || column?.read === undefined) {
      builder.put(at, null);
      continue;
    }
    const cell = column.read(value);
    if (cell === undefined) issues.add(column.name, row, misfit(column.type));
    builder.put(at, cell ?? null);
  }
  builder.endRow();
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

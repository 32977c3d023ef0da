/**
 * Parquet in, a part of a row group at a time. The file's columns are matched to the schema by
 * name; a column of another nature is one issue, a value that does not fit is one issue per row.
 */
import {
  type ColumnMetaData,
  type FileMetaData,
  parquetSchema,
  type SchemaElement,
} from "hyparquet";
import type { Schema } from "../domain/table.ts";
import type { ColumnChunk } from "./columns.ts";
import { type TakeTurn, type Turn, takeTurn as takeTurnHere } from "./heavyTurns.ts";
import type { IssueLog } from "./issueLog.ts";
import { NotATableError } from "./notATable.ts";
import { SUPPORTED_CODECS, unpackPage } from "./parquetCodecs.ts";
import { ColumnCursor } from "./parquetCursor.ts";
import { LIGHT_READER_BYTES, READER_BYTES, ReaderMemory } from "./parquetMemory.ts";
import { readMetadata } from "./parquetMetadata.ts";
import { chunksOfRows, type GroupColumn } from "./parquetRows.ts";
import { type GroupBytes, orDamaged, type ParquetSource } from "./parquetSource.ts";
import { describeElement } from "./parquetTypes.ts";
import { type VectorReader, vectorReader } from "./parquetVectors.ts";
import { wantedChunks } from "./parquetWindow.ts";
import { type ColumnSpec, columnSpecs } from "./rowBuilder.ts";
import { misfit } from "./types.ts";
import { MAX_UNPACKED_BYTES, type UnpackBudget, unpackBudget } from "./unpackBudget.ts";

/** Some writers put a whole table into one row group; rows without a value cost time all the same. */
export const MAX_ROW_GROUP_ROWS = 2 ** 26;

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

/** What a reader may take; both are parameters for the tests. */
export interface ReadingLimits {
  /** What the file may unpack to. */
  readonly most?: number;
  readonly takeTurn?: TakeTurn;
}

/**
 * Reads the rows of a Parquet file. Throws a NotATableError when it is none, is damaged, or packed
 * in a way that cannot be undone here, an UnpacksBeyondError when it unpacks to more than `most`
 * bytes, a NoTurnError when it would need much memory and others have it, and what the object store
 * threw when that failed.
 */
export async function* readParquet(
  source: ParquetSource,
  schema: Schema,
  issues: IssueLog,
  range: GroupRange = {},
  { most = MAX_UNPACKED_BYTES, takeTurn = takeTurnHere }: ReadingLimits = {},
): AsyncGenerator<ColumnChunk, void, undefined> {
  const metadata = await readMetadata(source);
  const columns = await orDamaged(source, async () =>
    matchColumns(metadata, columnSpecs(schema), issues),
  );
  const names = new Set(columns.flatMap(({ name, read }) => (read === undefined ? [] : [name])));
  await orDamaged(source, async () => checkGroups(metadata, names));
  const { first = 0, count = metadata.row_groups.length } = range;
  const groups = metadata.row_groups.slice(first, first + count);
  // What will not fit is known before the first page is unpacked; what the pages hold, as they are.
  const [cells, pages] = [unpackBudget(most), unpackBudget(most)];
  for (const { num_rows } of groups) cells.spend(Number(num_rows) * columns.length);
  const rowsBefore = metadata.row_groups.slice(0, first);
  let start = rowsBefore.reduce((rows, group) => rows + Number(group.num_rows), 0);
  const room = new ReadingRoom(takeTurn, most);
  try {
    for (const group of groups) {
      const rows = Number(group.num_rows);
      const memory = await room.memoryFor(wantedChunks(group, names));
      const stored = await orDamaged(source, async () => {
        const bytes = await source.chunksOf(group, names);
        return storedColumns(bytes, metadata, rows, columns, { pages, memory });
      });
      const chunks = chunksOfRows(stored, rows, start);
      for (;;) {
        room.use();
        const next = await orDamaged(source, () => chunks.next());
        if (next.done) break;
        const { misfits, cut_datetimes, text_bytes, ...chunk } = next.value;
        issues.addCutDatetimes(cut_datetimes);
        // A text that many rows share is one in the file, and many when it is read.
        cells.spend(text_bytes);
        for (const { row, spec } of misfits)
          issues.add(spec.name, chunk.first_row + row, misfit(spec.type));
        yield chunk;
      }
      start += rows;
    }
  } finally {
    room.end();
  }
}

/**
 * A row group that unpacks to more than this, as the file says, is read in turn. Those that Lethe
 * writes of files which requests wait for have less (see rowGroup.ts): a request is not to wait so long.
 */
const LIGHT_GROUP_BYTES = 24 * 1024 * 1024;

/** The memory a reader has: little, until it had to wait for its turn to have more. */
class ReadingRoom {
  readonly #takeTurn: TakeTurn;
  readonly #mostUnpacked: number;
  #turn: Turn | null = null;

  constructor(takeTurn: TakeTurn, mostUnpacked: number) {
    this.#takeTurn = takeTurn;
    this.#mostUnpacked = mostUnpacked;
  }

  /** For the chunks of one row group. What they claim is not to be relied on: it may grow. */
  async memoryFor(chunks: readonly ColumnMetaData[]): Promise<ReaderMemory> {
    const claimed = chunks.reduce((sum, chunk) => sum + Number(chunk.total_uncompressed_size), 0);
    if (claimed > LIGHT_GROUP_BYTES) {
      // Nobody waits for a turn only to hear in it that the file is too large.
      unpackBudget(this.#mostUnpacked).spend(claimed);
      await this.#grow();
    }
    const most = this.#turn === null ? LIGHT_READER_BYTES : READER_BYTES;
    return new ReaderMemory(most, () => this.#grow());
  }

  use(): void {
    this.#turn?.use();
  }

  end(): void {
    this.#turn?.end();
  }

  async #grow(): Promise<number> {
    this.#turn ??= await this.#takeTurn();
    return READER_BYTES;
  }
}

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

const storedColumns = (
  { chunks, held_bytes }: GroupBytes,
  metadata: FileMetaData,
  rows: number,
  columns: readonly MatchedColumn[],
  { pages, memory }: { readonly pages: UnpackBudget; readonly memory: ReaderMemory },
): readonly GroupColumn[] => {
  if (held_bytes > 0) memory.keep(held_bytes);
  const elements = new Map(
    parquetSchema(metadata).children.map(({ element }) => [element.name, element]),
  );
  const cursors = new Map<string, ColumnCursor>();
  for (const { meta, bytes: chunk } of chunks) {
    const name = meta.path_in_schema[0] ?? "";
    const element = elements.get(name);
    if (element === undefined) continue;
    const { codec } = meta;
    let counted = -1;
    const unpack = (page: Uint8Array, size: number, offset: number) => {
      // One that is unpacked again is not more of the file.
      if (offset > counted) pages.spend(size);
      counted = Math.max(counted, offset);
      return unpackPage(page, size, codec);
    };
    const is_plain = codec === "UNCOMPRESSED";
    const unpacked_bytes = Math.max(0, Number(meta.total_uncompressed_size));
    const column = { chunk, element, rows, is_plain, unpack, memory, unpacked_bytes };
    cursors.set(name, new ColumnCursor(column));
  }
  return columns.map(({ read, ...spec }) => {
    if (read === undefined) return { spec, stored: null };
    const cursor = cursors.get(spec.name);
    if (cursor === undefined) throw new NotATableError("a row group lacks a column");
    return { spec, stored: { cursor, read } };
  });
};

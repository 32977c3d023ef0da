/**
 * Parquet files that fit no schema: under the one that follows from the file itself, where each of
 * its columns is of a kind that can be read and written; else it is only known who is in it.
 */
import { parquetReadObjects, parquetSchema, type SchemaElement } from "hyparquet";
import type { ObjectStore } from "../../application/dataPorts.ts";
import type { SubjectSet } from "../../application/subjectPorts.ts";
import type { ColumnType, ObjectRef, Schema } from "../../domain/table.ts";
import type { ColumnChunk, ColumnVector } from "../columns.ts";
import { textsOf } from "../columnTexts.ts";
import { decompressors } from "../parquetCodecs.ts";
import { readMetadata } from "../parquetMetadata.ts";
import { parquetSource } from "../parquetSource.ts";
import { cellReader } from "../parquetTypes.ts";
import { openTable, readTable } from "../readTable.ts";
import { decodeText, type Texts } from "../textBuilder.ts";
import { decodeUtf8 } from "../textInput.ts";
import { looseMatch } from "./anyCell.ts";
import { cellTexts, scalarsIn } from "./looseRows.ts";
import type { NamedRow } from "./namedCell.ts";
import type { RowMatch } from "./rowMatch.ts";

/** Tried in this order: the first that reads the column. */
const TYPES: readonly ColumnType[] = ["string", "boolean", "date", "datetime", "decimal", "float"];

/**
 * The file's own schema; null when one of its columns is of no kind, or holds a value, that cannot
 * be written. Throws a NotATableError when it is damaged.
 */
export const ownSchema = async (store: ObjectStore, source: ObjectRef): Promise<Schema | null> => {
  const file = parquetSource(store, source.key, source.bytes);
  const metadata = await readMetadata(file);
  const columns = parquetSchema(metadata).children.map(({ element }) => element);
  const types = columns.map((element) => [element.name, typeOf(element)] as const);
  const names = new Set(types.map(([name]) => name));
  if (names.size < types.length) return null;
  const known = types.flatMap(([name, type]) =>
    type === undefined ? [] : [[name, type] as const],
  );
  if (known.length < types.length) return null;
  const schema = Object.fromEntries(known);
  const reader = readTable(await openTable(store, source), schema);
  for await (const _chunk of reader.chunks()) if (reader.issues.count > 0) return null;
  return reader.issues.count > 0 ? null : schema;
};

const typeOf = (element: SchemaElement): ColumnType | undefined => {
  if (element.num_children || element.repetition_type === "REPEATED") return undefined;
  const isInteger = element.type === "INT32" || element.type === "INT64";
  const type = TYPES.find((candidate) => cellReader(element, candidate) !== undefined);
  const isScaled = element.converted_type === "DECIMAL" || element.logical_type?.type === "DECIMAL";
  return type === "decimal" && isInteger && !isScaled ? "int" : type;
};

/** By any cell of a row. */
export const matchAnyColumn = (subjects: SubjectSet, key: Uint8Array): RowMatch => {
  const match = looseMatch(subjects, key);
  return (chunk) => match(rowsOf(chunk));
};

/** The rows of a chunk as those of any other file that fits no schema. */
export const rowsOf = ({ columns, rows }: ColumnChunk): readonly NamedRow[] => {
  const texts = columns.map((column) => ({ ...column, ...textsOf(column, rows) }));
  const textAt = ({ offsets, bytes, valid }: Texts & Pick<ColumnVector, "valid">, row: number) =>
    valid !== null && valid[row] === 0
      ? []
      : [decodeText(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0)];
  return Array.from({ length: rows }, (_, row) => ({
    bytes: new Uint8Array(0),
    texts: texts.flatMap((column) => textAt(column, row)),
    cellOf: (wanted) => {
      const column = texts.find(({ name }) => name === wanted);
      return column === undefined ? null : textAt(column, row);
    },
  }));
};

/** Rows read as objects in one go. */
const ROWS_AT_ONCE = 4096;

/** Whether a value anywhere in the file is the subjects'; true when it cannot be read at all. */
export const holdsAnywhere = (
  store: ObjectStore,
  source: ObjectRef,
  subjects: SubjectSet,
  key: Uint8Array,
): Promise<boolean> => {
  const match = looseMatch(subjects, key);
  return anyRows(store, source, (rows) => match(rows) !== null);
};

/** Whether some rows of the file are such; true when it cannot be read at all. */
export const anyRows = async (
  store: ObjectStore,
  source: ObjectRef,
  such: (rows: readonly NamedRow[]) => boolean,
): Promise<boolean> => {
  const file = parquetSource(store, source.key, source.bytes);
  try {
    const metadata = await readMetadata(file);
    const rows = Number(metadata.num_rows);
    for (let rowStart = 0; rowStart < rows; rowStart += ROWS_AT_ONCE) {
      const rowEnd = Math.min(rows, rowStart + ROWS_AT_ONCE);
      const range = { rowStart, rowEnd };
      const objects = await parquetReadObjects({
        file,
        metadata,
        ...range,
        compressors: decompressors,
        // What is no UTF-8 is not to be lost in replacement characters.
        parsers: { stringFromBytes: (bytes) => bytes && (decodeUtf8(bytes) ?? bytes) },
      });
      if (such(objects.map(rowOf))) return true;
    }
    return false;
  } catch (error) {
    if (file.failure !== undefined) throw error;
    return true;
  }
};

const rowOf = (object: Readonly<Record<string, unknown>>): NamedRow => ({
  texts: [...scalarsIn(object)],
  cellOf: (column) => (Object.hasOwn(object, column) ? cellTexts(object[column]) : null),
  bytes: new Uint8Array(0),
});

/**
 * Headers of pages and the footer of a Parquet file, as bytes (github.com/apache/parquet-format,
 * parquet.thrift). Which type of Lethe is which type of Parquet is decided here:
 *
 *     int INT64 · float DOUBLE · string UTF8 · boolean BOOLEAN · date DATE
 *     datetime TIMESTAMP(MICROS, adjusted to UTC)
 *     decimal DECIMAL(precision, scale) in an INT64 or 16 bytes; UTF8 where they are not known
 *
 * Every column is optional.
 */
import { assertNever, invariant } from "../domain/decider.ts";
import type { DecimalType, DecimalTypes, Schema } from "../domain/table.ts";
import { type ColumnSpec, columnSpecs } from "./rowBuilder.ts";
import {
  bool,
  encodeThrift,
  i16,
  i32,
  i64,
  list,
  struct,
  type ThriftFields,
  text,
} from "./thrift.ts";

const PLAIN = 0;
const RLE = 3;
const RLE_DICTIONARY = 8;
const SNAPPY = 1;
const OPTIONAL = 1;
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;

/** A page's body as it stands in the file, and how large it is unpacked. */
export interface PackedPage {
  readonly body: Uint8Array;
  readonly unpacked_bytes: number;
  /** Rows, or entries of a dictionary. */
  readonly values: number;
}

/** The header in front of a page of values. */
export const dataPageHeader = (page: PackedPage, hasDictionary: boolean): Uint8Array =>
  encodeThrift({
    1: i32(DATA_PAGE),
    2: i32(page.unpacked_bytes),
    3: i32(page.body.length),
    5: struct({
      1: i32(page.values),
      2: i32(hasDictionary ? RLE_DICTIONARY : PLAIN),
      3: i32(RLE),
      4: i32(RLE),
    }),
  });

/** The header in front of the texts that the pages' indices speak of. */
export const dictionaryPageHeader = (page: PackedPage): Uint8Array =>
  encodeThrift({
    1: i32(DICTIONARY_PAGE),
    2: i32(page.unpacked_bytes),
    3: i32(page.body.length),
    7: struct({ 1: i32(page.values), 2: i32(PLAIN) }),
  });

/** Where a column of a row group stands in its file. Plain JSON. */
export interface ColumnPlace {
  /** Of the dictionary, if there is one, else of the first page. */
  readonly offset: number;
  readonly data_offset: number;
  /** With the pages' headers. */
  readonly packed_bytes: number;
  readonly unpacked_bytes: number;
  readonly nulls: number;
}

export interface RowGroupPlace {
  readonly rows: number;
  readonly columns: readonly ColumnPlace[];
}

/** A column as it is written. */
export interface ParquetColumn extends ColumnSpec {
  /** Of a decimal column that is no text. */
  readonly decimal: DecimalType | null;
}

export const parquetColumns = (schema: Schema, decimals: DecimalTypes): readonly ParquetColumn[] =>
  columnSpecs(schema).map((column) => {
    const decimal = Object.hasOwn(decimals, column.name) ? decimals[column.name] : undefined;
    return { ...column, decimal: (column.type === "decimal" && decimal) || null };
  });

/** Digits that always fit into 64 bits. */
const INT64_DIGITS = 18;
const INT64_BYTES = 8;
const INT128_BYTES = 16;

/** Bytes of a decimal's value. */
export const decimalBytes = ({ precision }: DecimalType): number =>
  precision <= INT64_DIGITS ? INT64_BYTES : INT128_BYTES;

/** The footer with its length and the closing mark: all that follows the last page. */
export const footer = (
  columns: readonly ParquetColumn[],
  groups: readonly RowGroupPlace[],
): Uint8Array => {
  const metadata = encodeThrift({
    1: i32(2),
    2: list("struct", [
      struct({ 4: text("root"), 5: i32(columns.length) }),
      ...columns.map((column) => struct(schemaElement(column))),
    ]),
    3: i64(groups.reduce((sum, { rows }) => sum + rows, 0)),
    4: list(
      "struct",
      groups.map((group, ordinal) => struct(rowGroup(columns, group, ordinal))),
    ),
    6: text("lethe"),
  });
  const bytes = new Uint8Array(metadata.length + 8);
  bytes.set(metadata);
  new DataView(bytes.buffer).setUint32(metadata.length, metadata.length, true);
  bytes.set(MAGIC, metadata.length + 4);
  return bytes;
};

/** The first and the last four bytes of every Parquet file. */
export const MAGIC = new TextEncoder().encode("PAR1");

/** The ordinal is a number of 16 bits, and may be left out. */
const MAX_ORDINAL = 2 ** 15 - 1;

const rowGroup = (
  columns: readonly ParquetColumn[],
  group: RowGroupPlace,
  ordinal: number,
): ThriftFields => {
  const sum = (bytes: (place: ColumnPlace) => number) =>
    group.columns.reduce((total, place) => total + bytes(place), 0);
  return {
    1: list(
      "struct",
      group.columns.map((place, index) =>
        struct({ 2: i64(place.offset), 3: struct(columnMetadata(columns[index], place, group)) }),
      ),
    ),
    2: i64(sum(({ unpacked_bytes }) => unpacked_bytes)),
    3: i64(group.rows),
    5: i64(group.columns[0]?.offset ?? MAGIC.length),
    6: i64(sum(({ packed_bytes }) => packed_bytes)),
    7: ordinal <= MAX_ORDINAL ? i16(ordinal) : undefined,
  };
};

const columnMetadata = (
  column: ParquetColumn | undefined,
  place: ColumnPlace,
  { rows }: RowGroupPlace,
): ThriftFields => {
  invariant(column !== undefined, "a row group has the columns of its file");
  const hasDictionary = place.offset < place.data_offset;
  const encodings = hasDictionary ? [PLAIN, RLE, RLE_DICTIONARY] : [PLAIN, RLE];
  return {
    1: i32(PHYSICAL[physicalType(column)]),
    2: list("i32", encodings.map(i32)),
    3: list("binary", [text(column.name)]),
    4: i32(SNAPPY),
    5: i64(rows),
    6: i64(place.unpacked_bytes),
    7: i64(place.packed_bytes),
    9: i64(place.data_offset),
    11: hasDictionary ? i64(place.offset) : undefined,
    12: struct({ 3: i64(place.nulls) }),
  };
};

const PHYSICAL = {
  BOOLEAN: 0,
  INT32: 1,
  INT64: 2,
  DOUBLE: 5,
  BYTE_ARRAY: 6,
  FIXED_LEN_BYTE_ARRAY: 7,
} as const;

const physicalType = ({ type, decimal }: ParquetColumn): keyof typeof PHYSICAL => {
  switch (type) {
    case "int":
    case "datetime":
      return "INT64";
    case "float":
      return "DOUBLE";
    case "string":
      return "BYTE_ARRAY";
    case "decimal":
      if (decimal === null) return "BYTE_ARRAY";
      return decimalBytes(decimal) === INT64_BYTES ? "INT64" : "FIXED_LEN_BYTE_ARRAY";
    case "boolean":
      return "BOOLEAN";
    case "date":
      return "INT32";
    default:
      return assertNever(type);
  }
};

const schemaElement = (column: ParquetColumn): ThriftFields => {
  const physical = physicalType(column);
  return {
    1: i32(PHYSICAL[physical]),
    2: physical === "FIXED_LEN_BYTE_ARRAY" ? i32(INT128_BYTES) : undefined,
    3: i32(OPTIONAL),
    4: text(column.name),
    ...annotation(column),
  };
};

const CONVERTED_UTF8 = 0;
const CONVERTED_DECIMAL = 5;
const CONVERTED_DATE = 6;
const CONVERTED_TIMESTAMP_MICROS = 10;

const annotation = ({ type, decimal }: ParquetColumn): ThriftFields => {
  switch (type) {
    case "int":
    case "float":
    case "boolean":
      return {};
    case "string":
      return TEXT;
    case "decimal": {
      if (decimal === null) return TEXT;
      const [precision, scale] = [i32(decimal.precision), i32(decimal.scale)];
      return {
        6: i32(CONVERTED_DECIMAL),
        7: scale,
        8: precision,
        10: struct({ 5: struct({ 1: scale, 2: precision }) }),
      };
    }
    case "date":
      return { 6: i32(CONVERTED_DATE), 10: struct({ 6: struct({}) }) };
    case "datetime":
      return {
        6: i32(CONVERTED_TIMESTAMP_MICROS),
        10: struct({ 8: struct({ 1: bool(true), 2: struct({ 2: struct({}) }) }) }),
      };
    default:
      return assertNever(type);
  }
};

const TEXT: ThriftFields = { 6: i32(CONVERTED_UTF8), 10: struct({ 1: struct({}) }) };

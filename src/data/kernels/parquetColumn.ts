/** A column of a row group as Parquet pages, encoded and packed with Snappy in WebAssembly. */
import { invariant } from "../../domain/decider.ts";
import type { DecimalType } from "../../domain/table.ts";
import type { ColumnVector, TextColumn } from "../columns.ts";
import { decimalBytes, type PackedPage } from "../parquetFooter.ts";
import { type Arena, withKernels } from "./kernels.ts";

/** Rows of a page: what a reader unpacks in one go. */
export const PAGE_ROWS = 8192;

/** Distinct texts of a dictionary; beyond that a column is written as it is. */
const MAX_DISTINCT = 16 * 1024;
const SLOTS = 2 * MAX_DISTINCT;
const WORD_BYTES = 4;

/** What a vector may write beyond the end. */
const SLACK = 16;

export interface EncodedColumn {
  readonly dictionary: PackedPage | null;
  readonly pages: readonly PackedPage[];
  readonly nulls: number;
}

/**
 * Encodes the first `rows` rows of a column. `decimal`: the texts are decimals and become numbers
 * of that type; it is a bug when one does not fit.
 */
export const encodeColumn = (
  column: ColumnVector,
  rows: number,
  decimal: DecimalType | null = null,
): EncodedColumn =>
  withKernels((arena) => {
    const valid = column.valid === null ? 0 : arena.put(column.valid.subarray(0, rows));
    const nulls = column.valid === null ? 0 : countZeros(column.valid, rows);
    const write = writerOf(arena, column, valid, rows, decimal);
    const pages: PackedPage[] = [];
    for (let start = 0; start < rows; start += PAGE_ROWS) {
      const count = Math.min(PAGE_ROWS, rows - start);
      pages.push(arena.scratch(() => page(arena, valid, start, count, write.values)));
    }
    return { dictionary: write.dictionary, pages, nulls };
  });

const writerOf = (
  arena: Arena,
  column: ColumnVector,
  valid: number,
  rows: number,
  decimal: DecimalType | null,
): ValueWriter => {
  if (!("offsets" in column)) return valuePages(arena, column, valid);
  return decimal === null
    ? textPages(arena, column, valid, rows)
    : decimalPages(arena, column, rows, decimal);
};

/** Writes the values of a run of rows, given how many of them are there; returns their bytes. */
interface ValueWriter {
  readonly dictionary: PackedPage | null;
  readonly values: (start: number, rows: number, valid: number) => PageValues;
}

interface PageValues {
  /** The most bytes they take. */
  readonly room: number;
  readonly write: (out: number) => number;
}

const page = (
  arena: Arena,
  valid: number,
  start: number,
  rows: number,
  values: ValueWriter["values"],
): PackedPage => {
  const validOfPage = valid === 0 ? 0 : valid + start;
  const { room, write } = values(start, rows, validOfPage);
  const out = arena.reserve(rows + room + 2 * SLACK);
  const levels = arena.kernels.encodeLevels(validOfPage, rows, out);
  const size = levels + write(out + levels);
  return { ...packed(arena, out, size), values: rows };
};

const packed = (arena: Arena, address: number, size: number) => {
  const out = arena.reserve(2 * SLACK + size + Math.ceil(size / 6));
  const length = arena.kernels.snappyCompress(address, size, out);
  return { body: arena.copy(out, length), unpacked_bytes: size };
};

type ValueColumn = Exclude<ColumnVector, TextColumn>;

const valuePages = (arena: Arena, column: ValueColumn, valid: number): ValueWriter => {
  const { kernels } = arena;
  const size = column.values.BYTES_PER_ELEMENT;
  const valuesOf = (start: number, rows: number) => {
    const { buffer, byteOffset } = column.values;
    return arena.put(new Uint8Array(buffer, byteOffset + start * size, rows * size));
  };
  return {
    dictionary: null,
    values: (start, rows, validOfPage) => {
      const values = valuesOf(start, rows);
      const room = rows * size + SLACK;
      if (column.type === "boolean") {
        const there = valid === 0 ? values : arena.reserve(room);
        const count =
          valid === 0 ? rows : kernels.compactValues(values, size, validOfPage, rows, there);
        return { room, write: (out) => kernels.packBits(there, count, out) - out };
      }
      if (valid === 0) {
        const write = (out: number) => {
          arena.bytes(out, rows * size).set(arena.bytes(values, rows * size));
          return rows * size;
        };
        return { room, write };
      }
      const write = (out: number) =>
        size * kernels.compactValues(values, size, validOfPage, rows, out);
      return { room, write };
    },
  };
};

const decimalPages = (
  arena: Arena,
  column: TextColumn,
  rows: number,
  type: DecimalType,
): ValueWriter => {
  const { precision, scale } = type;
  const size = decimalBytes(type);
  const offsets = arena.put(column.offsets.subarray(0, rows + 1));
  const bytes = arena.put(column.bytes.subarray(0, column.offsets[rows]));
  return {
    dictionary: null,
    values: (start, count, validOfPage) => ({
      room: count * size,
      write: (out) => {
        const from = offsets + start * WORD_BYTES;
        const { plainDecimals } = arena.kernels;
        const end = plainDecimals(from, bytes, validOfPage, count, precision, scale, size, out);
        invariant(end !== 0, "a column's decimals have the digits that were counted");
        return end - out;
      },
    }),
  };
};

const textPages = (arena: Arena, column: TextColumn, valid: number, rows: number): ValueWriter => {
  const { kernels } = arena;
  const { offsets: ends } = column;
  const offsets = arena.put(ends.subarray(0, rows + 1));
  const bytes = arena.put(column.bytes.subarray(0, ends[rows]));
  const slots = arena.reserve(SLOTS * WORD_BYTES);
  arena.bytes(slots, SLOTS * WORD_BYTES).fill(0);
  const firsts = arena.reserve(MAX_DISTINCT * WORD_BYTES);
  const indices = arena.reserve(rows * WORD_BYTES);
  const distinct = kernels.numberTexts(
    offsets,
    bytes,
    valid,
    rows,
    slots,
    SLOTS - 1,
    MAX_DISTINCT,
    indices,
    firsts,
  );
  // A dictionary of texts that hardly repeat would only be in the way.
  if (distinct <= 0 || 2 * distinct > rows) {
    return {
      dictionary: null,
      values: (start, count, validOfPage) => ({
        room: (ends[start + count] ?? 0) - (ends[start] ?? 0) + count * WORD_BYTES,
        write: (out) =>
          kernels.plainTexts(offsets + start * WORD_BYTES, bytes, validOfPage, count, out),
      }),
    };
  }
  const width = Math.max(1, 32 - Math.clz32(distinct - 1));
  let next = 0;
  return {
    dictionary: arena.scratch(() => dictionary(arena, firsts, distinct, column, offsets, bytes)),
    values: (_start, count, validOfPage) => {
      const there =
        validOfPage === 0 ? count : count - countZeros(arena.bytes(validOfPage, count), count);
      const from = indices + next * WORD_BYTES;
      next += there;
      return {
        room: there * WORD_BYTES,
        write: (out) => kernels.packIndices(from, there, width, out),
      };
    },
  };
};

const dictionary = (
  arena: Arena,
  firsts: number,
  distinct: number,
  { offsets: ends }: TextColumn,
  offsets: number,
  bytes: number,
): PackedPage => {
  let room = 0;
  for (const row of arena.words(firsts, distinct)) {
    room += WORD_BYTES + (ends[row + 1] ?? 0) - (ends[row] ?? 0);
  }
  const out = arena.reserve(room + SLACK);
  const size = arena.kernels.plainTextsOf(firsts, distinct, offsets, bytes, out);
  return { ...packed(arena, out, size), values: distinct };
};

const countZeros = (flags: Uint8Array, rows: number): number => {
  let zeros = 0;
  for (let row = 0; row < rows; row += 1) if (flags[row] === 0) zeros += 1;
  return zeros;
};

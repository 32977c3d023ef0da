/**
 * Parquet files of pages that no ordinary writer would make: as large, as many and as oddly encoded
 * as a test wants them, in one row group. Every column is required, so that a page is its values.
 */
import { MAGIC } from "../../src/data/parquetFooter.ts";
import { encodeThrift, i32, i64, list, struct, text } from "../../src/data/thrift.ts";

export const BYTE_ARRAY = 6;
export const [PLAIN, DELTA_BYTE_ARRAY, RLE_DICTIONARY] = [0, 7, 8];

export interface RawPage {
  readonly is_dictionary?: boolean;
  readonly encoding: number;
  readonly values: number;
  /** As it is unpacked. */
  readonly body: Uint8Array;
}

export interface RawColumn {
  readonly name: string;
  readonly pages: readonly RawPage[];
  readonly is_packed?: boolean;
}

/** The pieces of a file of text columns, in order. */
export function* pageFile(
  columns: readonly RawColumn[],
  rows: number,
): Generator<Uint8Array, void, undefined> {
  yield MAGIC;
  let at = MAGIC.length;
  const chunks: ReturnType<typeof struct>[] = [];
  let total = 0;
  for (const { name, pages, is_packed = false } of columns) {
    const start = at;
    let unpacked = 0;
    let data_start = start;
    for (const page of pages) {
      const body = is_packed ? packed(page.body) : page.body;
      const header = headerOf(page, body.length);
      unpacked += header.length + page.body.length;
      at += header.length + body.length;
      if (page.is_dictionary) data_start = at;
      yield header;
      yield body;
    }
    total += unpacked;
    const meta = struct({
      1: i32(BYTE_ARRAY),
      2: list("i32", [i32(PLAIN)]),
      3: list("binary", [text(name)]),
      4: i32(is_packed ? 1 : 0),
      5: i64(rows),
      6: i64(unpacked),
      7: i64(at - start),
      9: i64(data_start),
      11: data_start > start ? i64(start) : undefined,
    });
    chunks.push(struct({ 2: i64(start), 3: meta }));
  }
  const group = struct({ 1: list("struct", chunks), 2: i64(total), 3: i64(rows) });
  const leaf = (name: string) =>
    struct({ 1: i32(BYTE_ARRAY), 3: i32(0), 4: text(name), 6: i32(0) });
  const root = struct({ 4: text("root"), 5: i32(columns.length) });
  const metadata = encodeThrift({
    1: i32(1),
    2: list("struct", [root, ...columns.map(({ name }) => leaf(name))]),
    3: i64(rows),
    4: list("struct", [group]),
  });
  yield metadata;
  const tail = new Uint8Array(8);
  new DataView(tail.buffer).setUint32(0, metadata.length, true);
  tail.set(MAGIC, 4);
  yield tail;
}

const headerOf = ({ is_dictionary, values, encoding, body }: RawPage, stored: number) =>
  encodeThrift({
    1: i32(is_dictionary ? 2 : 0),
    2: i32(body.length),
    3: i32(stored),
    ...(is_dictionary
      ? { 7: struct({ 1: i32(values), 2: i32(PLAIN) }) }
      : { 5: struct({ 1: i32(values), 2: i32(encoding), 3: i32(3), 4: i32(3) }) }),
  });

const LITERAL_BYTES = 65_536;

/** Snappy that found nothing to save: literals alone. */
const packed = (bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length + 3 * Math.ceil(bytes.length / LITERAL_BYTES) + 5);
  let at = 0;
  for (const byte of varint(bytes.length)) out[at++] = byte;
  for (let from = 0; from < bytes.length; from += LITERAL_BYTES) {
    const part = bytes.subarray(from, from + LITERAL_BYTES);
    out.set([61 << 2, (part.length - 1) & 0xff, (part.length - 1) >> 8], at);
    out.set(part, at + 3);
    at += 3 + part.length;
  }
  return out.subarray(0, at);
};

export const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];

/** So many texts of so many bytes, each behind its length. */
export const plainTexts = (count: number, length: number, seed = 0): Uint8Array => {
  const body = new Uint8Array(count * (4 + length));
  const view = new DataView(body.buffer);
  for (let row = 0, at = 0; row < count; row += 1, at += 4 + length) {
    view.setUint32(at, length, true);
    const shown = String(row + seed)
      .padStart(length, "x")
      .slice(-length);
    for (let index = 0; index < length; index += 1) body[at + 4 + index] = shown.charCodeAt(index);
  }
  return body;
};

/** Indices from 0 on, each of `width` bytes, in one run of packed values. */
export const indicesUpTo = (count: number, width: number): Uint8Array => {
  const groups = Math.ceil(count / 8);
  const head = [8 * width, ...varint((groups << 1) | 1)];
  const body = new Uint8Array(head.length + groups * 8 * width);
  body.set(head);
  for (let index = 0; index < count; index += 1)
    for (let byte = 0; byte < width; byte += 1)
      body[head.length + index * width + byte] = (index >>> (8 * byte)) & 0xff;
  return body;
};

/** Texts of which each shares so many bytes with the one before, and adds as many of its own. */
export const sharingTexts = (count: number, shared: number, own: number): Uint8Array => {
  const first = sharedLengths(shared, count);
  const second = ownLengths(shared, own, count);
  const bytes = (count - 1) * own + shared + own;
  const body = new Uint8Array(first.length + second.length + bytes).fill(0x61);
  body.set(first);
  body.set(second, first.length);
  return body;
};

const sharedLengths = (shared: number, count: number): Uint8Array => stepped(0, shared, count);
const ownLengths = (shared: number, own: number, count: number): Uint8Array =>
  stepped(shared + own, own, count);

const [BLOCK, PARTS, WIDTH_BITS] = [1024, 4, 16];

/** A number, then another one again and again, as differences: those behind the first block are none. */
const stepped = (first: number, others: number, count: number): Uint8Array => {
  const step = others - first;
  const zigzag = (value: number) => varint(value < 0 ? -2 * value - 1 : 2 * value);
  const least = Math.min(step, 0);
  const start = [...varint(BLOCK), ...varint(PARTS), ...varint(count), ...zigzag(first)];
  const head = [...start, ...zigzag(least), ...Array.from({ length: PARTS }, () => WIDTH_BITS)];
  const values = (BLOCK * WIDTH_BITS) / 8;
  // A block without a difference: the least one, and the width of its parts, are 0.
  const others_bytes = (1 + PARTS) * Math.ceil((count - 1 - BLOCK) / BLOCK);
  const body = new Uint8Array(head.length + values + others_bytes);
  body.set(head);
  const view = new DataView(body.buffer, head.length);
  for (let index = 0; index < BLOCK; index += 1)
    view.setUint16(2 * index, index === 0 ? step - least : -least, true);
  return body;
};

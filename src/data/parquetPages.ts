/**
 * The pages of a column chunk, one by one, each looked through before anybody decodes it. What a
 * page says of itself is only a claim: a damaged or hostile one would send a decoder into endless
 * loops or make it allocate without end, which no catch can stop. Here every count is held against
 * the bytes that must carry it.
 */
import type { Encoding, SchemaElement } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { checkDeltas, type TextParts, textParts } from "./parquetDelta.ts";
import { MAX_PAGE_BYTES } from "./parquetMemory.ts";
import { count, damage, readVarInt } from "./parquetNumbers.ts";
import { checkThrift } from "./parquetThrift.ts";

/** A header has some twenty values; those that are texts (the least and the greatest) may be long. */
const MAX_HEADER_VALUES = 1_000;
export const MAX_HEADER_BYTES = 1024 * 1024;

/** Undoes the codec of the chunk; throws when the bytes are damaged or too many. */
export type Unpack = (page: Uint8Array, unpackedBytes: number) => Uint8Array;

/** Bytes of a page, from `start` up to `end`. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** What a page says of itself, before any of it is unpacked. */
export interface PageHeader {
  readonly parsed: ReturnType<typeof parquetHeader>;
  readonly is_dictionary: boolean;
  /** Rows, or entries of a dictionary. */
  readonly values: number;
  /** Where the page begins behind its header, and where the next one does, in the chunk. */
  readonly start: number;
  readonly next: number;
  readonly unpacked_bytes: number;
  readonly encoding: Encoding;
}

export interface DictionaryPage {
  readonly kind: "dictionary";
  readonly values: number;
  readonly body: Uint8Array;
}

export interface DataPage {
  readonly kind: "data";
  /** Rows: values with those that are null. */
  readonly values: number;
  /** Those that are not. */
  readonly defined: number;
  /** One bit a row, in runs: 1 where there is a value; null where there always is one. */
  readonly levels: Part | null;
  readonly encoding: Encoding;
  /** The values themselves, unpacked. */
  readonly body: Uint8Array;
  /** Of texts as deltas: how long their parts are. */
  readonly parts: TextParts | null;
}

/** A column's values, and the most of them that a page can have. */
export interface Leaf {
  readonly element: SchemaElement;
  /** Rows that are still to come. */
  readonly rows: number;
}

/**
 * The header at the beginning of `bytes`, which stand at `offset` of a chunk of `length` bytes.
 * Throws when there is none, or not the whole of it.
 */
export const headerAt = (
  bytes: Uint8Array,
  offset: number,
  length: number,
  rows: number,
): PageHeader => {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  checkThrift(bytes, 0, { values: MAX_HEADER_VALUES, end: MAX_HEADER_BYTES });
  const parsed = parquetHeader(reader);
  const start = offset + reader.offset;
  const unpacked_bytes = count(parsed.uncompressed_page_size, Number.MAX_SAFE_INTEGER);
  const is_dictionary = parsed.type === "DICTIONARY_PAGE";
  const data = parsed.data_page_header ?? parsed.data_page_header_v2;
  return {
    parsed,
    is_dictionary,
    values: is_dictionary
      ? count(parsed.dictionary_page_header?.num_values, unpacked_bytes)
      : count(data?.num_values, rows),
    start,
    next: start + count(parsed.compressed_page_size, length - start),
    unpacked_bytes,
    encoding: data?.encoding ?? "PLAIN",
  };
};

/** The page behind a header; its bytes are `page`. Throws when it cannot be what it says. */
export const pageOf = (
  header: PageHeader,
  page: Uint8Array,
  { element, rows }: Leaf,
  unpack: Unpack,
): DictionaryPage | DataPage => {
  const { parsed, values, unpacked_bytes: unpackedSize } = header;
  const optional = element.repetition_type !== "REQUIRED";
  if (header.is_dictionary) {
    const body = unpack(page, unpackedSize);
    count(values * bitsOf(element), body.length * 8);
    return { kind: "dictionary", values, body };
  }
  const isV1 = parsed.type === "DATA_PAGE";
  const data = isV1
    ? readV1(parsed.data_page_header, unpack(page, unpackedSize), optional, rows)
    : readV2(parsed.data_page_header_v2, page, unpackedSize, optional, rows, unpack);
  return { kind: "data", ...data, parts: checkValues(data, element, isV1) };
};

type Values = Omit<DataPage, "kind" | "parts">;

type Header = ReturnType<typeof parquetHeader>;

const readV1 = (
  header: Header["data_page_header"],
  body: Uint8Array,
  optional: boolean,
  rows: number,
): Values => {
  const values = count(header?.num_values, rows);
  const encoding = header?.encoding ?? "PLAIN";
  if (!optional) return { values, encoding, body, defined: values, levels: null };
  const levels = lengthPrefixed(body);
  const defined = checkRuns(body, levels.start, levels.end, 1, values);
  return { values, encoding, body: body.subarray(levels.end), defined, levels };
};

const readV2 = (
  header: Header["data_page_header_v2"],
  page: Uint8Array,
  unpackedSize: number,
  optional: boolean,
  rows: number,
  unpack: Unpack,
): Values => {
  const values = count(header?.num_values, rows);
  const nulls = count(header?.num_nulls, values);
  // A flat column has no repetition levels and one value a row.
  count(header?.repetition_levels_byte_length, 0);
  if (count(header?.num_rows, values) !== values) throw damage();
  const end = count(header?.definition_levels_byte_length, Math.min(page.length, unpackedSize));
  const defined = optional ? checkRuns(page, 0, end, 1, values) : values;
  if (defined !== values - nulls) throw damage();
  const packed = page.subarray(end);
  const body = header?.is_compressed === false ? packed : unpack(packed, unpackedSize - end);
  // A copy: the values may outlive the page as it is stored.
  const levels = optional ? { bytes: page.slice(0, end), start: 0, end } : null;
  return { values, encoding: header?.encoding ?? "PLAIN", body, defined, levels };
};

const checkValues = (
  { encoding, body, defined }: Values,
  element: SchemaElement,
  isV1: boolean,
): TextParts | null => {
  switch (encoding) {
    case "PLAIN":
    case "BYTE_STREAM_SPLIT":
      count(defined * bitsOf(element), body.length * 8);
      return null;
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY": {
      if (defined === 0) return null;
      const width = count(body[0], 32);
      // In the first version of pages a width of nothing means that no run follows.
      if (width > 0 || !isV1) checkRuns(body, 1, body.length, width, defined);
      return null;
    }
    case "RLE": {
      const { start, end } = lengthPrefixed(body);
      checkRuns(body, start, end, 1, defined);
      return null;
    }
    case "DELTA_BINARY_PACKED":
      if (defined > 0) checkDeltas(body, 0, defined);
      return null;
    case "DELTA_LENGTH_BYTE_ARRAY":
    case "DELTA_BYTE_ARRAY":
      return textParts(body, defined, encoding === "DELTA_BYTE_ARRAY", MAX_PAGE_BYTES);
    default:
      throw damage();
  }
};

/** The least a value takes; a byte array has a length of four bytes. */
const bitsOf = ({ type, type_length = 0 }: SchemaElement): number => {
  switch (type) {
    case "BOOLEAN":
      return 1;
    case "INT32":
    case "FLOAT":
    case "BYTE_ARRAY":
      return 32;
    case "INT64":
    case "DOUBLE":
      return 64;
    case "INT96":
      return 96;
    default:
      return type_length * 8;
  }
};

/** A bit-packed run may be longer than what is left of the values, by its padding. */
const MAX_PADDING = 512;

/**
 * Walks the runs of Parquet's RLE and bit-packing hybrid until they hold `values`. Returns how many
 * of them are 1, for definition levels (a width of one bit).
 */
const checkRuns = (
  bytes: Uint8Array,
  start: number,
  end: number,
  width: number,
  values: number,
): number => {
  let at = start;
  let seen = 0;
  let ones = 0;
  while (seen < values) {
    const header = readVarInt(bytes, at, end);
    at = header.next;
    const left = values - seen;
    const groups = header.value >>> 1;
    if (header.value & 1) {
      const size = groups * width;
      if (groups * 8 > left + MAX_PADDING || size > end - at) throw damage();
      const held = Math.min(groups * 8, left);
      if (width === 1) ones += countOnes(bytes, at, held);
      at += size;
      seen += held;
    } else {
      if (groups > left) throw damage();
      if (width === 1 && (bytes[at] ?? 0) & 1) ones += groups;
      at += (width + 7) >> 3;
      if (at > end) throw damage();
      seen += groups;
    }
  }
  return ones;
};

const countOnes = (bytes: Uint8Array, at: number, bits: number): number => {
  let ones = 0;
  for (let bit = 0; bit < bits; bit += 1) {
    ones += ((bytes[at + (bit >> 3)] ?? 0) >> (bit & 7)) & 1;
  }
  return ones;
};

/** The part of a body behind a length of four bytes. */
export const lengthPrefixed = (body: Uint8Array): Part => {
  if (body.length < 4) throw damage();
  const length = new DataView(body.buffer, body.byteOffset).getUint32(0, true);
  return { bytes: body, start: 4, end: 4 + count(length, body.length - 4) };
};

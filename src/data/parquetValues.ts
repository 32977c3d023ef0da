/** The values of a Parquet page, decoded a run of them at a time. */
import type { SchemaElement } from "hyparquet";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import type { TextParts } from "./parquetDelta.ts";
import { damage } from "./parquetNumbers.ts";
import { type DataPage, lengthPrefixed, type PageHeader } from "./parquetPages.ts";
import { RunReader } from "./parquetRuns.ts";
import type { Numbers, StoredRun, StoredValues } from "./parquetStored.ts";

/** Reads values one after the other. */
export interface ValueReader {
  /** How many of the next `count` may be taken at once, one at least. */
  readonly within?: (count: number) => number;
  readonly take: (count: number) => Omit<StoredRun, "rows">;
}

export const readerOf = (
  page: DataPage,
  element: SchemaElement,
  dictionary: StoredValues | null,
): ValueReader => {
  const { encoding, body, parts } = page;
  switch (encoding) {
    case "PLAIN":
      return each(plain(body, element));
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      if (dictionary === null) throw damage();
      return { take: picked(body, dictionary) };
    case "RLE": {
      const flags = new RunReader(lengthPrefixed(body), 1);
      return each((count) => ({ kind: "flags", at: Uint8Array.from(flags.read(count)) }));
    }
    case "DELTA_LENGTH_BYTE_ARRAY":
    case "DELTA_BYTE_ARRAY":
      if (parts === null) throw damage();
      return parts.shared === null
        ? each(inARow(body, parts))
        : putTogether(body, { ...parts, shared: parts.shared });
    case "DELTA_BINARY_PACKED":
      return each(sliced(unpackedDeltas(page, element)));
    case "BYTE_STREAM_SPLIT":
      return each(plain(joinedStreams(page, element), element));
    default:
      throw damage();
  }
};

type Take = (count: number) => StoredValues;

const each = (take: Take): ValueReader => ({
  take: (count) => ({ values: take(count), picks: null, is_shared: false }),
});

/** All values of a body, as a dictionary has them. */
export const dictionaryValues = (
  body: Uint8Array,
  values: number,
  element: SchemaElement,
): StoredValues => plain(body, element)(values);

/** Bytes that so many values take beside the body they are found in. */
export const indexBytes = (
  header: Pick<PageHeader, "is_dictionary" | "encoding" | "values" | "unpacked_bytes">,
  { type }: SchemaElement,
): number => {
  const { is_dictionary, encoding, values, unpacked_bytes } = header;
  if (is_dictionary) return type !== undefined && type in SIZES ? 0 : 8 * values;
  switch (encoding) {
    case "DELTA_BINARY_PACKED":
      return (type === "INT32" ? 4 : 8) * values;
    case "DELTA_LENGTH_BYTE_ARRAY":
      return 4 * values;
    case "DELTA_BYTE_ARRAY":
      return 8 * values;
    case "BYTE_STREAM_SPLIT":
      return unpacked_bytes;
    default:
      return 0;
  }
};

const SIZES = { INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8 } as const;

const INT96_BYTES = 12;

const plain = (body: Uint8Array, { type, type_length = 0 }: SchemaElement): Take => {
  switch (type) {
    case "BOOLEAN":
      return bits(body);
    case "INT32":
    case "INT64":
    case "FLOAT":
    case "DOUBLE":
      return numbers(body, type);
    case "INT96":
      return fixed(body, INT96_BYTES);
    case "FIXED_LEN_BYTE_ARRAY":
      if (type_length <= 0) throw damage();
      return fixed(body, type_length);
    case "BYTE_ARRAY":
      return prefixed(body);
    default:
      throw damage();
  }
};

const bits = (body: Uint8Array): Take => {
  let bit = 0;
  return (count) => {
    const at = new Uint8Array(count);
    for (let row = 0; row < count; row += 1, bit += 1)
      at[row] = ((body[bit >> 3] ?? 0) >> (bit & 7)) & 1;
    return { kind: "flags", at };
  };
};

/** Views of the body where it is aligned for them: every platform is little-endian. */
const numbers = (body: Uint8Array, type: keyof typeof SIZES): Take => {
  const size = SIZES[type];
  let from = 0;
  return (count) => {
    const part = body.subarray(from, from + count * size);
    if (part.length < count * size) throw damage();
    from += part.length;
    return {
      kind: "numbers",
      at: asNumbers(part.byteOffset % size === 0 ? part : part.slice(), type),
    };
  };
};

const asNumbers = (
  { buffer, byteOffset, length }: Uint8Array,
  type: keyof typeof SIZES,
): Numbers => {
  const count = length / SIZES[type];
  switch (type) {
    case "INT32":
      return new Int32Array(buffer, byteOffset, count);
    case "INT64":
      return new BigInt64Array(buffer, byteOffset, count);
    case "FLOAT":
      return new Float32Array(buffer, byteOffset, count);
    case "DOUBLE":
      return new Float64Array(buffer, byteOffset, count);
  }
};

const fixed = (bytes: Uint8Array, size: number): Take => {
  let from = 0;
  return (count) => {
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    for (let row = 0; row < count; row += 1) {
      starts[row] = from;
      from += size;
      ends[row] = from;
    }
    if (from > bytes.length) throw damage();
    return { kind: "bytes", bytes, starts, ends };
  };
};

/** Each behind its length of four bytes. */
const prefixed = (bytes: Uint8Array): Take => {
  let from = 0;
  return (count) => {
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    for (let row = 0; row < count; row += 1) {
      const start = from + 4;
      const length =
        ((bytes[from] ?? 0) |
          ((bytes[from + 1] ?? 0) << 8) |
          ((bytes[from + 2] ?? 0) << 16) |
          ((bytes[from + 3] ?? 0) << 24)) >>>
        0;
      if (start + length > bytes.length) throw damage();
      from = start + length;
      starts[row] = start;
      ends[row] = from;
    }
    return { kind: "bytes", bytes, starts, ends };
  };
};

const sizeOf = (values: StoredValues): number =>
  values.kind === "bytes" ? values.ends.length : values.at.length;

const picked = (body: Uint8Array, dictionary: StoredValues): ValueReader["take"] => {
  const width = body[0] ?? 0;
  const size = sizeOf(dictionary);
  const indices =
    width === 0 ? null : new RunReader({ bytes: body, start: 1, end: body.length }, width);
  return (count) => {
    const picks = indices === null ? new Uint32Array(count) : indices.read(count);
    for (const index of picks) if (index >= size) throw damage();
    return { values: dictionary, picks, is_shared: true };
  };
};

/** Texts that stand one after the other, as their lengths say. */
const inARow = (bytes: Uint8Array, { own, start }: TextParts): Take => {
  let row = 0;
  let from = start;
  return (count) => {
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    for (let index = 0; index < count; index += 1, row += 1) {
      starts[index] = from;
      from += own[row] ?? 0;
      ends[index] = from;
    }
    return { kind: "bytes", bytes, starts, ends };
  };
};

/** Texts that share their beginnings are put together so many bytes at a time, one text at least. */
const TOGETHER_BYTES = 1024 * 1024;

const putTogether = (
  body: Uint8Array,
  { shared, own, start }: TextParts & { readonly shared: Int32Array },
): ValueReader => {
  let row = 0;
  let from = start;
  let last: Uint8Array = new Uint8Array(0);
  return {
    within(count) {
      let bytes = 0;
      for (let index = 0; index < count; index += 1) {
        bytes += (shared[row + index] ?? 0) + (own[row + index] ?? 0);
        if (bytes > TOGETHER_BYTES && index > 0) return index;
      }
      return count;
    },
    take(count) {
      let room = 0;
      for (let index = row; index < row + count; index += 1)
        room += (shared[index] ?? 0) + (own[index] ?? 0);
      const bytes = new Uint8Array(room);
      const starts = new Uint32Array(count);
      const ends = new Uint32Array(count);
      let end = 0;
      for (let index = 0; index < count; index += 1, row += 1) {
        const [prefix, suffix] = [shared[row] ?? 0, own[row] ?? 0];
        starts[index] = end;
        bytes.set(last.subarray(0, prefix), end);
        bytes.set(body.subarray(from, from + suffix), end + prefix);
        from += suffix;
        last = bytes.subarray(end, end + prefix + suffix);
        end += prefix + suffix;
        ends[index] = end;
      }
      return { values: { kind: "bytes", bytes, starts, ends }, picks: null, is_shared: false };
    },
  };
};

/** Numbers that rest on each other: all of a page's in one go. */
const unpackedDeltas = ({ body, defined }: DataPage, { type }: SchemaElement): Numbers => {
  const reader = { view: new DataView(body.buffer, body.byteOffset, body.length), offset: 0 };
  const values = type === "INT32" ? new Int32Array(defined) : new BigInt64Array(defined);
  if (defined > 0) deltaBinaryUnpack(reader, defined, values);
  return values;
};

const sliced = (values: Numbers): Take => {
  let from = 0;
  return (count) => {
    const at = values.subarray(from, from + count);
    from += count;
    return { kind: "numbers", at };
  };
};

/** The first bytes of all values, then the second ones: as values behind each other again. */
const joinedStreams = (
  { body, defined }: DataPage,
  { type, type_length = 0 }: SchemaElement,
): Uint8Array => {
  const isNumber = type === "INT32" || type === "INT64" || type === "FLOAT" || type === "DOUBLE";
  if (!isNumber && type !== "FIXED_LEN_BYTE_ARRAY") throw damage();
  const size = isNumber ? SIZES[type] : type_length;
  const joined = new Uint8Array(defined * size);
  for (let byte = 0, from = 0; byte < size; byte += 1)
    for (let row = 0; row < defined; row += 1, from += 1)
      joined[row * size + byte] = body[from] ?? 0;
  return joined;
};

/**
 * One column of a row group, so many rows at a time, a page unpacked once however often it is read
 * from. Values come as they are stored: what they mean is for parquetTypes.ts to say.
 */
import type { DecodedArray, SchemaElement } from "hyparquet";
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import { damage } from "./parquetNumbers.ts";
import {
  type DataPage,
  type DictionaryPage,
  lengthPrefixed,
  pageAt,
  type Unpack,
} from "./parquetPages.ts";
import { RunReader } from "./parquetRuns.ts";

/** A value a row, null where there is none: typed arrays where they are all there. */
export type StoredValues = DecodedArray;

/**
 * Bytes of unpacked pages that the columns of a row group may hold between two reads. A column for
 * which there is no room unpacks its page again when it is next read from: slower, and never more.
 */
const HELD_PAGE_BYTES = 48 * 1024 * 1024;

/** What is held unpacked of a row group. */
export class HeldPages {
  readonly #most: number;
  readonly #held = new Map<ColumnCursor, number>();

  /** `most` is a parameter for the tests. */
  constructor(most = HELD_PAGE_BYTES) {
    this.#most = most;
  }

  /** Whether the cursor may keep so many bytes, instead of what it has kept so far. */
  mayKeep(cursor: ColumnCursor, bytes: number): boolean {
    this.#held.delete(cursor);
    let sum = bytes;
    for (const held of this.#held.values()) sum += held;
    if (sum > this.#most) return false;
    this.#held.set(cursor, bytes);
    return true;
  }
}

export interface ColumnPages {
  readonly bytes: Uint8Array;
  readonly element: SchemaElement;
  readonly rows: number;
  readonly unpack: Unpack;
  readonly held: HeldPages;
}

interface OpenPage {
  readonly rows: number;
  readonly levels: RunReader | null;
  readonly values: (count: number) => DecodedArray;
  readonly next: number;
}

export class ColumnCursor {
  readonly #column: ColumnPages;
  /** Where its page begins; null as long as none has come by. */
  #dictionaryAt: number | null = null;
  #dictionary: DecodedArray | null = null;
  #dictionaryBytes = 0;
  #page: OpenPage | null = null;
  #keeps = false;
  /** Where the present page begins in the chunk, rows of it that were read, and of those before. */
  #offset = 0;
  #read = 0;
  #before = 0;

  constructor(column: ColumnPages) {
    this.#column = column;
  }

  /** The next `count` rows, which are there. Throws what pageAt throws. */
  read(count: number): StoredValues {
    const values = this.#across(count);
    if (!this.#keeps) {
      this.#page = null;
      this.#dictionary = null;
      this.#dictionaryBytes = 0;
    }
    return values;
  }

  #across(count: number): StoredValues {
    const first = this.#next(count);
    if (first.length === count) return first;
    const all: unknown[] = Array.from(first as ArrayLike<unknown>);
    while (all.length < count) {
      const more = this.#next(count - all.length) as ArrayLike<unknown>;
      for (let row = 0; row < more.length; row += 1) all.push(more[row]);
    }
    return all;
  }

  /** At most `count` rows, one at least: those that are left of the present page. */
  #next(count: number): DecodedArray {
    const page = this.#page ?? this.#open();
    const rows = Math.min(count, page.rows - this.#read);
    const values = rowsOf(page, rows);
    this.#read += rows;
    if (this.#read === page.rows) {
      this.#before += page.rows;
      this.#offset = page.next;
      this.#read = 0;
      this.#page = null;
    }
    return values;
  }

  #open(): OpenPage {
    const { element, held } = this.#column;
    for (;;) {
      const page = this.#pageAt(this.#offset);
      if (page.kind === "dictionary") {
        this.#dictionaryAt = this.#offset;
        this.#remember(page);
      }
      if (page.kind === "dictionary" || page.values === 0) {
        this.#offset = page.next;
        continue;
      }
      const dictionary = page.encoding.endsWith("_DICTIONARY") ? this.#entries() : null;
      this.#keeps = held.mayKeep(this, page.body.length + this.#dictionaryBytes);
      const { values: rows, levels, next } = page;
      const opened = {
        rows,
        levels: levels && page.defined < rows ? new RunReader(levels, 1) : null,
        values: valuesOf(page, element, dictionary),
        next,
      };
      // It was not kept: on to where it was read up to.
      if (this.#read > 0) rowsOf(opened, this.#read);
      this.#page = opened;
      return opened;
    }
  }

  #pageAt(offset: number) {
    const { bytes, element, unpack, rows } = this.#column;
    return pageAt(bytes, offset, element, rows - this.#before, unpack);
  }

  #entries(): DecodedArray {
    if (this.#dictionary !== null) return this.#dictionary;
    if (this.#dictionaryAt === null) throw damage();
    const page = this.#pageAt(this.#dictionaryAt);
    if (page.kind !== "dictionary") throw damage();
    return this.#remember(page);
  }

  #remember({ body, values }: DictionaryPage): DecodedArray {
    this.#dictionary = plain(body, this.#column.element)(values);
    this.#dictionaryBytes = body.length;
    return this.#dictionary;
  }
}

const rowsOf = ({ levels, values }: OpenPage, rows: number): DecodedArray => {
  if (levels === null) return values(rows);
  const flags = levels.read(rows);
  let defined = 0;
  for (const flag of flags) defined += flag;
  const there = values(defined) as ArrayLike<unknown>;
  const all: unknown[] = [];
  let at = 0;
  for (const flag of flags) {
    all.push(flag === 1 ? there[at] : null);
    at += flag;
  }
  return all;
};

type Take = (count: number) => DecodedArray;

const valuesOf = (
  page: DataPage,
  element: SchemaElement,
  dictionary: DecodedArray | null,
): Take => {
  const { encoding, body, defined } = page;
  switch (encoding) {
    case "PLAIN":
      return plain(body, element);
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      if (dictionary === null) throw damage();
      return indexed(body, dictionary);
    case "RLE": {
      const flags = new RunReader(lengthPrefixed(body), 1);
      return (count) => Array.from(flags.read(count), (flag) => flag === 1);
    }
    default:
      return sliced(unpackedAtOnce(page, element), defined);
  }
};

const plain = (body: Uint8Array, { type, type_length }: SchemaElement): Take => {
  const reader = { view: viewOf(body), offset: 0 };
  if (type === "BOOLEAN") {
    let bit = 0;
    return (count) =>
      Array.from({ length: count }, () => {
        const flag = ((body[bit >> 3] ?? 0) >> (bit & 7)) & 1;
        bit += 1;
        return flag === 1;
      });
  }
  if (type === undefined) throw damage();
  return (count) => {
    const values = readPlain(reader, type, count, type_length);
    if (reader.offset > body.length) throw damage();
    return values;
  };
};

const indexed = (body: Uint8Array, dictionary: DecodedArray): Take => {
  const width = body[0] ?? 0;
  const indices =
    width === 0 ? null : new RunReader({ bytes: body, start: 1, end: body.length }, width);
  return (count) => {
    const values: unknown[] = [];
    const chosen = indices === null ? new Uint32Array(count) : indices.read(count);
    for (const index of chosen) {
      const value: unknown = dictionary[index];
      if (value === undefined) throw damage();
      values.push(value);
    }
    return values;
  };
};

/** Encodings whose values rest on each other: all of a page's in one go. */
const unpackedAtOnce = (
  { encoding, body, defined }: DataPage,
  { type, type_length }: SchemaElement,
): DecodedArray => {
  const reader = { view: viewOf(body), offset: 0 };
  switch (encoding) {
    case "DELTA_BINARY_PACKED": {
      const values = type === "INT32" ? new Int32Array(defined) : new BigInt64Array(defined);
      if (defined > 0) deltaBinaryUnpack(reader, defined, values);
      return values;
    }
    case "DELTA_LENGTH_BYTE_ARRAY":
    case "DELTA_BYTE_ARRAY": {
      const values: Uint8Array[] = new Array(defined);
      const unpack = encoding === "DELTA_BYTE_ARRAY" ? deltaByteArray : deltaLengthByteArray;
      if (defined > 0) unpack(reader, defined, values);
      return values;
    }
    case "BYTE_STREAM_SPLIT":
      if (type === undefined) throw damage();
      return byteStreamSplit(reader, defined, type, type_length);
    default:
      throw damage();
  }
};

const sliced = (values: DecodedArray, defined: number): Take => {
  let at = 0;
  return (count) => {
    const taken = values.slice(at, at + count);
    at = Math.min(defined, at + count);
    return taken;
  };
};

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

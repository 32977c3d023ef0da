/**
 * What the text formats have in common before a record is looked at: pieces of bounded size, no
 * byte order mark, and an early answer that a file is no text at all.
 */
import { NotATableError } from "./notATable.ts";
import type { Pieces } from "./pieces.ts";

/** A record (a CSV row, a line of JSON) longer than this ends the reading of the file. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** A NUL byte among so many first bytes means that the file is not text (or UTF-16). */
export const SNIFFED_BYTES = 8 * 1024;

/** Scanned in one go: bounds the copy a scanner makes of a chunk, however large the chunk is. */
const PIECE_BYTES = 256 * 1024;

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * The bytes of a file, without a UTF-8 byte order mark, in pieces of at most PIECE_BYTES. Throws a
 * NotATableError for an empty or a binary file.
 */
export async function* textPieces(source: Pieces): AsyncGenerator<Uint8Array, void, undefined> {
  let head: Uint8Array | null = new Uint8Array(0);
  let offset = 0;
  for await (const chunk of source) {
    refuseBinary(chunk, offset);
    offset += chunk.length;
    let bytes: Uint8Array = chunk;
    if (head !== null) {
      bytes = concat(head, chunk);
      head = bytes.length < BYTE_ORDER_MARK.length ? bytes.slice() : null;
      if (head !== null) continue;
      bytes = withoutMark(bytes);
    }
    yield* cut(bytes);
  }
  if (offset === 0) throw new NotATableError("the file is empty");
  if (head !== null) yield* cut(head);
}

/** UTF-8 or undefined. A mark in the middle of a file is a character like any other. */
export const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const refuseBinary = (chunk: Uint8Array, offset: number): void => {
  const sniffed = chunk.subarray(0, Math.max(0, SNIFFED_BYTES - offset));
  if (sniffed.includes(0)) throw new NotATableError("the file is binary or not UTF-8 text");
};

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    yield bytes.subarray(start, start + PIECE_BYTES);
  }
}

const concat = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  if (left.length === 0) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
};

/** The bytes behind a byte order mark, when they begin with one. */
export const withoutMark = (bytes: Uint8Array): Uint8Array =>
  BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte)
    ? bytes.subarray(BYTE_ORDER_MARK.length)
    : bytes;

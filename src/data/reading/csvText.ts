/**
 * The bytes of a CSV file as they are scanned, whatever its encoding: turned into UTF-8 on the way.
 * Places among the bytes it came in are found again by counting characters, so a file is cut, and
 * rows are left out of it, in its own encoding.
 */
import {
  type CodePageName,
  type Encoding,
  isCodePage,
  isWide,
  type Reading,
} from "../../domain/reading.ts";
import { NotATableError } from "../notATable.ts";
import type { Pieces } from "../pieces.ts";
import { textPieces } from "../textInput.ts";
import { codePageToUtf8 } from "./codePage.ts";

const UTF8_MARK = [0xef, 0xbb, 0xbf];
const LITTLE_MARK = [0xff, 0xfe];
const BIG_MARK = [0xfe, 0xff];

/** The bytes that a file in the encoding may begin with, and that are none of its text. */
export const markOf = (encoding: Encoding | undefined): readonly number[] => {
  if (encoding === "utf-16le") return LITTLE_MARK;
  if (encoding === "utf-16be") return BIG_MARK;
  return isCodePage(encoding) ? [] : UTF8_MARK;
};

/** A file from its beginning: without its mark, refused when it is none of the encoding. */
export const csvPieces = (pieces: Pieces, { encoding }: Reading = {}): Pieces =>
  textPieces(transcoded(refusingMarks(pieces, encoding), encoding));

/** A part of a file in UTF-8. */
export const transcoded = (pieces: Pieces, encoding: Encoding | undefined): Pieces => {
  if (isWide(encoding)) return fromUtf16(pieces, encoding);
  return isCodePage(encoding) ? fromCodePage(pieces, encoding) : pieces;
};

async function* fromCodePage(
  pieces: Pieces,
  page: CodePageName,
): AsyncGenerator<Uint8Array, void, undefined> {
  const toUtf8 = codePageToUtf8(page);
  for await (const piece of pieces) yield toUtf8(piece);
}

async function* fromUtf16(
  pieces: Pieces,
  encoding: Encoding,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = utf16Decoder(encoding);
  const encoder = new TextEncoder();
  for await (const piece of pieces) {
    const text = sound(encoding, () => decoder.decode(piece, { stream: true }));
    if (text !== "") yield encoder.encode(text);
  }
  sound(encoding, () => decoder.decode());
}

const utf16Decoder = (encoding: Encoding) =>
  new TextDecoder(encoding, { fatal: true, ignoreBOM: true });

/** Half a character, or half a pair of them. */
const sound = <Value>(encoding: Encoding, decode: () => Value): Value => {
  try {
    return decode();
  } catch (error) {
    if (error instanceof TypeError) throw new NotATableError(`the file is not valid ${encoding}`);
    throw error;
  }
};

/** The same of a file's first bytes, which may end in the middle of a character. */
export const transcodedHead = (bytes: Uint8Array, encoding: Encoding | undefined): Uint8Array => {
  if (isCodePage(encoding)) return codePageToUtf8(encoding)(bytes);
  if (!isWide(encoding)) return bytes;
  return new TextEncoder().encode(utf16Decoder(encoding).decode(bytes, { stream: true }));
};

/** A file that says itself that it is in another encoding would be read as nonsense. */
async function* refusingMarks(
  pieces: Pieces,
  encoding: Encoding | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let isFirst = true;
  for await (const piece of pieces) {
    if (isFirst) refuseMark(piece, encoding);
    isFirst = false;
    yield piece;
  }
}

const refuseMark = (piece: Uint8Array, encoding: Encoding | undefined): void => {
  const own = markOf(encoding);
  const marks = { "utf-8": UTF8_MARK, "utf-16le": LITTLE_MARK, "utf-16be": BIG_MARK };
  for (const [other, mark] of Object.entries(marks)) {
    if (mark === own || !mark.every((byte, at) => piece[at] === byte)) continue;
    throw new NotATableError(
      `the file is not ${encoding ?? "utf-8"}, it begins with the byte order mark of ${other} ` +
        `(hint: "reading": {"encoding":"${other}"})`,
    );
  }
};

/** Where scanned bytes stand in the stored object: how long they are there, and places in them. */
export interface Measure {
  length(bytes: Uint8Array): number;
  /** Of places in the bytes, ascending. */
  places(bytes: Uint8Array, places: Uint32Array): Uint32Array;
}

const AS_SCANNED: Measure = { length: (bytes) => bytes.length, places: (_, places) => places };

/** The stored length of a part of the scanned bytes. */
type Length = (bytes: Uint8Array, from: number, to: number) => number;

const byLength = (lengthOf: Length): Measure => ({
  length: (bytes) => lengthOf(bytes, 0, bytes.length),
  places(bytes, places) {
    const stored = new Uint32Array(places.length);
    let from = 0;
    let sum = 0;
    for (const [index, place] of places.entries()) {
      sum += lengthOf(bytes, from, place);
      from = place;
      stored[index] = sum;
    }
    return stored;
  },
});

/** A character begins wherever a byte does not continue one. */
const charactersIn: Length = (bytes, from, to) => {
  let characters = 0;
  for (let at = from; at < to; at += 1) if (((bytes[at] ?? 0) & 0xc0) !== 0x80) characters += 1;
  return characters;
};

/** A character of four bytes in UTF-8 is a pair of units, any other is one; a unit is two bytes. */
const utf16Bytes: Length = (bytes, from, to) => {
  let pairs = 0;
  for (let at = from; at < to; at += 1) if ((bytes[at] ?? 0) >= 0xf0) pairs += 1;
  return 2 * (charactersIn(bytes, from, to) + pairs);
};

const IN_CODE_PAGE = byLength(charactersIn);
const IN_UTF16 = byLength(utf16Bytes);

export const measureOf = (encoding: Encoding | undefined): Measure => {
  if (isWide(encoding)) return IN_UTF16;
  return isCodePage(encoding) ? IN_CODE_PAGE : AS_SCANNED;
};

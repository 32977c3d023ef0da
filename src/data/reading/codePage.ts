/** From a code page to UTF-8, a byte a character. */
import type { CodePageName } from "../../domain/reading.ts";
import { codeTable, HIGH, NO_CHARACTER } from "../subjects/codePages.ts";

/** No byte of UTF-8: what is no character stays none, and spoils its record as there. */
const NO_UTF8 = Uint8Array.of(0xff);

const MOST_BYTES = 3;

/** Turns pieces of a file into UTF-8. */
export const codePageToUtf8 = (page: CodePageName): ((piece: Uint8Array) => Uint8Array) => {
  const encoder = new TextEncoder();
  const high = Array.from(codeTable(page), (character) =>
    character === NO_CHARACTER ? NO_UTF8 : encoder.encode(character),
  );
  return (piece) => {
    const utf8 = new Uint8Array(MOST_BYTES * piece.length);
    let end = 0;
    for (const byte of piece) {
      if (byte < HIGH) {
        utf8[end] = byte;
        end += 1;
        continue;
      }
      for (const part of high[byte - HIGH] ?? NO_UTF8) {
        utf8[end] = part;
        end += 1;
      }
    }
    return utf8.subarray(0, end);
  };
};

/**
 * A function from text to text over a column's bytes. Columns repeat themselves: the latest
 * distinct values are derived once, and found again by their bytes, without a JavaScript string.
 */
import { ByteSet } from "../byteSet.ts";
import { decodeText, TextBuilder } from "../textBuilder.ts";

/** Longer values, in bytes, are not worth keeping. */
const MAX_KNOWN_BYTES = 256;
const MAX_KNOWN_TEXTS = 4096;

/** Appends what a value becomes; the value is well-formed UTF-8 at `bytes[from..to)`. */
export type TextWriter = (bytes: Uint8Array, from: number, to: number, into: TextBuilder) => void;

export const derivedTexts = (derive: (text: string) => string): TextWriter => {
  const known = new ByteSet();
  let outputs = new TextBuilder(MAX_KNOWN_TEXTS);
  return (bytes, from, to, into) => {
    if (to - from > MAX_KNOWN_BYTES) {
      into.text(derive(decodeText(bytes, from, to)));
      return;
    }
    if (known.size === MAX_KNOWN_TEXTS) {
      known.clear();
      outputs = new TextBuilder(MAX_KNOWN_TEXTS);
    }
    const size = known.size;
    const number = known.add(bytes, from, to);
    if (known.size > size) {
      outputs.text(derive(decodeText(bytes, from, to)));
      outputs.endText();
    }
    const start = outputs.startOf(number);
    into.copy(outputs.bytes, start, outputs.startOf(number + 1));
  };
};

/**
 * Snappy undone (github.com/google/snappy, format_description.txt), into a buffer of just the size
 * that a page claims. Long runs are moved as a whole: byte by byte, pages that hardly pack would
 * take longer than all that is done with them.
 */
import { damage } from "./parquetNumbers.ts";

/** A call costs more than a few bytes do. */
const SHORT_BYTES = 16;

/** Throws unless `input` is Snappy of exactly so many bytes. */
export const snappyUnpacked = (input: Uint8Array, bytes: number): Uint8Array => {
  const output = new Uint8Array(bytes);
  const size = input.length;
  let at = 0;
  let end = 0;
  // The length that it claims itself: what counts is what comes of it.
  while (at < size && (input[at] ?? 0) >= 0x80) at += 1;
  at += 1;
  while (at < size) {
    const tag = input[at] ?? 0;
    const kind = tag & 3;
    at += 1;
    if (kind === 0) {
      let length = (tag >> 2) + 1;
      if (length > 60) {
        const wide = length - 60;
        length = littleEndian(input, at, wide) + 1;
        at += wide;
      }
      if (length > size - at || length > bytes - end) throw damage();
      if (length > SHORT_BYTES) output.set(input.subarray(at, at + length), end);
      else
        for (let index = 0; index < length; index += 1)
          output[end + index] = input[at + index] ?? 0;
      at += length;
      end += length;
      continue;
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const wide = kind === 3 ? 4 : kind;
    const low = littleEndian(input, at, wide);
    const offset = kind === 1 ? ((tag >> 5) << 8) + low : low;
    at += wide;
    if (at > size || offset === 0 || offset > end || length > bytes - end) throw damage();
    const from = end - offset;
    if (length > SHORT_BYTES && offset >= length) output.copyWithin(end, from, from + length);
    // Where the two overlap, what is copied is copied again.
    else
      for (let index = 0; index < length; index += 1)
        output[end + index] = output[from + index] ?? 0;
    end += length;
  }
  if (end !== bytes) throw damage();
  return output;
};

const littleEndian = (bytes: Uint8Array, at: number, wide: number): number => {
  let value = 0;
  for (let index = wide - 1; index >= 0; index -= 1) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
};

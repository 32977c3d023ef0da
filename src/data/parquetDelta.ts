/**
 * Looks through Parquet's delta encodings before the reader library decodes them (parquet-format,
 * Encodings.md): numbers as the differences of their neighbours, texts as what they do not share
 * with the one before. A few bytes of these may say a great deal.
 */
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { damage, readVarInt } from "./parquetNumbers.ts";

/** Writers use 128 to a few thousand. */
const MAX_DELTA_BLOCK = 2 ** 16;

/** A number of 64 bits. */
const MAX_NUMBER_BYTES = 10;

/** Walks the blocks of so many numbers from `start` on; returns where they end. */
export const checkDeltas = (body: Uint8Array, start: number, values: number): number => {
  const block = readVarInt(body, start, body.length);
  const miniblocks = readVarInt(body, block.next, body.length);
  if (block.value === 0 || block.value > MAX_DELTA_BLOCK) throw damage();
  if (miniblocks.value === 0 || block.value % (8 * miniblocks.value) !== 0) throw damage();
  const total = readVarInt(body, miniblocks.next, body.length);
  const each = block.value / miniblocks.value;
  let at = pastNumber(body, total.next);
  for (let seen = 1; seen < values; ) {
    const widths = pastNumber(body, at);
    at = widths + miniblocks.value;
    for (let index = 0; index < miniblocks.value && seen < values; index += 1) {
      const width = body[widths + index];
      if (width === undefined || width > 64) throw damage();
      // The last may lack its padding.
      if (at + (Math.min(each, values - seen) * width) / 8 > body.length) throw damage();
      at += (each * width) / 8;
      seen += each;
    }
  }
  return at;
};

/** Throws when so many texts, put together, are longer than `most` bytes. */
export const checkTexts = (
  body: Uint8Array,
  values: number,
  shares: boolean,
  most: number,
): void => {
  let at = 0;
  let sum = 0;
  for (let part = shares ? 2 : 1; part > 0; part -= 1) {
    const next = checkDeltas(body, at, values);
    const reader = { view: new DataView(body.buffer, body.byteOffset, body.length), offset: at };
    const lengths = new Int32Array(values);
    deltaBinaryUnpack(reader, values, lengths);
    for (const length of lengths) {
      if (length < 0) throw damage();
      sum += length;
    }
    at = next;
  }
  if (sum > most) throw damage();
};

const pastNumber = (body: Uint8Array, start: number): number => {
  for (let at = start; at < start + MAX_NUMBER_BYTES; at += 1) {
    const byte = body[at];
    if (byte === undefined) break;
    if (byte < 0x80) return at + 1;
  }
  throw damage();
};

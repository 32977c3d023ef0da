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

/** How texts are put together. */
export interface TextParts {
  /** Bytes that a text shares with the beginning of the one before; null where none does. */
  readonly shared: Int32Array | null;
  /** Bytes of its own, which stand one after the other from `start` on. */
  readonly own: Int32Array;
  readonly start: number;
}

/** Throws when so many texts, put together, are longer than `most` bytes. */
export const textParts = (
  body: Uint8Array,
  values: number,
  shares: boolean,
  most: number,
): TextParts => {
  if (values === 0) return { shared: null, own: new Int32Array(0), start: body.length };
  const shared = shares ? lengthsAt(body, 0, values) : null;
  const own = lengthsAt(body, shared?.next ?? 0, values);
  let before = 0;
  let sum = 0;
  let owned = 0;
  for (let index = 0; index < values; index += 1) {
    const [prefix, suffix] = [shared?.lengths[index] ?? 0, own.lengths[index] ?? 0];
    if (prefix < 0 || suffix < 0 || prefix > before) throw damage();
    before = prefix + suffix;
    sum += before;
    owned += suffix;
  }
  if (sum > most || (owned > 0 && owned > body.length - own.next)) throw damage();
  return { shared: shared?.lengths ?? null, own: own.lengths, start: own.next };
};

const lengthsAt = (body: Uint8Array, at: number, values: number) => {
  const next = checkDeltas(body, at, values);
  const reader = { view: new DataView(body.buffer, body.byteOffset, body.length), offset: at };
  const lengths = new Int32Array(values);
  deltaBinaryUnpack(reader, values, lengths);
  return { lengths, next };
};

const pastNumber = (body: Uint8Array, start: number): number => {
  for (let at = start; at < start + MAX_NUMBER_BYTES; at += 1) {
    const byte = body[at];
    if (byte === undefined) break;
    if (byte < 0x80) return at + 1;
  }
  throw damage();
};

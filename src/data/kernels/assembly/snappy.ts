/**
 * Snappy, raw format (github.com/google/snappy, format_description.txt): literals and copies of
 * what stood up to 64 KiB before, found by hashing four bytes.
 */
import { copyText } from "./parseTexts";

const BLOCK: i32 = 1 << 16;
const HASH_BITS: i32 = 14;
const HASH_FACTOR: u32 = 0x1e35a7bd;
/** Positions within the block, by hash. */
const TABLE: usize = memory.data(2 << 14, 16);
/** Near its end a block is not searched: words could be read beyond it. */
const MARGIN: i32 = 15;

/** `out` has room for 32 + length * 7 / 6 bytes. Returns how many it took. */
export function snappyCompress(input: usize, length: i32, out: usize): i32 {
  let to = varint(out, <u32>length);
  for (let start = 0; start < length; start += BLOCK) {
    to = compressBlock(input + start, min(BLOCK, length - start), to);
  }
  return <i32>(to - out);
}

/** Unsigned LEB128. */
export function varint(to: usize, value: u32): usize {
  let rest = value;
  let at = to;
  while (rest > 0x7f) {
    store<u8>(at++, rest | 0x80);
    rest >>= 7;
  }
  store<u8>(at++, rest);
  return at;
}

function hashAt(at: usize): usize {
  return TABLE + ((<usize>((load<u32>(at) * HASH_FACTOR) >> (32 - HASH_BITS))) << 1);
}

function compressBlock(base: usize, length: i32, out: usize): usize {
  const end = base + length;
  if (length < MARGIN + 2) return literal(base, end, out);
  memory.fill(TABLE, 0, 2 << HASH_BITS);
  const limit = end - MARGIN;
  let to = out;
  /** Everything before has been written. */
  let written = base;
  let at = base + 1;
  while (true) {
    // The longer nothing matches, the larger the steps.
    let skip: usize = 32;
    let candidate: usize;
    while (true) {
      const slot = hashAt(at);
      candidate = base + load<u16>(slot);
      store<u16>(slot, <u16>(at - base));
      if (load<u32>(at) === load<u32>(candidate)) break;
      at += skip >> 5;
      skip++;
      if (at >= limit) return literal(written, end, to);
    }
    to = literal(written, at, to);
    do {
      const length = matchLength(candidate, at, end);
      to = copy(<u32>(at - candidate), <u32>length, to);
      at += length;
      written = at;
      if (at >= limit) return literal(written, end, to);
      store<u16>(hashAt(at - 1), <u16>(at - 1 - base));
      const slot = hashAt(at);
      candidate = base + load<u16>(slot);
      store<u16>(slot, <u16>(at - base));
    } while (load<u32>(at) === load<u32>(candidate));
    at++;
    if (at >= limit) return literal(written, end, to);
  }
}

/** Bytes that two places have in common: four at least, up to `end`. */
function matchLength(left: usize, right: usize, end: usize): usize {
  let length: usize = 4;
  while (right + length + 8 <= end) {
    const differing = load<u64>(left + length) ^ load<u64>(right + length);
    if (differing !== 0) return length + <usize>(ctz(differing) >> 3);
    length += 8;
  }
  while (right + length < end && load<u8>(left + length) === load<u8>(right + length)) length++;
  return length;
}

function literal(from: usize, end: usize, out: usize): usize {
  if (from === end) return out;
  const length = end - from;
  const size = <u32>length - 1;
  let to = out;
  if (size < 60) {
    store<u8>(to++, size << 2);
  } else if (size < 256) {
    store<u8>(to++, 60 << 2);
    store<u8>(to++, size);
  } else {
    store<u8>(to++, 61 << 2);
    store<u16>(to, size);
    to += 2;
  }
  return copyText(from, length, to);
}

function copy(offset: u32, length: u32, out: usize): usize {
  let left = length;
  let to = out;
  // What is left must be a length that a copy can say, too.
  while (left > 67) {
    to = longCopy(offset, 64, to);
    left -= 64;
  }
  if (left > 64) {
    to = longCopy(offset, 60, to);
    left -= 60;
  }
  if (left > 11 || offset >= 2048) return longCopy(offset, left, to);
  store<u8>(to, 1 | ((left - 4) << 2) | ((offset >> 8) << 5));
  store<u8>(to, offset, 1);
  return to + 2;
}

function longCopy(offset: u32, length: u32, to: usize): usize {
  store<u8>(to, 2 | ((length - 1) << 2));
  store<u16>(to, offset, 1);
  return to + 3;
}

/**
 * Encodings of Apache Parquet for the values of a page: definition levels, PLAIN, and a dictionary
 * for texts that repeat themselves. `valid` is a byte a row, or 0 where no row is null.
 */
import { copyText } from "./parseTexts";
import { varint } from "./snappy";

/** Definition levels of a flat optional column as one run. Returns the bytes it took. */
export function encodeLevels(valid: usize, rows: i32, out: usize): i32 {
  // The length in front, as the first version of data pages has it.
  const start = out + 4;
  let to = start;
  if (valid === 0) {
    to = varint(to, (<u32>rows) << 1);
    store<u8>(to++, 1);
  } else {
    to = packBits(valid, rows, varint(to, ((<u32>((rows + 7) >> 3)) << 1) | 1));
  }
  store<u32>(out, <u32>(to - start));
  return <i32>(to - out);
}

/** A bit for each byte that is not 0, padded to whole bytes. Returns where it ends. */
export function packBits(flags: usize, count: i32, out: usize): usize {
  const zeros = i8x16.splat(0);
  const whole = count & ~15;
  for (let at = 0; at < whole; at += 16) {
    const set = i8x16.ne(v128.load(flags + at), zeros);
    store<u16>(out + (at >> 3), <u16>i8x16.bitmask(set));
  }
  for (let at = whole; at < count; at += 8) {
    let bits: u32 = 0;
    for (let bit = 0; bit < 8 && at + bit < count; bit++) {
      bits |= u32(load<u8>(flags + at + bit) !== 0) << bit;
    }
    store<u8>(out + (at >> 3), bits);
  }
  return out + ((count + 7) >> 3);
}

/** The values of `size` bytes (1, 4 or 8) that are there, side by side. Returns how many. */
export function compactValues(values: usize, size: i32, valid: usize, rows: i32, out: usize): i32 {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const isThere = load<u8>(valid + row) !== 0;
    if (size === 8)
      store<u64>(out + ((<usize>count) << 3), load<u64>(values + ((<usize>row) << 3)));
    else if (size === 4)
      store<u32>(out + ((<usize>count) << 2), load<u32>(values + ((<usize>row) << 2)));
    else store<u8>(out + count, load<u8>(values + row));
    count += i32(isThere);
  }
  return count;
}

/** PLAIN texts: each behind its length. `out` has room for 16 bytes beyond. Returns its bytes. */
export function plainTexts(offsets: usize, bytes: usize, valid: usize, rows: i32, out: usize): i32 {
  let to = out;
  let start = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    const end = load<u32>(offsets + ((<usize>(row + 1)) << 2));
    if (valid === 0 || load<u8>(valid + row) !== 0) {
      store<u32>(to, end - start);
      to = copyText(bytes + start, end - start, to + 4);
    }
    start = end;
  }
  return <i32>(to - out);
}

/** PLAIN texts of the rows listed in `chosen`. */
export function plainTextsOf(
  chosen: usize,
  count: i32,
  offsets: usize,
  bytes: usize,
  out: usize,
): i32 {
  let to = out;
  for (let at = 0; at < count; at++) {
    const offset = offsets + ((<usize>load<u32>(chosen + ((<usize>at) << 2))) << 2);
    const start = load<u32>(offset);
    const length = load<u32>(offset, 4) - start;
    store<u32>(to, length);
    to = copyText(bytes + start, length, to + 4);
  }
  return <i32>(to - out);
}

/** After so many values a dictionary must have paid, or it is given up. */
const TRIAL: i32 = 2048;

/**
 * Numbers the distinct texts in the order they come by: a word for each row that is there goes to
 * `indices`, the row where each distinct text was met first to `firsts`. Gives up, returning -1,
 * beyond `most` distinct texts or when they hardly repeat. `slots`: `mask + 1` words of nothing,
 * a power of two of them and at least twice `most`. Returns the number of distinct texts.
 */
export function numberTexts(
  offsets: usize,
  bytes: usize,
  valid: usize,
  rows: i32,
  slots: usize,
  mask: u32,
  most: i32,
  indices: usize,
  firsts: usize,
): i32 {
  let count = 0;
  let distinct = 0;
  for (let row = 0; row < rows; row++) {
    if (valid !== 0 && load<u8>(valid + row) === 0) continue;
    const offset = offsets + ((<usize>row) << 2);
    const start = load<u32>(offset);
    const length = load<u32>(offset, 4) - start;
    let slot = hashText(bytes + start, length) & mask;
    let index: u32 = 0;
    while (true) {
      const found = load<u32>(slots + ((<usize>slot) << 2));
      if (found === 0) {
        if (distinct === most) return -1;
        index = distinct;
        store<u32>(firsts + ((<usize>distinct) << 2), row);
        distinct++;
        store<u32>(slots + ((<usize>slot) << 2), distinct);
        break;
      }
      const first = offsets + ((<usize>load<u32>(firsts + ((<usize>(found - 1)) << 2))) << 2);
      const other = load<u32>(first);
      if (
        load<u32>(first, 4) - other === length &&
        memory.compare(bytes + other, bytes + start, length) === 0
      ) {
        index = found - 1;
        break;
      }
      slot = (slot + 1) & mask;
    }
    store<u32>(indices + ((<usize>count) << 2), index);
    count++;
    if (count === TRIAL && distinct > TRIAL / 2) return -1;
  }
  return distinct;
}

/** Mixes 4 bytes at a time; neither keyed nor cryptographic: a bad spread costs a dictionary. */
function hashText(at: usize, length: u32): u32 {
  let hash: u32 = length * 0x9e3779b1;
  let index: u32 = 0;
  for (; index + 4 <= length; index += 4) {
    hash = rotl<u32>(hash ^ (load<u32>(at + index) * 0xcc9e2d51), 15) * 0x1b873593 + 0xe6546b64;
  }
  for (; index < length; index++) hash = (hash ^ load<u8>(at + index)) * 0x01000193;
  hash ^= hash >> 16;
  hash *= 0x85ebca6b;
  return hash ^ (hash >> 13);
}

/**
 * Dictionary indices of `width` bits (0 to 32) as a data page has them: the width, and one run
 * packed in groups of eight. Room for `count` words and 16 bytes. Returns the bytes it took.
 */
export function packIndices(indices: usize, count: i32, width: i32, out: usize): i32 {
  store<u8>(out, width);
  const groups = (count + 7) >> 3;
  let to = varint(out + 1, ((<u32>groups) << 1) | 1);
  let bits: u64 = 0;
  let held = 0;
  for (let at = 0; at < groups << 3; at++) {
    const index: u64 = at < count ? load<u32>(indices + ((<usize>at) << 2)) : 0;
    bits |= index << held;
    held += width;
    while (held >= 8) {
      store<u8>(to++, <u8>bits);
      bits >>= 8;
      held -= 8;
    }
  }
  return <i32>(to - out);
}

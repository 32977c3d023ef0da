/** Blanks around a text, as JavaScript's `trim` knows them (ECMA-262, WhiteSpace, LineTerminator). */

/** What is left of the text that `trim` was given last. */
export let trimmedStart: usize = 0;
export let trimmedEnd: usize = 0;

export function trim(from: usize, to: usize): void {
  let start = from;
  let end = to;
  while (start < end) {
    const size = blankAt(start, end);
    if (size === 0) break;
    start += size;
  }
  while (start < end) {
    const size = blankBefore(start, end);
    if (size === 0) break;
    end -= size;
  }
  trimmedStart = start;
  trimmedEnd = end;
}

function isAsciiBlank(byte: u32): bool {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** Bytes of the blank that begins there, 0 when none does. */
function blankAt(at: usize, end: usize): usize {
  const first: u32 = load<u8>(at);
  if (first < 0x80) return <usize>isAsciiBlank(first);
  if (first === 0xc2) return at + 2 <= end && load<u8>(at, 1) === 0xa0 ? 2 : 0;
  if (at + 3 > end) return 0;
  return isWideBlank(first, load<u8>(at, 1), load<u8>(at, 2)) ? 3 : 0;
}

/** Bytes of the blank that ends there, 0 when none does. */
function blankBefore(start: usize, end: usize): usize {
  const last: u32 = load<u8>(end - 1);
  if (last < 0x80) return <usize>isAsciiBlank(last);
  if (end - start >= 2 && last === 0xa0 && load<u8>(end - 2) === 0xc2) return 2;
  if (end - start < 3) return 0;
  return isWideBlank(load<u8>(end - 3), load<u8>(end - 2), last) ? 3 : 0;
}

/** U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000 and U+FEFF in UTF-8. */
function isWideBlank(first: u32, second: u32, third: u32): bool {
  if (first === 0xe2) {
    if (second === 0x81) return third === 0x9f;
    if (second !== 0x80) return false;
    return third <= 0x8a || third === 0xa8 || third === 0xa9 || third === 0xaf;
  }
  if (first === 0xe1) return second === 0x9a && third === 0x80;
  if (first === 0xe3) return second === 0x80 && third === 0x80;
  return first === 0xef && second === 0xbb && third === 0xbf;
}

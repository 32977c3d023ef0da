/** Columns of texts and decimals from the fields of CSV records, and a boolean from one field. */
import { ENTRY_BYTES, KIND_SHIFT, LENGTH_MASK, PLAIN, WITH_DOUBLED_QUOTES } from "./csvScan";
import { MISFIT, NULL, VALUE } from "./fields";
import { trim, trimmedEnd, trimmedStart } from "./trim";

const QUOTE: u32 = 0x22;

/**
 * `offsets`: rows + 1 words. `bytes` has room for all fields and 16 bytes beyond. An empty field
 * without quotes is a null, with quotes an empty text.
 */
export function parseStrings(
  input: usize,
  fields: usize,
  column: i32,
  width: i32,
  rows: i32,
  offsets: usize,
  bytes: usize,
  flags: usize,
): u32 {
  const stride = <usize>width * ENTRY_BYTES;
  let entry = fields + <usize>column * ENTRY_BYTES;
  let to = bytes;
  let seen: u32 = 0;
  for (let row = 0; row < rows; row++) {
    store<u32>(offsets + ((<usize>row) << 2), <u32>(to - bytes));
    const word = load<u32>(entry, 4);
    const length = <usize>(word & LENGTH_MASK);
    const kind = word >> KIND_SHIFT;
    const flag = length === 0 && kind === PLAIN ? NULL : VALUE;
    const from = input + load<u32>(entry);
    to = kind === WITH_DOUBLED_QUOTES ? unquote(from, length, to) : copyText(from, length, to);
    store<u8>(flags + row, flag);
    seen |= 1 << flag;
    entry += stride;
  }
  store<u32>(offsets + ((<usize>rows) << 2), <u32>(to - bytes));
  return seen;
}

/** Copies whole vectors: what is too much is overwritten by the next text. */
export function copyText(from: usize, length: usize, to: usize): usize {
  if (length > 64) {
    memory.copy(to, from, length);
  } else {
    for (let at: usize = 0; at < length; at += 16) v128.store(to + at, v128.load(from + at));
  }
  return to + length;
}

function unquote(from: usize, length: usize, to: usize): usize {
  const end = from + length;
  let out = to;
  for (let at = from; at < end; at++) {
    const byte: u32 = load<u8>(at);
    store<u8>(out++, byte);
    if (byte === QUOTE) at++;
  }
  return out;
}

/** Digits of a decimal before and after the point together. */
const MAX_DECIMAL_DIGITS: usize = 38;

/**
 * The canonical text of decimals: no plus sign, no zeros before the first digit but one, every
 * digit after the point kept. `bytes` has room for all fields and two bytes a row beyond.
 */
export function parseDecimals(
  input: usize,
  fields: usize,
  column: i32,
  width: i32,
  rows: i32,
  offsets: usize,
  bytes: usize,
  flags: usize,
): u32 {
  const stride = <usize>width * ENTRY_BYTES;
  let entry = fields + <usize>column * ENTRY_BYTES;
  let to = bytes;
  let seen: u32 = 0;
  for (let row = 0; row < rows; row++) {
    store<u32>(offsets + ((<usize>row) << 2), <u32>(to - bytes));
    const length = load<u32>(entry, 4) & LENGTH_MASK;
    let flag = NULL;
    if (length > 0) {
      const start = input + load<u32>(entry);
      const end = decimal(start, start + length, to);
      flag = end === 0 ? MISFIT : VALUE;
      if (end !== 0) to = end;
    }
    store<u8>(flags + row, flag);
    seen |= 1 << flag;
    entry += stride;
  }
  store<u32>(offsets + ((<usize>rows) << 2), <u32>(to - bytes));
  return seen;
}

/** `^[+-]?\d*(?:\.\d*)?$` with a digit in it. Where the text ends, or 0 when it is none. */
function decimal(from: usize, to: usize, out: usize): usize {
  trim(from, to);
  let at = trimmedStart;
  const end = trimmedEnd;
  if (at === end) return 0;
  const sign: u32 = load<u8>(at);
  if (sign === 0x2d || sign === 0x2b) at++;
  const first = at;
  while (at < end && load<u8>(at) === 0x30) at++;
  const whole = at;
  while (at < end && isDigit(load<u8>(at))) at++;
  const wholeEnd = at;
  let fraction = at;
  if (at < end && load<u8>(at) === 0x2e) {
    fraction = ++at;
    while (at < end && isDigit(load<u8>(at))) at++;
  }
  if (at !== end) return 0;
  const wholeDigits = wholeEnd - whole;
  const fractionDigits = end - fraction;
  if (wholeEnd === first && fractionDigits === 0) return 0;
  if (wholeDigits + fractionDigits > MAX_DECIMAL_DIGITS) return 0;

  let next = out;
  if (sign === 0x2d && !(wholeDigits === 0 && isZeros(fraction, end))) store<u8>(next++, 0x2d);
  if (wholeDigits === 0) store<u8>(next++, 0x30);
  memory.copy(next, whole, wholeDigits);
  next += wholeDigits;
  if (fractionDigits === 0) return next;
  store<u8>(next++, 0x2e);
  memory.copy(next, fraction, fractionDigits);
  return next + fractionDigits;
}

function isDigit(byte: u32): bool {
  return byte - 0x30 <= 9;
}

function isZeros(from: usize, to: usize): bool {
  for (let at = from; at < to; at++) if (load<u8>(at) !== 0x30) return false;
  return true;
}

/** A byte: `true`, `false` in any case, `1`, `0`. */
export function parseBoolean(from: usize, to: usize, out: usize): u8 {
  const value = boolean(from, to);
  store<u8>(out, <u8>value);
  return value < 0 ? MISFIT : VALUE;
}

/** 1, 0, or -1 when the text is no boolean. */
function boolean(from: usize, to: usize): i32 {
  trim(from, to);
  const at = trimmedStart;
  const length = trimmedEnd - at;
  if (length === 1) {
    const byte: u32 = load<u8>(at);
    return byte === 0x31 ? 1 : byte === 0x30 ? 0 : -1;
  }
  if (length !== 4 && length !== 5) return -1;
  // The bit that tells upper from lower case, set in four letters at once.
  const word = load<u32>(at) | 0x20202020;
  if (length === 4) return word === 0x65757274 ? 1 : -1;
  return word === 0x736c6166 && (load<u8>(at, 4) | 0x20) === 0x65 ? 0 : -1;
}

/**
 * Columns of whole numbers and floats from the fields of CSV records. Every parser fills a byte a
 * row with what became of the field, and returns which of the four occurred, a bit each.
 */
import { ENTRY_BYTES, LENGTH_MASK } from "./csvScan";
import { trim, trimmedEnd, trimmedStart } from "./trim";

export const NULL: u8 = 0;
export const VALUE: u8 = 1;
export const MISFIT: u8 = 2;
/** The text is a float, but one that takes more than a multiplication to round: the caller's. */
export const HARD: u8 = 3;

/** Bits of digits beyond this many could be lost. */
const MAX_DIGITS: i32 = 19;

/** `values`: 8 bytes a row. */
export function parseInts(
  input: usize,
  fields: usize,
  column: i32,
  width: i32,
  rows: i32,
  values: usize,
  flags: usize,
): u32 {
  const stride = <usize>width * ENTRY_BYTES;
  let entry = fields + <usize>column * ENTRY_BYTES;
  let seen: u32 = 0;
  for (let row = 0; row < rows; row++) {
    const length = load<u32>(entry, 4) & LENGTH_MASK;
    let flag = NULL;
    if (length > 0) {
      const start = input + load<u32>(entry);
      flag = parseInt64(start, start + length, values + ((<usize>row) << 3)) ? VALUE : MISFIT;
    }
    store<u8>(flags + row, flag);
    seen |= 1 << flag;
    entry += stride;
  }
  return seen;
}

/** `^[+-]?0*\d{1,19}$` within 64 bits. */
function parseInt64(from: usize, to: usize, out: usize): bool {
  trim(from, to);
  let at = trimmedStart;
  const end = trimmedEnd;
  if (at === end) return false;
  const sign: u32 = load<u8>(at);
  if (sign === 0x2d || sign === 0x2b) at++;
  if (at === end) return false;
  while (at < end && load<u8>(at) === 0x30) at++;
  if (<i32>(end - at) > MAX_DIGITS) return false;
  let value: u64 = 0;
  for (; at < end; at++) {
    const digit: u32 = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  if (sign === 0x2d) {
    if (value > <u64>i64.MAX_VALUE + 1) return false;
    store<i64>(out, -(<i64>value));
  } else {
    if (value > <u64>i64.MAX_VALUE) return false;
    store<u64>(out, value);
  }
  return true;
}

/** Powers of ten that a float holds exactly. */
const POWERS: usize = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
]);
const MAX_POWER: i32 = 22;
const MAX_EXACT: u64 = 1 << 53;
/** Beyond this an exponent is only known to be large. */
const MAX_EXPONENT: i32 = 100_000;

/** `values`: 8 bytes a row. */
export function parseFloats(
  input: usize,
  fields: usize,
  column: i32,
  width: i32,
  rows: i32,
  values: usize,
  flags: usize,
): u32 {
  const stride = <usize>width * ENTRY_BYTES;
  let entry = fields + <usize>column * ENTRY_BYTES;
  let seen: u32 = 0;
  for (let row = 0; row < rows; row++) {
    const length = load<u32>(entry, 4) & LENGTH_MASK;
    let flag = NULL;
    if (length > 0) {
      const start = input + load<u32>(entry);
      flag = parseFloat64(start, start + length, values + ((<usize>row) << 3));
    }
    store<u8>(flags + row, flag);
    seen |= 1 << flag;
    entry += stride;
  }
  return seen;
}

/**
 * `^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$`. Where digits and power of ten are both exact as
 * floats, one rounding gives the nearest float (W. D. Clinger, 1990).
 */
function parseFloat64(from: usize, to: usize, out: usize): u8 {
  trim(from, to);
  let at = trimmedStart;
  const end = trimmedEnd;
  if (at === end) return MISFIT;
  const sign: u32 = load<u8>(at);
  if (sign === 0x2d || sign === 0x2b) at++;
  let mantissa: u64 = 0;
  let significant = 0;
  let digits = 0;
  let exponent = 0;
  for (; at < end; at++) {
    const digit: u32 = <u32>load<u8>(at) - 0x30;
    if (digit > 9) break;
    digits++;
    if (mantissa > 0 || digit > 0) significant++;
    mantissa = mantissa * 10 + digit;
  }
  if (at < end && load<u8>(at) === 0x2e) {
    for (at++; at < end; at++) {
      const digit: u32 = <u32>load<u8>(at) - 0x30;
      if (digit > 9) break;
      digits++;
      exponent--;
      if (mantissa > 0 || digit > 0) significant++;
      mantissa = mantissa * 10 + digit;
    }
  }
  if (digits === 0) return MISFIT;
  if (at < end) {
    if ((load<u8>(at) | 0x20) !== 0x65) return MISFIT;
    at++;
    let negative = false;
    if (at < end && (load<u8>(at) === 0x2d || load<u8>(at) === 0x2b)) {
      negative = load<u8>(at) === 0x2d;
      at++;
    }
    if (at === end) return MISFIT;
    let power = 0;
    for (; at < end; at++) {
      const digit: u32 = <u32>load<u8>(at) - 0x30;
      if (digit > 9) return MISFIT;
      power = min(power * 10 + <i32>digit, MAX_EXPONENT);
    }
    exponent += negative ? -power : power;
  }
  if (significant > MAX_DIGITS || mantissa > MAX_EXACT) return HARD;
  if (mantissa > 0 && (exponent < -MAX_POWER || exponent > MAX_POWER)) return HARD;
  let value = <f64>mantissa;
  if (mantissa > 0) {
    if (exponent < 0) value /= load<f64>(POWERS + ((<usize>-exponent) << 3));
    else value *= load<f64>(POWERS + ((<usize>exponent) << 3));
  }
  store<f64>(out, sign === 0x2d ? -value : value);
  return VALUE;
}

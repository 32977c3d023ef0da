/**
 * Whole numbers and floats from the field of a CSV record. Like every parser of one field, each
 * stores the value at `out` and returns what became of the field.
 */
import { HARD, MISFIT, VALUE } from "./fields";
import { trim, trimmedEnd, trimmedStart } from "./trim";

/** Bits of digits beyond this many could be lost. */
const MAX_DIGITS: i32 = 19;

/** `^[+-]?0*\d{1,19}$` within 64 bits. */
export function parseInt64(from: usize, to: usize, out: usize): u8 {
  trim(from, to);
  let at = trimmedStart;
  const end = trimmedEnd;
  if (at === end) return MISFIT;
  const sign: u32 = load<u8>(at);
  if (sign === 0x2d || sign === 0x2b) at++;
  if (at === end) return MISFIT;
  while (at < end && load<u8>(at) === 0x30) at++;
  if (<i32>(end - at) > MAX_DIGITS) return MISFIT;
  let value: u64 = 0;
  for (; at < end; at++) {
    const digit: u32 = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return MISFIT;
    value = value * 10 + digit;
  }
  if (sign === 0x2d) {
    if (value > <u64>i64.MAX_VALUE + 1) return MISFIT;
    store<i64>(out, -(<i64>value));
  } else {
    if (value > <u64>i64.MAX_VALUE) return MISFIT;
    store<u64>(out, value);
  }
  return VALUE;
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

/**
 * `^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$`. Where digits and power of ten are both exact as
 * floats, one rounding gives the nearest float (W. D. Clinger, 1990).
 */
export function parseFloat64(from: usize, to: usize, out: usize): u8 {
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

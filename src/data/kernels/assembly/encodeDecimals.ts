/**
 * PLAIN values of Parquet's DECIMAL: each number as how many of its last place it is, so `-1.5` is
 * -150 at a scale of 2. In 64 bits, little-endian, or in 128, big-endian, as Parquet has them.
 */

const MINUS: u32 = 0x2d;
const POINT: u32 = 0x2e;
const ZERO: u32 = 0x30;

/** 10^19: what a number of 128 bits is put together from, 19 digits a half. */
const HALF: u64 = 10000000000000000000;
const HALF_DIGITS: i32 = 19;
const INT64_BYTES: i32 = 8;

/**
 * Canonical decimals into values of `size` bytes (8 or 16), those of null rows left out. Returns
 * where they end, or 0 when one has more digits than the type, on either side of the point.
 */
export function plainDecimals(
  offsets: usize,
  bytes: usize,
  valid: usize,
  rows: i32,
  precision: i32,
  scale: i32,
  size: i32,
  out: usize,
): usize {
  let to = out;
  let start = bytes + load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    const end = bytes + load<u32>(offsets + ((<usize>(row + 1)) << 2));
    if (valid === 0 || load<u8>(valid + row) !== 0) {
      if (!storeDecimal(start, end, precision, scale, size, to)) return 0;
      to += size;
    }
    start = end;
  }
  return to;
}

function storeDecimal(
  start: usize,
  end: usize,
  precision: i32,
  scale: i32,
  size: i32,
  out: usize,
): bool {
  const negative = start < end && load<u8>(start) === <u8>MINUS;
  const first = start + usize(negative);
  let point = first;
  while (point < end && load<u8>(point) !== <u8>POINT) point++;
  const whole = <i32>(point - first);
  const fraction = point < end ? <i32>(end - point) - 1 : 0;
  // The zero before a point is no digit of the number.
  const significant = load<u8>(first) === <u8>ZERO ? 0 : whole;
  if (whole === 0 || fraction > scale || significant > precision - scale) return false;

  let left = whole + scale;
  let high: u64 = 0;
  let low: u64 = 0;
  for (let at = first; at < end; at++) {
    if (at === point) continue;
    const digit: u64 = <u64>load<u8>(at) - ZERO;
    if (left > HALF_DIGITS) high = high * 10 + digit;
    else low = low * 10 + digit;
    left--;
  }
  for (; left > HALF_DIGITS; left--) high *= 10;
  for (; left > 0; left--) low *= 10;
  if (size === INT64_BYTES) store<u64>(out, negative ? 0 - low : low);
  else store128(out, high, low, negative);
  return true;
}

/** `high` * 10^19 + `low`, big-endian. */
function store128(out: usize, high: u64, low: u64, negative: bool): void {
  const a = high & 0xffffffff;
  const b = high >> 32;
  const c = HALF & 0xffffffff;
  const d = HALF >> 32;
  const ac = a * c;
  const middle = b * c + (ac >> 32);
  const other = a * d + (middle & 0xffffffff);
  let lower = (other << 32) | (ac & 0xffffffff);
  let upper = b * d + (middle >> 32) + (other >> 32);
  lower += low;
  upper += u64(lower < low);
  if (negative) {
    lower = 0 - lower;
    upper = ~upper + u64(lower === 0);
  }
  store<u64>(out, bswap<u64>(upper));
  store<u64>(out, bswap<u64>(lower), 8);
}

/**
 * Equality and order of texts and decimals on their bytes. UTF-8 sorts by code point, byte by byte;
 * a decimal in canonical form is compared digit by digit, without arithmetic.
 */

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/** Negative, zero or positive, as `left[from..to)` stands before, at or behind `right`. */
export const compareBytes = (
  left: Uint8Array,
  from: number,
  to: number,
  right: Uint8Array,
): number => {
  const length = to - from;
  const shared = Math.min(length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (left[from + index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return length - right.length;
};

/**
 * Where the equality of a decimal ends: zeros after the point say nothing, so `1.00` is `1`. In and
 * out: canonical text at `bytes[from..to)`.
 */
export const significantEnd = (bytes: Uint8Array, from: number, to: number): number => {
  const point = from + wholeDigits(bytes, from, to);
  if (point === to) return to;
  let end = to;
  while (bytes[end - 1] === ZERO) end -= 1;
  return end - 1 === point ? point : end;
};

/** As `compareBytes`, by numeric value; both are canonical decimals. */
export const compareDecimalBytes = (
  left: Uint8Array,
  from: number,
  to: number,
  right: Uint8Array,
): number => {
  const negative = left[from] === MINUS;
  if (negative !== (right[0] === MINUS)) return negative ? -1 : 1;
  const sign = negative ? 1 : 0;
  const order = compareMagnitudes(left, from + sign, to, right, sign);
  return negative ? -order : order;
};

const compareMagnitudes = (
  left: Uint8Array,
  from: number,
  to: number,
  right: Uint8Array,
  start: number,
): number => {
  const wholeLength = wholeDigits(left, from, to);
  const difference = wholeLength - wholeDigits(right, start, right.length);
  if (difference !== 0) return difference;
  const length = Math.max(to - from, right.length - start);
  for (let index = 0; index < length; index += 1) {
    if (index === wholeLength) continue;
    const a = from + index < to ? (left[from + index] ?? ZERO) : ZERO;
    const b = right[start + index] ?? ZERO;
    if (a !== b) return a - b;
  }
  return 0;
};

const wholeDigits = (bytes: Uint8Array, from: number, to: number): number => {
  let end = from;
  while (end < to && bytes[end] !== POINT) end += 1;
  return end - from;
};

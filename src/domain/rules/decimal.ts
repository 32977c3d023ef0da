/**
 * Exact arithmetic on decimal numbers of any size. Money is compared, bucketed and noised here
 * because a binary float cannot hold 0.1, and a rule `<=0.3` must not depend on that.
 */

/** Digits of a decimal, before and after the point together: what SQL engines hold exactly. */
export const MAX_DECIMAL_DIGITS = 38;

/** `units` × 10^-`scale`, scale >= 0. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

/** Beyond every 64-bit float, small enough that no input can ask for a huge power of ten. */
const MAX_EXPONENT = 400;

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Reads `12`, `-0.50`, `.5` or `1.5e-7`; undefined for anything else. */
export const parseDecimal = (text: string): Decimal | undefined => {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = match;
  const digits = whole + fraction;
  const exponent = Number(exponentText);
  if (digits === "" || Math.abs(exponent) > MAX_EXPONENT) return undefined;
  const magnitude = BigInt(digits);
  const units = sign === "-" ? -magnitude : magnitude;
  const scale = fraction.length - exponent;
  return scale >= 0 ? { units, scale } : { units: units * powerOfTen(-scale), scale: 0 };
};

const powerOfTen = (exponent: number): bigint => 10n ** BigInt(exponent);

/** The same number with at least `scale` digits after the point. */
const rescaled = (value: Decimal, scale: number): bigint =>
  value.units * powerOfTen(scale - value.scale);

/** Negative, zero or positive, as `left` is smaller, equal or greater in value. */
export const compareDecimals = (left: Decimal, right: Decimal): number => {
  const scale = Math.max(left.scale, right.scale);
  const a = rescaled(left, scale);
  const b = rescaled(right, scale);
  return a < b ? -1 : a > b ? 1 : 0;
};

/** `left - right`, exactly. */
export const subtractDecimals = (left: Decimal, right: Decimal): Decimal => {
  const scale = Math.max(left.scale, right.scale);
  return { units: rescaled(left, scale) - rescaled(right, scale), scale };
};

/** The same number without trailing zeros: equal values have equal forms. */
export const normalizeDecimal = (value: Decimal): Decimal => {
  let { units, scale } = value;
  while (scale > 0 && units % 10n === 0n) {
    units /= 10n;
    scale -= 1;
  }
  return { units, scale };
};

/** Plain notation with exactly `scale` digits after the point, no exponent, no plus sign. */
export const formatDecimal = ({ units, scale }: Decimal): string => {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const sign = units < 0n ? "-" : "";
  const point = digits.length - scale;
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
};

/** A number as it is written plainly, `0.0000001` for 1e-7; undefined when it is not finite. */
export const plainNumber = (number: number): string | undefined => {
  const value = parseDecimal(String(number));
  return value && formatDecimal(normalizeDecimal(value));
};

/** The greatest multiple of `size` (> 0) that is not above `value`, and the multiple after it. */
export const enclosingMultiples = (
  value: Decimal,
  size: Decimal,
): readonly [lower: Decimal, upper: Decimal] => {
  const scale = Math.max(value.scale, size.scale);
  const units = rescaled(value, scale);
  const step = rescaled(size, scale);
  const remainder = ((units % step) + step) % step;
  const lower = units - remainder;
  return [
    normalizeDecimal({ units: lower, scale }),
    normalizeDecimal({ units: lower + step, scale }),
  ];
};

/** `dividend / divisor` (divisor > 0), rounded to the nearest integer, halves away from zero. */
export const divideRounded = (dividend: bigint, divisor: bigint): bigint => {
  const magnitude = dividend < 0n ? -dividend : dividend;
  const rounded = (2n * magnitude + divisor) / (2n * divisor);
  return dividend < 0n ? -rounded : rounded;
};

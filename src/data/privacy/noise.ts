/**
 * Numbers that keep their type but not their place. The noise is keyed and deterministic: running a
 * batch again tells nothing new. What comes out is rounded to a power of ten, at most a tenth of the
 * percentage of itself, so that every value it is within reach of may have led there. With all its
 * digits it would fit only some of them: there are fewer pushes than floats.
 */
import { invariant } from "../../domain/decider.ts";
import {
  divideRounded,
  formatDecimal,
  MAX_DECIMAL_DIGITS,
  parseDecimal,
} from "../../domain/rules/decimal.ts";
import { MAX_INT, MIN_INT } from "../types.ts";
import { DRAW_RANGE, draw } from "./keyed.ts";

/** Which way and how far, as a share of the most that is allowed. */
export interface Push {
  readonly up: boolean;
  /** 1 to 2^48, of 2^48. */
  readonly share: number;
}

/** The push that the digest at `start` says. */
export const pushOf = (digests: Uint8Array, start: number): Push => ({
  up: draw(digests, 0, start) % 2 === 0,
  share: draw(digests, 1, start) + 1,
});

/** Percentages have four decimals at most: in millionths of the value they are whole. */
const MILLIONTHS_PER_PERCENT = 10_000;
const MILLION = 1_000_000n;
/** What a unit is parted into, so that a push is whole. */
const PARTS = MILLION * BigInt(DRAW_RANGE);
const TEN_MILLION_PARTS = 10n * MILLION * PARTS;

export const millionthsOf = (percent: number): bigint =>
  BigInt(Math.round(percent * MILLIONTHS_PER_PERCENT));

/** Moved by at most that share, never unchanged unless it is zero, and still of 64 bits. */
export const noisyInteger = (value: bigint, millionths: bigint, push: Push): bigint => {
  const noisy = noisyUnits(value, millionths, push);
  return noisy > MAX_INT || noisy < MIN_INT
    ? noisyUnits(value, millionths, { ...push, up: !push.up })
    : noisy;
};

/** The same of a decimal's text. One digit more than it may have is undone by going the other way. */
export const noisyDecimal = (text: string, millionths: bigint, push: Push): string => {
  const value = parseDecimal(text);
  invariant(value !== undefined, "a decimal column holds decimal numbers");
  const noisy = noisyUnits(value.units, millionths, push);
  const fits = absolute(noisy).toString().length <= MAX_DECIMAL_DIGITS;
  const units = fits ? noisy : noisyUnits(value.units, millionths, { ...push, up: !push.up });
  return formatDecimal({ units, scale: value.scale });
};

/**
 * Of whole units, exactly: a value moves by one where its share is less, and is rounded to one where
 * a tenth of the push is less.
 */
const noisyUnits = (units: bigint, millionths: bigint, push: Push): bigint => {
  if (units === 0n) return 0n;
  const most = absolute(units) * millionths;
  const distance = most * BigInt(push.share);
  const whole = units * PARTS;
  const moved = push.up ? whole + distance : whole - distance;
  const step = atMost((absolute(moved) * millionths) / TEN_MILLION_PARTS);
  const rounded = divideRounded(moved, PARTS * step) * step;
  const beyond = absolute(rounded - units) * MILLION > most;
  const noisy = beyond ? rounded + (rounded > units ? -step : step) : rounded;
  if (noisy !== units) return noisy;
  return push.up ? units + step : units - step;
};

/** The greatest power of ten that is not above the number, 1 at least. */
const atMost = (number: bigint): bigint => 10n ** BigInt(number.toString().length - 1);

const absolute = (number: bigint): bigint => (number < 0n ? -number : number);

/** The same of a float. */
export const noisyFloat = (value: number, percent: number, push: Push): number => {
  if (value === 0) return 0;
  const most = Math.abs(value) * (percent / 100);
  const distance = most * (push.share / DRAW_RANGE);
  const away = push.up ? value + distance : value - distance;
  const moved = Number.isFinite(away) ? away : value - Math.sign(value) * distance;
  const exponent = exponentOf(Math.abs(moved) * (percent / 1000));
  if (exponent < LEAST_EXPONENT) return moved === value ? nudged(value) : moved;
  const at = (index: number) => multipleOf(exponent, index);
  let index = Math.round(moved / powerOfTen(exponent));
  let noisy = at(index);
  if (Math.abs(noisy - value) > most) {
    index += noisy > value ? -1 : 1;
    noisy = at(index);
  }
  if (noisy !== value) return noisy;
  const onward = at(push.up ? index + 1 : index - 1);
  return Number.isFinite(onward) ? onward : at(push.up ? index - 1 : index + 1);
};

/** Below that, powers of ten are no floats any more, and numbers are of no use. */
const LEAST_EXPONENT = -300;
const GREATEST_EXPONENT = 308;

const POWERS = Array.from({ length: GREATEST_EXPONENT - LEAST_EXPONENT + 1 }, (_, at) =>
  Number(`1e${at + LEAST_EXPONENT}`),
);

const powerOfTen = (exponent: number): number =>
  POWERS[exponent - LEAST_EXPONENT] ?? (exponent < 0 ? 0 : Number.POSITIVE_INFINITY);

/** Up to 10^22, powers of ten are floats without loss. */
const MOST_EXACT = 22;

/** The float nearest to `index` × 10^`exponent`. */
const multipleOf = (exponent: number, index: number): number => {
  if (Math.abs(exponent) > MOST_EXACT) return Number(`${index}e${exponent}`);
  return exponent < 0 ? index / powerOfTen(-exponent) : index * powerOfTen(exponent);
};

/** The greatest exponent of ten that is not above the number; a logarithm beside one may be off. */
const exponentOf = (number: number): number => {
  const about = Math.floor(Math.log10(number));
  if (powerOfTen(about) > number) return about - 1;
  return powerOfTen(about + 1) <= number ? about + 1 : about;
};

/** The distance vanished beside the value: the smallest step that does not. */
const nudged = (value: number): number => {
  const other = value * (1 - 2 * Number.EPSILON);
  return other === value ? 2 * value : other;
};

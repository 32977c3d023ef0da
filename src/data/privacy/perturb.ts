/**
 * Values that keep their type but not their place: noise on numbers, shifts of dates. Both are
 * keyed and deterministic, so running a batch again tells nothing new; independent noise on every
 * run could be averaged away.
 */
import { invariant } from "../../domain/decider.ts";
import {
  divideRounded,
  formatDecimal,
  MAX_DECIMAL_DIGITS,
  parseDecimal,
} from "../../domain/rules/decimal.ts";
import { isDate, isDatetime } from "../calendar.ts";
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
const MILLION = 1_000_000;

export const millionthsOf = (percent: number): bigint =>
  BigInt(Math.round(percent * MILLIONTHS_PER_PERCENT));

/** Moved by at most that share, never unchanged unless it is zero, and still of 64 bits. */
export const noisyInteger = (value: bigint, millionths: bigint, push: Push): bigint => {
  const noisy = noisyUnits(value, millionths, push);
  return noisy > MAX_INT || noisy < MIN_INT
    ? noisyUnits(value, millionths, { ...push, up: !push.up })
    : noisy;
};

const noisyUnits = (units: bigint, millionths: bigint, push: Push): bigint => {
  if (units === 0n) return 0n;
  const magnitude = units < 0n ? -units : units;
  const most = magnitude * millionths * BigInt(push.share);
  const distance = divideRounded(most, BigInt(MILLION) * BigInt(DRAW_RANGE)) || 1n;
  return push.up ? units + distance : units - distance;
};

/** The same of a decimal's text. One digit more than it may have is undone by going the other way. */
export const noisyDecimal = (text: string, millionths: bigint, push: Push): string => {
  const value = parseDecimal(text);
  invariant(value !== undefined, "a decimal column holds decimal numbers");
  const noisy = noisyUnits(value.units, millionths, push);
  const fits = (noisy < 0n ? -noisy : noisy).toString().length <= MAX_DECIMAL_DIGITS;
  const units = fits ? noisy : noisyUnits(value.units, millionths, { ...push, up: !push.up });
  return formatDecimal({ units, scale: value.scale });
};

/** The same of a float. */
export const noisyFloat = (value: number, percent: number, push: Push): number => {
  if (value === 0) return 0;
  const distance = Math.abs(value) * (percent / 100) * (push.share / DRAW_RANGE);
  const noisy = push.up ? value + distance : value - distance;
  const finite = Number.isFinite(noisy) ? noisy : value - Math.sign(value) * distance;
  // The distance can vanish beside the value: then the smallest step that does not.
  if (finite !== value) return finite;
  const nudged = value * (1 - 2 * Number.EPSILON);
  return nudged === value ? 2 * value : nudged;
};

/**
 * Days to shift by, from -`days` to `days` without 0, by the digest at `start`: that of the subject,
 * then all dates of one person keep their distances.
 */
export const shiftDays = (digests: Uint8Array, start: number, days: number): number => {
  const offset = draw(digests, 0, start) % (2 * days);
  return offset < days ? offset - days : offset - days + 1;
};

/** The other way, where a shift would leave the years 1 to 9999. */
export const shiftDate = (date: number, shift: number): number =>
  isDate(date + shift) ? date + shift : date - shift;

const MICROS_PER_DAY = 86_400_000_000n;

export const shiftDatetime = (micros: bigint, shift: number): bigint => {
  const distance = BigInt(shift) * MICROS_PER_DAY;
  return isDatetime(micros + distance) ? micros + distance : micros - distance;
};

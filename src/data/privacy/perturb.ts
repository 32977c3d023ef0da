/**
 * Values that keep their type but not their place: noise on numbers, shifts of dates. Both are
 * keyed and deterministic, so running a batch again tells nothing new; independent noise on every
 * run could be averaged away.
 */
import type { KeyObject } from "node:crypto";
import { invariant } from "../../domain/decider.ts";
import {
  type Decimal,
  divideRounded,
  formatDecimal,
  parseDecimal,
} from "../../domain/rules/decimal.ts";
import type { ColumnType } from "../../domain/table.ts";
import { isDate, isDatetime } from "../calendar.ts";
import type { Cell } from "../chunk.ts";
import { MAX_DECIMAL_DIGITS, MAX_INT, MIN_INT } from "../types.ts";
import { DRAW_RANGE, draw, keyedDigest } from "./keyed.ts";

/** Which way and how far, as a share of the most that is allowed. */
interface Push {
  readonly up: boolean;
  /** 1 to 2^48, of 2^48. */
  readonly share: number;
}

const pushOf = (key: KeyObject, message: string): Push => {
  const digest = keyedDigest(key, message);
  return { up: draw(digest, 0) % 2 === 0, share: draw(digest, 1) + 1 };
};

/** Percentages have four decimals at most: in millionths of the value they are whole. */
const MILLIONTHS_PER_PERCENT = 10_000;
const MILLION = 1_000_000;

/**
 * The number moved by at most `percent` of itself, never unchanged unless it is zero. `seed` says
 * whose noise it is (a row, or a subject and a column); the value is mixed in here, as
 * HMAC-SHA-256(key, "<seed>:<value>").
 */
export const addNoise = (
  cell: Exclude<Cell, null>,
  type: ColumnType,
  percent: number,
  key: KeyObject,
  seed: string,
): Cell => {
  const push = pushOf(key, `${seed}:${String(cell)}`);
  if (type === "float") {
    invariant(typeof cell === "number", "a float cell is a number");
    return noisyFloat(cell, percent, push);
  }
  const millionths = BigInt(Math.round(percent * MILLIONTHS_PER_PERCENT));
  if (type === "int") {
    invariant(typeof cell === "bigint", "an int cell is a bigint");
    const noisy = noisyUnits(cell, millionths, push);
    return noisy > MAX_INT || noisy < MIN_INT
      ? noisyUnits(cell, millionths, { ...push, up: !push.up })
      : noisy;
  }
  const value = parseDecimal(String(cell));
  invariant(type === "decimal" && value !== undefined, "noise is for numbers");
  return noisyDecimal(value, millionths, push);
};

const noisyUnits = (units: bigint, millionths: bigint, push: Push): bigint => {
  if (units === 0n) return 0n;
  const magnitude = units < 0n ? -units : units;
  const most = magnitude * millionths * BigInt(push.share);
  const distance = divideRounded(most, BigInt(MILLION) * BigInt(DRAW_RANGE)) || 1n;
  return push.up ? units + distance : units - distance;
};

/** One digit more than a decimal may have is undone by going the other way. */
const noisyDecimal = (value: Decimal, millionths: bigint, push: Push): string => {
  const noisy = noisyUnits(value.units, millionths, push);
  const fits = (noisy < 0n ? -noisy : noisy).toString().length <= MAX_DECIMAL_DIGITS;
  const units = fits ? noisy : noisyUnits(value.units, millionths, { ...push, up: !push.up });
  return formatDecimal({ units, scale: value.scale });
};

const noisyFloat = (value: number, percent: number, push: Push): number => {
  if (value === 0) return 0;
  const distance = Math.abs(value) * (percent / 100) * (push.share / DRAW_RANGE);
  const noisy = push.up ? value + distance : value - distance;
  const finite = Number.isFinite(noisy) ? noisy : value - Math.sign(value) * distance;
  // The distance can vanish beside the value: then the smallest step that does not.
  if (finite !== value) return finite;
  const nudged = value * (1 - 2 * Number.EPSILON);
  return nudged === value ? 2 * value : nudged;
};

const MICROS_PER_DAY = 86_400_000_000n;

/**
 * Days to shift by, from -`days` to `days` without 0, from HMAC-SHA-256(key, seed). The seed is the
 * subject: then all dates of one person keep their distances.
 */
export const shiftDays = (key: KeyObject, seed: string, days: number): number => {
  const offset = draw(keyedDigest(key, seed), 0) % (2 * days);
  return offset < days ? offset - days : offset - days + 1;
};

/** The other way, where a shift would leave the years 1 to 9999. */
export const shiftDate = (cell: Exclude<Cell, null>, type: ColumnType, shift: number): Cell => {
  if (type === "date") {
    invariant(typeof cell === "number", "a date cell is a number");
    return isDate(cell + shift) ? cell + shift : cell - shift;
  }
  invariant(type === "datetime" && typeof cell === "bigint", "shifts are for dates");
  const distance = BigInt(shift) * MICROS_PER_DAY;
  return isDatetime(cell + distance) ? cell + distance : cell - distance;
};

/**
 * Dates that move by whole days, keyed and deterministic: by how many, and which of them do not go
 * with their subject.
 */
import { invariant } from "../../domain/decider.ts";
import { floorDiv, isDate, isDatetime, parseDate } from "../calendar.ts";
import { draw } from "./keyed.ts";

/**
 * Days to shift by, from -`days` to `days` without 0, by the digest at `start`: that of the subject,
 * then all dates of one person keep their distances.
 */
export const shiftDays = (digests: Uint8Array, start: number, days: number): number => {
  const offset = draw(digests, 0, start) % (2 * days);
  return offset < days ? offset - days : offset - days + 1;
};

const dayOf = (text: string): number => {
  const day = parseDate(text);
  invariant(day !== undefined, `${text} is a date`);
  return day;
};

const LAST_OF_OLD = dayOf("1900-01-01");
const EPOCH = dayOf("1970-01-01");
const FIRST_OF_LATE = dayOf("2099-01-01");

/**
 * Whether a day is one that is written where there is none: 0001-01-01, 1900-01-01, 1970-01-01,
 * 2099-12-31, 9999-12-31 and whatever lies beyond a life. Everybody knows it, so it must not show
 * how far its subject's dates were shifted.
 */
export const standsIn = (day: number): boolean =>
  day <= LAST_OF_OLD || day === EPOCH || day >= FIRST_OF_LATE;

/** The other way, where a shift would leave the years 1 to 9999: days that stand in, all of them. */
export const shiftDate = (date: number, shift: number): number =>
  isDate(date + shift) ? date + shift : date - shift;

const MICROS_PER_DAY = 86_400_000_000n;

/** The day of a moment, in UTC. */
export const dayIn = (micros: bigint): number => Number(floorDiv(micros, MICROS_PER_DAY));

export const shiftDatetime = (micros: bigint, shift: number): bigint => {
  const distance = BigInt(shift) * MICROS_PER_DAY;
  return isDatetime(micros + distance) ? micros + distance : micros - distance;
};

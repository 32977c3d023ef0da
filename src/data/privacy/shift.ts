/**
 * Dates that move by whole days, keyed and deterministic: by how many, and which of them do not go
 * with their subject.
 */
import { isDate, isDatetime } from "../calendar.ts";
import { draw } from "./keyed.ts";

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

/**
 * From the clock of a place to UTC, by the time zone data of the runtime (Intl). An hour that the
 * clock shows twice, when summer time ends, is taken for the first of both; one that it skips, when
 * summer time begins, is no time.
 */
import { localOffset } from "../../application/localOffset.ts";
import { isDatetime } from "../calendar.ts";

const MICROS_PER_MILLI = 1000n;
const MILLIS_PER_DAY = 86_400_000;

/** Days whose offsets are remembered: more than ten years of them. */
const MAX_DAYS = 4096;

/** Intl counts years before the first otherwise; no clock differed from another year's then. */
const FIRST_MILLI = -30_000_000_000_000;

/** Microseconds as the clock of the zone shows them, to those of UTC; undefined: it never does. */
export type ToUtc = (local: bigint) => bigint | undefined;

/** Zones whose clocks are kept for the next reader. */
const MAX_ZONES = 16;

const clocks = new Map<string, ToUtc>();

/**
 * The same clock for all columns and readers of a zone, for it is large: what Intl needs, and the
 * days it remembers. Throws a RangeError for a zone that nobody has.
 */
export const utcFrom = (time_zone: string): ToUtc => {
  const known = clocks.get(time_zone);
  if (known !== undefined) return known;
  const clock = clockOf(time_zone);
  if (clocks.size >= MAX_ZONES) clocks.clear();
  clocks.set(time_zone, clock);
  return clock;
};

const clockOf = (time_zone: string): ToUtc => {
  const offsetOf = localOffset(time_zone);
  const offsetAt = (millis: number) => offsetOf(Math.max(millis, FIRST_MILLI));
  const byDay = new Map<number, number>();
  /** At the beginning of a day of UTC. */
  const ofDay = (day: number): number => {
    const known = byDay.get(day);
    if (known !== undefined) return known;
    if (byDay.size >= MAX_DAYS) byDay.clear();
    const offset = offsetAt(day * MILLIS_PER_DAY);
    byDay.set(day, offset);
    return offset;
  };
  return (local) => {
    const millis = Number(local / MICROS_PER_MILLI);
    const day = Math.floor(millis / MILLIS_PER_DAY);
    // No clock is a day ahead or behind, and none is changed twice within three days.
    const before = ofDay(day - 1);
    const after = ofDay(day + 2);
    const shows = (offset: number) =>
      before === after || offsetAt(millis - offset) === offset ? offset : undefined;
    const offset = largest(shows(before), shows(after));
    if (offset === undefined) return undefined;
    const utc = local - BigInt(offset) * MICROS_PER_MILLI;
    return isDatetime(utc) ? utc : undefined;
  };
};

/** The further a clock is ahead, the earlier it shows a time. */
const largest = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined || right === undefined ? (left ?? right) : Math.max(left, right);

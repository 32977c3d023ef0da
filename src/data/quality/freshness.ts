/**
 * What `freshness` counts from: the newest moment in a column of times. A value ahead of the clock
 * says nothing about how fresh the rest is: one planned date would keep a table fresh for years.
 */
import { invariant } from "../../domain/decider.ts";
import { MAX_CLOCK_SKEW_MS } from "../../domain/freshness/freshness.ts";
import type { ColumnVector } from "../columns.ts";

const MS_PER_DAY = 86_400_000;
const MICROS_PER_MS = 1000n;

/**
 * In milliseconds since 1970, a date being as old as its end; null where no row has one. What is
 * later than `now` by more than MAX_CLOCK_SKEW_MS (a date: whose day has not begun by then) is
 * passed over.
 */
export const newestMoment = (column: ColumnVector, rows: number, now: Date): number | null => {
  const latest_ms = now.getTime() + MAX_CLOCK_SKEW_MS;
  const { valid } = column;
  if (column.type === "datetime") {
    const latest = BigInt(latest_ms) * MICROS_PER_MS;
    const newest = newestUpTo(column.values, valid, rows, latest);
    return newest === null ? null : Number(newest / MICROS_PER_MS);
  }
  invariant(column.type === "date", "freshness is for times");
  const day = newestUpTo(column.values, valid, rows, Math.floor(latest_ms / MS_PER_DAY));
  return day === null ? null : (day + 1) * MS_PER_DAY;
};

const newestUpTo = <Value extends number | bigint>(
  values: ArrayLike<Value>,
  valid: Uint8Array | null,
  rows: number,
  latest: Value,
): Value | null => {
  let newest: Value | null = null;
  for (let row = 0; row < rows; row += 1) {
    if (valid !== null && valid[row] === 0) continue;
    const value = values[row];
    if (value === undefined || value > latest) continue;
    if (newest === null || value > newest) newest = value;
  }
  return newest;
};

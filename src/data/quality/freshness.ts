/** What `freshness` counts from: the newest moment in a column of times. */
import { invariant } from "../../domain/decider.ts";
import type { ColumnVector } from "../columns.ts";

const MS_PER_DAY = 86_400_000;
const MICROS_PER_MS = 1000n;

/** In milliseconds since 1970, a date being as old as its end; null where every row is null. */
export const newestMoment = (column: ColumnVector, rows: number): number | null => {
  invariant(column.type === "date" || column.type === "datetime", "freshness is for times");
  const row = newestRow(column.values, column.valid, rows);
  if (row < 0) return null;
  const value = column.values[row] ?? 0;
  return typeof value === "bigint" ? Number(value / MICROS_PER_MS) : (value + 1) * MS_PER_DAY;
};

const newestRow = (
  values: Int32Array | BigInt64Array,
  valid: Uint8Array | null,
  rows: number,
): number => {
  let newest = -1;
  for (let row = 0; row < rows; row += 1) {
    if (valid !== null && valid[row] === 0) continue;
    if (newest < 0 || (values[row] ?? 0) > (values[newest] ?? 0)) newest = row;
  }
  return newest;
};

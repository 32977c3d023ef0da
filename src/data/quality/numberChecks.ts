/**
 * Rules on columns of numbers, dates and booleans, over their arrays: every comparison is a range
 * with both ends in it, of integers as pairs of words, so that no value becomes a BigInt.
 */
import type { Int64Column } from "../columns.ts";
import { wordsIn } from "../columnTexts.ts";

/** Writes a byte a row: 1 where the value fails. What stands at null rows is of no meaning. */
export type Judge<Column> = (column: Column, rows: number, fails: Uint8Array) => void;

/** Inclusive; `inverted`: what lies in it fails, instead of what lies outside. */
export interface Range<Value> {
  readonly min: Value;
  readonly max: Value;
  readonly inverted: boolean;
}

type Numbers = { readonly values: Float64Array | Int32Array | Uint8Array };

export const numbersWithin =
  ({ min, max, inverted }: Range<number>): Judge<Numbers> =>
  ({ values }, rows, fails) => {
    const outside = inverted ? 0 : 1;
    for (let row = 0; row < rows; row += 1) {
      const value = values[row] ?? 0;
      fails[row] = value >= min && value <= max ? 1 - outside : outside;
    }
  };

export const numbersAmong = (members: readonly number[], wanted: boolean): Judge<Numbers> => {
  const known = new Set(members);
  return ({ values }, rows, fails) => {
    for (let row = 0; row < rows; row += 1)
      fails[row] = known.has(values[row] ?? 0) === wanted ? 0 : 1;
  };
};

export const integersWithin = ({ min, max, inverted }: Range<bigint>): Judge<Int64Column> => {
  const [minHigh, minLow] = wordsOf(min);
  const [maxHigh, maxLow] = wordsOf(max);
  const outside = inverted ? 0 : 1;
  return (column, rows, fails) => {
    const { low, high } = wordsIn(column);
    for (let row = 0; row < rows; row += 1) {
      const [h, l] = [high[2 * row + 1] ?? 0, low[2 * row] ?? 0];
      const within =
        (h > minHigh || (h === minHigh && l >= minLow)) &&
        (h < maxHigh || (h === maxHigh && l <= maxLow));
      fails[row] = within ? 1 - outside : outside;
    }
  };
};

export const integersAmong = (members: readonly bigint[], wanted: boolean): Judge<Int64Column> => {
  /** Higher word -> the lower words it occurs with. */
  const known = new Map<number, Set<number>>();
  for (const member of members) {
    const [high, low] = wordsOf(member);
    known.set(high, (known.get(high) ?? new Set()).add(low));
  }
  return (column, rows, fails) => {
    const { low, high } = wordsIn(column);
    let lastHigh = Number.NaN;
    let lows: ReadonlySet<number> | undefined;
    for (let row = 0; row < rows; row += 1) {
      const h = high[2 * row + 1] ?? 0;
      if (h !== lastHigh) {
        lows = known.get(h);
        lastHigh = h;
      }
      const isMember = lows?.has(low[2 * row] ?? 0) ?? false;
      fails[row] = isMember === wanted ? 0 : 1;
    }
  };
};

const wordsOf = (value: bigint): readonly [high: number, low: number] => [
  Number(value >> 32n),
  Number(BigInt.asUintN(32, value)),
];

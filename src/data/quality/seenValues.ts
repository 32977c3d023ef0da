/**
 * Which values have come by, for `unique`, in 8 bytes each: a table of 64-bit digests instead of
 * the values, so that two million fit beside everything else in an isolate of 128 MB. Two different
 * values share a digest with a chance below one in a million for a full table; such a row would be
 * reported as a duplicate, never a duplicate missed.
 */
import { DataLimitError } from "../../application/dataPorts.ts";

/** Values remembered by all `unique` rules of one run together. */
export const MAX_SEEN_VALUES = 2_000_000;

const FIRST_SLOTS = 1 << 12;

/** Thrown beyond the limit: a check that cannot be made must not look passed. */
export class TooManyValuesError extends DataLimitError {
  constructor() {
    super(`unique can check at most ${MAX_SEEN_VALUES} values in one batch; use smaller batches`);
    this.name = "TooManyValuesError";
  }
}

/** Counts what several sets hold together. */
export interface Budget {
  left: number;
}

export const seenBudget = (limit: number = MAX_SEEN_VALUES): Budget => ({ left: limit });

export class SeenValues {
  /** Open addressing; a slot is two words, and both zero means empty. */
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  #size = 0;
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Remembers the value; false when it had come by before. Throws TooManyValuesError. */
  add(value: string): boolean {
    const [first, second] = digest(value);
    if (!this.#insert(this.#slots, first, second)) return false;
    if (this.#budget.left === 0) throw new TooManyValuesError();
    this.#budget.left -= 1;
    this.#size += 1;
    if (this.#size * 3 > this.#slots.length) this.#grow();
    return true;
  }

  #insert(slots: Uint32Array, first: number, second: number): boolean {
    const mask = slots.length / 2 - 1;
    for (let slot = second & mask; ; slot = (slot + 1) & mask) {
      const [a, b] = [slots[2 * slot], slots[2 * slot + 1]];
      if (a === first && b === second) return false;
      if (a === 0 && b === 0) {
        slots[2 * slot] = first;
        slots[2 * slot + 1] = second;
        return true;
      }
    }
  }

  #grow(): void {
    const old = this.#slots;
    const grown = new Uint32Array(2 * old.length);
    for (let index = 0; index < old.length; index += 2) {
      const [first = 0, second = 0] = [old[index], old[index + 1]];
      if (first !== 0 || second !== 0) this.#insert(grown, first, second);
    }
    this.#slots = grown;
  }
}

/**
 * Two lanes of MurmurHash3's mixing (Austin Appleby, public domain) with different constants. Not
 * cryptographic: whoever crafts collisions only fails their own batch.
 */
const digest = (text: string): readonly [number, number] => {
  let first = 0x9e3779b9;
  let second = 0x85ebca77;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index) + 1;
    first ^= Math.imul(rotate(Math.imul(unit, 0xcc9e2d51), 15), 0x1b873593);
    first = Math.imul(rotate(first, 13), 5) + 0xe6546b64;
    second ^= Math.imul(rotate(Math.imul(unit, 0x239b961b), 16), 0xab0e9789);
    second = Math.imul(rotate(second, 19), 9) + 0x561ccd1b;
  }
  const low = avalanche(second ^ text.length);
  const high = avalanche(first ^ Math.imul(low, 0x38b34ae5));
  // The pair of zeros marks an empty slot.
  return high === 0 && low === 0 ? [1, 1] : [high, low];
};

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

const avalanche = (word: number): number => {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

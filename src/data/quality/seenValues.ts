/**
 * Which values have come by, for `unique`, in 8 bytes each: a table of keyed 64-bit hashes instead
 * of the values, so that two million fit beside everything else in an isolate of 128 MB. Two
 * different values share a hash with a chance below one in a million for a full table; such a row
 * would be reported as a duplicate, never a duplicate missed.
 */
import { DataLimitError } from "../../application/dataPorts.ts";

/** Values remembered by all `unique` rules of one pass together. */
export const MAX_SEEN_VALUES = 2_000_000;

const FIRST_SLOTS = 1 << 12;

/** Thrown beyond the limit: a check that cannot be made must not look passed. */
export class TooManyValuesError extends DataLimitError {
  constructor() {
    super(`unique can check at most ${MAX_SEEN_VALUES} values in one pass; use smaller batches`);
    this.name = "TooManyValuesError";
  }
}

/** Counts what several sets hold together. */
export interface Budget {
  left: number;
  /** What is thrown beyond it. */
  readonly exceeded: () => DataLimitError;
}

export const seenBudget = (
  limit: number = MAX_SEEN_VALUES,
  exceeded: Budget["exceeded"] = () => new TooManyValuesError(),
): Budget => ({ left: limit, exceeded });

export class SeenValues {
  /** Open addressing; a slot is two words, and both zero means empty. */
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  #size = 0;
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Remembers a hash by its words; false when it had come by before. Throws beyond the budget. */
  add(high: number, low: number): boolean {
    // The pair of zeros marks an empty slot.
    const second = high === 0 && low === 0 ? 1 : low;
    if (!insert(this.#slots, high, second)) return false;
    if (this.#budget.left === 0) throw this.#budget.exceeded();
    this.#budget.left -= 1;
    this.#size += 1;
    if (this.#size * 3 > this.#slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    const grown = new Uint32Array(2 * old.length);
    for (let index = 0; index < old.length; index += 2) {
      const [high = 0, low = 0] = [old[index], old[index + 1]];
      if (high !== 0 || low !== 0) insert(grown, high, low);
    }
    this.#slots = grown;
  }
}

const insert = (slots: Uint32Array, high: number, low: number): boolean => {
  const mask = slots.length / 2 - 1;
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    const [a, b] = [slots[2 * slot], slots[2 * slot + 1]];
    if (a === high && b === low) return false;
    if (a === 0 && b === 0) {
      slots[2 * slot] = high;
      slots[2 * slot + 1] = low;
      return true;
    }
  }
};

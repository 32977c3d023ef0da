/**
 * How many rows each group has, in bounded memory: a table of keyed 128-bit hashes with a count
 * each instead of the values. Two of as many groups as it takes share a hash with a chance below
 * one in 10^26, so a count is never too large.
 */
import { DataLimitError } from "../application/dataPorts.ts";

/** Groups of one pass: 20 MiB of table, 30 MiB while it grows. */
export const MAX_GROUPS = 750_000;

/** Thrown beyond the limit: what cannot be counted must not look large enough. */
export class TooManyGroupsError extends DataLimitError {
  constructor(limit: number) {
    super(`k-anonymity can count at most ${limit} groups in one batch; use fewer columns`);
    this.name = "TooManyGroupsError";
  }
}

export const HASH_WORDS = 4;
const FIRST_SLOTS = 1 << 12;

export interface GroupSizes {
  readonly groups: number;
  /** Null when there is no group. */
  readonly smallest: number | null;
  readonly groups_below: number;
  readonly rows_below: number;
}

export class GroupCounts {
  /** Open addressing over a power of two of slots; a count of zero marks an empty one. */
  #hashes = new Uint32Array(HASH_WORDS * FIRST_SLOTS);
  #counts = new Uint32Array(FIRST_SLOTS);
  #groups = 0;
  readonly #limit: number;

  constructor(limit: number = MAX_GROUPS) {
    this.#limit = limit;
  }

  /** Counts a row whose group's hash is the words from `at` on. Throws TooManyGroupsError. */
  add(words: Uint32Array, at: number): void {
    const slot = this.#find(words, at);
    const count = this.#counts[slot] ?? 0;
    this.#counts[slot] = count + 1;
    if (count > 0) return;
    if (this.#groups === this.#limit) throw new TooManyGroupsError(this.#limit);
    for (let word = 0; word < HASH_WORDS; word += 1)
      this.#hashes[slot * HASH_WORDS + word] = words[at + word] ?? 0;
    this.#groups += 1;
    if (this.#groups * 4 > this.#counts.length * 3) this.#grow();
  }

  /** Rows of the group; 0 when none has come by. */
  rows(words: Uint32Array, at: number): number {
    return this.#counts[this.#find(words, at)] ?? 0;
  }

  /** What there is, and what is smaller than `k`. */
  sizes(k: number): GroupSizes {
    let [smallest, groups_below, rows_below] = [Number.POSITIVE_INFINITY, 0, 0];
    for (const count of this.#counts) {
      if (count === 0) continue;
      if (count < smallest) smallest = count;
      if (count >= k) continue;
      groups_below += 1;
      rows_below += count;
    }
    const groups = this.#groups;
    return { groups, smallest: groups === 0 ? null : smallest, groups_below, rows_below };
  }

  /** The slot of a hash, or the empty one where it belongs. */
  #find(words: Uint32Array, at: number): number {
    const mask = this.#counts.length - 1;
    let slot = (words[at] ?? 0) & mask;
    while (this.#counts[slot] !== 0 && !this.#holds(slot, words, at)) slot = (slot + 1) & mask;
    return slot;
  }

  #holds(slot: number, words: Uint32Array, at: number): boolean {
    for (let word = 0; word < HASH_WORDS; word += 1)
      if (this.#hashes[slot * HASH_WORDS + word] !== words[at + word]) return false;
    return true;
  }

  #grow(): void {
    const [hashes, counts] = [this.#hashes, this.#counts];
    this.#hashes = new Uint32Array(2 * hashes.length);
    this.#counts = new Uint32Array(2 * counts.length);
    for (const [slot, count] of counts.entries()) {
      if (count === 0) continue;
      const from = slot * HASH_WORDS;
      const to = this.#find(hashes, from);
      this.#hashes.set(hashes.subarray(from, from + HASH_WORDS), to * HASH_WORDS);
      this.#counts[to] = count;
    }
  }
}

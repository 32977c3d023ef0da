/**
 * How many rows each group has, or how many people, in bounded memory: a table of keyed 128-bit
 * hashes with a count each instead of the values. Two of as many groups as it takes share a hash with
 * a chance below one in 10^26, so a count is never too large. People are told apart by a keyed 64-bit
 * hash of group and person: where two share one, a person is missed, never made up.
 */
import { DataLimitError } from "../application/dataPorts.ts";
import { type Budget, SeenValues, seenBudget } from "./quality/seenValues.ts";

/** Groups of one pass: 20 MiB of table, 30 MiB while it grows. */
export const MAX_GROUPS = 750_000;

/**
 * People that are told apart in all groups of one pass, up to k in each: 16 MiB of table, 24 MiB while
 * it grows.
 */
export const MAX_GROUPED_PEOPLE = 1_300_000;

/** Thrown beyond the limit: what cannot be counted must not look large enough. */
export class TooManyGroupsError extends DataLimitError {
  constructor(limit: number) {
    super(`k-anonymity can count at most ${limit} groups in one batch; use fewer columns`);
    this.name = "TooManyGroupsError";
  }
}

/** Thrown beyond the limit, for the same reason. */
export class TooManyPeopleError extends DataLimitError {
  constructor(limit: number) {
    super(
      `k-anonymity can tell at most ${limit} people apart in the groups of one batch; use fewer ` +
        "columns or a smaller k",
    );
    this.name = "TooManyPeopleError";
  }
}

/** The words of a row's person, a keyed hash. */
export interface Person {
  readonly high: number;
  readonly low: number;
}

/** Counting people: a group that has `k` of them is large enough, and is counted no further. */
export interface PeopleTerms {
  readonly k: number;
  /** Left out: MAX_GROUPED_PEOPLE. */
  readonly limit?: number;
}

export const HASH_WORDS = 4;
const FIRST_SLOTS = 1 << 12;

export interface GroupSizes {
  readonly groups: number;
  /** In rows or in people, as counted; of people at most k. Null when there is no group. */
  readonly smallest: number | null;
  readonly groups_below: number;
  readonly rows_below: number;
}

export class GroupCounts {
  /** Open addressing over a power of two of slots; a count of zero marks an empty one. */
  #hashes = new Uint32Array(HASH_WORDS * FIRST_SLOTS);
  #counts = new Uint32Array(FIRST_SLOTS);
  /** People of each group, where they are counted. */
  #people: Uint16Array;
  #groups = 0;
  readonly #limit: number;
  readonly #k: number;
  readonly #seen: SeenValues;

  /** Counts rows, or people where their terms are given. */
  constructor(limit: number = MAX_GROUPS, people: PeopleTerms | null = null) {
    this.#limit = limit;
    this.#k = people?.k ?? 0;
    this.#people = new Uint16Array(people === null ? 0 : FIRST_SLOTS);
    this.#seen = new SeenValues(peopleBudget(people?.limit));
  }

  /**
   * Counts a row whose group's hash is the words from `at` on, and its person where people are
   * counted. Throws TooManyGroupsError, TooManyPeopleError.
   */
  add(words: Uint32Array, at: number, person: Person | null = null): void {
    const slot = this.#find(words, at);
    const count = this.#counts[slot] ?? 0;
    this.#counts[slot] = count + 1;
    if (person !== null && (this.#people[slot] ?? 0) < this.#k) {
      const high = ((words[at] ?? 0) ^ person.high) >>> 0;
      const low = ((words[at + 1] ?? 0) ^ person.low) >>> 0;
      if (this.#seen.add(high, low)) this.#people[slot] = (this.#people[slot] ?? 0) + 1;
    }
    if (count > 0) return;
    if (this.#groups === this.#limit) throw new TooManyGroupsError(this.#limit);
    for (let word = 0; word < HASH_WORDS; word += 1)
      this.#hashes[slot * HASH_WORDS + word] = words[at + word] ?? 0;
    this.#groups += 1;
    if (this.#groups * 4 > this.#counts.length * 3) this.#grow();
  }

  /** How large the group is, as counted; 0 when no row of it has come by. */
  size(words: Uint32Array, at: number): number {
    return this.#sizeAt(this.#find(words, at));
  }

  #sizeAt(slot: number): number {
    return (this.#k === 0 ? this.#counts : this.#people)[slot] ?? 0;
  }

  /** What there is, and what is smaller than `k`. */
  sizes(k: number): GroupSizes {
    let [smallest, groups_below, rows_below] = [Number.POSITIVE_INFINITY, 0, 0];
    for (const [slot, count] of this.#counts.entries()) {
      if (count === 0) continue;
      const size = this.#sizeAt(slot);
      if (size < smallest) smallest = size;
      if (size >= k) continue;
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
    const [hashes, counts, people] = [this.#hashes, this.#counts, this.#people];
    this.#hashes = new Uint32Array(2 * hashes.length);
    this.#counts = new Uint32Array(2 * counts.length);
    this.#people = new Uint16Array(2 * people.length);
    for (const [slot, count] of counts.entries()) {
      if (count === 0) continue;
      const from = slot * HASH_WORDS;
      const to = this.#find(hashes, from);
      this.#hashes.set(hashes.subarray(from, from + HASH_WORDS), to * HASH_WORDS);
      this.#counts[to] = count;
      if (this.#k > 0) this.#people[to] = people[slot] ?? 0;
    }
  }
}

const peopleBudget = (limit: number = MAX_GROUPED_PEOPLE): Budget =>
  seenBudget(limit, () => new TooManyPeopleError(limit));

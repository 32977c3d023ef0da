/** The pseudonyms of a column's cells, and the distinct ones of them gathered in bounded memory. */
import type { ColumnChunk, ColumnVector } from "../columns.ts";
import { keyedDigests } from "../kernels/keyedHash.ts";
import { comparable } from "../quality/rowHashes.ts";

/** Words of a pseudonym, little-endian. */
export const REF_WORDS = 8;

/** The pseudonyms of a column, REF_WORDS a row; those of nulls are of no meaning. */
export const refsOf = (column: ColumnVector, rows: number, key: Uint8Array): Uint32Array => {
  const digests = keyedDigests(key, comparable(column, rows), rows);
  return new Uint32Array(digests.buffer, digests.byteOffset, rows * REF_WORDS);
};

/** The column of that name; undefined when the chunk has none. */
export const columnNamed = (chunk: ColumnChunk, name: string): ColumnVector | undefined =>
  chunk.columns.find((column) => column.name === name);

/** A pseudonym's words, from its hex form. */
export const wordsOfRef = (ref: string): Uint32Array => {
  const bytes = new Uint8Array(REF_WORDS * 4);
  for (const index of bytes.keys())
    bytes[index] = Number.parseInt(ref.slice(2 * index, 2 * index + 2), 16);
  return new Uint32Array(bytes.buffer);
};

/** Some pseudonyms, to be looked up by their words. */
export class RefSet {
  readonly #byFirstWord = new Map<number, Uint32Array[]>();

  constructor(refs: Iterable<string>) {
    for (const ref of refs) {
      const words = wordsOfRef(ref);
      const first = words[0] ?? 0;
      this.#byFirstWord.set(first, [...(this.#byFirstWord.get(first) ?? []), words]);
    }
  }

  get empty(): boolean {
    return this.#byFirstWord.size === 0;
  }

  /** Whether the pseudonym that begins at word `at` is among them: all of its bits count. */
  has(words: Uint32Array, at: number): boolean {
    const known = this.#byFirstWord.get(words[at] ?? 0);
    return known?.some((ref) => ref.every((word, index) => word === words[at + index])) ?? false;
  }
}

const FIRST_ENTRIES = 4096;

/** Distinct hashes gathered before somebody has to take them: 16 MiB. */
export const MAX_ENTRIES = 2 ** 20;

/** The first 64 bits of pseudonyms, each once: a table with open addressing, half of it empty. */
export class HashBuffer {
  readonly #most: number;
  /** Two words a slot; both zero means empty. */
  #slots: Uint32Array<ArrayBuffer>;
  #size = 0;
  #hasZero = false;

  /** `most`: a power of two. */
  constructor(most = MAX_ENTRIES) {
    this.#most = most;
    this.#slots = new Uint32Array(4 * Math.min(FIRST_ENTRIES, most));
  }

  /** False, and not added, when it is full: to be emptied by `take` before more comes. */
  add(first: number, second: number): boolean {
    if (first === 0 && second === 0) {
      this.#hasZero = true;
      return true;
    }
    if (4 * this.#size === this.#slots.length && !this.#grow()) return false;
    if (insert(this.#slots, first, second)) this.#size += 1;
    return true;
  }

  /** Two words an entry, each entry once; empties the buffer. */
  take(): Uint32Array<ArrayBuffer> {
    const taken = new Uint32Array(2 * (this.#size + Number(this.#hasZero)));
    let at = 0;
    for (let slot = 0; slot < this.#slots.length; slot += 2) {
      const first = this.#slots[slot] ?? 0;
      const second = this.#slots[slot + 1] ?? 0;
      if (first === 0 && second === 0) continue;
      taken[at] = first;
      taken[at + 1] = second;
      at += 2;
    }
    this.#slots.fill(0);
    this.#size = 0;
    this.#hasZero = false;
    return taken;
  }

  #grow(): boolean {
    if (this.#size >= this.#most) return false;
    const old = this.#slots;
    const grown = new Uint32Array(2 * old.length);
    for (let slot = 0; slot < old.length; slot += 2) {
      const first = old[slot] ?? 0;
      const second = old[slot + 1] ?? 0;
      if (first !== 0 || second !== 0) insert(grown, first, second);
    }
    this.#slots = grown;
    return true;
  }
}

/** Whether it was not there; there is an empty slot. */
const insert = (slots: Uint32Array, first: number, second: number): boolean => {
  const mask = slots.length - 1;
  for (let slot = (2 * second) & mask; ; slot = (slot + 2) & mask) {
    const present = slots[slot];
    if (present === first && slots[slot + 1] === second) return false;
    if (present === 0 && slots[slot + 1] === 0) {
      slots[slot] = first;
      slots[slot + 1] = second;
      return true;
    }
  }
};

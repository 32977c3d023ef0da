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

/** Distinct hashes gathered before somebody has to take them: 8 MiB. */
export const MAX_ENTRIES = 2 ** 20;

/** The first 64 bits of pseudonyms, each about once. */
export class HashBuffer {
  readonly #most: number;
  #words: Uint32Array<ArrayBuffer>;
  #size = 0;

  constructor(most = MAX_ENTRIES) {
    this.#most = most;
    this.#words = new Uint32Array(2 * Math.min(FIRST_ENTRIES, most));
  }

  /** False, and not added, when it is more than half full of others: to be emptied by `take`. */
  add(first: number, second: number): boolean {
    if (2 * this.#size === this.#words.length && !this.#makeRoom()) return false;
    this.#words[2 * this.#size] = first;
    this.#words[2 * this.#size + 1] = second;
    this.#size += 1;
    return true;
  }

  /** Two words an entry, each entry once, valid until the next `add`; empties the buffer. */
  take(): Uint32Array<ArrayBuffer> {
    this.#compact();
    const taken = this.#words.subarray(0, 2 * this.#size);
    this.#size = 0;
    return taken;
  }

  #makeRoom(): boolean {
    this.#compact();
    const capacity = this.#words.length / 2;
    if (this.#size <= capacity / 2) return true;
    if (capacity >= this.#most) return false;
    const grown = new Uint32Array(2 * Math.min(2 * capacity, this.#most));
    grown.set(this.#words);
    this.#words = grown;
    return true;
  }

  #compact(): void {
    const entries = new BigUint64Array(this.#words.buffer, 0, this.#size).sort();
    let kept = 0;
    for (let index = 0; index < entries.length; index += 1) {
      const [first, second] = [this.#words[2 * index] ?? 0, this.#words[2 * index + 1] ?? 0];
      const isRepeated =
        kept > 0 && this.#words[2 * kept - 2] === first && this.#words[2 * kept - 1] === second;
      if (isRepeated) continue;
      this.#words[2 * kept] = first;
      this.#words[2 * kept + 1] = second;
      kept += 1;
    }
    this.#size = kept;
  }
}

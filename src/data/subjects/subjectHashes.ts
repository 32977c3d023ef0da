/** The pseudonyms of a column's cells. */
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

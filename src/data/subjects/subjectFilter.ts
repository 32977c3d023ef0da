/**
 * A split-block Bloom filter as Apache Parquet specifies it: 256 bits a block, eight of them set by
 * every entry. It never denies what was put into it, and whether something is in it is seen from
 * one block of 32 bytes. What differs from Parquet is the hash: here it is the first 64 bits of a
 * subject's pseudonym, as two little-endian words, of which the first chooses the block.
 */
import { invariant } from "../../domain/decider.ts";

export const BLOCK_BYTES = 32;
const BLOCK_WORDS = 8;

/** As many bits an entry as make about one in a thousand that are not in it look as if they were. */
export const BITS_PER_SUBJECT = 17;

/** 32 MiB, for some 16 million subjects at that rate; with more of them it rises. */
export const MAX_BLOCKS = 2 ** 20;

/** From the specification: each makes of the hash's other half the bit to set in one word. */
const SALTS = Uint32Array.of(
  0x47b6137b,
  0x44974d91,
  0x8824ad5b,
  0xa2b7289d,
  0x705495c7,
  0x2df1424b,
  0x9efc4947,
  0x5c6bfb31,
);

/** As many blocks as `subjects` take, a power of two where it may have to be folded. */
export const blocksFor = (subjects: number): number =>
  Math.min(MAX_BLOCKS, Math.max(1, Math.ceil((subjects * BITS_PER_SUBJECT) / (8 * BLOCK_BYTES))));

/** The block, of so many, in which a hash that begins with this word is to be looked for. */
export const blockOf = (first: number, blocks: number): number =>
  Math.floor((first * blocks) / 2 ** 32);

/** Whether a block may be that of an entry whose hash has this second word. */
export const holds = (block: Uint32Array, second: number): boolean => hasBits(block, 0, second);

const bitOf = (second: number, word: number): number =>
  1 << (Math.imul(second, SALTS[word] ?? 0) >>> 27);

const hasBits = (words: Uint32Array, at: number, second: number): boolean => {
  for (let word = 0; word < BLOCK_WORDS; word += 1)
    if (((words[at + word] ?? 0) & bitOf(second, word)) === 0) return false;
  return true;
};

export class SubjectFilter {
  #words: Uint32Array<ArrayBuffer>;
  #entries = 0;

  constructor(blocks: number) {
    this.#words = new Uint32Array(blocks * BLOCK_WORDS);
  }

  get blocks(): number {
    return this.#words.length / BLOCK_WORDS;
  }

  /** Entries that were not in it, or did not seem to be, when they came. */
  get entries(): number {
    return this.#entries;
  }

  add(first: number, second: number): void {
    const at = blockOf(first, this.blocks) * BLOCK_WORDS;
    if (hasBits(this.#words, at, second)) return;
    this.#entries += 1;
    for (let word = 0; word < BLOCK_WORDS; word += 1)
      this.#words[at + word] = (this.#words[at + word] ?? 0) | bitOf(second, word);
  }

  /** Two words an entry; fastest when those that begin alike are side by side. */
  addAll(words: Uint32Array): void {
    for (let at = 0; at < words.length; at += 2) this.add(words[at] ?? 0, words[at + 1] ?? 0);
  }

  /** Halves it, again and again, as long as its entries need no more: for sizes of powers of two. */
  fold(): void {
    while (this.blocks > 1 && blocksFor(this.#entries) <= this.blocks / 2) {
      invariant(this.blocks % 2 === 0, "what is folded has an even number of blocks");
      const words = this.#words;
      const half = new Uint32Array(words.length / 2);
      for (let at = 0; at < half.length; at += 1) {
        const left = 2 * (at - (at % BLOCK_WORDS)) + (at % BLOCK_WORDS);
        half[at] = (words[left] ?? 0) | (words[left + BLOCK_WORDS] ?? 0);
      }
      this.#words = half;
    }
  }

  /** Block behind block, little-endian words; the filter's own memory. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer);
  }
}

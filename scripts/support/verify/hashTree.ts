/**
 * Leaf hashes in a row, 32 bytes each, and the roots of the tree over them. A million events take
 * 32 MB here whatever their own size; their bytes are not kept.
 */
import { EMPTY_ROOT, HASH_BYTES, leftOf, nodeHash } from "./merkle.ts";

const FIRST_CAPACITY = 1024;

/** Complete subtrees of at least so many leaves are remembered: their nodes weigh little. */
const REMEMBERED_LEAVES = 256;

/** Stands where no leaf is known. No input is known to hash to it, so it equals no leaf's hash. */
const UNKNOWN = Buffer.alloc(HASH_BYTES);

export class HashTree {
  #bytes = Buffer.alloc(FIRST_CAPACITY * HASH_BYTES);
  #size = 0;
  readonly #remembered = new Map<string, Buffer>();

  get size(): number {
    return this.#size;
  }

  /** Appends a leaf hash, or a place to be filled later. */
  push(leaf: Buffer = UNKNOWN): void {
    const at = this.#size * HASH_BYTES;
    if (at === this.#bytes.length) {
      const grown = Buffer.alloc(this.#bytes.length * 2);
      this.#bytes.copy(grown);
      this.#bytes = grown;
    }
    leaf.copy(this.#bytes, at);
    this.#size++;
  }

  set(index: number, leaf: Buffer): void {
    leaf.copy(this.#bytes, index * HASH_BYTES);
    this.#remembered.clear();
  }

  at(index: number): Buffer {
    return this.#bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }

  knows(index: number): boolean {
    return index < this.#size && !this.at(index).equals(UNKNOWN);
  }

  /** Root of the tree over the first `size` leaves. */
  root(size: number = this.#size): Buffer {
    return size === 0 ? EMPTY_ROOT : this.subtree(0, size);
  }

  /** MTH(D[low:high]) of RFC 6962 section 2.1, high > low. */
  subtree(low: number, high: number): Buffer {
    const count = high - low;
    if (count === 1) return this.at(low);
    const middle = low + leftOf(count);
    const remember = count >= REMEMBERED_LEAVES && middle - low === high - middle;
    const name = remember ? `${low}-${high}` : "";
    const known = remember ? this.#remembered.get(name) : undefined;
    if (known !== undefined) return known;
    const node = nodeHash(this.subtree(low, middle), this.subtree(middle, high));
    if (remember) this.#remembered.set(name, node);
    return node;
  }
}

/** Finds a hash's place in a `HashTree`: open addressing, at most 12 bytes a leaf on top. */
export class HashIndex {
  readonly #tree: HashTree;
  /** Place + 1; 0 is a free slot. At least half of them are free. */
  #slots = new Uint32Array(FIRST_CAPACITY * 2);
  #entered = 0;

  constructor(tree: HashTree) {
    this.#tree = tree;
    for (let index = 0; index < tree.size; index++) if (tree.knows(index)) this.enter(index);
  }

  /** Enters the leaf at `index`. Returns the place of an equal one entered earlier, else -1. */
  enter(index: number): number {
    const slot = this.#slotOf(this.#tree.at(index));
    const earlier = (this.#slots[slot] ?? 0) - 1;
    if (earlier >= 0) return earlier;
    this.#slots[slot] = index + 1;
    if (++this.#entered * 2 > this.#slots.length) this.#grow();
    return -1;
  }

  /** The place of the first leaf with this hash, or -1. */
  find(leaf: Buffer): number {
    return (this.#slots[this.#slotOf(leaf)] ?? 0) - 1;
  }

  #slotOf(leaf: Buffer): number {
    const mask = this.#slots.length - 1;
    let slot = leaf.readUInt32LE(0) & mask;
    for (;;) {
      const entry = this.#slots[slot] ?? 0;
      if (entry === 0 || this.#tree.at(entry - 1).equals(leaf)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const entries = this.#slots.filter((entry) => entry !== 0);
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (const entry of entries) this.#slots[this.#slotOf(this.#tree.at(entry - 1))] = entry;
  }
}

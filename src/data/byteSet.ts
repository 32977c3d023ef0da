/**
 * Values remembered by their bytes, so that a column's text is looked up without ever becoming a
 * JavaScript string: each distinct value has a number, in the order in which they came.
 */

const FIRST_SLOTS = 64;
const FIRST_BYTES = 1024;

export class ByteSet {
  /** Open addressing: number of the value + 1, or 0 for an empty slot. */
  #slots = new Int32Array(FIRST_SLOTS);
  #hashes = new Int32Array(FIRST_SLOTS / 2);
  /** Value `n` is `bytes[offsets[n]..offsets[n + 1])`. */
  #offsets = new Int32Array(FIRST_SLOTS / 2 + 1);
  #bytes = new Uint8Array(FIRST_BYTES);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes that all values take together. */
  get bytes(): number {
    return this.#offsets[this.#size] ?? 0;
  }

  /** The number of the value `source[from..to)`, or -1 when it has none. */
  find(source: Uint8Array, from: number, to: number): number {
    return this.#find(hashBytes(source, from, to), source, from, to);
  }

  /** The number of the value, which from now on has one; it is new when the size has grown. */
  add(source: Uint8Array, from: number, to: number): number {
    const hash = hashBytes(source, from, to);
    const found = this.#find(hash, source, from, to);
    if (found >= 0) return found;
    this.#reserve(to - from);
    const number = this.#size;
    const start = this.#offsets[number] ?? 0;
    this.#bytes.set(source.subarray(from, to), start);
    this.#offsets[number + 1] = start + to - from;
    this.#hashes[number] = hash;
    this.#size = number + 1;
    this.#link(number, hash);
    return number;
  }

  /** Forgets every value. */
  clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
  }

  #find(hash: number, source: Uint8Array, from: number, to: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0) return -1;
      if (this.#hashes[number] === hash && this.#equals(number, source, from, to)) return number;
    }
  }

  #equals(number: number, source: Uint8Array, from: number, to: number): boolean {
    const start = this.#offsets[number] ?? 0;
    const length = to - from;
    if ((this.#offsets[number + 1] ?? 0) - start !== length) return false;
    for (let index = 0; index < length; index += 1)
      if (this.#bytes[start + index] !== source[from + index]) return false;
    return true;
  }

  #link(number: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = number + 1;
  }

  /** Room for one more value: at least half of the slots stay empty. */
  #reserve(length: number): void {
    if (this.bytes + length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.bytes + length));
      grown.set(this.#bytes.subarray(0, this.bytes));
      this.#bytes = grown;
    }
    if (this.#size < this.#hashes.length) return;
    this.#slots = new Int32Array(2 * this.#slots.length);
    const hashes = new Int32Array(2 * this.#size);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const offsets = new Int32Array(2 * this.#size + 1);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
    for (let number = 0; number < this.#size; number += 1) this.#link(number, hashes[number] ?? 0);
  }
}

/** FNV-1a (Fowler, Noll, Vo), its bits mixed once more because tables look at the low ones. */
const hashBytes = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = 0x811c9dc5;
  for (let index = from; index < to; index += 1)
    hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ (hash >>> 13);
};

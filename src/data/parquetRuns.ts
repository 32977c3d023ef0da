/**
 * Parquet's hybrid of run-length encoding and bit-packing, read as far as is asked for: levels,
 * indices of a dictionary, booleans. That the bytes hold what is read was checked with their page.
 */
import { damage, readVarInt } from "./parquetNumbers.ts";
import type { Part } from "./parquetPages.ts";

export class RunReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #width: number;
  #at: number;
  /** Values left of the present run, and its value when it is a repetition. */
  #left = 0;
  #repeated: number | null = null;
  /** Of a bit-packed run, where the next value begins. */
  #bit = 0;

  /** `width`: bits of a value, 1 to 32. */
  constructor({ bytes, start, end }: Part, width: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#width = width;
  }

  /** The next `count` values. */
  read(count: number): Uint32Array {
    const out = new Uint32Array(count);
    for (let row = 0; row < count; ) {
      if (this.#left === 0) this.#begin();
      const held = Math.min(this.#left, count - row);
      if (this.#repeated !== null) out.fill(this.#repeated, row, row + held);
      else this.#unpack(out, row, held);
      this.#left -= held;
      row += held;
    }
    return out;
  }

  #begin(): void {
    const header = readVarInt(this.#bytes, this.#at, this.#end);
    const groups = header.value >>> 1;
    this.#at = header.next;
    if (header.value & 1) {
      this.#repeated = null;
      this.#left = groups * 8;
      this.#bit = this.#at * 8;
      this.#at += groups * this.#width;
    } else {
      this.#left = groups;
      let value = 0;
      for (let byte = 0; byte * 8 < this.#width; byte += 1)
        value += (this.#bytes[this.#at + byte] ?? 0) * 2 ** (8 * byte);
      this.#repeated = value;
      this.#at += (this.#width + 7) >> 3;
    }
    if (this.#at > this.#end) throw damage();
  }

  #unpack(out: Uint32Array, row: number, count: number): void {
    const bytes = this.#bytes;
    const width = this.#width;
    let bit = this.#bit;
    for (let index = 0; index < count; index += 1) {
      let value = 0;
      for (let got = 0; got < width; ) {
        const shift = bit & 7;
        const take = Math.min(8 - shift, width - got);
        const bits = ((bytes[bit >> 3] ?? 0) >> shift) & ((1 << take) - 1);
        value += bits * 2 ** got;
        got += take;
        bit += take;
      }
      out[row + index] = value;
    }
    this.#bit = bit;
  }
}

/**
 * Bytes of a stream that are not yet consumed, in one piece: what is left of a record when a chunk
 * of the stream ends, followed by the next chunk. Every byte is copied a constant number of times
 * on average, so a record that spans many chunks costs no more than its size.
 */
const INITIAL_BYTES = 64 * 1024;

export class CarryBuffer {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** The unconsumed bytes; valid until the next `append`. */
  view(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  append(bytes: Uint8Array): void {
    const needed = this.length + bytes.length;
    if (this.#end + bytes.length > this.#bytes.length) {
      const capacity = this.#bytes.length;
      const target =
        needed > capacity ? new Uint8Array(Math.max(needed, 2 * capacity)) : this.#bytes;
      target.set(this.view());
      this.#bytes = target;
      this.#end = this.length;
      this.#start = 0;
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  consume(count: number): void {
    this.#start += count;
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
    }
  }
}

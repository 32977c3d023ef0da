/**
 * Looks through a struct of Thrift's compact protocol before the reader library parses it
 * (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md). The library believes it: a
 * number that never ends costs time that grows with its square, and an empty struct of one byte
 * becomes an object of many.
 */

export interface ThriftLimits {
  /** Numbers, texts, lists and structs, those in each other included. */
  readonly values: number;
  /** The struct may not end beyond this offset. */
  readonly end: number;
}

const MAX_DEPTH = 24;
const MAX_NUMBER_BYTES = 10;

const TYPE = { TRUE: 1, FALSE: 2, BYTE: 3, I16: 4, I32: 5, I64: 6 } as const;
const OTHER = { DOUBLE: 7, BINARY: 8, LIST: 9, STRUCT: 12 } as const;
const LONG_LIST = 15;

/** Throws unless a struct stands at `start` that keeps the limits. */
export const checkThrift = (bytes: Uint8Array, start: number, limits: ThriftLimits): void =>
  new Walk(bytes, start, limits).struct(0);

class Walk {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  #left: number;

  constructor(bytes: Uint8Array, start: number, { values, end }: ThriftLimits) {
    this.#bytes = bytes;
    this.#at = start;
    this.#left = values;
    this.#end = Math.min(end, bytes.length);
  }

  struct(depth: number): void {
    if (depth > MAX_DEPTH) throw tooMuch();
    for (;;) {
      const head = this.#byte();
      const type = head & 0x0f;
      if (type === 0) return;
      if (head >> 4 === 0) this.#number();
      // A boolean's value is in its type.
      if (type !== TYPE.TRUE && type !== TYPE.FALSE) this.#value(type, depth);
    }
  }

  #value(type: number, depth: number): void {
    this.#left -= 1;
    if (this.#left < 0) throw tooMuch();
    switch (type) {
      case TYPE.TRUE:
      case TYPE.FALSE:
      case TYPE.BYTE:
        this.#skip(1);
        return;
      case TYPE.I16:
      case TYPE.I32:
      case TYPE.I64:
        this.#number();
        return;
      case OTHER.DOUBLE:
        this.#skip(8);
        return;
      case OTHER.BINARY:
        this.#skip(this.#number());
        return;
      case OTHER.LIST:
        this.#list(depth);
        return;
      case OTHER.STRUCT:
        this.struct(depth + 1);
        return;
      default:
        throw tooMuch();
    }
  }

  #list(depth: number): void {
    const head = this.#byte();
    const long = head >> 4 === LONG_LIST;
    const size = long ? this.#number() : head >> 4;
    // Each takes a byte at least.
    if (size > this.#end - this.#at) throw tooMuch();
    for (let index = 0; index < size; index += 1) this.#value(head & 0x0f, depth + 1);
  }

  /** Of those that are lengths the value; others may be larger than it is exact for. */
  #number(): number {
    let value = 0;
    for (let index = 0; index < MAX_NUMBER_BYTES; index += 1) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    throw tooMuch();
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (byte === undefined) throw tooMuch();
    this.#at += 1;
    return byte;
  }

  #skip(count: number): void {
    this.#at += count;
    if (this.#at > this.#end) throw tooMuch();
  }
}

const tooMuch = () => new RangeError("the Parquet file describes itself at too great a length");

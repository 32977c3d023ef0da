/**
 * The WebAssembly kernels of the data plane and their linear memory. One instance serves a whole
 * isolate: a call copies in what it works on, runs to its end and copies out what came of it, so
 * passes that take turns never meet, and memory is bounded by the largest single call.
 */
import { invariant } from "../../domain/decider.ts";
import module from "./kernels.wasm";

/** What `assembly/index.ts` exports. Addresses and sizes are bytes of linear memory. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  hmacPrepare(key: number, keyBytes: number, context: number): void;
  hmacTexts(context: number, offsets: number, bytes: number, rows: number, out: number): void;
  digestsToHex(digests: number, bytes: number, out: number): void;
  isUtf8(bytes: number, length: number): number;
  scanCsv(
    input: number,
    length: number,
    isLast: number,
    delimiter: number,
    width: number,
    exact: number,
    maxRows: number,
    maxRecord: number,
    fields: number,
    records: number,
    consumed: number,
  ): number;
  markInvalidUtf8(
    input: number,
    records: number,
    rows: number,
    width: number,
    fields: number,
  ): number;
  parseValues: ParseValues;
  parseStrings: ParseTexts;
  parseDecimals: ParseTexts;
  encodeLevels(valid: number, rows: number, out: number): number;
  packBits(flags: number, count: number, out: number): number;
  compactValues(values: number, size: number, valid: number, rows: number, out: number): number;
  plainTexts(offsets: number, bytes: number, valid: number, rows: number, out: number): number;
  plainTextsOf(chosen: number, count: number, offsets: number, bytes: number, out: number): number;
  plainDecimals(
    offsets: number,
    bytes: number,
    valid: number,
    rows: number,
    precision: number,
    scale: number,
    size: number,
    out: number,
  ): number;
  numberTexts(
    offsets: number,
    bytes: number,
    valid: number,
    rows: number,
    slots: number,
    mask: number,
    most: number,
    indices: number,
    firsts: number,
  ): number;
  packIndices(indices: number, count: number, width: number, out: number): number;
  snappyCompress(input: number, length: number, out: number): number;
}

/** Fields of one column into values and a flag a row; see assembly/parseValues.ts for what it returns. */
export type ParseValues = (
  type: number,
  input: number,
  fields: number,
  column: number,
  width: number,
  rows: number,
  values: number,
  flags: number,
) => number;

/** The same into offsets and bytes. */
export type ParseTexts = (
  input: number,
  fields: number,
  column: number,
  width: number,
  rows: number,
  offsets: number,
  bytes: number,
  flags: number,
) => number;

const PAGE_BYTES = 64 * 1024;

/** An instance that has grown beyond this is dropped after the call that needed it. */
export const KEPT_BYTES = 24 * 1024 * 1024;

/** Linear memory during one call of `withKernels`: handed out from the bottom up. */
export class Arena {
  readonly kernels: KernelExports;
  #next: number;

  constructor(kernels: KernelExports) {
    this.kernels = kernels;
    this.#next = kernels.heapBase();
  }

  /** The address of so many bytes, aligned for vectors; whatever was there before is still there. */
  reserve(bytes: number): number {
    const address = (this.#next + 15) & ~15;
    this.#next = address + bytes;
    // Vectors may read and write beyond what was asked for, never beyond memory.
    const missing = this.#next + 16 - this.kernels.memory.buffer.byteLength;
    if (missing > 0) this.kernels.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return address;
  }

  /** Gives back at the end what `work` reserves. */
  scratch<Value>(work: () => Value): Value {
    const next = this.#next;
    try {
      return work();
    } finally {
      this.#next = next;
    }
  }

  /** The address of a copy of these bytes. */
  put(array: ArrayBufferView): number {
    const address = this.reserve(array.byteLength);
    this.bytes(address, array.byteLength).set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
    return address;
  }

  /** A view, valid until the next `reserve` or `put`. */
  bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.kernels.memory.buffer, address, length);
  }

  /** The same in words of 32 bits. */
  words(address: number, length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.kernels.memory.buffer, address, length);
  }

  /** A copy, for keeps. */
  copy(address: number, length: number): Uint8Array<ArrayBuffer> {
    return this.bytes(address, length).slice();
  }
}

let instance: KernelExports | undefined;
let busy = false;

const instantiate = (): KernelExports => {
  const { exports } = new WebAssembly.Instance(module, {});
  // The boundary: the committed module is what the sources in assembly/ compile to, and tests say so.
  return exports as unknown as KernelExports;
};

/** Runs synchronous work with linear memory of its own; nothing of it may be kept afterwards. */
export const withKernels = <Value>(work: (arena: Arena) => Value): Value => {
  invariant(!busy, "kernels are used by one at a time");
  instance ??= instantiate();
  busy = true;
  try {
    return work(new Arena(instance));
  } finally {
    busy = false;
    if (instance.memory.buffer.byteLength > KEPT_BYTES) instance = undefined;
  }
};

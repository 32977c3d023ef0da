/**
 * An object without some ranges of its bytes: what stays is copied as it is, in one stream, and
 * hashed on the way. Ranges are remembered only until there are many, so memory is bounded whatever
 * is cut; nothing is written before the first one.
 */
import { MissingObjectError } from "../../application/dataPorts.ts";
import type { DigestingStore } from "../../application/digests.ts";
import type { ObjectRef } from "../../domain/table.ts";
import { contentType } from "../contentTypes.ts";
import { type CountingWriter, countingWriter } from "../countingWriter.ts";
import { piecesOf } from "../pieces.ts";

/** Ranges gathered before what lies between them is copied. */
const MAX_RANGES = 65_536;

interface Range {
  readonly start: number;
  end: number;
}

export class RangeCutter {
  readonly #store: DigestingStore;
  readonly #source: ObjectRef;
  readonly #target: string;
  readonly #most: number;
  #writer: CountingWriter | null = null;
  #ranges: Range[] = [];
  /** As far as the source has been copied or left out. */
  #done = 0;
  #cut = 0;

  /** `most` is a parameter for the tests. */
  constructor(store: DigestingStore, source: ObjectRef, target: string, most = MAX_RANGES) {
    this.#store = store;
    this.#source = source;
    this.#target = target;
    this.#most = most;
  }

  /** Bytes left out so far. */
  get cut(): number {
    return this.#cut;
  }

  /** Leaves bytes out; ranges come in order and do not overlap. */
  leaveOut(start: number, end: number): void {
    this.#cut += end - start;
    const last = this.#ranges.at(-1);
    if (last?.end === start) last.end = end;
    else this.#ranges.push({ start, end });
  }

  /** Copies what is certain, once there are many ranges. */
  async relieve(): Promise<void> {
    if (this.#ranges.length < this.#most) return;
    const end = this.#ranges.at(-1)?.end ?? this.#done;
    await this.#copy(end);
  }

  /** Copies the rest; what was written. `nothing`: not a byte of the source shall stay. */
  async close(nothing = false): Promise<{ readonly bytes: number; readonly sha256: string }> {
    if (nothing) this.#ranges = [{ start: this.#done, end: this.#source.bytes }];
    await this.#copy(this.#source.bytes);
    return this.#open().close();
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
  }

  #open(): CountingWriter {
    const type = contentType(this.#source.format);
    this.#writer ??= countingWriter(this.#store.writer(this.#target, type));
    return this.#writer;
  }

  async #copy(end: number): Promise<void> {
    const { key } = this.#source;
    const ranges = this.#ranges;
    this.#ranges = [];
    const writer = this.#open();
    const [first] = ranges;
    if (first !== undefined && first.start === this.#done && first.end === end) {
      this.#done = end;
      return;
    }
    if (end === this.#done) return;
    const range = { offset: this.#done, length: end - this.#done };
    const stream = await this.#store.open(key, range);
    if (stream === null) throw new MissingObjectError(`object ${key} is missing`);
    let next = 0;
    for await (const piece of piecesOf(stream)) {
      const from = this.#done;
      const to = from + piece.length;
      let at = from;
      for (; next < ranges.length; next += 1) {
        const { start, end: stop } = ranges[next] ?? { start: to, end: to };
        if (start >= to) break;
        if (start > at) await writer.write(piece.subarray(at - from, start - from));
        at = Math.min(Math.max(at, stop), to);
        if (stop > to) break;
      }
      if (at < to) await writer.write(piece.subarray(at - from));
      this.#done = to;
    }
    if (this.#done !== end) throw new MissingObjectError(`object ${key} is shorter than it was`);
  }
}

/**
 * Runs of hashes (seenParts.ts) as they are read for a merge, with as few reads as may be: each is a
 * subrequest of the platform, of which an invocation has a number, and each takes a round trip. A
 * part of up to 64 KiB is one read, however many runs it has; a longer run costs one for each block.
 */
import { DataLimitError, type ObjectStore } from "../../application/dataPorts.ts";
import { ENTRY_BYTES, RUN_HEADER_BYTES } from "./seenParts.ts";

/**
 * Reads of one comparison. More are refused before they are begun where the sizes of the parts tell.
 * `[limits]` in wrangler.toml lets an invocation have four subrequests for each: the first read of an
 * object that is sealed asks for more than the block.
 * https://developers.cloudflare.com/changelog/2026-02-11-subrequests-limit/
 */
export const MAX_READS = 60_000;

/** The least that is read of a run at once, but for its end. */
const BLOCK_ENTRIES = Math.floor((64 * 1024) / ENTRY_BYTES);
/** What the blocks of a merge may take together where that is more than the least of each. */
const MERGED_BYTES = 8 * 1024 * 1024;
const MAX_BLOCK_ENTRIES = Math.floor((1024 * 1024) / ENTRY_BYTES);

const WINDOW_BYTES = RUN_HEADER_BYTES + BLOCK_ENTRIES * ENTRY_BYTES;

/** An object made by a SeenRecorder. */
export interface SeenPart {
  readonly key: string;
  readonly bytes: number;
}

export type RunStore = Pick<ObjectStore, "read">;

const tooMuch = () =>
  new DataLimitError(
    `unique compares at most ${MAX_READS} pieces of 64 KiB of what this batch and the others of its dataset keep of their rows, and here there are more`,
  );

/** The store, for so many reads; throws DataLimitError beyond them, and at once for so many parts. */
export const bounded = (
  store: RunStore,
  parts: readonly SeenPart[],
  max_reads = MAX_READS,
): RunStore => {
  let left = max_reads;
  const least = parts.reduce((sum, { bytes }) => sum + Math.ceil(bytes / WINDOW_BYTES), 0);
  if (least > left) throw tooMuch();
  return {
    read(key, offset, length) {
      if (left === 0) throw tooMuch();
      left -= 1;
      return store.read(key, offset, length);
    },
  };
};

export interface Run {
  readonly rule: number;
  readonly key: string;
  /** Where its entries begin. */
  readonly offset: number;
  readonly entries: number;
  /** The first of them, as they were read together with what stands before them. */
  readonly head: Uint32Array;
  readonly earlier: boolean;
}

const wordsOf = (bytes: Uint8Array) => new Uint32Array(bytes.slice().buffer);

/** The runs of a part, each with up to a block of its entries. */
export const runsIn = async (
  store: RunStore,
  { key, bytes }: SeenPart,
): Promise<readonly Run[]> => {
  const runs: Run[] = [];
  let from = 0;
  let window: Uint8Array = new Uint8Array(0);
  for (let offset = 0; offset < bytes; ) {
    if (offset + RUN_HEADER_BYTES > from + window.length) {
      const rest = Math.min(WINDOW_BYTES, bytes - offset);
      // A part that ends within a header is broken: the store says that it is shorter.
      window = await store.read(key, offset, Math.max(RUN_HEADER_BYTES, rest));
      from = offset;
    }
    const [rule = 0, entries = 0] = wordsOf(
      window.subarray(offset - from, offset - from + RUN_HEADER_BYTES),
    );
    offset += RUN_HEADER_BYTES;
    const at = offset - from;
    const held = Math.min(entries, Math.floor((window.length - at) / ENTRY_BYTES));
    const head = wordsOf(window.subarray(at, at + held * ENTRY_BYTES));
    runs.push({ rule, key, offset, entries, head, earlier: false });
    offset += entries * ENTRY_BYTES;
  }
  return runs;
};

/** Without what a merge would read again anyway: of a run that is merged several times. */
export const withoutHead = (run: Run): Run =>
  run.head.length === 3 * run.entries ? run : { ...run, head: new Uint32Array(0) };

/** How many entries of each of so many runs are read at once. */
export const blockEntries = (runs: number): number =>
  Math.max(
    BLOCK_ENTRIES,
    Math.min(MAX_BLOCK_ENTRIES, Math.floor(MERGED_BYTES / ENTRY_BYTES / Math.max(runs, 1))),
  );

/** One run, a block at a time. */
export class RunReader {
  high = 0;
  low = 0;
  row = 0;
  readonly #store: RunStore;
  readonly #key: string;
  readonly #earlier: boolean;
  readonly #block_entries: number;
  #offset: number;
  #left: number;
  #block: Uint32Array;
  #next = 0;

  constructor(store: RunStore, run: Run, block_entries: number) {
    const held = run.head.length / 3;
    this.#store = store;
    this.#key = run.key;
    this.#earlier = run.earlier;
    this.#block_entries = block_entries;
    this.#block = run.head;
    this.#offset = run.offset + held * ENTRY_BYTES;
    this.#left = run.entries - held;
  }

  /** Whether the next entry is in memory already. */
  get ready(): boolean {
    return this.#next < this.#block.length;
  }

  /** Reads the next block; false at the end of the run. */
  async load(): Promise<boolean> {
    const entries = Math.min(this.#block_entries, this.#left);
    if (entries === 0) return false;
    const bytes = entries * ENTRY_BYTES;
    this.#block = wordsOf(await this.#store.read(this.#key, this.#offset, bytes));
    this.#offset += bytes;
    this.#left -= entries;
    this.#next = 0;
    return true;
  }

  /** Goes to the next entry, which is ready. */
  step(): void {
    this.high = this.#block[this.#next] ?? 0;
    this.low = this.#block[this.#next + 1] ?? 0;
    // No row of this batch, and so before all of them.
    this.row = this.#earlier ? 0 : (this.#block[this.#next + 2] ?? 0);
    this.#next += 3;
  }
}

/**
 * Which rows `unique` fails when a batch was read in several passes: the sorted runs of all its
 * parts, merged. Exact, in bounded memory: a block of each run, and a bit a row where there are
 * duplicates.
 */
import { DataLimitError, type ObjectStore } from "../../application/dataPorts.ts";
import { invariant } from "../../domain/decider.ts";
import { ENTRY_BYTES, RUN_HEADER_BYTES } from "./seenParts.ts";

/** Runs merged at once: of half a million rows each, in blocks of 64 KiB at most 32 MiB. */
export const MAX_RUNS = 512;
const BLOCK_ENTRIES = Math.floor((64 * 1024) / ENTRY_BYTES);

/** Pages of the bitmap of duplicates: 32 MiB, for 2^28 rows that are duplicates anywhere. */
const MAX_PAGES = 4096;
const PAGE_BYTES = 8192;
const PAGE_ROWS = 8 * PAGE_BYTES;

/** An object made by a SeenRecorder. */
export interface SeenPart {
  readonly key: string;
  readonly bytes: number;
}

/** A part of an earlier batch, whose rows come before all rows of this one. */
export interface EarlierPart extends SeenPart {
  /** For each number its runs carry, the rules of this batch that they are of. */
  readonly rules: readonly (readonly number[])[];
}

/** Rows that `unique` fails: every one after the first with the same values. */
export interface KnownDuplicates {
  /** `rule`: its place among the rules; `row`: 1-based data row number. */
  isDuplicate(rule: number, row: number): boolean;
  /** Whether a rule fails one of `rows` rows from `first_row` on. */
  anyIn(first_row: number, rows: number): boolean;
  /** How many rows a rule fails. */
  count(rule: number): number;
}

/**
 * Merges the parts, which hold runs of the same rules, with those of earlier batches: as many of
 * them at a time as fit, so that their number has no limit. `only_earlier`: rows fail for what is
 * in an earlier batch alone. Throws DataLimitError when there are more runs than can be merged at
 * once, or more duplicates than can be marked.
 */
export const findDuplicates = async (
  store: Pick<ObjectStore, "read">,
  parts: readonly SeenPart[],
  earlier: readonly EarlierPart[] = [],
  only_earlier = false,
): Promise<KnownDuplicates> => {
  const marks = new Marks();
  const own: Run[] = [];
  for (const part of parts) own.push(...(await runsIn(store, part)));
  const room = MAX_RUNS - own.length;
  if (room < (earlier.length > 0 ? 1 : 0))
    throw new DataLimitError(`unique can compare at most ${MAX_RUNS} runs of rows`);
  const others = await earlierRuns(store, earlier);
  for (let start = 0; start === 0 || start < others.length; start += room) {
    const group = others.slice(start, start + room);
    const rules = new Set((start === 0 ? own : group).map(({ rule }) => rule));
    for (const rule of rules) {
      const readers = [...own, ...group]
        .filter((run) => run.rule === rule)
        .map((run) => new RunReader(store, run));
      await markDuplicates(rule, readers, marks, only_earlier);
    }
  }
  return marks;
};

interface Run {
  readonly rule: number;
  readonly key: string;
  readonly offset: number;
  readonly entries: number;
  readonly earlier: boolean;
}

const runsIn = async (
  store: Pick<ObjectStore, "read">,
  { key, bytes }: SeenPart,
): Promise<readonly Run[]> => {
  const runs: Run[] = [];
  for (let offset = 0; offset < bytes; ) {
    const [rule = 0, entries = 0] = wordsOf(await store.read(key, offset, RUN_HEADER_BYTES));
    offset += RUN_HEADER_BYTES;
    runs.push({ rule, key, offset, entries, earlier: false });
    offset += entries * ENTRY_BYTES;
  }
  return runs;
};

/** Parts whose runs are looked for at the same time. */
const OPENED_AT_ONCE = 8;

const earlierRuns = async (
  store: Pick<ObjectStore, "read">,
  parts: readonly EarlierPart[],
): Promise<readonly Run[]> => {
  const all: Run[] = [];
  for (let start = 0; start < parts.length; start += OPENED_AT_ONCE) {
    const some = parts.slice(start, start + OPENED_AT_ONCE);
    const found = await Promise.all(
      some.map(async (part) =>
        (await runsIn(store, part)).flatMap((run) =>
          (part.rules[run.rule] ?? []).map((rule) => ({ ...run, rule, earlier: true })),
        ),
      ),
    );
    all.push(...found.flat());
  }
  return all;
};

const wordsOf = (bytes: Uint8Array) => new Uint32Array(bytes.slice().buffer);

/** One run, a block at a time. */
class RunReader {
  high = 0;
  low = 0;
  row = 0;
  readonly #store: Pick<ObjectStore, "read">;
  readonly #key: string;
  readonly #earlier: boolean;
  #offset: number;
  #left: number;
  #block = new Uint32Array(0);
  #next = 0;

  constructor(store: Pick<ObjectStore, "read">, { key, offset, entries, earlier }: Run) {
    this.#store = store;
    this.#key = key;
    this.#offset = offset;
    this.#left = entries;
    this.#earlier = earlier;
  }

  /** Whether the next entry is in memory already. */
  get ready(): boolean {
    return this.#next < this.#block.length;
  }

  /** Reads the next block; false at the end of the run. */
  async load(): Promise<boolean> {
    const entries = Math.min(BLOCK_ENTRIES, this.#left);
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

const before = (left: RunReader, right: RunReader): boolean => {
  if (left.high !== right.high) return left.high < right.high;
  if (left.low !== right.low) return left.low < right.low;
  return left.row < right.row;
};

const markDuplicates = async (
  rule: number,
  runs: readonly RunReader[],
  marks: Marks,
  only_earlier: boolean,
): Promise<void> => {
  const heap: RunReader[] = [];
  for (const run of runs) {
    if (!(await run.load())) continue;
    run.step();
    heap.push(run);
  }
  for (let at = heap.length >> 1; at >= 0; at -= 1) sink(heap, at);
  let [high, low, isFirst, first] = [0, 0, true, 0];
  for (let least = heap[0]; least !== undefined; least = heap[0]) {
    if (isFirst || least.high !== high || least.low !== low)
      [high, low, isFirst, first] = [least.high, least.low, false, least.row];
    else if (least.row > 0 && (first === 0 || !only_earlier)) marks.add(rule, least.row);
    if (least.ready || (await least.load())) least.step();
    else {
      const last = heap.pop();
      if (last !== undefined && last !== least) heap[0] = last;
    }
    sink(heap, 0);
  }
};

/** Lets the reader at that place sink below those that come before it. */
const sink = (heap: RunReader[], start: number): void => {
  for (let at = start; ; ) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      const [candidate, present] = [heap[child], heap[least]];
      if (candidate !== undefined && present !== undefined && before(candidate, present))
        least = child;
    }
    if (least === at) return;
    const [upper, lower] = [heap[at], heap[least]];
    invariant(upper !== undefined && lower !== undefined, "both places are taken");
    heap[at] = lower;
    heap[least] = upper;
    at = least;
  }
};

/** A bit a row and rule, in pages that are made where there is something to mark. */
class Marks implements KnownDuplicates {
  readonly #rules = new Map<number, Map<number, Uint8Array>>();
  readonly #counts = new Map<number, number>();
  #pages = 0;

  add(rule: number, row: number): void {
    const pages = this.#rules.get(rule) ?? new Map<number, Uint8Array>();
    this.#rules.set(rule, pages);
    const number = Math.floor(row / PAGE_ROWS);
    const page = pages.get(number) ?? this.#newPage();
    pages.set(number, page);
    const bit = row % PAGE_ROWS;
    const marked = page[bit >> 3] ?? 0;
    if ((marked & (1 << (bit & 7))) !== 0) return;
    page[bit >> 3] = marked | (1 << (bit & 7));
    this.#counts.set(rule, this.count(rule) + 1);
  }

  count(rule: number): number {
    return this.#counts.get(rule) ?? 0;
  }

  isDuplicate(rule: number, row: number): boolean {
    const page = this.#rules.get(rule)?.get(Math.floor(row / PAGE_ROWS));
    const bit = row % PAGE_ROWS;
    return page !== undefined && ((page[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  anyIn(first_row: number, rows: number): boolean {
    for (const [rule, pages] of this.#rules) {
      for (const number of pages.keys()) {
        const from = Math.max(first_row, number * PAGE_ROWS);
        const to = Math.min(first_row + rows, (number + 1) * PAGE_ROWS);
        for (let row = from; row < to; row += 1) if (this.isDuplicate(rule, row)) return true;
      }
    }
    return false;
  }

  #newPage(): Uint8Array {
    this.#pages += 1;
    if (this.#pages > MAX_PAGES)
      throw new DataLimitError("unique has found duplicates in more rows than it can mark");
    return new Uint8Array(PAGE_BYTES);
  }
}

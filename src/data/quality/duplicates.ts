/**
 * Which rows `unique` fails when a batch was read in several passes: the sorted runs of all its
 * parts, merged. Exact, in bounded memory: a block of each run, and a bit a row where there are
 * duplicates.
 */
import { DataLimitError } from "../../application/dataPorts.ts";
import { invariant } from "../../domain/decider.ts";
import {
  blockEntries,
  bounded,
  MAX_READS,
  type Run,
  RunReader,
  type RunStore,
  runsIn,
  type SeenPart,
  withoutHead,
} from "./seenRuns.ts";

export type { SeenPart } from "./seenRuns.ts";

/** Runs merged at once: of half a million rows each, in blocks of 64 KiB at most 32 MiB. */
export const MAX_RUNS = 512;

/** Pages of the bitmap of duplicates: 32 MiB, for 2^28 rows that are duplicates anywhere. */
const MAX_PAGES = 4096;
const PAGE_BYTES = 8192;
const PAGE_ROWS = 8 * PAGE_BYTES;

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
 * them at a time as fit. `only_earlier`: rows fail for what is in an earlier batch alone. Throws
 * DataLimitError when there are more runs than can be merged at once, more to read than `max_reads`,
 * or more duplicates than can be marked.
 */
export const findDuplicates = async (
  objects: RunStore,
  parts: readonly SeenPart[],
  earlier: readonly EarlierPart[] = [],
  only_earlier = false,
  max_reads = MAX_READS,
): Promise<KnownDuplicates> => {
  const store = bounded(objects, [...parts, ...earlier], max_reads);
  const marks = new Marks();
  const own: Run[] = [];
  for (const part of parts) own.push(...(await runsIn(store, part)).map(withoutHead));
  const room = MAX_RUNS - own.length;
  if (room < (earlier.length > 0 ? 1 : 0))
    throw new DataLimitError(`unique can compare at most ${MAX_RUNS} runs of rows`);

  let merged = false;
  const merge = async (group: readonly Run[]) => {
    const rules = new Set((merged ? group : own).map(({ rule }) => rule));
    merged = true;
    for (const rule of rules) {
      const runs = [...own, ...group].filter((run) => run.rule === rule);
      const block_entries = blockEntries(runs.length);
      const readers = runs.map((run) => new RunReader(store, run, block_entries));
      await markDuplicates(rule, readers, marks, only_earlier);
    }
  };
  let group: Run[] = [];
  for await (const run of earlierRuns(store, earlier)) {
    group.push(run);
    if (group.length < room) continue;
    await merge(group);
    group = [];
  }
  if (!merged || group.length > 0) await merge(group);
  return marks;
};

/** Parts whose runs are looked for at the same time. */
const OPENED_AT_ONCE = 8;

async function* earlierRuns(store: RunStore, parts: readonly EarlierPart[]): AsyncGenerator<Run> {
  for (let start = 0; start < parts.length; start += OPENED_AT_ONCE) {
    const some = parts.slice(start, start + OPENED_AT_ONCE);
    const found = await Promise.all(
      some.map(async (part) =>
        (await runsIn(store, part)).flatMap((run) =>
          (part.rules[run.rule] ?? []).map((rule) => ({ ...run, rule, earlier: true })),
        ),
      ),
    );
    yield* found.flat();
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
    if (!run.ready && !(await run.load())) continue;
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

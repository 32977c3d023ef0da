/**
 * What `unique` has to know of rows that are read in several passes: their keyed hashes, in runs
 * sorted by hash, written as they come. Memory is that of one run; how many rows there are does
 * not matter. Runs are merged in duplicates.ts.
 *
 * A part is runs one after the other: two little-endian words (the rule's place among the rules,
 * the number of entries), then the entries, three words each: the hash's higher and lower word and
 * the 1-based data row, 0 for a row of an earlier batch. Equal hashes stand by their rows.
 */
import type { ObjectWriter } from "../../application/dataPorts.ts";
import type { RowHashes } from "./rowHashes.ts";

export const WORD_BYTES = 4;
export const RUN_HEADER_BYTES = 2 * WORD_BYTES;
export const ENTRY_BYTES = 3 * WORD_BYTES;

/** Hashes gathered before they are sorted and written: about 16 MiB with the sorting. */
export const MAX_RUN_ENTRIES = 1 << 19;

const WRITE_BYTES = 1024 * 1024;

export interface SeenRecorder {
  /** `rule`: its place among the rules. Rows in order, from `first_row` on. */
  record(rule: number, hashes: RowHashes, first_row: number, rows: number): void;
  /** Writes what has been gathered, once it is much: to be awaited after every chunk. */
  relieve(): Promise<void>;
  /** Completes the part: its size. */
  close(): Promise<{ readonly bytes: number }>;
  abort(): Promise<void>;
}

export const seenRecorder = (
  writer: ObjectWriter,
  max_run_entries = MAX_RUN_ENTRIES,
): SeenRecorder => {
  const runs = new Map<number, Run>();
  let bytes = 0;

  const writeRuns = async () => {
    for (const [rule, run] of runs) {
      for (const part of encodedRun(rule, run)) {
        await writer.write(part);
        bytes += part.length;
      }
    }
    runs.clear();
  };

  return {
    record(rule, hashes, first_row, rows) {
      const run = runs.get(rule) ?? new Run();
      runs.set(rule, run);
      for (let row = 0; row < rows; row += 1)
        if (hashes.takesPart(row)) run.add(hashes.high(row), hashes.low(row), first_row + row);
    },
    async relieve() {
      let entries = 0;
      for (const run of runs.values()) entries += run.size;
      if (entries >= max_run_entries) await writeRuns();
    },
    async close() {
      await writeRuns();
      await writer.close();
      return { bytes };
    },
    abort: () => writer.abort(),
  };
};

/** Entries in the order in which they came, that is by row. */
class Run {
  words = new Uint32Array(3 * 4096);
  size = 0;

  add(high: number, low: number, row: number): void {
    if (3 * this.size === this.words.length) {
      const grown = new Uint32Array(2 * this.words.length);
      grown.set(this.words);
      this.words = grown;
    }
    const at = 3 * this.size;
    this.words[at] = high;
    this.words[at + 1] = low;
    this.words[at + 2] = row;
    this.size += 1;
  }
}

/** A run's bytes, in pieces. */
function* encodedRun(rule: number, run: Run): Generator<Uint8Array> {
  const order = sortedOrder(run);
  yield new Uint8Array(Uint32Array.of(rule, run.size).buffer);
  const most = Math.floor(WRITE_BYTES / ENTRY_BYTES);
  for (let start = 0; start < run.size; start += most) {
    const end = Math.min(start + most, run.size);
    const words = new Uint32Array(3 * (end - start));
    for (let index = start; index < end; index += 1) {
      const from = 3 * (order[index] ?? 0);
      words.set(run.words.subarray(from, from + 3), 3 * (index - start));
    }
    yield new Uint8Array(words.buffer);
  }
}

const DIGIT_BITS = 16;
const DIGITS = 1 << DIGIT_BITS;

/**
 * Places of the entries by hash: a radix sort from the lowest digit up. It keeps the order of
 * equals, so equal hashes stay by row.
 */
const sortedOrder = ({ words, size }: Run): Uint32Array => {
  let order = Uint32Array.from({ length: size }, (_, index) => index);
  let sorted = new Uint32Array(size);
  const starts = new Uint32Array(DIGITS + 1);
  for (const [word, shift] of [
    [1, 0],
    [1, DIGIT_BITS],
    [0, 0],
    [0, DIGIT_BITS],
  ] as const) {
    const digitOf = (entry: number) => ((words[3 * entry + word] ?? 0) >>> shift) & (DIGITS - 1);
    starts.fill(0);
    for (let entry = 0; entry < size; entry += 1) {
      const digit = digitOf(entry);
      starts[digit + 1] = (starts[digit + 1] ?? 0) + 1;
    }
    for (let digit = 0; digit < DIGITS; digit += 1)
      starts[digit + 1] = (starts[digit + 1] ?? 0) + (starts[digit] ?? 0);
    for (const entry of order) {
      const digit = digitOf(entry);
      const place = starts[digit] ?? 0;
      starts[digit] = place + 1;
      sorted[place] = entry;
    }
    [order, sorted] = [sorted, order];
  }
  return order;
};

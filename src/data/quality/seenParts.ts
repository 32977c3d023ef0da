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
  /**
   * `rule`: its place among the rules. Rows in order, from `first_row` on, but for those of which
   * the byte in `left_out` is 1.
   */
  record(
    rule: number,
    hashes: RowHashes,
    first_row: number,
    rows: number,
    left_out?: Uint8Array | null,
  ): void;
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
    record(rule, hashes, first_row, rows, left_out = null) {
      const run = runs.get(rule) ?? new Run();
      runs.set(rule, run);
      for (let row = 0; row < rows; row += 1)
        if (hashes.takesPart(row) && left_out?.[row] !== 1)
          run.add(hashes.high(row), hashes.low(row), first_row + row);
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
  yield new Uint8Array(Uint32Array.of(rule, run.size).buffer);
  const bytes = new Uint8Array(sortedEntries(run).buffer, 0, run.size * ENTRY_BYTES);
  for (let start = 0; start < bytes.length; start += WRITE_BYTES)
    yield bytes.subarray(start, start + WRITE_BYTES);
}

/** Digits of the radix sort, from the lowest up: a word of the entry, and where its bits are. */
const DIGIT_BITS = 11;
const DIGITS = [1, 0].flatMap((word) => [0, 11, 22].map((shift) => ({ word, shift })));

/**
 * The entries by hash. A radix sort keeps the order of equals, so equal hashes stay by row.
 */
const sortedEntries = ({ words, size }: Run): Uint32Array => {
  const end = 3 * size;
  let from = words;
  let to = new Uint32Array(words.length);
  const places = new Uint32Array(1 << DIGIT_BITS);
  const mask = places.length - 1;
  for (const { word, shift } of DIGITS) {
    places.fill(0);
    for (let at = word; at < end; at += 3) {
      const digit = ((from[at] ?? 0) >>> shift) & mask;
      places[digit] = (places[digit] ?? 0) + 3;
    }
    let place = 0;
    for (const [digit, length] of places.entries()) {
      places[digit] = place;
      place += length;
    }
    for (let at = 0; at < end; at += 3) {
      const digit = ((from[at + word] ?? 0) >>> shift) & mask;
      const target = places[digit] ?? 0;
      places[digit] = target + 3;
      to[target] = from[at] ?? 0;
      to[target + 1] = from[at + 1] ?? 0;
      to[target + 2] = from[at + 2] ?? 0;
    }
    [from, to] = [to, from];
  }
  return from;
};

/** What a flush costs where the state is kept: what commits together saves flushes. */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { median } from "./load.ts";

const FLUSHES = 300;
const PAGE = Buffer.alloc(4096, 1);
const PAGES = 256;

/**
 * Median of a write of 4 KiB and its fsync, in milliseconds: over what is there already, as SQLite's
 * write-ahead log does but for its first round.
 */
export const flushTime = (directory: string): number => {
  const name = path.join(directory, "flush");
  const file = openSync(name, "w");
  try {
    writeSync(file, Buffer.concat(Array.from({ length: PAGES }, () => PAGE)));
    fsyncSync(file);
    const taken: number[] = [];
    for (let n = 0; n < FLUSHES; n += 1) {
      const begin = performance.now();
      // As a database does it: in the thread that waits for it.
      writeSync(file, PAGE, 0, PAGE.length, (n % PAGES) * PAGE.length);
      fsyncSync(file);
      taken.push(performance.now() - begin);
    }
    return median(taken);
  } finally {
    closeSync(file);
    rmSync(name);
  }
};

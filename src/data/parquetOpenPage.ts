/** A page of a column that is open: read from its first row on, some rows at a time. */
import type { DataPage } from "./parquetPages.ts";
import type { RunReader } from "./parquetRuns.ts";
import { NO_VALUE, type StoredRun } from "./parquetStored.ts";
import type { ValueReader } from "./parquetValues.ts";

export interface OpenPage {
  readonly data: DataPage;
  /** Null where every row has a value. */
  readonly levels: RunReader | null;
  readonly values: ValueReader;
}

/** Of the `left` rows that a page has left, as many as are asked for and come at once. */
export const nextRun = (page: OpenPage, most: number, left: number): StoredRun => {
  const rows = Math.min(most, left);
  return runOf(page, page.values.within?.(rows) ?? rows);
};

const runOf = ({ levels, values }: OpenPage, rows: number): StoredRun => {
  if (levels === null) return { rows, ...values.take(rows) };
  const flags = levels.read(rows);
  let defined = 0;
  for (const flag of flags) defined += flag;
  const there = values.take(defined);
  // Each row's flag becomes its pick, in place.
  let at = 0;
  for (let row = 0; row < rows; row += 1) {
    if (flags[row] === 0) {
      flags[row] = NO_VALUE;
      continue;
    }
    flags[row] = there.picks === null ? at : (there.picks[at] ?? NO_VALUE);
    at += 1;
  }
  return { rows, ...there, picks: flags };
};

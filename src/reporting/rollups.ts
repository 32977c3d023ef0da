/**
 * What a run of events changes in the reports: one change per row and one count per day, dataset,
 * accessor and action, however many events there were. Pure; the sink combines the result with
 * what stands in the tables by the same rules.
 */
import type { StoredEvent } from "../application/ports.ts";
import { invariant } from "../domain/decider.ts";
import { type AccessCount, changeOf, type RowChange } from "./rowChanges.ts";
import { type Merge, TABLES, type TableName, type Value } from "./tables.ts";

export interface Rollups {
  /** At most one a row. */
  readonly rows: { readonly [Name in TableName]: readonly RowChange[] };
  /** At most one a key. */
  readonly accesses: readonly AccessCount[];
}

/** The changes `events` (of one lake, in order) make, collapsed. */
export const rollups = (lake_id: string, events: readonly StoredEvent[]): Rollups => {
  const rows = {
    lakes: new Map<string, RowChange>(),
    datasets: new Map<string, RowChange>(),
    batches: new Map<string, RowChange>(),
    deletions: new Map<string, RowChange>(),
    members: new Map<string, RowChange>(),
  };
  const accesses = new Map<string, AccessCount>();
  for (const event of events) {
    const change = changeOf(lake_id, event);
    if (change === null) continue;
    if (change.table === "access_daily") {
      const { day, dataset_id, accessor_id, action } = change;
      const key = JSON.stringify([day, dataset_id, accessor_id, action]);
      accesses.set(key, { ...change, count: change.count + (accesses.get(key)?.count ?? 0) });
    } else {
      const { table, id } = change;
      rows[table].set(id, follow(rows[table].get(id), change));
    }
  }
  return {
    rows: {
      lakes: [...rows.lakes.values()],
      datasets: [...rows.datasets.values()],
      batches: [...rows.batches.values()],
      deletions: [...rows.deletions.values()],
      members: [...rows.members.values()],
    },
    accesses: [...accesses.values()],
  };
};

const follow = (before: RowChange | undefined, later: RowChange): RowChange => {
  if (before === undefined || later.opens) return later;
  const merges: Readonly<Record<string, Merge>> = TABLES[later.table].columns;
  const columns: Record<string, Value | undefined> = { ...before.columns };
  for (const [column, value] of Object.entries(later.columns)) {
    const merge = merges[column];
    invariant(merge !== undefined, `${later.table} has no column ${column}`);
    if (value != null) columns[column] = MERGES[merge](before.columns[column] ?? null, value);
  }
  return { ...before, columns };
};

const MERGES: { readonly [Name in Merge]: (before: Value, later: Value) => Value } = {
  last: (_, later) => later,
  sum: (before, later) => Number(before ?? 0) + Number(later),
  ever: (before, later) => before === true || later,
};

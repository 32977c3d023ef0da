/**
 * What a run of events changes in the reports: one change per row, however many events there were.
 * Pure; the sink combines the result with what stands in the tables by the same rules.
 */
import type { StoredEvent } from "../application/ports.ts";
import { invariant } from "../domain/decider.ts";
import { changesOf, type RowChange } from "./rowChanges.ts";
import { type Merge, TABLE_NAMES, TABLES, type TableName, type Value } from "./tables.ts";

/** At most one change a row. */
export type Rollups = { readonly [Name in TableName]: readonly RowChange[] };

/** The changes `events` (of one lake, in order) make, collapsed. */
export const rollups = (lake_id: string, events: readonly StoredEvent[]): Rollups => {
  const rows = new Map(TABLE_NAMES.map((name) => [name, new Map<string, RowChange>()]));
  for (const change of events.flatMap((event) => changesOf(lake_id, event))) {
    const known = rows.get(change.table);
    const key = JSON.stringify(change.id);
    known?.set(key, follow(known.get(key), change));
  }
  return Object.fromEntries(
    [...rows].map(([name, changes]) => [name, [...changes.values()]]),
  ) as unknown as Rollups;
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
  first: (before, later) => before ?? later,
  sum: (before, later) => Number(before ?? 0) + Number(later),
  ever: (before, later) => before === true || later,
};

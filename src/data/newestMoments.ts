/** How fresh a published table is: the newest moment of columns of times. */
import type { ObjectStore } from "../application/dataPorts.ts";
import { invariant } from "../domain/decider.ts";
import type { ObjectRef, Schema } from "../domain/table.ts";
import { newestMoment } from "./quality/freshness.ts";
import { openTable, readTable } from "./readTable.ts";

/** See `DataPlane.newest`. Reads no other column of the object, which is Parquet. */
export const newestMoments = async (
  store: ObjectStore,
  source: ObjectRef,
  schema: Schema,
  columns: readonly string[],
  now: Date,
): Promise<Readonly<Record<string, string | null>>> => {
  const wanted = Object.entries(schema).filter(([column]) => columns.includes(column));
  const newest = new Map<string, number | null>(wanted.map(([column]) => [column, null]));
  const reader = readTable(await openTable(store, source), Object.fromEntries(wanted));
  for await (const chunk of reader.chunks()) {
    for (const column of chunk.columns) {
      const moment = newestMoment(column, chunk.rows, now);
      const known = newest.get(column.name) ?? null;
      if (moment !== null && (known === null || moment > known)) newest.set(column.name, moment);
    }
  }
  // Columns that are not asked for are no issue here; a cell that does not fit would be.
  invariant(
    reader.issues.row_count === 0,
    `object ${source.key} fits the schema it was written by`,
  );
  return Object.fromEntries(
    [...newest].map(([column, moment]) => [
      column,
      moment === null ? null : new Date(moment).toISOString(),
    ]),
  );
};

/**
 * Events by who made them and by who has accessed. Everybody's place in such an index is another
 * one: kept with every event, it has a group of commands change about as many pages as there are
 * commands, all of them to be copied, in case the group is undone, and written. So it follows in
 * runs: the transaction that completes a run of 256 events indexes all of it. The events behind
 * the last complete run, fewer than 256, are looked through instead.
 */
import type { EventFilter } from "../application/ports.ts";

/** Events of a run; runs are aligned. Never changed: what lakes have stored goes by it. */
export const RUN = 256;

/** In which way an event is somebody's: a column of the events table. */
type Role = "actor" | "accessor";

/** Whose events are looked for in the index. */
export interface Whom {
  readonly role: Role;
  readonly name: string;
}

/** The last event that is indexed, in a log of `size` events. */
export const indexedUpTo = (size: number): number => size - (size % RUN);

/** Null: there is a better way to find them. Most events of a type may be one actor's. */
export const whomOf = (filter: EventFilter): Whom | null => {
  const { accessor, actor, type, dataset, stream, batch_id } = filter;
  // Other streams are short, and have an index of their own.
  if ((stream !== undefined && stream !== "access") || batch_id !== undefined) return null;
  if (accessor !== undefined) return { role: "accessor", name: accessor };
  if (actor === undefined || type !== undefined || dataset !== undefined) return null;
  return { role: "actor", name: actor };
};

/**
 * Indexes the run that event `end` completes, once it is in the table. FAIL, as in eventStore.ts:
 * the transaction undoes what is half done.
 */
export const indexRun = (sql: SqlStorage, end: number): void => {
  for (const role of ["actor", "accessor"] satisfies Role[]) {
    sql.exec(
      `INSERT OR FAIL INTO events_by_whom (role, name, event)
       SELECT '${role}', ${role}, seq FROM events
       WHERE seq > CAST(? AS INTEGER) AND seq <= CAST(? AS INTEGER) AND ${role} IS NOT NULL`,
      end - RUN,
      end,
    );
  }
};

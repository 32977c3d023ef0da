/**
 * Whom an append looks for: everybody whose erasure has ever begun, also where a restored log knows
 * of it by the record alone. Rows of them should not come again, and when they do somebody is told.
 */
import type { SubjectRefs } from "../domain/subjects.ts";
import type { ColumnType } from "../domain/table.ts";
import type { EventLog } from "./ports.ts";

/** The most people that one file is searched for: the latest. */
export const MAX_WATCHED = 100_000;

const PAGE = 1000;

/** Events that say under which pseudonyms a person's rows are found. */
const NAMING = ["GDPRDeletionStarted", "GDPRDeletionReapplied"] as const;

interface Known {
  /** The last event of each type that was looked at. */
  readonly seq: Record<(typeof NAMING)[number], number>;
  readonly refs: SubjectRefs[];
}

const nothingKnown = (): Known => ({
  seq: { GDPRDeletionStarted: 0, GDPRDeletionReapplied: 0 },
  refs: [],
});

/** What was read of each log: it only grows, and what was undone is read again. */
const known = new WeakMap<EventLog, Known>();

const begun = (log: EventLog): readonly SubjectRefs[] => {
  let memory = known.get(log);
  if (memory === undefined) {
    log.onUndone(() => known.set(log, nothingKnown()));
    memory = nothingKnown();
    known.set(log, memory);
  }
  for (const type of NAMING) {
    for (;;) {
      const page = log.read({ type, after: memory.seq[type], limit: PAGE });
      for (const { data, seq } of page) {
        memory.refs.push(data.subject_refs as SubjectRefs);
        memory.seq[type] = seq;
      }
      if (page.length === 0) break;
    }
  }
  return memory.refs;
};

/** Their pseudonyms in a column of the type. */
export const watchedSubjects = (log: EventLog, type: ColumnType): readonly string[] => {
  const refs = begun(log).flatMap((subject) => subject[type] ?? []);
  return [...new Set(refs)].slice(-MAX_WATCHED);
};

/** How many erasures have begun: an append that does not know of all of them is read again. */
export const erasuresBegun = (log: EventLog): number => begun(log).length;

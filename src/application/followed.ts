/**
 * What is written to the schedule with events, in their transaction: the duties that each of them
 * brings, and the deletion of the objects that nothing refers to any more behind them. So it is when
 * events are recorded, and when a log is imported.
 */
import type { BatchState } from "../domain/batch/batch.ts";
import type { StreamName } from "../domain/ids.ts";
import type { SubjectAccessState } from "../domain/subjectAccess/subjectAccess.ts";
import { consequencesOf, supersededFiles, supersededObjects } from "./consequences.ts";
import type { EventLog, StoredEvent } from "./ports.ts";
import { takenUploads } from "./takenUploads.ts";
import { oweOutlivedUploads, withKnownSweep } from "./uploadSweeps.ts";

/** What refers to objects, as it stood before the events, by stream. */
export interface Referring {
  readonly batches: ReadonlyMap<StreamName, BatchState>;
  readonly accesses: ReadonlyMap<StreamName, SubjectAccessState>;
}

export const referringBefore = (log: EventLog, streams: readonly StreamName[]): Referring => ({
  batches: statesOf<BatchState>(log, "batch/", streams),
  accesses: statesOf<SubjectAccessState>(log, "subject-access/", streams),
});

const statesOf = <State>(
  log: EventLog,
  kind: "batch/" | "subject-access/",
  streams: readonly StreamName[],
): ReadonlyMap<StreamName, State> =>
  new Map(
    streams
      .filter((stream) => stream.startsWith(kind))
      .map((stream) => [stream, log.load(stream).state as State]),
  );

/** `now`: by the clock, when they were recorded. */
export const followUp = (
  log: EventLog,
  events: readonly StoredEvent[],
  { batches, accesses }: Referring,
  now: string,
): void => {
  for (const event of events) {
    const { put, remove } = consequencesOf(event, now);
    for (const duty of put) log.schedule.put(withKnownSweep(log, duty));
    for (const duty of remove) log.schedule.remove(duty);
  }
  for (const duty of takenUploads(log, events, now)) log.schedule.put(duty);
  const last = events.at(-1);
  if (last === undefined) return;
  const keys = [...batches].flatMap(([stream, was]) =>
    supersededObjects(was, log.load(stream).state as BatchState),
  );
  log.indexes.remove(keys);
  oweDeletion(log, keys, last.event_id, now);
  oweOutlivedUploads(log, last, batches, now);
  const files = [...accesses].flatMap(([stream, was]) =>
    supersededFiles(was, log.load(stream).state as SubjectAccessState),
  );
  oweDeletion(log, files, `${last.event_id}/files`, now);
};

/** The most objects one duty deletes. */
const MAX_DELETED_KEYS = 1000;

const oweDeletion = (log: EventLog, keys: readonly string[], ref: string, due_at: string): void => {
  for (let start = 0; start < keys.length; start += MAX_DELETED_KEYS) {
    log.schedule.put({
      kind: "delete_objects",
      ref: start === 0 ? ref : `${ref}/${start}`,
      due_at,
      payload: { keys: keys.slice(start, start + MAX_DELETED_KEYS) },
    });
  }
};

/**
 * What may still hold a person's rows although no batch refers to it: objects that were replaced and
 * wait for their deletion, what other work had written when it lost its batch, or its machine, and
 * what appends have read that are not on record yet.
 */

import type { Erasure } from "../domain/deletion/erasure.ts";
import type { BatchId } from "../domain/ids.ts";
import { ATTEMPT_TIMEOUT_MS, isOld, noteOf } from "./attempts.ts";
import { type Reader, reader } from "./commands.ts";
import { isArriving } from "./lookups.ts";
import type { EventLog, PendingDuty } from "./ports.ts";
import { EVER } from "./timers.ts";
import { erasuresBegun } from "./watchedSubjects.ts";

/** The most duties that are looked at: of more, those of a later look. */
const MAX_LOOKED_AT = 10_000;

const keysOf = ({ payload: { keys } }: PendingDuty): readonly string[] =>
  Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [];

/** The batch and the revision a key was made for: below a batch's own folder, or published. */
const placeOf = (key: string): { readonly batch_id: string; readonly revision: number } | null => {
  const [, , place, first = "", second = "", third = ""] = key.split("/");
  if (place === "batches") return { batch_id: first, revision: Number(second) };
  return place === "published" ? { batch_id: second, revision: Number(third) } : null;
};

const batchesOf = (erasure: Erasure): ReadonlySet<string> =>
  new Set(erasure.erased_from.map(({ batch_id }) => batch_id));

/**
 * Duties to delete objects, of whatever batch or request: those that have used up their tries, and
 * whether there are others. Whom an object held that was replaced, expired or swept nobody looks up
 * any more, so all of them are waited for, also between two tries.
 */
export const owedDeletions = ({ schedule }: EventLog, now: string) => ({
  failing: schedule.failing().filter(({ kind }) => kind === "delete_objects"),
  pending:
    schedule.due(now, 1, ["delete_objects"]).length > 0 ||
    schedule.due(EVER, MAX_LOOKED_AT, ["delete_objects"]).some((duty) => !isKeptUpload(duty, now)),
});

/**
 * An upload that may be appended again until its time is up, as older versions owed its deletion. As
 * of any other upload that nothing was taken from, an erasure has looked itself whether it goes.
 */
const isKeptUpload = ({ attempts, due_at, payload }: PendingDuty, now: string): boolean =>
  attempts === 0 && due_at > now && payload.uploaded_until !== undefined;

/** Whether it was opened before everything that was recorded by a moment. */
const openedBy = (log: EventLog, moment: string, { payload, due_at }: PendingDuty): boolean => {
  const { after } = noteOf(payload);
  if (after !== null) return after < log.seqAt(moment);
  // From before it was noted.
  return Date.parse(due_at) - ATTEMPT_TIMEOUT_MS <= Date.parse(moment);
};

/**
 * Whether an append is under way, of a dataset that names its people, that had begun by a moment and
 * may still be recorded. One that does not know of an erasure begun since cannot.
 */
export const appendsUnderWay = (log: EventLog, read: Reader, moment: string): boolean => {
  const begun = erasuresBegun(log);
  const { schedule } = log;
  const short = schedule.due(EVER, MAX_LOOKED_AT, ["sweep_attempt"]).some((duty) => {
    const { takes, erasures } = noteOf(duty.payload);
    const counts = erasures === begun || isOld(duty.payload);
    return takes && counts && openedBy(log, moment, duty);
  });
  if (short) return true;
  const steps = [
    ...schedule.due(EVER, MAX_LOOKED_AT, ["work_step"]),
    ...schedule.parked().filter(({ kind }) => kind === "work_step"),
  ];
  return steps.some(({ payload }) => isArriving(read, String(payload.batch_id) as BatchId, moment));
};

/**
 * Keys that work under way may have written and can never record: work planned on a batch before
 * it was rewritten, appends that do not know whom to look for, and steps of appends that others have
 * ended. They are deleted now, and once more when their time is up. Work planned on what the batch is
 * now is another's: it reads no row of the person, and what it writes may be the batch in a moment.
 */
export const doomedKeys = (log: EventLog, erasure: Erasure): readonly string[] => {
  const erased = batchesOf(erasure);
  const read = reader(log);
  const isOutdated = (key: string): boolean => {
    const place = placeOf(key);
    if (place === null || !erased.has(place.batch_id)) return false;
    const state = read.batch(place.batch_id);
    // Work makes the revision that comes next.
    return state.status !== "held" || place.revision <= state.batch.revision;
  };
  // The last look has waited for all the others that had begun by then.
  const scanned_at = erasure.scanned_at ?? erasure.started_at;
  return log.schedule.due(EVER, MAX_LOOKED_AT, ["sweep_attempt"]).flatMap((duty) => {
    const outrun = noteOf(duty.payload).takes && openedBy(log, scanned_at, duty);
    return keysOf(duty).filter((key) => outrun || isOutdated(key));
  });
};

/**
 * What may still hold a person's rows although no batch refers to it: objects that were replaced and
 * wait for their deletion, and what other work had written when it lost its batch, or its machine.
 */
import type { Erasure } from "../domain/deletion/erasure.ts";
import { ATTEMPT_TIMEOUT_MS } from "./attempts.ts";
import { reader } from "./commands.ts";
import type { EventLog, PendingDuty } from "./ports.ts";
import { EVER } from "./timers.ts";

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

/** Duties to delete objects of the batches that lost rows: waiting, and given up. */
export const undeletedKeys = (log: EventLog, erasure: Erasure) => {
  const erased = batchesOf(erasure);
  const isErased = (key: string) => erased.has(placeOf(key)?.batch_id ?? "");
  const ours = (duty: PendingDuty) =>
    duty.kind === "delete_objects" &&
    keysOf(duty).some((key) => isErased(key) || key.split("/")[2] === "subject-access");
  return {
    pending: log.schedule.due(EVER, MAX_LOOKED_AT, ["delete_objects"]).filter(ours).length,
    parked: log.schedule.parked().filter(ours),
  };
};

/**
 * Keys that work under way may have written and can never record: work planned on a batch before
 * it was rewritten, and appends that began before the erasure and do not know whom to look for. They
 * are deleted now, and once more when their time is up. Work planned on what the batch is now is
 * another's: it reads no row of the person, and what it writes may be the batch in a moment.
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
  return log.schedule.due(EVER, MAX_LOOKED_AT, ["sweep_attempt"]).flatMap((duty) => {
    const began = Date.parse(duty.due_at) - ATTEMPT_TIMEOUT_MS;
    const outrun = duty.payload.watches === true && began <= Date.parse(erasure.started_at);
    return keysOf(duty).filter((key) => outrun || isOutdated(key));
  });
};

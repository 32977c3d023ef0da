/**
 * What may still hold a person's rows although no batch refers to it: objects that were replaced and
 * wait for their deletion, and what other work had written when it lost its batch, or its machine.
 */
import type { Erasure } from "../domain/deletion/erasure.ts";
import { ATTEMPT_TIMEOUT_MS } from "./attempts.ts";
import type { EventLog, PendingDuty } from "./ports.ts";

/** The most duties that are looked at: of more, those of a later look. */
const MAX_LOOKED_AT = 10_000;

/** Later than any duty. */
const EVER = "9999-12-31T23:59:59.999Z";

const keysOf = ({ payload: { keys } }: PendingDuty): readonly string[] =>
  Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [];

/** Whether a key is of a batch that lost rows: below its own folder, or its publications. */
const isOfErased = (erasure: Erasure): ((key: string) => boolean) => {
  const batches = new Set<string>(erasure.erased_from.map(({ batch_id }) => batch_id));
  return (key) => {
    const [, , place, first = "", second = ""] = key.split("/");
    return batches.has(place === "published" ? second : place === "batches" ? first : "");
  };
};

/** Duties to delete objects of the batches that lost rows: waiting, and given up. */
export const undeletedKeys = (log: EventLog, erasure: Erasure) => {
  const isErased = isOfErased(erasure);
  const ours = (duty: PendingDuty) =>
    duty.kind === "delete_objects" &&
    keysOf(duty).some((key) => isErased(key) || key.split("/")[2] === "subject-access");
  return {
    pending: log.schedule.due(EVER, MAX_LOOKED_AT, ["delete_objects"]).filter(ours).length,
    parked: log.schedule.parked().filter(ours).length,
  };
};

/**
 * Keys that work under way may have written and can never record: work on a batch that was
 * rewritten since, and appends that began before the erasure and do not know whom to look for. They
 * are deleted now, and once more when their time is up.
 */
export const doomedKeys = (log: EventLog, erasure: Erasure): readonly string[] => {
  const isErased = isOfErased(erasure);
  return log.schedule.due(EVER, MAX_LOOKED_AT, ["sweep_attempt"]).flatMap((duty) => {
    const began = Date.parse(duty.due_at) - ATTEMPT_TIMEOUT_MS;
    const outrun = duty.payload.watches === true && began <= Date.parse(erasure.started_at);
    return keysOf(duty).filter((key) => outrun || isErased(key));
  });
};

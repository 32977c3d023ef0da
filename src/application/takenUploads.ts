/**
 * What becomes of an upload that a batch takes over. For an encrypted dataset it lies in clear until
 * then, and is owed its deletion from then on; any other stays as long as the batch. Its URL may be
 * used again as long as it is valid: what comes under the same name then is another file, which is
 * neither deleted in the place of the first nor kept for ever.
 */
import type { Batch } from "../domain/batch/batch.ts";
import type { ObjectRef } from "../domain/table.ts";
import { idOf } from "./aggregates.ts";
import { reader } from "./commands.ts";
import { UPLOAD_KEPT_MS } from "./consequences.ts";
import type { ObjectStore, StoredObject } from "./dataPorts.ts";
import { isKeyed, uploadTag } from "./digests.ts";
import { landingKey } from "./objectKeys.ts";
import type { Duty, EventLog, PendingDuty, StoredEvent } from "./ports.ts";
import { later } from "./timers.ts";

/** Inside the transaction that records the events, at `now`: the duties that they bring. */
export const takenUploads = (
  log: EventLog,
  events: readonly StoredEvent[],
  now: string,
): readonly Duty[] => {
  const read = reader(log);
  const lake = read.lake();
  if (lake.status === "absent") return [];
  return events.flatMap(({ type, stream, event_id, data, recorded_at }): readonly Duty[] => {
    if (type === "AppendIngestionRequested") {
      return heldBack(log, String(data.file_url), now);
    }
    if (type !== "DataAppended") return [];
    const state = read.batch(idOf(stream));
    if (state.status !== "held") return [];
    const { file_url } = state.batch;
    const taken_as = (data.object as unknown as ObjectRef).key;
    const etag = typeof data.upload_etag === "string" ? data.upload_etag : null;
    const sweep = log.schedule.find({ kind: "sweep_upload", ref: file_url });
    const dataset = read.dataset(state.batch.dataset);
    if (dataset.status === "absent" || !dataset.encryption_enabled) {
      const spare = etag === null ? { until: recorded_at } : { etag, taken_as };
      return sweep === null ? [] : [{ ...sweep, payload: { ...sweep.payload, spare } }];
    }
    const keys = [landingKey(lake.lake_id, file_url)];
    // Which of two it was is not known: whatever lies there is swept when its time has come.
    const rest = later(now, UPLOAD_KEPT_MS);
    if (etag === null) {
      const known = { kind: "sweep_upload", ref: file_url, due_at: rest, payload: {} } as const;
      return sweep === null ? [known] : [];
    }
    const payload = { keys, etag, taken_as };
    return [{ kind: "delete_objects", ref: event_id, due_at: now, payload }];
  });
};

/** As long as it is being taken over nobody sweeps it. */
const heldBack = (log: EventLog, ref: string, now: string): readonly Duty[] => {
  const sweep = log.schedule.find({ kind: "sweep_upload", ref });
  if (sweep === null) return [];
  const due_at = later(now, UPLOAD_KEPT_MS);
  return [{ ...sweep, due_at: due_at > sweep.due_at ? due_at : sweep.due_at }];
};

/** Which upload it was: by its entity tag, as the log has it, or by when it came at the latest. */
interface Taken {
  readonly etag?: unknown;
  /** The object that was made of it. */
  readonly taken_as?: unknown;
}

/** Whether what the store has now is the upload whose tag the log keeps; older logs keep it bare. */
const isTagged = (
  { etag }: Pick<StoredObject, "etag">,
  taken: Taken,
  digest_key: Uint8Array,
): boolean => {
  const known = String(taken.etag);
  return known === (isKeyed(known) ? uploadTag(digest_key, String(taken.taken_as), etag) : etag);
};

/** Whether a batch was taken from the upload; null when what is on record does not tell. */
export const isUploadOf = (
  landed: Pick<StoredObject, "etag">,
  { upload_etag: etag, taken_as }: Pick<Batch, "upload_etag" | "taken_as">,
  digest_key: Uint8Array,
): boolean | null => (etag === null ? null : isTagged(landed, { etag, taken_as }, digest_key));

/** Whether an upload is one that a batch was taken from, which a sweep leaves alone. */
export const isSpared = (
  landed: Pick<StoredObject, "etag" | "uploaded_at">,
  { payload }: PendingDuty,
  digest_key: Uint8Array,
): boolean => {
  const spare = payload.spare as (Taken & { readonly until?: string }) | null;
  if (spare?.etag !== undefined) return isTagged(landed, spare, digest_key);
  return spare?.until !== undefined && landed.uploaded_at.getTime() <= Date.parse(spare.until);
};

/**
 * Of the objects a duty is to delete those that are still the ones it was put for. Between the
 * clocks nothing is allowed for, other than in a sweep: while a URL of the name is out, what came a
 * moment later is another file, and what is missed for it goes with the sweep of that URL.
 */
export const stillOwed = async (
  store: ObjectStore,
  { payload: { etag, taken_as, uploaded_until } }: PendingDuty,
  keys: readonly string[],
  digest_key: Uint8Array,
): Promise<readonly string[]> => {
  if (typeof etag !== "string" && typeof uploaded_until !== "string") return keys;
  const found = await Promise.all(keys.map((key) => store.head(key)));
  return keys.filter((_, at) => {
    const landed = found[at] ?? null;
    if (typeof etag === "string") return landed && isTagged(landed, { etag, taken_as }, digest_key);
    return (landed?.uploaded_at.getTime() ?? 0) <= Date.parse(String(uploaded_until));
  });
};

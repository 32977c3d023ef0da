/**
 * The one duty that sweeps what lies under a name of uploads, and what changes it. A name may have
 * several URLs, one after the other, and several batches: no change may lose sight of an upload that
 * an earlier one was about.
 */
import type { BatchState } from "../domain/batch/batch.ts";
import type { StreamName } from "../domain/ids.ts";
import { type OutlivedUpload, outlivedUpload } from "./consequences.ts";
import { landingKey } from "./objectKeys.ts";
import type { Duty, EventLog, StoredEvent } from "./ports.ts";
import { reader } from "./reader.ts";

/**
 * A duty to be put, with what is known of it already. Of a name the uploads since the earliest URL are
 * swept, a day after the last one has expired; what was spared stays so.
 */
export const withKnownSweep = ({ schedule }: EventLog, duty: Duty): Duty => {
  const known = duty.kind === "sweep_upload" ? schedule.find(duty) : null;
  if (known === null) return duty;
  const due_at = latest(known.due_at, duty.due_at);
  // Up to when an upload was meant does not count any more: more may come.
  const { until: _, ...payload } = { ...known.payload, ...duty.payload };
  const from = earlier(known.payload.from, duty.payload.from);
  const spare = known.payload.spare ?? null;
  return { ...duty, due_at, payload: { ...payload, from, spare } };
};

/** Null: whenever it came. */
const earlier = (one: unknown, other: unknown): string | null => {
  if (typeof one !== "string" || typeof other !== "string") return null;
  return one < other ? one : other;
};

/** Uploads that their batches leave behind with these events are owed their deletion. */
export const oweOutlivedUploads = (
  log: EventLog,
  last: StoredEvent,
  before: ReadonlyMap<StreamName, BatchState>,
  now: string,
): void => {
  for (const [stream, was] of before) {
    const upload = outlivedUpload(was, log.load(stream).state as BatchState, now);
    if (upload !== null) oweUpload(log, upload, `${last.event_id}/upload/${stream}`, now);
  }
};

const oweUpload = (
  log: EventLog,
  { ref, until, due_at }: OutlivedUpload,
  name: string,
  now: string,
): void => {
  const sweep = { kind: "sweep_upload", ref } as const;
  const known = log.schedule.find(sweep);
  if (known === null) {
    log.schedule.put({ ...sweep, due_at, payload: { until } });
    return;
  }
  // A URL for another upload of that name is out: what becomes of it is swept in its time, and what
  // it would have left alone for the batch's sake with it.
  const swept = { ...known, payload: { ...known.payload, from: null, spare: null } };
  // So is one that is kept for another append: that holds back a sweep, and no other deletion.
  if (due_at > now) {
    const meant = known.payload.until;
    const payload =
      typeof meant === "string" ? { ...swept.payload, until: latest(meant, until) } : swept.payload;
    log.schedule.put({ ...swept, due_at: latest(known.due_at, due_at), payload });
    return;
  }
  log.schedule.put(swept);
  const lake = reader(log).lake();
  if (lake.status === "absent") return;
  const payload = { keys: [landingKey(lake.lake_id, ref)], uploaded_until: until };
  log.schedule.put({ kind: "delete_objects", ref: name, due_at, payload });
};

const latest = (one: string, other: string): string => (one > other ? one : other);

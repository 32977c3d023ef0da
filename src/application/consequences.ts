/**
 * What an event sets in motion: the duties that appear, move and vanish with it. Pure; the
 * caller writes them in the transaction that writes the events.
 */
import { type Batch, type BatchState, objectsOf, workOf } from "../domain/batch/batch.ts";
import { retentionEnd } from "../domain/batch/expiry.ts";
import { cameToNothing, isRunning, objectKeysOf } from "../domain/batch/work.ts";
import { accessObjects, type SubjectAccessState } from "../domain/subjectAccess/subjectAccess.ts";
import { accessConsequences } from "./accessConsequences.ts";
import { deletionConsequences, type ScheduleChange } from "./deletionConsequences.ts";
import type { Duty, StoredEvent } from "./ports.ts";
import { later } from "./timers.ts";

/** How long a replay that is driven by its request may be silent before the alarm takes over. */
export const REPLAY_LEASE_MS = 60_000;

/** How long after its URL has expired an upload may wait for the append that takes it over. */
export const UPLOAD_KEPT_MS = 24 * 60 * 60_000;

/** How long a batch that is kept past its retention waits until it is looked at again. */
export const FROZEN_LOOK_MS = 24 * 60 * 60_000;

/** What the events of long work say about its steps. */
interface WorkData {
  readonly work_id: string;
  /** The one that is done; none at the beginning. */
  readonly step?: string;
  /** Those that can be done now. */
  readonly steps: readonly string[];
}

/**
 * The schedule changes that one event brings. `now`: by the clock when it was recorded. Times in the
 * log never fall, so after a clock that was ahead `recorded_at` is later, and what is to be done at
 * once would wait for it.
 */
export const consequencesOf = (event: StoredEvent, now = event.recorded_at): ScheduleChange => {
  const { data, recorded_at } = event;
  const at = now < recorded_at ? now : recorded_at;
  if (event.stream.startsWith("deletion/")) return deletionConsequences(event, at);
  const ref = event.stream.slice(event.stream.indexOf("/") + 1);
  const payload = { correlation_id: event.correlation_id, causation_id: event.event_id };
  switch (event.type) {
    case "BatchWorkStarted":
    case "BatchWorkProgressed": {
      const { work_id, step, steps } = data as unknown as WorkData;
      const duty = (of: string) => ({ kind: "work_step" as const, ref: `${ref}/${work_id}/${of}` });
      const put = steps.map((next) => ({
        ...duty(next),
        due_at: at,
        payload: { ...payload, batch_id: ref, work_id, step: next },
      }));
      return { put, remove: step === undefined ? [] : [duty(step)] };
    }
    case "ReplayRequested":
    case "ReplayOutdated":
    case "ReplayProgressed": {
      const due_at = later(at, data.background === true ? 0 : REPLAY_LEASE_MS);
      return { put: [{ kind: "replay_step", ref, due_at, payload }], remove: [] };
    }
    case "ReplayCompleted":
    case "ReplayCancelled":
      return { put: [], remove: [{ kind: "replay_step", ref }] };
    case "AppendIngestionRequested":
      return appendConsequences(event, ref, payload);
    case "BatchRetentionSuspended": {
      const due_at = later(at, FROZEN_LOOK_MS);
      return { put: [{ kind: "retention_due", ref, due_at, payload }], remove: [] };
    }
    case "BatchExpired":
      return { put: [], remove: [{ kind: "retention_due", ref }] };
    case "DataContractUpdated": {
      if (data.retention_days === data.retention_days_before) return NONE;
      const due = { kind: "retention_change", ref, due_at: at } as const;
      return { put: [{ ...due, payload: { ...payload, after: 0 } }], remove: [] };
    }
    // Looked at anew at once: when the next look is due follows from the state.
    case "DatasetFreshnessWatched":
    case "DatasetFreshnessObserved":
    case "DatasetFreshnessRestored":
      return { put: [{ kind: "freshness_due", ref, due_at: at, payload }], remove: [] };
    case "SignedUrlCreated": {
      if (data.method !== "PUT") return NONE;
      const due_at = later(String(data.expires_at), UPLOAD_KEPT_MS);
      const upload = { kind: "sweep_upload", ref: String(data.filename), due_at } as const;
      return { put: [{ ...upload, payload: { ...payload, from: data.signed_at } }], remove: [] };
    }
    default:
      return accessConsequences(event, ref, payload, at) ?? NONE;
  }
};

const NONE: ScheduleChange = { put: [], remove: [] };

/**
 * The batch's retention runs. Where the end of it does not follow from
 * the event alone (another file of the same batch, a log from before) the duty finds it out.
 */
const appendConsequences = (
  { data, recorded_at }: StoredEvent,
  ref: string,
  payload: Duty["payload"],
): ScheduleChange => {
  const { retention_days, revision } = data;
  const known = typeof retention_days === "number" && revision === 1;
  const due_at = known ? retentionEnd(recorded_at, retention_days) : recorded_at;
  return { put: [{ kind: "retention_due", ref, due_at, payload }], remove: [] };
};

/** An upload to be deleted; what came under its name after `until` stays. */
export interface OutlivedUpload {
  readonly ref: string;
  readonly until: string;
  readonly due_at: string;
}

/**
 * The upload that a batch was taken from goes with it: when the batch has expired, and when a
 * file of another name has taken its place. One that could not be taken over in the background is
 * kept as long as one that nobody appends: the append can be asked for again.
 */
export const outlivedUpload = (
  before: BatchState,
  after: BatchState,
  now: string,
): OutlivedUpload | null => {
  if (before.status === "requested") {
    const failed = isRunning(before.work) && cameToNothing(workOf(after));
    const due_at = later(now, UPLOAD_KEPT_MS);
    return failed ? { ref: before.file_url, until: now, due_at } : null;
  }
  if (before.status !== "held") return null;
  const { file_url: ref, revised_at: until } = before.batch;
  const replaced = after.status === "held" && after.batch.file_url !== ref;
  return after.status === "expired" || replaced ? { ref, until, due_at: now } : null;
};

/**
 * Objects that the batch no longer refers to, to be deleted as a duty: a reader of the old
 * version meanwhile sees it whole, and a signed URL to it dies with it.
 */
export const supersededObjects = (before: BatchState, after: BatchState): readonly string[] => {
  const kept = new Set(objectsIn(after));
  return objectsIn(before).filter((key) => !kept.has(key));
};

/** As `supersededObjects`, for a request for access. */
export const supersededFiles = (
  before: SubjectAccessState,
  after: SubjectAccessState,
): readonly string[] => {
  const kept = new Set(accessObjects(after));
  return accessObjects(before).filter((key) => !kept.has(key));
};

/** Long work's own objects are the batch's until the work is over. */
const objectsIn = (state: BatchState): readonly string[] => [
  ...(state.status === "held" ? keysOf(state.batch) : []),
  ...objectKeysOf(workOf(state)),
];

const keysOf = (batch: Batch): readonly string[] =>
  [...objectsOf(batch), batch.subject_index].flatMap((object) => (object ? [object.key] : []));

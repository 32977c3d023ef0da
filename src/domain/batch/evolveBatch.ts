/**
 * What each event makes of a batch. What is derived from the raw object is gone with what it was
 * derived from; whatever changes what is derived takes the next revision.
 */
import { assertNever, type Recorded } from "../decider.ts";
import { privacyRunId } from "../ids.ts";
import type { Segment } from "../segments.ts";
import type { Suspicion } from "../suspicion.ts";
import type { ObjectRef } from "../table.ts";
import {
  type Batch,
  type BatchState,
  type ExpiredBatch,
  type Progress,
  progressOf,
  type Quality,
  type Quarantined,
  workOf,
} from "./batch.ts";
import type { BatchEvent, QualityCheck } from "./events.ts";
import { latestCheck, rechecked, successorIn } from "./rechecked.ts";
import { type BatchWork, evolveWork, type WorkEvent } from "./work.ts";

const NOTHING_CHECKED: Quality = { contract: null, request: null };

export const evolveBatch = (state: BatchState, event: Recorded<BatchEvent>): BatchState => {
  if (state.status === "expired") return state;
  if (event.type === "AppendIngestionRequested") {
    const { batch_id, dataset, contract_id, file_url, contains_pii } = event.data;
    if (state.status === "held") {
      return { status: "held", batch: { ...state.batch, contract_id, file_url, contains_pii } };
    }
    const about = { batch_id, dataset, contract_id, file_url, contains_pii };
    return { status: "requested", ...about, work: null };
  }
  if (event.type === "DataAppended") return withBytes(state, event);
  if (isWorkEvent(event)) {
    if (state.status === "absent") return state;
    if (state.status === "requested") return { ...state, work: evolveWork(state.work, event) };
    return { ...state, batch: { ...state.batch, work: evolveWork(state.batch.work, event) } };
  }
  if (state.status !== "held") return state;
  if (event.type === "BatchExpired") {
    const { reason = null } = event.data;
    const ended_by = reason === null ? "retention" : "request";
    return { status: "expired", batch: ended(state.batch, ended_by, event.recorded_at, reason) };
  }
  if (event.type === "BatchDestroyed") {
    return { status: "expired", batch: ended(state.batch, "erasure", event.recorded_at) };
  }
  return { status: "held", batch: evolveHeld(state.batch, event) };
};

const isWorkEvent = (event: Recorded<BatchEvent>): event is Recorded<WorkEvent> =>
  event.type.startsWith("BatchWork");

type Appended = Recorded<Extract<BatchEvent, { type: "DataAppended" }>>;

/** The bytes of a new batch, or a corrected file in the place of the one in quarantine. */
const withBytes = (state: BatchState, { data, recorded_at }: Appended): BatchState => {
  const bytes = {
    raw: data.object,
    upload_etag: data.upload_etag,
    taken_as: data.object.key,
    raw_lost: false,
    subject_index: data.subject_index,
    schema: null,
    misfit: null,
    looks_personal: data.looks_personal,
    suspicions: [],
    cleared_columns: [],
    candidate: null,
    proposal: null,
    segments: segmentsFrom(workOf(state), data.object),
    revision: data.revision,
    revised_at: recorded_at,
    progress: { status: "appended", quality: NOTHING_CHECKED },
  } as const;
  if (state.status === "held") {
    const again = data.revision <= state.batch.revision;
    return again ? state : { status: "held", batch: { ...state.batch, ...bytes } };
  }
  if (state.status !== "requested") return state;
  const { status: _, ...core } = state;
  const fresh = { consumptions: 0, last_replay: null, frozen: null, appended_at: recorded_at };
  return { status: "held", batch: { ...core, ...fresh, ...bytes } };
};

/** Where the bytes may be cut, when it was long work that has found them. */
const segmentsFrom = (work: BatchWork | null, { key }: ObjectRef): readonly Segment[] | null =>
  work?.landed && work.landed.key === key ? work.segments : null;

const ended = (
  batch: Batch,
  ended_by: ExpiredBatch["ended_by"],
  expired_at: string,
  reason: string | null = null,
): ExpiredBatch => {
  const { raw, raw_lost: _____________, ...had } = batch;
  const { schema: _, misfit: __, candidate: ___, proposal: ____, ...others } = had;
  const { looks_personal: ___________, cleared_columns: ____________, ...rest } = others;
  const {
    progress: _____,
    segments: ______,
    work: _______,
    subject_index: ________,
    frozen: _________,
    ...kept
  } = rest;
  const { key: __________, ...file } = raw;
  return { ...kept, file, ended_by, reason, expired_at };
};

type HeldEvent = Exclude<
  Recorded<BatchEvent>,
  {
    type:
      | "AppendIngestionRequested"
      | "DataAppended"
      | "BatchExpired"
      | "BatchDestroyed"
      | WorkEvent["type"];
  }
>;

const evolveHeld = (batch: Batch, event: HeldEvent): Batch => {
  const open = progressOf(batch);
  switch (event.type) {
    case "SchemaValidated":
      return { ...batch, schema: event.data.schema, misfit: null };
    case "SchemaValidationFailed": {
      const { reason: _, ...misfit } = event.data;
      return { ...batch, schema: null, misfit, proposal: null };
    }
    case "PersonalDataSuspected":
      return { ...batch, suspicions: event.data.columns, looks_personal: known(batch, event.data) };
    case "QualityCheckPassed":
    case "QualityCheckFailed": {
      const { warnings: _, ...facts } = event.data;
      const check: QualityCheck = { ...facts, checked_at: event.recorded_at };
      return advance(batch, judged(open, { ...open.quality, [check.source]: check }, check));
    }
    case "DataAnonymized": {
      const { quality } = open;
      const run_id = event.data.run_id ?? privacyRunId(batch.batch_id, batch.revision + 1);
      const privacy = { ...event.data, run_id, anonymized_at: event.recorded_at };
      return advance(batch, { status: "anonymized", quality, privacy });
    }
    case "PrivacyRunProposed": {
      const proposal = { ...event.data, proposed_at: event.recorded_at };
      return { ...advance(batch, open), proposal };
    }
    case "PrivacyRunApproved":
      // What it approves is recorded with it.
      return batch;
    case "PrivacyRunRejected":
      return { ...batch, proposal: null };
    case "PrivacyRunRolledBack":
      return advance(batch, rolledBack(open.quality));
    case "DataPublished": {
      const { warnings: _, ...facts } = event.data;
      const publication = { ...facts, published_at: event.recorded_at };
      const privacy = "privacy" in open ? open.privacy : null;
      const { quality } = open;
      const unchanged_since = event.recorded_at;
      const status = "published";
      return advance(batch, { status, quality, privacy, publication, unchanged_since });
    }
    case "DataExported": {
      if (open.status !== "published") return batch;
      const objects = [...open.publication.objects, event.data.object];
      const publication = { ...open.publication, objects };
      return { ...batch, progress: within(batch.progress, { ...open, publication }) };
    }
    case "BatchRetentionSuspended": {
      const { deletion_ids } = event.data;
      const since = batch.frozen?.since ?? event.recorded_at;
      return { ...batch, frozen: { deletion_ids, since } };
    }
    case "HandOutRefused":
      return batch;
    case "ConsumptionGranted":
      return { ...batch, consumptions: batch.consumptions + 1 };
    case "BatchQuarantined": {
      const { cause, reason } = event.data;
      const progress = { status: "quarantined", cause, reason, before: open } as const;
      return { ...batch, candidate: null, progress };
    }
    case "QuarantineReleased": {
      const unchanged_since = event.recorded_at;
      const progress = open.status === "published" ? { ...open, unchanged_since } : open;
      return { ...batch, progress, cleared_columns: cleared(batch) };
    }
    case "BatchDerived":
      return { ...batch, candidate: event.data };
    case "BatchDerivationDropped":
      return { ...batch, candidate: null };
    case "ErasedSubjectReappeared":
      return batch;
    case "BatchRedacted":
      return redacted(batch, event);
    case "BatchReplayed": {
      const { replay_id, outdated_checks = [] } = event.data;
      const left = outdated_checks.map((source) => [source, null] as const);
      const quality = { ...open.quality, ...Object.fromEntries(left) };
      const progress = within(batch.progress, { ...open, quality });
      return { ...batch, last_replay: replay_id, candidate: null, proposal: null, progress };
    }
    default:
      return assertNever(event);
  }
};

/** Logs from before all of them were recorded name only those that nobody had declared. */
const known = (
  { looks_personal }: Batch,
  { columns }: { readonly columns: readonly Suspicion[] },
): readonly Suspicion[] => [
  ...looks_personal,
  ...columns.filter(({ column }) => !looks_personal.some((one) => one.column === column)),
];

/** Whoever releases what was kept back for its columns has looked at them. */
const cleared = ({ progress, suspicions, cleared_columns }: Batch): readonly string[] =>
  progress.status === "quarantined" && progress.cause === "personal_data"
    ? [...new Set([...cleared_columns, ...suspicions.map(({ column }) => column)])]
    : cleared_columns;

type Redacted = Extract<HeldEvent, { type: "BatchRedacted" }>;

/**
 * The same batch of the rows that are left: what was checked, approved and published stays so. What
 * awaits a decision is void, because it was shown with the rows that are gone.
 */
const redacted = (batch: Batch, { data, recorded_at: unchanged_since }: Redacted): Batch => {
  const { segments, subject_index, run, publication } = data;
  const open = progressOf(batch);
  const quality = rechecked(open.quality, data);
  const before = "privacy" in open ? open.privacy : null;
  const privacy = before && run && { ...before, ...run };
  const progress = ((): Progress => {
    if (open.status === "published" && publication !== null) {
      const { published_at } = open.publication;
      const left = { ...publication, published_at };
      return { ...open, quality, privacy, publication: left, unchanged_since };
    }
    if (privacy !== null) return { status: "anonymized", quality, privacy };
    return open.status === "appended" ? { status: "appended", quality } : rolledBack(quality);
  })();
  const raw = successorIn(data.objects, batch.raw) ?? batch.raw;
  const raw_lost = batch.raw_lost || data.lost !== null;
  return { ...advance(batch, progress), raw, raw_lost, segments, subject_index };
};

/** A check moves a batch between `appended` and `checked`; what is further on stays there. */
const judged = (open: Progress, quality: Quality, { passed }: QualityCheck): Progress => {
  if (open.status === "appended" || open.status === "checked") {
    return { status: passed ? "checked" : "appended", quality };
  }
  return { ...open, quality };
};

/** Where a batch stands by its checks alone, the latest of them. */
const rolledBack = (quality: Quality): Progress => ({
  status: latestCheck(quality)?.passed ? "checked" : "appended",
  quality,
});

/** A derivation: the next revision, under quarantine or not. */
const advance = (batch: Batch, progress: Progress): Batch => ({
  ...batch,
  revision: batch.revision + 1,
  candidate: null,
  proposal: null,
  progress: within(batch.progress, progress),
});

const within = (around: Progress | Quarantined, progress: Progress): Progress | Quarantined =>
  around.status === "quarantined" ? { ...around, before: progress } : progress;

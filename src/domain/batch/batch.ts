/**
 * A batch: one file of a dataset on its way from the upload to those who consume it.
 * `appended -> checked -> anonymized -> published`, from any of them `quarantined` and back, and
 * finally `expired`.
 */
import { assertNever, type Recorded } from "../decider.ts";
import {
  type BatchId,
  type ContractId,
  type DatasetName,
  privacyRunId,
  type ReplayId,
} from "../ids.ts";
import type { Segment } from "../segments.ts";
import type { Suspicion } from "../suspicion.ts";
import type { ObjectRef, Schema } from "../table.ts";
import type { Base, Misfit, ReplayResult } from "./commands.ts";
import type { BatchEvent, PrivacyRun, ProposedRun, Publication, QualityCheck } from "./events.ts";
import { type BatchWork, evolveWork, type WorkEvent } from "./work.ts";

/** The latest check under the contract's rules, and the latest under rules of a request. */
export interface Quality {
  readonly contract: QualityCheck | null;
  readonly request: QualityCheck | null;
}

/** How far a batch that is not in quarantine has come. */
export type Progress =
  | { readonly status: "appended"; readonly quality: Quality }
  | { readonly status: "checked"; readonly quality: Quality }
  | { readonly status: "anonymized"; readonly quality: Quality; readonly privacy: PrivacyRun }
  | {
      readonly status: "published";
      readonly quality: Quality;
      readonly privacy: PrivacyRun | null;
      readonly publication: Publication;
    };

export type QuarantineCause = "schema" | "quality" | "personal_data" | "k_anonymity" | "manual";

export interface Quarantined {
  readonly status: "quarantined";
  readonly cause: QuarantineCause;
  readonly reason: string;
  /** Where the batch goes on when it is released. */
  readonly before: Progress;
}

/** What a replay has derived of the batch; gone with whatever it was derived from. */
export interface Candidate {
  readonly replay_id: ReplayId;
  readonly base: Base;
  readonly result: ReplayResult;
}

/** A misfit with the version of the contract it was found under, where the log says so. */
export interface RecordedMisfit extends Misfit {
  readonly contract_version: number | null;
}

interface BatchCore {
  readonly batch_id: BatchId;
  readonly dataset: DatasetName;
  readonly contract_id: ContractId;
  /** The name it was uploaded under. */
  readonly file_url: string;
  readonly contains_pii: boolean | null;
  /** The bytes as they were appended: everything else is derived from them. */
  readonly raw: ObjectRef;
  /** The schema the raw object was last found to fit, or null while it fits none. */
  readonly schema: Schema | null;
  /** How the raw object fails to fit, while it fits no schema. */
  readonly misfit: RecordedMisfit | null;
  /** Columns of it that look like personal data and were not declared when it was appended. */
  readonly suspicions: readonly Suspicion[];
  /** The privacy run that awaits approval; void once the batch changes. */
  readonly proposal: ProposedRun | null;
  /** Counts the objects derived from the raw one; the next derivation takes the next number. */
  readonly revision: number;
  readonly consumptions: number;
  readonly last_replay: ReplayId | null;
  readonly candidate: Candidate | null;
  /** Where the raw object may be cut, when it came as one that is too large for one pass. */
  readonly segments: readonly Segment[] | null;
  /** The latest long work on it, under way or over. */
  readonly work: BatchWork | null;
  /** When its first file was: a corrected file does not prolong its retention. */
  readonly appended_at: string;
  /** When the file it has now was appended. */
  readonly revised_at: string;
}

export type Batch = BatchCore & { readonly progress: Progress | Quarantined };

type Kept = Omit<
  BatchCore,
  "raw" | "schema" | "misfit" | "candidate" | "proposal" | "segments" | "work"
>;

/** What is left of a batch whose retention has ended: what it was, and no object. */
export interface ExpiredBatch extends Kept {
  readonly file: Omit<ObjectRef, "key">;
  readonly expired_at: string;
}

/** Between the request and the bytes: within one turn, or while a large file is taken over. */
interface Requested {
  readonly status: "requested";
  readonly batch_id: BatchId;
  readonly dataset: DatasetName;
  readonly contract_id: ContractId;
  readonly file_url: string;
  readonly contains_pii: boolean | null;
  readonly work: BatchWork | null;
}

export type BatchState =
  | { readonly status: "absent" }
  | Requested
  | { readonly status: "held"; readonly batch: Batch }
  | { readonly status: "expired"; readonly batch: ExpiredBatch };

export const initialBatch: BatchState = { status: "absent" };

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
    return { status: "expired", batch: expired(state.batch, event.recorded_at) };
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
    schema: null,
    misfit: null,
    suspicions: [],
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
  const fresh = { consumptions: 0, last_replay: null, appended_at: recorded_at };
  return { status: "held", batch: { ...core, ...fresh, ...bytes } };
};

/** Where the bytes may be cut, when it was long work that has found them. */
const segmentsFrom = (work: BatchWork | null, { key }: ObjectRef): readonly Segment[] | null =>
  work?.landed && work.landed.key === key ? work.segments : null;

/** The latest long work on a batch, if there has been any. */
export const workOf = (state: BatchState): BatchWork | null => {
  if (state.status === "held") return state.batch.work;
  return state.status === "requested" ? state.work : null;
};

const expired = (batch: Batch, expired_at: string): ExpiredBatch => {
  const { raw, schema: _, misfit: __, candidate: ___, proposal: ____, ...rest } = batch;
  const { progress: _____, segments: ______, work: _______, ...kept } = rest;
  const { key: ________, ...file } = raw;
  return { ...kept, file, expired_at };
};

type HeldEvent = Exclude<
  Recorded<BatchEvent>,
  { type: "AppendIngestionRequested" | "DataAppended" | "BatchExpired" | WorkEvent["type"] }
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
      return { ...batch, suspicions: event.data.columns };
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
      return advance(batch, { status: "published", quality: open.quality, privacy, publication });
    }
    case "DataExported": {
      if (open.status !== "published") return batch;
      const objects = [...open.publication.objects, event.data.object];
      const publication = { ...open.publication, objects };
      return { ...batch, progress: within(batch.progress, { ...open, publication }) };
    }
    case "ConsumptionGranted":
      return { ...batch, consumptions: batch.consumptions + 1 };
    case "BatchQuarantined": {
      const { cause, reason } = event.data;
      const progress = { status: "quarantined", cause, reason, before: open } as const;
      return { ...batch, candidate: null, progress };
    }
    case "QuarantineReleased":
      return { ...batch, progress: open };
    case "BatchDerived":
      return { ...batch, candidate: event.data };
    case "BatchReplayed":
      return { ...batch, last_replay: event.data.replay_id, candidate: null };
    default:
      return assertNever(event);
  }
};

/** A check moves a batch between `appended` and `checked`; what is further on stays there. */
const judged = (open: Progress, quality: Quality, { passed }: QualityCheck): Progress => {
  if (open.status === "appended" || open.status === "checked") {
    return { status: passed ? "checked" : "appended", quality };
  }
  return { ...open, quality };
};

/** Where a batch stands by its checks alone, the latest of them. */
const rolledBack = (quality: Quality): Progress => {
  const [latest] = [quality.contract, quality.request]
    .filter((check) => check !== null)
    .sort((a, b) => (a.checked_at < b.checked_at ? 1 : -1));
  return { status: latest?.passed ? "checked" : "appended", quality };
};

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

/** How far the batch has come, quarantine left aside. */
export const progressOf = (batch: Batch): Progress =>
  batch.progress.status === "quarantined" ? batch.progress.before : batch.progress;

/** Every object that belongs to the batch now, raw first. */
export const objectsOf = (batch: Batch): readonly ObjectRef[] => {
  const progress = progressOf(batch);
  const { contract, request } = progress.quality;
  return [
    batch.raw,
    ...[contract?.quarantine, request?.quarantine].filter((ref) => ref != null),
    ...("privacy" in progress && progress.privacy ? [progress.privacy.object] : []),
    ...(batch.proposal ? [batch.proposal.object] : []),
    ...(progress.status === "published" ? progress.publication.objects : []),
    ...(batch.candidate ? derivedObjects(batch.candidate.result) : []),
  ];
};

const derivedObjects = (result: ReplayResult): readonly ObjectRef[] => {
  if (result.kind === "misfit") return [];
  const { check, run, publication } = result;
  return [
    ...(check?.quarantine ? [check.quarantine] : []),
    ...(run ? [run.object] : []),
    ...(publication?.objects ?? []),
  ];
};

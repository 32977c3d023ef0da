/**
 * A batch: one file of a dataset on its way from the upload to those who consume it.
 * `appended -> checked -> anonymized -> published`, from any of them `quarantined` and back, and
 * finally `expired`.
 */
import type { BatchId, ContractId, DatasetName, DeletionId, ReplayId } from "../ids.ts";
import type { Segment } from "../segments.ts";
import type { SubjectIndexRef } from "../subjects.ts";
import type { Suspicion } from "../suspicion.ts";
import type { ObjectRef, Schema } from "../table.ts";
import type { Base, Misfit, ReplayResult } from "./commands.ts";
import type { PrivacyRun, ProposedRun, Publication, QualityCheck } from "./events.ts";
import type { BatchWork } from "./work.ts";

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
      /** Since when what is handed out of it is what it is, and is handed out at all. */
      readonly unchanged_since: string;
    };

export type QuarantineCause =
  | "schema"
  | "quality"
  | "personal_data"
  | "erased_subject"
  | "k_anonymity"
  | "manual";

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
  /** Of the upload its file was taken from, as the log has it; null when it is not known. */
  readonly upload_etag: string | null;
  /** Key of the object it was taken over as, which an erasure may have replaced since. */
  readonly taken_as: string;
  /** The bytes as they were appended: everything else is derived from them. */
  readonly raw: ObjectRef;
  /** Whether it is gone without anybody's doing: what is left was derived of it before. */
  readonly raw_lost: boolean;
  /** By which its subjects are found without opening it. */
  readonly subject_index: SubjectIndexRef | null;
  /** The schema the raw object was last found to fit, or null while it fits none. */
  readonly schema: Schema | null;
  /** How the raw object fails to fit, while it fits no schema. */
  readonly misfit: RecordedMisfit | null;
  /** Columns of it that look like personal data, declared or not. */
  readonly looks_personal: readonly Suspicion[];
  /** Those of them that nobody had declared when that was last asked. */
  readonly suspicions: readonly Suspicion[];
  /** Columns that somebody has let go on all the same. */
  readonly cleared_columns: readonly string[];
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
  /** Kept past its retention, for whom and since when. */
  readonly frozen: { readonly deletion_ids: readonly DeletionId[]; readonly since: string } | null;
  /** When its first file was: a corrected file does not prolong its retention. */
  readonly appended_at: string;
  /** When the file it has now was appended. */
  readonly revised_at: string;
}

export type Batch = BatchCore & { readonly progress: Progress | Quarantined };

type Kept = Omit<
  BatchCore,
  | "raw"
  | "raw_lost"
  | "subject_index"
  | "schema"
  | "misfit"
  | "looks_personal"
  | "cleared_columns"
  | "candidate"
  | "proposal"
  | "segments"
  | "work"
  | "frozen"
>;

/** What is left of a batch that has come to its end: what it was, and no object. */
export interface ExpiredBatch extends Kept {
  readonly file: Omit<ObjectRef, "key">;
  /**
   * Its retention, somebody's wish before that, or an erasure: it was destroyed, because a person's
   * rows could not be told apart in it.
   */
  readonly ended_by: "retention" | "request" | "erasure";
  /** That of the wish. */
  readonly reason: string | null;
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

/** The latest long work on a batch, if there has been any. */
export const workOf = (state: BatchState): BatchWork | null => {
  if (state.status === "held") return state.batch.work;
  return state.status === "requested" ? state.work : null;
};

/** How far the batch has come, quarantine left aside. */
export const progressOf = (batch: Batch): Progress =>
  batch.progress.status === "quarantined" ? batch.progress.before : batch.progress;

/** Every object that belongs to the batch now, raw first, then what its checks have left. */
export const objectsOf = (batch: Batch): readonly Pick<ObjectRef, "key">[] => {
  const { contract, request } = progressOf(batch).quality;
  const derived = batch.candidate?.result;
  const check = derived?.kind === "derived" ? derived.check : null;
  const rejected = [contract?.quarantine, request?.quarantine].filter((ref) => ref != null);
  const kept = [contract?.unique?.hashes, check?.unique?.hashes].filter((ref) => ref != null);
  const raw = rawOf(batch);
  const others = tablesOf(batch).slice(raw.length + rejected.length);
  return [...raw, ...rejected, ...kept, ...others];
};

/** None when it is lost. */
const rawOf = ({ raw, raw_lost }: Batch): readonly ObjectRef[] => (raw_lost ? [] : [raw]);

/** Those of them that are made of rows, raw first. */
export const tablesOf = (batch: Batch): readonly ObjectRef[] => {
  const progress = progressOf(batch);
  const { contract, request } = progress.quality;
  return [
    ...rawOf(batch),
    ...[contract?.quarantine, request?.quarantine].filter((ref) => ref != null),
    ...("privacy" in progress && progress.privacy ? [progress.privacy.object] : []),
    ...(batch.proposal ? [batch.proposal.object] : []),
    ...(progress.status === "published" ? progress.publication.objects : []),
    ...(batch.candidate ? derivedTables(batch.candidate.result) : []),
  ];
};

const derivedTables = (result: ReplayResult): readonly ObjectRef[] => {
  if (result.kind === "misfit") return [];
  const { check, run, publication } = result;
  return [
    ...(check?.quarantine ? [check.quarantine] : []),
    ...(run ? [run.object] : []),
    ...(publication?.objects ?? []),
  ];
};

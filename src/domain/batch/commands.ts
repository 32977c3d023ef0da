/** Commands of a batch. Those that follow a pass over the rows carry its result. */
import type { DestroyedBecause } from "../deletion/facts.ts";
import type { LookedFor } from "../deletion/missed.ts";
import type {
  BatchId,
  ContractId,
  DatasetName,
  DeletionId,
  PrivacyRunId,
  ReplayId,
} from "../ids.ts";
import type { ReadingChanges } from "../reading.ts";
import type { KAnonymityFinding } from "../rules/kAnonymity.ts";
import type { ErasedRows, WrittenIndex } from "../subjects.ts";
import type { Suspicion } from "../suspicion.ts";
import type { Format, ObjectRef, Schema, SchemaIssue } from "../table.ts";
import type { DerivedRun, ErasureOfBatch, Publication, QualityCheck } from "./events.ts";
import type { Redaction, ReplacedObject } from "./redacted.ts";
import type { RefuseHandOut } from "./restricted.ts";
import type { CancelWork, FailWork, FinishWork, RecordStep, StartWork } from "./workCommands.ts";

/** How a file fails to fit its schema (the schema has changed, or the file is damaged). */
export interface Misfit {
  readonly issues: readonly SchemaIssue[];
  readonly issue_count: number;
}

export interface AppendRequest {
  readonly batch_id: BatchId;
  readonly dataset: DatasetName;
  readonly contract_id: ContractId;
  readonly file_url: string;
  readonly format: Format;
  /** Of a CSV file; left out: as the contract says it, or found from its header. */
  readonly delimiter?: string;
  /** Of a CSV file, what its contract does not say, or otherwise. */
  readonly reading?: ReadingChanges;
}

export interface AppendData extends AppendRequest {
  readonly type: "AppendData";
  readonly taken: {
    readonly object: ObjectRef;
    readonly misfit: Misfit | null;
    /** For the answer only: names from the file never enter the log. */
    readonly unexpected_columns: readonly string[];
    /** Datetimes that are taken without what they say beyond microseconds; left out: none. */
    readonly cut_datetimes?: number;
    /** Columns of the schema that look like personal data, declared or not. */
    readonly suspicions: readonly Suspicion[];
    /** Of the upload that was read; left out when it is not known. */
    readonly upload_etag?: string | null;
    /** Left out where the dataset names no subjects. */
    readonly subjects?: {
      readonly subject_index: WrittenIndex | null;
      /** Rows of people who were erased before. */
      readonly erased_rows: ErasedRows;
    };
  };
}

export interface RecordQuality {
  readonly type: "RecordQuality";
  readonly batch_id: BatchId;
  readonly check: Omit<QualityCheck, "checked_at">;
  /** For a batch that was anonymised before: the same strategies over the rows that passed. */
  readonly rederived: DerivedRun | null;
}

export interface RecordPrivacy {
  readonly type: "RecordPrivacy";
  readonly batch_id: BatchId;
  readonly run: DerivedRun;
}

export interface ApprovePrivacyRun {
  readonly type: "ApprovePrivacyRun";
  readonly batch_id: BatchId;
  readonly run_id: PrivacyRunId;
  readonly approver: string;
}

/** Rejected by who looked at it or withdrawn by who asked for it; or, once it counts, undone. */
export interface EndPrivacyRun {
  readonly type: "RejectPrivacyRun" | "RollBackPrivacyRun";
  readonly batch_id: BatchId;
  readonly run_id: PrivacyRunId;
  readonly reason: string;
}

/** A later pass found that the file does not fit: the contract's schema has changed. */
export interface RecordMisfit {
  readonly type: "RecordMisfit";
  readonly batch_id: BatchId;
  readonly misfit: Misfit;
}

export interface QuarantineBatch {
  readonly type: "QuarantineBatch";
  readonly batch_id: BatchId;
  readonly reason: string;
}

export interface ReleaseQuarantine {
  readonly type: "ReleaseQuarantine";
  readonly batch_id: BatchId;
  readonly reason: string;
}

/** The retention of its contract has ended, if it has. */
export interface ExpireBatch {
  readonly type: "ExpireBatch";
  readonly batch_id: BatchId;
  readonly now: string;
}

/** Somebody wants it gone before its retention ends. */
export interface ExpireNow {
  readonly type: "ExpireNow";
  readonly batch_id: BatchId;
  readonly reason: string;
}

/** The retention has ended, and the batch may hold persons whose erasure is on hold. */
export interface FreezeRetention {
  readonly type: "FreezeRetention";
  readonly batch_id: BatchId;
  readonly deletion_ids: readonly DeletionId[];
  readonly now: string;
}

export interface PublishData {
  readonly type: "PublishData";
  readonly batch_id: BatchId;
  /** The contract's privacy rules, applied on the way when nobody has run them before. */
  readonly run: DerivedRun | null;
  readonly publication: Omit<Publication, "published_at">;
}

/** What was to be published looks like personal data that nobody has declared, at level strict. */
export interface KeepBack {
  readonly type: "KeepBack";
  readonly batch_id: BatchId;
}

export interface ExportData {
  readonly type: "ExportData";
  readonly batch_id: BatchId;
  readonly object: ObjectRef;
}

export interface GrantConsumption {
  readonly type: "GrantConsumption";
  readonly batch_id: BatchId;
  readonly consumer: string;
  readonly purpose: string | null;
  readonly format: Format;
  /** The object the URL opens. Not recorded: the batch knows its objects. */
  readonly object_key: string;
  readonly signed_at: string;
  readonly expires_at: string;
}

export type ReplayResult =
  | { readonly kind: "misfit"; readonly misfit: Misfit }
  | {
      readonly kind: "derived";
      /** Rows read. */
      readonly rows: number;
      readonly schema: Schema;
      readonly check: Omit<QualityCheck, "checked_at"> | null;
      readonly run: DerivedRun | null;
      readonly publication: Omit<Publication, "published_at"> | null;
    };

/** What a result rests on: it holds as long as all of this is so. */
export interface Base {
  /** Version of the contract's stream. */
  readonly contract_version: number;
  readonly revision: number;
  readonly status: string;
}

/** What a replay has derived of a batch, kept beside it until the whole replay is switched. */
export interface DeriveBatch {
  readonly type: "DeriveBatch";
  readonly batch_id: BatchId;
  readonly replay_id: ReplayId;
  readonly base: Base;
  readonly result: ReplayResult;
}

/** The batch's part in the switch. */
export interface ReplayBatch {
  readonly type: "ReplayBatch";
  readonly batch_id: BatchId;
  readonly replay_id: ReplayId;
  readonly result: ReplayResult;
}

/** What a replay that was cancelled has derived is given up. */
export interface DropDerivation {
  readonly type: "DropDerivation";
  readonly batch_id: BatchId;
  readonly replay_id: ReplayId;
}

/** What an erasure has made of the batch: without the subject's rows, or nothing at all. */
export interface RedactBatch {
  readonly type: "RedactBatch";
  readonly batch_id: BatchId;
  readonly deletion_id: DeletionId;
  /** Version of the request's stream it was planned on. */
  readonly at_version: number;
  readonly result:
    | ({
        readonly kind: "redacted";
        /** Why what was published is not any more. */
        readonly violated: KAnonymityFinding | null;
        readonly subject_index: WrittenIndex | null;
      } & Omit<Redaction, "subject_index">)
    | {
        readonly kind: "destroyed";
        readonly reason: DestroyedBecause;
        readonly looked_for: LookedFor | null;
        readonly objects: readonly ReplacedObject[];
      };
}

/** After a restore: what an erasure had made of the batch counts again, if it is the same batch. */
export interface RebindBatch {
  readonly type: "RebindBatch";
  readonly batch_id: BatchId;
  readonly event: ErasureOfBatch;
}

export type BatchCommand =
  | AppendData
  | RecordQuality
  | RecordPrivacy
  | ApprovePrivacyRun
  | EndPrivacyRun
  | RecordMisfit
  | QuarantineBatch
  | ReleaseQuarantine
  | ExpireBatch
  | ExpireNow
  | FreezeRetention
  | RefuseHandOut
  | PublishData
  | KeepBack
  | ExportData
  | GrantConsumption
  | DeriveBatch
  | ReplayBatch
  | RedactBatch
  | RebindBatch
  | StartWork
  | RecordStep
  | FinishWork
  | FailWork
  | CancelWork
  | DropDerivation;

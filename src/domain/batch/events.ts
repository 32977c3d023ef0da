/** What can happen to a batch. Nothing in here is a cell's value: the log holds no data. */
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
import type { KAnonymityFinding } from "../rules/kAnonymity.ts";
import type { UniqueCheck } from "../rules/uniqueScope.ts";
import type { SubjectIndexRef } from "../subjects.ts";
import type { Suspicion } from "../suspicion.ts";
import type {
  Format,
  ObjectRef,
  PrivacyReport,
  QualityReport,
  Schema,
  SchemaIssue,
} from "../table.ts";
import type { QuarantineCause } from "./batch.ts";
import type { Base, ReplayResult } from "./commands.ts";
import type { Redaction, ReplacedObject } from "./redacted.ts";
import type { WorkEvent } from "./work.ts";

export type RawRules = Readonly<Record<string, unknown>>;

/** A rule that failed on more rows than it may. */
export interface Breach {
  readonly column: string;
  readonly rule: string;
  readonly failures: number;
  /** `batch`: the batch must not go on; `warn`: it may, with a warning. */
  readonly effect: "batch" | "warn";
}

export interface QualityCheck {
  /** Whose rules: the contract's, or those that came with the request. */
  readonly source: "contract" | "request";
  readonly rules: RawRules;
  readonly passed: boolean;
  readonly report: QualityReport;
  readonly breaches: readonly Breach[];
  /** The rejected rows, when there are any. */
  readonly quarantine: ObjectRef | null;
  /** Rows that are left out of everything derived from now on. */
  readonly diverted_rows: number;
  /** With rules that ask for other batches of the dataset: what they were compared with. */
  readonly unique?: UniqueCheck;
  readonly checked_at: string;
}

/** What a privacy run came to, before anybody has decided on it. */
export interface DerivedRun {
  /** The rules that were applied: the contract's, with the request's over them. */
  readonly rules: RawRules;
  /** The part of them that came with a request and outlives the contract's silence. */
  readonly requested: RawRules;
  readonly report: PrivacyReport;
  readonly object: ObjectRef;
  readonly schema: Schema;
}

/** A privacy run that counts. */
export interface PrivacyRun extends DerivedRun {
  readonly run_id: PrivacyRunId;
  /** Who approved it, where the lake's level demands it; else null. */
  readonly approver: string | null;
  readonly anonymized_at: string;
}

/** A privacy run that awaits approval: its object is there, the batch has not changed. */
export interface ProposedRun extends DerivedRun {
  readonly run_id: PrivacyRunId;
  readonly proposed_at: string;
}

export interface Publication {
  readonly objects: readonly ObjectRef[];
  readonly schema: Schema;
  readonly rows: number;
  /** Rows left out because their groups are too small. */
  readonly suppressed_rows: number;
  /** What its contract demanded, and the groups as they were counted; null: nothing. */
  readonly k_anonymity: KAnonymityFinding | null;
  /**
   * The newest moment (RFC 3339) of each column whose freshness the contract watches, null where
   * all of it is null. Never of a column that privacy rules transform, nor of the subject's: they
   * may be a person's.
   */
  readonly newest: Readonly<Record<string, string | null>>;
  readonly published_at: string;
}

export type BatchEvent =
  | WorkEvent
  | {
      readonly type: "AppendIngestionRequested";
      readonly data: {
        readonly batch_id: BatchId;
        readonly dataset: DatasetName;
        readonly contract_id: ContractId;
        readonly contract_version: number;
        /** 1 for a new batch; later ones replace the file of a batch in quarantine. */
        readonly revision: number;
        /** What the contract said then; null in logs from before retention. */
        readonly retention_days: number | null;
        readonly file_url: string;
        readonly format: Format;
        readonly contains_pii: boolean | null;
        readonly warnings: readonly string[];
      };
    }
  | {
      readonly type: "DataAppended";
      readonly data: {
        readonly bytes: number;
        readonly sha256: string;
        readonly rows: number;
        readonly object: ObjectRef;
        /** That of the request before it. */
        readonly revision: number;
        /** By which its subjects are found; null: the dataset names none, or it fits no schema. */
        readonly subject_index: SubjectIndexRef | null;
        /** Columns that look like personal data, declared or not; none in logs that did not say. */
        readonly looks_personal: readonly Suspicion[];
        /** Of the upload it was, keyed (bare in older logs); null when it is not known. */
        readonly upload_etag: string | null;
        /** Of what is not taken as the file has it; left out: there is nothing. */
        readonly warnings?: readonly string[];
      };
    }
  /** Rows of people who were erased before have come again. */
  | {
      readonly type: "ErasedSubjectReappeared";
      readonly data: {
        readonly rows: number;
        /** 1-based data row numbers, ascending, at most MAX_LISTED_ISSUES. */
        readonly sample_rows: readonly number[];
        readonly warnings: readonly string[];
      };
    }
  | { readonly type: "SchemaValidated"; readonly data: { readonly schema: Schema } }
  | {
      readonly type: "SchemaValidationFailed";
      readonly data: {
        readonly reason: string;
        readonly issues: readonly SchemaIssue[];
        readonly issue_count: number;
        /** Of the contract it does not fit; null in logs that did not say. */
        readonly contract_version: number | null;
      };
    }
  /** Columns that look like personal data, and that nobody said anything about. */
  | {
      readonly type: "PersonalDataSuspected";
      readonly data: {
        readonly columns: readonly Suspicion[];
        readonly warnings: readonly string[];
      };
    }
  | {
      readonly type: "QualityCheckPassed" | "QualityCheckFailed";
      readonly data: Omit<QualityCheck, "checked_at"> & { readonly warnings: readonly string[] };
    }
  | {
      readonly type: "DataAnonymized";
      readonly data: DerivedRun & {
        /** Null in logs in which runs had no id: it follows from the batch's revision. */
        readonly run_id: PrivacyRunId | null;
        readonly approver: string | null;
      };
    }
  /** At level strict: what a run came to, for somebody to look at. */
  | {
      readonly type: "PrivacyRunProposed";
      readonly data: DerivedRun & { readonly run_id: PrivacyRunId };
    }
  | {
      readonly type: "PrivacyRunApproved";
      readonly data: { readonly run_id: PrivacyRunId; readonly approver: string };
    }
  /** Rejected or withdrawn; its object is deleted. */
  | {
      readonly type: "PrivacyRunRejected";
      readonly data: { readonly run_id: PrivacyRunId; readonly reason: string };
    }
  /** The batch is what its raw object is again. */
  | {
      readonly type: "PrivacyRunRolledBack";
      readonly data: { readonly run_id: PrivacyRunId; readonly reason: string };
    }
  | {
      readonly type: "DataPublished";
      readonly data: Omit<Publication, "published_at"> & { readonly warnings: readonly string[] };
    }
  /** A published batch in another format, made when it was first asked for. */
  | { readonly type: "DataExported"; readonly data: { readonly object: ObjectRef } }
  | {
      readonly type: "ConsumptionGranted";
      readonly data: {
        readonly consumer: string;
        readonly purpose: string | null;
        readonly format: Format;
        readonly signed_at: string;
        readonly expires_at: string;
      };
    }
  | {
      readonly type: "BatchQuarantined";
      readonly data: { readonly cause: QuarantineCause; readonly reason: string };
    }
  | {
      readonly type: "QuarantineReleased";
      readonly data: { readonly reason: string; readonly warnings: readonly string[] };
    }
  /** Derived anew and not switched to: readers see the batch as it was. */
  | {
      readonly type: "BatchDerived";
      readonly data: {
        readonly replay_id: ReplayId;
        readonly base: Base;
        readonly result: ReplayResult;
      };
    }
  /** Its replay was cancelled: what was derived is deleted. */
  | { readonly type: "BatchDerivationDropped"; readonly data: { readonly replay_id: ReplayId } }
  /** What follows it in the same transaction is what the replay has derived. */
  | {
      readonly type: "BatchReplayed";
      readonly data: {
        readonly replay_id: ReplayId;
        /** Checks whose rules had no part in it and count no more; left out: there are none. */
        readonly outdated_checks?: readonly QualityCheck["source"][];
      };
    }
  /** Its retention has ended, and it is kept: it may hold persons whose erasure is on hold. */
  | {
      readonly type: "BatchRetentionSuspended";
      readonly data: { readonly deletion_ids: readonly DeletionId[]; readonly due_at: string };
    }
  /** It may hold persons whose data may only be stored (Art. 18(2) GDPR): nothing was handed out. */
  | {
      readonly type: "HandOutRefused";
      readonly data: {
        /** Who asked for it, and for what. */
        readonly accessor_id: string;
        readonly purpose: string | null;
        readonly deletion_ids: readonly DeletionId[];
      };
    }
  /** Its retention has ended, or somebody has ended it: all of its objects go, its history stays. */
  | {
      readonly type: "BatchExpired";
      readonly data: {
        readonly retention_days: number;
        /** When the retention ended, or would have. */
        readonly due_at: string;
        /** How many objects are deleted with it. */
        readonly objects: number;
        /** Why somebody has ended it before; left out: its time was over. */
        readonly reason?: string;
      };
    }
  /** A person's rows have been taken out of it: a new revision. */
  | {
      readonly type: "BatchRedacted";
      readonly data: Redaction & {
        readonly deletion_id: DeletionId;
        /** Of the rows that its latest check leaves out, those that are left; older logs say nothing. */
        readonly diverted_rows?: number;
      };
    }
  /** A person's rows could not be told apart in it: every object of it is deleted. */
  | {
      readonly type: "BatchDestroyed";
      readonly data: {
        readonly deletion_id: DeletionId;
        readonly reason: DestroyedBecause;
        /** How the file was looked for before it counted as lost; null: it was there. */
        readonly looked_for: LookedFor | null;
        readonly objects: readonly ReplacedObject[];
      };
    };

/** What an erasure makes of a batch. */
export type ErasureOfBatch = Extract<
  BatchEvent,
  { readonly type: "BatchRedacted" | "BatchDestroyed" }
>;

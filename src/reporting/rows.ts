/** What a row of each rollup holds, but for the keys that name it within its lake. */
import type { ComplianceLevel } from "../domain/lake/lake.ts";
import type { SubjectAccessStatus } from "../domain/subjectAccess/subjectAccess.ts";

export type LakeRow = {
  readonly name: string;
  readonly owner_id: string;
  readonly region: string;
  readonly compliance_level: ComplianceLevel;
  readonly country: string | null;
  readonly time_zone: string | null;
  /** Null: it lies where the platform chooses. */
  readonly jurisdiction: string | null;
  readonly created_at: string;
};

export type DatasetRow = {
  readonly status: "active" | "deprecated";
  readonly description: string | null;
  readonly subject_column: string | null;
  readonly contains_pii: boolean | null;
  readonly encryption_enabled: boolean;
  readonly active_version: number;
  readonly ingestions: number;
  readonly ingested_records: number;
  readonly registered_at: string;
};

/** A schema that the dataset has or had. */
export type DatasetVersionRow = {
  /** JSON, `{column: type}`; `null` when it is too long to stand in a report. */
  readonly columns: string;
  /** Of the contract that brought it, null for the one registered. */
  readonly contract_id: string | null;
  readonly defined_at: string;
};

export type ContractRow = {
  readonly dataset: string;
  readonly status: "defined" | "approved" | "declined" | "deprecated";
  readonly version: number;
  readonly retention_days: number;
  /** As of a dataset's version. */
  readonly columns: string;
  /** JSON, `{column: name of the strategy}`; as above. */
  readonly strategies: string;
  /** How many columns have any. */
  readonly quality_rules: number;
  /** 0: none is demanded. */
  readonly k_anonymity: number;
  readonly defined_at: string;
  readonly updated_at: string;
  /** It and the approver count while the status is `approved`. */
  readonly approved_at: string | null;
  readonly approver: string | null;
  /** Counts while the status is `declined` or `deprecated`. */
  readonly ended_at: string | null;
};

/** Its status follows from `quarantined`, `stage` and `checked`; SQL derives it. */
export type BatchRow = {
  readonly dataset: string;
  readonly contract_id: string;
  readonly contains_pii: boolean | null;
  readonly stage:
    | "appending"
    | "append_failed"
    | "append_cancelled"
    | "appended"
    | "anonymized"
    | "published"
    | "expired";
  readonly checked: boolean;
  readonly quarantined: boolean;
  /** Of its file: as appended, without what erasures have taken out since. */
  readonly size_bytes: number | null;
  readonly row_count: number | null;
  /** Of its latest publication, 0 before the first, and where an erasure has ended it. */
  readonly published_rows: number;
  /** That its latest check has left out, without erased ones. */
  readonly quarantined_rows: number;
  readonly consumptions: number;
  readonly requested_at: string;
  readonly appended_at: string | null;
  readonly published_at: string | null;
  /** Written by the sink alone: it depends on the contract's row. */
  readonly retention_due_at: string | null;
  readonly retention_suspended_at: string | null;
  readonly expired_at: string | null;
};

/** What is the same of every request of a person: the same clocks run. */
type RequestRow = {
  readonly requested_by: string;
  readonly received_at: string;
  readonly requested_at: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
  readonly missed_deadline: string | null;
  readonly extended_at: string | null;
  readonly rejected_at: string | null;
};

/** SQL derives `overdue`, `overdue_at` and `completion_seconds`. */
export type DeletionRow = RequestRow & {
  /** `lost`: it was open, and the lake was restored to a moment before it was made. */
  readonly status:
    | "pending"
    | "held"
    | "in_progress"
    | "completed"
    | "rejected"
    | "failed"
    | "lost";
  readonly completed_at: string | null;
};

/** A request to be told what is held about a person. */
export type SubjectAccessRow = RequestRow & {
  /** `lost`: as of a deletion. */
  readonly status: SubjectAccessStatus | "lost";
  readonly ready_at: string | null;
};

/** Whose lakes GET /lakes shows. */
export type MemberRow = {
  readonly status: "active" | "revoked";
  /** Parted by commas. */
  readonly roles: string;
  readonly granted_at: string;
};

/**
 * Of accesses by day (YYYY-MM-DD, UTC), dataset (empty: none), accessor and action, or purpose; of
 * what happens in a month (YYYY-MM) by dataset and measure.
 */
export type CountRow = { readonly count: number };

/** By dataset and accessor, or purpose. */
export type AccessorRow = {
  readonly first_at: string;
  readonly last_at: string;
  readonly accesses: number;
};

/** By dataset and column: that it looks like personal data. */
export type PersonalColumnRow = {
  /** Of `PII_KINDS`, the strongest sign first, parted by commas. */
  readonly kinds: string;
  readonly seen_at: string;
};

export type WebhookRow = {
  readonly status: "active" | "removed";
  readonly registered_at: string;
};

/** What is counted by month and dataset: events, so that what happens twice counts twice. */
export type Measure =
  | "batches_appended"
  | "rows_appended"
  | "batches_published"
  | "rows_published"
  | "batches_quarantined"
  | "rows_quarantined"
  | "batches_released"
  | "batches_expired"
  | "batches_destroyed"
  | "deletions_extended"
  | "deletions_rejected"
  /** How often a deadline was announced to be near. */
  | "deletion_reminders"
  | "subject_accesses_requested"
  | "subject_accesses_ready"
  | "subject_accesses_overdue"
  | "subject_accesses_extended"
  | "subject_accesses_rejected";

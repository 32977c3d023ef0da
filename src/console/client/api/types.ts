/** Answers as the console reads them: the members it shows, no more. */

/** Counts and duties of a lake (`GET /report`). */
export interface LakeReport {
  readonly lake_id: string;
  readonly lake: string;
  readonly region: string;
  readonly compliance: string;
  readonly datasets: number;
  readonly pii_datasets: number;
  readonly batches: Readonly<Record<string, number>>;
  readonly access_events: number;
  readonly pending_deletions: number;
  readonly overdue_deletions: number;
  readonly freshness_breaches: number;
  /** Of now only. */
  readonly parked_duties?: number;
  readonly events: number;
  readonly as_of: string;
}

export interface LakeItem {
  readonly lake_id: string;
  readonly name?: string;
}

export type Schema = Readonly<Record<string, string>>;

export interface Dataset {
  readonly name: string;
  readonly status: string;
  readonly schema: Schema;
  readonly description: string | null;
  readonly contains_pii: boolean | null;
  readonly encryption_enabled: boolean;
  readonly subject_column: string | null;
  readonly active_version: number;
  readonly schema_versions: readonly { readonly version: number; readonly schema: Schema }[];
  readonly ingestions: { readonly count: number; readonly records: number };
  readonly registered_at: string;
  readonly freshness?: readonly {
    readonly contract_id: string;
    readonly column: string;
    readonly state: string;
    readonly fresh_until: string | null;
  }[];
}

export interface Contract {
  readonly contract_id: string;
  readonly dataset: string;
  readonly status: string;
  readonly version: number;
  readonly retention_days: number;
  readonly schema: Schema;
  readonly privacy_rules: Readonly<Record<string, unknown>>;
  readonly quality_rules: Readonly<Record<string, unknown>>;
  readonly k_anonymity: unknown;
  readonly approver?: string | null;
  readonly reason?: string;
  readonly defined_at: string;
}

export interface Deletion {
  readonly deletion_id: string;
  readonly status: string;
  readonly subject_ref: string;
  readonly requested_by: string;
  readonly requested_at: string;
  readonly received_at: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
  readonly overdue: boolean;
}

/** CloudEvents 1.0 with the log's extension attributes. */
export interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly sequence: number;
  readonly streamversion: number;
  readonly schemaversion: number;
  readonly actor: string;
  readonly correlationid: string;
  readonly causationid?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What any command answers, besides the resource that it is about. */
export interface Recorded {
  readonly message: string;
  readonly events: readonly { readonly seq: number; readonly type: string }[];
  readonly warnings: readonly string[];
}

export interface QualityReport {
  readonly rows: number;
  readonly passed_rows: number;
  readonly failed_rows: number;
  readonly rules?: readonly {
    readonly column: string;
    readonly rule: string;
    readonly severity: string;
    readonly failures: number;
    readonly percent: number;
    /** Null where the reader may not know which rows. */
    readonly sample_rows: readonly number[] | null;
  }[];
}

export interface QualityCheck {
  readonly passed: boolean;
  readonly report: QualityReport;
  readonly rejected_rows?: number;
  readonly checked_at?: string;
}

export interface PrivacyReport {
  readonly rows: number;
  readonly columns: readonly {
    readonly column: string;
    readonly strategy: string;
    readonly cells: number;
    readonly from_type: string;
    readonly to_type: string;
  }[];
}

export interface PrivacyRun {
  readonly run_id: string;
  readonly report: PrivacyReport;
  readonly approver?: string | null;
}

/** Of a dry run: rows as they are and as they would be, hidden where nobody is to see them. */
export interface Preview {
  readonly report: PrivacyReport;
  readonly preview: readonly {
    readonly row: number;
    readonly before: Readonly<Record<string, unknown>>;
    readonly after: Readonly<Record<string, unknown>>;
  }[];
  readonly warnings: readonly string[];
}

export interface Batch {
  readonly batch_id: string;
  readonly dataset: string;
  readonly contract_id: string;
  readonly state: string;
  readonly format?: string;
  readonly bytes?: number;
  readonly digest?: string;
  readonly rows?: number;
  readonly contains_pii: boolean | null;
  readonly revision?: number;
  readonly quality?: {
    readonly contract: QualityCheck | null;
    readonly request: QualityCheck | null;
  };
  readonly privacy?: PrivacyRun | null;
  readonly proposed_privacy?: PrivacyRun | null;
  readonly published?: {
    readonly rows: number;
    readonly suppressed_rows: number;
    readonly schema: Schema;
    readonly published_at: string;
  } | null;
  readonly quarantine?: {
    readonly cause: string;
    readonly reason: string;
    readonly issues: readonly {
      readonly row: number | null;
      readonly column: string | null;
      readonly message: string;
    }[];
    readonly issue_count: number;
  } | null;
  readonly work?: {
    readonly kind: string;
    readonly state: string;
    readonly reason: string | null;
    readonly segments: { readonly done: number; readonly total: number };
    readonly bytes: number;
    readonly total_bytes: number;
  } | null;
  readonly appended_at?: string;
  readonly expires_at?: string;
}

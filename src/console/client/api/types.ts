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

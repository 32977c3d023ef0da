/**
 * The rollups of one row per lake, dataset, batch or deletion: what they hold, and how a later
 * change of a column combines with what is there. Said once, here, because it is done twice: among
 * the events of one delivery (`rollups.ts`) and against the row in D1 (`d1Sink.ts`).
 */
import type { ComplianceLevel } from "../domain/lake/lake.ts";

/**
 * `last`: the later value stands. `sum`: they are added. `ever`: once true stays true, and a
 * `false` only replaces "nobody has said". A column that is null or left out changes nothing.
 */
export type Merge = "last" | "sum" | "ever";

export type LakeRow = {
  readonly name: string;
  readonly owner_id: string;
  readonly region: string;
  readonly compliance_level: ComplianceLevel;
  readonly country: string | null;
  readonly time_zone: string | null;
  readonly created_at: string;
};

export type DatasetRow = {
  readonly status: "active" | "deprecated";
  readonly contains_pii: boolean | null;
  readonly encryption_enabled: boolean;
  readonly active_version: number;
  readonly ingestions: number;
  readonly ingested_records: number;
  readonly registered_at: string;
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
  readonly size_bytes: number | null;
  readonly row_count: number | null;
  readonly consumptions: number;
  readonly requested_at: string;
  readonly appended_at: string | null;
  readonly published_at: string | null;
};

/** SQL derives `overdue`, `overdue_at` and `completion_seconds`. */
export type DeletionRow = {
  /** `lost`: it was open, and the lake was restored to a moment before it was made. */
  readonly status:
    | "pending"
    | "held"
    | "in_progress"
    | "completed"
    | "rejected"
    | "failed"
    | "lost";
  readonly requested_by: string;
  readonly received_at: string;
  readonly requested_at: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
  readonly missed_deadline: string | null;
  readonly completed_at: string | null;
};

/** Whose lakes GET /lakes shows. */
export type MemberRow = {
  readonly status: "active" | "revoked";
  /** Parted by commas. */
  readonly roles: string;
  readonly granted_at: string;
};

export type Value = string | number | boolean | null;

interface Table<Row extends Readonly<Record<string, Value>>> {
  /** The column that names the row within its lake, or null when the lake is the row. */
  readonly key: string | null;
  readonly columns: { readonly [Column in keyof Row]: Merge };
}

const table = <Row extends Readonly<Record<string, Value>>>(
  key: string | null,
  columns: Table<Row>["columns"],
): Table<Row> => ({ key, columns });

export const TABLES = {
  lakes: table<LakeRow>(null, {
    name: "last",
    owner_id: "last",
    region: "last",
    compliance_level: "last",
    country: "last",
    time_zone: "last",
    created_at: "last",
  }),
  datasets: table<DatasetRow>("dataset_id", {
    status: "last",
    contains_pii: "ever",
    encryption_enabled: "last",
    active_version: "last",
    ingestions: "sum",
    ingested_records: "sum",
    registered_at: "last",
  }),
  batches: table<BatchRow>("batch_id", {
    dataset: "last",
    contract_id: "last",
    contains_pii: "last",
    stage: "last",
    checked: "last",
    quarantined: "last",
    size_bytes: "last",
    row_count: "last",
    consumptions: "sum",
    requested_at: "last",
    appended_at: "last",
    published_at: "last",
  }),
  deletions: table<DeletionRow>("deletion_id", {
    status: "last",
    requested_by: "last",
    received_at: "last",
    requested_at: "last",
    deadline: "last",
    statutory_deadline: "last",
    missed_deadline: "last",
    completed_at: "last",
  }),
  members: table<MemberRow>("subject", {
    status: "last",
    roles: "last",
    granted_at: "last",
  }),
} as const satisfies { readonly [Name in TableName]: unknown };

export const TABLE_NAMES = ["lakes", "datasets", "batches", "deletions", "members"] as const;
export type TableName = (typeof TABLE_NAMES)[number];

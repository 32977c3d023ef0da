/**
 * The rollups: what they hold, by which key, and how a later change of a column combines with what
 * is there. Said once, here, because it is done twice: among the events of one delivery
 * (`rollups.ts`) and against the row in D1 (`rollupSql.ts`).
 */
import type {
  AccessorRow,
  BatchRow,
  ContractRow,
  CountRow,
  DatasetRow,
  DatasetVersionRow,
  DeletionRow,
  LakeRow,
  MemberRow,
  PersonalColumnRow,
  SubjectAccessRow,
  WebhookRow,
} from "./rows.ts";

export type * from "./rows.ts";

/**
 * `last`: the later value stands. `first`: the earlier one does. `sum`: they are added. `ever`:
 * once true stays true, and a `false` only replaces "nobody has said". A column that is null or left
 * out changes nothing.
 */
export type Merge = "last" | "first" | "sum" | "ever";

export type Value = string | number | boolean | null;

export interface Table {
  /** The columns that name the row within its lake; none when the lake is the row. */
  readonly keys: readonly string[];
  readonly columns: Readonly<Record<string, Merge>>;
  /**
   * Whether the first change of a row makes it. Otherwise an event has to open it, and what is told
   * of an absent row is dropped.
   */
  readonly counts: boolean;
}

type Merges<Row> = { readonly [Column in keyof Row]: Merge };

const table = <Row>(keys: readonly string[], columns: Merges<Row>) => ({
  keys,
  columns,
  counts: false,
});

const counts = <Row>(keys: readonly string[], columns: Merges<Row>) => ({
  keys,
  columns,
  counts: true,
});

/** Of every request of a person. */
const REQUEST = {
  status: "last",
  requested_by: "last",
  received_at: "last",
  requested_at: "last",
  deadline: "last",
  statutory_deadline: "last",
  // A request is overdue from the first one on: the month it counts in does not change.
  missed_deadline: "first",
  extended_at: "last",
  rejected_at: "last",
} as const;

export const TABLES = {
  lakes: table<LakeRow>([], {
    name: "last",
    owner_id: "last",
    region: "last",
    compliance_level: "last",
    country: "last",
    time_zone: "last",
    jurisdiction: "last",
    created_at: "last",
  }),
  datasets: table<DatasetRow>(["dataset_id"], {
    status: "last",
    description: "last",
    subject_column: "last",
    contains_pii: "ever",
    encryption_enabled: "last",
    active_version: "last",
    ingestions: "sum",
    ingested_records: "sum",
    registered_at: "last",
  }),
  dataset_versions: table<DatasetVersionRow>(["dataset_id", "version"], {
    columns: "last",
    contract_id: "last",
    defined_at: "last",
  }),
  contracts: table<ContractRow>(["contract_id"], {
    dataset: "last",
    status: "last",
    version: "last",
    retention_days: "last",
    columns: "last",
    strategies: "last",
    quality_rules: "last",
    k_anonymity: "last",
    defined_at: "last",
    updated_at: "last",
    approved_at: "last",
    approver: "last",
    ended_at: "last",
  }),
  batches: table<BatchRow>(["batch_id"], {
    dataset: "last",
    contract_id: "last",
    contains_pii: "last",
    stage: "last",
    checked: "last",
    quarantined: "last",
    size_bytes: "last",
    row_count: "last",
    published_rows: "last",
    quarantined_rows: "last",
    consumptions: "sum",
    requested_at: "last",
    appended_at: "last",
    published_at: "last",
    retention_due_at: "last",
    retention_suspended_at: "last",
    expired_at: "last",
  }),
  deletions: table<DeletionRow>(["deletion_id"], {
    ...REQUEST,
    completed_at: "last",
  }),
  subject_accesses: table<SubjectAccessRow>(["subject_access_id"], {
    ...REQUEST,
    ready_at: "last",
  }),
  members: table<MemberRow>(["subject"], {
    status: "last",
    roles: "last",
    granted_at: "last",
  }),
  access_daily: counts<CountRow>(["day", "dataset_id", "accessor_id", "action"], {
    count: "sum",
  }),
  access_purposes: counts<CountRow>(["day", "dataset_id", "accessor_id", "purpose"], {
    count: "sum",
  }),
  accessors: counts<AccessorRow>(["dataset_id", "accessor_id"], {
    first_at: "first",
    last_at: "last",
    accesses: "sum",
  }),
  purposes: counts<AccessorRow>(["dataset_id", "purpose"], {
    first_at: "first",
    last_at: "last",
    accesses: "sum",
  }),
  personal_columns: counts<PersonalColumnRow>(["dataset_id", "column"], {
    kinds: "last",
    seen_at: "last",
  }),
  webhooks: table<WebhookRow>(["webhook_id"], {
    status: "last",
    registered_at: "last",
  }),
  monthly_counts: counts<CountRow>(["month", "dataset_id", "measure"], { count: "sum" }),
} as const satisfies Readonly<Record<string, Table>>;

export type TableName = keyof typeof TABLES;

export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];

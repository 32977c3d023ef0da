/**
 * Reports on what lakes hold: their datasets and batches, what is published and what was held back,
 * contracts that nobody has approved, and batches whose retention ends.
 */
import type { ComplianceLevel } from "../domain/lake/lake.ts";
import { type Key, type Page, type PageRequest, pageOf, startOf } from "./page.ts";
import {
  inScope,
  listValues,
  type Scope,
  type Scoped,
  scoped,
  scopedList,
  WATCHED,
} from "./scope.ts";
import { select } from "./statement.ts";
import type { ContractRow } from "./tables.ts";

export interface DataRequest extends PageRequest, Scope {}

export interface DatasetsRequest extends DataRequest {
  /** Only datasets that hold personal data. */
  readonly contains_pii?: true | undefined;
}

export interface RetentionRequest extends DataRequest {
  /** RFC 3339, UTC, milliseconds: only batches whose retention ends before. */
  readonly due_before: string;
}

/**
 * Batches of each state, and rows that are held: as appended, published, and left out by the latest
 * checks, each without those that erasures have taken out. What was ever appended counts by month.
 */
interface Held {
  readonly batches: Readonly<Record<string, number>>;
  readonly rows_appended: number;
  readonly rows_published: number;
  readonly rows_quarantined: number;
  /** Of batches that are there: those in quarantine. Null when there is none. */
  readonly quarantine_rate: number | null;
  /** Of rows of batches that are there: those that the latest checks have left out. */
  readonly row_quarantine_rate: number | null;
}

export interface LakeDataItem extends Held {
  readonly lake_id: string;
  readonly name: string;
  readonly region: string;
  readonly jurisdiction: string | null;
  readonly compliance_level: ComplianceLevel;
  readonly datasets: number;
  readonly pii_datasets: number;
  readonly contracts: number;
  readonly unapproved_contracts: number;
}

export interface DatasetItem extends Held {
  readonly lake_id: string;
  readonly dataset_id: string;
  readonly status: "active" | "deprecated";
  /** Null while nobody has said. */
  readonly contains_pii: boolean | null;
  readonly encryption_enabled: boolean;
  readonly subject_column: string | null;
  readonly active_version: number;
  /** Of manifest entries for data held elsewhere. */
  readonly ingested_records: number;
  readonly registered_at: string;
}

export interface ContractItem
  extends Pick<
    ContractRow,
    "dataset" | "status" | "version" | "retention_days" | "defined_at" | "updated_at"
  > {
  readonly lake_id: string;
  readonly contract_id: string;
}

export interface RetentionItem {
  readonly lake_id: string;
  readonly batch_id: string;
  readonly dataset: string;
  readonly contract_id: string;
  readonly status: string;
  readonly row_count: number | null;
  readonly appended_at: string;
  readonly retention_due_at: string;
  /** Since when it is kept all the same, for persons whose erasure is on hold. */
  readonly retention_suspended_at: string | null;
}

const BY_LAKE = ["lake_id"] as const;
const BY_DATASET = ["lake_id", "dataset_id"] as const;
const BY_UPDATE = ["updated_at", "lake_id", "contract_id"] as const;
const BY_RETENTION = ["retention_due_at", "lake_id", "batch_id"] as const;

/** Batches by state as a JSON object of [batches, rows, published, quarantined rows]. */
const held = (which: string): string => `(
      SELECT json_group_object(status, json_array(batches, row_count, published_rows,
        quarantined_rows))
      FROM (
        SELECT status, sum(batches) AS batches, sum(row_count) AS row_count,
          sum(published_rows) AS published_rows, sum(quarantined_rows) AS quarantined_rows
        FROM batch_counts WHERE ${which} GROUP BY status HAVING sum(batches) > 0))`;

const DATASET_COLUMNS = `datasets.lake_id, datasets.dataset_id, datasets.status, contains_pii,
      encryption_enabled, subject_column, active_version, ingested_records, registered_at,
      ${held("batch_counts.lake_id = datasets.lake_id AND batch_counts.dataset_id = datasets.dataset_id")} AS held`;

/** The key is that of the table, so a member's lakes are one range each, in their order. */
const datasetList = (name: string, which: string): Scoped =>
  scoped(name, {
    all: `
    SELECT ${DATASET_COLUMNS} FROM datasets
    WHERE (datasets.lake_id, datasets.dataset_id) > (:after_lake_id, :after_dataset_id)${which}
    ORDER BY datasets.lake_id, datasets.dataset_id LIMIT CAST(:limit AS INTEGER)`,
    lake: `
    SELECT ${DATASET_COLUMNS} FROM datasets
    WHERE datasets.lake_id = :lake_id AND datasets.dataset_id > :after_dataset_id${which}
    ORDER BY datasets.dataset_id LIMIT CAST(:limit AS INTEGER)`,
    member: `
    SELECT ${DATASET_COLUMNS} FROM members CROSS JOIN datasets
      ON datasets.lake_id = members.lake_id
    WHERE ${WATCHED} AND members.lake_id >= :after_lake_id
      AND (datasets.lake_id, datasets.dataset_id) > (:after_lake_id, :after_dataset_id)${which}
    ORDER BY members.lake_id, datasets.dataset_id LIMIT CAST(:limit AS INTEGER)`,
  });

const LAKE_COLUMNS = `lakes.lake_id, lakes.name, lakes.region, lakes.jurisdiction,
      lakes.compliance_level,
      (SELECT count(*) FROM datasets WHERE datasets.lake_id = lakes.lake_id) AS datasets,
      (SELECT count(*) FROM datasets
        WHERE datasets.lake_id = lakes.lake_id AND contains_pii = 1) AS pii_datasets,
      (SELECT count(*) FROM contracts WHERE contracts.lake_id = lakes.lake_id) AS contracts,
      (SELECT count(*) FROM contracts
        WHERE contracts.lake_id = lakes.lake_id AND status = 'defined') AS unapproved_contracts,
      ${held("batch_counts.lake_id = lakes.lake_id")} AS held`;

const SQL = {
  lakes: scoped("data.lakes", {
    all: `
    SELECT ${LAKE_COLUMNS} FROM lakes WHERE lakes.lake_id > :after_lake_id
    ORDER BY lakes.lake_id LIMIT CAST(:limit AS INTEGER)`,
    lake: `
    SELECT ${LAKE_COLUMNS} FROM lakes
    WHERE lakes.lake_id = :lake_id AND lakes.lake_id > :after_lake_id
    LIMIT CAST(:limit AS INTEGER)`,
    member: `
    SELECT ${LAKE_COLUMNS} FROM members CROSS JOIN lakes ON lakes.lake_id = members.lake_id
    WHERE ${WATCHED} AND members.lake_id > :after_lake_id
    ORDER BY members.lake_id LIMIT CAST(:limit AS INTEGER)`,
  }),
  datasets: datasetList("data.datasets", ""),
  piiDatasets: datasetList("data.pii_datasets", " AND datasets.contains_pii = 1"),
  unapproved: scopedList("contracts.unapproved", {
    table: "contracts",
    columns: [
      ...["lake_id", "contract_id", "dataset", "status", "version", "retention_days"],
      ...["defined_at", "updated_at"],
    ],
    where: "contracts.status = 'defined'",
    key: BY_UPDATE,
  }),
  retention: scopedList("batches.retention", {
    table: "batches",
    columns: [
      ...["lake_id", "batch_id", "dataset", "contract_id", "status", "row_count", "appended_at"],
      ...["retention_due_at", "retention_suspended_at"],
    ],
    where: `batches.retention_due_at IS NOT NULL AND batches.stage <> 'expired'
        AND batches.retention_due_at < :due_before`,
    key: BY_RETENTION,
  }),
};

/** Batches that never came to be, or are no more: they count for no rate. */
const GONE: readonly string[] = ["appending", "append_failed", "append_cancelled", "expired"];

type Counts = Readonly<Record<string, readonly [number, number, number, number]>>;

/** What `held` says, as the report has it. */
const heldOf = (json: string): Held => {
  const counts = JSON.parse(json) as Counts;
  const present = Object.entries(counts).filter(([status]) => !GONE.includes(status));
  const sum = (part: 0 | 1 | 2 | 3, of = present) =>
    of.reduce((total, [, numbers]) => total + numbers[part], 0);
  const [batches, rows_appended, rows_quarantined] = [sum(0), sum(1), sum(3)];
  const [quarantined = 0] = counts.quarantined ?? [];
  return {
    batches: Object.fromEntries(Object.entries(counts).map(([status, [count]]) => [status, count])),
    rows_appended,
    rows_published: sum(
      2,
      present.filter(([status]) => status === "published"),
    ),
    rows_quarantined,
    quarantine_rate: batches === 0 ? null : quarantined / batches,
    row_quarantine_rate: rows_appended === 0 ? null : rows_quarantined / rows_appended,
  };
};

export const lakeDataKey = ({ lake_id }: LakeDataItem): Key => [lake_id];
export const datasetKey = ({ lake_id, dataset_id }: DatasetItem): Key => [lake_id, dataset_id];
export const contractKey = (item: ContractItem): Key => [
  item.updated_at,
  item.lake_id,
  item.contract_id,
];
export const retentionKey = (item: RetentionItem): Key => [
  item.retention_due_at,
  item.lake_id,
  item.batch_id,
];

type Stored<Item extends Held> = Omit<Item, keyof Held> & { readonly held: string };
type StoredDataset = Omit<Stored<DatasetItem>, "contains_pii" | "encryption_enabled"> & {
  readonly contains_pii: number | null;
  readonly encryption_enabled: number;
};

export const catalogReports = (db: D1Database) => ({
  /** What each lake holds, by lake. */
  async data(asked: DataRequest): Promise<Page<LakeDataItem>> {
    const rows = await select<Stored<LakeDataItem>>(
      db,
      inScope(SQL.lakes, asked),
      listValues(BY_LAKE, startOf(asked.cursor, 1), asked, asked),
    );
    const items = rows.map(({ held: json, ...row }) => ({ ...row, ...heldOf(json) }));
    return pageOf(items, asked.limit, lakeDataKey);
  },

  /** Datasets by lake and name, each with what it holds. */
  async datasets(asked: DatasetsRequest): Promise<Page<DatasetItem>> {
    const list = asked.contains_pii ? SQL.piiDatasets : SQL.datasets;
    const rows = await select<StoredDataset>(
      db,
      inScope(list, asked),
      listValues(BY_DATASET, startOf(asked.cursor, 2), asked, asked),
    );
    const items = rows.map(({ held: json, contains_pii, encryption_enabled, ...row }) => ({
      ...row,
      contains_pii: contains_pii === null ? null : contains_pii === 1,
      encryption_enabled: encryption_enabled === 1,
      ...heldOf(json),
    }));
    return pageOf(items, asked.limit, datasetKey);
  },

  /** Contracts that say what they say and that nobody has approved, the longest waiting first. */
  async unapprovedContracts(asked: DataRequest): Promise<Page<ContractItem>> {
    const rows = await select<ContractItem>(
      db,
      inScope(SQL.unapproved, asked),
      listValues(BY_UPDATE, startOf(asked.cursor, 3), asked, asked),
    );
    return pageOf(rows, asked.limit, contractKey);
  },

  /** Batches whose retention ends, or has ended, before a time: by when it does. */
  async retention(asked: RetentionRequest): Promise<Page<RetentionItem>> {
    const rows = await select<RetentionItem>(db, inScope(SQL.retention, asked), {
      ...listValues(BY_RETENTION, startOf(asked.cursor, 3), asked, asked),
      due_before: asked.due_before,
    });
    return pageOf(rows, asked.limit, retentionKey);
  },
});

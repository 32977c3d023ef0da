/**
 * What the record of processing activities (GDPR Art. 30(1)) is made of: an activity for each
 * dataset, with what its lake, its contracts, its files and the accesses to it say. Read from rollups
 * in the order of their keys, a page at a time.
 */
import type { ComplianceLevel } from "../domain/lake/lake.ts";
import { type Key, type Page, type PageRequest, pageOf, pageSize, startOf } from "./page.ts";
import { inScope, listValues, type Scope, scoped, WATCHED } from "./scope.ts";
import { select } from "./statement.ts";
import type { ContractRow } from "./tables.ts";

/** Of each list of an activity; the counts beside them have all. */
export const MAX_LISTED = 200;

/** A page of the record ends where it becomes larger than this, whatever its limit. */
export const MAX_RECORD_CHARACTERS = 4 * 1024 * 1024;

/** Activities of one statement: no more are read beyond where a page ends. */
export const READ_AT_ONCE = 100;

export interface ActivityContract
  extends Pick<ContractRow, "status" | "retention_days" | "quality_rules" | "k_anonymity"> {
  readonly contract_id: string;
  /** Name of the strategy by column; null: too long to stand here. */
  readonly strategies: Readonly<Record<string, string>> | null;
}

interface Used {
  readonly accesses: number;
  readonly first_at: string;
  readonly last_at: string;
}

export interface ProcessingActivity {
  readonly lake_id: string;
  readonly lake_name: string;
  readonly owner_id: string;
  /** ISO 3166-1 alpha-2 of the controller. */
  readonly country: string | null;
  readonly region: string;
  /** That the platform holds the lake in; null: none was asked for. */
  readonly jurisdiction: string | null;
  readonly compliance_level: ComplianceLevel;
  /** Members with the role. */
  readonly privacy_officers: readonly string[];
  /** Places outside that are told of the lake's events. */
  readonly webhooks: number;
  readonly dataset_id: string;
  readonly status: "active" | "deprecated";
  readonly description: string | null;
  readonly registered_at: string;
  /** Null while nobody has said. */
  readonly contains_pii: boolean | null;
  readonly encryption_enabled: boolean;
  readonly subject_column: string | null;
  /** Type by column, of the schema that counts; null: too long to stand here. */
  readonly columns: Readonly<Record<string, string>> | null;
  /** Columns whose values or names look like personal data, with the kinds, the likeliest first. */
  readonly personal_columns: readonly { readonly column: string; readonly kinds: string }[];
  readonly contracts: readonly ActivityContract[];
  /** Rows that manifest entries speak of: data held elsewhere. */
  readonly ingested_records: number;
  /** Null: none was given. The most accesses first. */
  readonly purposes: readonly ({ readonly purpose: string | null } & Used)[];
  readonly purpose_count: number;
  readonly recipients: readonly ({ readonly accessor_id: string } & Used)[];
  readonly recipient_count: number;
}

export interface RecordRequest extends PageRequest, Scope {}

const BY_DATASET = ["lake_id", "dataset_id"] as const;

const OF_DATASET = (table: string, dataset = "dataset_id"): string =>
  `${table}.lake_id = datasets.lake_id AND ${table}.${dataset} = datasets.dataset_id`;

/** A JSON array of objects with these columns, the first in the order of the table's key. */
const listed = (table: string, columns: readonly string[], which: string, key: string): string =>
  `(SELECT json_group_array(json_object(${columns.map((name) => `'${name}', ${name}`).join(", ")}))
      FROM (SELECT ${columns.join(", ")} FROM ${table} WHERE ${which}
        ORDER BY ${key} LIMIT ${MAX_LISTED}))`;

const USED = ["accesses", "first_at", "last_at"];

const COLUMNS = `datasets.lake_id, lakes.name AS lake_name, lakes.owner_id, lakes.country,
      lakes.region, lakes.jurisdiction, lakes.compliance_level,
      ${listed(
        "members",
        ["subject"],
        "members.lake_id = datasets.lake_id AND members.status = 'active' AND instr(',' || members.roles || ',', ',privacy_officer,') > 0",
        "members.subject",
      )} AS privacy_officers,
      (SELECT count(*) FROM webhooks
        WHERE webhooks.lake_id = datasets.lake_id AND webhooks.status = 'active') AS webhooks,
      datasets.dataset_id, datasets.status, datasets.description, datasets.registered_at,
      datasets.contains_pii, datasets.encryption_enabled, datasets.subject_column,
      (SELECT columns FROM dataset_versions
        WHERE ${OF_DATASET("dataset_versions")}
          AND dataset_versions.version = datasets.active_version) AS columns,
      ${listed("personal_columns", ["column", "kinds"], OF_DATASET("personal_columns"), "personal_columns.column")} AS personal_columns,
      ${listed(
        "contracts",
        ["contract_id", "status", "retention_days", "quality_rules", "k_anonymity", "strategies"],
        OF_DATASET("contracts", "dataset"),
        "contracts.contract_id",
      )} AS contracts,
      datasets.ingested_records,
      ${listed("purposes", ["purpose", ...USED], OF_DATASET("purposes"), "purposes.purpose")} AS purposes,
      (SELECT count(*) FROM purposes WHERE ${OF_DATASET("purposes")}) AS purpose_count,
      ${listed("accessors", ["accessor_id", ...USED], OF_DATASET("accessors"), "accessors.accessor_id")} AS recipients,
      (SELECT count(*) FROM accessors WHERE ${OF_DATASET("accessors")}) AS recipient_count`;

const SQL = scoped("processing_record", {
  all: `
    SELECT ${COLUMNS} FROM datasets CROSS JOIN lakes ON lakes.lake_id = datasets.lake_id
    WHERE (datasets.lake_id, datasets.dataset_id) > (:after_lake_id, :after_dataset_id)
    ORDER BY datasets.lake_id, datasets.dataset_id LIMIT CAST(:limit AS INTEGER)`,
  lake: `
    SELECT ${COLUMNS} FROM datasets CROSS JOIN lakes ON lakes.lake_id = datasets.lake_id
    WHERE datasets.lake_id = :lake_id AND datasets.dataset_id > :after_dataset_id
    ORDER BY datasets.dataset_id LIMIT CAST(:limit AS INTEGER)`,
  member: `
    SELECT ${COLUMNS} FROM members AS watching
      CROSS JOIN datasets ON datasets.lake_id = watching.lake_id
      CROSS JOIN lakes ON lakes.lake_id = datasets.lake_id
    WHERE ${WATCHED.replaceAll("members.", "watching.")} AND watching.lake_id >= :after_lake_id
      AND (datasets.lake_id, datasets.dataset_id) > (:after_lake_id, :after_dataset_id)
    ORDER BY watching.lake_id, datasets.dataset_id LIMIT CAST(:limit AS INTEGER)`,
});

/** As D1 has it: lists and objects as JSON, truths as numbers. */
type Stored = Omit<
  ProcessingActivity,
  | "privacy_officers"
  | "contains_pii"
  | "encryption_enabled"
  | "columns"
  | "personal_columns"
  | "contracts"
  | "purposes"
  | "recipients"
> & {
  readonly privacy_officers: string;
  readonly contains_pii: number | null;
  readonly encryption_enabled: number;
  readonly columns: string | null;
  readonly personal_columns: string;
  readonly contracts: string;
  readonly purposes: string;
  readonly recipients: string;
};

export const activityKey = ({ lake_id, dataset_id }: ProcessingActivity): Key => [
  lake_id,
  dataset_id,
];

export const processingRecords = (db: D1Database) => ({
  /** Activities by lake and dataset; a page may be short and not the last, as it ends by size too. */
  async processingRecord(asked: RecordRequest): Promise<Page<ProcessingActivity>> {
    const most = pageSize(asked.limit);
    const items: ProcessingActivity[] = [];
    let { cursor } = asked;
    let characters = 0;
    do {
      const limit = Math.min(most - items.length, READ_AT_ONCE);
      const values = listValues(BY_DATASET, startOf(cursor, 2), { limit }, asked);
      const rows = await select<Stored>(db, inScope(SQL, asked), values);
      let fitting = 0;
      for (const row of rows.slice(0, limit)) {
        if (characters > MAX_RECORD_CHARACTERS) break;
        characters += JSON.stringify(row).length;
        fitting += 1;
      }
      const read = pageOf(rows.map(activityOf), fitting, activityKey);
      items.push(...read.items);
      cursor = read.next_cursor;
    } while (cursor !== null && items.length < most && characters <= MAX_RECORD_CHARACTERS);
    return { items, next_cursor: cursor };
  },
});

type StoredContract = Omit<ActivityContract, "strategies"> & { readonly strategies: string };

const activityOf = (row: Stored): ProcessingActivity => ({
  ...row,
  privacy_officers: parsed<{ subject: string }>(row.privacy_officers).map((each) => each.subject),
  contains_pii: row.contains_pii === null ? null : row.contains_pii === 1,
  encryption_enabled: row.encryption_enabled === 1,
  columns: JSON.parse(row.columns ?? "null"),
  personal_columns: parsed(row.personal_columns),
  contracts: parsed<StoredContract>(row.contracts).map(({ strategies, ...contract }) => ({
    ...contract,
    strategies: JSON.parse(strategies),
  })),
  purposes: mostFirst(
    parsed<{ purpose: string } & Used>(row.purposes).map(({ purpose, ...used }) => ({
      purpose: purpose === "" ? null : purpose,
      ...used,
    })),
  ),
  recipients: mostFirst(parsed<{ accessor_id: string } & Used>(row.recipients)),
});

/** What the statement itself has put together. */
const parsed = <Item>(json: string): readonly Item[] => JSON.parse(json);

const mostFirst = <Item extends Used>(items: readonly Item[]): readonly Item[] =>
  [...items].sort((a, b) => b.accesses - a.accesses);

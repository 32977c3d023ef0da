/** What the events of a lake, its datasets and its contracts change in the reports. */
import type { ContractContent, ContractEvent } from "../../domain/contract/contract.ts";
import type { DatasetEvent } from "../../domain/dataset/dataset.ts";
import type { FreshnessEvent } from "../../domain/freshness/freshness.ts";
import type { LakeEvent } from "../../domain/lake/lake.ts";
import { byteLength } from "../packing.ts";
import type { ContractRow, DatasetRow, DatasetVersionRow, LakeRow } from "../tables.ts";
import { type ChangesOf, nothing, rowOf } from "./change.ts";

const lake = rowOf<LakeRow>("lakes");
const dataset = rowOf<DatasetRow>("datasets");
const datasetVersion = rowOf<DatasetVersionRow>("dataset_versions");
const contract = rowOf<ContractRow>("contracts");

/** Of a list of columns in a report, in UTF-8. The lake itself has it whole. */
export const MAX_LISTED_BYTES = 256 * 1024;

const listed = (columns: Readonly<Record<string, string>>): string => {
  const json = JSON.stringify(columns);
  return byteLength(json) > MAX_LISTED_BYTES ? "null" : json;
};

/** Names alone: an option may quote a value. */
const strategiesOf = (rules: ContractContent["privacy_rules"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(rules).map(([column, rule]) => [
      column,
      String(typeof rule === "string" ? rule : (rule as { strategy?: unknown }).strategy),
    ]),
  );

const contentOf = (content: ContractContent) => ({
  dataset: content.dataset,
  retention_days: content.retention_days,
  columns: listed(content.schema),
  strategies: listed(strategiesOf(content.privacy_rules)),
  quality_rules: Object.keys(content.quality_rules).length,
  k_anonymity: content.k_anonymity?.k ?? 0,
});

type CatalogEvent = LakeEvent | DatasetEvent | ContractEvent | FreshnessEvent;

export const CATALOG_CHANGES: ChangesOf<CatalogEvent["type"]> = {
  DataLakeCreated: (data, { recorded_at }) =>
    lake.opened([], {
      name: data.name,
      owner_id: data.owner_id,
      region: data.region,
      compliance_level: data.compliance_level,
      country: data.country,
      time_zone: data.time_zone,
      jurisdiction: data.residency.jurisdiction,
      created_at: recorded_at,
    }),
  ComplianceLevelChanged: ({ to }) => lake.changed([], { compliance_level: to }),
  LakeLocalityChanged: (data) => lake.changed([], data),
  LakeRestored: nothing,
  LakeKeyRewrapped: nothing,

  DatasetRegistered: (data, { id, recorded_at }) => [
    dataset.opened(id, {
      status: "active",
      description: data.description,
      subject_column: data.subject_column,
      contains_pii: data.contains_pii,
      encryption_enabled: data.encryption_enabled,
      active_version: 1,
      ingestions: 0,
      ingested_records: 0,
      registered_at: recorded_at,
    }),
    datasetVersion.opened([id, 1], {
      columns: listed(data.schema),
      contract_id: null,
      defined_at: recorded_at,
    }),
  ],
  DatasetIngested: ({ contains_pii, record_count }, { id }) =>
    dataset.changed(id, { contains_pii, ingestions: 1, ingested_records: record_count }),
  SchemaVersionUpdated: ({ version, schema, contract_id }, { id, recorded_at }) =>
    datasetVersion.opened([id, version], {
      columns: listed(schema),
      contract_id,
      defined_at: recorded_at,
    }),
  DatasetVersionActivated: ({ version }, { id }) =>
    dataset.changed(id, { active_version: version }),
  DatasetDeprecated: (_, { id }) => dataset.changed(id, { status: "deprecated" }),
  DatasetAmended: (data, { id }) => dataset.changed(id, data),

  DataContractDefined: (data, { id, recorded_at }) =>
    contract.opened(id, {
      ...contentOf(data),
      status: "defined",
      version: data.version,
      defined_at: recorded_at,
      updated_at: recorded_at,
      approved_at: null,
      approver: null,
      ended_at: null,
    }),
  DataContractUpdated: (data, { id, recorded_at }) =>
    contract.changed(id, {
      ...contentOf(data),
      status: "defined",
      version: data.version,
      updated_at: recorded_at,
    }),
  DataContractApproved: ({ approver }, { id, recorded_at }) =>
    contract.changed(id, { status: "approved", approver, approved_at: recorded_at }),
  DataContractApprovalRevoked: ({ status }, { id }) => contract.changed(id, { status }),
  DataContractDeclined: (_, { id, recorded_at }) =>
    contract.changed(id, { status: "declined", ended_at: recorded_at }),
  DataContractDeprecated: (_, { id, recorded_at }) =>
    contract.changed(id, { status: "deprecated", ended_at: recorded_at }),

  DatasetFreshnessWatched: nothing,
  DatasetFreshnessObserved: nothing,
  DatasetFreshnessBreached: nothing,
  DatasetFreshnessRestored: nothing,
  DatasetFreshnessUnwatched: nothing,
};

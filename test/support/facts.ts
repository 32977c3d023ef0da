/** Facts about one small lake, for specs that start from what has happened. */
import {
  batchId,
  contractId,
  datasetName,
  deletionId,
  lakeId,
  replayId,
} from "../../src/contracts/fields.ts";
import type { AppendData, Misfit, RecordQuality } from "../../src/domain/batch/commands.ts";
import type { BatchEvent, DerivedRun, Publication } from "../../src/domain/batch/events.ts";
import type { ContractEvent, ContractState } from "../../src/domain/contract/contract.ts";
import { evolveContract, initialContract } from "../../src/domain/contract/contract.ts";
import type { DatasetEvent, DatasetState } from "../../src/domain/dataset/dataset.ts";
import { evolveDataset, initialDataset } from "../../src/domain/dataset/dataset.ts";
import { type PrivacyRunId, privacyRunId } from "../../src/domain/ids.ts";
import type { ActiveLake, ComplianceLevel } from "../../src/domain/lake/lake.ts";
import type { Suspicion } from "../../src/domain/suspicion.ts";
import type { ObjectRef, QualityReport, Schema } from "../../src/domain/table.ts";
import { FIRST_RECORDED_AT } from "./deciderSpec.ts";

export const SALES = datasetName.parse("sales");
export const CONTRACT = contractId.parse("contract1");
export const BATCH = batchId.parse("batch1");
export const DELETION = deletionId.parse("deletion1");
export const RUN = privacyRunId(BATCH, 2);
export const REPLAY = replayId.parse("replay1");

export const SCHEMA: Schema = { id: "int", email: "string", amount: "float" };

export const lakeAt = (compliance_level: ComplianceLevel): ActiveLake => ({
  status: "active",
  lake_id: lakeId.parse("north"),
  name: "North",
  owner_id: "olga",
  region: "eu-west-1",
  residency: { jurisdiction: "eu", enforced: false },
  compliance_level,
  country: "DE",
  time_zone: "Europe/Berlin",
  created_at: FIRST_RECORDED_AT,
  restored: null,
});

type Registered = Extract<DatasetEvent, { type: "DatasetRegistered" }>;
export const datasetRegistered = (more: Partial<Registered["data"]> = {}): Registered => ({
  type: "DatasetRegistered",
  data: {
    name: SALES,
    schema: SCHEMA,
    description: null,
    contains_pii: false,
    encryption_enabled: false,
    subject_column: null,
    ...more,
  },
});
export const datasetDeprecated: DatasetEvent = { type: "DatasetDeprecated", data: {} };

type Defined = Extract<ContractEvent, { type: "DataContractDefined" }>;
export const contractDefined = (more: Partial<Defined["data"]> = {}): Defined => ({
  type: "DataContractDefined",
  data: {
    contract_id: CONTRACT,
    dataset: SALES,
    schema: SCHEMA,
    retention_days: 365,
    privacy_rules: {},
    quality_rules: {},
    k_anonymity: null,
    version: 1,
    ...more,
  },
});
export const contractApproved: ContractEvent = {
  type: "DataContractApproved",
  data: { approver: "anna" },
};
export const contractDeclined: ContractEvent = {
  type: "DataContractDeclined",
  data: { reason: "too long" },
};
export const contractDeprecated: ContractEvent = { type: "DataContractDeprecated", data: {} };

export const datasetAfter = (...events: readonly DatasetEvent[]): DatasetState =>
  events.reduce<DatasetState>(
    (state, event) => evolveDataset(state, { ...event, recorded_at: FIRST_RECORDED_AT }),
    initialDataset,
  );

export const contractAfter = (...events: readonly ContractEvent[]): ContractState =>
  events.reduce<ContractState>(
    (state, event) => evolveContract(state, { ...event, recorded_at: FIRST_RECORDED_AT }),
    initialContract,
  );

export const objectAt = (key: string, more: Partial<ObjectRef> = {}): ObjectRef => ({
  key,
  format: "parquet",
  bytes: 100,
  sha256: "ab".repeat(32),
  rows: 3,
  ...more,
});

export const RAW = objectAt("raw/1", { format: "csv" });

export const MISFIT: Misfit = {
  issues: [{ column: "amount", row: 2, message: "amount is no float" }],
  issue_count: 1,
};
export const MISFIT_REASON =
  "The file does not fit the contract's schema: row 2, column amount: amount is no float";

export const appendData = (more: Partial<AppendData> = {}): AppendData => ({
  type: "AppendData",
  batch_id: BATCH,
  dataset: SALES,
  contract_id: CONTRACT,
  file_url: "sales.csv",
  format: "csv",
  taken: { object: RAW, misfit: null, unexpected_columns: [], suspicions: [] },
  ...more,
});

type Requested = Extract<BatchEvent, { type: "AppendIngestionRequested" }>;
export const batchAppended = (
  more: Partial<Requested["data"]> = {},
  looks_personal: readonly Suspicion[] = [],
): readonly [BatchEvent, BatchEvent, BatchEvent] => [
  {
    type: "AppendIngestionRequested",
    data: {
      batch_id: BATCH,
      dataset: SALES,
      contract_id: CONTRACT,
      contract_version: 1,
      retention_days: 365,
      revision: 1,
      file_url: "sales.csv",
      format: "csv",
      contains_pii: false,
      warnings: [],
      ...more,
    },
  },
  {
    type: "DataAppended",
    data: {
      bytes: RAW.bytes,
      sha256: RAW.sha256,
      rows: RAW.rows,
      object: RAW,
      revision: 1,
      subject_index: null,
      looks_personal,
      upload_etag: null,
    },
  },
  { type: "SchemaValidated", data: { schema: SCHEMA } },
];

const REPORT: QualityReport = {
  rows: 3,
  passed_rows: 2,
  failed_rows: 1,
  rules: [
    {
      column: "amount",
      rule: ">0",
      severity: "error",
      failures: 1,
      percent: 33.3333,
      sample_rows: [2],
    },
  ],
};

export const check = (more: Partial<RecordQuality["check"]> = {}): RecordQuality["check"] => ({
  source: "contract",
  rules: { amount: ">0" },
  passed: true,
  report: REPORT,
  breaches: [],
  quarantine: null,
  diverted_rows: 0,
  ...more,
});

export const qualityPassed = (more: Partial<RecordQuality["check"]> = {}): BatchEvent => ({
  type: "QualityCheckPassed",
  data: { ...check(more), warnings: [] },
});

export const run = (key: string): DerivedRun => ({
  rules: { email: "hash" },
  requested: {},
  report: { rows: 3, columns: [] },
  object: objectAt(key),
  schema: SCHEMA,
});

export const anonymized = (
  key = "clean/1",
  { run_id = RUN, approver = null }: { run_id?: PrivacyRunId; approver?: string | null } = {},
): BatchEvent => ({
  type: "DataAnonymized",
  data: { ...run(key), run_id, approver },
});

export const publication = (key: string): Omit<Publication, "published_at"> => ({
  objects: [objectAt(key)],
  schema: SCHEMA,
  rows: 3,
  suppressed_rows: 0,
  k_anonymity: null,
  newest: {},
});

export const published = (key = "published/1"): BatchEvent => ({
  type: "DataPublished",
  data: { ...publication(key), warnings: [] },
});

export const quarantined = (reason = "looks wrong"): BatchEvent => ({
  type: "BatchQuarantined",
  data: { cause: "manual", reason },
});

export const released: BatchEvent = {
  type: "QuarantineReleased",
  data: { reason: "looked again", warnings: [] },
};

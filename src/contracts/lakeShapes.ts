/** As batchShapes.ts, for everything else in a lake. */
import type { AccessEvent } from "../domain/access/access.ts";
import type { ContractEvent } from "../domain/contract/contract.ts";
import type { DatasetEvent } from "../domain/dataset/dataset.ts";
import type { FreshnessEvent } from "../domain/freshness/freshness.ts";
import type { LakeEvent } from "../domain/lake/lake.ts";
import type { MemberEvent } from "../domain/member/member.ts";
import type { ReplayEvent } from "../domain/replay/replay.ts";
import type { TokenEvent } from "../domain/token/token.ts";
import type { WebhookEvent } from "../domain/webhook/webhook.ts";
import {
  FLAG,
  LIST,
  MAYBE_FLAG,
  MAYBE_NUMBER,
  MAYBE_OBJECT,
  MAYBE_TEXT,
  NUMBER,
  OBJECT,
  OPTIONAL_FLAG,
  OPTIONAL_LIST,
  OPTIONAL_OBJECT,
  OPTIONAL_TEXT,
  type ShapesOf,
  TEXT,
  TEXT_OR_OBJECT,
} from "./shape.ts";

type OtherEvent =
  | AccessEvent
  | ContractEvent
  | DatasetEvent
  | FreshnessEvent
  | LakeEvent
  | MemberEvent
  | ReplayEvent
  | TokenEvent
  | WebhookEvent;

const CONTENT = {
  dataset: TEXT,
  schema: OBJECT,
  retention_days: NUMBER,
  privacy_rules: OBJECT,
  quality_rules: OBJECT,
  k_anonymity: MAYBE_OBJECT,
  reading: OPTIONAL_OBJECT,
} as const;

export const LAKE_SHAPES = {
  DataLakeCreated: {
    lake_id: TEXT,
    name: TEXT,
    owner_id: TEXT,
    region: TEXT,
    compliance_level: TEXT,
    country: MAYBE_TEXT,
    time_zone: MAYBE_TEXT,
    residency: OBJECT,
  },
  ComplianceLevelChanged: { from: TEXT, to: TEXT },
  LakeLocalityChanged: { country: OPTIONAL_TEXT, time_zone: OPTIONAL_TEXT },
  LakeRestored: { lost_size: NUMBER, lost_root: TEXT },
  LakeKeyRewrapped: {},
  DatasetRegistered: {
    name: TEXT,
    schema: OBJECT,
    description: MAYBE_TEXT,
    contains_pii: MAYBE_FLAG,
    encryption_enabled: FLAG,
    subject_column: MAYBE_TEXT,
  },
  DatasetIngested: {
    dataset_id: TEXT,
    data_source: TEXT,
    record_count: NUMBER,
    contains_pii: MAYBE_FLAG,
    warnings: LIST,
  },
  SchemaVersionUpdated: { dataset: TEXT, version: NUMBER, schema: OBJECT, contract_id: TEXT },
  DatasetVersionActivated: { version: NUMBER },
  DatasetDeprecated: {},
  DatasetAmended: {
    description: OPTIONAL_TEXT,
    contains_pii: OPTIONAL_FLAG,
    subject_column: OPTIONAL_TEXT,
  },
  DataContractDefined: { ...CONTENT, contract_id: TEXT, version: NUMBER },
  DataContractUpdated: { ...CONTENT, version: NUMBER, retention_days_before: MAYBE_NUMBER },
  DataContractApproved: { approver: TEXT },
  DataContractApprovalRevoked: { approver: TEXT, status: TEXT },
  DataContractDeclined: { reason: TEXT },
  DataContractDeprecated: {},
  DatasetFreshnessWatched: { contract_id: TEXT, dataset: TEXT, columns: LIST },
  DatasetFreshnessObserved: {
    newest: MAYBE_TEXT,
    counted_from: TEXT,
    batch_id: MAYBE_TEXT,
    contract_id: TEXT,
    column: TEXT,
  },
  DatasetFreshnessBreached: { contract_id: TEXT, column: TEXT, newest: MAYBE_TEXT, since: TEXT },
  DatasetFreshnessRestored: { contract_id: TEXT, column: TEXT, newest: MAYBE_TEXT },
  DatasetFreshnessUnwatched: { contract_id: TEXT },
  ReplayRequested: { replay_id: TEXT, dataset: TEXT, batch_ids: LIST, background: OPTIONAL_FLAG },
  ReplayProgressed: { batch_id: TEXT, outcome: TEXT, reason: MAYBE_TEXT, rows: NUMBER },
  ReplayOutdated: { batch_ids: LIST },
  ReplayCompleted: {
    batches: NUMBER,
    rows: NUMBER,
    skipped: NUMBER,
    quarantined: NUMBER,
    failed: NUMBER,
  },
  ReplayCancelled: { reason: MAYBE_TEXT },
  WebhookRegistered: {
    webhook_id: TEXT,
    url: TEXT_OR_OBJECT,
    events: LIST,
    datasets: OPTIONAL_LIST,
    secret: OBJECT,
  },
  WebhookRemoved: { webhook_id: TEXT },
  MemberGranted: { subject: TEXT, roles: LIST },
  MemberRevoked: { subject: TEXT },
  TokenIssued: {
    token_id: TEXT,
    name: TEXT,
    roles: LIST,
    expires_at: TEXT,
    issued_by: TEXT,
    secret_hash: TEXT,
  },
  TokenUsed: { token_id: TEXT, on: TEXT },
  TokenRevoked: { token_id: TEXT },
  AccessAudited: {
    accessor_id: TEXT,
    dataset_id: MAYBE_TEXT,
    action: TEXT,
    purpose: MAYBE_TEXT,
    object: MAYBE_TEXT,
  },
  SignedUrlCreated: {
    dataset: MAYBE_TEXT,
    filename: TEXT,
    method: TEXT,
    signed_at: TEXT,
    expires_at: TEXT,
  },
} as const satisfies ShapesOf<OtherEvent>;

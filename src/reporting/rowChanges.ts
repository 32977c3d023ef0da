/**
 * What one event changes in the reports. A table of all the types the domain knows, so that a new
 * one does not compile until somebody has said what it means to them.
 */
import { idOf, type LakeEvents } from "../application/aggregates.ts";
import type { StoredEvent } from "../application/ports.ts";
import type { AccessAction } from "../domain/access/access.ts";
import type {
  BatchRow,
  DatasetRow,
  DeletionRow,
  LakeRow,
  MemberRow,
  TableName,
  Value,
} from "./tables.ts";

/** Null or left out: unchanged. */
export type Columns = { readonly [column: string]: Value | undefined };

/** A change of one row, still to be combined with what stands in the table. */
export interface RowChange {
  readonly table: TableName;
  readonly id: string;
  /** Starts the row anew, whatever was there. Otherwise an absent row stays absent. */
  readonly opens: boolean;
  readonly columns: Columns;
}

export interface AccessCount {
  readonly table: "access_daily";
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  /** Empty when the access was to no dataset. */
  readonly dataset_id: string;
  readonly accessor_id: string;
  readonly action: AccessAction;
  readonly count: number;
}

export type Change = RowChange | AccessCount;

/**
 * The change an event of the lake makes to the rollups, or null. A type this code does not know
 * makes none: a newer lake may deliver to an older reporter.
 */
export const changeOf = (lake_id: string, event: StoredEvent): Change | null => {
  const { type, data, recorded_at } = event;
  if (!Object.hasOwn(CHANGES, type)) return null;
  // The log's own promise: the type says what the data is.
  const change = CHANGES[type as keyof Changes] as (data: unknown, about: About) => Change | null;
  return change(data, { lake_id, id: idOf(event.stream), recorded_at });
};

interface About {
  readonly lake_id: string;
  /** Of the aggregate within its lake. */
  readonly id: string;
  readonly recorded_at: string;
}

type Changes = {
  readonly [Type in LakeEvents["type"]]: (
    data: (LakeEvents & { readonly type: Type })["data"],
    about: About,
  ) => Change | null;
};

const rowOf = <Row extends Columns>(table: TableName) => ({
  opened: (id: string, columns: Row): RowChange => ({ table, id, opens: true, columns }),
  changed: (id: string, columns: Partial<Row>): RowChange => ({
    table,
    id,
    opens: false,
    columns,
  }),
});

const lake = rowOf<LakeRow>("lakes");
const dataset = rowOf<DatasetRow>("datasets");
const batch = rowOf<BatchRow>("batches");
const deletion = rowOf<DeletionRow>("deletions");
const member = rowOf<MemberRow>("members");

/** In the log, and in no rollup. */
const nothing = (): null => null;

const CHANGES: Changes = {
  DataLakeCreated: (data, { lake_id, recorded_at }) => {
    const { name, owner_id, region, compliance_level, country, time_zone } = data;
    const place = { region, country, time_zone };
    return lake.opened(lake_id, {
      name,
      owner_id,
      compliance_level,
      ...place,
      created_at: recorded_at,
    });
  },
  ComplianceLevelChanged: ({ to }, { lake_id }) => lake.changed(lake_id, { compliance_level: to }),
  LakeRestored: nothing,
  LakeKeyRewrapped: nothing,

  DatasetRegistered: ({ contains_pii, encryption_enabled }, { id, recorded_at }) =>
    dataset.opened(id, {
      status: "active",
      contains_pii,
      encryption_enabled,
      active_version: 1,
      ingestions: 0,
      ingested_records: 0,
      registered_at: recorded_at,
    }),
  DatasetIngested: ({ contains_pii, record_count }, { id }) =>
    dataset.changed(id, { contains_pii, ingestions: 1, ingested_records: record_count }),
  SchemaVersionUpdated: nothing,
  DatasetVersionActivated: ({ version }, { id }) =>
    dataset.changed(id, { active_version: version }),
  DatasetDeprecated: (_, { id }) => dataset.changed(id, { status: "deprecated" }),

  DataContractDefined: nothing,
  DataContractUpdated: nothing,
  DataContractApproved: nothing,
  DataContractDeclined: nothing,
  DataContractDeprecated: nothing,
  DatasetFreshnessWatched: nothing,
  DatasetFreshnessObserved: nothing,
  DatasetFreshnessBreached: nothing,
  DatasetFreshnessRestored: nothing,
  DatasetFreshnessUnwatched: nothing,

  AppendIngestionRequested: (data, { id, recorded_at }) => {
    const { dataset: name, contract_id, contains_pii, revision } = data;
    const about = { dataset: name, contract_id, contains_pii };
    const begins = { stage: "appended", checked: false, quarantined: false } as const;
    if (revision > 1) return batch.changed(id, { ...about, ...begins });
    return batch.opened(id, {
      ...about,
      ...begins,
      size_bytes: null,
      row_count: null,
      consumptions: 0,
      requested_at: recorded_at,
      appended_at: null,
      published_at: null,
    });
  },
  DataAppended: ({ bytes, rows, revision }, { id, recorded_at }) =>
    batch.changed(id, {
      stage: "appended",
      size_bytes: bytes,
      row_count: rows,
      ...(revision > 1 ? {} : { appended_at: recorded_at }),
    }),
  SchemaValidated: nothing,
  SchemaValidationFailed: nothing,
  PersonalDataSuspected: nothing,
  QualityCheckPassed: ({ passed }, { id }) => batch.changed(id, { checked: passed }),
  QualityCheckFailed: ({ passed }, { id }) => batch.changed(id, { checked: passed }),
  DataAnonymized: (_, { id }) => batch.changed(id, { stage: "anonymized" }),
  PrivacyRunProposed: nothing,
  PrivacyRunApproved: nothing,
  PrivacyRunRejected: nothing,
  PrivacyRunRolledBack: (_, { id }) => batch.changed(id, { stage: "appended" }),
  DataPublished: (_, { id, recorded_at }) =>
    batch.changed(id, { stage: "published", published_at: recorded_at }),
  DataExported: nothing,
  ConsumptionGranted: (_, { id }) => batch.changed(id, { consumptions: 1 }),
  BatchQuarantined: (_, { id }) => batch.changed(id, { quarantined: true }),
  QuarantineReleased: (_, { id }) => batch.changed(id, { quarantined: false }),
  // A file that replaces one in quarantine leaves the batch what it is until it is there.
  BatchWorkStarted: ({ order, base }, { id }) =>
    order.kind === "append" && base.revision === 0
      ? batch.changed(id, { stage: "appending" })
      : null,
  BatchWorkProgressed: nothing,
  BatchWorkCompleted: nothing,
  BatchWorkFailed: ({ kind, revision }, { id }) =>
    kind === "append" && revision === 0 ? batch.changed(id, { stage: "append_failed" }) : null,
  BatchWorkCancelled: ({ kind, revision }, { id }) =>
    kind === "append" && revision === 0 ? batch.changed(id, { stage: "append_cancelled" }) : null,
  BatchDerived: nothing,
  BatchDerivationDropped: nothing,
  BatchReplayed: nothing,
  BatchRetentionSuspended: nothing,
  BatchExpired: (_, { id }) => batch.changed(id, { stage: "expired", quarantined: false }),
  BatchDestroyed: (_, { id }) => batch.changed(id, { stage: "expired", quarantined: false }),
  BatchRedacted: ({ run, publication }, { id }) =>
    batch.changed(id, { stage: publication ? "published" : run ? "anonymized" : "appended" }),
  ErasedSubjectReappeared: nothing,

  GDPRDeletionRequested: (data, { id, recorded_at }) =>
    deletion.opened(id, {
      status: "pending",
      requested_by: data.requested_by,
      received_at: data.received_at,
      requested_at: recorded_at,
      deadline: data.deadline,
      statutory_deadline: data.statutory_deadline,
      missed_deadline: null,
      completed_at: null,
    }),
  GDPRDeletionExtended: ({ deadline, statutory_deadline }, { id }) =>
    deletion.changed(id, { deadline, statutory_deadline }),
  GDPRDeletionRejected: (_, { id }) => deletion.changed(id, { status: "rejected" }),
  GDPRDeletionHeld: (_, { id }) => deletion.changed(id, { status: "held" }),
  GDPRDeletionHoldReleased: (_, { id }) => deletion.changed(id, { status: "pending" }),
  GDPRDeletionHoldExpired: (_, { id }) => deletion.changed(id, { status: "pending" }),
  GDPRDeletionIdentityQuestioned: nothing,
  GDPRDeletionIdentityVerified: nothing,
  GDPRDeletionDeadlineApproaching: nothing,
  GDPRDeletionOverdue: ({ deadline }, { id }) =>
    deletion.changed(id, { missed_deadline: deadline }),
  GDPRDeletionStarted: ({ remainder }, { id }) =>
    remainder ? null : deletion.changed(id, { status: "in_progress" }),
  GDPRDeletionProgressed: nothing,
  RecipientsNamed: nothing,
  GDPRDeletionCompleted: ({ completed_at }, { id }) =>
    deletion.changed(id, { status: "completed", completed_at }),
  GDPRDeletionFailed: ({ remainder }, { id }) =>
    remainder ? null : deletion.changed(id, { status: "failed" }),
  // The log may never have heard of the request itself.
  GDPRDeletionReapplied: ({ closing, ...data }, { id }) =>
    closing === "remainder"
      ? null
      : deletion.opened(id, {
          status: "completed",
          requested_by: data.requested_by,
          received_at: data.received_at,
          requested_at: data.requested_at,
          deadline: data.deadline,
          statutory_deadline: data.statutory_deadline,
          missed_deadline: data.deadline_kept ? null : data.deadline,
          completed_at: data.completed_at,
        }),
  GDPRWithholdingEnded: nothing,
  GDPRDeletionRemainderErased: nothing,

  ReplayRequested: nothing,
  ReplayProgressed: nothing,
  ReplayOutdated: nothing,
  ReplayCompleted: nothing,
  ReplayCancelled: nothing,

  WebhookRegistered: nothing,
  WebhookRemoved: nothing,

  MemberGranted: ({ roles }, { id, recorded_at }) =>
    member.opened(id, { status: "active", roles: roles.join(), granted_at: recorded_at }),
  MemberRevoked: (_, { id }) => member.changed(id, { status: "revoked", roles: "" }),
  TokenIssued: nothing,
  TokenUsed: nothing,
  TokenRevoked: nothing,

  SubjectAccessRequested: nothing,
  SubjectAccessSearched: nothing,
  SubjectAccessCollected: nothing,
  SubjectAccessCompleted: nothing,
  SubjectAccessDeadlineApproaching: nothing,
  SubjectAccessOverdue: nothing,
  SubjectAccessExpired: nothing,
  SubjectAccessErased: nothing,
  SubjectAccessExtended: nothing,
  SubjectAccessRejected: nothing,

  AccessAudited: ({ dataset_id, accessor_id, action }, { recorded_at }) => ({
    table: "access_daily",
    day: recorded_at.slice(0, "YYYY-MM-DD".length),
    dataset_id: dataset_id ?? "",
    accessor_id,
    action,
    count: 1,
  }),
  SignedUrlCreated: nothing,
};

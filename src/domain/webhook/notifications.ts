/**
 * What a lake tells those who have asked to be told: types of events, and of each the fields that
 * may leave. It is a list of what goes, not of what stays: free text, names of people and sealed
 * fields are never in a notification; a person appears as their pseudonym.
 */

export const NOTIFICATIONS = {
  GDPRDeletionRequested: ["subject_ref", "received_at", "deadline", "statutory_deadline"],
  GDPRDeletionExtended: ["deadline", "statutory_deadline"],
  GDPRDeletionHeld: ["ground", "until"],
  GDPRDeletionHoldReleased: [],
  GDPRDeletionHoldExpired: ["until"],
  GDPRDeletionRejected: ["ground"],
  GDPRDeletionDeadlineApproaching: ["days_left", "deadline", "statutory_deadline"],
  GDPRDeletionOverdue: ["deadline", "statutory_deadline"],
  GDPRDeletionStarted: ["cause"],
  GDPRDeletionCompleted: [
    "subject_ref",
    "completed_at",
    "deadline",
    "statutory_deadline",
    "deadline_kept",
    "rows_removed",
    "residual_until",
  ],
  GDPRDeletionFailed: ["failure"],
  GDPRDeletionRemainderErased: ["subject_ref", "datasets", "completed_at", "rows_removed"],
  ErasedSubjectReappeared: ["rows"],
  LakeRestored: ["lost_size", "lost_root"],
  DataAppended: ["revision"],
  DataPublished: ["rows"],
  BatchQuarantined: ["cause"],
  QuarantineReleased: [],
  BatchRedacted: [],
  BatchDestroyed: [],
  BatchExpired: [],
  QualityCheckPassed: ["source", "passed"],
  QualityCheckFailed: ["source", "passed"],
  DataAnonymized: [],
  ReplayCompleted: [],
  SchemaVersionUpdated: ["version", "contract_id"],
  DatasetVersionActivated: ["version"],
  DatasetDeprecated: [],
  DataContractUpdated: ["version"],
  DataContractApproved: [],
  DataContractApprovalRevoked: [],
  DataContractDeclined: [],
  DataContractDeprecated: [],
  DatasetFreshnessBreached: ["contract_id", "column", "newest", "since"],
  DatasetFreshnessRestored: ["contract_id", "column", "newest"],
  SubjectAccessCompleted: [],
  SubjectAccessDeadlineApproaching: ["days_left", "deadline", "statutory_deadline"],
  SubjectAccessOverdue: ["deadline", "statutory_deadline"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Notified = keyof typeof NOTIFICATIONS;

export const NOTIFIED = Object.keys(NOTIFICATIONS) as readonly Notified[];

export const isNotified = (type: string): type is Notified => Object.hasOwn(NOTIFICATIONS, type);

/** Whether who asked about these datasets alone is told; what is about no dataset is for everybody. */
export const concerns = (
  { dataset }: { readonly dataset: string | null },
  datasets: readonly string[] | undefined,
): boolean => datasets === undefined || dataset === null || datasets.includes(dataset);

interface Told {
  readonly type: string;
  readonly seq: number;
  readonly stream: string;
  readonly recorded_at: string;
  /** What it is about, if that is a dataset or something of one. */
  readonly dataset: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The body of a notification, in the shape that Standard Webhooks recommends. */
export const notificationOf = (lake_id: string, type: Notified, event: Told) => {
  const told = NOTIFICATIONS[type].map((field) => [field, event.data[field] ?? null] as const);
  return {
    type,
    timestamp: event.recorded_at,
    data: {
      lake_id,
      subject: event.stream,
      sequence: event.seq,
      ...(event.dataset === null ? {} : { dataset: event.dataset }),
      ...Object.fromEntries(told),
    },
  };
};

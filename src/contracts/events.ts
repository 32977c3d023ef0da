/**
 * The stored events: every type the log may hold, the version in which it is written today, and
 * the steps that bring older ones up. An event is never rewritten; it is upcast when it is read.
 */

/** Turns the data of one version into that of the next. */
export type Upcaster = (data: Readonly<Record<string, unknown>>) => Record<string, unknown>;

interface EventContract {
  readonly version: number;
  /** `steps[n - 1]` leads from version n to n + 1. */
  readonly steps: readonly Upcaster[];
}

const v1: EventContract = { version: 1, steps: [] };

/**
 * Version 1 wrapped what a step came to in a member of its own; version 2 has it at the top, where
 * readers of the log look for it.
 */
const unwrapped = (member: string): EventContract => ({
  version: 2,
  steps: [({ [member]: inner, ...rest }) => ({ ...(inner as Record<string, unknown>), ...rest })],
});

/** The next version has further members, which the one before had nothing to say about. */
const extended = (
  { version, steps }: EventContract,
  members: Readonly<Record<string, unknown>>,
): EventContract => ({
  version: version + 1,
  steps: [...steps, (data) => ({ ...data, ...members })],
});

const added = (members: Readonly<Record<string, unknown>>) => extended(v1, members);

/** From before contracts could demand it. */
const UNGROUPED = { suppressed_rows: 0, k_anonymity: null };

/** From before moments were remembered. */
const UNREMEMBERED = { newest: {} };

/** What a replay has derived holds a publication, if it was to be published. */
const inPublication =
  (members: Readonly<Record<string, unknown>>): Upcaster =>
  (data) => {
    const result = data.result as Readonly<Record<string, unknown>>;
    if (!result.publication) return { ...data };
    const publication = { ...(result.publication as object), ...members };
    return { ...data, result: { ...result, publication } };
  };

const derived: EventContract = {
  version: 3,
  steps: [inPublication(UNGROUPED), inPublication(UNREMEMBERED)],
};

/** From before a recipient's batches were counted instead of named where there are many. */
const allNamed: Upcaster = ({ recipients, ...data }) => ({
  ...data,
  recipients: (recipients as readonly object[]).map((each) => ({ ...each, batches_omitted: 0 })),
});

/** From before lists of an erasure's facts left anything out. */
const NOTHING_OMITTED = {
  destroyed: 0,
  lost_files: 0,
  unreadable_datasets: 0,
  transformed: 0,
  held_elsewhere: 0,
  not_searched: 0,
};

const closing: EventContract = {
  version: 3,
  steps: [
    (data) => ({ ...data, lost_files: [] }),
    (data) => ({ ...allNamed(data), omitted: NOTHING_OMITTED }),
  ],
};

export const EVENT_CONTRACTS: Readonly<Record<string, EventContract>> = {
  // Where it lay was the platform's choice before.
  DataLakeCreated: added({ residency: { jurisdiction: null, enforced: false } }),
  ComplianceLevelChanged: v1,
  LakeLocalityChanged: v1,
  LakeRestored: v1,
  LakeKeyRewrapped: v1,
  DatasetRegistered: v1,
  DatasetIngested: v1,
  SchemaVersionUpdated: v1,
  DatasetVersionActivated: v1,
  DatasetDeprecated: v1,
  DatasetAmended: v1,
  DataContractDefined: added({ k_anonymity: null }),
  DataContractUpdated: extended(added({ retention_days_before: null }), { k_anonymity: null }),
  DataContractApproved: v1,
  DataContractApprovalRevoked: v1,
  DataContractDeclined: v1,
  DataContractDeprecated: v1,
  DatasetFreshnessWatched: v1,
  DatasetFreshnessObserved: v1,
  DatasetFreshnessBreached: v1,
  DatasetFreshnessRestored: v1,
  DatasetFreshnessUnwatched: v1,
  AppendIngestionRequested: added({ revision: 1, retention_days: null }),
  DataAppended: extended(extended(added({ revision: 1 }), { subject_index: null }), {
    looks_personal: [],
    upload_etag: null,
  }),
  ErasedSubjectReappeared: v1,
  SchemaValidated: v1,
  SchemaValidationFailed: added({ contract_version: null }),
  PersonalDataSuspected: v1,
  QualityCheckPassed: unwrapped("check"),
  QualityCheckFailed: unwrapped("check"),
  DataAnonymized: extended(unwrapped("run"), { run_id: null, approver: null }),
  PrivacyRunProposed: v1,
  PrivacyRunApproved: v1,
  PrivacyRunRejected: v1,
  PrivacyRunRolledBack: v1,
  DataPublished: extended(extended(unwrapped("publication"), UNGROUPED), UNREMEMBERED),
  DataExported: v1,
  ConsumptionGranted: v1,
  BatchQuarantined: v1,
  QuarantineReleased: added({ warnings: [] }),
  BatchWorkStarted: v1,
  BatchWorkProgressed: v1,
  BatchWorkCompleted: v1,
  BatchWorkFailed: added({ revision: 0 }),
  BatchWorkCancelled: v1,
  BatchDerivationDropped: v1,
  BatchDerived: derived,
  BatchReplayed: v1,
  BatchRetentionSuspended: v1,
  HandOutRefused: v1,
  BatchExpired: v1,
  BatchRedacted: added({ lost: null }),
  BatchDestroyed: added({ looked_for: null }),
  GDPRDeletionRequested: added({ identity_verified: null }),
  GDPRDeletionExtended: v1,
  GDPRDeletionRejected: v1,
  GDPRDeletionHeld: added({ until: null }),
  GDPRDeletionHoldReleased: v1,
  GDPRDeletionHoldExpired: v1,
  GDPRDeletionIdentityQuestioned: v1,
  GDPRDeletionIdentityVerified: v1,
  GDPRDeletionDeadlineApproaching: v1,
  GDPRDeletionOverdue: v1,
  GDPRDeletionStarted: added({ deadline: null }),
  GDPRDeletionProgressed: v1,
  RecipientsNamed: { version: 2, steps: [allNamed] },
  GDPRDeletionCompleted: closing,
  GDPRDeletionFailed: v1,
  GDPRWithholdingEnded: v1,
  GDPRDeletionRemainderErased: closing,
  GDPRDeletionReapplied: closing,
  ReplayRequested: v1,
  ReplayProgressed: v1,
  ReplayOutdated: v1,
  ReplayCompleted: v1,
  ReplayCancelled: v1,
  // The URL is sealed; one that was registered before stands as it does.
  WebhookRegistered: added({}),
  WebhookRemoved: v1,
  MemberGranted: v1,
  MemberRevoked: v1,
  TokenIssued: v1,
  TokenUsed: v1,
  TokenRevoked: v1,
  SubjectAccessRequested: v1,
  SubjectAccessSearched: v1,
  SubjectAccessCollected: v1,
  // Whoever asked had the answer with it: it says when the file goes.
  SubjectAccessCompleted: added({}),
  SubjectAccessAnswered: v1,
  SubjectAccessDeadlineApproaching: v1,
  SubjectAccessOverdue: v1,
  SubjectAccessExpired: v1,
  SubjectAccessErased: v1,
  SubjectAccessExtended: v1,
  SubjectAccessRejected: v1,
  AccessAudited: v1,
  SignedUrlCreated: v1,
};

/** Throws at start-up when a type's steps do not lead from version 1 to its present one. */
export const checkEventContracts = (
  contracts: Readonly<Record<string, EventContract>> = EVENT_CONTRACTS,
): void => {
  for (const [type, { version, steps }] of Object.entries(contracts)) {
    if (steps.length !== version - 1) {
      throw new Error(`event ${type} is at version ${version} but has ${steps.length} upcasters`);
    }
  }
};

/** The version in which events of this type are written. Throws for an unknown type. */
export const writtenVersion = (type: string): number => contractOf(type).version;

/**
 * The data as of the present version. Throws for a type or version this code does not know.
 * `contracts` is a parameter for the tests.
 */
export const upcast = (
  type: string,
  version: number,
  data: Readonly<Record<string, unknown>>,
  contracts: Readonly<Record<string, EventContract>> = EVENT_CONTRACTS,
): Readonly<Record<string, unknown>> => {
  const contract = contractOf(type, contracts);
  if (version < 1 || version > contract.version) {
    throw new Error(`event ${type} of version ${version}: this code knows 1-${contract.version}`);
  }
  return contract.steps.slice(version - 1).reduce((current, step) => step(current), data);
};

const contractOf = (type: string, contracts = EVENT_CONTRACTS): EventContract => {
  const contract = Object.hasOwn(contracts, type) ? contracts[type] : undefined;
  if (contract === undefined) throw new Error(`event type ${type} is not known`);
  return contract;
};

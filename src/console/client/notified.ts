/** What a webhook can be told about, in groups as a person chooses them. */
import { words } from "./format.ts";
import type { Tick } from "./tick.ts";

/** A type of event as it is told: `GDPRDeletionOverdue` as `deletion overdue`. */
export const eventName = (type: string): string => words(type.replace(/^GDPR/, ""));

const ticks = (types: readonly string[]): readonly Tick[] =>
  types.map((value) => ({
    value,
    label: eventName(value).replace(/^./, (first) => first.toUpperCase()),
  }));

export const NOTIFIED: readonly { readonly group: string; readonly of: readonly Tick[] }[] = [
  {
    group: "Erasures",
    of: ticks([
      "GDPRDeletionRequested",
      "GDPRDeletionExtended",
      "GDPRDeletionHeld",
      "GDPRDeletionHoldReleased",
      "GDPRDeletionHoldExpired",
      "GDPRDeletionRejected",
      "GDPRDeletionDeadlineApproaching",
      "GDPRDeletionOverdue",
      "GDPRDeletionStarted",
      "GDPRDeletionCompleted",
      "GDPRDeletionFailed",
      "GDPRDeletionRemainderErased",
      "ErasedSubjectReappeared",
    ]),
  },
  {
    group: "Requests for access",
    of: ticks([
      "SubjectAccessCompleted",
      "SubjectAccessDeadlineApproaching",
      "SubjectAccessOverdue",
    ]),
  },
  {
    group: "Data",
    of: ticks([
      "DataAppended",
      "QualityCheckPassed",
      "QualityCheckFailed",
      "DataAnonymized",
      "DataPublished",
      "BatchQuarantined",
      "QuarantineReleased",
      "BatchRedacted",
      "BatchDestroyed",
      "BatchExpired",
      "ReplayCompleted",
      "DatasetFreshnessBreached",
      "DatasetFreshnessRestored",
    ]),
  },
  {
    group: "Datasets, contracts and the lake",
    of: ticks([
      "SchemaVersionUpdated",
      "DatasetVersionActivated",
      "DatasetDeprecated",
      "DataContractUpdated",
      "DataContractApproved",
      "DataContractApprovalRevoked",
      "DataContractDeclined",
      "DataContractDeprecated",
      "LakeRestored",
    ]),
  },
];

/** Names of datasets as they are typed, parted by commas or blanks. */
export const namesIn = (typed: string): readonly string[] =>
  typed.split(/[\s,]+/).filter((name) => name !== "");

/** What requests of persons change in the reports: to be forgotten, and to be told. */
import type { DeletionEvent } from "../../domain/deletion/events.ts";
import type { SubjectAccessEvent } from "../../domain/subjectAccess/subjectAccess.ts";
import type { DeletionRow, SubjectAccessRow } from "../tables.ts";
import { type ChangesOf, counted, nothing, rowOf } from "./change.ts";

const deletion = rowOf<DeletionRow>("deletions");
const access = rowOf<SubjectAccessRow>("subject_accesses");

export const REQUEST_CHANGES: ChangesOf<DeletionEvent["type"] | SubjectAccessEvent["type"]> = {
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
      extended_at: null,
      rejected_at: null,
    }),
  GDPRDeletionExtended: ({ deadline, statutory_deadline }, about) => [
    deletion.changed(about.id, { deadline, statutory_deadline, extended_at: about.recorded_at }),
    ...counted(about, { deletions_extended: 1 }),
  ],
  GDPRDeletionRejected: (_, about) => [
    deletion.changed(about.id, { status: "rejected", rejected_at: about.recorded_at }),
    ...counted(about, { deletions_rejected: 1 }),
  ],
  GDPRDeletionHeld: (_, { id }) => deletion.changed(id, { status: "held" }),
  GDPRDeletionHoldReleased: (_, { id }) => deletion.changed(id, { status: "pending" }),
  GDPRDeletionHoldExpired: (_, { id }) => deletion.changed(id, { status: "pending" }),
  GDPRDeletionIdentityQuestioned: nothing,
  GDPRDeletionIdentityVerified: nothing,
  GDPRDeletionDeadlineApproaching: (_, about) => counted(about, { deletion_reminders: 1 }),
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
          extended_at: null,
          rejected_at: null,
        }),
  GDPRWithholdingEnded: nothing,
  GDPRDeletionRemainderErased: nothing,

  SubjectAccessRequested: (data, about) => [
    access.opened(about.id, {
      status: "collecting",
      requested_by: data.requested_by,
      received_at: data.received_at,
      requested_at: about.recorded_at,
      deadline: data.deadline,
      statutory_deadline: data.statutory_deadline,
      missed_deadline: null,
      ready_at: null,
      extended_at: null,
      rejected_at: null,
    }),
    ...counted(about, { subject_accesses_requested: 1 }),
  ],
  SubjectAccessSearched: nothing,
  SubjectAccessCollected: nothing,
  // `collecting` until it is handed out, for so long it is owed; in older logs it was answered then.
  SubjectAccessCompleted: ({ expires_at }, about) => [
    access.changed(about.id, {
      ...(expires_at === null ? {} : { status: "ready" }),
      ready_at: about.recorded_at,
    }),
    ...counted(about, { subject_accesses_ready: 1 }),
  ],
  SubjectAccessAnswered: (_, { id }) => access.changed(id, { status: "ready" }),
  SubjectAccessDeadlineApproaching: nothing,
  SubjectAccessOverdue: ({ deadline }, about) => [
    access.changed(about.id, { missed_deadline: deadline }),
    ...counted(about, { subject_accesses_overdue: 1 }),
  ],
  SubjectAccessExpired: (_, { id }) => access.changed(id, { status: "expired" }),
  SubjectAccessErased: (_, { id }) => access.changed(id, { status: "erased" }),
  SubjectAccessExtended: ({ deadline, statutory_deadline }, about) => [
    access.changed(about.id, { deadline, statutory_deadline, extended_at: about.recorded_at }),
    ...counted(about, { subject_accesses_extended: 1 }),
  ],
  SubjectAccessRejected: (_, about) => [
    access.changed(about.id, { status: "rejected", rejected_at: about.recorded_at }),
    ...counted(about, { subject_accesses_rejected: 1 }),
  ],
};

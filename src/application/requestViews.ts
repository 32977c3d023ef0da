/**
 * Requests of persons as a client sees them: to be forgotten, and to be told. Sealed fields show that
 * they are sealed, or that what they were sealed under is gone.
 */
import { type Deletion, isOpen, restricts, runningErasure } from "../domain/deletion/deletion.ts";
import type { Erasure } from "../domain/deletion/erasure.ts";
import { nextLook } from "../domain/deletion/missed.ts";
import { isOwed, type SubjectAccess } from "../domain/subjectAccess/subjectAccess.ts";
import type { StateOf } from "./aggregates.ts";
import { REMEDIES } from "./remedies.ts";
import type { View } from "./views.ts";

const SEALED = { sealed: true } as const;
/** Sealed under a key that is destroyed. */
export const ERASED = { erased: true } as const;

/** What a request shows in the place of its sealed fields. */
export const hiddenFields = (
  request: Deletion | SubjectAccess,
  hidden: typeof SEALED | typeof ERASED,
): View => ({
  subject_id: hidden,
  ...("reason" in request ? { reason: hidden } : {}),
  answers: request.answers.map(({ decision, ground, decided_at }) => ({
    decision,
    reason: hidden,
    ground,
    decided_at,
  })),
});

export const deletionView = (deletion: StateOf<"deletion">, now: string): View | null => {
  if (deletion.status === "absent") return null;
  const { version: _, reminded: __, missed_deadline: ___, keys_gone_at: ____, ...rest } = deletion;
  const { not_searched, ...shown } = rest;
  // The key is gone for good with the erasure: nobody will open these again.
  const hidden = deletion.completed_at === null ? SEALED : ERASED;
  return {
    ...shown,
    ...hiddenFields(deletion, hidden),
    restricted: restricts(deletion),
    overdue: deletion.overdue || (isOpen(deletion) && now >= deletion.deadline),
    erasure: erasureView(deletion, deletion.erasure),
    ...(deletion.status === "completed" ? { not_searched } : {}),
    ...(deletion.status === "rejected" ? { remedies: REMEDIES } : {}),
  };
};

/** How far an erasure is, in counts. */
const erasureView = (deletion: Deletion, erasure: Erasure | null) =>
  erasure && {
    started_at: erasure.started_at,
    phase: isDone(deletion) ? "done" : erasure.phase,
    round: erasure.round,
    batches: {
      looked_at: erasure.looked_at,
      opened: erasure.opened,
      hit: erasure.erased_from.length,
    },
    rows_removed: erasure.rows_removed,
    missing: erasure.missed.map((batch) => ({ ...batch, next_at: nextLook(batch) })),
    uploads: erasure.uploads,
    verification: erasure.verification,
  };

/** On hold or failed it stays where it has come to. */
const isDone = (deletion: Deletion): boolean =>
  deletion.status === "completed" && deletion.failure === null && runningErasure(deletion) === null;

export const subjectAccessView = (access: StateOf<"subject-access">, now: string): View | null => {
  if (access.status === "absent") return null;
  const { after: _, searched: __, waiting, parts, reminded: ___, file, ...rest } = access;
  const {
    subject_refs: ____,
    missed_deadline: _____,
    looked_at,
    opened,
    unreadable,
    recipients,
    ...shown
  } = rest;
  const late = isOwed(access) && now >= access.deadline;
  const hidden = access.status === "erased" ? ERASED : SEALED;
  return {
    ...shown,
    ...hiddenFields(access, hidden),
    ...(access.status === "rejected" ? { remedies: REMEDIES } : {}),
    overdue: access.overdue || late,
    batches: { looked_at, waiting: waiting.length, opened, unreadable },
    rows: file?.rows ?? parts.reduce((sum, { rows }) => sum + rows, 0),
    recipients,
    file: file && { format: "jsonl", bytes: file.bytes, rows: file.rows },
  };
};

/** Facts about a request that is carried out, for specs that start from what has happened. */
import { batchId } from "../../src/contracts/fields.ts";
import { type DeletionCommand, decideDeletion } from "../../src/domain/deletion/decide.ts";
import { evolveDeletion, initialDeletion } from "../../src/domain/deletion/deletion.ts";
import type { ErasureStep } from "../../src/domain/deletion/erasure.ts";
import type { DeletionEvent, Withheld } from "../../src/domain/deletion/events.ts";
import type { ErasureFacts } from "../../src/domain/deletion/facts.ts";
import type { BatchId } from "../../src/domain/ids.ts";
import { deciderSpec, FIRST_RECORDED_AT } from "./deciderSpec.ts";
import { DELETION, lakeAt, SALES } from "./facts.ts";
import { subjectRef } from "./subjects.ts";

export const givenErasure = deciderSpec(
  { decide: decideDeletion, evolve: evolveDeletion, initialState: initialDeletion },
  { lake: lakeAt("gdpr") },
);

export const REFS = { string: subjectRef("jane") };
export const DEADLINE = "2026-12-23T12:00:00.000Z";
export const LATER = "2027-06-01T00:00:00.000Z";
export const WHY = { sealed: "d2h5" };

export const A = batchId.parse("a");
export const B = batchId.parse("b");

export const requested: DeletionEvent = {
  type: "GDPRDeletionRequested",
  data: {
    deletion_id: DELETION,
    subject_ref: REFS.string,
    subject_id: { sealed: "c3ViamVjdA==" },
    reason: WHY,
    requested_by: "petra",
    identity_verified: null,
    received_at: FIRST_RECORDED_AT,
    deadline: DEADLINE,
    statutory_deadline: DEADLINE,
  },
};

export const ground = "Art. 17(3)(b)";
export const kept: Withheld = { dataset: SALES, ground, until: LATER };

type Started = Extract<DeletionEvent, { type: "GDPRDeletionStarted" }>;

export const started = (more: Partial<Started["data"]> = {}): Started => ({
  type: "GDPRDeletionStarted",
  data: {
    cause: "command",
    reason: null,
    subject_refs: REFS,
    withheld: [],
    resumed: false,
    remainder: false,
    deadline: null,
    ...more,
  },
});

export const progressed = (step: ErasureStep, round = 1): DeletionEvent => ({
  type: "GDPRDeletionProgressed",
  data: { round, step },
});

/** A page of batches, the last unless it is said otherwise. */
export const looked = (...hits: readonly BatchId[]): Extract<ErasureStep, { kind: "looked" }> => ({
  kind: "looked",
  after: 9,
  done: true,
  batches: 2,
  hits,
});

export const opened = (
  batch_id: BatchId,
  outcome: Extract<ErasureStep, { kind: "opened" }>["outcome"] = "redacted",
): ErasureStep => ({
  kind: "opened",
  batch_id,
  dataset: SALES,
  outcome,
  rows_removed: outcome === "redacted" ? 2 : 0,
});

/** Its file could not be had. */
export const missed = (batch_id: BatchId, at: string): ErasureStep => ({
  kind: "missed",
  batch_id,
  dataset: SALES,
  at,
});

export const uploads = (deleted = 0, after: string | null = null): ErasureStep => ({
  kind: "uploads",
  after,
  scanned: 3,
  deleted,
});

export const verified = (batch_id: BatchId, rows_found = 0): ErasureStep => ({
  kind: "verified",
  batch_id,
  objects: 2,
  rows_read: 7,
  rows_found,
});

/** Batch `a` held the subject, and nothing does any more; the last look is the last of it. */
export const DONE: readonly DeletionEvent[] = [
  progressed(looked(A)),
  progressed(opened(A)),
  progressed(uploads()),
  progressed(looked(), 2),
  progressed(uploads(), 2),
  progressed(verified(A), 2),
  progressed(looked(), 2),
];

export const facts = (more: Partial<ErasureFacts> = {}): ErasureFacts => ({
  deletion_id: DELETION,
  subject_ref: REFS.string,
  requested_by: "petra",
  received_at: FIRST_RECORDED_AT,
  requested_at: FIRST_RECORDED_AT,
  started_at: FIRST_RECORDED_AT,
  completed_at: "2026-11-24T12:00:00.000Z",
  deadline: DEADLINE,
  statutory_deadline: DEADLINE,
  deadline_kept: true,
  batches: { looked_at: 2, opened: 1, hit: 1 },
  rows_removed: 2,
  objects: [],
  objects_omitted: 0,
  destroyed: [],
  lost_files: [],
  unreadable_datasets: [],
  transformed: [],
  uploads: { scanned: 3, deleted: 0 },
  withheld: [],
  recipients: [],
  recipients_omitted: 0,
  omitted: {
    destroyed: 0,
    lost_files: 0,
    unreadable_datasets: 0,
    transformed: 0,
    held_elsewhere: 0,
    not_searched: 0,
  },
  held_elsewhere: [],
  verification: { rounds: 2, objects: 2, rows_read: 7, rows_found: 0 },
  residual_until: "2026-12-24T12:00:00.000Z",
  ...more,
});

export const completed = (more: Partial<ErasureFacts> = {}): DeletionEvent => ({
  type: "GDPRDeletionCompleted",
  data: facts(more),
});

export const failed = (failure: string, remainder = false): DeletionEvent => ({
  type: "GDPRDeletionFailed",
  data: { failure, remainder },
});

const on = { deletion_id: DELETION, now: FIRST_RECORDED_AT };

export const execute = (
  more: Partial<Extract<DeletionCommand, { type: "ExecuteDeletion" }>> = {},
): DeletionCommand => ({
  type: "ExecuteDeletion",
  ...on,
  cause: "command",
  reason: null,
  subject_refs: REFS,
  withhold: null,
  ...more,
});

export const note = (step: ErasureStep, at_version: number): DeletionCommand => ({
  type: "NoteErasureStep",
  ...on,
  at_version,
  steps: [step],
});

export const complete = (
  at_version: number,
  more: Partial<ErasureFacts> = {},
): DeletionCommand => ({
  type: "CompleteErasure",
  ...on,
  at_version,
  facts: facts(more),
});

export const fail: DeletionCommand = { type: "FailErasure", ...on, failure: "The store is away." };

export const endWithholding = (now: string): DeletionCommand => ({
  type: "NoteWithholdingEnd",
  deletion_id: DELETION,
  now,
});

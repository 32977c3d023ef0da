/**
 * The next step of an erasure, from what is recorded of it: a page of batches whose index is asked,
 * one batch that is rewritten, a page of uploads, some batches that are read again. No plan is stored,
 * so every step can be planned again on any machine.
 */
import { type Batch, tablesOf, workOf } from "../domain/batch/batch.ts";
import { isRunning } from "../domain/batch/work.ts";
import { ok, type Result } from "../domain/decider.ts";
import { type Deletion, runningErasure } from "../domain/deletion/deletion.ts";
import type { Erasure, ErasureStep } from "../domain/deletion/erasure.ts";
import { dueAgain } from "../domain/deletion/missed.ts";
import type { BatchId } from "../domain/ids.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { Reader } from "./commands.ts";
import { keyOf } from "./datasetKeys.ts";
import { openSubjectId } from "./deletionSeals.ts";
import type { EraseRequest, EraseStepPlan, VerifyPlan } from "./erasePlans.ts";
import { planLastLook, planLook } from "./planLook.ts";
import { planRedaction, toVerify } from "./planRedact.ts";
import { planUploads } from "./planUploads.ts";
import { NOTHING, type Planned, type Planner, type Subject, subjectOf, WAIT } from "./planWork.ts";
import type { SubjectSet } from "./subjectPorts.ts";

/** Batches that are read again at the same time, at most: small ones, of one dataset. */
export const VERIFIED_AT_ONCE = 20;

/** The erasure that is being planned. */
export interface Erasing {
  readonly deletion: Deletion;
  readonly erasure: Erasure;
  readonly planner: Planner;
  readonly read: Reader;
  readonly lake: ActiveLake;
}

/** `nothing` when there is no step to go, `wait` when something else has to end first. */
export const planErase = (
  request: EraseRequest,
  planner: Planner,
  read: Reader,
  lake: ActiveLake,
): Result<Planned, Rejection> => {
  const deletion = read.deletion(request.deletion_id);
  const erasure = runningErasure(deletion);
  if (deletion.status === "absent" || erasure === null) return ok(NOTHING);
  const erasing = { deletion, erasure, planner, read, lake };
  switch (erasure.phase) {
    case "looking":
      return ok(erasure.scanned_at === null ? planLook(erasing) : planLastLook(erasing));
    case "opening":
      return openBatch(erasing);
    case "uploads":
      return planUploads(request, erasing);
    case "verifying":
      return ok(verifyBatches(erasing));
    default:
      return ok(stepOf(erasing, { kind: "release" }));
  }
};

/** A step as it is planned: it counts while the request stays as it is. */
export const stepOf = (
  { deletion: { deletion_id, version: at_version } }: Pick<Erasing, "deletion">,
  step: EraseStepPlan,
  { writes = [], expects = [] }: Partial<Pick<Planned, "writes" | "expects">> = {},
): Planned => ({ plan: { kind: "erase", deletion_id, at_version, step }, writes, expects });

export const note = (erasing: Erasing, step: ErasureStep): Planned =>
  stepOf(erasing, { kind: "note", step });

/** Whether this erasure is about the dataset's batches. */
export const isAbout = ({ only, withheld }: Erasure, dataset: string): boolean =>
  only === null
    ? !withheld.some((kept) => kept.dataset === dataset)
    : only.some((one) => one === dataset);

/**
 * The clear id while its key is there; null once it has been destroyed, as after a restore and for
 * what was withheld. Throws HalfNeededError like `keyring.open`.
 */
export const clearId = ({ deletion, planner }: Pick<Erasing, "deletion" | "planner">) =>
  openSubjectId(deletion, planner.keyring());

/** As the data plane takes a subject. */
export const subjectSet = (erasing: Erasing): SubjectSet => {
  const clear = clearId(erasing);
  return {
    refs: [erasing.erasure.subject_refs],
    subject_ids: clear === null ? [] : [clear],
  };
};

const openBatch = (erasing: Erasing): Result<Planned, Rejection> => {
  const { hits, missed } = erasing.erasure;
  const batch_id = hits[0] ?? dueAgain(missed, erasing.planner.now)?.batch_id;
  if (batch_id === undefined) return ok(missed.length > 0 ? WAIT : NOTHING);
  const found = batchOf(batch_id, erasing);
  if (found === "busy") return ok(WAIT);
  const opened = { kind: "opened", batch_id, rows_removed: 0 } as const;
  if (found === null) return ok(note(erasing, { ...opened, dataset: null, outcome: "gone" }));
  const { name: dataset } = found.dataset;
  if (!keyOf(found.dataset, erasing.planner.keyring()).ok) {
    return ok(note(erasing, { ...opened, dataset, outcome: "key_destroyed" }));
  }
  return planRedaction(found, erasing);
};

/**
 * The next batch that was rewritten, with as many others of its dataset as are not more to read than
 * one request may be given. What others are at comes when they have ended.
 */
const verifyBatches = (erasing: Erasing): Planned => {
  const { erasure, planner } = erasing;
  const batches: Subject[] = [];
  let [bytes, busy] = [0, false];
  for (const batch_id of erasure.unverified) {
    const found = batchOf(batch_id, erasing);
    if (found === "busy") {
      busy = true;
      continue;
    }
    // It has expired meanwhile, or its key was destroyed: there is nothing to read any more.
    if (found === null || !keyOf(found.dataset, planner.keyring()).ok) {
      const nothing = { objects: 0, rows_read: 0, rows_found: 0 };
      return note(erasing, { kind: "verified", batch_id, ...nothing });
    }
    const [first] = batches;
    if (first && first.dataset.name !== found.dataset.name) continue;
    bytes += bytesOf(found.batch);
    if (first && bytes > planner.limits.sync_bytes) break;
    batches.push(found);
    if (batches.length === VERIFIED_AT_ONCE) break;
  }
  const [first] = batches;
  if (first === undefined) return busy ? WAIT : NOTHING;
  const step: VerifyPlan = {
    kind: "verify",
    dataset: first.dataset.name,
    batches: batches.map((found) => toVerify(found, erasing)),
  };
  const rejected = step.batches.flatMap((batch) => batch.rejected);
  return stepOf(erasing, step, { writes: rejected.map(({ target }) => target) });
};

const bytesOf = (batch: Batch): number =>
  tablesOf(batch).reduce((sum, { bytes }) => sum + bytes, 0);

/** Null when there is no such batch (any more). */
const batchOf = (batch_id: BatchId, { planner, read, lake }: Erasing) => {
  const state = read.batch(batch_id);
  if (isRunning(workOf(state))) return "busy";
  return subjectOf(planner.log, read, lake, batch_id);
};

/** For a refusal that a person has to look into. */
export const idMissing = () =>
  reject(
    "unavailable",
    "subject-key-missing",
    "The key under which this person's id is sealed does not open: uploads cannot be looked through.",
  );

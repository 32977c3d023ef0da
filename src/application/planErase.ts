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
import { isOfColumn, type SubjectIndexRef } from "../domain/subjects.ts";
import type { Reader } from "./commands.ts";
import { keyOf } from "./datasetKeys.ts";
import { openSubjectId } from "./deletionSeals.ts";
import type { EraseRequest, EraseStepPlan, VerifyPlan } from "./erasePlans.ts";
import { keptMayHold } from "./keptIndexes.ts";
import type { Lookup } from "./lookups.ts";
import { planRedaction, toVerify } from "./planRedact.ts";
import { planUploads } from "./planUploads.ts";
import { NOTHING, type Planned, type Planner, type Subject, subjectOf } from "./planWork.ts";
import type { DirectoryEntry } from "./ports.ts";
import type { SubjectSet } from "./subjectPorts.ts";

/** Batches that one step goes through. */
export const LOOKED_AT_ONCE = 1000;

/** Batches that are read again at the same time, at most: small ones, of one dataset. */
export const VERIFIED_AT_ONCE = 20;

/** Those of them whose index has to be read from the object store, or that are to be opened. */
export const FOUND_AT_ONCE = 250;

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
      return ok(planLook(erasing));
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

const WAIT: Planned = { plan: { kind: "wait" }, writes: [], expects: [] };

const note = (erasing: Erasing, step: ErasureStep): Planned =>
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

const planLook = (erasing: Erasing): Planned => {
  const { erasure, planner } = erasing;
  const page = planner.log.directory.list({
    kind: "batch",
    after: erasure.after,
    // One more than are gone through: without it this page is the last.
    limit: LOOKED_AT_ONCE + 1,
  });
  const sets = [{ refs: [erasure.subject_refs], subject_ids: [] }];
  const looks: Lookup[] = [];
  const known_hits: BatchId[] = [];
  let asked = 0;
  let { after } = erasure;
  let arriving = false;
  let gone_through = 0;
  for (const { entry, look, may } of lookedUp(page.slice(0, LOOKED_AT_ONCE), sets, erasing)) {
    arriving = look === "arriving";
    if (look === "arriving") break;
    after = entry.created_seq;
    gone_through += 1;
    if (look === null) continue;
    if (may === null) looks.push(look);
    else asked += 1;
    if (may === true) known_hits.push(look.batch_id);
    if (looks.length + known_hits.length === FOUND_AT_ONCE) break;
  }
  if (arriving && after === erasure.after) return WAIT;
  const done = gone_through === page.length;
  return stepOf(erasing, { kind: "look", sets, looks, asked, known_hits, after, done });
};

/** Null: it holds no row of the subject. A file that is being taken over is waited for. */
type Look = Lookup | "arriving" | null;

interface LookedUp {
  readonly entry: DirectoryEntry;
  readonly look: Look;
  /**
   * Whether its index may name the subject. Null: there is none to ask, it is not at hand, or it was
   * made of the column as it was typed before.
   */
  readonly may: boolean | null;
}

/** As many at a time as are found at once, so that kept indexes are asked together. */
function* lookedUp(
  entries: readonly DirectoryEntry[],
  sets: readonly SubjectSet[],
  erasing: Erasing,
): Generator<LookedUp> {
  const { log, texts } = erasing.planner;
  for (let at = 0; at < entries.length; at += FOUND_AT_ONCE) {
    const some = upToArriving(entries.slice(at, at + FOUND_AT_ONCE), erasing);
    const indexes = some.map(({ look }) => keptIndexOf(look));
    const asked = indexes.flatMap((index) => index ?? []);
    const answers = keptMayHold(log, texts, asked, sets).values();
    for (const [n, { entry, look }] of some.entries()) {
      yield { entry, look, may: indexes[n] ? (answers.next().value ?? null) : null };
    }
  }
}

/** Nobody looks behind a batch that is being taken over. */
const upToArriving = (entries: readonly DirectoryEntry[], erasing: Erasing) => {
  const some: { readonly entry: DirectoryEntry; readonly look: Look }[] = [];
  for (const entry of entries) {
    const look = lookUp(entry, erasing);
    some.push({ entry, look });
    if (look === "arriving") break;
  }
  return some;
};

const keptIndexOf = (look: Look): SubjectIndexRef | null => {
  if (look === null || look === "arriving" || look.index === null) return null;
  return isOfColumn(look.index, look.column) ? look.index : null;
};

const lookUp = ({ id, dataset }: DirectoryEntry, erasing: Erasing): Look => {
  const { erasure, read, planner } = erasing;
  if (dataset === null || !isAbout(erasure, dataset)) return null;
  const about = read.dataset(dataset);
  if (about.status === "absent" || about.subject_column === null) return null;
  const state = read.batch(id);
  const work = workOf(state);
  if (isRunning(work) && work.order.kind === "append") return "arriving";
  if (state.status !== "held") return null;
  if (erasure.round > 1 && isAsBefore(state.batch, erasing)) return null;
  const { batch_id, subject_index: index, schema } = state.batch;
  const name = about.subject_column;
  const type = schema?.[name] ?? null;
  // A column that is not there names nobody, one of another type names other people.
  if (schema !== null && (type === null || erasure.subject_refs[type] === undefined)) return null;
  const key = keyOf(about, planner.keyring());
  // Without its key it is opened, and found to be closed for good.
  if (!key.ok) return { batch_id, index: null, column: { name, type }, dataset_key: null };
  return { batch_id, index, column: { name, type }, dataset_key: key.value };
};

/**
 * Whether a batch is what it was when the erasure began, so that its first round has settled it.
 * Rows come into a batch by its file alone, and whom they name can change only with the schema, by
 * a replay.
 */
const isAsBefore = (
  { revised_at, last_replay }: Batch,
  { erasure: { started_at }, read }: Erasing,
): boolean => {
  if (revised_at >= started_at) return false;
  if (last_replay === null) return true;
  const replay = read.replay(last_replay);
  return replay.status === "completed" && (replay.completed_at ?? started_at) < started_at;
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

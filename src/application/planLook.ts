/**
 * Which batches an erasure asks by their index: in a round all of them, page by page; in its last look
 * those that have got a file, or were replayed, since the round began. The last look waits for every
 * append that may have read an upload before the erasure had gone through it; see erasure.ts for why
 * nothing can slip through then.
 */
import { type Batch, workOf } from "../domain/batch/batch.ts";
import { isRunning } from "../domain/batch/work.ts";
import { invariant } from "../domain/decider.ts";
import type { BatchId } from "../domain/ids.ts";
import { isOfColumn, type SubjectIndexRef } from "../domain/subjects.ts";
import { idOf } from "./aggregates.ts";
import { keyOf } from "./datasetKeys.ts";
import { appendsUnderWay } from "./erasureLeftovers.ts";
import { keptMayHold } from "./keptIndexes.ts";
import type { Lookup } from "./lookups.ts";
import { type Erasing, isAbout, note, stepOf } from "./planErase.ts";
import { type Planned, WAIT } from "./planWork.ts";
import type { DirectoryEntry, EventLog, StoredEvent } from "./ports.ts";
import type { SubjectSet } from "./subjectPorts.ts";

/** Batches that one step goes through. */
export const LOOKED_AT_ONCE = 1000;

/** Those of them whose index has to be read from the object store, or that are to be opened. */
export const FOUND_AT_ONCE = 250;

/** A batch to go through, and its place in the order in which they are. */
type Entry = Pick<DirectoryEntry, "id" | "dataset" | "created_seq">;

export const planLook = (erasing: Erasing): Planned => {
  const { erasure, planner } = erasing;
  const page = planner.log.directory.list({
    kind: "batch",
    after: erasure.after,
    // One more than are gone through: without it this page is the last.
    limit: LOOKED_AT_ONCE + 1,
  });
  const last = page.length <= LOOKED_AT_ONCE;
  return lookThrough({ entries: page.slice(0, LOOKED_AT_ONCE), last }, erasing);
};

export const planLastLook = (erasing: Erasing): Planned => {
  const { erasure, planner, read } = erasing;
  const { after, begun_at, scanned_at } = erasure;
  invariant(scanned_at !== null, "the last look comes when the uploads were gone through");
  if (appendsUnderWay(planner.log, read, scanned_at)) return WAIT;
  const page = changedSince(planner.log, begun_at, after);
  if (page.entries.length > 0) return lookThrough(page, erasing);
  return note(erasing, { kind: "looked", after, done: true, batches: 0, hits: [] });
};

interface Page {
  readonly entries: readonly Entry[];
  /** Whether there is nothing behind it. */
  readonly last: boolean;
}

/** Events by which a batch comes to hold other rows, or its rows to name other people. */
const CHANGING = ["DataAppended", "BatchReplayed"] as const;

/** The batches of those recorded since a moment, behind a place in the log: each once in a page. */
const changedSince = (log: EventLog, from: string, after: number): Page => {
  const events = CHANGING.flatMap((type) => {
    const found: StoredEvent[] = [];
    for (let last = after; found.length <= LOOKED_AT_ONCE; ) {
      const some = log.read({ type, from, after: last, limit: LOOKED_AT_ONCE + 1 });
      if (some.length === 0) break;
      found.push(...some);
      last = some.at(-1)?.seq ?? last;
    }
    return found;
  }).sort((a, b) => a.seq - b.seq);
  const entries = new Map<string, Entry>();
  for (const { stream, dataset, seq: created_seq } of events.slice(0, LOOKED_AT_ONCE)) {
    const id = idOf(stream);
    // Where it comes last: what is behind it is behind all of its events.
    entries.delete(id);
    entries.set(id, { id, dataset, created_seq });
  }
  return { entries: [...entries.values()], last: events.length <= LOOKED_AT_ONCE };
};

/** As much of the page as one step has time for. */
const lookThrough = ({ entries, last }: Page, erasing: Erasing): Planned => {
  const { erasure } = erasing;
  const sets = [{ refs: [erasure.subject_refs], subject_ids: [] }];
  const looks: Lookup[] = [];
  const known_hits: BatchId[] = [];
  let asked = 0;
  let { after } = erasure;
  let arriving = false;
  let gone_through = 0;
  for (const { entry, look, may } of lookedUp(entries, sets, erasing)) {
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
  const done = last && gone_through === entries.length;
  return stepOf(erasing, { kind: "look", sets, looks, asked, known_hits, after, done });
};

/** Null: it holds no row of the subject. A file that is being taken over is waited for. */
type Look = Lookup | "arriving" | null;

interface LookedUp {
  readonly entry: Entry;
  readonly look: Look;
  /**
   * Whether its index may name the subject. Null: there is none to ask, it is not at hand, or it was
   * made of the column as it was typed before.
   */
  readonly may: boolean | null;
}

/** As many at a time as are found at once, so that kept indexes are asked together. */
function* lookedUp(
  entries: readonly Entry[],
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
const upToArriving = (entries: readonly Entry[], erasing: Erasing) => {
  const some: { readonly entry: Entry; readonly look: Look }[] = [];
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

const lookUp = ({ id, dataset }: Entry, erasing: Erasing): Look => {
  const { erasure, read, planner } = erasing;
  if (dataset === null || !isAbout(erasure, dataset)) return null;
  const about = read.dataset(dataset);
  if (about.status === "absent" || about.subject_column === null) return null;
  const state = read.batch(id);
  const work = workOf(state);
  // The last look has waited for those that matter: what a batch holds until its next file is there
  // is looked at.
  const waits = erasure.scanned_at === null;
  if (waits && isRunning(work) && work.order.kind === "append") return "arriving";
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

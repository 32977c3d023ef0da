/**
 * How far an erasure is. What is left to do follows from what is recorded, so that it goes on from
 * there on any machine. It goes through all batches in the order they were created and opens those
 * that may hold the subject, then through the uploads, and again from the beginning, until a round
 * finds nothing; then every rewritten object is read once more, and at last what has come meanwhile
 * is looked at.
 *
 * Why nothing slips through while the lake goes on. Rows get into batches by appends alone, from
 * uploads, and whom they name changes by a replay alone. Let a round that removed nothing have begun
 * at `begun_at` and have gone through the uploads by `scanned_at`.
 * - A batch that was there at `begun_at` was looked at as it was then, or later.
 * - One that has got a file, or was replayed, since `begun_at` is looked at in the last look. That it
 *   kept its upload from being read as text does no harm: holds it the subject, another round begins.
 * - An append that had begun by `scanned_at` may have read an upload before the erasure did, even
 *   one that was deleted or replaced since. The last look waits until each has ended: it is on
 *   record then and looked at, or it can be recorded no more and what it wrote is deleted.
 * - An append that begins after `scanned_at` reads what was found to be without the subject, or what
 *   was uploaded since. That is what comes again after an erasure: it is watched for, as ever after.
 */
import type { BatchId, DatasetName } from "../ids.ts";
import type { SubjectRefs } from "../subjects.ts";
import type { Withheld } from "./events.ts";
import type { Verification } from "./facts.ts";
import { lookedOnceMore, type MissedBatch } from "./missed.ts";

/** So often at most: then data of the subject keeps coming, and a person has to look. */
export const MAX_ROUNDS = 10;

/** What became of a batch that might hold the subject. */
export type OpenedOutcome =
  | "redacted"
  /** Its index was wrong about it, as one in a thousand is: it has no such row. */
  | "clear"
  /** The subject's rows could not be told apart: all of it was deleted. */
  | "destroyed"
  /** It has expired meanwhile, or was never completed. */
  | "gone"
  /** Sealed under a key that was destroyed: nobody can read it. */
  | "key_destroyed";

export type ErasureStep =
  | {
      readonly kind: "looked";
      /** Where the next page begins: the place in the log of the last batch of this one. */
      readonly after: number;
      /** Whether it was the last page. */
      readonly done: boolean;
      readonly batches: number;
      /** Those that may hold the subject, to be opened now. */
      readonly hits: readonly BatchId[];
    }
  | {
      readonly kind: "opened";
      readonly batch_id: BatchId;
      readonly dataset: DatasetName | null;
      readonly outcome: OpenedOutcome;
      readonly rows_removed: number;
    }
  /** Its file could not be had: it is looked for again before it counts as lost. */
  | {
      readonly kind: "missed";
      readonly batch_id: BatchId;
      readonly dataset: DatasetName;
      /** RFC 3339, UTC. */
      readonly at: string;
    }
  | {
      readonly kind: "uploads";
      /** The last name looked at, null when it was the last page. */
      readonly after: string | null;
      readonly scanned: number;
      readonly deleted: number;
    }
  | {
      readonly kind: "verified";
      readonly batch_id: BatchId;
      readonly objects: number;
      readonly rows_read: number;
      readonly rows_found: number;
    };

export type ErasurePhase = "looking" | "opening" | "uploads" | "verifying" | "closing";

/** A batch that lost rows to this erasure. */
export interface ErasedFrom {
  readonly batch_id: BatchId;
  readonly dataset: DatasetName | null;
  readonly destroyed: boolean;
}

export interface Erasure {
  readonly started_at: string;
  readonly subject_refs: SubjectRefs;
  readonly withheld: readonly Withheld[];
  /** Only these: the remainder, whose ground has ended. Null: all but those withheld. */
  readonly only: readonly DatasetName[] | null;
  readonly phase: ErasurePhase;
  /** From 1. */
  readonly round: number;
  /** When the round began: what has come since, its pages of batches may have passed over. */
  readonly begun_at: string;
  readonly removed_in_round: number;
  /** When it had gone through the uploads and removed nothing; null before. */
  readonly scanned_at: string | null;
  /** The place in the log up to which was looked: of batches, in the last look of what has come. */
  readonly after: number;
  /** Whether every batch of this round, or of its last look, was looked at. */
  readonly looked: boolean;
  readonly hits: readonly BatchId[];
  /** Those whose file could not be had yet: opened when all others are. */
  readonly missed: readonly MissedBatch[];
  readonly uploads_after: string;
  readonly unverified: readonly BatchId[];
  readonly erased_from: readonly ErasedFrom[];
  readonly key_destroyed: readonly DatasetName[];
  readonly looked_at: number;
  readonly looked_in_round: number;
  readonly opened: number;
  readonly rows_removed: number;
  readonly uploads: { readonly scanned: number; readonly deleted: number };
  readonly verification: Verification;
}

/** The beginning of one. */
export const newErasure = (
  about: Pick<Erasure, "started_at" | "subject_refs" | "withheld" | "only">,
): Erasure => ({
  ...about,
  phase: "looking",
  round: 1,
  begun_at: about.started_at,
  removed_in_round: 0,
  scanned_at: null,
  after: 0,
  looked: false,
  hits: [],
  missed: [],
  uploads_after: "",
  unverified: [],
  erased_from: [],
  key_destroyed: [],
  looked_at: 0,
  looked_in_round: 0,
  opened: 0,
  rows_removed: 0,
  uploads: { scanned: 0, deleted: 0 },
  verification: { rounds: 1, objects: 0, rows_read: 0, rows_found: 0 },
});

/**
 * Goes on where it had come to. One that had found no end, or rows where there should be none left,
 * begins to look anew, because from there it could only fail once more. So does one that withholds
 * other datasets from now on: what it had passed over is to go, or what it was about to open stays.
 * One that had gone through everything takes its last look again: the lake went on meanwhile.
 */
export const goneOn = (erasure: Erasure, withheld: readonly Withheld[], at: string): Erasure => {
  const { round, verification, only } = erasure;
  const endless = round > MAX_ROUNDS || verification.rows_found > 0;
  // What is withheld of a remainder is whatever it is not about.
  const elsewhere = only === null && !withholdsSame(erasure.withheld, withheld);
  if (endless || elsewhere) return lookingAnew(erasure, { withheld, only }, at);
  if (erasure.scanned_at === null) return { ...erasure, withheld };
  return toVerify({ ...erasure, withheld, scanned_at: at, hits: [] });
};

/** From the first batch on; what it has done still counts. */
export const lookingAnew = (
  { started_at, subject_refs, opened, ...done }: Erasure,
  about: Pick<Erasure, "withheld" | "only">,
  begun_at: string,
): Erasure => {
  const { erased_from, key_destroyed, rows_removed } = done;
  const uploads = { scanned: 0, deleted: done.uploads.deleted };
  const anew = newErasure({ started_at, subject_refs, ...about });
  return { ...anew, begun_at, opened, erased_from, key_destroyed, rows_removed, uploads };
};

/** Whether both keep the same datasets back; until when, and why, may differ. */
const withholdsSame = (some: readonly Withheld[], others: readonly Withheld[]): boolean => {
  const names = (of: readonly Withheld[]) => JSON.stringify(of.map((kept) => kept.dataset).sort());
  return names(some) === names(others);
};

/** `at`: when the step was recorded (RFC 3339, UTC). */
export const evolveErasure = (erasure: Erasure, step: ErasureStep, at: string): Erasure => {
  switch (step.kind) {
    case "looked": {
      const looked_in_round = erasure.looked_in_round + step.batches;
      const further = {
        ...erasure,
        after: step.after,
        looked: step.done,
        hits: step.hits,
        looked_in_round,
        // Later rounds look at the same batches again, and at those that have come since.
        looked_at: Math.max(erasure.looked_at, looked_in_round),
      };
      return toOpen(further, at);
    }
    case "opened":
      return opened(erasure, step, at);
    case "missed": {
      const { batch_id, dataset, at: missed_at } = step;
      const before = erasure.missed.find((known) => known.batch_id === batch_id) ?? null;
      const again = { batch_id, dataset, ...lookedOnceMore(before, missed_at) };
      const { hits, missed } = without(erasure, batch_id);
      return toOpen({ ...erasure, hits, missed: [...missed, again] }, at);
    }
    case "uploads": {
      const { scanned, deleted } = erasure.uploads;
      const uploads = {
        scanned: scanned + (erasure.round === 1 ? step.scanned : 0),
        deleted: deleted + step.deleted,
      };
      const removed_in_round = erasure.removed_in_round + step.deleted;
      const further = { ...erasure, uploads, removed_in_round };
      return step.after === null
        ? endRound(further, at)
        : { ...further, uploads_after: step.after };
    }
    default: {
      const { objects, rows_read, rows_found } = erasure.verification;
      const verification = {
        rounds: erasure.round,
        objects: objects + step.objects,
        rows_read: rows_read + step.rows_read,
        rows_found: rows_found + step.rows_found,
      };
      return toVerify({
        ...erasure,
        verification,
        unverified: erasure.unverified.filter((batch_id) => batch_id !== step.batch_id),
      });
    }
  }
};

const opened = (
  erasure: Erasure,
  { batch_id, dataset, outcome, rows_removed }: Extract<ErasureStep, { kind: "opened" }>,
  at: string,
): Erasure => {
  const further = { ...erasure, ...without(erasure, batch_id), opened: erasure.opened + 1 };
  if (outcome === "key_destroyed" && dataset !== null) {
    const key_destroyed = [...new Set([...erasure.key_destroyed, dataset])];
    return toOpen({ ...further, key_destroyed }, at);
  }
  if (outcome !== "redacted" && outcome !== "destroyed") return toOpen(further, at);
  const others = erasure.erased_from.filter((known) => known.batch_id !== batch_id);
  const erased_from = [...others, { batch_id, dataset, destroyed: outcome === "destroyed" }];
  const removed = {
    rows_removed: erasure.rows_removed + rows_removed,
    removed_in_round: erasure.removed_in_round + 1,
  };
  return toOpen({ ...further, erased_from, ...removed }, at);
};

const without = (
  { hits, missed }: Erasure,
  batch_id: BatchId,
): Pick<Erasure, "hits" | "missed"> => ({
  hits: hits.filter((hit) => hit !== batch_id),
  missed: missed.filter((known) => known.batch_id !== batch_id),
});

/**
 * What may hold the subject is opened before anything else is looked at; what could not be had comes
 * when every batch was looked at.
 */
const toOpen = (erasure: Erasure, at: string): Erasure => {
  const { hits, missed, looked, scanned_at, removed_in_round } = erasure;
  if (hits.length > 0 || (looked && missed.length > 0)) return { ...erasure, phase: "opening" };
  if (!looked) return { ...erasure, phase: "looking" };
  if (scanned_at === null) return { ...erasure, phase: "uploads" };
  // The last look was that.
  return removed_in_round > 0 ? nextRound(erasure, at) : { ...erasure, phase: "closing" };
};

const nextRound = (erasure: Erasure, begun_at: string): Erasure => {
  const begun = { begun_at, removed_in_round: 0, scanned_at: null, looked_in_round: 0 };
  const from = { after: 0, looked: false, uploads_after: "", unverified: [] } as const;
  return { ...erasure, ...begun, ...from, round: erasure.round + 1, phase: "looking" };
};

/** A round in which nothing was found is the proof that nothing is left of what was there. */
const endRound = (erasure: Erasure, at: string): Erasure => {
  if (erasure.removed_in_round > 0) return nextRound(erasure, at);
  const unverified = erasure.erased_from.flatMap(({ batch_id, destroyed }) =>
    destroyed ? [] : [batch_id],
  );
  const verification = { rounds: erasure.round, objects: 0, rows_read: 0, rows_found: 0 };
  return toVerify({ ...erasure, scanned_at: at, verification, unverified });
};

/** What was rewritten is read once more, and then what has come meanwhile is looked at. */
const toVerify = (erasure: Erasure): Erasure =>
  erasure.unverified.length > 0
    ? { ...erasure, phase: "verifying" }
    : { ...erasure, phase: "looking", after: 0, looked: false, looked_in_round: 0 };

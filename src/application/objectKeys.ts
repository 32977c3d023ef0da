/** Where objects lie. No part of a key is personal data; every attempt writes keys of its own. */
import type { DeletionId, SubjectRef } from "../domain/ids.ts";
import type { Format } from "../domain/table.ts";

/** Everything of a lake's lies under it, and nothing else does. */
export const lakePrefix = (lake: string): string => `lakes/${lake}/`;

/**
 * Whether it is the key of an object of that lake. One that goes up on its way is none: a store takes
 * it as it is, a URL does not.
 */
export const isOwnKey = (lake: string, key: string): boolean =>
  key.startsWith(lakePrefix(lake)) && !/(^|\/)(\.{1,2}|)(\/|$)/.test(key);

export const landingKey = (lake: string, filename: string): string =>
  `lakes/${lake}/landing/${filename}`;

/** Whether an upload lies there: it came from outside, as it was sent. */
export const isLandingKey = (key: string): boolean => /^lakes\/[^/]+\/landing\//.test(key);

const batchPrefix = (lake: string, batch: string, revision: number): string =>
  `lakes/${lake}/batches/${batch}/${revision}`;

export const rawKey = (
  lake: string,
  batch: string,
  revision: number,
  attempt: string,
  format: Format,
): string => `${batchPrefix(lake, batch, revision)}/raw/${attempt}.${format}`;

/** Who is in the raw object, by pseudonyms; written when it is, or once its parts are gone through. */
export const subjectIndexKey = (
  lake: string,
  batch: string,
  revision: number,
  attempt: string,
): string => `${batchPrefix(lake, batch, revision)}/raw/${attempt}.subjects`;

export const cleanKey = (lake: string, batch: string, revision: number, attempt: string): string =>
  `${batchPrefix(lake, batch, revision)}/clean/${attempt}.parquet`;

export const quarantineKey = (
  lake: string,
  batch: string,
  revision: number,
  attempt: string,
): string => `${batchPrefix(lake, batch, revision)}/quarantine/${attempt}.jsonl`;

/** Keyed hashes of what a batch's check let through. */
export const hashesKey = (lake: string, batch: string, revision: number, attempt: string): string =>
  `${batchPrefix(lake, batch, revision)}/unique/${attempt}.hashes`;

/** What a step of long work leaves for the one that puts the whole together. */
export const partKeys = (lake: string, batch: string, revision: number, attempt: string) => {
  const place = `${batchPrefix(lake, batch, revision)}/parts/${attempt}`;
  return {
    clean_part: `${place}.clean.parquet`,
    quarantine_part: `${place}.rejected.jsonl`,
    seen_part: `${place}.seen`,
    subjects_part: `${place}.subjects`,
    hash_part: `${place}.hashes`,
  };
};

/**
 * Where a segment's rejected rows are when it is gone through once more, knowing duplicates: beside
 * the hashes of its first pass, which may have rejected none.
 */
export const rejectedBeside = (seen_part: string): string =>
  seen_part.replace(/\.seen$/, ".rejected.jsonl");

export const publishedKey = (
  lake: string,
  dataset: string,
  batch: string,
  revision: number,
  attempt: string,
  format: Format,
): string => `lakes/${lake}/published/${dataset}/${batch}/${revision}/${attempt}.${format}`;

/** The answer to a request for access, and what it is put together from. */
export const accessKeys = (lake: string, subject_access_id: string, attempt: string) => {
  const place = `lakes/${lake}/subject-access/${subject_access_id}`;
  return { file: `${place}/${attempt}.jsonl`, part: `${place}/parts/${attempt}.jsonl` };
};

export const checkpointPrefix = (lake: string): string => `lakes/${lake}/checkpoints/`;

/** Keys sort by size. */
export const checkpointKey = (lake: string, tree_size: number): string =>
  `${checkpointPrefix(lake)}${String(tree_size).padStart(16, "0")}`;

/** The object store's half of a subject's key. */
export const custodyKey = (lake: string, subject: SubjectRef): string =>
  `lakes/${lake}/custody/${subject}`;

/** Where a lake's erasures are on record outside of its own database. */
export const erasurePrefix = (lake: string): string => `lakes/${lake}/erasures/`;

/**
 * Where it is on record outside of a lake's database what was taken from whom, and noted when an
 * erasure was put on record.
 */
export const revocationPrefix = (lake: string): string => `lakes/${lake}/revocations/`;

/** Every name that begins with this `seq` or a later one lies behind it. */
export const revocationsFrom = (lake: string, seq: number): string =>
  `${revocationPrefix(lake)}${String(seq).padStart(16, "0")}`;

/** Keys sort by `seq` of the event. */
export const revocationKey = (lake: string, { seq, event_id }: EventRef): string =>
  `${revocationsFrom(lake, seq)}-${event_id}.json`;

/** Keys sort by the size of the log when it was: records of erasures are not in any order. */
export const erasureNoteKey = (lake: string, seq: number, deletion: string): string =>
  `${revocationsFrom(lake, seq)}-${deletion}.erased`;

/** The request of such a name behind the prefix, or null when it is none of these. */
export const notedErasureOf = (name: string): DeletionId | null => {
  const [, deletion_id] = /^\d{16}-(.+)\.erased$/.exec(name) ?? [];
  return deletion_id === undefined ? null : (deletion_id as DeletionId);
};

/** The event of a name behind the prefix, or null when it is none of these. */
export const revocationOf = (name: string): EventRef | null => {
  const [, seq, event_id] = /^(\d{16})-([0-9a-f-]{36})\.json$/.exec(name) ?? [];
  return event_id === undefined ? null : { seq: Number(seq), event_id };
};

interface EventRef {
  readonly seq: number;
  readonly event_id: string;
}

export const erasureKey = (lake: string, deletion: string): string =>
  `${erasurePrefix(lake)}${deletion}.json`;

/**
 * Erasures on record outside of the lake's own database. A restore of the database to an earlier
 * moment brings back states in which people who were erased since are still there: by the records
 * they are erased again. A record is signed by the lake, because it makes the lake destroy things;
 * it holds pseudonyms, places, digests and counts, never a clear id.
 */
import {
  type ErasureRecord,
  type RecordedEvent,
  readErasureRecord,
  writeErasureRecord,
} from "../contracts/erasureRecord.ts";
import { isOversized } from "../contracts/eventSize.ts";
import { type DomainEvent, invariant } from "../domain/decider.ts";
import type { BatchId, DeletionId, SubjectRef } from "../domain/ids.ts";
import { reader } from "./commands.ts";
import type { Custody } from "./custody.ts";
import type { SmallObjects } from "./dataPorts.ts";
import { type Envelope, openEnvelope, signEnvelope } from "./envelope.ts";
import type { LogSigner } from "./logSigner.ts";
import { erasureKey, erasureNoteKey, erasurePrefix } from "./objectKeys.ts";
import type { EventLog, StoredEvent } from "./ports.ts";

const RECORD_TYPE = "application/vnd.lethe.erasure-record+json";

const PAGE = 1000;

/** What an erasure makes of a batch. */
const BATCH_EVENTS = ["BatchRedacted", "BatchDestroyed"] as const;

/** What closes a request, or what was withheld of it. */
export const CLOSINGS = ["GDPRDeletionCompleted", "GDPRDeletionRemainderErased"] as const;

/** Still owed an answer, or carried out. */
const UNANSWERED = ["pending", "held", "in_progress", "failed"] as const;

/** A record that is not this lake's, or none at all: nothing is done by it. */
export class ForeignRecordError extends Error {}

export interface ErasureRecords {
  /**
   * The last step of an erasure before `closing` is recorded: puts it on record in the object
   * store and destroys both halves of the person's keys. Safe to do again. Throws when the object
   * store fails: then nothing may be recorded as completed.
   */
  release(lake_id: string, deletion_id: DeletionId, closing: DomainEvent): Promise<void>;
  /** The requests there are records of. */
  list(lake_id: string): AsyncIterable<DeletionId>;
  /** Throws ForeignRecordError; null when there is none. */
  read(lake_id: string, deletion_id: DeletionId): Promise<ErasureRecord | null>;
}

export interface RecordDeps {
  readonly log: EventLog;
  readonly objects: SmallObjects;
  readonly custody: Pick<Custody, "destroy">;
  signer(lake_id: string): Promise<LogSigner>;
}

export const erasureRecords = ({ log, objects, custody, signer }: RecordDeps): ErasureRecords => {
  const read: ErasureRecords["read"] = async (lake_id, deletion_id) => {
    const bytes = await objects.read(erasureKey(lake_id, deletion_id));
    if (bytes === null) return null;
    const record = await opened(await signer(lake_id), bytes);
    // A record in another's place, or of a lake of the same keys under another name.
    if (record?.lake_id === lake_id && record.deletion_id === deletion_id) return record;
    throw new ForeignRecordError(`the record of erasure ${deletion_id} is not this lake's`);
  };

  return {
    async release(lake_id, deletion_id, closing) {
      // What the log could not take must not be found out when the keys are gone.
      invariant(!isOversized(JSON.stringify(closing.data)), `${closing.type} fits into the log`);
      const before = await read(lake_id, deletion_id).catch(noneIfForeign);
      const record = recordOf(log, lake_id, deletion_id, closing, before);
      const body = new TextEncoder().encode(writeErasureRecord(record));
      const envelope = await signEnvelope(await signer(lake_id), RECORD_TYPE, body);
      // Noted before it is there, so that whoever looks for what is new finds it.
      await objects.put(erasureNoteKey(lake_id, log.head(), deletion_id), new Uint8Array());
      // On record first: whatever is destroyed is then found again after any restore.
      const text = new TextEncoder().encode(JSON.stringify(envelope));
      await objects.put(erasureKey(lake_id, deletion_id), text);
      await custody.destroy(lake_id, keysToDestroy(log, record));
    },

    async *list(lake_id) {
      const prefix = erasurePrefix(lake_id);
      for await (const key of objects.list(prefix)) {
        const name = key.slice(prefix.length);
        if (name.endsWith(".json")) yield name.slice(0, -".json".length) as DeletionId;
      }
    },

    read,
  };
};

/** What is not this lake's own tells a new record nothing, and is replaced by it. */
const noneIfForeign = (error: unknown): null => {
  if (error instanceof ForeignRecordError) return null;
  throw error;
};

const opened = async (signer: LogSigner, bytes: Uint8Array): Promise<ErasureRecord | null> => {
  try {
    const envelope = JSON.parse(new TextDecoder().decode(bytes)) as Envelope;
    const body = await openEnvelope(signer, RECORD_TYPE, envelope);
    return body === null ? null : readErasureRecord(new TextDecoder().decode(body));
  } catch (cause) {
    throw new ForeignRecordError("what lies in a record's place is none", { cause });
  }
};

/** Everything that the log says of an erasure, with the event that is about to close it. */
const recordOf = (
  log: EventLog,
  lake_id: string,
  deletion_id: DeletionId,
  closing: DomainEvent,
  earlier: ErasureRecord | null,
): ErasureRecord => {
  const deletion = reader(log).deletion(deletion_id);
  if (deletion.status === "absent") throw new Error(`there is no request ${deletion_id}`);
  const { subject_ref, erasure } = deletion;
  if (erasure === null) throw new Error(`erasure ${deletion_id} was never started`);
  const [first] = log.read({ stream: `deletion/${deletion_id}`, after: 0, limit: 1 });
  const batches = BATCH_EVENTS.flatMap((type) => all(log, type, first?.seq ?? 0))
    .filter(({ data }) => data.deletion_id === deletion_id)
    .sort((a, b) => a.seq - b.seq)
    .map(({ stream, type, data }) => ({ batch_id: batchIn(stream), type, data }));
  const closings = [...closedBefore(log, deletion_id), closing as RecordedEvent].map(
    ({ type, data }) => ({ type, data }),
  );
  // What an older record knows and this log does not: it was restored since, and may be again.
  const made = new Set(batches.map(({ data }) => targetOf(data)));
  const known = earlier?.batches.filter(({ data }) => !made.has(targetOf(data))) ?? [];
  return {
    lake_id,
    deletion_id,
    subject_ref,
    subject_refs: erasure.subject_refs,
    batches: [...known, ...batches],
    closings,
  };
};

/** What an erasure made of a batch, by the objects it replaced: each attempt has keys of its own. */
const targetOf = (data: RecordedEvent["data"]): string => JSON.stringify(data.objects);

/** How the request was closed before, also when that was taken over from a record. */
export const closedBefore = (log: EventLog, deletion_id: DeletionId): readonly RecordedEvent[] =>
  [...CLOSINGS, "GDPRDeletionReapplied"]
    .flatMap((type) => log.read({ stream: `deletion/${deletion_id}`, type, after: 0, limit: PAGE }))
    .sort((a, b) => a.seq - b.seq)
    .map(({ type, data }) => {
      if (type !== "GDPRDeletionReapplied") return { type, data };
      return { type: CLOSINGS[data.closing === "remainder" ? 1 : 0], data };
    });

const batchIn = (stream: string): BatchId => stream.slice("batch/".length) as BatchId;

const all = (log: EventLog, type: string, since: number): readonly StoredEvent[] => {
  const events: StoredEvent[] = [];
  let after = since;
  for (;;) {
    const page = log.read({ type, after, limit: PAGE });
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined) return events;
    after = last.seq;
  }
};

/**
 * The person may have been named in more than one way, each with a key of its own. One under which
 * another request is sealed that is still owed an answer stays: that request will destroy it. So
 * does the key of the request's own name, when the person has asked again since it was answered.
 */
export const keysToDestroy = (log: EventLog, record: ErasureRecord): readonly SubjectRef[] => {
  const { deletion_id, subject_ref, subject_refs } = record;
  const named = new Set([subject_ref, ...Object.values(subject_refs)]);
  return [...named].filter((each) => !isNeeded(log, each, deletion_id));
};

const isNeeded = (log: EventLog, subject_ref: SubjectRef, deletion_id: DeletionId): boolean =>
  UNANSWERED.some((status) =>
    log.directory
      .list({ kind: "deletion", subject_ref, status, limit: 2 })
      .some(({ id }) => id !== deletion_id),
  );

/**
 * Erasing again, after the lake's database was restored to an earlier moment, whom the lake had
 * erased since. What the erasures made of the objects is still there, because objects are not
 * restored: the batches are bound to it again, the keys that came back are destroyed, and the
 * requests are recorded as carried out. Safe to do at any time and any number of times.
 */
import type { ErasureRecord, RecordedEvent } from "../contracts/erasureRecord.ts";
import type { ErasureOfBatch } from "../domain/batch/events.ts";
import { runningErasure } from "../domain/deletion/deletion.ts";
import type { Reapplied } from "../domain/deletion/events.ts";
import type { BatchId, DeletionId } from "../domain/ids.ts";
import { reader } from "./commands.ts";
import type { Custody } from "./custody.ts";
import {
  closedBefore,
  type ErasureRecords,
  ForeignRecordError,
  keysToDestroy,
} from "./erasureRecords.ts";
import type { LakeRequest } from "./lakeGateway.ts";
import type { LakeService } from "./lakeService.ts";
import type { DutyRef, EventLog } from "./ports.ts";
import { systemCall } from "./systemCall.ts";

/** There is one set of records: the duty is put once, however many erasures are missing. */
export const REAPPLY_DUTY = {
  kind: "reapply_erasures",
  ref: "records",
} as const satisfies DutyRef;

const PAGE = 1000;

export interface ReapplySummary {
  /** Erasures that are on record outside of the lake. */
  readonly records: number;
  /** Those whose end the lake's log did not have. */
  readonly reapplied: readonly DeletionId[];
  /** Batches bound again to the objects without the people. */
  readonly rebound: number;
  /** Of the reapplied ones, those that are being carried out once more. */
  readonly erasing_again: readonly DeletionId[];
  /** Those in whose place lies no record of this lake's: nothing is done by it. */
  readonly refused: readonly DeletionId[];
}

export interface ReapplyDeps {
  readonly log: EventLog;
  readonly service: LakeService;
  readonly records: ErasureRecords;
  readonly custody: Pick<Custody, "destroy">;
}

/** What is on record and not, or not all, in the log. */
interface Outstanding {
  readonly records: number;
  readonly missing: Missing;
  readonly refused: readonly DeletionId[];
}

type Missing = readonly ErasureRecord[];

const outstanding = async (
  { log, records }: Pick<ReapplyDeps, "log" | "records">,
  lake_id: string,
  recorded: AsyncIterable<DeletionId> | Iterable<DeletionId> = records.list(lake_id),
): Promise<Outstanding> => {
  const missing: ErasureRecord[] = [];
  const refused: DeletionId[] = [];
  let count = 0;
  for await (const deletion_id of recorded) {
    count += 1;
    if (isClosed(log, deletion_id)) continue;
    try {
      const record = await records.read(lake_id, deletion_id);
      if (record !== null && missingClosings(log, record).length > 0) missing.push(record);
    } catch (error) {
      if (!(error instanceof ForeignRecordError)) throw error;
      refused.push(deletion_id);
    }
  }
  return { records: count, missing, refused };
};

/**
 * Whether the log lacks the end of an erasure that is on record: it was restored since. `recorded`:
 * only of these; left out, of all.
 */
export const isBehind = async (
  deps: Pick<ReapplyDeps, "log" | "records">,
  lake_id: string,
  recorded?: readonly DeletionId[],
): Promise<boolean> => {
  const { missing, refused } = await outstanding(deps, lake_id, recorded);
  return missing.length > 0 || refused.length > 0;
};

/** Rejects when the object store cannot be reached. */
export const reapplyErasures = async (
  deps: ReapplyDeps,
  lake_id: string,
): Promise<ReapplySummary> => {
  const { log, custody } = deps;
  const { records, missing, refused } = await outstanding(deps, lake_id);
  for (const record of missing) await custody.destroy(lake_id, keysToDestroy(log, record));
  // From here on nothing is awaited: what is decided is decided on one state.
  const rebound = rebindAll(deps, lake_id, missing);
  const erasing_again = missing.filter((record) => closeAgain(deps, lake_id, record, rebound));
  return {
    records,
    reapplied: missing.map(({ deletion_id }) => deletion_id),
    rebound: rebound.size,
    erasing_again: erasing_again.map(({ deletion_id }) => deletion_id),
    refused,
  };
};

/**
 * Closed with nothing withheld: no record says more. Or about to be closed: a crash has come between
 * the record and the log, and the erasure's own duty closes it.
 */
const isClosed = (log: EventLog, deletion_id: DeletionId): boolean => {
  const deletion = reader(log).deletion(deletion_id);
  if (runningErasure(deletion)?.phase === "closing") return true;
  return deletion.status === "completed" && deletion.withheld.length === 0;
};

/** An erasure is closed at a moment of its own: two closings of one request never share it. */
const missingClosings = (log: EventLog, record: ErasureRecord): readonly RecordedEvent[] => {
  const before = closedBefore(log, record.deletion_id);
  const known = new Set(before.map(({ data }) => data.completed_at));
  return record.closings.filter(({ data }) => !known.has(data.completed_at));
};

const run = ({ service }: ReapplyDeps, lake_id: string, request: LakeRequest): void => {
  const done = service.command(systemCall(lake_id), request);
  if (!done.ok) throw new Error(done.error.detail);
};

/** What erasures made of a batch, whichever came first: each begins where another ended. */
const rebindAll = (deps: ReapplyDeps, lake_id: string, missing: Missing): ReadonlySet<BatchId> => {
  const { log } = deps;
  const ofBatch = new Map<BatchId, ErasureOfBatch[]>();
  for (const { batch_id, ...event } of missing.flatMap(({ batches }) => batches)) {
    const known = ofBatch.get(batch_id) ?? [];
    ofBatch.set(batch_id, [...known, event as unknown as ErasureOfBatch]);
  }
  const rebound = new Set<BatchId>();
  for (const [batch_id, events] of ofBatch) {
    const open = new Set(events);
    for (;;) {
      const raw = rawKeyOf(log, batch_id);
      const next = [...open].find(({ data }) => data.objects[0]?.from.key === raw);
      if (raw === null || next === undefined) break;
      open.delete(next);
      run(deps, lake_id, { type: "RebindBatch", batch_id, event: next });
      rebound.add(batch_id);
    }
  }
  return rebound;
};

const rawKeyOf = (log: EventLog, batch_id: BatchId): string | null => {
  const state = reader(log).batch(batch_id);
  return state.status === "held" ? state.batch.raw.key : null;
};

/** Whether the batch holds something else than this erasure had left of it, then or since. */
const isUnbound = (log: EventLog, record: ErasureRecord, batch_id: BatchId): boolean => {
  if (rawKeyOf(log, batch_id) === null) return false;
  const stream = `batch/${batch_id}`;
  return !["BatchRedacted", "BatchDestroyed"]
    .flatMap((type) => log.read({ stream, type, after: 0, limit: PAGE }))
    .some(({ data }) => data.deletion_id === record.deletion_id);
};

/** Whether the erasure is carried out once more. */
const closeAgain = (
  deps: ReapplyDeps,
  lake_id: string,
  record: ErasureRecord,
  rebound: ReadonlySet<BatchId>,
): boolean => {
  const { deletion_id, subject_refs } = record;
  const own = [...new Set(record.batches.map(({ batch_id }) => batch_id))];
  const unbound = own.filter((batch_id) => isUnbound(deps.log, record, batch_id)).length;
  const closings = missingClosings(deps.log, record).map(
    ({ type, data }) =>
      ({
        datasets: [],
        ...data,
        closing: type === "GDPRDeletionRemainderErased" ? "remainder" : "request",
        subject_refs,
        rebound: own.filter((batch_id) => rebound.has(batch_id)).length,
      }) as unknown as Reapplied,
  );
  run(deps, lake_id, { type: "ReapplyErasure", deletion_id, closings, unbound });
  return unbound > 0;
};

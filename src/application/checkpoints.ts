/**
 * Checkpoints kept beside the log: signed tree heads in the object store, one object a size. Who
 * holds them holds the log to them, even against the lake's own database. A lake owes one a day
 * after the first event that none covers yet, so a lake at rest stays at rest.
 */
import type { ObjectStore } from "./dataPorts.ts";
import { checkpointKey } from "./objectKeys.ts";
import type { DutyRef, EventLog } from "./ports.ts";
import { later } from "./timers.ts";

/** The longest that an event waits for a checkpoint to cover it. */
export const CHECKPOINT_EVERY_MS = 24 * 60 * 60_000;

/** There is one log: the duty is put once, however many events come. */
export const CHECKPOINT_DUTY = {
  kind: "write_checkpoint",
  ref: "log",
} as const satisfies DutyRef;

export interface SignedHead {
  /** Number of leaves: the last `seq` it covers. */
  readonly tree_size: number;
  /** The signed note. */
  readonly text: string;
}

/** Inside the transaction that appends: from now on a checkpoint is owed. */
export const oweCheckpoint = (log: EventLog, now: string): void => {
  if (log.schedule.owes(CHECKPOINT_DUTY)) return;
  const due_at = later(now, CHECKPOINT_EVERY_MS);
  log.schedule.put({ ...CHECKPOINT_DUTY, due_at, payload: {} });
};

/**
 * Writes the checkpoint under the key of its size, unless one is there: what was signed first
 * stays. Resolves to the key and whether it was written now.
 */
export const writeCheckpoint = async (
  store: ObjectStore,
  lake_id: string,
  { tree_size, text }: SignedHead,
): Promise<{ readonly key: string; readonly written: boolean }> => {
  const key = checkpointKey(lake_id, tree_size);
  if ((await store.head(key)) !== null) return { key, written: false };
  const writer = store.writer(key, "text/plain; charset=utf-8");
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return { key, written: true };
};

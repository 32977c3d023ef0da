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
 * Writes the checkpoint under the key of its size, unless it is there: what was signed first stays.
 * Where another one is, of the time before a restore, it lies behind that, under its own root.
 * Resolves to the key and whether it was written now.
 */
export const writeCheckpoint = async (
  store: ObjectStore,
  lake_id: string,
  { tree_size, text }: SignedHead,
): Promise<{ readonly key: string; readonly written: boolean }> => {
  const own = checkpointKey(lake_id, tree_size);
  const kept = await textAt(store, own);
  if (kept !== null && signedPart(kept) === signedPart(text)) return { key: own, written: false };
  const key = kept === null ? own : `${own}-${rootOf(text)}`;
  if (kept !== null && (await store.head(key)) !== null) return { key, written: false };
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

const textAt = async (store: ObjectStore, key: string): Promise<string | null> => {
  const body = await store.open(key);
  if (body === null) return null;
  const parts: Uint8Array[] = [];
  for await (const bytes of body) parts.push(bytes);
  return Buffer.concat(parts).toString();
};

/** Origin, size and root: what does not depend on how it is signed. */
const signedPart = (text: string): string => text.slice(0, text.indexOf("\n\n"));

/** The first bytes of the root, hex: enough to tell two trees of one size apart. */
const rootOf = (text: string): string =>
  Buffer.from(signedPart(text).split("\n")[2] ?? "", "base64")
    .toString("hex")
    .slice(0, 16);

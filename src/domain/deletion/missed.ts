/**
 * A batch whose file could not be had when it was to be opened. A store that is away for an hour, or
 * an object that somebody is about to put back, must not cost the rows of everybody else: it is
 * looked for again, each time after a longer while, and only then it is lost. Everything else of an
 * erasure goes on meanwhile.
 */
import type { BatchId, DatasetName } from "../ids.ts";

/** How long after each look the next one is; after the last of them it is lost. */
export const LOOKS_AFTER_MS = [60_000, 10 * 60_000, 60 * 60_000, 5 * 60 * 60_000] as const;

/** How often, and from when to when (RFC 3339, UTC), something was looked for in vain. */
export interface LookedFor {
  readonly times: number;
  readonly first_at: string;
  readonly last_at: string;
}

export interface MissedBatch extends LookedFor {
  readonly batch_id: BatchId;
  readonly dataset: DatasetName;
}

/** One look more. */
export const lookedOnceMore = (before: LookedFor | null, at: string): LookedFor => ({
  times: (before?.times ?? 0) + 1,
  first_at: before?.first_at ?? at,
  last_at: at,
});

/** Whether so many looks, spread over so long, are enough to say that it is lost. */
export const isLost = ({ times }: LookedFor): boolean => times > LOOKS_AFTER_MS.length;

/** When it is to be looked for again (RFC 3339, UTC). */
export const nextLook = ({ times, last_at }: LookedFor): string =>
  new Date(Date.parse(last_at) + (LOOKS_AFTER_MS[times - 1] ?? 0)).toISOString();

/** When the first of them is to be looked for again, or null when there are none. */
export const nextOfAll = (missed: readonly LookedFor[]): string | null =>
  missed.map(nextLook).sort()[0] ?? null;

/** Of those that are due the one that was looked for first. */
export const dueAgain = (missed: readonly MissedBatch[], now: string): MissedBatch | null =>
  missed.find((one) => nextLook(one) <= now) ?? null;

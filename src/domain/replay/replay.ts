/**
 * A replay: batches of a dataset derived anew under their contract's present rules, one by one,
 * while readers still see the old versions; then all of them are switched at once.
 */
import { assertNever, type Recorded } from "../decider.ts";
import type { BatchId, DatasetName, ReplayId } from "../ids.ts";

export type ReplayOutcome = "replayed" | "quarantined" | "skipped" | "failed";

export type ReplayEvent =
  | {
      readonly type: "ReplayRequested";
      readonly data: {
        readonly replay_id: ReplayId;
        readonly dataset: DatasetName;
        readonly batch_ids: readonly BatchId[];
        /** Driven by the lake's alarm from the start, not by the request that asked. */
        readonly background?: boolean;
      };
    }
  | {
      readonly type: "ReplayProgressed";
      readonly data: {
        readonly batch_id: BatchId;
        readonly outcome: ReplayOutcome;
        /** Why it was skipped, quarantined or failed. */
        readonly reason: string | null;
        readonly rows: number;
      };
    }
  /** What these came to rests on a state that has changed since: they are derived once more. */
  | { readonly type: "ReplayOutdated"; readonly data: { readonly batch_ids: readonly BatchId[] } }
  /** Recorded together with the events that switch every batch to its new version. */
  | {
      readonly type: "ReplayCompleted";
      readonly data: {
        readonly batches: number;
        readonly rows: number;
        readonly skipped: number;
        readonly quarantined: number;
        readonly failed: number;
      };
    }
  /** Somebody has ended it before its time: nothing was switched. */
  | { readonly type: "ReplayCancelled"; readonly data: { readonly reason: string | null } };

export interface ReplayedBatch {
  readonly batch_id: BatchId;
  readonly outcome: ReplayOutcome;
  readonly reason: string | null;
  readonly rows: number;
}

export interface Replay {
  readonly status: "running" | "completed" | "cancelled";
  readonly replay_id: ReplayId;
  readonly dataset: DatasetName;
  readonly batch_ids: readonly BatchId[];
  readonly background: boolean;
  /** How many of `batch_ids` have had their first turn. */
  readonly passed: number;
  /** Those that need another turn, once all have had their first. */
  readonly again: readonly BatchId[];
  /** Outcomes that still hold, latest last. */
  readonly done: readonly ReplayedBatch[];
  readonly requested_at: string;
  readonly completed_at: string | null;
  readonly cancelled: { readonly at: string; readonly reason: string | null } | null;
}

export type ReplayState = { readonly status: "absent" } | Replay;

export const initialReplay: ReplayState = { status: "absent" };

/** The batch whose turn it is, or null when every batch has an outcome that holds. */
export const nextBatch = (replay: Replay): BatchId | null =>
  replay.batch_ids[replay.passed] ?? replay.again[0] ?? null;

export const evolveReplay = (state: ReplayState, event: Recorded<ReplayEvent>): ReplayState => {
  if (event.type === "ReplayRequested") {
    const { replay_id, dataset, batch_ids, background = false } = event.data;
    return {
      status: "running",
      replay_id,
      dataset,
      batch_ids,
      background,
      passed: 0,
      again: [],
      done: [],
      requested_at: event.recorded_at,
      completed_at: null,
      cancelled: null,
    };
  }
  if (state.status === "absent") return state;
  switch (event.type) {
    case "ReplayProgressed": {
      const first = state.passed < state.batch_ids.length;
      return {
        ...state,
        passed: state.passed + (first ? 1 : 0),
        again: first ? state.again : state.again.slice(1),
        done: [...state.done, event.data],
      };
    }
    case "ReplayOutdated": {
      const outdated = new Set(event.data.batch_ids);
      const done = state.done.filter(({ batch_id }) => !outdated.has(batch_id));
      return { ...state, again: [...state.again, ...event.data.batch_ids], done };
    }
    case "ReplayCompleted":
      return { ...state, status: "completed", completed_at: event.recorded_at };
    case "ReplayCancelled": {
      const cancelled = { at: event.recorded_at, reason: event.data.reason };
      return { ...state, status: "cancelled", cancelled };
    }
    default:
      return assertNever(event);
  }
};

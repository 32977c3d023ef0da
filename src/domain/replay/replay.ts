/** A replay: batches of a dataset sent through their contract's present rules again, one by one. */
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
  | {
      readonly type: "ReplayCompleted";
      readonly data: {
        readonly batches: number;
        readonly rows: number;
        readonly skipped: number;
        readonly quarantined: number;
        readonly failed: number;
      };
    };

export interface ReplayedBatch {
  readonly batch_id: BatchId;
  readonly outcome: ReplayOutcome;
  readonly reason: string | null;
  readonly rows: number;
}

export interface Replay {
  readonly status: "running" | "completed";
  readonly replay_id: ReplayId;
  readonly dataset: DatasetName;
  readonly batch_ids: readonly BatchId[];
  readonly done: readonly ReplayedBatch[];
  readonly requested_at: string;
  readonly completed_at: string | null;
}

export type ReplayState = { readonly status: "absent" } | Replay;

export const initialReplay: ReplayState = { status: "absent" };

/** The batch whose turn it is, or null when all are done. */
export const nextBatch = (replay: Replay): BatchId | null =>
  replay.batch_ids[replay.done.length] ?? null;

export const evolveReplay = (state: ReplayState, event: Recorded<ReplayEvent>): ReplayState => {
  if (event.type === "ReplayRequested") {
    return {
      status: "running",
      ...event.data,
      done: [],
      requested_at: event.recorded_at,
      completed_at: null,
    };
  }
  if (state.status === "absent") return state;
  switch (event.type) {
    case "ReplayProgressed":
      return { ...state, done: [...state.done, event.data] };
    case "ReplayCompleted":
      return { ...state, status: "completed", completed_at: event.recorded_at };
    default:
      return assertNever(event);
  }
};

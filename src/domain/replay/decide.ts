/** Starting a replay and taking it batch by batch to its end. */
import type { DatasetState } from "../dataset/dataset.ts";
import { unknownDataset } from "../dataset/decide.ts";
import { assertNever, ok, type Result } from "../decider.ts";
import type { BatchId, DatasetName, ReplayId } from "../ids.ts";
import { type Rejection, reject } from "../rejection.ts";
import {
  nextBatch,
  type ReplayEvent,
  type ReplayedBatch,
  type ReplayOutcome,
  type ReplayState,
} from "./replay.ts";

export type ReplayCommand =
  | {
      readonly type: "RequestReplay";
      readonly replay_id: ReplayId;
      readonly dataset: DatasetName;
      /** In the order they were appended. */
      readonly batch_ids: readonly BatchId[];
      readonly background: boolean;
    }
  | NoteReplayProgress
  | CompleteReplay
  | CancelReplay;

export interface NoteReplayProgress extends ReplayedBatch {
  readonly type: "NoteReplayProgress";
  readonly replay_id: ReplayId;
}

/** All batches are derived: switches them, or sends those that have changed through again. */
export interface CompleteReplay {
  readonly type: "CompleteReplay";
  readonly replay_id: ReplayId;
}

/** Ends a replay before its time; what it has derived is given up with it. */
export interface CancelReplay {
  readonly type: "CancelReplay";
  readonly replay_id: ReplayId;
  readonly reason: string | null;
}

export interface ReplayContext {
  readonly dataset: DatasetState;
}

/**
 * Rejects with `not_found` an unknown dataset or replay, with `wrong_state` progress on a batch
 * whose turn it is not, the completion of a replay that has batches to go and the cancellation of
 * one that is complete. Without batches a replay is complete at once.
 */
export const decideReplay = (
  command: ReplayCommand,
  state: ReplayState,
  context: ReplayContext,
  /** For the completion: the batches whose outcome does not hold any more. */
  outdated: readonly BatchId[] = [],
): Result<readonly ReplayEvent[], Rejection> => {
  switch (command.type) {
    case "RequestReplay": {
      if (context.dataset.status === "absent") return unknownDataset(command.dataset);
      if (state.status !== "absent") {
        return reject("already_exists", "replay-exists", "This replay has been requested.");
      }
      const { type: _, background, ...about } = command;
      const data = background ? { ...about, background } : about;
      const requested: ReplayEvent = { type: "ReplayRequested", data };
      return ok(command.batch_ids.length === 0 ? [requested, completed([])] : [requested]);
    }
    case "NoteReplayProgress": {
      if (state.status === "absent") return unknownReplay();
      if (state.status === "cancelled") return ok([]);
      if (state.done.some(({ batch_id }) => batch_id === command.batch_id)) return ok([]);
      if (nextBatch(state) !== command.batch_id) {
        return reject(
          "wrong_state",
          "replay-out-of-turn",
          `Replay ${state.replay_id} is not at batch ${command.batch_id}.`,
        );
      }
      const { type: _, replay_id: __, ...data } = command;
      return ok([{ type: "ReplayProgressed", data }]);
    }
    case "CompleteReplay": {
      if (state.status === "absent") return unknownReplay();
      if (state.status !== "running") return ok([]);
      if (nextBatch(state) !== null) {
        return reject(
          "wrong_state",
          "replay-unfinished",
          `Replay ${state.replay_id} has batches to go.`,
        );
      }
      if (outdated.length === 0) return ok([completed(state.done)]);
      return ok([{ type: "ReplayOutdated", data: { batch_ids: outdated } }]);
    }
    case "CancelReplay":
      if (state.status === "absent") return unknownReplay();
      if (state.status === "cancelled") return ok([]);
      if (state.status === "running") {
        return ok([{ type: "ReplayCancelled", data: { reason: command.reason } }]);
      }
      return reject(
        "wrong_state",
        "replay-completed",
        `Replay ${state.replay_id} is complete: its batches are switched.`,
      );
    default:
      return assertNever(command);
  }
};

const unknownReplay = () =>
  reject("not_found", "replay-not-found", "There is no such replay in this lake.");

const completed = (done: readonly ReplayedBatch[]): ReplayEvent => {
  const count = (outcome: ReplayOutcome) =>
    done.filter((batch) => batch.outcome === outcome).length;
  return {
    type: "ReplayCompleted",
    data: {
      batches: count("replayed"),
      rows: done.reduce((sum, { rows }) => sum + rows, 0),
      skipped: count("skipped"),
      quarantined: count("quarantined"),
      failed: count("failed"),
    },
  };
};

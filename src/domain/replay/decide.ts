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
    }
  | NoteReplayProgress;

export interface NoteReplayProgress extends ReplayedBatch {
  readonly type: "NoteReplayProgress";
  readonly replay_id: ReplayId;
}

export interface ReplayContext {
  readonly dataset: DatasetState;
}

/**
 * Rejects with `not_found` an unknown dataset or replay, with `wrong_state` progress on a batch
 * whose turn it is not. The last batch's progress completes the replay; without batches it is
 * complete at once.
 */
export const decideReplay = (
  command: ReplayCommand,
  state: ReplayState,
  context: ReplayContext,
): Result<readonly ReplayEvent[], Rejection> => {
  switch (command.type) {
    case "RequestReplay": {
      if (context.dataset.status === "absent") return unknownDataset(command.dataset);
      if (state.status !== "absent") {
        return reject("already_exists", "replay-exists", "This replay has been requested.");
      }
      const { type: _, ...data } = command;
      const requested: ReplayEvent = { type: "ReplayRequested", data };
      return ok(command.batch_ids.length === 0 ? [requested, completed([])] : [requested]);
    }
    case "NoteReplayProgress": {
      if (state.status === "absent") {
        return reject("not_found", "replay-not-found", "There is no such replay in this lake.");
      }
      if (state.done.some(({ batch_id }) => batch_id === command.batch_id)) return ok([]);
      if (nextBatch(state) !== command.batch_id) {
        return reject(
          "wrong_state",
          "replay-out-of-turn",
          `Replay ${state.replay_id} is not at batch ${command.batch_id}.`,
        );
      }
      const { type: _, replay_id: __, ...data } = command;
      const done = [...state.done, data];
      const progressed: ReplayEvent = { type: "ReplayProgressed", data };
      return ok(
        done.length === state.batch_ids.length ? [progressed, completed(done)] : [progressed],
      );
    }
    default:
      return assertNever(command);
  }
};

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

/**
 * The end of a replay: every batch to its new version in one transaction, so that a reader sees
 * the old ones or the new ones and never a mix. What one was derived from must still be so; those
 * that have changed since are sent through again first, and nothing is switched until then.
 */
import type { Batch } from "../domain/batch/batch.ts";
import { decideBatch } from "../domain/batch/decide.ts";
import type { BatchEvent } from "../domain/batch/events.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId, ReplayId } from "../domain/ids.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import type { Rejection } from "../domain/rejection.ts";
import { type CompleteReplay, decideReplay, type ReplayContext } from "../domain/replay/decide.ts";
import type { Replay, ReplayState } from "../domain/replay/replay.ts";
import type { Decision, MakeChange, Reader } from "./commands.ts";

/** Whether what was derived of the batch is there and still rests on what is so now. */
export const isCurrent = (batch: Batch, replay_id: ReplayId, contract_version: number): boolean => {
  const { candidate, revision, progress } = batch;
  return (
    candidate?.replay_id === replay_id &&
    candidate.base.contract_version === contract_version &&
    candidate.base.revision === revision &&
    candidate.base.status === progress.status
  );
};

/** The batches of a replay that were derived, in the order in which they were. */
export const derivedBatches = ({ done }: Replay): readonly BatchId[] =>
  done
    .filter(({ outcome }) => outcome === "replayed" || outcome === "quarantined")
    .map(({ batch_id }) => batch_id);

/** What a command about a replay that there may be is decided on besides the replay. */
export const replayContext = (replay: ReplayState, read: Reader): ReplayContext => ({
  dataset: read.dataset(replay.status === "absent" ? "" : replay.dataset),
});

export const switchReplay = (
  command: CompleteReplay,
  lake: ActiveLake,
  read: Reader,
  change: MakeChange,
): Result<Decision, Rejection> => {
  const { replay_id } = command;
  const replay = read.replay(replay_id);
  const running = replay.status === "running";
  const switches: { readonly batch_id: BatchId; readonly events: readonly BatchEvent[] }[] = [];
  const outdated: BatchId[] = [];
  for (const batch_id of running ? derivedBatches(replay) : []) {
    const events = switchBatch(batch_id, replay_id, lake, read);
    if (events === null) outdated.push(batch_id);
    else switches.push({ batch_id, events });
  }
  const decided = decideReplay(command, replay, replayContext(replay, read), outdated);
  if (!decided.ok) return decided;
  const completes = decided.value.some(({ type }) => type === "ReplayCompleted");
  return ok([
    ...(completes ? switches : []).map(({ batch_id, events }) =>
      change(`batch/${batch_id}`, events),
    ),
    change(`replay/${replay_id}`, decided.value),
  ]);
};

/** Null when what was derived does not hold any more, or may not leave the lake any more. */
const switchBatch = (
  batch_id: BatchId,
  replay_id: ReplayId,
  lake: ActiveLake,
  read: Reader,
): readonly BatchEvent[] | null => {
  const state = read.batch(batch_id);
  if (state.status !== "held") return null;
  const { batch } = state;
  // A replay that began before replays were switched as one has switched it already.
  if (batch.last_replay === replay_id) return [];
  const { candidate } = batch;
  const contract_version = read.contractVersion(batch.contract_id);
  if (candidate === null || !isCurrent(batch, replay_id, contract_version)) return null;
  const { result } = candidate;
  const decided = decideBatch({ type: "ReplayBatch", batch_id, replay_id, result }, state, {
    lake,
    dataset: read.dataset(batch.dataset),
    contract: read.contract(batch.contract_id),
  });
  return decided.ok ? decided.value : null;
};

/**
 * The end of a replay before its time, in one transaction: work for it is over, what it has derived
 * is given up, and every batch is what it was. Nothing of it had been switched.
 */
import { workOf } from "../domain/batch/batch.ts";
import { decideBatch } from "../domain/batch/decide.ts";
import { isRunning } from "../domain/batch/work.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId } from "../domain/ids.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import type { Rejection } from "../domain/rejection.ts";
import { type CancelReplay, decideReplay } from "../domain/replay/decide.ts";
import type { Decision, MakeChange, Reader } from "./commands.ts";
import type { Change } from "./ports.ts";
import { replayContext } from "./switchReplay.ts";

export const cancelReplay = (
  command: CancelReplay,
  lake: ActiveLake,
  read: Reader,
  change: MakeChange,
): Result<Decision, Rejection> => {
  const { replay_id } = command;
  const replay = read.replay(replay_id);
  const decided = decideReplay(command, replay, replayContext(replay, read));
  if (!decided.ok) return decided;
  const given_up: Change[] = [];
  for (const batch_id of replay.status === "running" ? replay.batch_ids : []) {
    const dropped = drop(command, batch_id, lake, read, change);
    if (!dropped.ok) return dropped;
    given_up.push(...dropped.value);
  }
  return ok([...given_up, change(`replay/${replay_id}`, decided.value)]);
};

/** A batch is derived in the background or has been derived, never both for one replay. */
const drop = (
  { replay_id, reason }: CancelReplay,
  batch_id: BatchId,
  lake: ActiveLake,
  read: Reader,
  change: MakeChange,
): Result<readonly Change[], Rejection> => {
  const state = read.batch(batch_id);
  if (state.status !== "held") return ok([]);
  const { batch } = state;
  const work = workOf(state);
  const works =
    isRunning(work) && work.order.kind === "replay" && work.order.replay_id === replay_id;
  if (!works && batch.candidate?.replay_id !== replay_id) return ok([]);
  const about = { batch_id, replay_id };
  const decided = decideBatch(
    works ? { type: "CancelWork", ...about, reason } : { type: "DropDerivation", ...about },
    state,
    { lake, dataset: read.dataset(batch.dataset), contract: read.contract(batch.contract_id) },
  );
  return decided.ok ? ok([change(`batch/${batch_id}`, decided.value)]) : decided;
};

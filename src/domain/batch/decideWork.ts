/** Beginning long work, recording its steps, ending it. */
import { ok, type Result } from "../decider.ts";
import type { BatchId } from "../ids.ts";
import { type Rejection, reject } from "../rejection.ts";
import { admitAppend } from "./admission.ts";
import { type BatchState, initialBatch, workOf } from "./batch.ts";
import type { BatchCommand } from "./commands.ts";
import { appendRequested, type BatchContext, decideBatch, unknownBatch } from "./decide.ts";
import type { BatchEvent } from "./events.ts";
import { type BatchWork, evolveWork, isRunning, openSteps } from "./work.ts";
import type { CancelWork, FailWork, FinishWork, RecordStep, StartWork } from "./workCommands.ts";

type Decision = Result<readonly BatchEvent[], Rejection>;

const DOING = {
  append: "taken over",
  quality: "checked",
  privacy: "anonymised",
  publish: "published",
  replay: "derived anew",
} as const;

/** A refusal while work is under way, else null. */
export const busy = (batch_id: BatchId, work: BatchWork | null) =>
  isRunning(work)
    ? reject(
        "wrong_state",
        "batch-busy",
        `Batch ${batch_id} is being ${DOING[work.order.kind]} in the background: ` +
          `GET /batches/${batch_id} shows how far it is.`,
      )
    : null;

/**
 * Handing out what is published goes on while something is derived beside it; an erasure that a
 * restore has undone waits for nothing.
 */
const MEANWHILE: ReadonlySet<BatchCommand["type"]> = new Set([
  "GrantConsumption",
  "ExportData",
  "RefuseHandOut",
  "RebindBatch",
]);

export const refusedMeanwhile = ({ type, batch_id }: BatchCommand, state: BatchState) =>
  MEANWHILE.has(type) ? null : busy(batch_id, workOf(state));

/**
 * What was asked for is admitted here as where it is recorded; that its rules fit was seen when it
 * was planned, in the same turn.
 */
export const startWork = (
  command: StartWork,
  state: BatchState,
  context: BatchContext,
): Decision => {
  const refused = busy(command.batch_id, workOf(state));
  if (refused) return refused;
  const { type: _, batch_id, ...order } = command;
  const requested: BatchEvent[] = [];
  if (order.order.kind === "append") {
    const { request } = order.order;
    const admitted = admitAppend(request, state, context);
    if (!admitted.ok) return admitted;
    // A file in the place of one in quarantine: the batch stays what it is until it is there.
    if (state.status !== "held") requested.push(appendRequested(request, admitted.value, state));
  } else if (state.status !== "held") {
    return unknownBatch(batch_id);
  }
  const started = { type: "BatchWorkStarted", data: { ...order, steps: [] } } as const;
  const work = evolveWork(null, { ...started, recorded_at: "" });
  const steps = work ? openSteps(work) : [];
  return ok([...requested, { ...started, data: { ...started.data, steps } }]);
};

/** The first result of a step counts; one that comes later, or too late, changes nothing. */
export const recordStep = (command: RecordStep, state: BatchState): Decision => {
  const work = workOf(state);
  const { work_id, step, result } = command;
  if (!isRunning(work) || work.work_id !== work_id || !openSteps(work).includes(step)) {
    return ok([]);
  }
  const segment =
    result.kind === "segment"
      ? work.segments?.find(({ index }) => index === result.result.index)
      : undefined;
  const rows = work.done.rows + (result.kind === "segment" ? result.result.rows : 0);
  const bytes = work.done.bytes + shareOf(work, segment);
  const data = { work_id, step, result, rows, bytes, steps: [] };
  const event = { type: "BatchWorkProgressed", data } as const;
  const before = new Set(openSteps(work));
  const after = evolveWork(work, { ...event, recorded_at: "" });
  const steps = after ? openSteps(after).filter((open) => !before.has(open)) : [];
  return ok([{ ...event, data: { ...data, steps } }]);
};

/** Bytes of a segment; of a format whose segments are not counted in bytes, by its rows. */
const shareOf = (
  { segments, total_bytes }: BatchWork,
  segment: { readonly rows: number } | undefined,
): number => {
  const rows = (segments ?? []).reduce((sum, each) => sum + each.rows, 0);
  if (segment === undefined || rows === 0) return 0;
  return Math.round((total_bytes * segment.rows) / rows);
};

export const finishWork = (
  { batch_id, work_id, result }: FinishWork,
  state: BatchState,
  context: BatchContext,
): Decision => {
  const work = workOf(state);
  if (!isRunning(work) || work.work_id !== work_id) return ok([]);
  if (openSteps(work)[0] !== "finish") {
    return reject("wrong_state", "work-unfinished", `Work on batch ${batch_id} has steps to go.`);
  }
  const decided = decideBatch(result, withoutWork(state), context);
  if (!decided.ok) return decided;
  const known = state.status === "requested" ? "AppendIngestionRequested" : null;
  const events = decided.value.filter(({ type }) => type !== known);
  return ok([...events, { type: "BatchWorkCompleted", data: { work_id } }]);
};

/** As the step that was asked for finds it: what was requested only is not there yet. */
const withoutWork = (state: BatchState): BatchState =>
  state.status === "held" ? { ...state, batch: { ...state.batch, work: null } } : initialBatch;

export const failWork = ({ work_id, reason }: FailWork, state: BatchState): Decision => {
  const work = workOf(state);
  if (!isRunning(work) || work.work_id !== work_id) return ok([]);
  return ok([{ type: "BatchWorkFailed", data: { ...endOf(work), reason } }]);
};

/** What the log says of work that has come to nothing. */
export const endOf = ({ work_id, order, base }: BatchWork) => ({
  work_id,
  kind: order.kind,
  revision: base.revision,
});

/**
 * Ends what is under way; its steps, those that run now included, come to nothing. A batch's part
 * in a replay ends with the replay: by itself it would begin anew.
 */
export const cancelWork = (
  { batch_id, reason, replay_id }: CancelWork,
  state: BatchState,
): Decision => {
  const work = workOf(state);
  if (work?.status === "cancelled") return ok([]);
  if (!isRunning(work)) {
    return reject(
      "wrong_state",
      "nothing-under-way",
      `Nothing is under way on batch ${batch_id} in the background.`,
    );
  }
  const { order } = work;
  if (order.kind === "replay" && order.replay_id !== replay_id) {
    return reject(
      "wrong_state",
      "part-of-replay",
      `Batch ${batch_id} is derived anew for replay ${order.replay_id}, which is cancelled as a ` +
        `whole: POST /replays/${order.replay_id}/cancel.`,
    );
  }
  return ok([{ type: "BatchWorkCancelled", data: { ...endOf(work), reason } }]);
};

/** Replays: batch by batch, driven by the request that asked, then by the lake's duty. */
import { invariant, ok, type Result } from "../../domain/decider.ts";
import type { BatchId, DatasetName, ReplayId } from "../../domain/ids.ts";
import type { Rejection } from "../../domain/rejection.ts";
import type { Answer } from "../answers.ts";
import type { DataPlane } from "../dataPorts.ts";
import type { Call, WorkPlan } from "../lakeGateway.ts";
import {
  checkOf,
  NO_ANSWER,
  type Outcome,
  perform,
  publicationOf,
  type Recorder,
  refineInput,
  runOf,
  type Workshop,
} from "./workshop.ts";

/** A replay driven by its request goes on in the background after this long. */
export const REPLAY_IN_REQUEST_MS = 20_000;

/** A batch that changes while it is replayed is taken anew, this often at once. */
const TRIES_AT_ONCE = 3;

/** Takes a replay one batch further. Resolves to false when there is nothing left to do. */
export const replayStep = async (
  shop: Workshop,
  call: Call,
  replay_id: ReplayId,
): Promise<boolean> => {
  for (let tries = 1; ; tries += 1) {
    const { outcome, more } = await replayOnce(shop, call, replay_id);
    if (outcome.ok) return more;
    if (outcome.error.code === "changed-meanwhile" && tries < TRIES_AT_ONCE) continue;
    throw new Error(`replay ${replay_id}: ${outcome.error.detail}`);
  }
};

const replayOnce = async (
  shop: Workshop,
  call: Call,
  replay_id: ReplayId,
): Promise<{ readonly outcome: Awaited<Outcome>; readonly more: boolean }> => {
  let more = true;
  const outcome = await perform(
    shop,
    call,
    { kind: "replay", replay_id },
    async (plan, record, data) => {
      if (plan.kind === "nothing") {
        more = false;
        return ok(NO_ANSWER);
      }
      const note = (
        batch_id: BatchId,
        result: "replayed" | "quarantined" | "skipped",
        reason: string | null,
        rows: number,
      ) =>
        shop.lake.command(call, {
          type: "NoteReplayProgress",
          replay_id,
          batch_id,
          outcome: result,
          reason,
          rows,
        });
      if (plan.kind === "skip") return note(plan.batch_id, "skipped", plan.reason, 0);
      invariant(plan.kind === "replay", "a replay step is planned as one");
      const { batch_id } = plan.refine;
      const replayed = await replayBatch(data, plan, record);
      if (!replayed.ok) return replayed;
      const { passed, rows, answer } = replayed.value;
      const noted = await note(
        batch_id,
        passed ? "replayed" : "quarantined",
        passed ? null : "it no longer meets its contract",
        rows,
      );
      return noted.ok ? ok(answer) : noted;
    },
  );
  return { outcome, more };
};

const replayBatch = async (
  data: DataPlane,
  plan: Extract<WorkPlan, { kind: "replay" }>,
  record: Recorder,
): Promise<Result<{ passed: boolean; rows: number; answer: Answer }, Rejection>> => {
  const { refine, replay_id, quarantine_key, clean_key, published_key } = plan;
  const { batch_id } = refine;
  const written = clean_key ?? published_key;
  const outputs = { quarantine_key, ...(written ? { clean_key: written } : {}) };
  const refined = await data.refine(refineInput(refine, outputs));
  if (!refined.ok) {
    const { issues, issue_count } = refined.error;
    const result = { kind: "misfit", misfit: { issues, issue_count } } as const;
    const recorded = await record({ type: "ReplayBatch", batch_id, replay_id, result });
    return recorded.ok ? ok({ passed: false, rows: 0, answer: recorded.value }) : recorded;
  }
  const { passed, clean, clean_schema, quality } = refined.value;
  const object =
    passed && clean && clean_key && published_key ? await data.copy(clean, published_key) : clean;
  const recorded = await record({
    type: "ReplayBatch",
    batch_id,
    replay_id,
    result: {
      kind: "derived",
      schema: refine.schema,
      check: plan.check ? checkOf(plan.check, refined.value) : null,
      run: clean_key && passed ? runOf(refine, plan.requested_privacy, refined.value) : null,
      publication: published_key && passed && object ? publicationOf(object, clean_schema) : null,
    },
  });
  return recorded.ok ? ok({ passed, rows: quality.rows, answer: recorded.value }) : recorded;
};

/**
 * POST /replay: requests it and, while there is time, takes it to its end. What is left goes on
 * in the background, driven by the lake's duty.
 */
export const replayDataset = async (
  shop: Workshop,
  call: Call,
  request: { readonly dataset: DatasetName; readonly batch_id: BatchId | null },
): Outcome => {
  const requested = await shop.lake.command(call, { type: "Replay", ...request });
  if (!requested.ok) return requested;
  const { replay_id } = (requested.value.body as { replay: { replay_id: ReplayId } }).replay;
  const started = shop.now();
  const unkeyed = { ...call, idempotency: null, if_match: null };
  try {
    while (!requested.value.replayed && shop.now() - started < REPLAY_IN_REQUEST_MS) {
      if (!(await replayStep(shop, unkeyed, replay_id))) break;
    }
  } catch (error) {
    // The lake's duty takes over from here: it tries again, counts and, in the end, gives up visibly.
    console.error(`replay ${replay_id} goes on in the background: ${error}`);
  }
  const state = await shop.lake.ask(call, {
    kind: "one",
    aggregate: "replay",
    id: replay_id,
    when: null,
  });
  if (!state.ok || state.value.kind !== "one") return requested;
  const replay = state.value.view;
  const done = replay.status === "completed";
  const outcomes = replay.outcomes as readonly { readonly outcome: string }[];
  const replayed = outcomes.filter(({ outcome }) => outcome === "replayed").length;
  return ok({
    ...requested.value,
    outcome: done ? "done" : "accepted",
    version: state.value.version,
    body: {
      ...requested.value.body,
      message: done
        ? `Replay completed: ${replayed} of ${replay.batches} batches sent through their contract.`
        : `Replay goes on in the background: GET /replays/${replay_id}.`,
      replay,
    },
  });
};

/** Replays: step by step, driven by the request that asked, then by the lake's duty. */

import { invariant, ok } from "../../domain/decider.ts";
import type { BatchId, DatasetName, ReplayId } from "../../domain/ids.ts";
import type { ReplayedBatch } from "../../domain/replay/replay.ts";
import type { Call } from "../lakeGateway.ts";
import { say } from "../logging.ts";
import { outcomeOf } from "../planReplay.ts";
import { deriveBatch } from "./passes.ts";
import { NO_ANSWER, type Outcome, perform, type Workshop } from "./workshop.ts";

/** A replay driven by its request goes on in the background after this long. */
export const REPLAY_IN_REQUEST_MS = 20_000;

/** A batch that changes while it is replayed is taken anew, this often at once. */
const TRIES_AT_ONCE = 3;

/** `wait`: something else has to end first; ask again after a while. */
export type ReplayStep = "more" | "wait" | "done";

/** Takes a replay one step further: a batch derived, or all of them switched. */
export const replayStep = async (
  shop: Workshop,
  call: Call,
  replay_id: ReplayId,
): Promise<ReplayStep> => {
  for (let tries = 1; ; tries += 1) {
    const { outcome, next } = await replayOnce(shop, call, replay_id);
    if (outcome.ok) return next;
    if (outcome.error.code === "changed-meanwhile" && tries < TRIES_AT_ONCE) continue;
    throw new Error(`replay ${replay_id}: ${outcome.error.detail}`);
  }
};

const replayOnce = async (
  shop: Workshop,
  call: Call,
  replay_id: ReplayId,
): Promise<{ readonly outcome: Awaited<Outcome>; readonly next: ReplayStep }> => {
  let next: ReplayStep = "more";
  const outcome = await perform(
    shop,
    call,
    { kind: "replay", replay_id },
    async (plan, record, data) => {
      const note = (batch: ReplayedBatch) =>
        shop.lake.command(call, { type: "NoteReplayProgress", replay_id, ...batch });
      switch (plan.kind) {
        case "nothing":
        case "wait":
          next = plan.kind === "wait" ? "wait" : "done";
          return ok(NO_ANSWER);
        case "note":
          return note(plan.note);
        case "switch":
          return shop.lake.command(call, { type: "CompleteReplay", replay_id });
        case "background": {
          const request = { kind: "replay", replay_id } as const;
          const begun = await shop.lake.command(call, { type: "StartWork", request });
          next = "wait";
          // Somebody else has begun it meanwhile.
          return !begun.ok && begun.error.code === "batch-busy" ? ok(NO_ANSWER) : begun;
        }
        default: {
          invariant(plan.kind === "replay", "a replay step is planned as one");
          const { batch_id } = plan.refine;
          const result = await deriveBatch(data, plan);
          const { base } = plan;
          const derived = await record({ type: "DeriveBatch", batch_id, replay_id, base, result });
          if (!derived.ok) return derived;
          const noted = await note({ batch_id, ...outcomeOf(result) });
          return noted.ok ? derived : noted;
        }
      }
    },
  );
  return { outcome, next };
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
  const { replay_id, background } = (
    requested.value.body as { replay: { replay_id: ReplayId; background: boolean } }
  ).replay;
  const drives = !requested.value.replayed && !background;
  const started = shop.now();
  const unkeyed = { ...call, idempotency: null, if_match: null };
  try {
    while (drives && shop.now() - started < REPLAY_IN_REQUEST_MS) {
      if ((await replayStep(shop, unkeyed, replay_id)) !== "more") break;
    }
  } catch (error) {
    // The lake's duty takes over from here: it tries again, counts and, in the end, gives up visibly.
    say("warn", "a replay goes on in the background", { replay_id, error });
  }
  const state = await stateOf(shop, call, replay_id);
  if (state === null) return requested;
  const replay = state.view;
  const done = replay.status !== "running";
  const outcomes = replay.outcomes as readonly { readonly outcome: string }[];
  const replayed = outcomes.filter(({ outcome }) => outcome === "replayed").length;
  return ok({
    ...requested.value,
    outcome: done ? "done" : "accepted",
    version: state.version,
    body: {
      ...requested.value.body,
      message:
        replay.status === "cancelled"
          ? `Replay ${replay_id} was cancelled: every batch is what it was.`
          : done
            ? `Replay completed: ${replayed} of ${replay.batches} batches sent through their contract.`
            : `Replay goes on in the background: GET /replays/${replay_id}.`,
      replay,
    },
  });
};

/** Null where it cannot be told: the replay is on record, and whoever asked for it hears that. */
const stateOf = async (shop: Workshop, call: Call, replay_id: ReplayId) => {
  const question = { kind: "one", aggregate: "replay", id: replay_id, when: null } as const;
  try {
    const state = await shop.lake.ask(call, question);
    return state.ok && state.value.kind === "one" ? state.value : null;
  } catch (error) {
    say("warn", "a replay is requested, and how far it is cannot be told", { replay_id, error });
    return null;
  }
};

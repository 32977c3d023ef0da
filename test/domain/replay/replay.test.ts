import { describe, expect, it } from "vitest";
import { batchId } from "../../../src/contracts/fields.ts";
import { decideReplay, type ReplayCommand } from "../../../src/domain/replay/decide.ts";
import {
  evolveReplay,
  initialReplay,
  nextBatch,
  type ReplayEvent,
  type ReplayOutcome,
} from "../../../src/domain/replay/replay.ts";
import { deciderSpec, recordedAt } from "../../support/deciderSpec.ts";
import {
  datasetAfter,
  datasetDeprecated,
  datasetRegistered,
  REPLAY,
  SALES,
} from "../../support/facts.ts";

const KNOWN = { dataset: datasetAfter(datasetRegistered()) };

const given = deciderSpec(
  { decide: decideReplay, evolve: evolveReplay, initialState: initialReplay },
  KNOWN,
);

const [ONE, TWO, THREE] = [batchId.parse("one"), batchId.parse("two"), batchId.parse("three")];
const about = { replay_id: REPLAY, dataset: SALES };
const request = (...batch_ids: readonly (typeof ONE)[]): ReplayCommand => ({
  type: "RequestReplay",
  ...about,
  batch_ids,
  background: false,
});
const requested = (...batch_ids: readonly (typeof ONE)[]): ReplayEvent => ({
  type: "ReplayRequested",
  data: { ...about, batch_ids },
});
const step = (batch_id: typeof ONE, outcome: ReplayOutcome = "replayed", rows = 3) => ({
  batch_id,
  outcome,
  reason: outcome === "replayed" ? null : "because",
  rows,
});
const note = (...of: Parameters<typeof step>): ReplayCommand => ({
  type: "NoteReplayProgress",
  replay_id: REPLAY,
  ...step(...of),
});
const progressed = (...of: Parameters<typeof step>): ReplayEvent => ({
  type: "ReplayProgressed",
  data: step(...of),
});
const completed = (
  batches: number,
  rows: number,
  more: { skipped?: number; quarantined?: number; failed?: number } = {},
): ReplayEvent => ({
  type: "ReplayCompleted",
  data: { batches, rows, skipped: 0, quarantined: 0, failed: 0, ...more },
});

describe("requesting a replay", () => {
  it("records the batches in their order", () => {
    given().when(request(TWO, ONE)).then(requested(TWO, ONE));
  });

  it("without a batch is complete at once", () => {
    given().when(request()).then(requested(), completed(0, 0));
  });

  it("is refused for an unknown dataset and possible for a deprecated one", () => {
    given()
      .knowing({ dataset: datasetAfter() })
      .when(request(ONE))
      .thenRejected("dataset-not-found", "not_found");
    given()
      .knowing({ dataset: datasetAfter(datasetRegistered(), datasetDeprecated) })
      .when(request(ONE))
      .then(requested(ONE));
  });

  it("is refused for an id that is taken", () => {
    given(requested(ONE)).when(request(ONE)).thenRejected("replay-exists", "already_exists");
  });
});

describe("the progress of a replay", () => {
  it("goes batch by batch", () => {
    given(requested(ONE, TWO)).when(note(ONE)).then(progressed(ONE));
  });

  it("does not complete it: what was derived is still to be switched to", () => {
    given(requested(ONE), progressed(ONE)).when(note(ONE)).thenNothing();
    given(requested(ONE, TWO), progressed(ONE))
      .when(note(TWO, "quarantined", 5))
      .then(progressed(TWO, "quarantined", 5));
  });

  it("noted twice for the same batch changes nothing", () => {
    given(requested(ONE, TWO), progressed(ONE)).when(note(ONE, "failed")).thenNothing();
    given(requested(ONE), progressed(ONE), completed(1, 3)).when(note(ONE)).thenNothing();
  });

  it("is refused out of turn, after its end and for a batch that is not in it", () => {
    given(requested(ONE, TWO)).when(note(TWO)).thenRejected("replay-out-of-turn", "wrong_state");
    given(requested(ONE)).when(note(THREE)).thenRejected("replay-out-of-turn");
    given(requested(), completed(0, 0)).when(note(ONE)).thenRejected("replay-out-of-turn");
  });

  it("is refused for an unknown replay", () => {
    given().when(note(ONE)).thenRejected("replay-not-found", "not_found");
  });
});

describe("the completion of a replay", () => {
  const complete: ReplayCommand = { type: "CompleteReplay", replay_id: REPLAY };

  it("counts outcomes and rows", () => {
    given(
      requested(ONE, TWO, THREE),
      progressed(ONE),
      progressed(TWO, "skipped", 0),
      progressed(THREE, "quarantined", 5),
    )
      .when(complete)
      .then(completed(1, 8, { skipped: 1, quarantined: 1 }));
  });

  it("counts a batch that was given up", () => {
    given(requested(ONE), progressed(ONE, "failed", 0))
      .when(complete)
      .then(completed(0, 0, { failed: 1 }));
  });

  it("asked for twice changes nothing", () => {
    given(requested(ONE), progressed(ONE), completed(1, 3)).when(complete).thenNothing();
  });

  it("is refused while a batch has to have its turn, and for an unknown replay", () => {
    given(requested(ONE, TWO), progressed(ONE))
      .when(complete)
      .thenRejected("replay-unfinished", "wrong_state");
    given().when(complete).thenRejected("replay-not-found", "not_found");
  });

  it("gives those that have changed since another turn, and waits for it", () => {
    const outdated: ReplayEvent = { type: "ReplayOutdated", data: { batch_ids: [ONE] } };
    const derived = [requested(ONE, TWO), progressed(ONE), progressed(TWO)];
    const state = given(...derived).state();
    expect(decideReplay(complete, state, KNOWN, [ONE])).toEqual({ ok: true, value: [outdated] });
    const again = given(...derived, outdated).state();
    expect(again).toMatchObject({ again: [ONE], done: [step(TWO)] });
    given(...derived, outdated)
      .when(complete)
      .thenRejected("replay-unfinished");
    given(...derived, outdated)
      .when(note(ONE, "skipped", 0))
      .then(progressed(ONE, "skipped", 0));
    given(...derived, outdated, progressed(ONE, "skipped", 0))
      .when(complete)
      .then(completed(1, 3, { skipped: 1 }));
  });
});

describe("a replay's state", () => {
  it("knows whose turn it is", () => {
    const turns = [[], [progressed(ONE)], [progressed(ONE), progressed(TWO)]].map((events) => {
      const state = given(requested(ONE, TWO), ...events).state();
      return state.status === "absent" ? "absent" : nextBatch(state);
    });
    expect(turns).toEqual([ONE, TWO, null]);
  });

  it("keeps what was done and when it began and ended", () => {
    const state = given(requested(ONE), progressed(ONE), completed(1, 3)).state();
    expect(state).toEqual({
      status: "completed",
      ...about,
      batch_ids: [ONE],
      background: false,
      passed: 1,
      again: [],
      done: [step(ONE)],
      requested_at: recordedAt(0),
      completed_at: recordedAt(2),
      cancelled: null,
    });
  });

  it("stays absent whatever follows without a request", () => {
    expect(given(progressed(ONE), completed(1, 3)).state()).toEqual({ status: "absent" });
  });
});

describe("cancelling a replay", () => {
  const cancel: ReplayCommand = { type: "CancelReplay", replay_id: REPLAY, reason: "too early" };
  const cancelled: ReplayEvent = { type: "ReplayCancelled", data: { reason: "too early" } };

  it("ends it, once, and what comes late changes nothing", () => {
    given(requested(ONE, TWO), progressed(ONE)).when(cancel).then(cancelled);
    const after = given(requested(ONE, TWO), progressed(ONE), cancelled);
    expect(after.state()).toMatchObject({
      status: "cancelled",
      cancelled: { reason: "too early" },
    });
    after.when(cancel).thenNothing();
    after.when(note(TWO)).thenNothing();
    after.when({ type: "CompleteReplay", replay_id: REPLAY }).thenNothing();
  });

  it("is refused when there is none, or its batches are switched", () => {
    given().when(cancel).thenRejected("replay-not-found", "not_found");
    given(requested(ONE), progressed(ONE), completed(1, 3))
      .when(cancel)
      .thenRejected("replay-completed", "wrong_state");
  });
});

/** Long work as events tell it: what is left to do follows from what is recorded. */
import { describe, expect, it } from "vitest";
import { initialBatch, workOf } from "../../../src/domain/batch/batch.ts";
import type { BatchCommand } from "../../../src/domain/batch/commands.ts";
import { decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import {
  evolveWork,
  objectKeysOf,
  openSteps,
  resultsOf,
  type WorkEvent,
} from "../../../src/domain/batch/work.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import { batchAppended, REPLAY } from "../../support/facts.ts";
import { segment, segmentResult, WORK, work } from "../../support/workFacts.ts";

const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  work.context,
);

const { started, landed, passed, completed, failed, cancelled, appendRequested } = work;

describe("the steps of long work", () => {
  const stepsAfter = (...events: readonly BatchEvent[]) => {
    const state = workOf(given(appendRequested, ...events).state());
    return state === null ? null : openSteps(state);
  };

  it("of an append begin with taking the upload over, then every segment, then the end", () => {
    expect(stepsAfter(started)).toEqual(["land"]);
    expect(stepsAfter(started, landed)).toEqual(["segment/0/0", "segment/0/1"]);
    expect(stepsAfter(started, landed, passed(1))).toEqual(["segment/0/0"]);
    expect(stepsAfter(started, landed, passed(1), passed(0))).toEqual(["finish"]);
  });

  it("are none once it is over, whatever its end", () => {
    expect(stepsAfter(started, landed, completed)).toEqual([]);
    expect(stepsAfter(started, failed)).toEqual([]);
  });

  it("are those of every pass", () => {
    const { data } = started as Extract<WorkEvent, { type: "BatchWorkStarted" }>;
    const twice = { ...data, passes: 2, segments: [segment(0), segment(1)] };
    const state = evolveWork(null, { type: "BatchWorkStarted", data: twice, recorded_at: "" });
    expect(state && openSteps(state)).toEqual([
      "segment/0/0",
      "segment/0/1",
      "segment/1/0",
      "segment/1/1",
    ]);
  });
});

describe("a step of long work", () => {
  const record = (index: number): BatchCommand => ({
    type: "RecordStep",
    batch_id: work.batch_id,
    work_id: WORK,
    step: `segment/0/${index}`,
    result: { kind: "segment", pass: 0, result: segmentResult(index) },
  });

  it("is recorded with how far the work is, and the last one opens the end", () => {
    given(appendRequested, started, landed).when(record(0)).then(passed(0));
    const last = { rows: 20, bytes: 200, steps: ["finish"] as const };
    const after = given(appendRequested, started, landed, passed(0));
    const decided = decideBatch(record(1), after.state(), work.context);
    expect(decided).toMatchObject({ ok: true, value: [{ data: last }] });
  });

  it("counts once, and not at all when the work is over or another one", () => {
    given(appendRequested, started, landed, passed(0)).when(record(0)).thenNothing();
    given(appendRequested, started, landed, failed).when(record(0)).thenNothing();
    given(appendRequested, started, landed)
      .when({ ...record(0), work_id: "another" } as BatchCommand)
      .thenNothing();
  });

  it("cannot be skipped: the end is refused while one is left", () => {
    given(appendRequested, started, landed, passed(0))
      .when(work.finish)
      .thenRejected("work-unfinished", "wrong_state");
  });
});

describe("a batch that is worked on", () => {
  it("refuses every other step with what goes on", () => {
    given(appendRequested, started)
      .when({ type: "QuarantineBatch", batch_id: work.batch_id, reason: "odd" })
      .thenRejected("batch-busy", "wrong_state");
  });

  it("has its results as long as they are needed, and its objects are the work's until then", () => {
    const running = workOf(given(appendRequested, started, landed, passed(1), passed(0)).state());
    expect(running && resultsOf(running, 0).map(({ index }) => index)).toEqual([0, 1]);
    expect(objectKeysOf(running)).toEqual(["raw", "seen-1", "seen-0"]);
    const over = workOf(given(appendRequested, started, landed, passed(0), failed).state());
    expect(over).toMatchObject({ status: "failed", reason: "because", results: [] });
    expect(objectKeysOf(over)).toEqual([]);
  });

  it("is appended at the end, as if its file had been taken over at once", () => {
    const decided = decideBatch(
      work.finish,
      given(appendRequested, started, landed, passed(0), passed(1)).state(),
      work.context,
    );
    expect(decided.ok && decided.value.map(({ type }) => type)).toEqual([
      "DataAppended",
      "SchemaValidated",
      "BatchWorkCompleted",
    ]);
  });

  it("whose upload could not be taken over leaves its id free", () => {
    given(appendRequested, started, failed).when(work.start).then(appendRequested, started);
    given(appendRequested, started).when(work.start).thenRejected("batch-busy");
  });
});

describe("long work that somebody cancels", () => {
  const cancel = {
    type: "CancelWork",
    batch_id: work.batch_id,
    reason: "the wrong file",
    replay_id: null,
  } as const;

  it("is over: its steps come to nothing, and its id is free", () => {
    given(appendRequested, started, landed, passed(0)).when(cancel).then(cancelled);
    const after = given(appendRequested, started, landed, passed(0), cancelled);
    expect(workOf(after.state())).toMatchObject({ status: "cancelled", results: [] });
    const late: BatchCommand = {
      type: "RecordStep",
      batch_id: work.batch_id,
      work_id: WORK,
      step: "segment/0/1",
      result: { kind: "segment", pass: 0, result: segmentResult(1) },
    };
    after.when(late).thenNothing();
    after.when(work.finish).thenNothing();
    after.when(cancel).thenNothing();
    after.when(work.start).then(appendRequested, started);
  });

  it("must be under way", () => {
    for (const end of [completed, failed]) {
      given(appendRequested, started, landed, end)
        .when(cancel)
        .thenRejected("nothing-under-way", "wrong_state");
    }
    given(...batchAppended())
      .when(cancel)
      .thenRejected("nothing-under-way", "wrong_state");
  });

  it("is not a part of a replay, unless the replay ends", () => {
    const data = {
      ...started.data,
      order: { kind: "replay", replay_id: REPLAY },
      base: { contract_version: 1, revision: 1, status: "appended" },
      segments: [segment(0)],
    } as const;
    const replaying = given(...batchAppended(), { type: "BatchWorkStarted", data });
    replaying.when(cancel).thenRejected("part-of-replay", "wrong_state");
    replaying.when({ ...cancel, replay_id: REPLAY }).then({
      type: "BatchWorkCancelled",
      data: { work_id: WORK, kind: "replay", revision: 1, reason: "the wrong file" },
    });
  });
});

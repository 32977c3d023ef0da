import { describe, expect, it } from "vitest";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import type { BatchCommand } from "../../../src/domain/batch/commands.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { retentionEnd } from "../../../src/domain/batch/expiry.ts";
import { deciderSpec, recordedAt } from "../../support/deciderSpec.ts";
import {
  anonymized,
  appendData,
  BATCH,
  batchAppended,
  check,
  contractAfter,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  MISFIT,
  objectAt,
  publication,
  published,
  qualityPassed,
  quarantined,
  RAW,
  REPLAY,
  run,
} from "../../support/facts.ts";

const contractOf = (retention_days: number) => contractAfter(contractDefined({ retention_days }));
const usual: BatchContext = {
  lake: lakeAt("standard"),
  dataset: datasetAfter(datasetRegistered()),
  contract: contractOf(30),
};
const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  usual,
);

const APPENDED_AT = recordedAt(1);
const END = "2026-12-23T12:01:00.000Z";
const expireAt = (now: string): BatchCommand => ({ type: "ExpireBatch", batch_id: BATCH, now });
const expiredAfter = (objects: number, retention_days = 30, due_at = END): BatchEvent => ({
  type: "BatchExpired",
  data: { retention_days, due_at, objects },
});

describe("the end of a retention", () => {
  it.each([
    [1, "2026-11-24T12:01:00.000Z"],
    [30, END],
    [365, "2027-11-23T12:01:00.000Z"],
    [36_500, "2126-10-30T12:01:00.000Z"],
  ])("comes %i days of 24 hours after the append", (days, end) => {
    expect(retentionEnd(APPENDED_AT, days)).toBe(end);
  });
});

describe("a batch whose retention ends", () => {
  const stages: Readonly<Record<string, readonly [number, readonly BatchEvent[]]>> = {
    appended: [1, []],
    checked: [1, [qualityPassed()]],
    anonymized: [2, [qualityPassed(), anonymized()]],
    published: [3, [qualityPassed(), anonymized(), published()]],
    quarantined: [3, [qualityPassed(), anonymized(), published(), quarantined()]],
  };

  it.each(Object.entries(stages))("expires when it is %s, with all its objects", (_, stage) => {
    const [objects, events] = stage;
    given(...batchAppended(), ...events)
      .when(expireAt(END))
      .then(expiredAfter(objects));
  });

  it("does not expire a millisecond before", () => {
    given(...batchAppended())
      .when(expireAt("2026-12-23T12:00:59.999Z"))
      .thenNothing();
  });

  it("expires by what its contract says now, not by what it said then", () => {
    const day = "2026-11-24T12:01:00.000Z";
    given(...batchAppended())
      .knowing({ ...usual, contract: contractOf(1) })
      .when(expireAt(day))
      .then(expiredAfter(1, 1, day));
    given(...batchAppended())
      .knowing({ ...usual, contract: contractOf(31) })
      .when(expireAt(END))
      .thenNothing();
  });

  it("expires once", () => {
    given(...batchAppended(), expiredAfter(1))
      .when(expireAt("2030-01-01T00:00:00.000Z"))
      .thenNothing();
  });
});

describe("a batch that somebody wants gone", () => {
  const wish: BatchCommand = { type: "ExpireNow", batch_id: BATCH, reason: "a wrong file" };
  const wished = (objects: number): BatchEvent => ({
    type: "BatchExpired",
    data: { retention_days: 30, due_at: END, objects, reason: "a wrong file" },
  });

  it("expires before its time with all of its objects, whatever state it is in", () => {
    given(...batchAppended())
      .when(wish)
      .then(wished(1));
    given(...batchAppended(), qualityPassed(), anonymized(), published(), quarantined())
      .when(wish)
      .then(wished(3));
  });

  it("is remembered with the reason, and one whose time was over without", () => {
    const ended = (event: BatchEvent) => given(...batchAppended(), event).state();
    expect(ended(wished(1))).toMatchObject({
      batch: { ended_by: "request", reason: "a wrong file" },
    });
    expect(ended(expiredAfter(1))).toMatchObject({
      batch: { ended_by: "retention", reason: null },
    });
  });

  it("is gone once, by whichever end comes first", () => {
    for (const event of [wished(1), expiredAfter(1)]) {
      given(...batchAppended(), event)
        .when(wish)
        .thenNothing();
      given(...batchAppended(), event)
        .when(expireAt(END))
        .thenNothing();
    }
    given().when(wish).thenRejected("batch-not-found", "not_found");
  });
});

describe("an expired batch", () => {
  const gone = [...batchAppended(), published(), quarantined(), expiredAfter(2)];

  it("is remembered without any of its objects", () => {
    const state = given(...gone).state();
    expect(state).toMatchObject({
      status: "expired",
      batch: {
        batch_id: BATCH,
        dataset: "sales",
        file: { format: "csv", bytes: RAW.bytes, sha256: RAW.sha256, rows: RAW.rows },
        appended_at: APPENDED_AT,
        expired_at: recordedAt(5),
      },
    });
    // The name alone, to which its upload's tag is bound.
    const kept = JSON.stringify(state, (key, value) => (key === "taken_as" ? null : value));
    expect(kept).not.toContain("raw/1");
    expect(kept).not.toContain("published/1");
  });

  const derived = {
    kind: "derived",
    schema: {},
    rows: 0,
    check: null,
    run: null,
    publication: null,
  } as const;
  const commands: readonly BatchCommand[] = [
    { type: "RecordQuality", batch_id: BATCH, check: check(), rederived: null },
    { type: "RecordPrivacy", batch_id: BATCH, run: run("clean/2") },
    { type: "RecordMisfit", batch_id: BATCH, misfit: MISFIT },
    { type: "QuarantineBatch", batch_id: BATCH, reason: "looks wrong" },
    { type: "ReleaseQuarantine", batch_id: BATCH, reason: "looked again" },
    { type: "PublishData", batch_id: BATCH, publication: publication("p/1"), run: null },
    { type: "ExportData", batch_id: BATCH, object: objectAt("csv/1") },
    {
      type: "GrantConsumption",
      batch_id: BATCH,
      consumer: "alice",
      purpose: null,
      format: "parquet",
      object_key: "published/1",
      signed_at: APPENDED_AT,
      expires_at: END,
    },
    { type: "ReplayBatch", batch_id: BATCH, replay_id: REPLAY, result: derived },
  ];
  it.each(commands)("refuses $type", (command) => {
    given(...gone)
      .when(command)
      .thenRejected("batch-expired", "wrong_state");
  });

  it("does not give its id away again", () => {
    given(...gone)
      .when(appendData())
      .thenRejected("batch-expired", "already_exists");
  });

  it("is moved by nothing that is recorded afterwards", () => {
    expect(given(...gone, ...batchAppended(), published()).state()).toEqual(given(...gone).state());
  });
});

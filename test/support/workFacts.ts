/** Facts about long work on a batch: an append in two segments. */

import type { BatchEvent } from "../../src/domain/batch/events.ts";
import type { FinishWork, StartWork } from "../../src/domain/batch/workCommands.ts";
import type { Segment, SegmentResult } from "../../src/domain/segments.ts";
import {
  appendData,
  BATCH,
  batchAppended,
  contractAfter,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  objectAt,
} from "./facts.ts";

export const WORK = "work1";

export const segment = (index: number): Segment => ({
  index,
  offset: 100 * index,
  length: 100,
  first_row: 10 * index + 1,
  rows: 10,
});

export const segmentResult = (index: number): SegmentResult => ({
  index,
  rows: 10,
  issues: [],
  issue_count: 0,
  diverted_rows: 0,
  quality: {},
  privacy: {},
  clean_part: null,
  quarantine_part: null,
  seen_part: { key: `seen-${index}`, bytes: 1, rows: 10 },
});

const { type: _, taken, ...request } = appendData();
const raw = objectAt("raw", { format: "csv", bytes: 200, rows: 20 });

const order = {
  work_id: WORK,
  order: { kind: "append", request },
  base: { contract_version: 1, revision: 0, status: "absent" },
  passes: 1,
  total_bytes: 190,
  segments: null,
} as const;

const start: StartWork = { type: "StartWork", batch_id: BATCH, ...order };

const finish: FinishWork = {
  type: "FinishWork",
  batch_id: BATCH,
  work_id: WORK,
  result: { ...appendData(), taken: { ...taken, object: raw } },
};

const started: BatchEvent = { type: "BatchWorkStarted", data: { ...order, steps: ["land"] } };

const landed: BatchEvent = {
  type: "BatchWorkProgressed",
  data: {
    work_id: WORK,
    step: "land",
    result: { kind: "landed", object: raw, segments: [segment(0), segment(1)] },
    rows: 0,
    bytes: 0,
    steps: ["segment/0/0", "segment/0/1"],
  },
};

/** One segment gone through, the first of the two. */
const passed = (index: number): BatchEvent => ({
  type: "BatchWorkProgressed",
  data: {
    work_id: WORK,
    step: `segment/0/${index}`,
    result: { kind: "segment", pass: 0, result: segmentResult(index) },
    rows: 10,
    bytes: 100,
    steps: [],
  },
});

const appendRequested = batchAppended().find(({ type }) => type === "AppendIngestionRequested");
if (appendRequested === undefined) throw new Error("an append begins with its request");

const ended = { work_id: WORK, kind: "append", revision: 0 } as const;

export const work = {
  batch_id: BATCH,
  context: {
    lake: lakeAt("standard"),
    dataset: datasetAfter(datasetRegistered()),
    contract: contractAfter(contractDefined()),
  },
  start,
  finish,
  appendRequested,
  started,
  landed,
  passed,
  completed: { type: "BatchWorkCompleted", data: { work_id: WORK } },
  failed: { type: "BatchWorkFailed", data: { ...ended, reason: "because" } },
  cancelled: { type: "BatchWorkCancelled", data: { ...ended, reason: "the wrong file" } },
} as const satisfies Record<string, unknown>;

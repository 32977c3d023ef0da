/**
 * Long work on a batch: a step of its life whose file is too large for one request, taken in
 * pieces. What is left to do follows from what is recorded, so that it goes on from there on any
 * machine. While it is under way, nothing else is done to the batch.
 */
import type { Recorded } from "../decider.ts";
import type { ReplayId } from "../ids.ts";
import type { Segment, SegmentResult } from "../segments.ts";
import type { ObjectRef } from "../table.ts";
import type { AppendRequest, Base } from "./commands.ts";
import type { RawRules } from "./events.ts";

/** What was asked for; with the base it says what each step has to do. */
export type WorkOrder =
  | { readonly kind: "append"; readonly request: AppendRequest }
  | { readonly kind: "quality"; readonly rules: RawRules | null }
  | { readonly kind: "privacy"; readonly rules: RawRules | null }
  | { readonly kind: "publish" }
  | { readonly kind: "replay"; readonly replay_id: ReplayId };

/**
 * `land`: the upload is taken over and cut. `segment/<pass>/<index>`: one pass over one segment.
 * `finish`: the whole from its parts, recorded as the step of the batch's life that it is.
 */
export type WorkStep = "land" | "finish" | `segment/${number}/${number}`;

export interface PassResult {
  readonly pass: number;
  readonly result: SegmentResult;
}

export interface Landed {
  readonly object: ObjectRef;
  readonly segments: readonly Segment[];
  /** Of the upload it was; left out in logs that did not say, null when it is not known. */
  readonly upload_etag?: string | null;
}

export type WorkEvent =
  | {
      readonly type: "BatchWorkStarted";
      readonly data: {
        readonly work_id: string;
        readonly order: WorkOrder;
        readonly base: Base;
        /** How often the rows are gone through; 0 when there is only an object to copy. */
        readonly passes: number;
        readonly total_bytes: number;
        /** Null for an append: they are found when the upload is taken over. */
        readonly segments: readonly Segment[] | null;
        /** What can be done at once. */
        readonly steps: readonly WorkStep[];
      };
    }
  | {
      readonly type: "BatchWorkProgressed";
      readonly data: {
        readonly work_id: string;
        readonly step: WorkStep;
        readonly result:
          | ({ readonly kind: "landed" } & Landed)
          | ({ readonly kind: "segment" } & PassResult);
        /** Gone through so far, over all passes. */
        readonly rows: number;
        readonly bytes: number;
        /** What can be done now and could not before. */
        readonly steps: readonly WorkStep[];
      };
    }
  /** The step that was asked for is recorded, in the same transaction. */
  | { readonly type: "BatchWorkCompleted"; readonly data: { readonly work_id: string } }
  | {
      readonly type: "BatchWorkFailed";
      readonly data: {
        readonly work_id: string;
        readonly kind: WorkOrder["kind"];
        /** Of the batch as it was and is; 0: its file was never there. */
        readonly revision: number;
        readonly reason: string;
      };
    }
  /** Somebody has ended it before its time: the batch is what it was. */
  | {
      readonly type: "BatchWorkCancelled";
      readonly data: {
        readonly work_id: string;
        readonly kind: WorkOrder["kind"];
        readonly revision: number;
        readonly reason: string | null;
      };
    };

export interface BatchWork {
  readonly work_id: string;
  readonly order: WorkOrder;
  readonly base: Base;
  readonly status: "running" | "completed" | "failed" | "cancelled";
  /** Why it failed, or was cancelled if somebody has said so. */
  readonly reason: string | null;
  readonly passes: number;
  readonly total_bytes: number;
  readonly landed: ObjectRef | null;
  readonly upload_etag?: string | null;
  readonly segments: readonly Segment[] | null;
  /** Kept as long as they are needed: until the end. */
  readonly results: readonly PassResult[];
  readonly done: { readonly segments: number; readonly rows: number; readonly bytes: number };
  readonly started_at: string;
  readonly updated_at: string;
}

export const isRunning = (work: BatchWork | null): work is BatchWork => work?.status === "running";

/** Objects that exist for the sake of the work alone, and an upload not yet taken over. */
export const objectKeysOf = (work: BatchWork | null): readonly string[] => {
  if (!isRunning(work)) return [];
  const parts = work.results.flatMap(({ result }) => [
    result.clean_part,
    result.quarantine_part,
    result.seen_part,
    result.subjects_part ?? null,
    result.hash_part ?? null,
  ]);
  return [work.landed, ...parts].flatMap((object) => (object === null ? [] : [object.key]));
};

/** The steps that can be done now. */
export const openSteps = (work: BatchWork): readonly WorkStep[] => {
  if (work.status !== "running") return [];
  if (work.segments === null) return ["land"];
  const done = new Set(work.results.map(({ pass, result }) => stepOf(pass, result.index)));
  const left: WorkStep[] = [];
  for (let pass = 0; pass < work.passes; pass += 1) {
    for (const { index } of work.segments) {
      const step = stepOf(pass, index);
      if (!done.has(step)) left.push(step);
    }
  }
  return left.length > 0 ? left : ["finish"];
};

const stepOf = (pass: number, index: number): WorkStep => `segment/${pass}/${index}`;

/** The results of one pass in the order of the rows. */
export const resultsOf = (work: BatchWork, pass: number): readonly SegmentResult[] =>
  work.results
    .filter((done) => done.pass === pass)
    .map(({ result }) => result)
    .sort((a, b) => a.index - b.index);

const ENDED = { BatchWorkFailed: "failed", BatchWorkCancelled: "cancelled" } as const;

/** Whether it has ended without a result. */
export const cameToNothing = (work: BatchWork | null): boolean =>
  work?.status === "failed" || work?.status === "cancelled";

export const evolveWork = (
  work: BatchWork | null,
  event: Recorded<WorkEvent>,
): BatchWork | null => {
  const at = event.recorded_at;
  if (event.type === "BatchWorkStarted") {
    const { steps: _, ...started } = event.data;
    return {
      ...started,
      status: "running",
      reason: null,
      landed: null,
      results: [],
      done: { segments: 0, rows: 0, bytes: 0 },
      started_at: at,
      updated_at: at,
    };
  }
  if (work === null || work.work_id !== event.data.work_id) return work;
  if (event.type !== "BatchWorkProgressed") {
    const completed = event.type === "BatchWorkCompleted";
    return {
      ...work,
      status: completed ? "completed" : ENDED[event.type],
      reason: completed ? null : event.data.reason,
      landed: completed ? work.landed : null,
      results: [],
      updated_at: at,
    };
  }
  const { result, rows, bytes } = event.data;
  if (result.kind === "landed") {
    const { object, segments, upload_etag = null } = result;
    return {
      ...work,
      landed: object,
      upload_etag,
      segments,
      total_bytes: object.bytes,
      updated_at: at,
    };
  }
  const { kind: _, ...passed } = result;
  const done = { segments: work.done.segments + 1, rows, bytes };
  return { ...work, results: [...work.results, passed], done, updated_at: at };
};

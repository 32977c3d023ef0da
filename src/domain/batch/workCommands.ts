/** Commands of long work on a batch: its beginning, its steps and its end. */
import type { BatchId, ReplayId } from "../ids.ts";
import type { Segment } from "../segments.ts";
import type {
  AppendData,
  Base,
  DeriveBatch,
  PublishData,
  RecordMisfit,
  RecordPrivacy,
  RecordQuality,
} from "./commands.ts";
import type { Landed, PassResult, WorkOrder, WorkStep } from "./work.ts";

/** Begins long work: what `order` asks for, of a file too large for one request. */
export interface StartWork {
  readonly type: "StartWork";
  readonly batch_id: BatchId;
  readonly work_id: string;
  readonly order: WorkOrder;
  readonly base: Base;
  readonly passes: number;
  readonly total_bytes: number;
  readonly segments: readonly Segment[] | null;
}

/** What one step of it came to. */
export interface RecordStep {
  readonly type: "RecordStep";
  readonly batch_id: BatchId;
  readonly work_id: string;
  readonly step: WorkStep;
  readonly result:
    | ({ readonly kind: "landed" } & Landed)
    | ({ readonly kind: "segment" } & PassResult);
}

/** Its end: the step of the batch's life that it was for. */
export interface FinishWork {
  readonly type: "FinishWork";
  readonly batch_id: BatchId;
  readonly work_id: string;
  readonly result:
    | AppendData
    | RecordQuality
    | RecordPrivacy
    | RecordMisfit
    | PublishData
    | DeriveBatch;
}

export interface FailWork {
  readonly type: "FailWork";
  readonly batch_id: BatchId;
  readonly work_id: string;
  /** A sentence of Lethe's own. */
  readonly reason: string;
}

/** Somebody wants what is under way to end. */
export interface CancelWork {
  readonly type: "CancelWork";
  readonly batch_id: BatchId;
  readonly reason: string | null;
  /** The replay that ends with it; null: it is asked for by itself. */
  readonly replay_id: ReplayId | null;
}

/**
 * Plans: what the lake wants done with a batch's bytes, by whom it does not matter. Plain data,
 * because they cross a remote call; everything the data plane needs is in them.
 */

import type { Base } from "../domain/batch/commands.ts";
import type { QualityCheck, RawRules } from "../domain/batch/events.ts";
import type { WorkOrder } from "../domain/batch/work.ts";
import type { BatchId, DatasetName, ReplayId } from "../domain/ids.ts";
import type { CsvDialect } from "../domain/reading.ts";
import type { ReplayedBatch } from "../domain/replay/replay.ts";
import type { KAnonymity } from "../domain/rules/kAnonymity.ts";
import type { UniqueHashes } from "../domain/rules/uniqueScope.ts";
import type { Segment, SegmentResult } from "../domain/segments.ts";
import type { Format, ObjectRef, Schema } from "../domain/table.ts";
import type { PrivacyKeys, TakeInput } from "./dataPorts.ts";
import type { ErasePlan } from "./erasePlans.ts";
import type { AccessPlan } from "./planAccess.ts";
import type { HeldInPlan } from "./planHeldIn.ts";
import type { SegmentParts } from "./segmentPorts.ts";
import type { AppendSubjects, TrackedSubjects } from "./subjectPorts.ts";
import type { Comparison } from "./uniqueHashes.ts";

/** What a step of long work has to do. */
export type StepPlan =
  | {
      readonly kind: "land";
      readonly file_url: string;
      readonly source: string;
      readonly target: string;
      readonly format: Format;
      readonly dialect: CsvDialect;
      readonly schema: Schema;
      readonly segment_bytes: number;
    }
  | {
      readonly kind: "segment";
      readonly pass: number;
      readonly refine: RefinePlan;
      readonly segment: Segment;
      readonly parts: SegmentParts;
    }
  | {
      readonly kind: "finish";
      readonly order: WorkOrder;
      /** Of the upload that an append has taken over, if it is known. */
      readonly upload_etag: string | null;
      /** As for a file that is taken in one pass; what it would read is in the results. */
      readonly plan: WorkPlan;
      readonly passes: readonly {
        readonly refine: RefinePlan;
        readonly results: readonly SegmentResult[];
      }[];
    };

export interface AppendPlan extends Pick<TakeInput, "source" | "target" | "schema"> {
  readonly kind: "append";
  /** What contract and request say of how the file is read. */
  readonly dialect: CsvDialect;
  /** What it may unpack to while a request waits. */
  readonly sync_bytes: number;
  /** Null: the dataset names no subjects. */
  readonly subjects: AppendSubjects | null;
}

/** One pass over a batch's raw object. */
export interface RefinePlan {
  readonly dataset: DatasetName;
  readonly batch_id: BatchId;
  readonly source: ObjectRef;
  readonly schema: Schema;
  /** Rules that decide which rows go on. */
  readonly quality_rules: RawRules;
  readonly privacy_rules: RawRules;
  readonly keys: PrivacyKeys;
  readonly subject_column: string | null;
  /** What `not_future` and `freshness` compare with (RFC 3339). */
  readonly now: string;
  /** What rules in the scope of the dataset compare with; null without such rules. */
  readonly unique: Comparison | null;
  /** Whom the pass of an append looks for. */
  readonly subjects?: TrackedSubjects;
}

/** What a publication has to hold. */
export interface Gate {
  readonly demand: KAnonymity;
  /** The published column by which people are counted; null: rows are. */
  readonly people_by: string | null;
  /** Where the pass writes what rows may yet be left out of, when it writes nothing else. */
  readonly pass_key: string | null;
}

export type WorkPlan =
  | AppendPlan
  | {
      readonly kind: "quality";
      readonly refine: RefinePlan;
      readonly check_source: QualityCheck["source"];
      readonly quarantine_key: string;
      /** Where hashes are kept of what passes; null when no rule of the contract needs them. */
      readonly hashes_key: string | null;
      /** Only for a batch that was anonymised before: its rows may be fewer now. */
      readonly rederive: {
        readonly refine: RefinePlan;
        readonly clean_key: string;
        readonly requested_privacy: RawRules;
      } | null;
    }
  | {
      readonly kind: "privacy";
      readonly refine: RefinePlan;
      readonly clean_key: string;
      readonly requested_privacy: RawRules;
      /** Columns that look personal, declared or not. */
      readonly suspected_columns: readonly string[];
      /** Columns of which a dry run shows nothing: the contract protects them otherwise, or a part of
       * a personal value would be left. */
      readonly overruled_columns: readonly string[];
      /** How many rows a dry run takes; null: all of them. */
      readonly sample_rows: number | null;
    }
  | {
      readonly kind: "publish";
      readonly batch_id: BatchId;
      readonly published_key: string;
      /** Set when the contract's privacy rules are applied on the way. */
      readonly clean_key: string | null;
      readonly gate: Gate | null;
      /** Columns whose newest moment is remembered. */
      readonly newest_of: readonly string[];
      /** Later moments do not count (RFC 3339). */
      readonly as_of: string;
      /** What was published since the check, to be compared with once more. */
      readonly unique: {
        readonly own: UniqueHashes;
        readonly others: readonly UniqueHashes[];
        readonly columns: readonly (readonly string[])[];
      } | null;
      /** The anonymised object to copy, or the pass to make one when there was no privacy run. */
      readonly from: { readonly copy: ObjectRef; readonly schema: Schema } | RefinePlan;
    }
  | {
      readonly kind: "export";
      readonly batch_id: BatchId;
      readonly source: ObjectRef;
      readonly schema: Schema;
      readonly target: string;
    }
  | {
      readonly kind: "replay";
      readonly replay_id: ReplayId;
      readonly base: Base;
      readonly refine: RefinePlan;
      readonly quarantine_key: string;
      readonly hashes_key: string | null;
      /** Set when the batch had been anonymised. */
      readonly clean_key: string | null;
      readonly published_key: string | null;
      /** Set only when the batch is published. */
      readonly gate: Gate | null;
      readonly newest_of: readonly string[];
      readonly as_of: string;
      /** Whose check this is recorded as, or null when no rule is left. */
      readonly check: Pick<QualityCheck, "source" | "rules"> | null;
      readonly requested_privacy: RawRules;
    }
  /** What was to be published has to go into quarantine instead. */
  | { readonly kind: "keep_back"; readonly batch_id: BatchId }
  /** The next batch of a replay whose outcome is known without work. */
  | { readonly kind: "note"; readonly replay_id: ReplayId; readonly note: ReplayedBatch }
  /** Every batch of a replay is derived: what is left is to switch to them. */
  | { readonly kind: "switch"; readonly replay_id: ReplayId }
  | ErasePlan
  /** Something else has to end first. */
  | { readonly kind: "wait" }
  /** Too much for a request: to be asked for as long work. */
  | { readonly kind: "background" }
  | { readonly kind: "work_step"; readonly step: StepPlan }
  | { readonly kind: "subject_access"; readonly step: AccessPlan }
  | { readonly kind: "held_in"; readonly step: HeldInPlan }
  /** Long work that cannot go on, and why. */
  | { readonly kind: "fail"; readonly reason: string }
  /** There is nothing left to do. */
  | { readonly kind: "nothing" };

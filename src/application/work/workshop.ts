/**
 * How heavy work is done: ask the lake for a plan, let the data plane do it, record the result.
 * Whatever does not end in a record leaves no object behind: it is deleted here, or, when this
 * machine dies, swept by the lake's duty.
 */

import type { Misfit } from "../../domain/batch/commands.ts";
import type { DerivedRun, Publication, QualityCheck } from "../../domain/batch/events.ts";
import { invariant, ok, type Result } from "../../domain/decider.ts";
import type { BatchId } from "../../domain/ids.ts";
import { type Rejection, reject } from "../../domain/rejection.ts";
import { parsePrivacyRules } from "../../domain/rules/privacy.ts";
import { parseQualityRules } from "../../domain/rules/quality.ts";
import type { ObjectRef, Schema } from "../../domain/table.ts";
import type { Answer } from "../answers.ts";
import {
  BrokenSealError,
  DataLimitError,
  type DataPlane,
  MissingObjectError,
  NoTurnError,
  type ObjectStore,
  type Refined,
  type RefineInput,
} from "../dataPorts.ts";
import type { Call, LakeGateway, LakeRequest, WorkKeys, WorkRequest } from "../lakeGateway.ts";
import { say } from "../logging.ts";
import type { SegmentedDataPlane } from "../segmentPorts.ts";
import type { SubjectPlane, SubjectReader } from "../subjectPorts.ts";
import type { Comparison } from "../uniqueHashes.ts";
import type { Gate, RefinePlan, WorkPlan } from "../workPlan.ts";

export interface Workshop {
  readonly lake: LakeGateway;
  readonly subjects: SubjectReader;
  readonly store: ObjectStore;
  /** The same for an encrypted dataset, under its key: writes are sealed, reads opened. */
  sealed(dataset_key: Uint8Array): Pick<Workshop, "subjects" | "store">;
  /** What work is done with that the lake has given these keys for. */
  planes(keys: WorkKeys): Planes;
  /** Milliseconds, for measuring how long something takes. */
  readonly now: () => number;
}

export interface Planes {
  readonly data: SegmentedDataPlane;
  readonly subjects: SubjectPlane;
}

export type Outcome = Promise<Result<Answer, Rejection>>;

export type Recorder = (command: LakeRequest) => Outcome;

/** The answer of work that had nothing to do. */
export const NO_ANSWER: Answer = {
  outcome: "done",
  body: { events: [] },
  version: 0,
  sign: null,
  location: null,
  replayed: false,
};

/**
 * Opens work and sees it to its end: recorded, or without a trace. `recording`: the call under
 * which the result is recorded, when it is another than the one that asked.
 */
export const perform = async (
  { lake, store, planes }: Workshop,
  call: Call,
  request: WorkRequest,
  body: (
    plan: WorkPlan,
    record: Recorder,
    data: SegmentedDataPlane,
    subjects: SubjectPlane,
  ) => Outcome,
  recording: Call = call,
): Outcome => {
  const opened = await lake.open(call, request);
  if (!opened.ok) return opened;
  const { plan, attempt, answered } = opened.value;
  if (answered) return ok(answered);
  let recorded = false;
  let inDoubt = false;
  /** What the record does not name was written in vain: it goes before its sweep does. */
  const discardAllBut = async (kept: LakeRequest): Promise<void> => {
    const named = JSON.stringify(kept);
    await store.delete((attempt?.writes ?? []).filter((key) => !named.includes(key)));
  };
  const record = async (command: LakeRequest): Outcome => {
    if (attempt) await discardAllBut(command);
    inDoubt = true;
    const outcome = await lake.command(recording, command, attempt ? { attempt } : undefined);
    inDoubt = false;
    recorded = outcome.ok && !outcome.value.replayed && hasEvents(outcome.value);
    return outcome;
  };
  try {
    const { data, subjects } = planes(opened.value);
    return await body(plan, record, data, subjects);
  } catch (error) {
    if (error instanceof BrokenSealError) return objectDamaged(error);
    if (error instanceof DataLimitError) {
      return reject("too_large", "limit-exceeded", `${error.message}.`);
    }
    if (error instanceof NoTurnError) {
      return reject(
        "unavailable",
        "machine-busy",
        "Other work holds the memory that this takes; ask again.",
      );
    }
    if (error instanceof MissingObjectError) {
      return reject(
        "wrong_state",
        "object-missing",
        "An object of this batch is gone: it may have been derived anew meanwhile; ask again.",
      );
    }
    throw error;
  } finally {
    // Without an answer it may be on record: then its duty is gone, else the sweep comes for it.
    if (attempt && !recorded && !inDoubt) {
      await store.clear(attempt.writes);
      await lake.abandon(call, attempt.attempt_id);
    }
  }
};

/** Nothing was given of it: what does not open is not guessed at. */
export const objectDamaged = (error: BrokenSealError) => {
  say("error", "an object does not open", { error });
  return reject(
    "wrong_state",
    "object-damaged",
    "An object of this batch does not open: it was changed or cut off after it was written.",
  );
};

export const hasEvents = (answer: Answer): boolean => {
  const { events } = answer.body;
  return Array.isArray(events) && events.length > 0;
};

/** A plan as the data plane takes it. */
export const refineInput = (plan: RefinePlan, { hashes_key, ...outputs }: Outputs): RefineInput => {
  const quality = parseQualityRules(plan.quality_rules);
  const privacy = parsePrivacyRules(plan.privacy_rules);
  invariant(quality.ok && privacy.ok, "rules were checked when the work was planned");
  return {
    source: plan.source,
    schema: plan.schema,
    quality: quality.value,
    privacy: privacy.value,
    keys: plan.keys,
    subject_column: plan.subject_column,
    now: new Date(plan.now),
    ...(plan.subjects ? { subjects: plan.subjects } : {}),
    ...(plan.unique ? { unique: comparing(plan.unique, hashes_key ?? null) } : {}),
    ...outputs,
  };
};

type Outputs = Pick<
  RefineInput,
  "clean_key" | "quarantine_key" | "preview_rows" | "hidden_columns" | "hidden_after"
> & {
  readonly hashes_key?: string | null;
};

const comparing = ({ others, seen_key }: Comparison, hashes_key: string | null) => ({
  others,
  seen_key,
  ...(hashes_key === null ? {} : { hashes_key }),
});

export const checkOf = (
  { source, rules }: Pick<QualityCheck, "source" | "rules">,
  refined: Refined,
  { unique }: RefinePlan,
): Omit<QualityCheck, "checked_at"> => ({
  source,
  rules,
  passed: refined.passed,
  report: refined.quality,
  breaches: refined.breaches,
  quarantine: refined.quarantine ?? null,
  diverted_rows: refined.diverted_rows,
  ...(unique
    ? {
        unique: {
          hashes: refined.hashes ?? null,
          as_of: unique.as_of,
          compared_batches: unique.others.length,
          not_compared_batches: unique.not_compared_batches,
        },
      }
    : {}),
});

export const runOf = (
  plan: RefinePlan,
  requested: DerivedRun["requested"],
  refined: Refined,
): DerivedRun | null =>
  refined.clean
    ? {
        rules: plan.privacy_rules,
        requested,
        report: refined.privacy,
        object: refined.clean,
        schema: refined.clean_schema,
      }
    : null;

/** The batch no longer fits its contract's schema: recorded, and answered as a refusal. */
export const recordMisfit = async (
  record: Recorder,
  batch_id: BatchId,
  misfit: Misfit,
): Outcome => {
  const { issues, issue_count } = misfit;
  return record({ type: "RecordMisfit", batch_id, misfit: { issues, issue_count } });
};

/**
 * What is published of an object: all of it, or what the gate leaves. What does not hold is counted
 * and not written: the decision refuses it.
 */
export const publicationOf = async (
  data: DataPlane,
  made: Made,
  { gate, newest_of, as_of }: Pick<PublishPlan, "gate" | "newest_of" | "as_of">,
  target: string,
): Promise<Omit<Publication, "published_at">> => {
  const publication = await gated(data, made, gate, target);
  const [object] = publication.objects;
  const known = object !== undefined && newest_of.length > 0;
  const newest = known ? await data.newest(object, made.schema, newest_of, new Date(as_of)) : {};
  return { ...publication, newest };
};

type PublishPlan = Extract<WorkPlan, { kind: "publish" }>;

interface Made {
  readonly object: ObjectRef;
  readonly schema: Schema;
}

const gated = async (
  data: DataPlane,
  { object: source, schema }: Made,
  gate: Gate | null,
  target: string,
): Promise<Omit<Publication, "published_at" | "newest">> => {
  const all = async () => (source.key === target ? source : data.copy(source, target));
  if (gate === null) {
    const object = await all();
    return { objects: [object], schema, rows: object.rows, suppressed_rows: 0, k_anonymity: null };
  }
  const { demand, people_by } = gate;
  const suppress_to = demand.on_violation === "suppress" ? target : null;
  const { finding, suppressed } = await data.gate({
    ...{ source, schema, demand, people_by, suppress_to },
  });
  const counted = { schema, k_anonymity: finding };
  if (suppressed === null && finding.rows_below_k > 0) {
    return { ...counted, objects: [], rows: 0, suppressed_rows: 0 };
  }
  const object = suppressed ?? (await all());
  const suppressed_rows = source.rows - object.rows;
  return { ...counted, objects: [object], rows: object.rows, suppressed_rows };
};

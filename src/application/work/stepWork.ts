/**
 * One step of long work: taken over, gone through in part, or put together at the end. Every
 * attempt writes keys of its own and the first result counts, so a step may be done twice and be
 * lost anywhere.
 */

import type { WorkOrder } from "../../domain/batch/work.ts";
import type { FinishWork, RecordStep } from "../../domain/batch/workCommands.ts";
import { invariant, ok } from "../../domain/decider.ts";
import { mergeDigits } from "../../domain/rules/decimalTypes.ts";
import { mergeErasedRows } from "../../domain/subjects.ts";
import { mergeSigns, suspicionsOf } from "../../domain/suspicion.ts";
import type { DataPlane } from "../dataPorts.ts";
import type { Call, LakeRequest, WorkStepRequest } from "../lakeGateway.ts";
import type { SegmentedDataPlane } from "../segmentPorts.ts";
import type { StepPlan } from "../workPlan.ts";
import { applyPrivacy, type Body, check, derive, notTaken, publish, takeOver } from "./passes.ts";
import {
  NO_ANSWER,
  type Outcome,
  perform,
  type Recorder,
  refineInput,
  type Workshop,
} from "./workshop.ts";

/** Refusals that say nothing about the work: the step is tried again. */
const PASSING: ReadonlySet<string> = new Set([
  "work-expired",
  "machine-busy",
  "lake-locked",
  "published-meanwhile",
]);

/**
 * Does one step and records what came of it. What can never succeed fails the work, with its
 * reason; rejects when the step is to be tried again.
 */
export const workStep = async (
  shop: Workshop,
  call: Call,
  request: WorkStepRequest,
): Promise<void> => {
  const outcome = await perform(shop, call, request, async (plan, record, data) => {
    if (plan.kind === "nothing") return ok(NO_ANSWER);
    if (plan.kind === "fail") return fail(shop, call, request, plan.reason);
    invariant(plan.kind === "work_step", "a step of long work is planned as one");
    const { step } = plan;
    if (step.kind === "land") return land(step, request, record, data);
    return step.kind === "segment"
      ? refineOne(step, request, record, data)
      : finish(step, request, record, data);
  });
  if (outcome.ok) return;
  const { code, detail } = outcome.error;
  if (PASSING.has(code)) throw new Error(`work on batch ${request.batch_id}: ${detail}`);
  const failed = await fail(shop, call, request, detail);
  if (!failed.ok) throw new Error(`work on batch ${request.batch_id}: ${failed.error.detail}`);
};

const fail = (
  { lake }: Workshop,
  call: Call,
  { batch_id, work_id }: WorkStepRequest,
  reason: string,
): Outcome => lake.command(call, { type: "FailWork", batch_id, work_id, reason });

type Step<Kind extends StepPlan["kind"]> = (
  step: Extract<StepPlan, { readonly kind: Kind }>,
  request: WorkStepRequest,
  record: Recorder,
  data: SegmentedDataPlane,
) => Outcome;

const recorded = (
  { batch_id, work_id, step }: WorkStepRequest,
  result: RecordStep["result"],
): RecordStep => ({ type: "RecordStep", batch_id, work_id, step, result });

const land: Step<"land"> = async (step, request, record, data) => {
  const { kind: _, file_url, dialect, ...input } = step;
  const landed = await data.land({ ...input, ...dialect });
  if (landed.kind !== "landed") return notTaken({ file_url, format: step.format }, landed);
  const { kind: __, ...result } = landed;
  return record(recorded(request, { kind: "landed", ...result }));
};

const refineOne: Step<"segment"> = async (step, request, record, data) => {
  const { pass, refine, segment, parts } = step;
  const result = await data.refineSegment(refineInput(refine, {}), segment, parts);
  return record(recorded(request, { kind: "segment", pass, result }));
};

/** The step that was asked for, its passes being done: what they came to is put together. */
const finish: Step<"finish"> = (step, { batch_id, work_id }, record, data) =>
  bodyOf(step.order)(
    step.plan,
    (command) => record({ type: "FinishWork", batch_id, work_id, result: finishing(command) }),
    assembled(step, data),
  );

const bodyOf = (order: WorkOrder): Body => {
  switch (order.kind) {
    case "append":
      return takeOver(order.request);
    case "quality":
      return check;
    case "privacy":
      return applyPrivacy;
    case "publish":
      return publish;
    default:
      return derive;
  }
};

const FINAL: readonly string[] = [
  "AppendData",
  "RecordQuality",
  "RecordPrivacy",
  "RecordMisfit",
  "PublishData",
  "DeriveBatch",
] satisfies readonly FinishWork["result"]["type"][];

const isFinal = (command: LakeRequest): command is FinishWork["result"] =>
  FINAL.includes(command.type);

const finishing = (command: LakeRequest): FinishWork["result"] => {
  invariant(isFinal(command), "work ends in a record");
  return command;
};

/** A data plane that has gone through the file already: its passes only put together. */
const assembled = (
  { passes, upload_etag }: Extract<StepPlan, { kind: "finish" }>,
  data: SegmentedDataPlane,
): DataPlane => {
  let pass = 0;
  const next = () => {
    const done = passes[pass];
    invariant(done !== undefined, "every pass of the plan was made");
    pass += 1;
    return done;
  };
  return {
    ...data,
    refine: (input) => data.assemble(input, next().results),
    async take({ subjects: sought }) {
      const { refine, results } = next();
      const input = refineInput(refine, {});
      const checked = await data.assemble(input, results);
      const misfit = checked.ok ? { issues: [], issue_count: 0 } : checked.error;
      const { issues, issue_count } = misfit;
      const digits = checked.ok ? mergeDigits(results.map((one) => one.decimal_digits)) : undefined;
      const object = { ...refine.source, ...(digits ? { decimal_digits: digits } : {}) };
      const suspicions = suspicionsOf(mergeSigns(results.map(({ signs }) => signs ?? [])));
      const cut = results.reduce((sum, { cut_datetimes = 0 }) => sum + cut_datetimes, 0);
      const taken = {
        object,
        issues,
        issue_count,
        unexpected_columns: [],
        suspicions,
        upload_etag,
        ...(cut > 0 ? { cut_datetimes: cut } : {}),
      };
      if (sought === undefined) return { kind: "taken", ...taken };
      const { index_key } = sought;
      const subject_index = checked.ok ? await data.indexSubjects(input, results, index_key) : null;
      const erased_rows = mergeErasedRows(results.map((result) => result.erased_rows));
      return { kind: "taken", ...taken, subjects: { subject_index, erased_rows } };
    },
  };
};

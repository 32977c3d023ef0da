/**
 * Plans of long work. What is recorded at its beginning is what was asked for and what it rests
 * on; each step is planned anew from that and from the state, which nothing else changes meanwhile.
 * So no key and no plan is stored, and every step can be planned again on any machine.
 */

import { type BatchState, workOf } from "../domain/batch/batch.ts";
import type { Base } from "../domain/batch/commands.ts";
import {
  type BatchWork,
  isRunning,
  openSteps,
  resultsOf,
  type WorkOrder,
} from "../domain/batch/work.ts";
import type { StartWork } from "../domain/batch/workCommands.ts";
import { invariant, ok, type Result } from "../domain/decider.ts";
import type { BatchId } from "../domain/ids.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { SegmentResult } from "../domain/segments.ts";
import type { Reader } from "./commands.ts";
import type { LongRequest, WorkRequest, WorkStepRequest } from "./lakeGateway.ts";
import { partKeys, rejectedBeside } from "./objectKeys.ts";
import { planReplayBatch } from "./planReplay.ts";
import { NOTHING, type Planned, type Planner, planWhole, type WorkLimits } from "./planWork.ts";
import type { RefinePlan, StepPlan, WorkPlan } from "./workPlan.ts";

/** A pass over the rows of a plan, and what it is to write. */
interface Pass {
  readonly refine: RefinePlan;
  readonly clean: boolean;
  readonly quarantine: boolean;
  readonly hashes: boolean;
}

const cleaning = (refine: RefinePlan): Pass => ({
  ...{ refine, clean: true },
  ...{ quarantine: false, hashes: false },
});

/** The passes over the raw object that a plan asks for, in the order it makes them. */
const passesOf = (plan: WorkPlan): readonly Pass[] => {
  switch (plan.kind) {
    case "quality": {
      const hashes = plan.hashes_key !== null;
      const check = { refine: plan.refine, clean: false, quarantine: true, hashes };
      if (plan.rederive === null) return [check];
      return [check, cleaning(plan.rederive.refine)];
    }
    case "privacy":
      return [cleaning(plan.refine)];
    case "publish":
      return "copy" in plan.from ? [] : [cleaning(plan.from)];
    case "replay": {
      const clean = plan.clean_key !== null || plan.published_key !== null;
      const hashes = plan.hashes_key !== null;
      return [{ refine: plan.refine, clean, quarantine: true, hashes }];
    }
    default:
      return [];
  }
};

/** What to record when work that was planned as `background` begins. */
export const planStart = (
  request: LongRequest,
  planner: Planner,
  read: Reader,
): Result<Omit<StartWork, "type">, Rejection> => {
  const whole = planWhole(request, planner);
  if (!whole.ok) return whole;
  const { plan } = whole.value;
  const work_id = planner.attempt_id;
  if (request.kind === "append") {
    const { kind: _, landed_bytes, unpacks_beyond: __, ...append } = request;
    return ok({
      batch_id: request.batch_id,
      work_id,
      order: { kind: "append", request: append },
      base: baseOf(request.batch_id, request.contract_id, read),
      passes: 1,
      total_bytes: landed_bytes ?? 0,
      segments: null,
    });
  }
  const batch_id =
    plan.kind === "replay" ? plan.refine.batch_id : "batch_id" in request ? request.batch_id : null;
  const state = batch_id === null ? null : read.batch(batch_id);
  invariant(batch_id !== null && state?.status === "held", "long work is about a batch");
  const { batch } = state;
  return ok({
    batch_id,
    work_id,
    order: orderOf(request),
    base: baseOf(batch_id, batch.contract_id, read),
    passes: passesOf(plan).length,
    total_bytes: batch.raw.bytes,
    segments: batch.segments ?? [],
  });
};

const orderOf = (request: Exclude<LongRequest, { kind: "append" }>): WorkOrder => {
  switch (request.kind) {
    case "quality":
    case "privacy":
      return { kind: request.kind, rules: request.rules };
    case "publish":
      return { kind: "publish" };
    default:
      return { kind: "replay", replay_id: request.replay_id };
  }
};

const requestOf = (
  order: Exclude<WorkOrder, { kind: "replay" }>,
  batch_id: BatchId,
): LongRequest => {
  switch (order.kind) {
    case "append":
      return { kind: "append", ...order.request };
    case "quality":
      return { kind: "quality", batch_id, rules: order.rules };
    case "privacy":
      return { kind: "privacy", batch_id, rules: order.rules, dry_run: false };
    default:
      return { kind: "publish", batch_id };
  }
};

const baseOf = (batch_id: BatchId, contract_id: string, read: Reader): Base => {
  const state = read.batch(batch_id);
  const held = state.status === "held" ? state.batch : null;
  return {
    contract_version: read.contractVersion(contract_id),
    revision: held?.revision ?? 0,
    status: held?.progress.status ?? "absent",
  };
};

/** `nothing` when the step is done or the work is over, `fail` when it cannot go on. */
export const planStep = (
  { batch_id, work_id, step }: WorkStepRequest,
  planner: Planner,
  read: Reader,
  lake: ActiveLake,
): Result<Planned, Rejection> => {
  const state = read.batch(batch_id);
  const work = workOf(state);
  if (state.status === "absent" || !isRunning(work) || work.work_id !== work_id) return ok(NOTHING);
  if (!openSteps(work).includes(step)) return ok(NOTHING);
  const about = state.status === "requested" ? state : state.batch;
  // The file that replaces one in quarantine may be under another contract.
  const { contract_id } = work.order.kind === "append" ? work.order.request : about;
  const base = baseOf(batch_id, contract_id, read);
  if (JSON.stringify(base) !== JSON.stringify(work.base)) {
    return failing("The batch's contract has changed while this was under way: ask for it again.");
  }
  // As of when it was asked for: the same in every step.
  const asOf = { ...planner, now: work.started_at };
  const { order } = work;
  const whole =
    order.kind === "replay"
      ? planReplayBatch(order.replay_id, batch_id, asOf, read, lake)
      : planWhole(requestOf(order, batch_id), asOf);
  if (!whole.ok) return failing(whole.error.detail);
  const { plan, writes, expects, takes = false } = whole.value;
  const ofContract = expects.filter((expected) => "stream" in expected);
  if (plan.kind === "note") return failing(plan.note.reason ?? "It was replayed already.");
  if (work.order.kind === "append") {
    const planned = appendStep(work, step, plan, asOf, lake);
    return planned.ok ? ok({ ...planned.value, takes, expects: ofContract }) : planned;
  }
  const passes = passesOf(plan);
  if (passes.length !== work.passes) {
    return failing("What it was to do has changed while it was under way: ask for it again.");
  }
  const found = segmentOf(work, step);
  if (found !== null) return segmentStep(found, passes[found.pass], base.revision + 1, asOf, lake);
  const finish = finishStep(
    work,
    plan,
    passes.map(({ refine }) => refine),
    writes,
  );
  // The batch itself is nobody else's meanwhile; its contract and others of its dataset go on.
  const others = expects.filter((expected) => "dataset" in expected);
  return finish.ok ? ok({ ...finish.value, expects: [...ofContract, ...others] }) : finish;
};

const failing = (reason: string): Result<Planned, Rejection> =>
  ok({ plan: { kind: "fail", reason }, writes: [], expects: [] });

const stepped = (step: StepPlan, writes: readonly string[]): Result<Planned, Rejection> =>
  ok({ plan: { kind: "work_step", step }, writes, expects: [] });

type FoundSegment = Omit<Extract<StepPlan, { kind: "segment" }>, "kind" | "refine" | "parts">;

const segmentOf = (work: BatchWork, step: string): FoundSegment | null => {
  const [kind, pass, index] = step.split("/");
  if (kind !== "segment") return null;
  const segment = work.segments?.find((one) => one.index === Number(index));
  return segment ? { pass: Number(pass), segment } : null;
};

const segmentStep = (
  found: FoundSegment,
  pass: Pass | undefined,
  revision: number,
  { attempt_id }: Planner,
  { lake_id }: ActiveLake,
): Result<Planned, Rejection> => {
  invariant(pass !== undefined, "a step is of a pass there is");
  const { refine } = pass;
  const keys = partKeys(lake_id, refine.batch_id, revision, attempt_id);
  const remembers = Object.keys(refine.quality_rules).length > 0;
  const parts = {
    ...(pass.clean ? { clean_part: keys.clean_part } : {}),
    ...(pass.quarantine ? { quarantine_part: keys.quarantine_part } : {}),
    ...(remembers ? { seen_part: keys.seen_part } : {}),
    ...(refine.subjects ? { subjects_part: keys.subjects_part } : {}),
    ...(pass.hashes ? { hash_part: keys.hash_part } : {}),
  };
  return stepped({ kind: "segment", ...found, refine, parts }, Object.values(parts));
};

const finishStep = (
  work: BatchWork,
  plan: WorkPlan,
  passes: readonly RefinePlan[],
  writes: readonly string[],
): Result<Planned, Rejection> =>
  stepped(
    {
      kind: "finish",
      order: work.order,
      upload_etag: work.upload_etag ?? null,
      plan,
      passes: passes.map((refine, pass) => ({ refine, results: resultsOf(work, pass) })),
    },
    [...writes, ...passes.flatMap((_, pass) => lateParts(resultsOf(work, pass)))],
  );

/** Rejected rows that only come to light when duplicates are known. */
const lateParts = (results: readonly SegmentResult[]): readonly string[] =>
  results.flatMap(({ seen_part, quarantine_part }) =>
    seen_part === null || quarantine_part !== null ? [] : [rejectedBeside(seen_part.key)],
  );

const appendStep = (
  work: BatchWork,
  name: string,
  plan: WorkPlan,
  planner: Planner,
  lake: ActiveLake,
): Result<Planned, Rejection> => {
  invariant(work.order.kind === "append" && plan.kind === "append", "an append is planned as one");
  const { request } = work.order;
  const { keyring, now, limits } = planner;
  const { schema, subjects } = plan;
  if (work.landed === null) {
    const { source, target, dialect } = plan;
    const { file_url, format } = request;
    const { segment_bytes } = limits;
    const about = { file_url, source, target, format, dialect, schema };
    return stepped({ kind: "land", ...about, segment_bytes }, [target]);
  }
  // The schema check alone: no rule, no strategy, nothing to write.
  const refine: RefinePlan = {
    dataset: request.dataset,
    batch_id: request.batch_id,
    source: work.landed,
    schema,
    quality_rules: {},
    privacy_rules: {},
    keys: keyring().privacyKeys(request.dataset),
    subject_column: null,
    now,
    ...(subjects ? { subjects } : {}),
    unique: null,
  };
  const found = segmentOf(work, name);
  if (found === null) return finishStep(work, plan, [refine], subjects ? [subjects.index_key] : []);
  const pass = { refine, clean: false, quarantine: false, hashes: false };
  return segmentStep(found, pass, work.base.revision + 1, planner, lake);
};

/** Whether it is too much for a request, and so to be asked for as long work. */
export const isLong = (
  request: WorkRequest,
  plan: WorkPlan,
  { limits }: Planner,
  read: Reader,
): boolean => {
  if (request.kind === "append") {
    const { landed_bytes = 0, unpacks_beyond = false, file_url } = request;
    return unpacks_beyond || landed_bytes > limitFor(file_url, limits.sync_bytes);
  }
  if (request.kind === "privacy" && request.dry_run) return false;
  const passes = plan.kind === "quality" || plan.kind === "privacy" || plan.kind === "replay";
  if (!passes && plan.kind !== "publish") return false;
  const batch_id = "refine" in plan ? plan.refine.batch_id : plan.batch_id;
  return isLarge(read.batch(batch_id), limits);
};

/** Whether a pass over the batch is long work. */
export const isLarge = (state: BatchState, { sync_bytes }: WorkLimits): boolean => {
  if (state.status !== "held") return false;
  // Without segments it came in one pass, and is taken in one again.
  const { raw, segments } = state.batch;
  // How much Parquet unpacks to, its size does not say: it was too much when it came.
  return segments !== null && (raw.format === "parquet" || raw.bytes > sync_bytes);
};

/** What compression makes smaller counts for about what it was. */
const COMPRESSION = 8;

const limitFor = (filename: string, sync_bytes: number): number =>
  filename.toLowerCase().endsWith(".gz") ? sync_bytes / COMPRESSION : sync_bytes;

/**
 * Takes a batch of a test lake through its life: each step opens the work, makes up what the data
 * plane would have found, and records it. Refusals come back as they are.
 */
import type { Answer } from "../../src/application/answers.ts";
import type { Attempt, LakeRequest } from "../../src/application/lakeGateway.ts";
import { outcomeOf } from "../../src/application/planReplay.ts";
import type { StepPlan, WorkPlan } from "../../src/application/workPlan.ts";
import { batchId, contractId, datasetName, replayId } from "../../src/contracts/fields.ts";
import { type BatchState, workOf } from "../../src/domain/batch/batch.ts";
import type { RecordQuality, ReplayResult } from "../../src/domain/batch/commands.ts";
import type { DerivedRun, Publication, RawRules } from "../../src/domain/batch/events.ts";
import { openSteps, type WorkStep } from "../../src/domain/batch/work.ts";
import { ok, type Result } from "../../src/domain/decider.ts";
import type { BatchId } from "../../src/domain/ids.ts";
import type { Rejection } from "../../src/domain/rejection.ts";
import type { ReplayedBatch } from "../../src/domain/replay/replay.ts";
import type { WrittenIndex } from "../../src/domain/subjects.ts";
import type { Suspicion } from "../../src/domain/suspicion.ts";
import type { Format } from "../../src/domain/table.ts";
import { MISFIT, objectAt, SCHEMA } from "./facts.ts";
import type { TestLake } from "./testLake.ts";
import { segment, segmentResult } from "./workFacts.ts";

export type Step = Result<Answer | null, Rejection>;

type Plan<Kind extends WorkPlan["kind"]> = Extract<WorkPlan, { readonly kind: Kind }>;

const planned = <Kind extends WorkPlan["kind"]>(plan: WorkPlan, kind: Kind): Plan<Kind> => {
  if (plan.kind !== kind) throw new Error(`planned as ${plan.kind}, not ${kind}`);
  return plan as Plan<Kind>;
};

const record = (lake: TestLake, request: LakeRequest, attempt: Attempt | null): Step =>
  lake.service.command(lake.call(), request, attempt ? { attempt } : undefined);

export const registerSales = (
  lake: TestLake,
  more: Partial<Extract<LakeRequest, { type: "RegisterDataset" }>> = {},
): Answer =>
  lake.run({
    type: "RegisterDataset",
    name: datasetName.parse("sales"),
    schema: SCHEMA,
    description: null,
    contains_pii: false,
    encryption_enabled: false,
    subject_column: null,
    ...more,
  });

/** As logs say it that are older than the refusal of some types. */
export const nameSubject = ({ log, ...lake }: TestLake, subject_column: string): void => {
  const stream = "dataset/sales" as const;
  const expected_version = log.load(stream).version;
  const events = [{ type: "DatasetAmended", data: { subject_column } }];
  const said = { command_id: "command", actor: "tester", correlation_id: "c", causation_id: null };
  log.append([{ stream, expected_version, events }], { ...said, now: lake.now() });
};

export const defineContract = (
  lake: TestLake,
  more: Partial<Extract<LakeRequest, { type: "CreateContract" }>> = {},
): Answer =>
  lake.run({
    type: "CreateContract",
    contract_id: null,
    dataset: datasetName.parse("sales"),
    retention_days: 365,
    schema: null,
    privacy_rules: {},
    quality_rules: {},
    k_anonymity: null,
    ...more,
  });

export const updateContract = (
  lake: TestLake,
  more: Partial<Extract<LakeRequest, { type: "UpdateContract" }>> = {},
): Answer =>
  lake.run({
    type: "UpdateContract",
    contract_id: contractId.parse("contract1"),
    retention_days: 365,
    schema: null,
    privacy_rules: {},
    quality_rules: {},
    k_anonymity: null,
    ...more,
  });

export const append = (
  lake: TestLake,
  batch: string,
  {
    dataset = "sales",
    contract = "contract1",
    fits = true,
    suspicious = false,
    /** Rows of people who were erased before. */
    erased = 0,
    /** Of the object that is made of it. */
    upload_etag = (_object: string): string | null => null,
    subject_index = null as WrittenIndex | null,
  } = {},
): Step => {
  const request = {
    batch_id: batchId.parse(batch),
    dataset: datasetName.parse(dataset),
    contract_id: contractId.parse(contract),
    file_url: `${batch}.csv`,
    format: "csv",
  } as const;
  const opened = lake.service.open(lake.call(), { kind: "append", ...request });
  if (!opened.ok) return opened;
  const { target } = planned(opened.value.plan, "append");
  const object = objectAt(target, { format: "csv" });
  const suspicions: readonly Suspicion[] = suspicious
    ? [{ column: "amount", signs: [{ kind: "phone", found_by: "values", share: 1 }] }]
    : [];
  const erased_rows = { count: erased, sample_rows: erased > 0 ? [1] : [] };
  const taken = {
    object,
    misfit: fits ? null : MISFIT,
    unexpected_columns: [],
    suspicions,
    upload_etag: upload_etag(target),
    subjects: { subject_index, erased_rows },
  };
  return record(lake, { type: "AppendData", ...request, taken }, opened.value.attempt);
};

const checkOf = (
  source: "contract" | "request",
  rules: RawRules,
  passed: boolean,
  quarantine_key: string | null,
): RecordQuality["check"] => ({
  source,
  rules,
  passed,
  report: { rows: 3, passed_rows: passed ? 3 : 1, failed_rows: passed ? 0 : 2, rules: [] },
  breaches: passed ? [] : [{ column: "amount", rule: ">0", failures: 2, effect: "batch" }],
  quarantine: quarantine_key ? objectAt(quarantine_key, { format: "jsonl", rows: 1 }) : null,
  diverted_rows: quarantine_key ? 1 : 0,
});

const runOf = (rules: RawRules, requested: RawRules, key: string): DerivedRun => ({
  rules,
  requested,
  report: { rows: 3, columns: [] },
  object: objectAt(key),
  schema: SCHEMA,
});

export const checkQuality = (
  lake: TestLake,
  batch: string,
  {
    rules = null,
    passed = true,
    diverts = false,
  }: { rules?: RawRules | null; passed?: boolean; diverts?: boolean } = {},
): Step => {
  const batch_id = batchId.parse(batch);
  const opened = lake.service.open(lake.call(), { kind: "quality", batch_id, rules });
  if (!opened.ok) return opened;
  const plan = planned(opened.value.plan, "quality");
  const check = checkOf(
    plan.check_source,
    plan.refine.quality_rules,
    passed,
    diverts ? plan.quarantine_key : null,
  );
  const again = passed ? plan.rederive : null;
  const rederived =
    again && runOf(again.refine.privacy_rules, again.requested_privacy, again.clean_key);
  return record(lake, { type: "RecordQuality", batch_id, check, rederived }, opened.value.attempt);
};

export const anonymize = (lake: TestLake, batch: string, rules: RawRules | null = null): Step => {
  const batch_id = batchId.parse(batch);
  const opened = lake.service.open(lake.call(), {
    kind: "privacy",
    batch_id,
    rules,
    dry_run: false,
  });
  if (!opened.ok) return opened;
  const plan = planned(opened.value.plan, "privacy");
  const run = runOf(plan.refine.privacy_rules, plan.requested_privacy, plan.clean_key);
  return record(lake, { type: "RecordPrivacy", batch_id, run }, opened.value.attempt);
};

/** Of a contract that demands no groups. */
const UNGROUPED = {
  ...{ schema: SCHEMA, rows: 3, suppressed_rows: 0 },
  ...{ k_anonymity: null, newest: {} },
};

export const publish = (
  lake: TestLake,
  batch: string,
  newest: Publication["newest"] = {},
): Step => {
  const batch_id = batchId.parse(batch);
  const opened = lake.service.open(lake.call(), { kind: "publish", batch_id });
  if (!opened.ok) return opened;
  const { plan, attempt } = opened.value;
  const objects = plan.kind === "publish" ? [objectAt(plan.published_key)] : [];
  const publication = { objects, ...UNGROUPED, newest };
  const run =
    plan.kind === "publish" && plan.clean_key !== null && !("copy" in plan.from)
      ? runOf(plan.from.privacy_rules, {}, plan.clean_key)
      : null;
  return record(lake, { type: "PublishData", batch_id, publication, run }, attempt);
};

export const exportAs = (lake: TestLake, batch: string, format: Format): Step => {
  const batch_id = batchId.parse(batch);
  const opened = lake.service.open(lake.call(), {
    kind: "export",
    batch_id,
    format,
    consumer: "alice",
  });
  if (!opened.ok) return opened;
  const { plan, attempt } = opened.value;
  if (plan.kind !== "export") return ok(null);
  return record(
    lake,
    { type: "ExportData", batch_id, object: objectAt(plan.target, { format }) },
    attempt,
  );
};

export const consumeRequest = (batch: string, format: Format = "parquet"): LakeRequest => ({
  type: "Consume",
  batch_id: batchId.parse(batch),
  consumer: "alice",
  purpose: null,
  format,
  expires_in: 900,
});

/** Asks for a file to be appended that is too large for a request. */
export const beginAppend = (lake: TestLake, batch: string): Step => {
  const request = {
    kind: "append",
    batch_id: batchId.parse(batch),
    dataset: datasetName.parse("sales"),
    contract_id: contractId.parse("contract1"),
    file_url: `${batch}.csv`,
    format: "csv",
    landed_bytes: 1e9,
  } as const;
  return record(lake, { type: "StartWork", request }, null);
};

/** The next step of long work on a batch; null when there is none. `meanwhile`: while it is done. */
export const workStep = (
  lake: TestLake,
  batch: string,
  fails = false,
  meanwhile = () => {},
): Step => {
  const batch_id = batchId.parse(batch);
  const work = workOf(lake.log.load(`batch/${batch}`).state as BatchState);
  const step = work === null ? undefined : openSteps(work)[0];
  if (work === null || step === undefined) return ok(null);
  const about = { batch_id, work_id: work.work_id };
  if (fails) return record(lake, { type: "FailWork", ...about, reason: "because" }, null);
  const opened = lake.service.open(lake.call(), { kind: "work_step", ...about, step });
  if (!opened.ok) return opened;
  const { plan, attempt } = opened.value;
  if (plan.kind === "fail") {
    return record(lake, { type: "FailWork", ...about, reason: plan.reason }, null);
  }
  if (plan.kind !== "work_step") return ok(null);
  meanwhile();
  return record(lake, stepResult(about, step, plan.step), attempt);
};

const stepResult = (
  about: { readonly batch_id: BatchId; readonly work_id: string },
  step: WorkStep,
  plan: StepPlan,
): LakeRequest => {
  if (plan.kind === "land") {
    const object = objectAt(plan.target, { format: "csv", rows: 20 });
    const result = { kind: "landed", object, segments: [segment(0), segment(1)] } as const;
    return { type: "RecordStep", ...about, step, result };
  }
  if (plan.kind === "segment") {
    const passed = { ...segmentResult(plan.segment.index), seen_part: null };
    const result = { kind: "segment", pass: plan.pass, result: passed } as const;
    return { type: "RecordStep", ...about, step, result };
  }
  if (plan.order.kind !== "append") throw new Error("only appends are made up here");
  const [pass] = plan.passes;
  if (pass === undefined) throw new Error("an append has one pass");
  const object = pass.refine.source;
  const taken = { object, misfit: null, unexpected_columns: [], suspicions: [] };
  const result = { type: "AppendData", ...plan.order.request, taken } as const;
  return { type: "FinishWork", ...about, result };
};

/** One step of a replay; null when there is nothing left to do, or nothing yet. */
export const replayStep = (lake: TestLake, id: string, passed = true): Step => {
  const replay_id = replayId.parse(id);
  const opened = lake.service.open(lake.call(), { kind: "replay", replay_id });
  if (!opened.ok) return opened;
  const { plan, attempt } = opened.value;
  if (plan.kind === "nothing" || plan.kind === "wait") return ok(null);
  const note = (batch: ReplayedBatch) =>
    record(lake, { type: "NoteReplayProgress", replay_id, ...batch }, null);
  if (plan.kind === "note") return note(plan.note);
  if (plan.kind === "switch") return record(lake, { type: "CompleteReplay", replay_id }, null);
  const replay = planned(plan, "replay");
  const { base } = replay;
  const { batch_id } = replay.refine;
  const result = resultOf(replay, passed);
  const derived = record(lake, { type: "DeriveBatch", batch_id, replay_id, base, result }, attempt);
  return derived.ok ? note({ batch_id, ...outcomeOf(result) }) : derived;
};

/** More steps than any replay of a test needs. */
const MAX_STEPS = 100;

/** Takes a replay to its end. */
export const replayAll = (lake: TestLake, id: string, passed = true): Step => {
  let last: Step = ok(null);
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const next = replayStep(lake, id, passed);
    if (!next.ok) return next;
    if (next.value === null) return last;
    last = next;
  }
  throw new Error(`replay ${id} does not come to an end`);
};

const resultOf = (plan: Plan<"replay">, passed: boolean): ReplayResult => {
  const { refine, clean_key, published_key, requested_privacy } = plan;
  const { source, rules } = plan.check ?? { source: "contract", rules: refine.quality_rules };
  return {
    kind: "derived",
    rows: 3,
    schema: refine.schema,
    check: plan.check || !passed ? checkOf(source, rules, passed, null) : null,
    run: passed && clean_key ? runOf(refine.privacy_rules, requested_privacy, clean_key) : null,
    publication:
      passed && published_key ? { objects: [objectAt(published_key)], ...UNGROUPED } : null,
  };
};

/** What a step came to, for tests that only go through it. */
export const done = (step: Step): Answer => {
  if (!step.ok) throw new Error(`refused: ${step.error.code}: ${step.error.detail}`);
  if (step.value === null) throw new Error("there was nothing to do");
  return step.value;
};

/**
 * Heavy work, one function a kind: ask the lake for a plan, let the data plane do it, record the
 * result. Whatever does not end in a record leaves no object behind: it is deleted here, or, when
 * this machine dies, swept by the lake's duty.
 */
import type { Misfit } from "../domain/batch/commands.ts";
import type { PrivacyRun, Publication, QualityCheck } from "../domain/batch/events.ts";
import { invariant, ok, type Result } from "../domain/decider.ts";
import type { BatchId, DatasetName, ReplayId } from "../domain/ids.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { parsePrivacyRules } from "../domain/rules/privacy.ts";
import { parseQualityRules } from "../domain/rules/quality.ts";
import type { Format, ObjectRef } from "../domain/table.ts";
import type { Answer } from "./answers.ts";
import {
  DataLimitError,
  type DataPlane,
  type ObjectStore,
  type Refined,
  type RefineInput,
} from "./dataPorts.ts";
import type {
  Call,
  LakeGateway,
  LakeRequest,
  RefinePlan,
  WorkPlan,
  WorkRequest,
} from "./lakeGateway.ts";

export interface Workshop {
  readonly lake: LakeGateway;
  readonly data: DataPlane;
  readonly store: ObjectStore;
  /** Milliseconds, for measuring how long something takes. */
  readonly now: () => number;
}

type Outcome = Promise<Result<Answer, Rejection>>;

/** Rows a dry run shows. */
const PREVIEW_ROWS = 5;

/** A replay driven by its request goes on in the background after this long. */
export const REPLAY_IN_REQUEST_MS = 20_000;

/** Opens work and sees it to its end: recorded, or without a trace. */
const perform = async (
  { lake, store }: Workshop,
  call: Call,
  request: WorkRequest,
  body: (plan: WorkPlan, record: (command: LakeRequest) => Outcome) => Outcome,
  recording: Call = call,
): Outcome => {
  const opened = await lake.open(call, request);
  if (!opened.ok) return opened;
  const { plan, attempt, answered } = opened.value;
  if (answered) return ok(answered);
  let recorded: LakeRequest | null = null;
  let inDoubt = false;
  /** What the record does not name was written in vain: it goes before its sweep does. */
  const discardAllBut = async (kept: LakeRequest | null): Promise<void> => {
    const named = JSON.stringify(kept);
    await store.delete(writesOf(plan).filter((key) => !named.includes(key)));
  };
  const record = async (command: LakeRequest): Outcome => {
    if (attempt) await discardAllBut(command);
    inDoubt = true;
    const outcome = await lake.command(recording, command, attempt ? { attempt } : undefined);
    inDoubt = false;
    if (outcome.ok && !outcome.value.replayed && hasEvents(outcome.value)) recorded = command;
    return outcome;
  };
  try {
    return await body(plan, record);
  } catch (error) {
    if (!(error instanceof DataLimitError)) throw error;
    return reject("too_large", "limit-exceeded", `${error.message}.`);
  } finally {
    // Without an answer it may be on record: then its duty is gone, else the sweep comes for it.
    if (attempt && recorded === null && !inDoubt) {
      await discardAllBut(null);
      await lake.abandon(call, attempt.attempt_id);
    }
  }
};

const hasEvents = (answer: Answer): boolean => {
  const { events } = answer.body;
  return Array.isArray(events) && events.length > 0;
};

const writesOf = (plan: WorkPlan): readonly string[] => {
  switch (plan.kind) {
    case "append":
    case "export":
      return [plan.target];
    case "quality":
      return [plan.quarantine_key, ...(plan.clean_key ? [plan.clean_key] : [])];
    case "privacy":
      return [plan.clean_key];
    case "publish":
      return [plan.published_key];
    case "replay":
      return [plan.quarantine_key, plan.clean_key, plan.published_key].filter(
        (key) => key !== null,
      );
    default:
      return [];
  }
};

/** POST /append-batch. Rejects with `not_found`, `not_a_table` or `too_large` besides. */
export const appendBatch = (
  shop: Workshop,
  call: Call,
  request: Extract<WorkRequest, { kind: "append" }>,
): Outcome =>
  perform(shop, call, request, async (plan, record) => {
    invariant(plan.kind === "append", "an append is planned as one");
    const { source, target, schema } = plan;
    const taken = await shop.data.take({ source, target, format: request.format, schema });
    switch (taken.kind) {
      case "missing":
        return reject(
          "not_found",
          "file-not-found",
          `No file was uploaded as ${request.file_url}; get an upload_url from POST /upload-url.`,
        );
      case "not_a_table":
        return reject(
          "not_a_table",
          "not-a-table",
          `${request.file_url} is no ${request.format} table: ${taken.reason}.`,
        );
      case "too_large":
        return reject(
          "too_large",
          "file-too-large",
          `${request.file_url} is larger than the ${taken.limit_bytes} bytes a file may have.`,
        );
      default: {
        const { kind: _, ...appended } = request;
        const { object, issues, issue_count, unexpected_columns } = taken;
        const misfit = issue_count > 0 ? { issues, issue_count } : null;
        return record({
          type: "AppendData",
          ...appended,
          taken: { object, misfit, unexpected_columns },
        });
      }
    }
  });

const refineInput = (
  plan: RefinePlan,
  outputs: Pick<RefineInput, "clean_key" | "quarantine_key" | "preview_rows">,
): RefineInput => {
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
    ...outputs,
  };
};

const checkOf = (
  source: QualityCheck["source"],
  plan: RefinePlan,
  refined: Refined,
): Omit<QualityCheck, "checked_at"> => ({
  source,
  rules: plan.quality_rules,
  passed: refined.passed,
  report: refined.quality,
  breaches: refined.breaches,
  quarantine: refined.quarantine ?? null,
  diverted_rows: refined.diverted_rows,
});

const runOf = (
  plan: RefinePlan,
  requested: PrivacyRun["requested"],
  refined: Refined,
): Omit<PrivacyRun, "anonymized_at"> | null =>
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
const recordMisfit = async (
  record: (command: LakeRequest) => Outcome,
  batch_id: BatchId,
  misfit: Misfit,
): Outcome => {
  const { issues, issue_count } = misfit;
  return record({ type: "RecordMisfit", batch_id, misfit: { issues, issue_count } });
};

/** POST /run-dq. */
export const checkQuality = (
  shop: Workshop,
  call: Call,
  request: Extract<WorkRequest, { kind: "quality" }>,
): Outcome =>
  perform(shop, call, request, async (plan, record) => {
    invariant(plan.kind === "quality", "a check is planned as one");
    const { quarantine_key, clean_key } = plan;
    const outputs = { quarantine_key, ...(clean_key ? { clean_key } : {}) };
    const refined = await shop.data.refine(refineInput(plan.refine, outputs));
    const { batch_id } = request;
    if (!refined.ok) return recordMisfit(record, batch_id, refined.error);
    return record({
      type: "RecordQuality",
      batch_id,
      check: checkOf(plan.check_source, plan.refine, refined.value),
      rederived: refined.value.passed
        ? runOf(plan.refine, plan.requested_privacy, refined.value)
        : null,
    });
  });

/** POST /run-privacy. A dry run writes nothing and records nothing. */
export const anonymize = (
  shop: Workshop,
  call: Call,
  request: Extract<WorkRequest, { kind: "privacy" }>,
): Outcome =>
  perform(shop, call, request, async (plan, record) => {
    invariant(plan.kind === "privacy", "a privacy run is planned as one");
    const { clean_key } = plan;
    const outputs = request.dry_run ? { preview_rows: PREVIEW_ROWS } : { clean_key };
    const refined = await shop.data.refine(refineInput(plan.refine, outputs));
    const { batch_id } = request;
    if (request.dry_run) return dryRun(batch_id, refined);
    if (!refined.ok) return recordMisfit(record, batch_id, refined.error);
    const run = runOf(plan.refine, plan.requested_privacy, refined.value);
    invariant(run !== null, "a privacy run writes an object");
    return record({ type: "RecordPrivacy", batch_id, run });
  });

const dryRun = (batch_id: BatchId, refined: Result<Refined, Misfit>): Result<Answer, Rejection> => {
  if (!refined.ok) {
    return reject(
      "invalid",
      "does-not-fit",
      `Batch ${batch_id} does not fit its contract's schema: ${refined.error.issues[0]?.message}.`,
    );
  }
  return ok({
    outcome: "done",
    body: {
      message: "Dry run: nothing was changed.",
      events: [],
      warnings: [],
      dry_run: true,
      report: refined.value.privacy,
      preview: refined.value.preview,
    },
    version: 0,
    sign: null,
    location: null,
    replayed: false,
  });
};

const publicationOf = (
  object: ObjectRef,
  schema: Publication["schema"],
): Omit<Publication, "published_at"> => ({ objects: [object], schema, rows: object.rows });

/** POST /publish-batch. */
export const publishBatch = (
  shop: Workshop,
  call: Call,
  request: Extract<WorkRequest, { kind: "publish" }>,
): Outcome =>
  perform(shop, call, request, async (plan, record) => {
    const { batch_id } = request;
    if (plan.kind === "nothing") {
      return record({ type: "PublishData", batch_id, publication: NO_PUBLICATION });
    }
    invariant(plan.kind === "publish", "a publication is planned as one");
    const { from, published_key } = plan;
    if ("copy" in from) {
      const object = await shop.data.copy(from.copy, published_key);
      return record({
        type: "PublishData",
        batch_id,
        publication: publicationOf(object, from.schema),
      });
    }
    const refined = await shop.data.refine(refineInput(from, { clean_key: published_key }));
    if (!refined.ok) return recordMisfit(record, batch_id, refined.error);
    const { clean, clean_schema } = refined.value;
    invariant(clean !== undefined, "a publication writes an object");
    return record({
      type: "PublishData",
      batch_id,
      publication: publicationOf(clean, clean_schema),
    });
  });

/** Only ever decided on for a batch that is published already, where it changes nothing. */
const NO_PUBLICATION: Omit<Publication, "published_at"> = { objects: [], schema: {}, rows: 0 };

/** POST /consume-batch: makes the format when it is first asked for, then grants access to it. */
export const consumeBatch = async (
  shop: Workshop,
  call: Call,
  request: Extract<LakeRequest, { type: "Consume" }>,
): Outcome => {
  const { batch_id, format } = request;
  // The key is for the grant alone, and so is the answer kept under it.
  const exported = await perform(
    shop,
    call,
    { kind: "export", batch_id, format },
    async (plan, record) => {
      if (plan.kind !== "export") return ok(NO_ANSWER);
      const object = await shop.data.exportCsv(plan.source, plan.schema, plan.target);
      return record({ type: "ExportData", batch_id, object });
    },
    { ...call, idempotency: null },
  );
  // Somebody else may have made it meanwhile; what counts is whether it can be granted now.
  if (!exported.ok && exported.error.code !== "changed-meanwhile") return exported;
  // The export is an event of the batch: the version the client saw has moved by it.
  const moved = exported.ok && call.if_match !== null && hasEvents(exported.value);
  const if_match = moved ? exported.value.version : call.if_match;
  return shop.lake.command({ ...call, if_match }, request);
};

const NO_ANSWER: Answer = {
  outcome: "done",
  body: { events: [] },
  version: 0,
  sign: null,
  location: null,
  replayed: false,
};

/** Takes a replay one batch further. Resolves to false when there is nothing left to do. */
export const replayStep = async (
  shop: Workshop,
  call: Call,
  replay_id: ReplayId,
): Promise<boolean> => {
  let more = true;
  const outcome = await perform(shop, call, { kind: "replay", replay_id }, async (plan, record) => {
    if (plan.kind === "nothing") {
      more = false;
      return ok(NO_ANSWER);
    }
    const note = (
      batch_id: BatchId,
      result: "replayed" | "quarantined" | "skipped",
      reason: string | null,
      rows: number,
    ) =>
      shop.lake.command(call, {
        type: "NoteReplayProgress",
        replay_id,
        batch_id,
        outcome: result,
        reason,
        rows,
      });
    if (plan.kind === "skip") return note(plan.batch_id, "skipped", plan.reason, 0);
    invariant(plan.kind === "replay", "a replay step is planned as one");
    const { batch_id } = plan.refine;
    const replayed = await replayBatch(shop, plan, record);
    if (!replayed.ok) return replayed;
    const { passed, rows, answer } = replayed.value;
    const noted = await note(
      batch_id,
      passed ? "replayed" : "quarantined",
      passed ? null : "it no longer meets its contract",
      rows,
    );
    return noted.ok ? ok(answer) : noted;
  });
  if (!outcome.ok) throw new Error(`replay ${replay_id}: ${outcome.error.detail}`);
  return more;
};

const replayBatch = async (
  { data }: Workshop,
  plan: Extract<WorkPlan, { kind: "replay" }>,
  record: (command: LakeRequest) => Outcome,
): Promise<Result<{ passed: boolean; rows: number; answer: Answer }, Rejection>> => {
  const { refine, replay_id, quarantine_key, clean_key, published_key } = plan;
  const { batch_id } = refine;
  const written = clean_key ?? published_key;
  const outputs = { quarantine_key, ...(written ? { clean_key: written } : {}) };
  const refined = await data.refine(refineInput(refine, outputs));
  if (!refined.ok) {
    const { issues, issue_count } = refined.error;
    const result = { kind: "misfit", misfit: { issues, issue_count } } as const;
    const recorded = await record({ type: "ReplayBatch", batch_id, replay_id, result });
    return recorded.ok ? ok({ passed: false, rows: 0, answer: recorded.value }) : recorded;
  }
  const { passed, clean, clean_schema, quality } = refined.value;
  const object =
    passed && clean && clean_key && published_key ? await data.copy(clean, published_key) : clean;
  const recorded = await record({
    type: "ReplayBatch",
    batch_id,
    replay_id,
    result: {
      kind: "derived",
      schema: refine.schema,
      check: plan.has_quality_rules ? checkOf("contract", refine, refined.value) : null,
      run: clean_key && passed ? runOf(refine, plan.requested_privacy, refined.value) : null,
      publication: published_key && passed && object ? publicationOf(object, clean_schema) : null,
    },
  });
  return recorded.ok ? ok({ passed, rows: quality.rows, answer: recorded.value }) : recorded;
};

/**
 * POST /replay: requests it and, while there is time, takes it to its end. What is left goes on
 * in the background, driven by the lake's duty.
 */
export const replayDataset = async (
  shop: Workshop,
  call: Call,
  request: { readonly dataset: DatasetName; readonly batch_id: BatchId | null },
): Outcome => {
  const requested = await shop.lake.command(call, { type: "Replay", ...request });
  if (!requested.ok) return requested;
  const { replay_id } = (requested.value.body as { replay: { replay_id: ReplayId } }).replay;
  const started = shop.now();
  const unkeyed = { ...call, idempotency: null, if_match: null };
  try {
    while (!requested.value.replayed && shop.now() - started < REPLAY_IN_REQUEST_MS) {
      if (!(await replayStep(shop, unkeyed, replay_id))) break;
    }
  } catch (error) {
    // The lake's duty takes over from here: it tries again, counts and, in the end, gives up visibly.
    console.error(`replay ${replay_id} goes on in the background: ${error}`);
  }
  const state = await shop.lake.ask(call, {
    kind: "one",
    aggregate: "replay",
    id: replay_id,
    when: null,
  });
  if (!state.ok || state.value.kind !== "one") return requested;
  const replay = state.value.view;
  const done = replay.status === "completed";
  return ok({
    ...requested.value,
    outcome: done ? "done" : "accepted",
    version: state.value.version,
    body: {
      ...requested.value.body,
      message: done
        ? `Replay completed: ${replay.done} batches.`
        : `Replay goes on in the background: GET /replays/${replay_id}.`,
      replay,
    },
  });
};

/** Formats a published batch can be had in. */
export const CONSUMABLE = ["parquet", "csv"] as const satisfies readonly Format[];

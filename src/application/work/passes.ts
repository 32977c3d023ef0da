/**
 * What each step in the life of a batch does with its file, and what it records of it. The same for
 * a file that is taken in one pass and for the end of long work, where the data plane has the
 * passes behind it and puts their results together.
 */
import { violates } from "../../domain/batch/anonymity.ts";
import type { AppendRequest, ReplayResult } from "../../domain/batch/commands.ts";
import { invariant } from "../../domain/decider.ts";
import type { BatchId } from "../../domain/ids.ts";
import { reject } from "../../domain/rejection.ts";
import type { DataPlane, TakeOutcome } from "../dataPorts.ts";
import type { WorkPlan } from "../workPlan.ts";
import {
  checkOf,
  type Outcome,
  publicationOf,
  type Recorder,
  recordMisfit,
  refineInput,
  runOf,
} from "./workshop.ts";

/** What is done with a plan: read and write through `data`, then record. */
export type Body = (plan: WorkPlan, record: Recorder, data: DataPlane) => Outcome;

/** The code by which an upload is refused that unpacks to more than a request may wait for. */
export const TOO_MUCH_AT_ONCE = "too-much-at-once";

/** Takes the upload over. Rejects with `not_found`, `not_a_table` or `too_large`. */
export const takeOver =
  (request: AppendRequest): Body =>
  async (plan, record, data) => {
    invariant(plan.kind === "append", "an append is planned as one");
    const { source, target, schema, dialect, subjects: sought, sync_bytes } = plan;
    const { format } = request;
    const about = { source, target, at_most_bytes: sync_bytes, format, ...dialect, schema };
    const taken = await data.take({ ...about, ...(sought ? { subjects: sought } : {}) });
    if (taken.kind === "too_large" && taken.limit_bytes === sync_bytes) {
      return reject("too_large", TOO_MUCH_AT_ONCE, "It is too large to be taken at once.");
    }
    switch (taken.kind) {
      case "missing":
      case "not_a_table":
      case "too_large":
        return notTaken(request, taken);
      default: {
        const { object, issues, issue_count, unexpected_columns, suspicions, subjects } = taken;
        const { upload_etag, cut_datetimes } = taken;
        const cut = cut_datetimes === undefined ? {} : { cut_datetimes };
        const misfit = issue_count > 0 ? { issues, issue_count } : null;
        return record({
          type: "AppendData",
          ...request,
          taken: {
            object,
            misfit,
            unexpected_columns,
            suspicions,
            upload_etag,
            ...cut,
            ...(subjects ? { subjects } : {}),
          },
        });
      }
    }
  };

/** Why an upload is not taken over. */
export const notTaken = (
  { file_url, format }: Pick<AppendRequest, "file_url" | "format">,
  outcome: Exclude<TakeOutcome, { readonly kind: "taken" }>,
) => {
  switch (outcome.kind) {
    case "missing":
      return reject(
        "not_found",
        "file-not-found",
        `No file was uploaded as ${file_url}; get an upload_url from POST /upload-url.`,
      );
    case "not_a_table":
      return reject(
        "not_a_table",
        "not-a-table",
        `${file_url} is no ${format} table: ${outcome.reason}.`,
      );
    default:
      return reject(
        "too_large",
        "file-too-large",
        `${file_url} is larger than the ${outcome.limit_bytes} bytes a file may have.`,
      );
  }
};

export const check: Body = async (plan, record, data) => {
  invariant(plan.kind === "quality", "a check is planned as one");
  const { refine, quarantine_key, hashes_key, check_source, rederive } = plan;
  const { batch_id } = refine;
  const refined = await data.refine(refineInput(refine, { quarantine_key, hashes_key }));
  if (!refined.ok) return recordMisfit(record, batch_id, refined.error);
  const about = { source: check_source, rules: refine.quality_rules };
  const found = checkOf(about, refined.value, refine);
  if (!found.passed || rederive === null) {
    return record({ type: "RecordQuality", batch_id, check: found, rederived: null });
  }
  const { clean_key, requested_privacy } = rederive;
  const again = await data.refine(refineInput(rederive.refine, { clean_key }));
  if (!again.ok) return recordMisfit(record, batch_id, again.error);
  const rederived = runOf(rederive.refine, requested_privacy, again.value);
  return record({ type: "RecordQuality", batch_id, check: found, rederived });
};

export const applyPrivacy: Body = async (plan, record, data) => {
  invariant(plan.kind === "privacy", "a privacy run is planned as one");
  const { clean_key, refine } = plan;
  const { batch_id } = refine;
  const refined = await data.refine(refineInput(refine, { clean_key }));
  if (!refined.ok) return recordMisfit(record, batch_id, refined.error);
  const run = runOf(refine, plan.requested_privacy, refined.value);
  invariant(run !== null, "a privacy run writes an object");
  return record({ type: "RecordPrivacy", batch_id, run });
};

export const publish: Body = async (plan, record, data) => {
  invariant(plan.kind === "publish", "a publication is planned as one");
  const { batch_id, from, published_key, clean_key, gate, unique } = plan;
  const taken = unique ? await data.collisions(unique.own, unique.others, unique.columns) : 0;
  if (taken > 0) return takenMeanwhile(batch_id, taken);
  if ("copy" in from) {
    const { copy: object, schema } = from;
    const publication = await publicationOf(data, { object, schema }, plan, published_key);
    return record({ type: "PublishData", batch_id, publication, run: null });
  }
  const written = clean_key ?? gate?.pass_key ?? published_key;
  const refined = await data.refine(refineInput(from, { clean_key: written }));
  if (!refined.ok) return recordMisfit(record, batch_id, refined.error);
  const { clean: object, clean_schema: schema } = refined.value;
  invariant(object !== undefined, "a publication writes an object");
  return record({
    type: "PublishData",
    batch_id,
    publication: await publicationOf(data, { object, schema }, plan, published_key),
    run: clean_key === null ? null : runOf(from, {}, refined.value),
  });
};

/** Two batches that were checked beside each other do not both get in. */
const takenMeanwhile = (batch_id: BatchId, rows: number) =>
  reject(
    "wrong_state",
    "unique-outdated",
    `${rows} rows of batch ${batch_id} have values that other batches of its dataset have brought ` +
      "since it was checked: run POST /run-dq (without quality_rules in the body) again.",
  );

/** A batch's part in a replay: kept beside the old version. */
export const derive: Body = async (plan, record, data) => {
  invariant(plan.kind === "replay", "a replay step is planned as one");
  const { replay_id, base } = plan;
  const { batch_id } = plan.refine;
  const result = await deriveBatch(data, plan);
  return record({ type: "DeriveBatch", batch_id, replay_id, base, result });
};

/** A batch derived anew by a replay. */
export const deriveBatch = async (
  data: DataPlane,
  plan: Extract<WorkPlan, { kind: "replay" }>,
): Promise<ReplayResult> => {
  const { refine, quarantine_key, hashes_key, clean_key, published_key, gate } = plan;
  const written = clean_key ?? gate?.pass_key ?? published_key;
  const outputs = { quarantine_key, hashes_key, ...(written ? { clean_key: written } : {}) };
  const refined = await data.refine(refineInput(refine, outputs));
  if (!refined.ok) {
    const { issues, issue_count } = refined.error;
    return { kind: "misfit", misfit: { issues, issue_count } };
  }
  const { passed, clean, clean_schema, quality } = refined.value;
  const made = clean ? { object: clean, schema: clean_schema } : null;
  const publication =
    published_key && passed && made ? await publicationOf(data, made, plan, published_key) : null;
  const goesOn = passed && !(publication && violates(publication));
  return {
    kind: "derived",
    rows: quality.rows,
    schema: refine.schema,
    check: plan.check ? checkOf(plan.check, refined.value, refine) : null,
    run: clean_key && goesOn ? runOf(refine, plan.requested_privacy, refined.value) : null,
    publication,
  };
};

/**
 * Aggregates as a client sees them. Where objects lie is the log's business, not a state's.
 */
import { type Batch, type ExpiredBatch, progressOf } from "../domain/batch/batch.ts";
import type { PrivacyRun, ProposedRun, Publication, QualityCheck } from "../domain/batch/events.ts";
import type { BatchWork } from "../domain/batch/work.ts";
import { activeSchema } from "../domain/dataset/dataset.ts";
import { assertNever } from "../domain/decider.ts";
import { freshUntil, isStale } from "../domain/freshness/freshness.ts";
import { dialectOf } from "../domain/reading.ts";
import { describeDecimals } from "../domain/rules/decimalTypes.ts";
import type { ObjectRef } from "../domain/table.ts";
import type { AggregateKind, StateOf } from "./aggregates.ts";
import { memberView, tokenView } from "./callerViews.ts";
import { describeDigest } from "./digests.ts";
import { arrival } from "./directoryEntry.ts";
import { deletionView, subjectAccessView } from "./requestViews.ts";

export type View = Readonly<Record<string, unknown>>;

/**
 * The view of a state, or null when the aggregate does not exist in it. `now` (RFC 3339) decides
 * whether an open request is overdue although its alarm has not been heard yet.
 */
export const view = (kind: AggregateKind, id: string, state: unknown, now: string): View | null => {
  switch (kind) {
    case "lake":
      return lakeView(state as StateOf<"lake">);
    case "dataset":
      return datasetView(state as StateOf<"dataset">);
    case "contract": {
      const contract = state as StateOf<"contract">;
      return contract.status === "absent" ? null : { ...contract };
    }
    case "batch": {
      const batch = state as StateOf<"batch">;
      if (batch.status === "expired") return expiredView(batch.batch);
      if (batch.status === "requested") return arrivingView(batch);
      return batch.status === "held" ? batchView(batch.batch) : null;
    }
    case "deletion":
      return deletionView(state as StateOf<"deletion">, now);
    case "replay":
      return replayView(state as StateOf<"replay">);
    case "freshness":
      return { contract_id: id, columns: freshnessRows(state as StateOf<"freshness">, now) };
    case "webhook":
      return webhookView(state as StateOf<"webhook">);
    case "subject-access":
      return subjectAccessView(state as StateOf<"subject-access">, now);
    case "member":
      return memberView(state as StateOf<"member">);
    case "token":
      return tokenView(state as StateOf<"token">, now);
    case "access":
      return { id, ...(state as StateOf<"access">) };
    default:
      return assertNever(kind);
  }
};

const lakeView = (lake: StateOf<"lake">): View | null => {
  if (lake.status === "absent") return null;
  const { status: _, ...shown } = lake;
  return shown;
};

const datasetView = (dataset: StateOf<"dataset">): View | null => {
  if (dataset.status === "absent") return null;
  const { name, status, description, contains_pii, encryption_enabled, subject_column } = dataset;
  const { schema_versions, active_version, ingestions, registered_at } = dataset;
  return {
    name,
    status,
    schema: activeSchema(dataset),
    description,
    contains_pii,
    encryption_enabled,
    subject_column,
    active_version,
    schema_versions,
    ingestions,
    registered_at,
  };
};

/** What a contract watches, and how it stands: a row a column. `now` as for `view`. */
export const freshnessRows = (state: StateOf<"freshness">, now: string): readonly View[] =>
  state.status !== "watched"
    ? []
    : state.columns.map((watched) => ({
        contract_id: state.contract_id,
        column: watched.column,
        max_age_seconds: watched.max_age_ms / 1000,
        state: watched.found === null ? "waiting" : isStale(watched, now) ? "stale" : "fresh",
        newest: watched.found?.newest ?? null,
        counted_from: watched.found?.counted_from ?? null,
        fresh_until: freshUntil(watched),
        stale_since: watched.stale_since ?? (isStale(watched, now) ? freshUntil(watched) : null),
      }));

const fileView = ({ format, bytes, sha256, rows, ...said }: Omit<ObjectRef, "key">) => ({
  format,
  bytes,
  digest: describeDigest(sha256),
  rows,
  ...dialectOf(said),
});

const checkView = (check: QualityCheck | null) =>
  check && {
    passed: check.passed,
    rules: check.rules,
    report: check.report,
    diverted_rows: check.diverted_rows,
    rejected_rows: check.quarantine?.rows ?? 0,
    ...(check.unique
      ? {
          compared_batches: check.unique.compared_batches,
          not_compared_batches: check.unique.not_compared_batches,
        }
      : {}),
    checked_at: check.checked_at,
  };

const privacyView = (run: PrivacyRun | null) =>
  run && {
    run_id: run.run_id,
    rules: run.rules,
    report: run.report,
    approver: run.approver,
    anonymized_at: run.anonymized_at,
  };

const proposalView = (run: ProposedRun | null) =>
  run && {
    run_id: run.run_id,
    rules: run.rules,
    report: run.report,
    proposed_at: run.proposed_at,
  };

const publicationView = ({ objects, published_at, ...facts }: Publication) => ({
  files: objects.map(fileView),
  schema: facts.schema,
  decimals: describeDecimals(facts.schema, objects[0]?.decimal_types),
  rows: facts.rows,
  suppressed_rows: facts.suppressed_rows,
  k_anonymity: facts.k_anonymity,
  published_at,
});

/** Long work on a batch, and how far it is. */
const workView = (work: BatchWork | null) =>
  work && {
    work_id: work.work_id,
    kind: work.order.kind,
    state: work.status,
    reason: work.reason,
    segments: { done: work.done.segments, total: (work.segments?.length ?? 0) * work.passes },
    rows: work.done.rows,
    bytes: work.done.bytes,
    total_bytes: work.total_bytes * work.passes,
    started_at: work.started_at,
    updated_at: work.updated_at,
  };

/** A batch whose file is being taken over in the background, or could not be. */
const arrivingView = (batch: Extract<StateOf<"batch">, { status: "requested" }>): View => ({
  batch_id: batch.batch_id,
  dataset: batch.dataset,
  contract_id: batch.contract_id,
  state: arrival(batch.work) ?? "appending",
  file_url: batch.file_url,
  contains_pii: batch.contains_pii,
  work: workView(batch.work),
});

const batchView = (batch: Batch): View => {
  const { progress, raw } = batch;
  const open = progressOf(batch);
  return {
    batch_id: batch.batch_id,
    dataset: batch.dataset,
    contract_id: batch.contract_id,
    state: progress.status,
    file_url: batch.file_url,
    ...fileView(raw),
    contains_pii: batch.contains_pii,
    schema: batch.schema,
    suspicions: batch.suspicions,
    revision: batch.revision,
    quality: {
      contract: checkView(open.quality.contract),
      request: checkView(open.quality.request),
    },
    privacy: "privacy" in open ? privacyView(open.privacy) : null,
    proposed_privacy: proposalView(batch.proposal),
    published: open.status === "published" ? publicationView(open.publication) : null,
    quarantine:
      progress.status === "quarantined"
        ? {
            cause: progress.cause,
            reason: progress.reason,
            from: progress.before.status,
            issues: batch.misfit?.issues ?? [],
            issue_count: batch.misfit?.issue_count ?? 0,
          }
        : null,
    consumptions: batch.consumptions,
    last_replay: batch.last_replay,
    work: workView(batch.work),
    retention_frozen: batch.frozen,
    appended_at: batch.appended_at,
    revised_at: batch.revised_at,
  };
};

/** What it was; of its data nothing is left. */
const expiredView = ({ file, taken_as: _, upload_etag: __, ...batch }: ExpiredBatch): View => ({
  ...batch,
  ...fileView(file),
  state: "expired",
  quality: { contract: null, request: null },
  privacy: null,
  proposed_privacy: null,
  published: null,
  quarantine: null,
});

const replayView = (replay: StateOf<"replay">): View | null => {
  if (replay.status === "absent") return null;
  const { replay_id, dataset, status, done, batch_ids, requested_at, completed_at } = replay;
  return {
    replay_id,
    dataset,
    status,
    background: replay.background,
    batches: batch_ids.length,
    done: done.length,
    rows: done.reduce((sum, { rows }) => sum + rows, 0),
    outcomes: done,
    requested_at,
    completed_at,
    cancelled_at: replay.cancelled?.at ?? null,
    reason: replay.cancelled?.reason ?? null,
  };
};

/** The secret was shown once, when it was registered. */
const webhookView = (webhook: StateOf<"webhook">): View | null => {
  if (webhook.status === "absent") return null;
  const { secret: _, ...shown } = webhook;
  return { ...shown, datasets: shown.datasets ?? null };
};

/**
 * What a piece of heavy work is to read, to apply and to write. Planned in one turn from the
 * lake's state; the versions it rests on are checked again when its result is recorded.
 */
import { admitAppend } from "../domain/batch/admission.ts";
import { type Batch, progressOf } from "../domain/batch/batch.ts";
import { admitPublish, unknownBatch, workable } from "../domain/batch/decide.ts";
import type { RawRules } from "../domain/batch/events.ts";
import type { Contract } from "../domain/contract/contract.ts";
import { ruleIssues } from "../domain/contract/decide.ts";
import type { Dataset } from "../domain/dataset/dataset.ts";
import { invariant, ok, type Result } from "../domain/decider.ts";
import type { StreamName } from "../domain/ids.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { nextBatch } from "../domain/replay/replay.ts";
import type { Schema } from "../domain/table.ts";
import { lakeNotFound, type Reader, reader } from "./commands.ts";
import type { Keyring } from "./keyring.ts";
import type { Attempt, RefinePlan, WorkPlan, WorkRequest } from "./lakeGateway.ts";
import { cleanKey, landingKey, publishedKey, quarantineKey, rawKey } from "./objectKeys.ts";
import type { EventLog } from "./ports.ts";

export interface Planned {
  readonly plan: WorkPlan;
  /** What the work may write: swept when nobody records it. */
  readonly writes: readonly string[];
  readonly expects: Attempt["expects"];
}

export interface Planner {
  readonly log: EventLog;
  readonly keyring: () => Keyring;
  readonly now: string;
  /** Part of every key this work writes. */
  readonly attempt_id: string;
}

/** A batch with everything that is decided on with it. */
interface Subject {
  readonly lake: ActiveLake;
  readonly batch: Batch;
  readonly dataset: Dataset;
  readonly contract: Contract;
  readonly expects: Attempt["expects"];
}

const NOTHING: Planned = { plan: { kind: "nothing" }, writes: [], expects: [] };

/** Rejects like the command that records the result would, before any byte is read. */
export const planWork = (request: WorkRequest, planner: Planner): Result<Planned, Rejection> => {
  const read = reader(planner.log);
  const lake = read.lake();
  if (lake.status === "absent") return lakeNotFound();
  switch (request.kind) {
    case "append":
      return planAppend(request, planner, read, lake);
    case "replay":
      return planReplay(request, planner, read, lake);
    default: {
      const subject = subjectOf(planner.log, read, lake, request.batch_id);
      if (subject === null) return unknownBatch(request.batch_id);
      switch (request.kind) {
        case "quality":
          return planQuality(request, planner, subject);
        case "privacy":
          return planPrivacy(request, planner, subject);
        case "publish":
          return planPublish(planner, subject);
        case "export":
          return planExport(request, planner, subject);
        default: {
          const unknown: never = request;
          throw new Error(`unknown work ${JSON.stringify(unknown)}`);
        }
      }
    }
  }
};

const subjectOf = (
  log: EventLog,
  read: Reader,
  lake: ActiveLake,
  batch_id: string,
): Subject | null => {
  const state = read.batch(batch_id);
  if (state.status !== "held") return null;
  const { batch } = state;
  const dataset = read.dataset(batch.dataset);
  const contract = read.contract(batch.contract_id);
  invariant(dataset.status !== "absent", "a batch has a dataset");
  invariant(contract.status !== "absent", "a batch has a contract");
  const streams: StreamName[] = [`batch/${batch_id}`, `contract/${batch.contract_id}`];
  const expects = streams.map((stream) => ({ stream, version: log.load(stream).version }));
  return { lake, batch, dataset, contract, expects };
};

const planAppend = (
  request: Extract<WorkRequest, { kind: "append" }>,
  { log, attempt_id }: Planner,
  read: Reader,
  lake: ActiveLake,
): Result<Planned, Rejection> => {
  const dataset = read.dataset(request.dataset);
  const contract = read.contract(request.contract_id);
  const context = { lake, dataset, contract };
  const admitted = admitAppend(request, read.batch(request.batch_id), context);
  if (!admitted.ok) return admitted;
  const target = rawKey(lake.lake_id, request.batch_id, 1, attempt_id, request.format);
  const stream: StreamName = `contract/${request.contract_id}`;
  return ok({
    plan: {
      kind: "append",
      source: landingKey(lake.lake_id, request.file_url),
      target,
      schema: admitted.value.contract.schema,
    },
    writes: [target],
    expects: [{ stream, version: log.load(stream).version }],
  });
};

/** Rules of the contract and of requests together: each diverts the rows it would. */
export const mergeQuality = (...all: readonly (RawRules | undefined)[]): RawRules => {
  const merged: Record<string, unknown[]> = {};
  for (const rules of all) {
    for (const [column, rule] of Object.entries(rules ?? {})) {
      merged[column] = [...(merged[column] ?? []), ...(Array.isArray(rule) ? rule : [rule])];
    }
  }
  return merged;
};

/** The pass that leads from the raw object to where the batch stands. */
const refineOf = (
  { batch, dataset }: Subject,
  { keyring }: Planner,
  schema: Schema,
  quality_rules: RawRules,
  privacy_rules: RawRules,
  now: string,
): RefinePlan => ({
  batch_id: batch.batch_id,
  source: batch.raw,
  schema,
  quality_rules,
  privacy_rules,
  keys: keyring().privacyKeys(),
  subject_column: dataset.subject_column,
  now,
});

/** Rows rejected by the checks so far stay rejected, as of the moment they were checked. */
const checkedRules = ({ batch }: Subject, now: string) => {
  const { contract, request } = progressOf(batch).quality;
  return {
    rules: mergeQuality(contract?.rules, request?.rules),
    now: contract?.checked_at ?? request?.checked_at ?? now,
  };
};

const invalidRules = (
  schema: Schema,
  quality: RawRules,
  privacy: RawRules,
): Result<never, Rejection> | null => {
  const issues = ruleIssues(schema, quality, privacy);
  if (issues.length === 0) return null;
  return reject(
    "invalid",
    "invalid-rules",
    `The rules do not fit the batch: ${issues[0]?.path}: ${issues[0]?.message}.`,
    issues,
  );
};

const planQuality = (
  request: Extract<WorkRequest, { kind: "quality" }>,
  planner: Planner,
  subject: Subject,
): Result<Planned, Rejection> => {
  const { batch, contract, lake } = subject;
  const refused = workable(batch);
  if (refused) return refused;
  const schema = batch.schema ?? contract.schema;
  const rules = request.rules ?? contract.quality_rules;
  const invalid = invalidRules(schema, rules, {});
  if (invalid) return invalid;
  const progress = progressOf(batch);
  const privacy = progress.status === "anonymized" ? progress.privacy : null;
  const { attempt_id, now } = planner;
  const revision = batch.revision + 1;
  const quarantine_key = quarantineKey(lake.lake_id, batch.batch_id, revision, attempt_id);
  const clean_key = privacy ? cleanKey(lake.lake_id, batch.batch_id, revision, attempt_id) : null;
  return ok({
    plan: {
      kind: "quality",
      refine: refineOf(subject, planner, schema, rules, privacy?.rules ?? {}, now),
      check_source: request.rules === null ? "contract" : "request",
      quarantine_key,
      clean_key,
      requested_privacy: privacy?.requested ?? {},
    },
    writes: [quarantine_key, ...(clean_key ? [clean_key] : [])],
    expects: subject.expects,
  });
};

const planPrivacy = (
  request: Extract<WorkRequest, { kind: "privacy" }>,
  planner: Planner,
  subject: Subject,
): Result<Planned, Rejection> => {
  const { batch, contract, lake } = subject;
  const refused = workable(batch);
  if (refused) return refused;
  const schema = batch.schema ?? contract.schema;
  const requested = request.rules ?? {};
  const rules = { ...contract.privacy_rules, ...requested };
  const invalid = invalidRules(schema, {}, rules) ?? unprotected(contract, requested);
  if (invalid) return invalid;
  if (Object.keys(rules).length === 0) {
    return reject(
      "invalid",
      "no-privacy-rules",
      `Neither the request nor contract ${contract.contract_id} has a privacy rule.`,
      [{ path: "privacy_rules", message: "required: the contract has none" }],
    );
  }
  const checked = checkedRules(subject, planner.now);
  const key = cleanKey(lake.lake_id, batch.batch_id, batch.revision + 1, planner.attempt_id);
  return ok({
    plan: {
      kind: "privacy",
      refine: refineOf(subject, planner, schema, checked.rules, rules, checked.now),
      clean_key: key,
      requested_privacy: requested,
    },
    writes: request.dry_run ? [] : [key],
    expects: subject.expects,
  });
};

/** A request may treat a column otherwise than its contract says, but not leave it in clear. */
const unprotected = (contract: Contract, requested: RawRules): Result<never, Rejection> | null => {
  const strategy = (rule: unknown): unknown =>
    typeof rule === "string" ? rule : (rule as { strategy?: unknown } | null)?.strategy;
  const bare = Object.entries(requested)
    .filter(([, rule]) => strategy(rule) === "keep")
    .map(([column]) => column)
    .filter((column) => {
      const agreed = strategy(contract.privacy_rules[column]);
      return agreed !== undefined && agreed !== "keep";
    });
  if (bare.length === 0) return null;
  return reject(
    "invalid",
    "contract-protects-column",
    `Contract ${contract.contract_id} protects ${bare.join(", ")}: a request cannot keep it in clear.`,
    bare.map((column) => ({
      path: `privacy_rules.${column}`,
      message: "protected by the contract",
    })),
  );
};

const planPublish = (planner: Planner, subject: Subject): Result<Planned, Rejection> => {
  const { batch, contract, dataset, lake } = subject;
  if (batch.progress.status === "published") return ok(NOTHING);
  const admitted = admitPublish(batch, lake, dataset, contract);
  if (!admitted.ok) return admitted;
  const progress = progressOf(batch);
  const { attempt_id, now } = planner;
  const published_key = publishedKey(
    lake.lake_id,
    batch.dataset,
    batch.batch_id,
    batch.revision + 1,
    attempt_id,
    "parquet",
  );
  const checked = checkedRules(subject, now);
  const schema = batch.schema ?? contract.schema;
  return ok({
    plan: {
      kind: "publish",
      batch_id: batch.batch_id,
      published_key,
      from:
        progress.status === "anonymized"
          ? { copy: progress.privacy.object, schema: progress.privacy.schema }
          : refineOf(subject, planner, schema, checked.rules, {}, checked.now),
    },
    writes: [published_key],
    expects: subject.expects,
  });
};

const planExport = (
  request: Extract<WorkRequest, { kind: "export" }>,
  { attempt_id }: Planner,
  { batch, lake, expects }: Subject,
): Result<Planned, Rejection> => {
  // What is not published is refused by the command that grants its consumption.
  if (batch.progress.status !== "published") return ok(NOTHING);
  const { objects, schema } = batch.progress.publication;
  const source = objects.find(({ format }) => format === "parquet");
  if (!source || objects.some(({ format }) => format === request.format)) return ok(NOTHING);
  const target = publishedKey(
    lake.lake_id,
    batch.dataset,
    batch.batch_id,
    batch.revision,
    attempt_id,
    request.format,
  );
  return ok({
    plan: { kind: "export", batch_id: batch.batch_id, source, schema, target },
    writes: [target],
    expects,
  });
};

const planReplay = (
  request: Extract<WorkRequest, { kind: "replay" }>,
  planner: Planner,
  read: Reader,
  lake: ActiveLake,
): Result<Planned, Rejection> => {
  const { replay_id } = request;
  const replay = read.replay(replay_id);
  const batch_id = replay.status === "running" ? nextBatch(replay) : null;
  if (batch_id === null) return ok(NOTHING);
  const subject = subjectOf(planner.log, read, lake, batch_id);
  const skip = (reason: string): Result<Planned, Rejection> =>
    ok({ plan: { kind: "skip", replay_id, batch_id, reason }, writes: [], expects: [] });
  if (subject === null) return skip("no such batch");
  const { batch, contract } = subject;
  // Recorded, but the note on the replay was lost: the batch is not sent through twice.
  if (batch.last_replay === replay_id) return skip("replayed already");
  if (batch.progress.status === "quarantined") return skip("in quarantine");
  const progress = progressOf(batch);
  const privacy = "privacy" in progress ? progress.privacy : null;
  // The contract's present rules come last: they win, column by column.
  const requested = privacy?.requested ?? {};
  const privacy_rules =
    privacy === null && progress.status !== "published"
      ? {}
      : { ...requested, ...contract.privacy_rules };
  // What came with a request and no longer fits the contract's schema is left behind.
  const known = (rules: RawRules): RawRules =>
    Object.fromEntries(Object.entries(rules).filter(([column]) => column in contract.schema));
  const adhoc = progress.quality.request?.rules ?? {};
  const fits = ruleIssues(contract.schema, adhoc, {}).length === 0;
  const quality_rules = mergeQuality(contract.quality_rules, fits ? adhoc : {});
  const revision = batch.revision + 1;
  const { attempt_id, now } = planner;
  const applied = known(privacy_rules);
  const transforms = Object.keys(applied).length > 0;
  const personal = batch.contains_pii === true || subject.dataset.contains_pii === true;
  if (
    progress.status === "published" &&
    personal &&
    !transforms &&
    lake.compliance_level !== "standard"
  ) {
    return skip("it contains personal data and the contract has no privacy rule left");
  }
  const quarantine_key = quarantineKey(lake.lake_id, batch_id, revision, attempt_id);
  const clean_key =
    transforms || privacy !== null ? cleanKey(lake.lake_id, batch_id, revision, attempt_id) : null;
  const published_key =
    progress.status === "published"
      ? publishedKey(lake.lake_id, batch.dataset, batch_id, revision, attempt_id, "parquet")
      : null;
  return ok({
    plan: {
      kind: "replay",
      replay_id,
      refine: refineOf(subject, planner, contract.schema, quality_rules, applied, now),
      quarantine_key,
      clean_key,
      published_key,
      has_quality_rules: Object.keys(quality_rules).length > 0,
      requested_privacy: known(requested),
    },
    writes: [quarantine_key, clean_key, published_key].filter((key) => key !== null),
    expects: subject.expects,
  });
};

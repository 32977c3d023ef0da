/**
 * What may be done to a batch, and when. The heavy part of each step (reading every row) is done
 * before; its result enters here as data and is judged against the state it finds.
 */
import type { Contract, ContractState } from "../contract/contract.ts";
import type { Dataset, DatasetState } from "../dataset/dataset.ts";
import { assertNever, ok, type Result } from "../decider.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import { type Admission, admitAppend } from "./admission.ts";
import { admitAnonymity } from "./anonymity.ts";
import { type Batch, type BatchState, progressOf } from "./batch.ts";
import type {
  AppendData,
  AppendRequest,
  BatchCommand,
  PublishData,
  RecordQuality,
} from "./commands.ts";
import {
  cancelWork,
  failWork,
  finishWork,
  recordStep,
  refusedMeanwhile,
  startWork,
} from "./decideWork.ts";
import type { BatchEvent, DerivedRun } from "./events.ts";
import { ENDINGS, expire, expired, expireNow, freeze } from "./expiry.ts";
import { anonymized, approveRun, recordPrivacy, rejectRun, rollBackRun } from "./privacyRuns.ts";
import { admitConsumption, admitExposure, protects, unprotectedColumns } from "./protection.ts";
import { inQuarantine, release, workable } from "./quarantine.ts";
import { reappearance, rebind, redact } from "./redaction.ts";
import { derive, dropDerivation, replay } from "./replayed.ts";
import { handOutRefused } from "./restricted.ts";
import { admitSuspicions, keepBack, suspicionEvents } from "./suspected.ts";
import { admitApproval, admitSchema, admitTerms } from "./terms.ts";
import {
  cutWarning,
  failure,
  misfitEvents,
  readAnew,
  schemaVerdict,
  warningsOf,
} from "./verdicts.ts";

export interface BatchContext {
  readonly lake: ActiveLake;
  readonly dataset: DatasetState;
  readonly contract: ContractState;
}

type Decision = Result<readonly BatchEvent[], Rejection>;

/**
 * Rejects with `not_found` an unknown batch, with `already_exists` a batch id that is taken, with
 * `wrong_state` a step out of order, with `compliance` what the lake's level forbids.
 */
export const decideBatch = (
  command: BatchCommand,
  state: BatchState,
  context: BatchContext,
): Decision => {
  switch (command.type) {
    case "StartWork":
      return startWork(command, state, context);
    case "RecordStep":
      return recordStep(command, state);
    case "FinishWork":
      return finishWork(command, state, context);
    case "FailWork":
      return failWork(command, state);
    case "CancelWork":
      return cancelWork(command, state);
    case "DropDerivation":
      return dropDerivation(command, state);
    default:
      return refusedMeanwhile(command, state) ?? decideStep(command, state, context);
  }
};

type StepCommand = Exclude<
  BatchCommand,
  {
    type: "StartWork" | "RecordStep" | "FinishWork" | "FailWork" | "CancelWork" | "DropDerivation";
  }
>;

const decideStep = (command: StepCommand, state: BatchState, context: BatchContext): Decision => {
  if (command.type === "AppendData") {
    const admitted = admitAppend(command, state, context);
    if (!admitted.ok) return admitted;
    return ok(appended(command, state, admitted.value, context.lake));
  }
  if (state.status === "expired") {
    return ENDINGS.has(command.type) ? ok([]) : expired(command.batch_id);
  }
  if (state.status !== "held") return unknownBatch(command.batch_id);
  const { batch } = state;
  switch (command.type) {
    case "RecordQuality":
      return workable(batch) ?? readAnew(batch, context.contract, recordQuality(command, batch));
    case "RecordPrivacy": {
      const recorded = recordPrivacy(command.run, batch, context.lake);
      return workable(batch) ?? readAnew(batch, context.contract, recorded);
    }
    case "ApprovePrivacyRun":
      return approveRun(command, batch, context);
    case "RejectPrivacyRun":
      return rejectRun(command, batch);
    case "RollBackPrivacyRun":
      return rollBackRun(command, batch);
    case "RecordMisfit":
      return inQuarantine(batch) ?? ok(misfitEvents(command.misfit, context.contract));
    case "QuarantineBatch":
      if (batch.progress.status === "quarantined") return ok([]);
      return ok([{ type: "BatchQuarantined", data: { cause: "manual", reason: command.reason } }]);
    case "ReleaseQuarantine":
      return release(command, batch, context);
    case "ExpireBatch":
      return expire(command, batch, context.contract);
    case "ExpireNow":
      return expireNow(command, batch, context.contract);
    case "FreezeRetention":
      return freeze(command, batch, context.contract);
    case "PublishData":
      return publish(command, batch, context);
    case "KeepBack":
      return keepBack(batch, context);
    case "ExportData": {
      const published = publishedOf(batch);
      if (!published.ok) return published;
      const known = published.value.objects.some(({ format }) => format === command.object.format);
      return ok(known ? [] : [{ type: "DataExported", data: { object: command.object } }]);
    }
    case "GrantConsumption": {
      const published = publishedOf(batch);
      if (!published.ok) return published;
      const exposed = admitConsumption(batch, context);
      if (!exposed.ok) return exposed;
      const { type: _, batch_id: __, object_key: ___, ...data } = command;
      return ok([{ type: "ConsumptionGranted", data }]);
    }
    case "RefuseHandOut":
      return ok(handOutRefused(command));
    case "DeriveBatch":
      return inQuarantine(batch) ?? derive(command, batch);
    case "ReplayBatch":
      return inQuarantine(batch) ?? replay(command, batch, context);
    case "RedactBatch":
      return redact(command, batch);
    case "RebindBatch":
      return ok(rebind(command.event, batch));
    default:
      return assertNever(command);
  }
};

export const unknownBatch = (id: string) =>
  reject("not_found", "batch-not-found", `There is no batch ${id} in this lake.`);

/** The batch that is not there to be worked on: unknown, or expired. */
export const noBatch = (state: BatchState, id: string) =>
  state.status === "expired" ? expired(id) : unknownBatch(id);

/** The first file of a batch, or the next one of a batch in quarantine. */
const appended = (
  command: AppendData,
  state: BatchState,
  admission: Admission,
  lake: ActiveLake,
): readonly BatchEvent[] => {
  const { taken } = command;
  const { bytes, sha256, rows } = taken.object;
  const revision = nextRevision(state);
  const { object, misfit, subjects, upload_etag = null } = taken;
  const subject_index = subjects?.subject_index ?? null;
  const suspected = suspicionEvents(taken, { lake, ...admission });
  const aside = misfit !== null || suspected.some(({ type }) => type === "BatchQuarantined");
  const strict = lake.compliance_level === "strict";
  const cut = cutWarning(taken.cut_datetimes ?? 0);
  const about = { bytes, sha256, rows, object, revision, subject_index, ...cut };
  return [
    appendRequested(command, admission, state),
    { type: "DataAppended", data: { ...about, looks_personal: taken.suspicions, upload_etag } },
    ...schemaVerdict(misfit, admission.contract),
    ...suspected,
    ...reappearance(subjects?.erased_rows ?? null, { strict, aside }),
  ];
};

const nextRevision = (state: BatchState): number =>
  state.status === "held" ? state.batch.revision + 1 : 1;

export const appendRequested = (
  { batch_id, dataset, contract_id, file_url, format }: AppendRequest,
  { contract, dataset: { contains_pii }, warnings }: Admission,
  state: BatchState,
): BatchEvent => {
  const { version: contract_version, retention_days } = contract;
  const revision = nextRevision(state);
  const about = { batch_id, dataset, contract_id, contract_version, retention_days, revision };
  return {
    type: "AppendIngestionRequested",
    data: { ...about, file_url, format, contains_pii, warnings },
  };
};

const recordQuality = (command: RecordQuality, batch: Batch): Decision => {
  const { check, rederived } = command;
  const warnings = warningsOf(check);
  if (!check.passed) {
    return ok([
      { type: "QualityCheckFailed", data: { ...check, warnings } },
      { type: "BatchQuarantined", data: { cause: "quality", reason: failure(check.breaches) } },
    ]);
  }
  const passed: BatchEvent = { type: "QualityCheckPassed", data: { ...check, warnings } };
  const progress = progressOf(batch);
  if (progress.status !== "anonymized" || rederived === null) return ok([passed]);
  // The same strategies over other rows: whoever approved them has approved them.
  const { approver } = progress.privacy;
  return ok([passed, anonymized(rederived, batch, { approver, ahead: 1 })]);
};

const publishedOf = (batch: Batch) => {
  if (batch.progress.status === "published") return ok(batch.progress.publication);
  return (
    inQuarantine(batch) ??
    reject(
      "wrong_state",
      "batch-not-published",
      `Batch ${batch.batch_id} is ${batch.progress.status}, not published: nothing of it is handed out.`,
    )
  );
};

/**
 * Whether a batch may be published as it stands, and with which warnings. Asked before the
 * published object is written, and again when it is recorded. `run`: the privacy run that
 * publishing itself brings, when the contract has rules and nobody has run them.
 */
export const admitPublish = (
  { batch, lake, dataset, contract }: Publishing,
  run: DerivedRun | null,
): Result<readonly string[], Rejection> => {
  const refused = inQuarantine(batch);
  if (refused) return refused;
  const agreed = admitTerms(contract);
  if (!agreed.ok) return agreed;
  const approved = admitApproval(batch, lake, contract);
  if (!approved.ok) return approved;
  const fits = admitSchema(batch, contract);
  if (!fits.ok) return fits;
  const progress = progressOf(batch);
  const checked = progress.quality.contract;
  const current =
    checked?.passed && JSON.stringify(checked.rules) === JSON.stringify(contract.quality_rules);
  if (Object.keys(contract.quality_rules).length > 0 && !current) {
    return reject(
      "wrong_state",
      "quality-check-required",
      `Contract ${contract.contract_id} has quality rules that this batch has not passed: run ` +
        "POST /run-dq (without quality_rules in the body) before publishing.",
    );
  }
  const before = progress.status === "anonymized" ? progress.privacy : null;
  const exposed = admitExposure({ lake, dataset, batch, privacy: before });
  if (!exposed.ok) return exposed;
  const unapproved = before === null ? protects(contract.privacy_rules) : before.approver === null;
  if (lake.compliance_level === "strict" && unapproved) {
    return reject(
      "wrong_state",
      "privacy-run-not-approved",
      "At level strict a batch is published after a privacy run that somebody has approved: POST " +
        "/run-privacy, then POST /run-privacy/{run}/approve.",
    );
  }
  const bare = unprotectedColumns(contract, before ?? run);
  if (before !== null && bare.length > 0) {
    return reject(
      "wrong_state",
      "privacy-run-required",
      `Contract ${contract.contract_id} has changed and protects ${bare.join(", ")} otherwise ` +
        "now: run POST /run-privacy again before publishing.",
    );
  }
  const rules = before?.rules ?? contract.privacy_rules;
  const looked = admitSuspicions(batch, rules, { lake, dataset, contract });
  return looked.ok ? ok([...exposed.value, ...looked.value]) : looked;
};

/** A batch on its way out, with everything that decides about it. */
export interface Publishing {
  readonly batch: Batch;
  readonly lake: ActiveLake;
  readonly dataset: Dataset;
  readonly contract: Contract;
}

const publish = (command: PublishData, batch: Batch, context: BatchContext): Decision => {
  if (batch.progress.status === "published") return ok([]);
  const { lake, dataset, contract } = context;
  if (dataset.status === "absent" || contract.status === "absent") {
    return unknownBatch(command.batch_id);
  }
  const { run, publication } = command;
  const publishing = { batch, lake, dataset, contract };
  const admitted = admitPublish(publishing, run);
  if (!admitted.ok) return admitted;
  const anonymous = admitAnonymity(contract, publication, dataset.subject_column);
  if (!anonymous.ok) return anonymous;
  const done = progressOf(batch).status === "anonymized";
  if (!done && unprotectedColumns(contract, run).length > 0) {
    return reject(
      "wrong_state",
      "changed-meanwhile",
      `Contract ${contract.contract_id} changed while the batch was being published; ask again.`,
    );
  }
  const warnings = [...admitted.value, ...anonymous.value];
  const published: BatchEvent = { type: "DataPublished", data: { ...publication, warnings } };
  const transformed = run ? [anonymized(run, batch, { approver: null })] : [];
  return readAnew(batch, contract, ok([...transformed, published]));
};

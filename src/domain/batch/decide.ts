/**
 * What may be done to a batch, and when. The heavy part of each step (reading every row) is done
 * before; its result enters here as data and is judged against the state it finds.
 */
import type { ContractState } from "../contract/contract.ts";
import type { DatasetState } from "../dataset/dataset.ts";
import { assertNever, ok, type Result } from "../decider.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import { type Admission, admitAppend } from "./admission.ts";
import { type Batch, type BatchState, progressOf } from "./batch.ts";
import type { AppendData, AppendRequest, BatchCommand, RecordQuality } from "./commands.ts";
import {
  cancelWork,
  failWork,
  finishWork,
  recordStep,
  refusedMeanwhile,
  startWork,
} from "./decideWork.ts";
import type { BatchEvent } from "./events.ts";
import { ENDINGS, expire, expired, expireNow, freeze } from "./expiry.ts";
import { anonymized, approveRun, recordPrivacy, rejectRun, rollBackRun } from "./privacyRuns.ts";
import { admitConsumption } from "./protection.ts";
import { publish, publishedOf } from "./publishing.ts";
import { inQuarantine, release, workable } from "./quarantine.ts";
import { reappearance, rebind, redact } from "./redaction.ts";
import { derive, dropDerivation, replay } from "./replayed.ts";
import { handOutRefused } from "./restricted.ts";
import { keepBack, suspicionEvents } from "./suspected.ts";
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

export type Decision = Result<readonly BatchEvent[], Rejection>;

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

/**
 * What may be done to a batch, and when. The heavy part of each step (reading every row) is done
 * before; its result enters here as data and is judged against the state it finds.
 */
import type { Contract, ContractState } from "../contract/contract.ts";
import type { Dataset, DatasetState } from "../dataset/dataset.ts";
import { assertNever, ok, type Result } from "../decider.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import { admitAppend } from "./admission.ts";
import { type Batch, type BatchState, progressOf } from "./batch.ts";
import type {
  BatchCommand,
  PublishData,
  RecordPrivacy,
  RecordQuality,
  ReplayBatch,
} from "./commands.ts";
import type { BatchEvent } from "./events.ts";

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
  if (command.type === "AppendData") {
    const admitted = admitAppend(command, state, context);
    if (!admitted.ok) return admitted;
    const { taken, ...request } = command;
    const { bytes, sha256, rows } = taken.object;
    return ok([
      {
        type: "AppendIngestionRequested",
        data: {
          batch_id: request.batch_id,
          dataset: request.dataset,
          contract_id: request.contract_id,
          contract_version: admitted.value.contract.version,
          file_url: request.file_url,
          format: request.format,
          contains_pii: admitted.value.dataset.contains_pii,
          warnings: admitted.value.warnings,
        },
      },
      { type: "DataAppended", data: { bytes, sha256, rows, object: taken.object } },
      ...schemaVerdict(taken.misfit, admitted.value.contract),
    ]);
  }
  if (state.status !== "held") return unknownBatch(command.batch_id);
  const { batch } = state;
  switch (command.type) {
    case "RecordQuality":
      return workable(batch) ?? recordQuality(command, batch);
    case "RecordPrivacy":
      return workable(batch) ?? recordPrivacy(command, batch);
    case "RecordMisfit":
      return inQuarantine(batch) ?? ok([...misfitEvents(command.misfit)]);
    case "QuarantineBatch":
      if (batch.progress.status === "quarantined") return ok([]);
      return ok([{ type: "BatchQuarantined", data: { cause: "manual", reason: command.reason } }]);
    case "ReleaseQuarantine":
      if (batch.progress.status !== "quarantined") {
        return reject(
          "wrong_state",
          "batch-not-quarantined",
          `Batch ${batch.batch_id} is ${batch.progress.status}, not in quarantine.`,
        );
      }
      return ok([{ type: "QuarantineReleased", data: { reason: command.reason } }]);
    case "PublishData":
      return publish(command, batch, context);
    case "ExportData": {
      const published = publishedOf(batch);
      if (!published.ok) return published;
      const known = published.value.objects.some(({ format }) => format === command.object.format);
      return ok(known ? [] : [{ type: "DataExported", data: { object: command.object } }]);
    }
    case "GrantConsumption": {
      const published = publishedOf(batch);
      if (!published.ok) return published;
      const { type: _, batch_id: __, object_key: ___, ...data } = command;
      return ok([{ type: "ConsumptionGranted", data }]);
    }
    case "ReplayBatch":
      return inQuarantine(batch) ?? bare(command, batch, context) ?? ok(replayed(command, batch));
    default:
      return assertNever(command);
  }
};

export const unknownBatch = (id: string) =>
  reject("not_found", "batch-not-found", `There is no batch ${id} in this lake.`);

const schemaVerdict = (
  misfit: Extract<BatchCommand, { type: "AppendData" }>["taken"]["misfit"],
  contract: Contract,
): readonly BatchEvent[] =>
  misfit ? misfitEvents(misfit) : [{ type: "SchemaValidated", data: { schema: contract.schema } }];

const misfitEvents = (
  misfit: Extract<BatchCommand, { type: "RecordMisfit" }>["misfit"],
): readonly BatchEvent[] => {
  const { issues, issue_count } = misfit;
  const reason = `The file does not fit the contract's schema: ${issues[0]?.message ?? "unknown"}`;
  return [
    { type: "SchemaValidationFailed", data: { reason, issues, issue_count } },
    { type: "BatchQuarantined", data: { cause: "schema", reason } },
  ];
};

const inQuarantine = (batch: Batch) =>
  batch.progress.status === "quarantined"
    ? reject(
        "wrong_state",
        "batch-quarantined",
        `Batch ${batch.batch_id} is in quarantine: ${batch.progress.reason}`,
      )
    : null;

/** Checks and privacy runs change what would be published, so a published batch has none. */
export const workable = (batch: Batch) => {
  if (batch.progress.status === "published") {
    return reject(
      "wrong_state",
      "batch-published",
      `Batch ${batch.batch_id} is published; POST /replay sends it through its contract's rules again.`,
    );
  }
  return inQuarantine(batch);
};

const recordQuality = (command: RecordQuality, batch: Batch): Decision => {
  const { check, rederived } = command;
  const warnings = warningsOf(check.breaches);
  if (!check.passed) {
    return ok([
      { type: "QualityCheckFailed", data: { check, warnings } },
      { type: "BatchQuarantined", data: { cause: "quality", reason: failure(check.breaches) } },
    ]);
  }
  const passed: BatchEvent = { type: "QualityCheckPassed", data: { check, warnings } };
  if (progressOf(batch).status !== "anonymized" || rederived === null) return ok([passed]);
  return ok([passed, { type: "DataAnonymized", data: { run: rederived } }]);
};

const recordPrivacy = (command: RecordPrivacy, _batch: Batch): Decision =>
  ok([{ type: "DataAnonymized", data: { run: command.run } }]);

const failure = (breaches: RecordQuality["check"]["breaches"]): string =>
  `Quality check failed: ${breaches
    .filter(({ effect }) => effect === "batch")
    .map(({ column, rule, failures }) => `${column} ${rule} (${failures} rows)`)
    .join(", ")}`;

const warningsOf = (breaches: RecordQuality["check"]["breaches"]): readonly string[] =>
  breaches
    .filter(({ effect }) => effect === "warn")
    .map(({ column, rule, failures }) => `${column} ${rule}: ${failures} rows fail`);

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
 * published object is written, and again when it is recorded.
 */
export const admitPublish = (
  batch: Batch,
  lake: ActiveLake,
  dataset: Dataset,
  contract: Contract,
): Result<readonly string[], Rejection> => {
  const refused = inQuarantine(batch);
  if (refused) return refused;
  const progress = progressOf(batch);
  if (Object.keys(contract.quality_rules).length > 0 && !progress.quality.contract?.passed) {
    return reject(
      "wrong_state",
      "quality-check-required",
      `Contract ${contract.contract_id} has quality rules: run POST /run-dq with them (without ` +
        "quality_rules in the body) before publishing.",
    );
  }
  const anonymized = "privacy" in progress && progress.privacy !== null;
  return anonymized ? ok([]) : admitInClear(batch, lake, dataset);
};

const admitInClear = (
  batch: Batch,
  lake: ActiveLake,
  dataset: Dataset,
): Result<readonly string[], Rejection> => {
  const personal = dataset.contains_pii === true || batch.contains_pii === true;
  if (!personal) return ok([]);
  if (lake.compliance_level !== "standard") {
    return reject(
      "compliance",
      "privacy-run-required",
      `Batch ${batch.batch_id} contains personal data: at level ${lake.compliance_level} it is ` +
        "published only after POST /run-privacy.",
    );
  }
  return ok(["This batch contains personal data and is published without a privacy run."]);
};

/** A replay that was planned at level standard may be recorded after the level was raised. */
const bare = ({ result }: ReplayBatch, batch: Batch, { lake, dataset }: BatchContext) => {
  if (result.kind === "misfit" || result.run || !result.publication) return null;
  if (dataset.status === "absent") return unknownBatch(batch.batch_id);
  const admitted = admitInClear(batch, lake, dataset);
  return admitted.ok ? null : admitted;
};

const publish = (command: PublishData, batch: Batch, context: BatchContext): Decision => {
  if (batch.progress.status === "published") return ok([]);
  const { lake, dataset, contract } = context;
  if (dataset.status === "absent" || contract.status === "absent") {
    return unknownBatch(command.batch_id);
  }
  const admitted = admitPublish(batch, lake, dataset, contract);
  if (!admitted.ok) return admitted;
  return ok([
    {
      type: "DataPublished",
      data: { publication: command.publication, warnings: admitted.value },
    },
  ]);
};

const replayed = (command: ReplayBatch, batch: Batch): readonly BatchEvent[] => {
  const mark: BatchEvent = { type: "BatchReplayed", data: { replay_id: command.replay_id } };
  const { result } = command;
  if (result.kind === "misfit") return [mark, ...misfitEvents(result.misfit)];
  const events: BatchEvent[] = [mark];
  events.push({ type: "SchemaValidated", data: { schema: result.schema } });
  if (result.check) {
    const { check } = result;
    const data = { check, warnings: warningsOf(check.breaches) };
    if (!check.passed) {
      const reason = failure(check.breaches);
      return [
        ...events,
        { type: "QualityCheckFailed", data },
        { type: "BatchQuarantined", data: { cause: "quality", reason } },
      ];
    }
    events.push({ type: "QualityCheckPassed", data });
  }
  if (result.run) events.push({ type: "DataAnonymized", data: { run: result.run } });
  if (result.publication && progressOf(batch).status === "published") {
    events.push({
      type: "DataPublished",
      data: { publication: result.publication, warnings: [] },
    });
  }
  return events;
};

/**
 * What a piece of heavy work is to read, to apply and to write. Planned in one turn from the
 * lake's state; the versions it rests on are checked again when its result is recorded.
 */
import { admitAppend } from "../domain/batch/admission.ts";
import { type Batch, initialBatch, workOf } from "../domain/batch/batch.ts";
import type { AppendRequest } from "../domain/batch/commands.ts";
import { noBatch } from "../domain/batch/decide.ts";
import { busy } from "../domain/batch/decideWork.ts";
import { admitConsumption } from "../domain/batch/protection.ts";
import { isRunning } from "../domain/batch/work.ts";
import type { Contract } from "../domain/contract/contract.ts";
import type { Dataset } from "../domain/dataset/dataset.ts";
import { err, invariant, ok, type Result } from "../domain/decider.ts";
import type { BatchId, StreamName } from "../domain/ids.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import { type CsvDialect, dialectUnder, mergedReading, readingIssues } from "../domain/reading.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { ColumnType } from "../domain/table.ts";
import { personalInClear } from "./clearTexts.ts";
import { type Reader, reader } from "./commands.ts";
import type { EraseRequest } from "./erasePlans.ts";
import type { Keyring } from "./keyring.ts";
import type { Attempt, WorkRequest, WorkStepRequest } from "./lakeGateway.ts";
import { landingKey, publishedKey, rawKey, subjectIndexKey } from "./objectKeys.ts";
import { type AccessStepRequest, planAccess } from "./planAccess.ts";
import { planErase } from "./planErase.ts";
import { type HeldInRequest, planHeldIn } from "./planHeldIn.ts";
import { planPrivacy, planPublish, planQuality } from "./planRefine.ts";
import { planReplay } from "./planReplay.ts";
import { isLong, planStep } from "./planSteps.ts";
import type { EventLog } from "./ports.ts";
import { SEGMENT_BYTES } from "./segmentPorts.ts";
import type { SubjectTexts, TrackedSubjects } from "./subjectPorts.ts";
import { erasuresBegun, watchedSubjects } from "./watchedSubjects.ts";
import type { WorkPlan } from "./workPlan.ts";

export interface Planned {
  readonly plan: WorkPlan;
  /** What the work may write: swept when nobody records it. */
  readonly writes: readonly string[];
  readonly expects: Attempt["expects"];
  /** Whether it takes an upload over, into a dataset that names its people. */
  readonly takes?: boolean;
}

export interface Planner {
  readonly log: EventLog;
  readonly keyring: () => Keyring;
  readonly now: string;
  /** Part of every key this work writes. */
  readonly attempt_id: string;
  readonly limits: WorkLimits;
  readonly texts: SubjectTexts;
}

/** From when on work is done in the background, and in pieces of which size. */
export interface WorkLimits {
  readonly sync_bytes: number;
  readonly segment_bytes: number;
}

/** A file of more than this is not taken while its request waits. */
export const SYNC_LIMIT_BYTES = 8 * 1024 * 1024;

export const WORK_LIMITS: WorkLimits = {
  sync_bytes: SYNC_LIMIT_BYTES,
  segment_bytes: SEGMENT_BYTES,
};

/** Limits as settings give them, in bytes; what is not set is as in `WORK_LIMITS`. */
export const workLimits = (sync_bytes?: string, segment_bytes?: string): WorkLimits => ({
  sync_bytes: sync_bytes ? Number(sync_bytes) : WORK_LIMITS.sync_bytes,
  segment_bytes: segment_bytes ? Number(segment_bytes) : WORK_LIMITS.segment_bytes,
});

/** A batch with everything that is decided on with it. */
export interface Subject {
  readonly lake: ActiveLake;
  readonly batch: Batch;
  readonly dataset: Dataset;
  readonly contract: Contract;
  readonly expects: Attempt["expects"];
}

export const NOTHING: Planned = { plan: { kind: "nothing" }, writes: [], expects: [] };

/** Something else has to end first. */
export const WAIT: Planned = { plan: { kind: "wait" }, writes: [], expects: [] };

/**
 * Rejects like the command that records the result would, before any byte is read. Work that is too
 * much for a request is planned as `background`.
 */
export const planWork = (request: WorkRequest, planner: Planner): Result<Planned, Rejection> => {
  const bare = personalInClear(request);
  if (bare) return err(bare);
  const read = reader(planner.log);
  const lake = read.lake();
  if (lake.status === "absent") return lakeNotFound();
  if (request.kind === "work_step") return planStep(request, planner, read, lake);
  if (request.kind === "access_step") return planAccess(request, planner, read);
  if (request.kind === "held_in") return planHeldIn(request, planner, read);
  if (request.kind === "erase") return planErase(request, planner, read, lake);
  if ("batch_id" in request && request.kind !== "export") {
    const refused = busy(request.batch_id, workOf(read.batch(request.batch_id)));
    if (refused) return refused;
  }
  const whole = planWhole(request, planner);
  if (!whole.ok || !isLong(request, whole.value.plan, planner, read)) return whole;
  return ok({ plan: { kind: "background" }, writes: [], expects: [] });
};

/** The plan of work as a whole, whatever its size and whatever else is under way. */
export const planWhole = (
  request: Exclude<WorkRequest, WorkStepRequest | EraseRequest | AccessStepRequest | HeldInRequest>,
  planner: Planner,
): Result<Planned, Rejection> => {
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
      if (subject === null) return noBatch(read.batch(request.batch_id), request.batch_id);
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

export const subjectOf = (
  log: EventLog,
  read: Reader,
  lake: ActiveLake,
  batch_id: BatchId,
): Subject | null => {
  const state = read.batch(batch_id);
  if (state.status !== "held") return null;
  const { batch } = state;
  const dataset = read.dataset(batch.dataset);
  const contract = read.contract(batch.contract_id);
  invariant(dataset.status !== "absent", "a batch has a dataset");
  invariant(contract.status !== "absent", "a batch has a contract");
  const stream: StreamName = `contract/${batch.contract_id}`;
  const { revision, progress } = batch;
  const expects: Attempt["expects"] = [
    { stream, version: log.load(stream).version },
    { batch_id, revision, status: progress.status },
    subjectsOf(dataset),
  ];
  return { lake, batch, dataset, contract, expects };
};

/** Work goes by the column that names the person from its beginning to its end. */
const subjectsOf = ({ name: subjects_of, subject_column: column }: Dataset) => ({
  subjects_of,
  column,
});

const planAppend = (
  request: Extract<WorkRequest, { kind: "append" }>,
  planner: Planner,
  read: Reader,
  lake: ActiveLake,
): Result<Planned, Rejection> => {
  const { log, attempt_id } = planner;
  const dataset = read.dataset(request.dataset);
  const contract = read.contract(request.contract_id);
  const context = { lake, dataset, contract };
  const { batch_id } = request;
  const known = read.batch(batch_id);
  // While it is being taken over it is not there yet: its own steps see it as it will be found.
  const state = known.status === "requested" && isRunning(known.work) ? initialBatch : known;
  const admitted = admitAppend(request, state, context);
  if (!admitted.ok) return admitted;
  const held = state.status === "held" ? state.batch : null;
  const revision = (held?.revision ?? 0) + 1;
  const target = rawKey(lake.lake_id, batch_id, revision, attempt_id, request.format);
  const stream: StreamName = `contract/${request.contract_id}`;
  // The file that is replaced must be the one that was there when its successor was read.
  const replaced: Attempt["expects"] = held
    ? [{ batch_id, revision: held.revision, status: held.progress.status }]
    : [];
  const { dataset: about, contract: under } = admitted.value;
  const { subject_column } = about;
  const { schema } = under;
  const dialect = dialectFor(request, under);
  if (!dialect.ok) return dialect;
  // An erasure that begins meanwhile looks for people this append does not know of.
  const watching: Attempt["expects"] =
    subject_column === null ? [] : [{ erasures: erasuresBegun(log) }];
  const index_key = subjectIndexKey(lake.lake_id, batch_id, revision, attempt_id);
  return ok({
    plan: {
      kind: "append",
      source: landingKey(lake.lake_id, request.file_url),
      target,
      schema,
      dialect: dialect.value,
      sync_bytes: planner.limits.sync_bytes,
      subjects:
        subject_column === null
          ? null
          : { ...trackedSubjects(planner, subject_column, schema[subject_column]), index_key },
    },
    writes: subject_column === null ? [target] : [target, index_key],
    expects: [
      { stream, version: log.load(stream).version },
      subjectsOf(about),
      ...replaced,
      ...watching,
    ],
    takes: subject_column !== null,
  });
};

/** How the file is to be read: only CSV can be written in more than one way. */
const dialectFor = (
  { format, delimiter, reading: changes }: AppendRequest,
  contract: Contract,
): Result<CsvDialect, Rejection> => {
  if (format !== "csv") return ok({});
  const reading = mergedReading(contract.reading, changes);
  const issues = readingIssues(reading);
  if (issues.length === 0) return ok(dialectUnder(reading, delimiter));
  return reject(
    "invalid",
    "invalid-reading",
    `What the contract and the request say of how to read the file does not go together: ${issues[0]?.path} ${issues[0]?.message}.`,
    issues.map(({ path, message }) => ({ path: `reading.${path}`, message })),
  );
};

/** Whom the append looks for, when the schema has the column by which they are named. */
const trackedSubjects = (
  { keyring, log }: Planner,
  column: string,
  type: ColumnType | undefined,
): TrackedSubjects => ({
  column,
  key: keyring().pseudonymKey(),
  watched: type === undefined ? [] : watchedSubjects(log, type),
});

const planExport = (
  request: Extract<WorkRequest, { kind: "export" }>,
  { attempt_id }: Planner,
  subject: Subject,
): Result<Planned, Rejection> => {
  const { batch, lake, expects } = subject;
  // What may not be handed out is refused by the command that grants its consumption.
  if (batch.progress.status !== "published") return ok(NOTHING);
  if (!admitConsumption(batch, subject).ok) return ok(NOTHING);
  const { objects, schema } = batch.progress.publication;
  const source = objects.find(({ format }) => format === "parquet");
  if (!source || objects.some(({ format }) => format === request.format)) return ok(NOTHING);
  const target = publishedKey(
    lake.lake_id,
    batch.dataset,
    batch.batch_id,
    // As of all work: by the key one sees whether it was begun before the batch changed.
    batch.revision + 1,
    attempt_id,
    request.format,
  );
  return ok({
    plan: { kind: "export", batch_id: batch.batch_id, source, schema, target },
    writes: [target],
    expects,
  });
};

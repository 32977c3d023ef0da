/**
 * From what a client asked to the command that is decided: the lake numbers things, seals what is
 * personal and looks up what the request only names. Reads the log, writes nothing but a key.
 */
import { type Batch, progressOf } from "../domain/batch/batch.ts";
import { noBatch, unknownBatch } from "../domain/batch/decide.ts";
import { admitConsumption } from "../domain/batch/protection.ts";
import { processingRestricted } from "../domain/batch/restricted.ts";
import { err, ok, type Result } from "../domain/decider.ts";
import type { BatchId, ContractId, ReplayId, WebhookId } from "../domain/ids.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { ObjectRef } from "../domain/table.ts";
import { webhookUrlFault } from "../domain/webhook/decide.ts";
import type { Admitted } from "./admission.ts";
import { personalInClear } from "./clearTexts.ts";
import type { Command } from "./commands.ts";
import { manifestOf } from "./datasetManifest.ts";
import { deletionCommand } from "./deletionRequests.ts";
import { endBatch } from "./endBatch.ts";
import { selfApproved } from "./fourEyes.ts";
import type { Keyring } from "./keyring.ts";
import type { LakeRequest, LongRequest } from "./lakeGateway.ts";
import { isLarge, planStart } from "./planSteps.ts";
import { planWork, type WorkLimits } from "./planWork.ts";
import type { Calendars, EventLog } from "./ports.ts";
import { type Reader, reader } from "./reader.ts";
import type { HeldIn } from "./residence.ts";
import { admitHandOut, anyRestriction } from "./restrictions.ts";
import { isHidden } from "./seenBatch.ts";
import { answerAccessRequest, requestSubjectAccess, signAccessUrl } from "./subjectAccess.ts";
import type { SubjectTexts } from "./subjectPorts.ts";
import { lifetimeOf } from "./timers.ts";
import { tokenCommand } from "./tokenRequests.ts";
import { sealTarget } from "./webhookSeals.ts";
import { newWebhookSecret } from "./webhookSignature.ts";

export interface Means {
  readonly log: EventLog;
  readonly keyring: () => Keyring;
  /** RFC 3339, UTC, milliseconds. */
  readonly now: string;
  readonly actor: string;
  readonly admitted: Admitted;
  readonly newId: () => string;
  readonly calendars: Calendars;
  readonly limits: WorkLimits;
  readonly texts: SubjectTexts;
  /** Whether webhooks may be on the machine itself: in local development. */
  readonly loopback: boolean;
  readonly held_in: HeldIn;
}

/**
 * The most batches one replay takes: they are switched in one turn of the lake, which must stay
 * short (a thousand take about half a second) and fit into memory.
 */
export const MAX_REPLAY_BATCHES = 2_000;

/** A replay of more goes on in the background from the start. */
export const MAX_BATCHES_IN_REQUEST = 100;

const PAGE = 1000;

export const toCommand = (request: LakeRequest, means: Means): Result<Command, Rejection> => {
  const { log, now } = means;
  const bare = personalInClear(request);
  if (bare) return err(bare);
  const read = reader(log);
  switch (request.type) {
    case "CreateDataLake":
      return ok({
        ...request,
        grants_owner: means.admitted.person !== null,
        ...(means.held_in === undefined ? {} : { held_in: means.held_in }),
      });
    case "ChangeComplianceLevel": {
      // Where nobody is told apart, nobody can tell who has approved what is his own.
      const two = request.compliance_level === "strict" && means.admitted.person !== null;
      return ok(two ? { ...request, self_approved: selfApproved(log) } : request);
    }
    case "IssueToken":
    case "RevokeToken":
      return tokenCommand(request, means);
    case "RegisterDataset":
      // Written with the registration or, when that is refused, not at all.
      if (request.encryption_enabled) means.keyring().makeDatasetKey(request.name);
      return ok(request);
    case "CreateContract": {
      const contract_id = request.contract_id ?? nextContractId(log);
      return ok({ ...request, contract_id });
    }
    case "SignUrl": {
      const { dataset, filename, method, purpose, missing } = request;
      if (missing) {
        return reject("not_found", "file-not-found", `No file was uploaded as ${filename}.`);
      }
      // Nobody knows whose data an upload holds: no index is written before it is appended.
      if (method === "GET" && anyRestriction(log))
        return processingRestricted(`Upload ${filename}`);
      const accessor_id = means.actor;
      const lifetime = lifetimeOf(now, request.expires_in);
      return ok({
        type: "GenerateSignedUrl",
        dataset,
        filename,
        method,
        purpose,
        accessor_id,
        ...lifetime,
      });
    }
    case "SignQuarantineUrl": {
      const state = read.batch(request.batch_id);
      if (state.status !== "held") return noBatch(state, request.batch_id);
      const { batch } = state;
      const { batch_id } = request;
      // What fits no schema has no rejected rows: it is rejected as a whole.
      const rejected = batch.misfit === null ? rejectedRows(batch) : batch.raw;
      if (rejected === null) {
        return reject(
          "not_found",
          "no-rejected-rows",
          `No row of batch ${batch_id} was rejected by a quality check.`,
        );
      }
      const admitted = admitHandOut(batch_id, request.looked, means);
      if (!admitted.ok) return admitted;
      const about = {
        type: "GenerateSignedUrl",
        dataset: batch.dataset,
        method: "GET",
        accessor_id: means.actor,
        ...lifetimeOf(now, request.expires_in),
      } as const;
      const whole = batch.misfit !== null;
      return ok({
        ...about,
        filename: `batches/${batch_id}/quarantine.${whole ? batch.raw.format : "jsonl"}`,
        batch_object: { batch_id, key: rejected.key },
        purpose: whole ? "file that does not fit" : "rejected rows",
      });
    }
    case "Consume": {
      if (isHidden(means.admitted, request.batch_id, read)) return unknownBatch(request.batch_id);
      const state = read.batch(request.batch_id);
      if (state.status !== "held") return noBatch(state, request.batch_id);
      const { progress } = state.batch;
      const objects = progress.status === "published" ? progress.publication.objects : [];
      const key = objects.find(({ format }) => format === request.format)?.key;
      if (progress.status === "published" && key === undefined) {
        const admitted = admittedConsumption(read, state.batch);
        if (!admitted.ok) return admitted;
        return reject(
          "wrong_state",
          "changed-meanwhile",
          `Batch ${request.batch_id} changed while its ${request.format} was being made; ask again.`,
        );
      }
      if (progress.status === "published") {
        const unrestricted = admitHandOut(request.batch_id, request.looked, means);
        if (!unrestricted.ok) return unrestricted;
      }
      const { expires_in, looked: _, ...rest } = request;
      return ok({
        ...rest,
        type: "GrantConsumption",
        // Without an object the decision refuses: only a published batch has one.
        object_key: key ?? "",
        ...lifetimeOf(now, expires_in),
      });
    }
    case "EndBatch":
      return endBatch(request, means);
    case "ConsumeDataset":
      return manifestOf(request, means);
    case "RequestDeletion":
    case "ExtendDeletion":
    case "ReleaseDeletionHold":
    case "NoteDeletionIdentity":
    case "HoldDeletion":
    case "RejectDeletion":
    case "ExecuteDeletion":
    case "NoteErasureStep":
    case "CompleteErasure":
    case "FailErasure":
      return deletionCommand(request, means);
    case "RequestAccess":
      return requestSubjectAccess(request, means);
    case "ExtendAccess":
    case "RejectAccess":
      return answerAccessRequest(request, means);
    case "SignAccessUrl":
      return signAccessUrl(request, means, lifetimeOf(now, request.expires_in));
    case "RegisterWebhook": {
      const { type, url, events, datasets } = request;
      const fault = webhookUrlFault(url, means.loopback);
      if (fault !== null) {
        return reject("invalid", "webhook-url", `Lethe does not call this URL: it ${fault}.`, [
          { path: "url", message: fault },
        ]);
      }
      const webhook_id = means.newId() as WebhookId;
      const shown_secret = request.secret ?? newWebhookSecret();
      const sealed = sealTarget(webhook_id, { url, secret: shown_secret }, means.keyring());
      return ok({ type, webhook_id, events, datasets, ...sealed, shown_secret });
    }
    case "Replay": {
      const batch_ids = request.batch_id ? [request.batch_id] : batchesOf(log, request.dataset);
      if (batch_ids.length > MAX_REPLAY_BATCHES) {
        return reject(
          "invalid",
          "too-many-batches",
          `A replay takes at most ${MAX_REPLAY_BATCHES} batches; replay them one by one.`,
        );
      }
      if (request.batch_id) {
        const state = read.batch(request.batch_id);
        if (state.status !== "held") return noBatch(state, request.batch_id);
        if (state.batch.dataset !== request.dataset) return unknownBatch(request.batch_id);
      }
      const replay_id = means.newId() as ReplayId;
      const { dataset } = request;
      const background =
        batch_ids.length > MAX_BATCHES_IN_REQUEST ||
        isRunning(log, dataset) ||
        batch_ids.some((id) => isLarge(read.batch(id), means.limits));
      return ok({ type: "RequestReplay", replay_id, dataset, batch_ids, background });
    }
    case "StartWork":
      return startWork(request.request, means);
    default:
      return ok(request);
  }
};

const startWork = (request: LongRequest, means: Means): Result<Command, Rejection> => {
  const { log, keyring, now, newId, limits, texts } = means;
  const planner = { log, keyring, now, limits, texts, attempt_id: newId() };
  // Planned as a whole first: what is refused or not long any more is not begun.
  const planned = planWork(request, planner);
  if (!planned.ok) return planned;
  if (planned.value.plan.kind !== "background") {
    return reject(
      "wrong_state",
      "changed-meanwhile",
      "There is nothing to do any more; ask again.",
    );
  }
  const started = planStart(request, planner, reader(log));
  return started.ok ? ok({ type: "StartWork", ...started.value }) : started;
};

/** The first of contract1, contract2, … that is free. */
const nextContractId = (log: EventLog): ContractId => {
  let number = 1;
  while (log.directory.exists("contract", `contract${number}`)) number += 1;
  return `contract${number}` as ContractId;
};

/** Whether a replay of the dataset is under way: the next one waits for it. */
const isRunning = (log: EventLog, dataset: string): boolean =>
  log.directory.list({ kind: "replay", dataset, status: "running", limit: 1 }).length > 0;

/** The rows that the latest check to reject any has rejected. */
const rejectedRows = (batch: Batch): ObjectRef | null => {
  const { contract, request } = progressOf(batch).quality;
  return (
    [contract, request]
      .filter((check) => check !== null)
      .sort((a, b) => (a.checked_at < b.checked_at ? 1 : -1))
      .find((check) => check.quarantine !== null)?.quarantine ?? null
  );
};

const batchesOf = (log: EventLog, dataset: string): readonly BatchId[] => {
  const ids: BatchId[] = [];
  let after = 0;
  while (ids.length <= MAX_REPLAY_BATCHES) {
    const page = log.directory.list({ kind: "batch", dataset, after, limit: PAGE });
    const live = page.filter(({ status }) => status !== "expired");
    ids.push(...live.map(({ id }) => id as BatchId));
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = last.created_seq;
  }
  return ids;
};

/** What may not be handed out is not made in a format that was not asked for before. */
const admittedConsumption = (read: Reader, batch: Batch): Result<readonly string[], Rejection> => {
  const lake = read.lake();
  if (lake.status !== "active") return lakeNotFound();
  const dataset = read.dataset(batch.dataset);
  return admitConsumption(batch, { lake, dataset, contract: read.contract(batch.contract_id) });
};

/**
 * The next step of a replay: one batch through its contract's present rules. Rules that came with
 * a request stay where the contract protects nothing, so that nothing is ever uncovered by it.
 */
import { violates } from "../domain/batch/anonymity.ts";
import { type Batch, type Progress, progressOf, workOf } from "../domain/batch/batch.ts";
import type { Base, ReplayResult } from "../domain/batch/commands.ts";
import type { PrivacyRun, RawRules } from "../domain/batch/events.ts";
import { admitExposure, protecting } from "../domain/batch/protection.ts";
import { admitReplay, outdatedChecks } from "../domain/batch/replayed.ts";
import { isRunning } from "../domain/batch/work.ts";
import type { Contract } from "../domain/contract/contract.ts";
import { ruleIssues } from "../domain/contract/decide.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId, ReplayId } from "../domain/ids.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import type { Rejection } from "../domain/rejection.ts";
import {
  nextBatch,
  type Replay,
  type ReplayedBatch,
  type ReplayOutcome,
} from "../domain/replay/replay.ts";
import type { Reader } from "./commands.ts";
import { keyOf } from "./datasetKeys.ts";
import type { WorkRequest } from "./lakeGateway.ts";
import { cleanKey, hashesKey, publishedKey, quarantineKey } from "./objectKeys.ts";
import { mergeQuality, passing, refineOf, rememberedColumns } from "./planRefine.ts";
import { NOTHING, type Planned, type Planner, type Subject, subjectOf } from "./planWork.ts";
import type { EventLog } from "./ports.ts";
import { gateOf, peopleIn } from "./publicationGate.ts";
import { derivedBatches, isCurrent } from "./switchReplay.ts";
import { scopedIn } from "./uniqueHashes.ts";
import type { WorkPlan } from "./workPlan.ts";

export const planReplay = (
  request: Extract<WorkRequest, { kind: "replay" }>,
  planner: Planner,
  read: Reader,
  lake: ActiveLake,
): Result<Planned, Rejection> => {
  const { replay_id } = request;
  const replay = read.replay(replay_id);
  if (replay.status !== "running") return ok(NOTHING);
  if (isBehindAnother(planner.log, replay)) return planned({ kind: "wait" });
  const batch_id = nextBatch(replay);
  const isBusy = (id: BatchId) => isRunning(workOf(read.batch(id)));
  if (batch_id === null) {
    const waits = derivedBatches(replay).some(isBusy);
    return planned(waits ? { kind: "wait" } : { kind: "switch", replay_id });
  }
  return isBusy(batch_id)
    ? planned({ kind: "wait" })
    : planReplayBatch(replay_id, batch_id, planner, read, lake);
};

/** One batch's part of a replay; a `note` when its outcome is known without work. */
export const planReplayBatch = (
  replay_id: ReplayId,
  batch_id: BatchId,
  planner: Planner,
  read: Reader,
  lake: ActiveLake,
): Result<Planned, Rejection> => {
  const noted = (outcome: ReplayOutcome, reason: string | null, rows: number) =>
    planned({ kind: "note", replay_id, note: { batch_id, outcome, reason, rows } });
  const skip = (reason: string) => noted("skipped", reason, 0);
  const subject = subjectOf(planner.log, read, lake, batch_id);
  if (subject === null) {
    return skip(read.batch(batch_id).status === "expired" ? "expired" : "no such batch");
  }
  const { batch, contract, dataset } = subject;
  if (batch.last_replay === replay_id) return skip("it went through this replay before");
  if (batch.progress.status === "quarantined") return skip("in quarantine");
  const base = baseOf(subject, read);
  const failure = failureOf(batch, replay_id, base);
  if (failure !== null) return noted("failed", failure, 0);
  if (!keyOf(dataset, planner.keyring()).ok) return skip("the key of its dataset was destroyed");
  const progress = progressOf(batch);
  const published = progress.status === "published";
  const run = "privacy" in progress ? progress.privacy : null;
  const privacy = published || run !== null ? presentPrivacy(contract, run) : {};
  const quality = presentQuality(contract, progress);
  const issues = ruleIssues(contract.schema, quality, privacy);
  if (issues.length > 0) {
    return skip(`rules of a request do not fit the contract any more: ${issues[0]?.message}`);
  }
  const transforms = Object.keys(privacy).length > 0 || run !== null;
  const approved = admitReplay(transforms ? privacy : null, batch, subject);
  if (!approved.ok) return skip(approved.error.detail);
  if (published) {
    const exposed = admitExposure({ lake, dataset, batch, privacy: { rules: privacy } });
    if (!exposed.ok) return skip(exposed.error.detail);
  }
  // Recorded, but the note on the replay was lost: the batch is not sent through twice.
  if (batch.candidate && isCurrent(batch, replay_id, base.contract_version)) {
    const { outcome, reason, rows } = outcomeOf(batch.candidate.result);
    return noted(outcome, reason, rows);
  }
  const { attempt_id, now } = planner;
  const place = [lake.lake_id, batch_id, batch.revision + 1, attempt_id] as const;
  const quarantine_key = quarantineKey(...place);
  const clean_key = transforms ? cleanKey(...place) : null;
  const published_key = published
    ? publishedKey(lake.lake_id, batch.dataset, batch_id, batch.revision + 1, attempt_id, "parquet")
    : null;
  const gate = published
    ? gateOf(contract, peopleIn(dataset, contract.schema, privacy), clean_key, ...place)
    : null;
  const contractChecks = Object.keys(contract.quality_rules).length > 0;
  const keeps = scopedIn(contract.quality_rules).length > 0;
  const hashes_key = keeps ? hashesKey(...place) : null;
  const rules = { schema: contract.schema, quality, privacy, now };
  const refine = refineOf(subject, planner, { ...rules, which: { replay_id } });
  return ok({
    plan: {
      kind: "replay",
      replay_id,
      base,
      refine,
      quarantine_key,
      hashes_key,
      clean_key,
      published_key,
      gate,
      newest_of: published ? rememberedColumns(subject, privacy) : [],
      as_of: now,
      check:
        Object.keys(quality).length === 0
          ? null
          : contractChecks
            ? { source: "contract", rules: contract.quality_rules }
            : { source: "request", rules: quality },
      requested_privacy: known(run?.requested ?? {}, contract),
    },
    writes: [
      quarantine_key,
      ...passing(refine),
      ...[hashes_key, clean_key, published_key, gate?.pass_key ?? null].filter(
        (key) => key !== null,
      ),
    ],
    expects: subject.expects,
  });
};

const planned = (plan: WorkPlan): Result<Planned, Rejection> =>
  ok({ plan, writes: [], expects: [] });

/** Replays of one dataset follow each other: two at a time would take each other's results away. */
export const isBehindAnother = (log: EventLog, { replay_id, dataset }: Replay): boolean => {
  const [first] = log.directory.list({ kind: "replay", dataset, status: "running", limit: 1 });
  if (first === undefined || first.id === replay_id) return false;
  // One that stands still in sight does not hold up the others.
  return log.schedule.find({ kind: "replay_step", ref: first.id })?.parked === false;
};

/** Why long work for this replay came to nothing, if it did and nothing has changed since. */
const failureOf = ({ work }: Batch, replay_id: ReplayId, base: Base): string | null =>
  work?.status === "failed" &&
  work.order.kind === "replay" &&
  work.order.replay_id === replay_id &&
  JSON.stringify(work.base) === JSON.stringify(base)
    ? work.reason
    : null;

const baseOf = ({ batch }: Subject, read: Reader): Base => ({
  contract_version: read.contractVersion(batch.contract_id),
  revision: batch.revision,
  status: batch.progress.status,
});

/** What became of a batch that was derived. */
export const outcomeOf = (result: ReplayResult): Omit<ReplayedBatch, "batch_id"> => {
  const publication = result.kind === "derived" ? result.publication : null;
  const passed =
    result.kind === "derived" &&
    result.check?.passed !== false &&
    !(publication && violates(publication));
  return {
    outcome: passed ? "replayed" : "quarantined",
    reason: passed ? null : "it no longer meets its contract",
    rows: result.kind === "derived" ? result.rows : 0,
  };
};

/** Columns that are not published any more need no rule. */
const known = (rules: RawRules, contract: Contract): RawRules =>
  Object.fromEntries(
    Object.entries(rules).filter(([column]) => Object.hasOwn(contract.schema, column)),
  );

const presentPrivacy = (contract: Contract, run: PrivacyRun | null): RawRules => {
  const agreed = protecting(contract.privacy_rules);
  const kept = Object.entries(known(run?.requested ?? {}, contract)).filter(
    ([column]) => !Object.hasOwn(agreed, column),
  );
  return { ...contract.privacy_rules, ...Object.fromEntries(kept) };
};

const presentQuality = (contract: Contract, { quality }: Progress): RawRules => {
  const left = outdatedChecks(quality, contract).includes("request");
  return mergeQuality(contract.quality_rules, left ? {} : (quality.request?.rules ?? {}));
};

/**
 * Every command of a lake, and on which streams each is decided. A decision reads what it needs
 * through one reader and names the changes it wants; committing them is `handleCommand`'s work.
 */

import {
  type AccessCommand,
  type AuditAccesses,
  decideAccess,
  decideAccesses,
} from "../domain/access/decide.ts";
import { workOf } from "../domain/batch/batch.ts";
import type { BatchCommand, RedactBatch } from "../domain/batch/commands.ts";
import { decideBatch, unknownBatch } from "../domain/batch/decide.ts";
import { isRunning } from "../domain/batch/work.ts";
import {
  type ContractCommand,
  decideContract,
  unknownContract,
} from "../domain/contract/decide.ts";
import type { AmendDataset } from "../domain/dataset/amend.ts";
import { type DatasetCommand, schemaVersion, unknownDataset } from "../domain/dataset/decide.ts";
import { type DomainEvent, ok, type Result } from "../domain/decider.ts";
import { type DeletionCommand, decideDeletion } from "../domain/deletion/decide.ts";
import { progress } from "../domain/deletion/decideErasure.ts";
import { type ReapplyErasure, reapply } from "../domain/deletion/reapply.ts";
import { decideFreshness, type WatchFreshness } from "../domain/freshness/decide.ts";
import type { StreamName } from "../domain/ids.ts";
import {
  type CreateDataLake,
  decideLake,
  type LakeCommand,
  lakeNotFound,
} from "../domain/lake/decide.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import { decideMember, type MemberCommand } from "../domain/member/decide.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { decideReplay, type ReplayCommand } from "../domain/replay/decide.ts";
import { decideSubjectAccess, type SubjectAccessCommand } from "../domain/subjectAccess/decide.ts";
import { decideToken, type TokenCommand } from "../domain/token/decide.ts";
import { decideWebhook, type WebhookCommand } from "../domain/webhook/decide.ts";
import type { StateOf } from "./aggregates.ts";
import { cancelReplay } from "./cancelReplay.ts";
import { changeLevel } from "./changeLevel.ts";
import { primaryStream } from "./commandStreams.ts";
import { accessTo, type GrantConsumptions, grantAll } from "./consumption.ts";
import { decideAboutDataset } from "./datasetCommands.ts";
import { handOut } from "./handOut.ts";
import { issueToken } from "./issueToken.ts";
import type { Change, EventLog } from "./ports.ts";
import { type Reader, reader } from "./reader.ts";
import { revokedTokens } from "./revokeMember.ts";
import { replayContext, switchReplay } from "./switchReplay.ts";

export { type Reader, reader };

export type Command =
  | LakeCommand
  | DatasetCommand
  | AmendDataset
  | ContractCommand
  | BatchCommand
  | GrantConsumptions
  | DeletionCommand
  | ReapplyErasure
  | ReplayCommand
  | WebhookCommand
  | WatchFreshness
  | SubjectAccessCommand
  | MemberCommand
  | TokenCommand
  | AccessCommand
  | AuditAccesses;

/** What a command changes, in the order in which it is recorded. */
export type Decision = readonly Change[];

/** Decides a command on the lake's present state. Nothing is written. */
export const decide = (log: EventLog, command: Command): Result<Decision, Rejection> => {
  const read = reader(log);
  const stream = primaryStream(command);
  const change = (to: StreamName, events: readonly DomainEvent[]): Change => ({
    stream: to,
    expected_version: log.load(to).version,
    events,
  });
  const only = (result: Result<readonly DomainEvent[], Rejection>): Result<Decision, Rejection> =>
    result.ok ? ok([change(stream, result.value)]) : result;

  const lake = read.lake();
  if (command.type === "CreateDataLake") return createLake(command, lake, change);
  if (lake.status === "absent") return lakeNotFound();

  switch (command.type) {
    case "ChangeComplianceLevel":
      return changeLevel(command, lake, read, change);
    case "ChangeLakeLocality":
    case "NoteRestore":
    case "NoteKeyRewrapped":
      return only(decideLake(command, lake));
    case "RegisterDataset":
    case "IngestDataset":
    case "ActivateDatasetVersion":
    case "DeprecateDataset":
    case "AmendDataset":
      return only(decideAboutDataset(command, log, read, lake));
    case "CreateContract":
    case "UpdateContract":
    case "ApproveContract":
    case "RevokeApproval":
    case "DeclineContract":
    case "DeprecateContract":
      return decideAboutContract(command, read, change);
    case "AuditAccess":
      return only(decideAccess(command, { dataset: read.dataset(command.dataset_id) }));
    case "AuditAccesses":
      return only(decideAccesses(command, read.dataset));
    case "GenerateSignedUrl":
      return handOut(command, read, change);
    case "RevealSealed":
      return only(decideAccess(command, { dataset: null }));
    case "RequestReplay":
      return only(
        decideReplay(command, read.replay(command.replay_id), {
          dataset: read.dataset(command.dataset),
        }),
      );
    case "NoteReplayProgress": {
      const replay = read.replay(command.replay_id);
      return only(decideReplay(command, replay, replayContext(replay, read)));
    }
    case "CompleteReplay":
      return switchReplay(command, lake, read, change);
    case "CancelReplay":
      return cancelReplay(command, lake, read, change);
    case "RequestGDPRDeletion":
    case "ExtendDeletion":
    case "RejectDeletion":
    case "HoldDeletion":
    case "ReleaseDeletionHold":
    case "NoteDeletionIdentity":
    case "NoteDeletionDue":
    case "NoteDeletionApproaching":
    case "NoteHoldEnd":
    case "NoteErasureStep":
    case "CompleteErasure":
    case "FailErasure":
    case "NoteWithholdingEnd":
      return only(decideDeletion(command, read.deletion(command.deletion_id), { lake }));
    case "WatchFreshness":
      return only(decideFreshness(command, read.freshness(command.contract_id)));
    case "ReapplyErasure":
      return only(ok(reapply(command)));
    case "ExecuteDeletion": {
      const unknown = command.withhold?.find(
        ({ dataset }) => read.dataset(dataset).status === "absent",
      );
      if (unknown) return unknownDataset(unknown.dataset);
      return only(decideDeletion(command, read.deletion(command.deletion_id), { lake }));
    }
    case "RegisterWebhook":
    case "RemoveWebhook": {
      const watched = command.type === "RegisterWebhook" ? (command.datasets ?? []) : [];
      const unknown = watched.find((name) => read.dataset(name).status === "absent");
      if (unknown) return unknownDataset(unknown);
      const active = log.directory.counts("webhook").active ?? 0;
      return only(decideWebhook(command, read.webhook(command.webhook_id), { active }));
    }
    case "GrantMember":
    case "RevokeMember":
    case "ReapplyRevocation": {
      const members = log.directory.counts("member").active ?? 0;
      const context = { members, owners: log.directory.flagged("member") };
      const decided = decideMember(command, read.member(command.subject), context);
      if (!decided.ok) return decided;
      return ok([change(stream, decided.value), ...revokedTokens(log, decided.value, change)]);
    }
    case "IssueToken":
      return issueToken(command, log, read, change);
    case "RevokeToken":
    case "NoteTokenUse":
      return only(decideToken(command, read.token(command.token_id)));
    case "RequestSubjectAccess":
    case "RecordAccessStep":
    case "NoteAccessDue":
    case "NoteAccessApproaching":
    case "ExpireSubjectAccess":
    case "EraseSubjectAccess":
    case "ExtendSubjectAccess":
    case "RejectSubjectAccess": {
      const state = read.subjectAccess(command.subject_access_id);
      return only(decideSubjectAccess(command, state, { erasing: isErasing(log, command) }));
    }
    case "GrantConsumptions":
      return grantAll(command, lake, read, change);
    default:
      return decideAboutBatch(command, lake, read, change);
  }
};

/** Where callers are told apart, whoever is named as the owner is one from the first moment on. */
const createLake = (
  command: CreateDataLake,
  lake: StateOf<"lake">,
  change: MakeChange,
): Result<Decision, Rejection> => {
  const decided = decideLake(command, lake);
  if (!decided.ok) return decided;
  const created = change("lake", decided.value);
  if (!command.grants_owner) return ok([created]);
  const { owner_id: subject } = command;
  const granted: DomainEvent = { type: "MemberGranted", data: { subject, roles: ["owner"] } };
  return ok([created, change(`member/${subject}`, [granted])]);
};

/** Whether the person that a new request is about is just being erased. */
const isErasing = ({ directory }: EventLog, command: SubjectAccessCommand): boolean => {
  if (command.type !== "RequestSubjectAccess") return false;
  const { subject_ref } = command;
  const status = "in_progress";
  return directory.list({ kind: "deletion", subject_ref, status, limit: 1 }).length > 0;
};

/** A change of a stream as it stands now. */
export type MakeChange = (to: StreamName, events: readonly DomainEvent[]) => Change;

/** A contract that brings a schema its dataset does not know gives the dataset a new version. */
const decideAboutContract = (
  command: ContractCommand,
  read: Reader,
  change: MakeChange,
): Result<Decision, Rejection> => {
  const contract = read.contract(command.contract_id);
  if (command.type !== "CreateContract" && contract.status === "absent") {
    return unknownContract(command.contract_id);
  }
  const name = command.type === "CreateContract" ? command.dataset : datasetOf(contract);
  const dataset = read.dataset(name);
  const decided = decideContract(command, contract, { dataset });
  if (!decided.ok) return decided;
  const changes: Change[] = [];
  for (const event of decided.value) {
    if (event.type !== "DataContractDefined" && event.type !== "DataContractUpdated") continue;
    if (dataset.status === "absent") continue;
    const versions = schemaVersion(dataset, event.data.schema, command.contract_id);
    if (versions.length > 0) changes.push(change(`dataset/${name}`, versions));
  }
  return ok([change(primaryStream(command), decided.value), ...changes]);
};

const datasetOf = (contract: StateOf<"contract">): string =>
  contract.status === "absent" ? "" : contract.dataset;

/** The dataset and the contract a command is about; null when there is no such batch. */
const subjectOf = (command: BatchCommand, state: StateOf<"batch">) => {
  if (command.type === "AppendData") return command;
  if (command.type === "StartWork" && command.order.kind === "append") return command.order.request;
  // A file that replaces one in quarantine may come under another contract.
  const order = command.type === "FinishWork" ? workOf(state)?.order : undefined;
  if (order?.kind === "append") return order.request;
  if (state.status === "absent") return null;
  return state.status === "requested" ? state : state.batch;
};

const decideAboutBatch = (
  command: BatchCommand,
  lake: ActiveLake,
  read: Reader,
  change: MakeChange,
): Result<Decision, Rejection> => {
  const state = read.batch(command.batch_id);
  const about = subjectOf(command, state);
  if (about === null) return unknownBatch(command.batch_id);
  const work = workOf(state);
  const dataset = read.dataset(about.dataset);
  const contract = read.contract(about.contract_id);
  const contract_version = read.contractVersion(about.contract_id);
  if (
    command.type === "FinishWork" &&
    isRunning(work) &&
    work.base.contract_version !== contract_version
  ) {
    return reject(
      "wrong_state",
      "changed-meanwhile",
      "The batch's contract has changed while this was under way: ask for it again.",
    );
  }
  // It was cancelled while this was on its way.
  if (command.type === "DeriveBatch" && read.replay(command.replay_id).status !== "running") {
    return reject("wrong_state", "changed-meanwhile", "The replay is not under way any more.");
  }
  const decided = decideBatch(command, state, { lake, dataset, contract });
  if (!decided.ok) return decided;
  const own = change(`batch/${command.batch_id}`, decided.value);
  if (command.type === "RedactBatch") return withProgress(command, own, read, change);
  if (command.type !== "GrantConsumption") return ok([own]);
  return ok([own, change("access", [accessTo(about.dataset, command)])]);
};

/** What an erasure made of a batch is one step of it, or nothing when the request has changed. */
const withProgress = (
  { deletion_id, at_version, batch_id, result }: RedactBatch,
  own: Change,
  read: Reader,
  change: MakeChange,
): Result<Decision, Rejection> => {
  const state = read.batch(batch_id);
  const dataset = state.status === "held" ? state.batch.dataset : null;
  const { kind: outcome } = result;
  const rows_removed = result.kind === "redacted" ? result.rows_removed : 0;
  const step = { kind: "opened", batch_id, dataset, outcome, rows_removed } as const;
  const progressed = progress([step], at_version, read.deletion(deletion_id));
  if (!progressed.ok) return progressed;
  return ok([own, change(`deletion/${deletion_id}`, progressed.value)]);
};

/**
 * The answer to each command, composed in the turn that commits it, so that the stored answer is
 * the answer. URLs are signed later and never stored: what is kept is what to sign.
 */
import type { AppendData, GrantConsumption, Misfit } from "../domain/batch/commands.ts";
import type { BatchId, StreamName, SubjectAccessId } from "../domain/ids.ts";
import { describeIssue, placeOf } from "../domain/table.ts";
import { type AGGREGATES, idOf, kindOf } from "./aggregates.ts";
import { isNew, messageOf, runOf } from "./answerMessages.ts";
import { warningsOf } from "./answerWarnings.ts";
import { primaryStream } from "./commandStreams.ts";
import { type Command, reader } from "./commands.ts";
import { freshnessOf } from "./freshnessDuties.ts";
import { landingKey } from "./objectKeys.ts";
import type { EventLog, SignRequest, StoredEvent } from "./ports.ts";
import { view } from "./views.ts";

/** A URL of the object store, or of Lethe's own where it leads to a sealed object. */
export type ToSign = SignRequest & { readonly sealed?: SealedSign };

export interface Answer {
  /**
   * `created` brought a resource into being; `unfit` recorded a file that does not fit,
   * `kept_back` a batch that may not be published as it is.
   */
  readonly outcome: "created" | "done" | "accepted" | "unfit" | "kept_back";
  readonly body: Readonly<Record<string, unknown>>;
  /** Version of the command's main stream, for `ETag`. */
  readonly version: number;
  /** A URL still to be signed, and the field of the body it goes into. */
  readonly sign: (ToSign & { readonly field: string }) | null;
  /** Of the body's `items`, one each: the URL that an item has as its `download_url`. */
  readonly item_signs?: readonly ToSign[];
  /** Path of the thing to watch, relative to the lake. */
  readonly location: string | null;
  /** Given before to the same command. */
  readonly replayed: boolean;
}

/** Outcomes that are on record, and refused all the same: the reason, as problem documents name it. */
export const RECORDED_REFUSALS: Partial<Record<Answer["outcome"], string>> = {
  unfit: "does-not-fit",
  kept_back: "personal-data-suspected",
};

/** A sealed object is read through Lethe itself, by a token that is made when it is handed out. */
export type SealedSign = SealedHolder & { readonly token?: string };

/** What a sealed object belongs to. */
export type SealedHolder =
  | { readonly batch_id: BatchId }
  | { readonly subject_access_id: SubjectAccessId };

/** Composes the answer from the state after the commit. Must run in the committing turn. */
export const compose = (
  log: EventLog,
  command: Command,
  events: readonly StoredEvent[],
): Answer => {
  const stream = primaryStream(command);
  const { version, state } = log.load(stream);
  const kind = kindOf(stream);
  const named = kind.replace("-", "_");
  const shown = kind !== "access" && command.type !== "GrantConsumptions";
  const resource = shown ? { [named]: resourceOf(log, stream, state) } : {};
  const misfit = misfitOf(command);
  return {
    outcome: misfit ? "unfit" : outcomeOf(command, events, state as object),
    body: {
      message:
        misfit && command.type === "AppendData"
          ? unfitMessage(command, log)
          : messageOf(command, events),
      events: events.map(({ seq, type }) => ({ seq, type })),
      warnings: warningsOf(log, command, events),
      ...resource,
      ...moreOf(command, events),
      ...(misfit ? { errors: unfitErrors(command, misfit) } : {}),
    },
    version,
    sign: signOf(log, command),
    ...(command.type === "GrantConsumptions"
      ? { item_signs: command.grants.map((grant) => consumed(log, grant)) }
      : {}),
    location: locationOf(command),
    replayed: false,
  };
};

const locationOf = (command: Command): string | null => {
  if (command.type === "RequestReplay") return `/replays/${command.replay_id}`;
  if (command.type === "RequestSubjectAccess")
    return `/subject-access/${command.subject_access_id}`;
  if (command.type === "ExecuteDeletion") return `/deletions/${command.deletion_id}`;
  return command.type === "StartWork" ? `/batches/${command.batch_id}` : null;
};

/** How the file that a command is about fails to fit, if it does. */
const misfitOf = (command: Command): Misfit | null => {
  if (command.type === "AppendData") return command.taken.misfit;
  return command.type === "RecordMisfit" ? command.misfit : null;
};

/** Views in answers to commands show what was recorded, not what the clock adds to it. */
const NO_NOW = "";

const resourceOf = (log: EventLog, stream: StreamName, state: unknown) => {
  const [kind, id] = [kindOf(stream), idOf(stream)];
  const shown = view(kind, id, state, NO_NOW);
  if (kind !== "dataset") return shown;
  return { ...shown, freshness: freshnessOf(log, reader(log), id, NO_NOW) };
};

const outcomeOf = (
  command: Command,
  events: readonly StoredEvent[],
  { status }: { readonly status?: unknown },
): Answer["outcome"] => {
  if (command.type === "RequestSubjectAccess") return "accepted";
  // Asked for once more, it still goes on.
  if (command.type === "ExecuteDeletion" && status === "in_progress") return "accepted";
  if (events.length === 0) return "done";
  switch (command.type) {
    case "CreateDataLake":
    case "RegisterDataset":
    case "CreateContract":
    case "AuditAccess":
    case "AuditAccesses":
    case "RequestGDPRDeletion":
    case "RegisterWebhook":
    case "IssueToken":
      return "created";
    case "GrantMember":
      return events[0]?.stream_version === 1 ? "created" : "done";
    case "RequestReplay":
    case "StartWork":
    case "ExecuteDeletion":
      return "accepted";
    case "AppendData":
      return isNew(events) ? "created" : "done";
    case "KeepBack":
      return "kept_back";
    default:
      return "done";
  }
};

const moreOf = (command: Command, events: readonly StoredEvent[]): Record<string, unknown> => {
  switch (command.type) {
    case "RecordQuality": {
      const { passed, report, breaches } = command.check;
      return { passed, report, breaches };
    }
    case "RecordPrivacy":
      return { report: command.run.report, dry_run: false, run: runOf(events) };
    case "GenerateSignedUrl":
      return {
        method: command.method,
        expires_at: command.expires_at,
        ...(command.method === "PUT" ? { headers: {}, file_url: command.filename } : {}),
      };
    case "RegisterWebhook":
      return command.shown_secret === null ? {} : { secret: command.shown_secret };
    case "IssueToken":
      return command.shown_token === null ? {} : { secret: command.shown_token };
    case "GrantConsumption":
      return { method: "GET", format: command.format, expires_at: command.expires_at };
    case "GrantConsumptions":
      return { ...command.manifest };
    default:
      return {};
  }
};

const lifetime = ({ signed_at, expires_at }: { signed_at: string; expires_at: string }) => ({
  signed_at,
  expires_in: (Date.parse(expires_at) - Date.parse(signed_at)) / 1000,
});

const signOf = (log: EventLog, command: Command): Answer["sign"] => {
  if (command.type === "GenerateSignedUrl") {
    const lake = log.load("lake").state as typeof AGGREGATES.lake.initialState;
    if (lake.status === "absent") return null;
    const field = command.method === "PUT" ? "upload_url" : "download_url";
    const { method, batch_object, access_object } = command;
    if (access_object) {
      const { key, ...holder } = access_object;
      return { field, method, key, sealed: holder, ...lifetime(command) };
    }
    const key = batch_object?.key ?? landingKey(lake.lake_id, command.filename);
    const sealed = batch_object ? sealedSign(log, batch_object.batch_id) : {};
    return { field, method, key, ...sealed, ...lifetime(command) };
  }
  if (command.type !== "GrantConsumption") return null;
  return { field: "download_url", ...consumed(log, command) };
};

const consumed = (log: EventLog, grant: GrantConsumption): ToSign => {
  const { object_key: key, batch_id } = grant;
  return { method: "GET", key, ...sealedSign(log, batch_id), ...lifetime(grant) };
};

const sealedSign = (log: EventLog, batch_id: BatchId): { readonly sealed?: SealedSign } => {
  const read = reader(log);
  const state = read.batch(batch_id);
  const dataset = state.status === "held" ? read.dataset(state.batch.dataset) : null;
  const encrypted = dataset && dataset.status !== "absent" && dataset.encryption_enabled;
  return encrypted ? { sealed: { batch_id } } : {};
};

const unfitMessage = (command: AppendData, log: EventLog): string => {
  const contract = log.load(`contract/${command.contract_id}`).state as { schema?: object };
  const expected = Object.keys(contract.schema ?? {}).join(", ");
  const first = command.taken.misfit?.issues[0];
  const unexpected = command.taken.unexpected_columns;
  const found =
    unexpected.length > 0 ? ` It has these columns besides: ${unexpected.join(", ")}.` : "";
  return (
    `The file does not fit contract ${command.contract_id}: ` +
    `${first ? describeIssue(first) : "it cannot be read"}. ` +
    `Expected columns: ${expected}.${found} The batch is recorded and in quarantine.`
  );
};

const unfitErrors = (command: Command, { issues }: Misfit) => [
  ...issues.map((issue) => ({ path: placeOf(issue), message: issue.message })),
  ...(command.type === "AppendData" ? command.taken.unexpected_columns : []).map((column) => ({
    path: `column ${column}`,
    message: "not in the schema",
  })),
];

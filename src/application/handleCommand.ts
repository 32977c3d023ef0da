/**
 * The write path, one synchronous turn: stored answer? load, decide, commit everything in one
 * transaction, answer. No `await` between reading and committing, so nothing comes in between.
 */
import { isOversized, MAX_EVENT_BYTES } from "../contracts/eventSize.ts";
import type { BatchState } from "../domain/batch/batch.ts";
import { err, ok, type Result } from "../domain/decider.ts";
import { type DeletionState, isOpen } from "../domain/deletion/deletion.ts";
import type { StreamName } from "../domain/ids.ts";
import type { Rejection } from "../domain/rejection.ts";
import { isHeld, type SubjectAccessState } from "../domain/subjectAccess/subjectAccess.ts";
import { type Answer, compose } from "./answers.ts";
import { oweCheckpoint } from "./checkpoints.ts";
import { primaryStream } from "./commandStreams.ts";
import { type Command, type Decision, decide } from "./commands.ts";
import { followUp, referringBefore } from "./followed.ts";
import { oweFreshness } from "./freshnessDuties.ts";
import { keepIndex, partIndex } from "./keptIndexes.ts";
import type { Expectation } from "./lakeGateway.ts";
import { membersBefore, oweRevocations } from "./lostRights.ts";
import type { CommandMeta, DutyRef, EventLog, StoredEvent } from "./ports.ts";
import { erasuresBegun } from "./watchedSubjects.ts";
import { oweNotifications } from "./webhooks.ts";

export interface Idempotency {
  /** As the client sent it. */
  readonly key: string;
  /** Keyed hash of what the client asked for. */
  readonly fingerprint: string;
}

export interface Envelope {
  readonly command: Command;
  readonly meta: CommandMeta;
  readonly idempotency: Idempotency | null;
  /** The version of the command's main stream that the client saw last (`If-Match`). */
  readonly if_match: number | null;
  /** Versions on which work that precedes the command was based. */
  readonly expects: readonly Expectation[];
  /** The duty this command fulfils: gone with the commit, and required to be there still. */
  readonly fulfils: DutyRef | null;
  /** Writes that belong to the command besides its events, such as a new subject's key. */
  readonly alongside: (events: readonly StoredEvent[]) => void;
}

/** Runs one command. Rejections are values; nothing was written when one comes back. */
export const handleCommand = (log: EventLog, envelope: Envelope): Result<Answer, Rejection> => {
  const { command, meta, idempotency } = envelope;

  const known = answeredBefore(log, idempotency);
  if (known) return known;

  const conflict = versionConflict(log, envelope);
  if (conflict) return err(conflict);

  const parted = partIndex(command);
  const decided = decide(log, parted.command);
  if (!decided.ok) return decided;
  const large = oversizedIn(decided.value);
  if (large !== null) return err(large);

  return log.transaction(() => {
    if (!fulfil(log, envelope, decided.value)) return err(workExpired());
    const before = referringBefore(
      log,
      decided.value.map(({ stream }) => stream),
    );
    const rightsBefore = membersBefore(log, decided.value);
    const events = log.append(decided.value, meta);
    envelope.alongside(events);
    keepIndex(log, parted);
    followUp(log, events, before, meta.now);
    oweFreshness(log, events, before.batches, meta.now);
    oweRevocations(log, events, rightsBefore);
    oweNotifications(log, events, meta.now);
    if (events.length > 0) oweCheckpoint(log, meta.now);
    const answer = compose(log, parted.command, events);
    if (idempotency) {
      const kept = storable(parted.command);
      const text = keptAnswer(kept === parted.command ? answer : compose(log, kept, events));
      const { fingerprint } = idempotency;
      log.answers.put(idempotency.key, { fingerprint, answer: text }, meta.now);
    }
    return ok(answer);
  });
};

/**
 * Without what stands in the file itself (in one without a header, a column's name is a value) and
 * without a secret, which is shown once.
 */
const storable = (command: Command): Command => {
  if (command.type === "RegisterWebhook") return { ...command, shown_secret: null };
  if (command.type === "IssueToken") return { ...command, shown_token: null };
  if (command.type !== "AppendData") return command;
  return { ...command, taken: { ...command.taken, unexpected_columns: [] } };
};

/** An event that no row has room for is refused, before anything is written. */
const oversizedIn = (decision: Decision): Rejection | null => {
  const large = decision
    .flatMap(({ events }) => events)
    .find(({ data }) => isOversized(JSON.stringify(data)));
  if (large === undefined) return null;
  return {
    reason: "too_large",
    code: "event-too-large",
    detail: `${large.type} would take more than ${MAX_EVENT_BYTES} bytes, the most an event may.`,
  };
};

/** As it is given again. What it shows of the resource is left out where that has no room. */
const keptAnswer = (answer: Answer): string => {
  const whole = JSON.stringify(answer);
  if (!isOversized(whole)) return whole;
  const { message, events, warnings } = answer.body;
  return JSON.stringify({ ...answer, body: { message, events, warnings } });
};

/** What is kept under the key, a refusal when it came with another request, or null. */
export const storedAnswer = (
  log: Pick<EventLog, "answers">,
  idempotency: Idempotency | null,
): Result<string, Rejection> | null => {
  if (idempotency === null) return null;
  const stored = log.answers.find(idempotency.key);
  if (stored === null) return null;
  if (stored.fingerprint !== idempotency.fingerprint) {
    return err({
      reason: "key_reused",
      code: "idempotency-key-reused",
      detail: "This Idempotency-Key came before with another request; take a new one.",
    });
  }
  return ok(stored.answer);
};

/** The first answer to the same command, a refusal when the key came with another, or null. */
export const answeredBefore = (
  log: EventLog,
  idempotency: Idempotency | null,
): Result<Answer, Rejection> | null => {
  const stored = storedAnswer(log, idempotency);
  if (!stored?.ok) return stored;
  return ok({ ...(JSON.parse(stored.value) as Answer), replayed: true });
};

export const versionConflict = (
  log: EventLog,
  { command, if_match, expects }: Pick<Envelope, "command" | "if_match" | "expects">,
): Rejection | null => {
  if (if_match !== null) {
    const { version } = log.load(matchedStream(command));
    if (version !== if_match) return stale(if_match, version);
  }
  const broken = expects.find((expected) => !holds(log, expected));
  if (broken === undefined) return null;
  return "dataset" in broken ? publishedMeanwhile(broken.dataset) : changedMeanwhile();
};

/** A replay is new: what its client has seen is the dataset. */
const matchedStream = (command: Command): StreamName =>
  command.type === "RequestReplay" ? `dataset/${command.dataset}` : primaryStream(command);

const holds = (log: EventLog, expected: Expectation): boolean => {
  if ("erasures" in expected) return erasuresBegun(log) === expected.erasures;
  if ("subjects_of" in expected) {
    const { subject_column = null } = log.load(`dataset/${expected.subjects_of}`).state as {
      readonly subject_column?: string | null;
    };
    return subject_column === expected.column;
  }
  if ("dataset" in expected) {
    const { dataset, published_after: after, but_for } = expected;
    const since = log.read({ type: "DataPublished", dataset, after, limit: 10 });
    return since.every(({ stream }) => stream === `batch/${but_for}`);
  }
  if ("stream" in expected) return log.load(expected.stream).version === expected.version;
  const state = log.load(`batch/${expected.batch_id}`).state as BatchState;
  if (state.status !== "held") return false;
  const { revision, progress } = state.batch;
  return revision === expected.revision && progress.status === expected.status;
};

const publishedMeanwhile = (dataset: string): Rejection => ({
  reason: "wrong_state",
  code: "published-meanwhile",
  detail: `Another batch of dataset ${dataset} was published meanwhile; ask again.`,
});

const changedMeanwhile = (): Rejection => ({
  reason: "wrong_state",
  code: "changed-meanwhile",
  detail: "The batch, its contract or its dataset changed while the data was processed; ask again.",
});

export const stale = (expected: number, version: number): Rejection => ({
  reason: "stale_version",
  code: "stale-version",
  detail: `If-Match expects version ${expected}; it is at version ${version}.`,
});

/**
 * Takes the fulfilled duty off the schedule. Work that turned out to change nothing keeps its
 * duty, because the objects it has written are still to be swept.
 */
const fulfil = (log: EventLog, { fulfils, meta }: Envelope, decision: Decision): boolean => {
  if (fulfils === null) return true;
  const changed = decision.some(({ events }) => events.length > 0);
  const kept = !changed && (fulfils.kind === "sweep_attempt" || isOwed(log, fulfils, meta.now));
  if (kept) return log.schedule.find(fulfils) !== null;
  return log.schedule.remove(fulfils);
};

/** A moment that turned out not to have come yet (a clock was set back) stays owed. */
const isOwed = (log: EventLog, { kind, ref }: DutyRef, now: string): boolean => {
  if (kind === "retention_due") {
    return (log.load(`batch/${ref}`).state as BatchState).status === "held";
  }
  const access = kind.startsWith("access_") ? accessOf(log, ref) : null;
  if (access !== null) return isHeld(access);
  if (kind !== "deletion_due" && kind !== "deletion_reminder" && kind !== "hold_end") return false;
  const deletion = log.load(`deletion/${ref}`).state as DeletionState;
  if (!isOpen(deletion)) return false;
  if (kind === "deletion_due") return deletion.missed_deadline !== deletion.deadline;
  if (kind === "deletion_reminder") return now < deletion.deadline;
  return deletion.held_until !== null && now < deletion.held_until;
};

const workExpired = (): Rejection => ({
  reason: "wrong_state",
  code: "work-expired",
  detail: "This work took longer than it may and was cleared away; ask again.",
});

const accessOf = (log: EventLog, id: string): SubjectAccessState =>
  log.load(`subject-access/${id}`).state as SubjectAccessState;

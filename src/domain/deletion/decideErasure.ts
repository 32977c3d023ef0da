/**
 * Carrying a request out: when it may begin, which step comes next, and when it is over. What was
 * erased cannot be taken back, so nothing begins while the request is on hold or while it is in
 * doubt who asks; a hold stops it between two steps.
 */
import { assertNever, ok, type Result } from "../decider.ts";
import type { DatasetName, DeletionId } from "../ids.ts";
import type { ComplianceLevel } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import type { SubjectRefs } from "../subjects.ts";
import { type Deletion, type DeletionState, runningErasure } from "./deletion.ts";
import { type Erasure, type ErasureStep, evolveErasure, MAX_ROUNDS } from "./erasure.ts";
import type { DeletionEvent, Sealed, Withheld } from "./events.ts";
import type { ErasureFacts } from "./facts.ts";

interface OnErasure {
  readonly deletion_id: DeletionId;
  /** When the command was received (RFC 3339, UTC). */
  readonly now: string;
}

/** What was planned on a state of the request counts only while that state stands. */
interface Planned extends OnErasure {
  /** Version of the request's stream it was planned on. */
  readonly at_version: number;
}

export type ErasureCommand =
  | (OnErasure & {
      readonly type: "ExecuteDeletion";
      readonly cause: "command" | "deadline" | "failure";
      readonly reason: Sealed | null;
      readonly subject_refs: SubjectRefs;
      /** Null: what was withheld before, or nothing. */
      readonly withhold: readonly Withheld[] | null;
    })
  | (Planned & { readonly type: "NoteErasureStep"; readonly steps: readonly ErasureStep[] })
  | (Planned & { readonly type: "CompleteErasure"; readonly facts: ErasureFacts })
  | (OnErasure & {
      readonly type: "FailErasure";
      /** A sentence of Lethe's own. */
      readonly failure: string;
    })
  /** From the alarm, never from a person. */
  | (OnErasure & { readonly type: "NoteWithholdingEnd" });

/** Execution begins by itself so long before the deadline. */
export const AUTO_EXECUTE_BEFORE_MS = 24 * 60 * 60_000;

/**
 * But never sooner than so long after the request was recorded: a date of receipt that was mistyped
 * may make it due at once, and what was erased cannot be brought back.
 */
export const AUTO_EXECUTE_GRACE_MS = 60 * 60_000;

/**
 * At level strict, where whoever recorded a request does not carry it out: a receipt long ago must
 * not let one person have somebody erased before anybody else could see it.
 */
export const AUTO_EXECUTE_GRACE_STRICT_MS = 3 * 24 * 60 * 60_000;

/**
 * When a request begins to be carried out by itself at the latest (RFC 3339, UTC). `recorded_at`:
 * of the request itself, not its receipt.
 */
export const executionDue = (
  deadline: string,
  recorded_at: string,
  level: ComplianceLevel = "standard",
): string => {
  const latest = Date.parse(deadline) - AUTO_EXECUTE_BEFORE_MS;
  const grace = level === "strict" ? AUTO_EXECUTE_GRACE_STRICT_MS : AUTO_EXECUTE_GRACE_MS;
  return new Date(Math.max(latest, Date.parse(recorded_at) + grace)).toISOString();
};

/** Whether it may begin, or be tried again, without anybody saying so. */
export const beginsByItself = (state: DeletionState): state is Deletion =>
  (state.status === "pending" || state.status === "failed") && state.identity !== "questioned";

const COMMANDS: readonly string[] = [
  "ExecuteDeletion",
  "NoteErasureStep",
  "CompleteErasure",
  "FailErasure",
  "NoteWithholdingEnd",
] satisfies readonly ErasureCommand["type"][];

export const isErasureCommand = <Other extends { readonly type: string }>(
  command: ErasureCommand | Other,
): command is ErasureCommand => COMMANDS.includes(command.type);

type Decision = Result<readonly DeletionEvent[], Rejection>;

/**
 * Rejects with `not_found` an unknown request, with `wrong_state` one that cannot be carried out as
 * it stands, with `invalid` a dataset that would be withheld until a time that has passed.
 */
export const decideErasure = (command: ErasureCommand, state: DeletionState): Decision => {
  if (state.status === "absent") {
    return reject(
      "not_found",
      "deletion-not-found",
      `There is no deletion request ${command.deletion_id} in this lake.`,
    );
  }
  switch (command.type) {
    case "ExecuteDeletion":
      return execute(command, state);
    case "NoteErasureStep":
      return progress(command.steps, command.at_version, state);
    case "CompleteErasure":
      return complete(command, state);
    case "FailErasure": {
      const erasure = runningErasure(state);
      return ok(erasure === null ? [] : [failed(command.failure, erasure)]);
    }
    case "NoteWithholdingEnd":
      return ok(endWithholding(state, command.now));
    default:
      return assertNever(command);
  }
};

const execute = (
  command: Extract<ErasureCommand, { type: "ExecuteDeletion" }>,
  state: Deletion,
): Decision => {
  const { cause, reason, subject_refs, withhold, now } = command;
  if (state.status === "in_progress" || state.status === "completed") {
    // Nobody is to believe that something is kept which is going, or gone.
    if (withhold !== null && told(withhold) !== told(state.withheld)) {
      return wrong(state, `is ${state.status} already: what it withholds is settled`);
    }
    if (state.failure === null) return ok([]);
  }
  if (state.status === "held" || state.status === "rejected") {
    return wrong(state, `is ${state.status}: nothing is erased`);
  }
  if (state.identity === "questioned") {
    return wrong(
      state,
      "is in doubt: confirm who asks first (POST /deletions/{id}/identity), because what was " +
        "erased cannot be brought back",
    );
  }
  const late = (withhold ?? []).findIndex(({ until }) => until <= now);
  if (late >= 0) {
    return reject("invalid", "withheld-in-the-past", "What is withheld is so until a later time.", [
      { path: `withhold[${late}].until`, message: "must lie ahead" },
    ]);
  }
  return ok([
    {
      type: "GDPRDeletionStarted",
      data: {
        cause,
        reason,
        subject_refs,
        withheld: withhold ?? state.withheld,
        resumed: state.erasure !== null,
        remainder: state.status === "completed",
        deadline: null,
      },
    },
  ]);
};

/** What is said of datasets that are kept back, in whatever order it is. */
const told = (withheld: readonly Withheld[]): string =>
  JSON.stringify(withheld.map(({ dataset, ground, until }) => [dataset, ground, until]).sort());

/** The hold is over: what had begun goes on from where it stopped. */
export const resumed = ({ erasure, withheld }: Deletion): readonly DeletionEvent[] => {
  if (erasure === null) return [];
  const { subject_refs } = erasure;
  const about = { cause: "command", reason: null, subject_refs, withheld } as const;
  const again = { ...about, resumed: true, remainder: false, deadline: null };
  return [{ type: "GDPRDeletionStarted", data: again }];
};

/** Why an erasure that has begun cannot be stopped any more, or null. */
export const beyondStopping = ({ erasure }: Deletion): string | null =>
  erasure?.phase === "closing" ? "is carried out: nothing of the subject is left" : null;

/**
 * The steps that are recorded, and the failure when they show that there is no end to it. Rejects with
 * `wrong_state` what was planned before the request changed: it is planned anew.
 */
export const progress = (
  steps: readonly ErasureStep[],
  at_version: number,
  state: DeletionState,
): Decision => {
  const erasure = runningErasure(state);
  if (erasure === null || state.status === "absent" || state.version !== at_version) {
    return changedMeanwhile();
  }
  let after = erasure;
  const progressed: DeletionEvent[] = [];
  for (const step of steps) {
    progressed.push({ type: "GDPRDeletionProgressed", data: { round: after.round, step } });
    // When it will be on record makes no difference to what is asked here.
    after = evolveErasure(after, step, after.begun_at);
  }
  if (after.round <= MAX_ROUNDS && after.verification.rows_found === 0) return ok(progressed);
  const why =
    after.verification.rows_found > 0
      ? "Rows of the subject were found in objects that had been rewritten without them."
      : `Data of the subject kept arriving while it was erased, ${MAX_ROUNDS} times over.`;
  return ok([...progressed, failed(why, erasure)]);
};

const failed = (failure: string, { only }: Erasure): DeletionEvent => ({
  type: "GDPRDeletionFailed",
  data: { failure, remainder: only !== null },
});

const changedMeanwhile = () =>
  reject(
    "wrong_state",
    "changed-meanwhile",
    "The request changed while a step of it was carried out: the step is done again.",
  );

const complete = (
  { facts, at_version }: Extract<ErasureCommand, { type: "CompleteErasure" }>,
  state: Deletion,
): Decision => {
  const erasure = runningErasure(state);
  if (erasure?.phase !== "closing" || state.version !== at_version) return changedMeanwhile();
  return ok([...toNotify(facts), closingOf(erasure, facts)]);
};

/** The event that closes an erasure. */
export const closingOf = ({ only }: Erasure, facts: ErasureFacts): DeletionEvent =>
  only === null
    ? { type: "GDPRDeletionCompleted", data: facts }
    : { type: "GDPRDeletionRemainderErased", data: { ...facts, datasets: only } };

const toNotify = ({ recipients, recipients_omitted: omitted }: ErasureFacts): DeletionEvent[] =>
  recipients.length === 0 ? [] : [{ type: "RecipientsNamed", data: { recipients, omitted } }];

/** Datasets whose ground has ended, once what was begun before is done. */
const endWithholding = (state: Deletion, now: string): readonly DeletionEvent[] => {
  if (state.status !== "completed" || runningErasure(state) !== null) return [];
  const datasets = endedAt(state.withheld, now);
  return datasets.length === 0 ? [] : [{ type: "GDPRWithholdingEnded", data: { datasets } }];
};

const endedAt = (withheld: readonly Withheld[], now: string): readonly DatasetName[] =>
  withheld.filter(({ until }) => until <= now).map(({ dataset }) => dataset);

/** When the next ground for withholding ends (RFC 3339, UTC), or null. */
export const nextWithholdingEnd = ({ withheld }: Pick<Deletion, "withheld">): string | null =>
  withheld.map(({ until }) => until).sort()[0] ?? null;

const wrong = ({ deletion_id }: Deletion, why: string) =>
  reject("wrong_state", "deletion-wrong-state", `Deletion request ${deletion_id} ${why}.`);

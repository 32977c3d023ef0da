/**
 * The duties of erasure: requests that nobody has carried out begin by themselves a day before their
 * deadline, an erasure goes on step by step until nothing is left and is tried again a day after it
 * has failed, and what was withheld is erased when the ground for keeping it ends. Before an erasure
 * is recorded as complete, everything that was replaced is deleted and what others had begun on the
 * same batches is cleared away.
 */

import type { DomainEvent, Result } from "../domain/decider.ts";
import {
  beginsByItself,
  closingOf,
  executionDue,
  nextWithholdingEnd,
} from "../domain/deletion/decideErasure.ts";
import { runningErasure } from "../domain/deletion/deletion.ts";
import type { Erasure } from "../domain/deletion/erasure.ts";
import { nextOfAll } from "../domain/deletion/missed.ts";
import type { DeletionId } from "../domain/ids.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Answer } from "./answers.ts";
import { reader } from "./commands.ts";
import type { ObjectStore } from "./dataPorts.ts";
import { heldAccesses } from "./endedAccesses.ts";
import { erasureFacts } from "./erasureFacts.ts";
import { doomedKeys, owedDeletions } from "./erasureLeftovers.ts";
import { recipientsOf } from "./erasureRecipients.ts";
import type { Call, LakeRequest } from "./lakeGateway.ts";
import type { LakeService } from "./lakeService.ts";
import { say } from "./logging.ts";
import { type Origin, originOf } from "./origins.ts";
import type { EventLog, PendingDuty } from "./ports.ts";
import { beginStep, type DutyDeps, isLastTry, MAX_ATTEMPTS } from "./runDuties.ts";
import { systemCall } from "./systemCall.ts";
import type { EraseStep } from "./work/eraseWork.ts";

/** How soon an erasure that waits for something looks again. */
const ERASE_POLL_MS = 1_000;

export interface ErasureDutyDeps {
  readonly log: EventLog;
  readonly service: LakeService;
  readonly lake_id: string;
  readonly store: ObjectStore;
  readonly now: () => Date;
  eraseStep(deletion_id: DeletionId, origin: Origin): Promise<EraseStep>;
  /** Puts the erasure on record outside and destroys the subject's keys. Safe to do again. */
  release(deletion_id: DeletionId, closing: DomainEvent): Promise<void>;
  /** A command that may need half a key from outside. */
  command(call: Call, request: LakeRequest): Promise<Result<Answer, Rejection>>;
}

type ErasureKind = "execution_due" | "erase_step" | "withholding_end";

export const erasureDuties = (deps: ErasureDutyDeps): Pick<DutyDeps["handlers"], ErasureKind> => {
  const { log, service, lake_id, now } = deps;
  const at = () => now().toISOString();

  return {
    execution_due: async (duty) => {
      const deletion_id = duty.ref as DeletionId;
      const deletion = reader(log).deletion(deletion_id);
      // What is on hold or in doubt is looked at again once it is not any more.
      if (!beginsByItself(deletion)) {
        log.schedule.remove(duty);
        return;
      }
      const lake = reader(log).lake();
      const level = lake.status === "absent" ? "standard" : lake.compliance_level;
      const due_at = executionDue(deletion.deadline, deletion.requested_at, level);
      const again = deletion.status === "failed";
      if (!again && at() < due_at) {
        log.schedule.put({ ...duty, due_at });
        return;
      }
      const call = { ...systemCall(lake_id), ...originOf(duty) };
      const cause = again ? "failure" : "deadline";
      const about = { deletion_id, cause, reason: null, withhold: null } as const;
      const begun = await deps.command(call, { type: "ExecuteDeletion", ...about });
      if (!begun.ok) throw new Error(begun.error.detail);
    },

    erase_step: async (duty) => {
      const deletion_id = duty.ref as DeletionId;
      try {
        beginStep(log.schedule, duty, now());
        const next = await deps.eraseStep(deletion_id, originOf(duty));
        const later = next === "release" ? await close(deps, duty) : next;
        const erasure = runningErasure(reader(log).deletion(deletion_id));
        // It was stopped, or it has come to its end; begun again meanwhile, it goes on.
        if (later === "done" && erasure === null) log.schedule.remove(duty);
        // One object or page a step: between two of them other duties have their turn.
        else if (log.schedule.find(duty)) {
          log.schedule.put({ ...duty, due_at: later === "wait" ? poll(erasure, now()) : at() });
        }
      } catch (error) {
        if (!isLastTry(log.schedule, duty)) throw error;
        // The last try: it has failed, in sight of everybody. The error's words stay out of the log.
        say("error", "an erasure is given up", { deletion_id, error });
        fail(deps, duty, `A step of it failed ${MAX_ATTEMPTS} times; execute it again to go on.`);
      }
    },

    withholding_end: async (duty) => {
      const deletion_id = duty.ref as DeletionId;
      const deletion = reader(log).deletion(deletion_id);
      const due_at = deletion.status === "absent" ? null : nextWithholdingEnd(deletion);
      if (due_at === null) {
        log.schedule.remove(duty);
        return;
      }
      if (at() < due_at) {
        log.schedule.put({ ...duty, due_at });
        return;
      }
      const about = { deletion_id, now: at() };
      const ended = service.fulfil(lake_id, { type: "NoteWithholdingEnd", ...about }, duty);
      if (!ended.ok) throw new Error(ended.error.detail);
    },
  };
};

/** When something that is waited for is looked at again: what could not be had not before its time. */
const poll = (erasure: Erasure | null, now: Date): string => {
  const soon = new Date(now.getTime() + ERASE_POLL_MS).toISOString();
  const { hits = [], missed = [], phase } = erasure ?? {};
  const again = phase === "opening" && hits.length === 0 ? nextOfAll(missed) : null;
  return again !== null && again > soon ? again : soon;
};

const fail = ({ service, lake_id, now }: ErasureDutyDeps, duty: PendingDuty, failure: string) => {
  const about = { deletion_id: duty.ref as DeletionId, now: now().toISOString(), failure };
  const failed = service.fulfil(lake_id, { type: "FailErasure", ...about }, duty);
  if (!failed.ok) throw new Error(failed.error.detail);
};

/** Everything is erased: what is left over goes, then the keys, then it is on record. */
const close = async (deps: ErasureDutyDeps, duty: PendingDuty): Promise<EraseStep> => {
  const { log, service, lake_id, store, now } = deps;
  const deletion_id = duty.ref as DeletionId;
  const deletion = reader(log).deletion(deletion_id);
  const erasure = runningErasure(deletion);
  if (deletion.status === "absent" || erasure === null) return "done";
  if (eraseAnswers(deps, erasure, duty)) return "more";
  const { failing, pending } = owedDeletions(log, now().toISOString());
  if (failing.length > 0) {
    const in_vain = failing.some((owed) => redrivenFor(owed).includes(deletion_id));
    redrive(log, failing, now().toISOString(), deletion_id, in_vain);
    if (!in_vain) return "wait";
    fail(deps, duty, "Objects that were replaced could not be deleted; that is tried again.");
    return "done";
  }
  if (pending) return "wait";
  await store.clear(doomedKeys(log, erasure));
  const recipients = await recipientsOf(log, erasure.erased_from, deletion_id);
  const at = now().toISOString();
  const facts = erasureFacts(log, deletion, erasure, at, recipients);
  await deps.release(deletion_id, closingOf(erasure, facts));
  const about = { deletion_id, now: at, at_version: deletion.version, facts };
  const completed = service.fulfil(lake_id, { type: "CompleteErasure", ...about }, duty);
  // It was extended or noted meanwhile: nothing that is done is undone, and it is closed anew.
  if (!completed.ok && completed.error.code === "changed-meanwhile") return "more";
  if (!completed.ok) throw new Error(completed.error.detail);
  return "done";
};

/** The erasures that wait for an object to be deleted although that had failed too often. */
const redrivenFor = ({ payload: { redriven_for } }: PendingDuty): readonly string[] =>
  [redriven_for].flat().filter((id) => typeof id === "string");

/**
 * What has used up its tries is begun once more, with all of them, as long as a person is to be
 * forgotten. The erasure waits for that, and fails where it was in vain; so does each of several.
 */
const redrive = (
  { schedule }: EventLog,
  failing: readonly PendingDuty[],
  due_at: string,
  deletion_id: DeletionId,
  in_vain: boolean,
): void => {
  for (const duty of failing) {
    const others = redrivenFor(duty).filter((id) => id !== deletion_id);
    const redriven_for = in_vain ? others : [...others, deletion_id];
    schedule.put({ ...duty, due_at, payload: { ...duty.payload, redriven_for } });
  }
};

/** What was collected for the person to have goes with the rest; whether there was any. */
const eraseAnswers = (
  { log, service, lake_id }: ErasureDutyDeps,
  { subject_refs }: Erasure,
  duty: PendingDuty,
): boolean => {
  const call = { ...systemCall(lake_id), ...originOf(duty) };
  const deletion_id = duty.ref as DeletionId;
  const kept = heldAccesses(log, subject_refs);
  for (const subject_access_id of kept) {
    const about = { subject_access_id, deletion_id };
    const erased = service.command(call, { type: "EraseSubjectAccess", ...about });
    if (!erased.ok) throw new Error(erased.error.detail);
  }
  return kept.length > 0;
};

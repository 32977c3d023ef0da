/**
 * The duties that the events of a request to be forgotten bring, move and end: its deadline and the
 * reminders before it, the day it begins to be carried out by itself, the steps of that.
 */
import { executionDue, nextWithholdingEnd } from "../domain/deletion/decideErasure.ts";
import type { ErasureFacts } from "../domain/deletion/facts.ts";
import { nextReminder } from "../domain/deletion/reminders.ts";
import type { Duty, DutyKind, DutyRef, StoredEvent } from "./ports.ts";
import { later } from "./timers.ts";

export interface ScheduleChange {
  readonly put: readonly Duty[];
  readonly remove: readonly DutyRef[];
}

/** What could not be erased is tried again after so long, whether somebody asks for it or not. */
export const RETRY_ERASURE_MS = 24 * 60 * 60_000;

/** What is owed of a request until it is answered. */
const OF_OPEN_ONES = [
  "deletion_due",
  "deletion_reminder",
  "hold_end",
  "execution_due",
  "erase_step",
] as const satisfies readonly DutyKind[];

const dutiesOf = (ref: string, ...kinds: readonly DutyKind[]): readonly DutyRef[] =>
  kinds.map((kind) => ({ kind, ref }));

/** One reminder is owed at a time: the next, or none. */
const reminderOf = (
  ref: string,
  due_at: string | null,
  payload: Duty["payload"],
): ScheduleChange =>
  due_at === null
    ? { put: [], remove: dutiesOf(ref, "deletion_reminder") }
    : { put: [{ kind: "deletion_reminder", ref, due_at, payload }], remove: [] };

/** The schedule changes that one event of a request brings. `at`: when it came about. */
export const deletionConsequences = (event: StoredEvent, at: string): ScheduleChange => {
  const { data } = event;
  const ref = event.stream.slice(event.stream.indexOf("/") + 1);
  const payload = { correlation_id: event.correlation_id, causation_id: event.event_id };
  const duty = (kind: DutyKind, due_at: string): Duty => ({ kind, ref, due_at, payload });
  switch (event.type) {
    case "GDPRDeletionRequested":
    case "GDPRDeletionExtended": {
      const due_at = String(data.deadline);
      const reminder = reminderOf(ref, nextReminder(due_at, at, null), payload);
      const due: Duty = { kind: "deletion_due", ref, due_at, payload };
      const begin = duty("execution_due", executionDue(due_at, at));
      return { put: [due, begin, ...reminder.put], remove: reminder.remove };
    }
    case "GDPRDeletionDeadlineApproaching": {
      const { deadline, days_left } = data;
      const next = nextReminder(String(deadline), at, Number(days_left));
      return reminderOf(ref, next, payload);
    }
    case "GDPRDeletionOverdue":
      return { put: [], remove: dutiesOf(ref, "deletion_due", "deletion_reminder") };
    case "GDPRDeletionRejected":
      return { put: [], remove: dutiesOf(ref, ...OF_OPEN_ONES) };
    case "GDPRDeletionHeld": {
      const stopped = dutiesOf(ref, "erase_step");
      if (typeof data.until !== "string") {
        return { put: [], remove: [...stopped, ...dutiesOf(ref, "hold_end")] };
      }
      return { put: [{ kind: "hold_end", ref, due_at: data.until, payload }], remove: stopped };
    }
    case "GDPRDeletionHoldReleased":
    case "GDPRDeletionHoldExpired":
      return { put: [duty("execution_due", at)], remove: dutiesOf(ref, "hold_end") };
    // What nobody may begin meanwhile is looked at again; the duty finds out when it is due.
    case "GDPRDeletionIdentityVerified":
      return { put: [duty("execution_due", at)], remove: [] };
    case "GDPRDeletionStarted": {
      const step = duty("erase_step", at);
      const remove = dutiesOf(ref, "execution_due", "hold_end");
      if (typeof data.deadline !== "string") return { put: [step], remove };
      // It had been closed, and nothing was owed of it any more.
      const reminder = reminderOf(ref, nextReminder(data.deadline, at, null), payload);
      const put = [step, duty("deletion_due", data.deadline), ...reminder.put];
      return { put, remove: [...remove, ...reminder.remove] };
    }
    case "GDPRWithholdingEnded":
      return {
        put: [duty("erase_step", at)],
        remove: dutiesOf(ref, "withholding_end"),
      };
    case "GDPRDeletionFailed": {
      const kind = data.remainder === true ? "withholding_end" : "execution_due";
      const again = duty(kind, later(at, RETRY_ERASURE_MS));
      return { put: [again], remove: dutiesOf(ref, "erase_step") };
    }
    case "GDPRDeletionCompleted":
    case "GDPRDeletionReapplied":
    case "GDPRDeletionRemainderErased": {
      const next = nextWithholdingEnd(data as unknown as Pick<ErasureFacts, "withheld">);
      return {
        put: next === null ? [] : [duty("withholding_end", next)],
        remove: dutiesOf(ref, ...OF_OPEN_ONES),
      };
    }
    default:
      return { put: [], remove: [] };
  }
};

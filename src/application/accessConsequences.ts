/** What the events of a request for access set in motion: see consequences.ts. */
import { nextReminder } from "../domain/deletion/reminders.ts";
import type { ScheduleChange } from "./deletionConsequences.ts";
import type { Duty, DutyKind, DutyRef, StoredEvent } from "./ports.ts";

const UNTIL_ANSWERED: readonly DutyKind[] = ["access_step", "access_due", "access_reminder"];

/** Null for an event of another kind. `ref`: id of the request. `at`: when it came about. */
export const accessConsequences = (
  { type, data }: StoredEvent,
  ref: string,
  payload: Duty["payload"],
  at: string,
): ScheduleChange | null => {
  const owed = (kind: DutyKind, due_at: string): Duty => ({ kind, ref, due_at, payload });
  const done = (...kinds: readonly DutyKind[]): readonly DutyRef[] =>
    kinds.map((kind) => ({ kind, ref }));
  const reminder = (deadline: string, reminded: number | null): ScheduleChange => {
    const due_at = nextReminder(deadline, at, reminded);
    if (due_at === null) return { put: [], remove: done("access_reminder") };
    return { put: [owed("access_reminder", due_at)], remove: [] };
  };
  const expiring = (ends: unknown): ScheduleChange => ({
    put: [owed("access_expiry", String(ends))],
    remove: done(...UNTIL_ANSWERED),
  });
  switch (type) {
    case "SubjectAccessRequested": {
      const deadline = String(data.deadline);
      const { put, remove } = reminder(deadline, null);
      const now = [owed("access_step", at), owed("access_due", deadline)];
      return { put: [...now, ...put], remove };
    }
    case "SubjectAccessSearched":
    case "SubjectAccessCollected":
      return { put: [owed("access_step", at)], remove: [] };
    // It is owed until it is handed out; in older logs it was answered with this.
    case "SubjectAccessCompleted":
      if (data.expires_at === null) return { put: [], remove: done("access_step") };
      return expiring(data.expires_at);
    case "SubjectAccessAnswered":
      return expiring(data.expires_at);
    case "SubjectAccessDeadlineApproaching":
      return reminder(String(data.deadline), Number(data.days_left));
    case "SubjectAccessOverdue":
      return { put: [], remove: done("access_due", "access_reminder") };
    case "SubjectAccessExtended": {
      const deadline = String(data.deadline);
      const { put, remove } = reminder(deadline, null);
      return { put: [owed("access_due", deadline), ...put], remove };
    }
    case "SubjectAccessExpired":
    case "SubjectAccessErased":
    case "SubjectAccessRejected":
      return { put: [], remove: done(...UNTIL_ANSWERED, "access_expiry") };
    default:
      return null;
  }
};

const ENDED = ["SubjectAccessExpired", "SubjectAccessErased", "SubjectAccessRejected"];

/** Requests whose file is gone for good with these events, and its key with it. */
export const endedAccesses = (events: readonly StoredEvent[]): readonly string[] =>
  events
    .filter(({ type }) => ENDED.includes(type))
    .map(({ stream }) => stream.slice("subject-access/".length));

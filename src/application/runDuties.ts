/**
 * What the alarm does: the duties that are due, earliest first, each on its own. A failing one is
 * counted, put off with a growing delay and, after its last try, parked: kept and shown, never
 * dropped. A legal deadline has no last try.
 */
import type { DutyKind, PendingDuty, Schedule } from "./ports.ts";

export const DUTIES_PER_ALARM = 100;
export const MAX_ATTEMPTS = 10;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60 * 60_000;

/** Tried for ever: what the law sets a term for, and the evidence that must not silently end. */
const NEVER_PARKED: ReadonlySet<DutyKind> = new Set([
  "deletion_due",
  "deletion_reminder",
  "hold_end",
  "write_checkpoint",
]);

export interface DutyDeps {
  readonly schedule: Schedule;
  readonly handlers: { readonly [Kind in DutyKind]: (duty: PendingDuty) => Promise<void> };
  now(): Date;
}

/** Resolves to the number of duties done. A handler removes its duty in its own transaction. */
export const runDuties = async ({ schedule, handlers, now }: DutyDeps): Promise<number> => {
  let done = 0;
  for (const listed of schedule.due(now().toISOString(), DUTIES_PER_ALARM)) {
    // Those before it took their time: one that was done or moved meanwhile is not due any more.
    const duty = schedule.find(listed);
    if (duty === null || duty.parked || duty.due_at !== listed.due_at) continue;
    try {
      await handlers[duty.kind](duty);
      done += 1;
    } catch (error) {
      // A duty that came further before it failed starts to count anew.
      const attempts = schedule.find(duty)?.attempts ?? duty.attempts;
      const last = attempts + 1 >= MAX_ATTEMPTS && !NEVER_PARKED.has(duty.kind);
      const delay = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts, 20), LAST_RETRY_MS);
      const retry_at = last ? null : new Date(now().getTime() + delay).toISOString();
      schedule.failed(duty, String(error), retry_at);
      console.error(`duty ${duty.kind} failed (attempt ${attempts + 1}): ${error}`);
    }
  }
  return done;
};

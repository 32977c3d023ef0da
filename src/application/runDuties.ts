/**
 * What the alarm does: the duties that are due, earliest first, each on its own. Steps of long work
 * run beside each other, and between them everything else that has come due has its turn: a
 * deadline never waits for a large file. A failing duty is counted, put off with a growing delay
 * and, after its last try, parked: kept and shown, never dropped. A legal deadline has no last try.
 */
import { DUTY_KINDS, type DutyKind, type PendingDuty, type Schedule } from "./ports.ts";

export const DUTIES_PER_ALARM = 100;
export const MAX_ATTEMPTS = 10;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60 * 60_000;

/**
 * Steps of long work that one lake has under way at the same time. More of them would not go faster
 * where they share a thread, and the lake's commands would wait for each in turn.
 */
export const STEPS_AT_ONCE = 2;

/** While steps run, the schedule is looked at this often. */
const LOOK_EVERY_MS = 500;

/** No step begins later than this in an alarm: the platform ends one after 15 minutes. */
const ALARM_BUDGET_MS = 5 * 60_000;

/** Tried for ever: what the law sets a term for, and what must not silently end. */
const NEVER_PARKED: ReadonlySet<DutyKind> = new Set([
  "deletion_due",
  "deletion_reminder",
  "hold_end",
  "execution_due",
  "withholding_end",
  "write_checkpoint",
  "reapply_erasures",
  "retention_due",
  "retention_change",
  "freshness_due",
  "access_step",
  "access_due",
  "access_reminder",
  "access_expiry",
]);

/** Those that take their time, elsewhere. */
const STEPS: readonly DutyKind[] = ["replay_step", "work_step", "erase_step", "access_step"];
const OTHERS = DUTY_KINDS.filter((kind) => !STEPS.includes(kind));

export interface DutyDeps {
  readonly schedule: Schedule;
  readonly handlers: { readonly [Kind in DutyKind]: (duty: PendingDuty) => Promise<void> };
  now(): Date;
  wait(milliseconds: number): Promise<void>;
}

/** Resolves to the number of duties done. A handler removes its duty in its own transaction. */
export const runDuties = async (deps: DutyDeps): Promise<number> => {
  const { schedule, now, wait } = deps;
  const running = new Map<string, Promise<void>>();
  const last_start = now().getTime() + ALARM_BUDGET_MS;
  let done = 0;

  const startStep = (duty: PendingDuty, key: string): void => {
    const step = run(deps, duty).then((succeeded) => {
      running.delete(key);
      if (succeeded) done += 1;
    });
    running.set(key, step);
  };

  for (;;) {
    for (const listed of schedule.due(now().toISOString(), DUTIES_PER_ALARM, OTHERS)) {
      // Those before it took their time: one that was done or moved meanwhile is not due any more.
      const duty = schedule.find(listed);
      if (duty === null || duty.parked || duty.due_at !== listed.due_at) continue;
      if (await run(deps, duty)) done += 1;
    }
    const due =
      now().getTime() > last_start
        ? []
        : schedule.due(now().toISOString(), 2 * STEPS_AT_ONCE, STEPS);
    for (const duty of due) {
      const key = `${duty.kind}/${duty.ref}`;
      if (running.size < STEPS_AT_ONCE && !running.has(key)) startStep(duty, key);
    }
    if (running.size === 0) return done;
    await Promise.race([...running.values(), wait(LOOK_EVERY_MS)]);
  }
};

/** Whether it succeeded; a failure is on the schedule then. */
const run = async ({ schedule, handlers, now }: DutyDeps, duty: PendingDuty): Promise<boolean> => {
  try {
    await handlers[duty.kind](duty);
    return true;
  } catch (error) {
    // A duty that came further before it failed starts to count anew.
    const attempts = schedule.find(duty)?.attempts ?? duty.attempts;
    const last = attempts + 1 >= MAX_ATTEMPTS && !NEVER_PARKED.has(duty.kind);
    const delay = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts, 20), LAST_RETRY_MS);
    const retry_at = last ? null : new Date(now().getTime() + delay).toISOString();
    schedule.failed(duty, String(error), retry_at);
    console.error(`duty ${duty.kind} failed (attempt ${attempts + 1}): ${error}`);
    return false;
  }
};

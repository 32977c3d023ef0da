/**
 * What the alarm does: the duties that are due, earliest first, each on its own. Steps of long work
 * run beside each other, and between them everything else that has come due has its turn: a
 * deadline never waits for a large file. A failing duty is counted, put off with a growing delay
 * and, after its last try, parked: kept and shown, never dropped. A legal deadline has no last try,
 * nor has a deletion.
 */
import { say } from "./logging.ts";
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

/**
 * A step that was begun this often without an end runs alone: should it take its process down with
 * it again, no other one is blamed for that.
 */
const ALONE_AFTER = 2;

/** No step begins later than this in an alarm: the platform ends one after 15 minutes. */
const ALARM_BUDGET_MS = 5 * 60_000;

/**
 * Tried for ever: what the law sets a term for, deletions that follow from it, and what must not
 * silently end.
 */
const NEVER_PARKED: ReadonlySet<DutyKind> = new Set([
  "deletion_due",
  "deletion_reminder",
  "hold_end",
  "execution_due",
  "withholding_end",
  "write_checkpoint",
  "reapply_erasures",
  "keep_revocation",
  "rewrap_key",
  "retention_due",
  "delete_objects",
  "sweep_upload",
  "sweep_attempt",
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

/**
 * Before the heavy part of a step: it is on record that it was begun, whatever becomes of it.
 * Throws when it was tried often enough; what is tried for ever is put off first.
 */
export const beginStep = (schedule: Schedule, duty: PendingDuty, now: Date): void => {
  const { kind, attempts, begun, due_at } = duty;
  const spent = attempts + begun >= MAX_ATTEMPTS;
  if (spent && !NEVER_PARKED.has(kind)) {
    throw new Error(`begun ${begun} times, and its process ended each time before it did`);
  }
  schedule.begin(duty, spent ? retryAt(now, begun) : due_at);
};

const retryAt = (now: Date, tries: number): string => {
  const delay_ms = Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries, 20), LAST_RETRY_MS);
  return new Date(now.getTime() + delay_ms).toISOString();
};

/** Whether the failure of a step, as it stands on the schedule now, is its last. */
export const isLastTry = (schedule: Schedule, duty: PendingDuty): boolean => {
  const { attempts, begun } = schedule.find(duty) ?? duty;
  return attempts + Math.max(begun, 1) >= MAX_ATTEMPTS;
};

export interface DutyDeps {
  /** For the log of the process. */
  readonly lake_id: string;
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
  /** The step that nothing runs beside, as long as it runs. */
  let lone = "";

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
      if (running.has(key)) continue;
      const alone = duty.begun >= ALONE_AFTER;
      if (running.has(lone) || running.size >= (alone ? 1 : STEPS_AT_ONCE)) break;
      if (alone) lone = key;
      startStep(duty, key);
    }
    if (running.size === 0) return done;
    await Promise.race([...running.values(), wait(LOOK_EVERY_MS)]);
  }
};

/** Whether it succeeded; a failure is on the schedule then. */
const run = async (
  { lake_id, schedule, handlers, now }: DutyDeps,
  duty: PendingDuty,
): Promise<boolean> => {
  try {
    await handlers[duty.kind](duty);
    return true;
  } catch (error) {
    // A duty that came further before it failed starts to count anew.
    const attempts = schedule.find(duty)?.attempts ?? duty.attempts;
    const last = isLastTry(schedule, duty) && !NEVER_PARKED.has(duty.kind);
    schedule.failed(duty, String(error), last ? null : retryAt(now(), attempts));
    say("error", "a duty failed", { lake_id, duty: duty.kind, attempt: attempts + 1, error });
    return false;
  }
};

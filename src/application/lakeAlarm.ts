/**
 * The one physical alarm of a lake: set for the earliest thing due, and found out when it is not. The
 * platform gives an alarm up whose handler fails six times, and a database that was restored has the
 * alarm of then or none. A lake that nobody asks would sleep over its deadlines; so whoever wakes it
 * has it compared what it owes with the alarm there is.
 */
import type { LogFields } from "./logging.ts";

/** Times in ms since the epoch. While the alarm rings there is none, until one is set anew. */
export interface PhysicalAlarm {
  getAlarm(): Promise<number | null>;
  setAlarm(at_ms: number): Promise<void>;
  deleteAlarm(): Promise<void>;
}

/**
 * `set`: it rings in time. `not_needed`: nothing is owed. `ringing`: what is due is being done.
 * `lost`: there was none, or one that rings too late. `late`: it should have rung and has not.
 */
export type AlarmState = "set" | "not_needed" | "ringing" | "lost" | "late";

export interface AlarmCheck {
  readonly state: AlarmState;
  /** The earliest thing due, RFC 3339; null when nothing is. */
  readonly due_at: string | null;
  /** What the alarm was found set for, RFC 3339. */
  readonly armed_for: string | null;
  /** Whether it was set anew: always, when it was lost or late. */
  readonly repaired: boolean;
}

/** What the log says of it. */
export const alarmFields = ({ state, due_at, armed_for }: AlarmCheck): LogFields => ({
  alarm: state,
  ...(due_at === null ? {} : { due_at }),
  ...(armed_for === null ? {} : { armed_for }),
});

/** A lake whose keys do not open arms itself for a minute ahead, whatever is due. */
export const ALARM_SLACK_MS = 60_000;
/** The platform rings within moments; what it retries it retries within minutes. */
export const LATE_AFTER_MS = 10 * 60_000;

/** What an alarm (null: none) is worth when the earliest thing is due at `due_ms`. */
export const alarmState = (
  alarm_ms: number | null,
  due_ms: number | null,
  now_ms: number,
): AlarmState => {
  if (due_ms === null) return "not_needed";
  if (alarm_ms === null || alarm_ms > Math.max(due_ms, now_ms) + ALARM_SLACK_MS) return "lost";
  return alarm_ms < now_ms - LATE_AFTER_MS ? "late" : "set";
};

export interface LakeAlarm {
  /**
   * When the lake comes into memory, before anything else is set. None that is set then was lost,
   * unless it is the one that has just rung and woken the lake: what happens next tells.
   */
  begin(due_ms: number | null): Promise<void>;
  /** Somebody has asked the lake for something: then it was not the alarm that woke it. */
  asked(): void;
  /** Sets it for what is due, but for `wait_ms` from now at the earliest. Set at once, kept later. */
  arm(due_ms: number | null, wait_ms?: number): Promise<void>;
  /** What it was set for is done: it is put off to what is due then, or taken away. */
  rest(due_ms: number | null): Promise<void>;
  /** What the platform calls, and what for; whatever is set meanwhile is set anew. */
  ring(handler: () => Promise<void>, scheduled_ms: number | undefined): Promise<void>;
  /** Compares, repairs, and tells of what was found at the beginning if nobody was told of it. */
  check(due_ms: number | null): Promise<AlarmCheck>;
  /** Nothing is known of what is set. */
  forget(): void;
}

export interface LakeAlarmDeps {
  readonly physical: PhysicalAlarm;
  readonly now: () => number;
  /** A lost alarm, or a late one, as it is found. */
  readonly found: (check: AlarmCheck) => void;
}

const timeOf = (at_ms: number | null): string | null =>
  at_ms === null ? null : new Date(at_ms).toISOString();

export const lakeAlarm = ({ physical, now, found }: LakeAlarmDeps): LakeAlarm => {
  /** What is set is never later than what is due. */
  let armed: number | null = null;
  let ringing = 0;
  let suspected: { readonly check: AlarmCheck; readonly at_ms: number } | null = null;
  let untold: AlarmCheck | null = null;

  const arm = async (due_ms: number | null, wait_ms = 0): Promise<void> => {
    if (due_ms === null) return;
    const earliest = Math.max(due_ms, now() + wait_ms);
    // One that rings early finds nothing to do and is set anew: only later ones matter.
    if (armed !== null && armed <= earliest) return;
    armed = earliest;
    await physical.setAlarm(Math.max(earliest, now()));
  };

  const compared = async (due_ms: number | null): Promise<AlarmCheck> => {
    const alarm_ms = await physical.getAlarm();
    const due_at = timeOf(due_ms);
    const state = ringing > 0 ? "ringing" : alarmState(alarm_ms, due_ms, now());
    return { state, due_at, armed_for: timeOf(alarm_ms), repaired: false };
  };

  const repaired = async (check: AlarmCheck, due_ms: number | null): Promise<AlarmCheck> => {
    const done = { ...check, repaired: true };
    found(done);
    armed = null;
    await arm(due_ms);
    return done;
  };

  const asked = (): void => {
    if (suspected === null) return;
    untold = { ...suspected.check, repaired: true };
    suspected = null;
    found(untold);
  };

  return {
    arm,
    asked,

    async rest(due_ms) {
      if (armed === null || ringing > 0) return;
      if (due_ms === null) {
        armed = null;
        await physical.deleteAlarm();
      } else if (due_ms > armed) {
        armed = due_ms;
        await physical.setAlarm(due_ms);
      }
    },

    async begin(due_ms) {
      const check = await compared(due_ms);
      if (check.state === "lost") suspected = { check, at_ms: now() };
      await arm(due_ms);
    },

    async ring(handler, scheduled_ms) {
      // One that was set for earlier than the lake came into memory is what woke it.
      if (suspected !== null && (scheduled_ms ?? 0) < suspected.at_ms) suspected = null;
      asked();
      armed = null;
      ringing += 1;
      try {
        await handler();
      } finally {
        ringing -= 1;
      }
    },

    async check(due_ms) {
      asked();
      const before = untold;
      untold = null;
      if (before !== null) return before;
      const check = await compared(due_ms);
      const broken = check.state === "lost" || check.state === "late";
      return broken ? repaired(check, due_ms) : check;
    },

    forget() {
      armed = null;
    },
  };
};

/**
 * The change from one root secret to the next, in one lake: its own key is wrapped anew, and nothing
 * else changes, because every other key follows from it or is wrapped under it. Both secrets open
 * it meanwhile. A lake finds out whenever it comes into memory, and owes it as a duty; an
 * administrator who does not want to wait for a lake that sleeps asks it.
 */
import { ok, type Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Entrance } from "./entrance.ts";
import type { Call } from "./lakeGateway.ts";
import type { LakeKeys } from "./lakeKeys.ts";
import type { DutyRef, EventLog } from "./ports.ts";

/** A lake has one key of its own. */
export const REWRAP_DUTY = { kind: "rewrap_key", ref: "lake" } as const satisfies DutyRef;

/** The root secret that a lake's key was found to be wrapped under. */
export interface Wrapping {
  readonly wrapped_under: "present" | "previous";
  /** Whether it was wrapped anew now. */
  readonly rewrapped: boolean;
}

export interface KeyRotation {
  /** Whether the lake's keys do not open: it is in no state to work. */
  isLocked(lake_id: string): boolean;
  /** When the lake comes into memory: true when the duty was put that wraps its key anew. */
  atStart(lake_id: string): boolean;
  /** Wraps the key under the present root secret, on record; nothing when it is already. */
  rewrap(lake_id: string): boolean;
  /** How it is, and with `rewrap` how it is made; refused like any question. */
  answer(call: Call, rewrap: boolean): Result<Wrapping, Rejection>;
}

export interface RotationDeps {
  readonly log: Pick<EventLog, "schedule">;
  readonly keys: Pick<LakeKeys, "of" | "locked" | "rewrap">;
  readonly enter: Entrance["enter"];
  readonly now: () => string;
  /** Commits what was made of the key, with the event that says so; whether it did. */
  readonly record: (lake_id: string) => boolean;
}

export const keyRotation = ({ log, keys, enter, now, record }: RotationDeps): KeyRotation => {
  const isLocked = (lake_id: string) => keys.locked(lake_id) !== null;
  const isOutdated = (lake_id: string) => keys.of(lake_id).isOutdated();
  const rewrap = (lake_id: string) => keys.rewrap(lake_id, () => record(lake_id));
  return {
    isLocked,
    rewrap,

    atStart(lake_id) {
      if (isLocked(lake_id) || !isOutdated(lake_id)) return false;
      log.schedule.put({ ...REWRAP_DUTY, due_at: now(), payload: {} });
      return true;
    },

    answer(call, anew) {
      const entered = enter(call);
      if (!entered.ok) return entered;
      const wrapped_under = isOutdated(call.lake_id) ? "previous" : "present";
      return ok({ wrapped_under, rewrapped: anew && rewrap(call.lake_id) });
    },
  };
};

/**
 * The keys of one lake at work: opened on first use, written with the command that made them or not
 * at all, and in a turn joined with what the object store keeps of them.
 */
import type { Result } from "../domain/decider.ts";
import type { SubjectRef } from "../domain/ids.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import {
  HalfNeededError,
  type Halves,
  type Keyring,
  type KeyStore,
  LockedKeyError,
  openKeyring,
} from "./keyring.ts";
import { type PendingKeys, pendingKeys } from "./pendingKeys.ts";
import type { EventLog } from "./ports.ts";
import type { RootSecrets } from "./rootSecrets.ts";

export interface LakeKeys {
  /** What was made and destroyed, and nothing has committed yet. */
  readonly pending: PendingKeys;
  /** Throws LockedKeyError when they do not open. */
  of(lake_id: string): Keyring;
  /** Why a lake whose keys do not open does nothing at all; null when they do. */
  locked(lake_id: string): Result<never, Rejection> | null;
  /**
   * Runs `body`, which asks the lake for something, with the halves of subjects' keys that were
   * fetched. One that it lacks comes back as a value, and nothing was written.
   */
  turn<Value>(halves: Halves, body: () => Value): Value | HalfNeededError;
  /**
   * Wraps the lake's own key under the present root secret, if it is not; `record`, which commits
   * what is pending, says whether it did.
   */
  rewrap(lake_id: string, record: () => boolean): boolean;
  /** Destroys the lake's own halves of the subjects' keys, in a transaction of its own. */
  forget(lake_id: string, subjects: readonly SubjectRef[]): void;
}

export const lakeKeys = (log: EventLog, store: KeyStore, roots: RootSecrets): LakeKeys => {
  const pending = pendingKeys(store);
  let opened: Keyring | null = null;
  /** Those of the turn that runs now: turns are synchronous, so there is one at most. */
  let at_hand: Halves | null = null;

  // A key that was undone must not go on sealing in memory: the next use opens what is stored.
  log.onUndone(() => {
    pending.clear();
    opened = null;
  });

  const of = (lake_id: string): Keyring => {
    opened ??= openKeyring(roots, lake_id, pending);
    return at_hand === null ? opened : opened.withHalves(at_hand);
  };

  return {
    pending,
    of,

    locked(lake_id) {
      try {
        of(lake_id);
        return null;
      } catch (error) {
        if (!(error instanceof LockedKeyError)) throw error;
        return reject(
          "unavailable",
          "lake-locked",
          "ROOT_SECRET is not the one this lake's key was wrapped under: set the right one.",
        );
      }
    },

    turn(halves, body) {
      at_hand = halves;
      try {
        return body();
      } catch (error) {
        if (!(error instanceof HalfNeededError)) throw error;
        pending.forget();
        return error;
      } finally {
        at_hand = null;
      }
    },

    rewrap(lake_id, record) {
      const keyring = of(lake_id);
      if (!keyring.isOutdated()) return false;
      let recorded = false;
      try {
        keyring.rewrap();
        recorded = record();
        return recorded;
      } finally {
        if (!recorded) {
          pending.clear();
          opened = null;
        }
      }
    },

    forget(lake_id, subjects) {
      const keyring = of(lake_id);
      for (const subject of subjects) keyring.destroySubjectKey(subject);
      log.transaction(pending.write);
      pending.clear();
    },
  };
};

/**
 * Split custody of the subjects' keys. One half of each is in the lake's database, one in the
 * object store: neither a restore of the database to an earlier moment nor a copy of the bucket
 * brings back what was erased. A turn of the lake is synchronous and cannot fetch: it says which
 * half it lacks, and is run again with it.
 */
import type { Result } from "../domain/decider.ts";
import type { SubjectRef } from "../domain/ids.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { SmallObjects } from "./dataPorts.ts";
import { HalfNeededError, type Halves } from "./keyring.ts";
import { custodyKey } from "./objectKeys.ts";

const HALF_BYTES = 32;

/** A turn that lacks a half more often than this is not going to end. */
const MAX_ROUNDS = 20;

/** What a turn came to, or what it lacks. */
type Turn<Value> = Value | HalfNeededError;

export interface Custody {
  /**
   * Runs `turn`, again with every half that it lacks, which is made when it is to be. Rejects the
   * command with `unavailable` when the object store cannot be reached: then nothing has changed.
   */
  supply<Value>(
    lake_id: string,
    turn: (halves: Halves) => Turn<Value> | Promise<Turn<Value>>,
  ): Promise<Value | Result<never, Rejection>>;
  /**
   * Destroys both halves of the subjects' keys, the one in the object store first. What fails is
   * safe to do again.
   */
  destroy(lake_id: string, subjects: readonly SubjectRef[]): Promise<void>;
}

export interface CustodyDeps {
  readonly objects: SmallObjects;
  /** Destroys what the lake itself keeps, in a transaction of its own. */
  forget(lake_id: string, subjects: readonly SubjectRef[]): void;
  failed(error: unknown): void;
}

interface Fetched {
  readonly half: Uint8Array | null;
  readonly destructions: number;
}

export const custody = ({ objects, forget, failed }: CustodyDeps): Custody => {
  /** Those whose halves are being destroyed now, and how often that has begun or ended. */
  const going = new Map<SubjectRef, Promise<void>>();
  let destructions = 0;

  const fetched = async (lake_id: string, { subject, make }: HalfNeededError): Promise<Fetched> => {
    await going.get(subject);
    const noted = destructions;
    const key = custodyKey(lake_id, subject);
    const found = await objects.read(key);
    if (found !== null || !make) return { half: found, destructions: noted };
    const made = crypto.getRandomValues(new Uint8Array(HALF_BYTES));
    // Of two that make one at once the first counts, and the second takes it.
    const half = (await objects.create(key, made)) ? made : await objects.read(key);
    return { half, destructions: noted };
  };

  const remove = async (lake_id: string, subjects: readonly SubjectRef[]): Promise<void> => {
    destructions += 1;
    try {
      await objects.delete(subjects.map((subject) => custodyKey(lake_id, subject)));
      forget(lake_id, subjects);
    } finally {
      destructions += 1;
    }
  };

  return {
    async supply(lake_id, turn) {
      const at_hand = new Map<SubjectRef, Fetched>();
      const halves: Halves = {
        find(subject) {
          const known = at_hand.get(subject);
          // One that was fetched before a destruction may be gone: it must seal nothing any more.
          return known?.destructions === destructions ? known.half : undefined;
        },
      };
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const outcome = await turn(halves);
        if (!(outcome instanceof HalfNeededError)) return outcome;
        try {
          at_hand.set(outcome.subject, await fetched(lake_id, outcome));
        } catch (error) {
          failed(error);
          return unreachable();
        }
      }
      throw new Error("a turn lacks ever more halves of keys");
    },

    async destroy(lake_id, subjects) {
      const done = remove(lake_id, subjects);
      for (const subject of subjects)
        going.set(
          subject,
          done.catch(() => undefined),
        );
      try {
        await done;
      } finally {
        for (const subject of subjects) going.delete(subject);
      }
    },
  };
};

const unreachable = () =>
  reject(
    "unavailable",
    "custody-unavailable",
    "The object store, which keeps half of every person's key, cannot be reached: nothing was " +
      "changed. Ask again in a moment.",
  );

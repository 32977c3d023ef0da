/**
 * Turns at reading what takes much memory. Steps of several lakes may run in one isolate, whose
 * memory they share: of the readers that need much, one reads at a time, and the others wait in the
 * order in which they came. What needs little, as the files that requests wait for do, takes no turn
 * and waits for nobody.
 *
 * Whoever waits looks again and again by its own timer: a promise that another request resolves is
 * not to be relied on in this runtime. A request may also end without another word, so a turn that
 * is not used, and a place in the queue that nobody asks about, lapse. Who has a turn waits for its
 * store and its writer and for no other turn: there is no deadlock.
 */

import { NoTurnError } from "../application/dataPorts.ts";

/** A reader that has waited this long gives up: its step fails, and is tried again as any duty is. */
export const TURN_PATIENCE_MS = 4 * 60_000;

/** Between two looks whether it is one's turn. */
const LOOK_EVERY_MS = 100;

/** A turn that was not used this long is nobody's any more; nor is a place in the queue. */
export const TURN_LAPSES_MS = 2 * 60_000;
export const PLACE_LAPSES_MS = 10_000;

export interface Turn {
  /** It is still needed. */
  use(): void;
  end(): void;
}

export interface TurnDeps {
  /** Milliseconds. */
  now(): number;
  wait(milliseconds: number): Promise<void>;
}

interface Claim {
  seen_at: number;
}

/** Takes the next turn; rejects with a NoTurnError when it does not come in time. */
export type TakeTurn = () => Promise<Turn>;

export const turns = ({ now, wait }: TurnDeps): TakeTurn => {
  let present: Claim | null = null;
  /** The first has its turn next. */
  const waiting = new Set<Claim>();

  const isNext = (claim: Claim): boolean => {
    for (const other of waiting) {
      if (other !== claim && now() - other.seen_at > PLACE_LAPSES_MS) waiting.delete(other);
    }
    // Whoever lapsed and asks again is the last one.
    waiting.add(claim);
    if (present !== null && now() - present.seen_at > TURN_LAPSES_MS) present = null;
    const [first] = waiting;
    return present === null && first === claim;
  };

  return async () => {
    const claim: Claim = { seen_at: now() };
    const until = now() + TURN_PATIENCE_MS;
    while (!isNext(claim)) {
      if (now() >= until) {
        waiting.delete(claim);
        throw new NoTurnError();
      }
      await wait(LOOK_EVERY_MS);
      claim.seen_at = now();
    }
    waiting.delete(claim);
    present = claim;
    return {
      use() {
        claim.seen_at = now();
      },
      end() {
        if (present === claim) present = null;
      },
    };
  };
};

/** In this isolate. */
export const takeTurn: TakeTurn = turns({
  now: () => Date.now(),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
});

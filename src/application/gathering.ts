/**
 * Gathering: requests that are on their way to the same lake cross to it in one remote call. The
 * call and the commit cost more than most commands do, and what crosses together commits together
 * (groupCommit.ts); so while one call is under way, those who come gather, and the next call
 * carries them all. Nobody waits when nothing is under way and nothing was.
 *
 * A remote call belongs to the request that makes it, and the platform lets none wait for a promise
 * that another settles. So each group is led by one of its own; the others look for their answers
 * every few milliseconds. What a leader began goes on should its client hang up, and who has waited
 * `PATIENCE_MS` leads by itself: a call that takes long holds up nobody.
 */

/** The most that one call carries. */
export const MAX_GATHERED = 64;

/** How long the first of a group waits for as many as came last time, in ms. */
export const BEAT_MS = 2;

/** How long one waits to be carried by another, in ms. */
export const PATIENCE_MS = 20;

/** The longest between two looks for an answer, in ms: they become rarer. */
const MAX_PAUSE_MS = 8;

/** How long one waits for the answer to what was sent in another's name, in ms. */
export const ANSWER_WITHIN_MS = 30_000;

export type Outcome =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: unknown };

export interface GatheringDeps {
  /** Makes one remote call in the name of the request that runs now; an outcome for each text. */
  send(lake_id: string, texts: readonly string[]): Promise<readonly Outcome[]>;
  /** Keeps work going when the request that began it has ended. */
  keep(work: Promise<void>): void;
  /** Resolves after so many ms, in the request that runs now. */
  pause(ms: number): Promise<void>;
}

interface Waiter {
  readonly text: string;
  sent: boolean;
  outcome: Outcome | null;
}

interface Queue {
  /** Calls under way. */
  calls: number;
  /** How many the last of them carries. */
  last: number;
  readonly waiting: Waiter[];
}

const noAnswer = (): Outcome => ({
  ok: false,
  error: new Error("the lake gave no answer to a command that was carried to it with others"),
});

/** Returns a function that brings a text to a lake and resolves to its answer. */
export const gathering = ({ send, keep, pause }: GatheringDeps) => {
  const queues = new Map<string, Queue>();

  const queueOf = (lake_id: string): Queue => {
    const queue = queues.get(lake_id) ?? { calls: 0, last: 1, waiting: [] };
    queues.set(lake_id, queue);
    return queue;
  };

  /** In the name of the request that runs now. Never rejects. */
  const lead = async (lake_id: string, queue: Queue): Promise<void> => {
    const group = queue.waiting.splice(0, MAX_GATHERED);
    for (const waiter of group) waiter.sent = true;
    queue.calls += 1;
    queue.last = group.length;
    let outcomes: readonly Outcome[] = [];
    try {
      outcomes = await send(
        lake_id,
        group.map(({ text }) => text),
      );
    } catch (error) {
      outcomes = group.map(() => ({ ok: false, error }));
    }
    for (const [index, waiter] of group.entries()) waiter.outcome = outcomes[index] ?? noAnswer();
    queue.calls -= 1;
    if (queue.calls === 0 && queue.waiting.length === 0) queues.delete(lake_id);
  };

  return async (lake_id: string, text: string): Promise<string> => {
    const queue = queueOf(lake_id);
    const waiter: Waiter = { text, sent: false, outcome: null };
    queue.waiting.push(waiter);
    for (let waited_ms = 0, pause_ms = 1; waiter.outcome === null; pause_ms += 1) {
      const enough = queue.waiting.length >= queue.last || waited_ms >= BEAT_MS;
      const due = (queue.calls === 0 && enough) || waited_ms >= PATIENCE_MS;
      if (!waiter.sent && due) {
        const led = lead(lake_id, queue);
        keep(led);
        await led;
        continue;
      }
      if (waited_ms >= ANSWER_WITHIN_MS) waiter.outcome = noAnswer();
      const ms = Math.min(pause_ms, MAX_PAUSE_MS);
      await pause(ms);
      waited_ms += ms;
    }
    if (waiter.outcome.ok) return waiter.outcome.text;
    throw waiter.outcome.error;
  };
};

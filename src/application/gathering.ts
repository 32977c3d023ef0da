/**
 * Gathering: requests that are on their way to the same lake cross to it in one remote call. The
 * call and the commit cost more than most commands do, and what crosses together commits together
 * (groupCommit.ts); so while one call is under way, those who come gather, and the next call
 * carries them all. Nobody waits when nothing is under way and nothing was.
 *
 * A remote call belongs to the request that makes it, and the platform lets none wait for a promise
 * that another settles. So each group is led by one of its own: by the one that makes it as many as
 * there were lately, else by the first, once no more come. The others look for their answers, first
 * when those of the last call were there: each look costs as much as a part of the command. What a
 * leader began goes on should its client hang up. Who has waited too long leads by itself, and one
 * that is gone is passed over: neither a long call nor a request that ended holds up anybody.
 */

/** The most that one call carries. */
export const MAX_GATHERED = 64;

/** While fewer are here than there were lately, how long a group waits for one more, in ms. */
export const BEAT_MS = 1;

/** How often it does so, as long as more come. */
export const MAX_BEATS = 8;

/** How long one waits to be carried by another, in ms, or twice as long as is usual. */
export const PATIENCE_MS = 20;

/** What takes longer than that, in ms, is not usual. */
const MAX_USUAL_MS = 100;

/** Who has not looked for so long, in ms, is gone: nothing is done for him any more. */
export const GONE_AFTER_MS = 1_000;

/** Between two looks for an answer, in ms; what is late is seen within an eighth of its time. */
const LOOK_MS = 2;
const MAX_LOOK_MS = 250;

/** How long one waits for the answer to what was sent in another's name, in ms. */
export const ANSWER_WITHIN_MS = 30_000;

/** When more lakes than these are known, those are forgotten that nobody waits for. */
export const MAX_KNOWN_LAKES = 256;

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
  /** Since the epoch. */
  now_ms(): number;
}

interface Waiter {
  readonly text: string;
  readonly came_ms: number;
  /** When its request looked last. */
  seen_ms: number;
  /** As the first of a group: how often it has looked for others, and how many it saw. */
  looks: number;
  saw: number;
  sent: boolean;
  outcome: Outcome | null;
}

interface RemoteCall {
  readonly began_ms: number;
  readonly size: number;
}

interface Queue {
  readonly calls: Set<RemoteCall>;
  waiting: Waiter[];
  /** The most commands that were on their way at once since the last call began. */
  expected: number;
  /** From coming to having an answer, of the middle of the last call; `MAX_USUAL_MS` at most. */
  usual_ms: number;
}

const onTheirWay = ({ calls, waiting }: Queue): number => {
  let count = waiting.length;
  for (const { size } of calls) count += size;
  return count;
};

const noAnswer = (): Outcome => ({
  ok: false,
  error: new Error("the lake gave no answer to a command that was carried to it with others"),
});

/** Returns a function that brings a text to a lake and resolves to its answer. */
export const gathering = ({ send, keep, pause, now_ms }: GatheringDeps) => {
  const queues = new Map<string, Queue>();

  const queueOf = (lake_id: string): Queue => {
    const known = queues.get(lake_id);
    if (known) return known;
    if (queues.size >= MAX_KNOWN_LAKES) {
      for (const [id, queue] of queues) {
        queue.waiting = queue.waiting.filter(isHere);
        if (!isBusy(queue) && queue.waiting.length === 0) queues.delete(id);
      }
    }
    const queue = { calls: new Set<RemoteCall>(), waiting: [], expected: 1, usual_ms: LOOK_MS };
    queues.set(lake_id, queue);
    return queue;
  };

  /** Takes those who go now from the queue, the leader among them. */
  const nextGroup = (queue: Queue, leader: Waiter): readonly Waiter[] => {
    const here = queue.waiting.filter(isHere);
    if (here.indexOf(leader) >= MAX_GATHERED) {
      here.splice(here.indexOf(leader), 1);
      here.unshift(leader);
    }
    const group = here.splice(0, MAX_GATHERED);
    queue.waiting = here;
    for (const waiter of group) waiter.sent = true;
    return group;
  };

  /** In the name of the leader, whose request runs now. Never rejects. */
  const lead = async (lake_id: string, queue: Queue, leader: Waiter): Promise<void> => {
    const group = nextGroup(queue, leader);
    const call: RemoteCall = { began_ms: now_ms(), size: group.length };
    queue.calls.add(call);
    queue.expected = onTheirWay(queue);
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
    queue.calls.delete(call);
    const came_ms = group[group.length >> 1]?.came_ms ?? call.began_ms;
    queue.usual_ms = Math.min(now_ms() - came_ms, MAX_USUAL_MS);
  };

  const waitedMs = ({ came_ms }: Waiter): number => now_ms() - came_ms;

  const isHere = ({ seen_ms }: Waiter): boolean => now_ms() - seen_ms < GONE_AFTER_MS;

  /** Whether a call is under way. One that takes too long may have been cut off: it is given up. */
  const isBusy = ({ calls }: Queue): boolean => {
    for (const call of calls) {
      if (now_ms() - call.began_ms > ANSWER_WITHIN_MS) calls.delete(call);
    }
    return calls.size > 0;
  };

  /** Whether all who wait go now, led by this one. Counts as a look when it is the first of them. */
  const isDue = (queue: Queue, waiter: Waiter): boolean => {
    const patience_ms = Math.max(PATIENCE_MS, 2 * queue.usual_ms);
    if (waitedMs(waiter) >= patience_ms) return true;
    if (isBusy(queue)) return false;
    const here = queue.waiting.length;
    if (here >= Math.min(queue.expected, MAX_GATHERED)) return true;
    if (!isFirst(queue, waiter)) return false;
    const more = here > waiter.saw;
    waiter.saw = here;
    waiter.looks += 1;
    return !more || waiter.looks > MAX_BEATS;
  };

  const isFirst = (queue: Queue, waiter: Waiter): boolean => queue.waiting.find(isHere) === waiter;

  const pauseOf = (queue: Queue, waiter: Waiter): number => {
    if (!waiter.sent && isFirst(queue, waiter)) return BEAT_MS;
    const waited_ms = waitedMs(waiter);
    const left_ms = Math.min(queue.usual_ms - waited_ms, PATIENCE_MS);
    const late_ms = Math.min(waited_ms >> 3, MAX_LOOK_MS);
    return Math.min(Math.max(LOOK_MS, left_ms, late_ms), ANSWER_WITHIN_MS - waited_ms);
  };

  return async (lake_id: string, text: string): Promise<string> => {
    const queue = queueOf(lake_id);
    const now = now_ms();
    const waiter: Waiter = {
      text,
      came_ms: now,
      seen_ms: now,
      looks: 0,
      saw: 0,
      sent: false,
      outcome: null,
    };
    while (waiter.outcome === null) {
      if (!waiter.sent) {
        waiter.seen_ms = now_ms();
        // One that was taken to be gone comes again.
        if (!queue.waiting.includes(waiter)) queue.waiting.push(waiter);
        queue.expected = Math.max(queue.expected, onTheirWay(queue));
        if (isDue(queue, waiter)) {
          const led = lead(lake_id, queue, waiter);
          keep(led);
          await led;
          continue;
        }
      }
      if (waitedMs(waiter) >= ANSWER_WITHIN_MS) waiter.outcome = noAnswer();
      else await pause(pauseOf(queue, waiter));
    }
    if (waiter.outcome.ok) return waiter.outcome.text;
    throw waiter.outcome.error;
  };
};

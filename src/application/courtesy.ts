/**
 * How heavy work gives way to requests. A pass over a large file and the answers to people's
 * requests may share one thread, and a stream whose next bytes are there goes on without end. While
 * a request is being answered the pass steps back several times in a row, because a request takes
 * several steps; while there is none it only looks up now and then. What is counted is this
 * process's own: on other machines nobody waits for it.
 */

/** While nobody waits, as long as a pass keeps the thread. */
const KEEPS_MS = 8;

/** While somebody waits, how often a pass steps back before it goes on. */
const STEPS_BACK = 4;

export interface Courtesy {
  /** Counts the request as waiting until its answer begins. */
  answering<Value>(answer: () => Promise<Value>): Promise<Value>;
  /** Between two pieces of heavy work. */
  giveWay(): Promise<void>;
}

/** `step` resolves once everything else that is ready on the thread has had a turn. */
export const courtesy = (step: () => Promise<void>, now: () => number): Courtesy => {
  let waiting = 0;
  let stepped_at = 0;
  return {
    async answering(answer) {
      waiting += 1;
      try {
        return await answer();
      } finally {
        waiting -= 1;
      }
    },
    async giveWay() {
      if (waiting === 0 && now() - stepped_at < KEEPS_MS) return;
      for (let steps = 0; steps === 0 || (waiting > 0 && steps < STEPS_BACK); steps += 1) {
        await step();
      }
      stepped_at = now();
    },
  };
};

/** The one of this process. */
export const { answering, giveWay } = courtesy(
  () => new Promise((resolve) => setTimeout(resolve, 0)),
  () => Date.now(),
);

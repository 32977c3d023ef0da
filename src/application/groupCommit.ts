/**
 * Group commit: what waits together is written together. While one transaction is on its way to
 * the disk, callers gather; the next transaction takes them all. Each is still decided on its own,
 * in order, seeing what those before it did; a refusal or a bug in one leaves its neighbours as
 * they are; and nobody is answered before what was done for him is durable.
 *
 * A savepoint a command would cost as much as the command itself, so there is none: should one of a
 * group throw, which only a bug does, all of it is undone and each is done anew on its own.
 */

/** What goes beyond either waits for the next transaction: its turn must stay short. */
export const MAX_GROUP = 128;
/** Of the weights that callers give; a heavier one goes alone. */
export const MAX_GROUP_WEIGHT = 512 * 1024;

export interface CommitDeps {
  /** All writes of `body` or none, and nothing in memory is left of what was undone. */
  transaction<Value>(body: () => Value): Value;
  /** Called once a group, in the turn that wrote it. What it throws fails nobody. */
  committed(): void;
  /** Told what `committed` threw. */
  failed(error: unknown): void;
  /** Resolves when everything written so far is durable. */
  sync(): Promise<void>;
}

type Attempt<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: unknown };

interface Waiter<Value> {
  readonly work: () => Value;
  readonly weight: number;
  readonly settle: (attempt: Attempt<Value>) => void;
}

/**
 * Returns a function that runs `work` within the next group and resolves once it is durable.
 * `work` is synchronous, and run a second time when its group was undone.
 */
export const groupCommit = <Value>(
  deps: CommitDeps,
): ((work: () => Value, weight?: number) => Promise<Value>) => {
  const waiting: Waiter<Value>[] = [];
  let flushing = false;

  const alone = ({ work }: Waiter<Value>): Attempt<Value> => {
    try {
      return { ok: true, value: deps.transaction(work) };
    } catch (error) {
      return { ok: false, error };
    }
  };

  const write = (group: readonly Waiter<Value>[]): readonly Attempt<Value>[] => {
    const [only] = group;
    if (only && group.length === 1) return [alone(only)];
    try {
      return deps.transaction(() => group.map(({ work }) => ({ ok: true, value: work() })));
    } catch {
      // Whoever threw throws again, to his own caller alone.
      return group.map(alone);
    }
  };

  const announce = (): void => {
    try {
      deps.committed();
    } catch (error) {
      deps.failed(error);
    }
  };

  /** Those at the front that may go together. */
  const nextGroup = (): readonly Waiter<Value>[] => {
    let weight = 0;
    let count = 0;
    for (const waiter of waiting) {
      weight += waiter.weight;
      if (count > 0 && (count === MAX_GROUP || weight > MAX_GROUP_WEIGHT)) break;
      count += 1;
    }
    return waiting.splice(0, count);
  };

  const commit = async (group: readonly Waiter<Value>[]): Promise<readonly Attempt<Value>[]> => {
    try {
      const attempts = write(group);
      announce();
      await deps.sync();
      return attempts;
    } catch (error) {
      // The disk failed: nothing of the group is known to be written.
      return group.map(() => ({ ok: false, error }));
    }
  };

  const flush = async (): Promise<void> => {
    flushing = true;
    // Those who come in the same turn are heard before the first group is closed.
    await null;
    while (waiting.length > 0) {
      const group = nextGroup();
      const attempts = await commit(group);
      for (const [index, { settle }] of group.entries()) {
        const attempt = attempts[index];
        if (attempt) settle(attempt);
      }
    }
    flushing = false;
  };

  return (work, weight = 1) =>
    new Promise<Value>((resolve, reject) => {
      const settle = (attempt: Attempt<Value>) =>
        attempt.ok ? resolve(attempt.value) : reject(attempt.error);
      waiting.push({ work, weight, settle });
      if (!flushing) void flush();
    });
};

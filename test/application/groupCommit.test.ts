import { describe, expect, test } from "vitest";
import { groupCommit, MAX_GROUP, MAX_GROUP_WEIGHT } from "../../src/application/groupCommit.ts";

/** A store whose transactions nest and really roll back, and whose disk waits to be told. */
const slowStore = () => {
  let written: string[] = [];
  const transactions: number[] = [];
  const syncs: (() => void)[] = [];
  let depth = 0;
  return {
    write: (text: string) => written.push(text),
    written: () => written,
    /** Writes of each outermost transaction. */
    transactions,
    /** Lets the oldest pending sync through. */
    reachDisk: () => syncs.shift()?.(),
    pending: () => syncs.length,
    deps: {
      transaction<Value>(body: () => Value): Value {
        const before = [...written];
        depth += 1;
        try {
          const value = body();
          if (depth === 1) transactions.push(written.length - before.length);
          return value;
        } catch (error) {
          written = before;
          throw error;
        } finally {
          depth -= 1;
        }
      },
      committed: () => undefined,
      failed: (error: unknown) => expect(error).toBeUndefined(),
      sync: () => new Promise<void>((resolve) => syncs.push(resolve)),
    },
  };
};

/** Lets everything run that does not wait for the disk. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

describe("group commit", () => {
  test("takes the first command at once and answers it when it is on disk", async () => {
    const store = slowStore();
    const commit = groupCommit<string>(store.deps);
    let answer = "";
    const asked = commit(() => {
      store.write("a");
      return "done";
    }).then((value) => {
      answer = value;
    });
    await settle();
    expect(store.written()).toEqual(["a"]);
    expect(answer).toBe("");
    store.reachDisk();
    await asked;
    expect(answer).toBe("done");
  });

  test("writes in one transaction what has gathered while the disk was busy, in order", async () => {
    const store = slowStore();
    const commit = groupCommit<number>(store.deps);
    const commitAll = (...names: readonly number[]) =>
      Promise.all(names.map((n) => commit(() => store.write(String(n)))));
    const first = commitAll(1);
    await settle();
    const others = commitAll(2, 3, 4);
    store.reachDisk();
    await settle();
    store.reachDisk();
    await Promise.all([first, others]);
    expect(store.transactions).toEqual([1, 3]);
    expect(store.written()).toEqual(["1", "2", "3", "4"]);
  });

  test("writes in one transaction what has come in the same turn", async () => {
    const store = slowStore();
    const commit = groupCommit<number>(store.deps);
    const all = Promise.all([1, 2, 3].map((n) => commit(() => store.write(String(n)))));
    await settle();
    store.reachDisk();
    await all;
    expect(store.transactions).toEqual([3]);
  });

  test("undoes what one of a group wrote before it threw, and nothing else", async () => {
    const store = slowStore();
    const commit = groupCommit<string>(store.deps);
    const work = (name: string, fails: boolean) => () => {
      store.write(name);
      if (fails) throw new Error(`bug in ${name}`);
      return name;
    };
    const first = commit(work("first", false));
    await settle();
    const group = Promise.allSettled([
      commit(work("a", false)),
      commit(work("b", true)),
      commit(work("c", false)),
    ]);
    store.reachDisk();
    await first;
    await settle();
    store.reachDisk();
    expect(await group).toMatchObject([
      { status: "fulfilled", value: "a" },
      { status: "rejected", reason: new Error("bug in b") },
      { status: "fulfilled", value: "c" },
    ]);
    expect(store.written()).toEqual(["first", "a", "c"]);
  });

  test("refuses a whole group when the disk does, and goes on with the next", async () => {
    const store = slowStore();
    let broken = true;
    const commit = groupCommit<string>({
      ...store.deps,
      sync: () => (broken ? Promise.reject(new Error("disk full")) : Promise.resolve()),
    });
    await expect(commit(() => "lost")).rejects.toThrow("disk full");
    broken = false;
    expect(await commit(() => "kept")).toBe("kept");
  });

  test("never takes more into one transaction than its turn can bear", async () => {
    const store = slowStore();
    const commit = groupCommit<number>({ ...store.deps, sync: () => Promise.resolve() });
    const many = Array.from({ length: MAX_GROUP * 2 + 2 }, (_, n) => n);
    await Promise.all(many.map((n) => commit(() => store.write(String(n)))));
    expect(store.transactions).toEqual([MAX_GROUP, MAX_GROUP, 2]);
    expect(store.written()).toEqual(many.map(String));
  });

  test("closes a group that has become heavy; what is heavier than any goes alone", async () => {
    const store = slowStore();
    const commit = groupCommit<number>({ ...store.deps, sync: () => Promise.resolve() });
    const weights = [1, 0.6, 0.3, 0.3, 2, 0.1, 0.1].map((part) => part * MAX_GROUP_WEIGHT);
    await Promise.all(weights.map((weight, n) => commit(() => store.write(String(n)), weight)));
    expect(store.transactions).toEqual([1, 2, 1, 1, 2]);
    expect(store.written()).toEqual(weights.map((_, n) => String(n)));
  });

  test("answers what was written although what follows a commit has failed", async () => {
    const store = slowStore();
    const told: unknown[] = [];
    const commit = groupCommit<string>({
      ...store.deps,
      committed: () => {
        throw new Error("no alarm");
      },
      failed: (error) => told.push(error),
      sync: () => Promise.resolve(),
    });
    expect(await commit(() => "kept")).toBe("kept");
    expect(told).toEqual([new Error("no alarm")]);
  });
});

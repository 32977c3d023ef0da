import { describe, expect, test } from "vitest";
import {
  ANSWER_WITHIN_MS,
  BEAT_MS,
  gathering,
  MAX_GATHERED,
  type Outcome,
  PATIENCE_MS,
} from "../../src/application/gathering.ts";

interface Sent {
  readonly lake_id: string;
  readonly texts: readonly string[];
  answer(outcomes?: readonly Outcome[]): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** Lets everything run that waits for nothing. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve));

/** A lake that answers when told to, and a clock that moves when told to. */
const slowLake = () => {
  const calls: Sent[] = [];
  const kept: Promise<void>[] = [];
  let pauses: { readonly until: number; readonly over: () => void }[] = [];
  let now = 0;
  const ask = gathering({
    send: (lake_id, texts) =>
      new Promise((resolve, reject) => {
        const answers = texts.map((text): Outcome => ({ ok: true, text: `${text}!` }));
        calls.push({
          lake_id,
          texts,
          answer: (outcomes = answers) => {
            resolve(outcomes);
            return settle();
          },
          fail: (error) => {
            reject(error);
            return settle();
          },
        });
      }),
    keep: (work) => {
      kept.push(work);
    },
    pause: (ms) => new Promise((over) => pauses.push({ until: now + ms, over })),
  });
  return {
    ask,
    calls,
    kept,
    texts: () => calls.map(({ texts }) => texts),
    pauses: () => pauses.length,
    /** Lets time go by, from one end of a pause to the next. */
    async pass(ms: number) {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, ...pauses.map(({ until }) => until));
        const over = pauses.filter(({ until }) => until <= now);
        pauses = pauses.filter(({ until }) => until > now);
        for (const pause of over) pause.over();
        await settle();
      }
    },
  };
};

describe("gathering", () => {
  test("sends at once when nothing is under way", async () => {
    const lake = slowLake();
    const asked = lake.ask("north", "a");
    expect(lake.texts()).toEqual([["a"]]);
    expect(lake.pauses()).toBe(0);
    await lake.calls[0]?.answer();
    expect(await asked).toBe("a!");
  });

  test("carries what came meanwhile in the next call, in order, and answers each its own", async () => {
    const lake = slowLake();
    const asked = ["a", "b", "c", "d"].map((text) => lake.ask("north", text));
    expect(lake.texts()).toEqual([["a"]]);
    await lake.calls[0]?.answer();
    await lake.pass(1);
    expect(lake.texts()).toEqual([["a"], ["b", "c", "d"]]);
    await lake.calls[1]?.answer();
    await lake.pass(4);
    expect(await Promise.all(asked)).toEqual(["a!", "b!", "c!", "d!"]);
    expect(lake.pauses()).toBe(0);
    expect(lake.kept).toHaveLength(2);
  });

  test("waits a beat for as many as came last time, and no longer", async () => {
    const lake = slowLake();
    const asked = ["a", "b", "c"].map((text) => lake.ask("north", text));
    await lake.calls[0]?.answer();
    await lake.pass(1);
    const late = lake.ask("north", "d");
    await lake.calls[1]?.answer();
    // Two went in the last call, one is here.
    await lake.pass(BEAT_MS - 1);
    expect(lake.texts()).toEqual([["a"], ["b", "c"]]);
    await lake.pass(2);
    expect(lake.texts()).toEqual([["a"], ["b", "c"], ["d"]]);
    await lake.calls[2]?.answer();
    await lake.pass(4);
    expect(await Promise.all([...asked, late])).toEqual(["a!", "b!", "c!", "d!"]);
  });

  test("keeps lakes apart", async () => {
    const lake = slowLake();
    const asked = [lake.ask("north", "a"), lake.ask("south", "b")];
    expect(lake.calls.map(({ lake_id }) => lake_id)).toEqual(["north", "south"]);
    for (const call of lake.calls) await call.answer();
    expect(await Promise.all(asked)).toEqual(["a!", "b!"]);
  });

  test("lets a bug in one command fail that command alone", async () => {
    const lake = slowLake();
    const [first, second, third] = ["a", "b", "c"].map((text) => lake.ask("north", text));
    await lake.calls[0]?.answer();
    await lake.pass(1);
    const failed = expect(second).rejects.toThrow("a bug");
    await lake.calls[1]?.answer([
      { ok: false, error: new Error("a bug") },
      { ok: true, text: "c!" },
    ]);
    await lake.pass(4);
    await failed;
    expect([await first, await third]).toEqual(["a!", "c!"]);
  });

  test("fails those a broken call carried, and goes on with those who waited", async () => {
    const lake = slowLake();
    const failed = expect(lake.ask("north", "a")).rejects.toThrow("the lake is gone");
    const second = lake.ask("north", "b");
    await lake.calls[0]?.fail(new Error("the lake is gone"));
    await failed;
    await lake.pass(1);
    expect(lake.texts()).toEqual([["a"], ["b"]]);
    await lake.calls[1]?.answer();
    expect(await second).toBe("b!");
  });

  test("lets no call that takes long hold up those behind it", async () => {
    const lake = slowLake();
    const stuck = lake.ask("north", "a");
    const asked = ["b", "c"].map((text) => lake.ask("north", text));
    await lake.pass(PATIENCE_MS - 1);
    expect(lake.texts()).toEqual([["a"]]);
    await lake.pass(2);
    expect(lake.texts()).toEqual([["a"], ["b", "c"]]);
    await lake.calls[1]?.answer();
    await lake.pass(10);
    expect(await Promise.all(asked)).toEqual(["b!", "c!"]);
    await lake.calls[0]?.answer();
    expect(await stuck).toBe("a!");
  });

  test("carries no more than the limit in one call", async () => {
    const lake = slowLake();
    const texts = Array.from({ length: MAX_GATHERED + 2 }, (_, n) => `${n}`);
    const asked = [lake.ask("north", "first"), ...texts.map((text) => lake.ask("north", text))];
    for (let n = 0; n < 3; n += 1) {
      await lake.calls[n]?.answer();
      await lake.pass(10);
    }
    expect(lake.calls.map((call) => call.texts.length)).toEqual([1, MAX_GATHERED, 2]);
    expect(await Promise.all(asked)).toHaveLength(MAX_GATHERED + 3);
  });

  test("says so when what was carried is never answered", async () => {
    const lake = slowLake();
    void lake.ask("north", "a");
    const asked = ["b", "c"].map((text) => lake.ask("north", text));
    const failed = expect(asked[1]).rejects.toThrow("gave no answer");
    await lake.pass(PATIENCE_MS + 1);
    expect(lake.texts()).toEqual([["a"], ["b", "c"]]);
    await lake.pass(ANSWER_WITHIN_MS);
    await failed;
  });

  test("forgets a lake nobody waits for, and begins anew", async () => {
    const lake = slowLake();
    for (const text of ["a", "b"]) {
      const asked = lake.ask("north", text);
      await lake.calls.at(-1)?.answer();
      expect(await asked).toBe(`${text}!`);
    }
    expect(lake.texts()).toEqual([["a"], ["b"]]);
  });
});

import { describe, expect, test } from "vitest";
import {
  ANSWER_WITHIN_MS,
  BEAT_MS,
  GONE_AFTER_MS,
  gathering,
  MAX_BEATS,
  MAX_GATHERED,
  MAX_KNOWN_LAKES,
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
  let looks = 0;
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
    pause: (ms) => {
      looks += 1;
      return new Promise((over) => pauses.push({ until: now + ms, over }));
    },
    now_ms: () => now,
  });
  return {
    ask,
    calls,
    kept,
    texts: () => calls.map(({ texts }) => texts),
    pauses: () => pauses.length,
    /** Pauses there ever were. */
    looks: () => looks,
    /** The platform ends every request that waits now: none of them runs again. */
    hangUp() {
      pauses = [];
    },
    /** Time goes by, and nobody comes to run. */
    stall(ms: number) {
      now += ms;
      pauses = pauses.map(({ until, over }) => ({ until: until + ms + PATIENCE_MS, over }));
    },
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

/** Within so many ms the first of those who wait has seen that no more come. */
const SOON = 2 * BEAT_MS;

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
    await lake.pass(SOON);
    expect(lake.texts()).toEqual([["a"], ["b", "c", "d"]]);
    await lake.calls[1]?.answer();
    await lake.pass(PATIENCE_MS);
    expect(await Promise.all(asked)).toEqual(["a!", "b!", "c!", "d!"]);
    expect(lake.pauses()).toBe(0);
    expect(lake.kept).toHaveLength(2);
  });

  /** So many are on their way at once; all have their answers when it resolves. */
  const crowd = async (lake: ReturnType<typeof slowLake>, size: number) => {
    const asked = Array.from({ length: size }, (_, n) => lake.ask("north", `${n}`));
    await lake.calls[0]?.answer();
    await lake.pass(SOON);
    await lake.calls[1]?.answer();
    await lake.pass(PATIENCE_MS);
    await Promise.all(asked);
    expect(lake.calls.map(({ texts }) => texts.length)).toEqual([1, size - 1]);
  };

  test("waits for as many as went last time, as long as more come", async () => {
    const lake = slowLake();
    await crowd(lake, 4);
    const first = lake.ask("north", "a");
    await lake.pass(BEAT_MS / 2);
    const second = lake.ask("north", "b");
    await lake.pass(BEAT_MS);
    expect(lake.calls).toHaveLength(2);
    await lake.pass(BEAT_MS);
    expect(lake.calls[2]?.texts).toEqual(["a", "b"]);
    await lake.calls[2]?.answer();
    await lake.pass(PATIENCE_MS);
    expect(await Promise.all([first, second])).toEqual(["a!", "b!"]);
    // Two went: when two are here nobody waits.
    const both = ["c", "d"].map((text) => lake.ask("north", text));
    expect(lake.calls[3]?.texts).toEqual(["c", "d"]);
    await lake.calls[3]?.answer();
    await lake.pass(PATIENCE_MS);
    expect(await Promise.all(both)).toEqual(["c!", "d!"]);
  });

  test("does not wait without end for more, although more come", async () => {
    const lake = slowLake();
    await crowd(lake, 30);
    const asked = [lake.ask("north", "first")];
    for (let beat = 0; beat < MAX_BEATS; beat += 1) {
      expect(lake.calls).toHaveLength(2);
      asked.push(lake.ask("north", `more ${beat}`));
      await lake.pass(BEAT_MS);
    }
    expect(lake.calls[2]?.texts).toHaveLength(MAX_BEATS + 1);
    await lake.calls[2]?.answer();
    await lake.pass(PATIENCE_MS);
    expect(await Promise.all(asked)).toHaveLength(MAX_BEATS + 1);
  });

  test("looks for an answer when it is usually there", async () => {
    const lake = slowLake();
    await crowd(lake, 3);
    const looksIn = async (ms: number) => {
      const before = lake.looks();
      const asked = ["a", "b"].map((text) => lake.ask("north", text));
      await lake.pass(ms);
      await lake.calls.at(-1)?.answer();
      await lake.pass(PATIENCE_MS);
      await Promise.all(asked);
      return lake.looks() - before;
    };
    expect(await looksIn(12)).toBeGreaterThan(4);
    // Once for one more to lead, and once when the answer should be there, which it is.
    expect(await looksIn(11)).toBe(2);
  });

  test("does nothing for a request that is gone, and forgets a call that was cut off", async () => {
    const lake = slowLake();
    void lake.ask("north", "a");
    void lake.ask("north", "gone");
    lake.hangUp();
    await lake.pass(GONE_AFTER_MS);
    const late = lake.ask("north", "b");
    await lake.pass(PATIENCE_MS);
    expect(lake.texts()).toEqual([["a"], ["b"]]);
    await lake.calls[1]?.answer();
    expect(await late).toBe("b!");
    await lake.pass(ANSWER_WITHIN_MS);
    const last = lake.ask("north", "c");
    await lake.pass(BEAT_MS);
    expect(lake.texts()).toEqual([["a"], ["b"], ["c"]]);
    await lake.calls[2]?.answer();
    expect(await last).toBe("c!");
  });

  test("carries one that was only taken to be gone", async () => {
    const lake = slowLake();
    void lake.ask("north", "a");
    const slow = lake.ask("north", "slow");
    // Its timer comes late, as those of a machine that was busy otherwise.
    lake.stall(GONE_AFTER_MS);
    const other = lake.ask("north", "b");
    await lake.pass(3 * PATIENCE_MS);
    expect(lake.texts().flat().sort()).toEqual(["a", "b", "slow"]);
    for (const call of lake.calls) await call.answer();
    await lake.pass(PATIENCE_MS);
    expect(await Promise.all([slow, other])).toEqual(["slow!", "b!"]);
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
    await lake.pass(SOON);
    const failed = expect(second).rejects.toThrow("a bug");
    await lake.calls[1]?.answer([
      { ok: false, error: new Error("a bug") },
      { ok: true, text: "c!" },
    ]);
    await lake.pass(PATIENCE_MS);
    await failed;
    expect([await first, await third]).toEqual(["a!", "c!"]);
  });

  test("fails those a broken call carried, and goes on with those who waited", async () => {
    const lake = slowLake();
    const failed = expect(lake.ask("north", "a")).rejects.toThrow("the lake is gone");
    const second = lake.ask("north", "b");
    await lake.calls[0]?.fail(new Error("the lake is gone"));
    await failed;
    await lake.pass(SOON);
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
    await lake.pass(PATIENCE_MS);
    expect(lake.texts()).toEqual([["a"], ["b", "c"]]);
    await lake.calls[1]?.answer();
    await lake.pass(PATIENCE_MS);
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
      await lake.pass(PATIENCE_MS);
    }
    expect(lake.calls.map((call) => call.texts.length)).toEqual([1, MAX_GATHERED, 2]);
    expect(await Promise.all(asked)).toHaveLength(MAX_GATHERED + 3);
  });

  test("says so when what was carried is never answered", async () => {
    const lake = slowLake();
    void lake.ask("north", "a");
    const asked = ["b", "c"].map((text) => lake.ask("north", text));
    // One of the two leads and waits for the call itself.
    const failed = expect(Promise.race(asked)).rejects.toThrow("gave no answer");
    await lake.pass(PATIENCE_MS + 1);
    expect(lake.texts()).toEqual([["a"], ["b", "c"]]);
    await lake.pass(ANSWER_WITHIN_MS);
    await failed;
    // Ever more rarely: what is late is not worth many looks.
    expect(lake.looks()).toBeLessThan(250);
  });

  test("forgets what it knew of a lake nobody waits for, once it knows many", async () => {
    const lake = slowLake();
    await crowd(lake, 4);
    const busy = lake.ask("busy", "under way");
    for (let n = 0; n <= MAX_KNOWN_LAKES; n += 1) {
      const asked = lake.ask(`lake-${n}`, "a");
      await lake.calls.at(-1)?.answer();
      expect(await asked).toBe("a!");
    }
    // It does not wait for the others of then.
    const before = lake.calls.length;
    void lake.ask("north", "alone");
    expect(lake.calls).toHaveLength(before + 1);
    // While this one knows that a call is under way.
    void lake.ask("busy", "behind it");
    expect(lake.calls).toHaveLength(before + 1);
    await lake.calls[2]?.answer();
    expect(await busy).toBe("under way!");
  });

  test("gives who was just answered a beat to come again", async () => {
    const lake = slowLake();
    const first = lake.ask("north", "a");
    const second = lake.ask("north", "b");
    await lake.calls[0]?.answer();
    expect(await first).toBe("a!");
    await lake.pass(1.5 * BEAT_MS);
    expect(lake.calls).toHaveLength(1);
    const again = lake.ask("north", "c");
    expect(lake.calls[1]?.texts).toEqual(["b", "c"]);
    await lake.calls[1]?.answer();
    await lake.pass(PATIENCE_MS);
    expect(await Promise.all([second, again])).toEqual(["b!", "c!"]);
  });

  test("does not wait for more than one call carries, and who leads goes with it", async () => {
    const lake = slowLake();
    void lake.ask("north", "first");
    const many = Array.from({ length: MAX_GATHERED }, (_, n) => lake.ask("north", `${n}`));
    await lake.calls[0]?.answer();
    const last = lake.ask("north", "last");
    expect(lake.calls[1]?.texts).toHaveLength(MAX_GATHERED);
    expect(lake.calls[1]?.texts).toContain("last");
    await lake.calls[1]?.answer();
    expect(await last).toBe("last!");
    await lake.pass(PATIENCE_MS);
    await lake.calls[2]?.answer();
    await lake.pass(PATIENCE_MS);
    expect(await Promise.all(many)).toHaveLength(MAX_GATHERED);
  });

  test("is patient by the clock, however late the timers are", async () => {
    const lake = slowLake();
    void lake.ask("north", "a");
    void lake.ask("north", "b");
    lake.stall(PATIENCE_MS);
    await lake.pass(PATIENCE_MS + BEAT_MS);
    expect(lake.texts()).toEqual([["a"], ["b"]]);
  });

  test("is as patient as is usual of a lake that is slow", async () => {
    const lake = slowLake();
    const asked = ["a", "b"].map((text) => lake.ask("north", text));
    await lake.calls[0]?.answer();
    await lake.pass(SOON);
    await lake.pass(48);
    await lake.calls[1]?.answer();
    await lake.pass(PATIENCE_MS);
    await Promise.all(asked);
    void lake.ask("north", "c");
    const behind = lake.ask("north", "d");
    await lake.pass(90);
    expect(lake.texts().slice(2)).toEqual([["c"]]);
    await lake.pass(20);
    expect(lake.texts().slice(2)).toEqual([["c"], ["d"]]);
    await lake.calls[3]?.answer();
    await lake.pass(PATIENCE_MS);
    expect(await behind).toBe("d!");
  });

  test("answers each, also when the lake answers fewer", async () => {
    const lake = slowLake();
    const asked = ["a", "b", "c"].map((text) => lake.ask("north", text));
    await lake.calls[0]?.answer();
    await lake.pass(SOON);
    const missing = expect(asked[2]).rejects.toThrow("gave no answer");
    await lake.calls[1]?.answer([{ ok: true, text: "b!" }]);
    await lake.pass(PATIENCE_MS);
    await missing;
    expect(await asked[1]).toBe("b!");
  });
});

import { describe, expect, test } from "vitest";
import {
  CHECK_TIMEOUT_MS,
  READY_KEPT_MS,
  type ReadyCheck,
  readiness,
} from "../../src/application/readiness.ts";

const never = () => new Promise<never>(() => {});

const asked = (checks: readonly ReadyCheck[], wait: () => Promise<void> = never) => {
  let at = Date.parse("2026-11-23T12:00:00.000Z");
  const ask = readiness({ checks, now: () => new Date(at), wait });
  return {
    ask,
    pass: (ms: number) => {
      at += ms;
    },
  };
};

const check = (name: string, run: () => Promise<string | null>): ReadyCheck => ({ name, run });
const well = async () => null;

describe("readiness", () => {
  test("is there when every check is well", async () => {
    const { ask } = asked([check("reports", well), check("objects", well)]);
    expect(await ask()).toEqual({
      ready: true,
      checked_at: "2026-11-23T12:00:00.000Z",
      checks: [
        { name: "reports", ok: true, ms: 0, detail: null },
        { name: "objects", ok: true, ms: 0, detail: null },
      ],
    });
  });

  test("is gone with one check, and says which and why", async () => {
    const { ask } = asked([
      check("reports", async () => "0006_metrics.sql is not applied"),
      check("objects", well),
      check("lakes", async () => {
        throw new TypeError("no route to 'https://secret.example/key'");
      }),
    ]);
    const { ready, checks } = await ask();
    expect(ready).toBe(false);
    expect(checks.map(({ ok }) => ok)).toEqual([false, true, false]);
    expect(checks[0]?.detail).toBe("0006_metrics.sql is not applied");
    expect(checks[2]?.detail).toBe("TypeError: no route to …");
  });

  test("waits for no check longer than its time", async () => {
    const waited: number[] = [];
    const { ask } = asked(
      [check("reports", never), check("objects", well)],
      async (...given: readonly number[]) => {
        waited.push(...given);
        // What is there at once comes before.
        for (let turn = 0; turn < 10; turn += 1) await null;
      },
    );
    const { checks } = await ask();
    expect(waited).toEqual([CHECK_TIMEOUT_MS, CHECK_TIMEOUT_MS]);
    expect(checks.map(({ ok }) => ok)).toEqual([false, true]);
    expect(checks[0]?.detail).toContain(`${CHECK_TIMEOUT_MS} ms`);
  });

  test("waits as long as a check says that it takes", async () => {
    const waited: number[] = [];
    const { ask } = asked(
      [check("reports", never), { ...check("uploads", never), timeout_ms: 10_000 }],
      async (...given: readonly number[]) => {
        waited.push(...given);
      },
    );
    const { checks } = await ask();
    expect(waited).toEqual([CHECK_TIMEOUT_MS, 10_000]);
    expect(checks[1]?.detail).toContain("10000 ms");
  });

  test("is not gone with what is told and makes nothing unready", async () => {
    const amiss = check("uploads", async () => "the store copies");
    const told = async (advisory: boolean) => asked([{ ...amiss, advisory }]).ask();
    expect(await told(false)).toMatchObject({ ready: false, checks: [{ ok: false }] });
    expect(await told(true)).toMatchObject({
      ready: true,
      checks: [{ ok: true, detail: "the store copies" }],
    });
  });

  test("is found out once a moment, however often it is asked for", async () => {
    let runs = 0;
    const { ask, pass } = asked([
      check("reports", async () => {
        runs += 1;
        return null;
      }),
    ]);
    for (let n = 0; n < 10; n += 1) await ask();
    expect(runs).toBe(1);
    pass(READY_KEPT_MS);
    await ask();
    expect(runs).toBe(2);
  });

  test("is what it was while it is being found out, and never for longer than a check takes", async () => {
    let slow = false;
    let runs = 0;
    const { ask, pass } = asked([
      check("reports", () => {
        runs += 1;
        return slow ? never() : well();
      }),
    ]);
    const before = await ask();
    slow = true;
    pass(READY_KEPT_MS);
    void ask();
    expect(await ask()).toBe(before);
    expect(runs).toBe(2);
    // Whoever was finding it out is gone: somebody else does.
    pass(CHECK_TIMEOUT_MS);
    slow = false;
    expect((await ask()).checked_at > before.checked_at).toBe(true);
    expect(runs).toBe(3);
  });
});

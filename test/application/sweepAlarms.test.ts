import { afterEach, describe, expect, it, vi } from "vitest";
import { dailySweep, SWEEP_KEY, type SweepRecord } from "../../src/application/dailySweep.ts";
import type { AlarmCheck, AlarmState } from "../../src/application/lakeAlarm.ts";
import {
  CHECK_TIMEOUT_MS,
  LAKES_AT_ONCE,
  type SweptPage,
  sweepAlarms,
} from "../../src/application/sweepAlarms.ts";
import { memorySmallObjects } from "../support/memorySmallObjects.ts";

afterEach(() => vi.useRealTimers());

const check = (state: AlarmState): AlarmCheck => ({
  state,
  due_at: null,
  armed_for: null,
  repaired: state === "lost" || state === "late",
});

/** Lakes by id and what becomes of asking each. */
const lakesOf = (answers: Readonly<Record<string, () => Promise<AlarmCheck | null>>>) => {
  const ids = Object.keys(answers).sort();
  const asked: string[] = [];
  return {
    asked,
    async lakes({ limit, cursor }: { limit: number; cursor: string | null }) {
      const rest = ids.filter((id) => cursor === null || id > cursor);
      const items = rest.slice(0, limit).map((lake_id) => ({ lake_id }));
      const last = items.at(-1)?.lake_id ?? null;
      return { items, next_cursor: rest.length > items.length ? last : null };
    },
    check(lake_id: string): Promise<AlarmCheck | null> {
      asked.push(lake_id);
      return answers[lake_id]?.() ?? Promise.reject(new Error("no such lake"));
    },
  };
};

const many = (count: number, answer: () => Promise<AlarmCheck>) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`lake-${String(index).padStart(4, "0")}`, answer]),
  );

const alive = async () => check("set");
const ALL = { lake_id: null, limit: 100, cursor: null };

describe("a sweep", () => {
  it("counts what lakes answer, and names those whose alarms were repaired", async () => {
    const lakes = lakesOf({
      a: alive,
      b: async () => check("lost"),
      c: async () => check("not_needed"),
      d: async () => check("late"),
      e: async () => check("ringing"),
    });
    const page = await sweepAlarms(lakes, ALL);
    expect(page).toEqual({
      lakes: 5,
      alarms: { set: 1, not_needed: 1, ringing: 1, lost: 1, late: 1 },
      repaired: [
        { lake_id: "b", ...check("lost") },
        { lake_id: "d", ...check("late") },
      ],
      failed: [],
      next_cursor: null,
    });
  });

  it("asks the others when one fails, throws or never answers", async () => {
    vi.useFakeTimers();
    const lakes = lakesOf({
      a: async () => {
        throw new Error("overloaded");
      },
      b: () => new Promise(() => undefined),
      c: alive,
    });
    const swept = sweepAlarms(lakes, ALL);
    await vi.advanceTimersByTimeAsync(CHECK_TIMEOUT_MS);
    expect(await swept).toMatchObject({
      lakes: 3,
      alarms: { set: 1 },
      failed: [
        { lake_id: "a", failed: "Error: overloaded" },
        { lake_id: "b", failed: "Error: no answer within 10 s" },
      ],
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("says when the reports know a lake that is not there, and asks one lake alone", async () => {
    const lakes = lakesOf({ a: alive, b: async () => null });
    const page = await sweepAlarms(lakes, { ...ALL, lake_id: "b" });
    expect(page).toMatchObject({
      lakes: 1,
      failed: [{ lake_id: "b", failed: "there is no such lake" }],
      next_cursor: null,
    });
    expect(lakes.asked).toEqual(["b"]);
  });

  it("asks a bounded number at once", async () => {
    let [now, most] = [0, 0];
    const slow = async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now -= 1;
      return check("set");
    };
    const page = await sweepAlarms(lakesOf(many(40, slow)), ALL);
    expect([page.alarms.set, most]).toEqual([40, LAKES_AT_ONCE]);
  });

  it("goes page by page", async () => {
    const lakes = lakesOf({ a: alive, b: alive, c: alive });
    const first = await sweepAlarms(lakes, { ...ALL, limit: 2 });
    expect([first.lakes, first.next_cursor]).toEqual([2, "b"]);
    const second = await sweepAlarms(lakes, {
      ...ALL,
      limit: 2,
      cursor: first.next_cursor,
    });
    expect([second.lakes, second.next_cursor, lakes.asked]).toEqual([1, null, ["a", "b", "c"]]);
  });
});

const MORNING = new Date("2026-11-29T00:40:00.000Z");
const NEXT_HOUR = new Date("2026-11-29T01:40:00.000Z");
const NEXT_DAY = new Date("2026-11-30T00:40:00.000Z");

describe("the sweep of a day", () => {
  const sweepOf = (answers: Parameters<typeof lakesOf>[0], objects = memorySmallObjects()) => {
    const lakes = lakesOf(answers);
    const pages: SweptPage[] = [];
    const deps = { ...lakes, objects, swept: (page: SweptPage) => pages.push(page) };
    const run = (at: Date, lakes_a_call?: number): Promise<SweepRecord> =>
      dailySweep(deps, at, lakes_a_call);
    return { ...lakes, pages, objects, run };
  };

  it("is noted once a call, for R2 takes no two writes of a key in a second", async () => {
    const { run, objects, asked } = sweepOf(many(850, alive));
    const put = vi.spyOn(objects, "put");
    for (const puts of [1, 2, 3, 3]) {
      await run(MORNING);
      expect(put).toHaveBeenCalledTimes(puts);
    }
    expect([asked.length, new Set(asked).size]).toEqual([850, 850]);
  });

  it("that breaks off notes the pages it is through with, and goes on behind them", async () => {
    const { run, objects, asked, lakes } = sweepOf(many(400, alive));
    let pages = 0;
    const failing = {
      objects,
      check: async () => check("set"),
      swept: () => undefined,
      lakes: async (page: { limit: number; cursor: string | null }) => {
        pages += 1;
        if (pages === 3) throw new Error("no reports");
        return lakes(page);
      },
    };
    await expect(dailySweep(failing, MORNING)).rejects.toThrow("no reports");
    expect(await run(NEXT_HOUR)).toMatchObject({ done: true, lakes: 400 });
    expect(asked).toHaveLength(200);
  });

  it("is made once a day, however often it is called", async () => {
    const { run, asked } = sweepOf({ a: alive, b: async () => check("lost") });
    const done = await run(MORNING);
    expect(done).toMatchObject({ day: "2026-11-29", done: true, lakes: 2, repaired: 1, failed: 0 });
    expect(await run(NEXT_HOUR)).toEqual(done);
    expect(asked).toEqual(["a", "b"]);
    expect(await run(NEXT_DAY)).toMatchObject({ day: "2026-11-30", done: true, lakes: 2 });
    expect(asked).toHaveLength(4);
  });

  it("asks no more lakes than a call may, and goes on with the next one until all were asked", async () => {
    const { run, asked, pages } = sweepOf(many(250, alive));
    expect(await run(MORNING, 120)).toMatchObject({ done: false, lakes: 120 });
    expect(pages.map(({ lakes }) => lakes)).toEqual([100, 20]);
    expect(await run(NEXT_HOUR, 120)).toMatchObject({ done: false, lakes: 240 });
    // Another day has begun: this one's sweep ends first.
    expect(await run(NEXT_DAY, 120)).toMatchObject({ day: "2026-11-29", done: true, lakes: 250 });
    expect(new Set(asked).size).toBe(250);
    expect(asked).toHaveLength(250);
    expect(await run(NEXT_DAY, 120)).toMatchObject({ day: "2026-11-30", done: false, lakes: 120 });
  });

  it("asks again what a call could not note, and nothing before it", async () => {
    const objects = memorySmallObjects();
    let writes = 0;
    const { run, asked } = sweepOf(many(250, alive), {
      ...objects,
      async put(key, bytes) {
        writes += 1;
        if (writes === 2) throw new Error("the object store is down");
        await objects.put(key, bytes);
      },
    });
    await run(MORNING, 100);
    await expect(run(MORNING)).rejects.toThrow("the object store is down");
    expect(await run(NEXT_HOUR)).toMatchObject({ done: true, lakes: 250 });
    expect(asked).toHaveLength(400);
    expect([...objects.kept.keys()]).toEqual([SWEEP_KEY]);
  });

  it("counts lakes that do not answer and is through all the same", async () => {
    const { run, pages } = sweepOf({ a: () => Promise.reject(new Error("gone")), b: alive });
    expect(await run(MORNING)).toMatchObject({ done: true, lakes: 2, failed: 1 });
    expect(pages).toMatchObject([{ failed: [{ lake_id: "a" }] }]);
  });
});

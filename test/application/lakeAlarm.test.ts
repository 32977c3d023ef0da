import { describe, expect, it } from "vitest";
import {
  ALARM_SLACK_MS,
  type AlarmCheck,
  alarmState,
  LATE_AFTER_MS,
  lakeAlarm,
} from "../../src/application/lakeAlarm.ts";

const NOW = Date.parse("2026-11-29T12:00:00.000Z");
const HOUR_MS = 3_600_000;

/** An alarm clock, and what was found out about it. */
const clock = (alarm_ms: number | null = null) => {
  const physical = {
    alarm_ms,
    now: NOW,
    getAlarm: async () => physical.alarm_ms,
    setAlarm: async (at_ms: number) => {
      physical.alarm_ms = at_ms;
    },
    deleteAlarm: async () => {
      physical.alarm_ms = null;
    },
  };
  const found: AlarmCheck[] = [];
  const alarm = lakeAlarm({
    physical,
    now: () => physical.now,
    found: (check) => found.push(check),
  });
  return { physical, found, alarm };
};

describe("an alarm", () => {
  it.each([
    ["is not needed when nothing is due", null, null, "not_needed"],
    ["is not needed either while an old one is set", NOW + 1, null, "not_needed"],
    ["is lost when there is none", null, NOW + HOUR_MS, "lost"],
    ["is lost when there is none and all is overdue", null, NOW - HOUR_MS, "lost"],
    ["is set when it rings as soon as something is due", NOW + 5, NOW + 5, "set"],
    ["is set when it rings before", NOW, NOW + HOUR_MS, "set"],
    ["may ring a little later", NOW + 5 + ALARM_SLACK_MS, NOW + 5, "set"],
    ["is lost when it rings much later", NOW + 6 + ALARM_SLACK_MS, NOW + 5, "lost"],
    ["may ring a little later than now for what is overdue", NOW + ALARM_SLACK_MS, 0, "set"],
    ["is given time to ring", NOW - LATE_AFTER_MS, NOW - HOUR_MS, "set"],
    ["is late when it should long have rung", NOW - LATE_AFTER_MS - 1, NOW - HOUR_MS, "late"],
  ])("%s", (_, alarm_ms, due_ms, state) => {
    expect(alarmState(alarm_ms, due_ms, NOW)).toBe(state);
  });
});

describe("a lake's alarm", () => {
  it("is set for what is due first and moved forward only", async () => {
    const { physical, alarm } = clock();
    await alarm.arm(null);
    expect(physical.alarm_ms).toBeNull();
    await alarm.arm(NOW + HOUR_MS);
    await alarm.arm(NOW + 2 * HOUR_MS);
    expect(physical.alarm_ms).toBe(NOW + HOUR_MS);
    await alarm.arm(NOW + 1);
    expect(physical.alarm_ms).toBe(NOW + 1);
    await alarm.arm(NOW - HOUR_MS);
    expect(physical.alarm_ms).toBe(NOW);
  });

  it("is put off to what is due next, or taken away, once what it was for is done", async () => {
    const { physical, alarm } = clock();
    await alarm.arm(NOW + 30_000);
    await alarm.rest(NOW + HOUR_MS);
    expect(physical.alarm_ms).toBe(NOW + HOUR_MS);
    await alarm.rest(NOW + 1);
    expect(physical.alarm_ms).toBe(NOW + HOUR_MS);
    await alarm.rest(null);
    expect(physical.alarm_ms).toBeNull();
    await alarm.arm(NOW + 2 * HOUR_MS);
    expect(physical.alarm_ms).toBe(NOW + 2 * HOUR_MS);
    // While it rings whoever rings it sets the next one.
    await alarm.ring(() => alarm.rest(null), undefined);
    expect(physical.alarm_ms).toBe(NOW + 2 * HOUR_MS);
  });

  it("waits as long as it is told to", async () => {
    const { physical, alarm } = clock();
    await alarm.arm(NOW - HOUR_MS, 60_000);
    expect(physical.alarm_ms).toBe(NOW + 60_000);
  });

  it("is checked and left alone while it is alive", async () => {
    const { physical, found, alarm } = clock();
    await alarm.arm(NOW + HOUR_MS);
    expect(await alarm.check(NOW + HOUR_MS)).toEqual({
      state: "set",
      due_at: "2026-11-29T13:00:00.000Z",
      armed_for: "2026-11-29T13:00:00.000Z",
      repaired: false,
    });
    expect((await alarm.check(null)).state).toBe("not_needed");
    expect([physical.alarm_ms, found]).toEqual([NOW + HOUR_MS, []]);
  });

  it("is found lost in memory, set anew, told of and told of once", async () => {
    const { physical, found, alarm } = clock();
    await alarm.arm(NOW + HOUR_MS);
    physical.alarm_ms = null;
    const lost = await alarm.check(NOW + HOUR_MS);
    expect(lost).toMatchObject({ state: "lost", armed_for: null, repaired: true });
    expect([physical.alarm_ms, found]).toEqual([NOW + HOUR_MS, [lost]]);
    expect((await alarm.check(NOW + HOUR_MS)).state).toBe("set");
    expect(found).toHaveLength(1);
  });

  it("is found too late, or stuck, and set anew", async () => {
    const { physical, alarm } = clock(NOW + 2 * HOUR_MS);
    expect(await alarm.check(NOW + HOUR_MS)).toMatchObject({ state: "lost", repaired: true });
    expect(physical.alarm_ms).toBe(NOW + HOUR_MS);
    physical.now = NOW + 2 * HOUR_MS;
    expect(await alarm.check(NOW + HOUR_MS)).toMatchObject({ state: "late", repaired: true });
    expect(physical.alarm_ms).toBe(NOW + 2 * HOUR_MS);
  });

  it("that was lost while the lake slept is told of to whoever asks first", async () => {
    const { physical, found, alarm } = clock();
    await alarm.begin(NOW + HOUR_MS);
    expect(physical.alarm_ms).toBe(NOW + HOUR_MS);
    expect(await alarm.check(NOW + HOUR_MS)).toMatchObject({ state: "lost", repaired: true });
    expect(found).toMatchObject([{ state: "lost", armed_for: null, repaired: true }]);
    expect((await alarm.check(NOW + HOUR_MS)).state).toBe("set");
    expect(found).toHaveLength(1);
  });

  it("that was lost is told of in the log when a command wakes the lake, and to who asks later", async () => {
    const { found, alarm } = clock();
    await alarm.begin(NOW + HOUR_MS);
    alarm.asked();
    alarm.asked();
    expect(found).toHaveLength(1);
    expect(await alarm.check(NOW + HOUR_MS)).toEqual(found[0]);
  });

  it("that was lost is told of when the one set instead rings before anybody asks", async () => {
    const { found, alarm } = clock();
    await alarm.begin(NOW - HOUR_MS);
    await alarm.ring(async () => undefined, NOW);
    expect(found).toMatchObject([{ state: "lost" }]);
  });

  it("that wakes the lake is none any more, and not lost", async () => {
    for (const scheduled of [NOW - 1, NOW - 24 * HOUR_MS, undefined]) {
      const { found, alarm } = clock();
      await alarm.begin(NOW - 24 * HOUR_MS);
      await alarm.ring(async () => undefined, scheduled);
      await alarm.arm(NOW + 1);
      expect((await alarm.check(NOW + 1)).state).toBe("set");
      expect(found).toEqual([]);
    }
  });

  it("that is late when the lake wakes rings presently", async () => {
    const { found, alarm } = clock(NOW - 24 * HOUR_MS);
    await alarm.begin(NOW - 24 * HOUR_MS);
    alarm.asked();
    expect(found).toEqual([]);
  });

  it("is not missed while it rings", async () => {
    const { physical, found, alarm } = clock(NOW);
    let check: AlarmCheck | null = null;
    await alarm.ring(async () => {
      physical.alarm_ms = null;
      check = await alarm.check(NOW);
    }, NOW);
    expect([check, found]).toMatchObject([{ state: "ringing", repaired: false }, []]);
    expect((await alarm.check(NOW + 1)).state).toBe("lost");
  });

  it("counts as rung when what it set in motion throws", async () => {
    const { alarm } = clock();
    const failing = alarm.ring(async () => {
      throw new Error("broken");
    }, NOW);
    await expect(failing).rejects.toThrow("broken");
    expect((await alarm.check(NOW)).state).toBe("lost");
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DUTY_KINDS, type Duty, type DutyKind } from "../../src/application/ports.ts";
import {
  beginStep,
  DUTIES_PER_ALARM,
  type DutyDeps,
  MAX_ATTEMPTS,
  runDuties,
  STEPS_AT_ONCE,
} from "../../src/application/runDuties.ts";
import { memorySchedule } from "../support/memorySchedule.ts";
import { START } from "../support/testLake.ts";

const HOUR_MS = 3_600_000;

/** However long a wait is meant to be, it is over when everything else has had a turn. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A schedule, a clock, and handlers that do what `work` says and then take the duty off. */
const alarmOf = (work: (duty: Duty) => void | Promise<void>) => {
  const schedule = memorySchedule();
  let at = Date.parse(START);
  const handled: string[] = [];
  const handler = async (duty: Duty) => {
    handled.push(`${duty.kind}/${duty.ref}`);
    await work(duty);
    schedule.remove(duty);
  };
  const handlers = Object.fromEntries(
    DUTY_KINDS.map((kind) => [kind, handler]),
  ) as unknown as DutyDeps["handlers"];
  const put = (kind: DutyKind, ref: string, offset_ms = 0) =>
    schedule.put({
      kind,
      ref,
      due_at: new Date(Date.parse(START) + offset_ms).toISOString(),
      payload: {},
    });
  return {
    schedule,
    handled,
    put,
    pass: (ms: number) => {
      at += ms;
    },
    ring: () =>
      runDuties({ lake_id: "north", schedule, handlers, now: () => new Date(at), wait: nextTurn }),
    /** Rings at the next thing due; resolves to how long it waited, or null when nothing is. */
    async ringNext(): Promise<number | null> {
      const next = schedule.next();
      if (next === null) return null;
      const waited = Date.parse(next) - at;
      at = Date.parse(next);
      await this.ring();
      return waited;
    },
  };
};

const broken = () => {
  throw new Error("broken");
};

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("an alarm", () => {
  it("does what is due, earliest first, and nothing else", async () => {
    const alarm = alarmOf(() => {});
    alarm.put("delete_objects", "later", 1);
    alarm.put("sweep_attempt", "second", -1);
    alarm.put("deletion_due", "first", -2);
    alarm.put("replay_step", "third", 0);
    expect(await alarm.ring()).toBe(3);
    expect(alarm.handled).toEqual([
      "deletion_due/first",
      "sweep_attempt/second",
      "replay_step/third",
    ]);
    expect(alarm.schedule.next()).toBe("2026-11-23T12:00:00.001Z");
  });

  it("takes a bounded number at a time", async () => {
    const alarm = alarmOf(() => {});
    for (let n = 0; n <= DUTIES_PER_ALARM; n += 1) alarm.put("delete_objects", `${n}`);
    expect(await alarm.ring()).toBe(DUTIES_PER_ALARM);
    expect(await alarm.ring()).toBe(1);
  });

  it("does not let one failing duty hold up the others", async () => {
    const alarm = alarmOf(({ ref }) => {
      if (ref === "bad") broken();
    });
    alarm.put("delete_objects", "bad", -2);
    alarm.put("delete_objects", "good", -1);
    expect(await alarm.ring()).toBe(1);
    expect(alarm.schedule.find({ kind: "delete_objects", ref: "bad" })).toMatchObject({
      attempts: 1,
      parked: false,
      last_error: "Error: broken",
    });
    expect(console.error).toHaveBeenCalledTimes(1);
  });

  it("leaves out what another duty of the same alarm has done or moved", async () => {
    const alarm = alarmOf(({ ref }) => {
      if (ref !== "first") return;
      alarm.schedule.remove({ kind: "delete_objects", ref: "second" });
      alarm.put("delete_objects", "third", 5000);
    });
    alarm.put("delete_objects", "first", -3);
    alarm.put("delete_objects", "second", -2);
    alarm.put("delete_objects", "third", -1);
    expect(await alarm.ring()).toBe(1);
    expect(alarm.handled).toEqual(["delete_objects/first"]);
  });
});

describe("steps of long work", () => {
  it("run beside each other, no more than so many, and the next begins when one ends", async () => {
    let under_way = 0;
    let most = 0;
    const alarm = alarmOf(async ({ ref }) => {
      under_way += 1;
      most = Math.max(most, under_way);
      for (let turns = Number(ref) + 2; turns > 0; turns -= 1) await nextTurn();
      under_way -= 1;
    });
    for (let n = 0; n < 3 * STEPS_AT_ONCE; n += 1) alarm.put("replay_step", `${n}`);
    expect(await alarm.ring()).toBe(3 * STEPS_AT_ONCE);
    expect(most).toBe(STEPS_AT_ONCE);
  });

  it("do not keep a deadline waiting that comes due while they run", async () => {
    const alarm = alarmOf(async ({ kind }) => {
      if (kind !== "replay_step") return;
      alarm.pass(5_000);
      for (let turns = 0; turns < 5; turns += 1) await nextTurn();
      alarm.handled.push("the step ends");
    });
    alarm.put("replay_step", "long");
    alarm.put("deletion_due", "deadline", 1_000);
    expect(await alarm.ring()).toBe(2);
    expect(alarm.handled).toEqual(["replay_step/long", "deletion_due/deadline", "the step ends"]);
  });

  it("leave the others their turn, however many of them are due", async () => {
    const alarm = alarmOf(() => {});
    for (let n = 0; n < 2 * DUTIES_PER_ALARM; n += 1) alarm.put("replay_step", `${n}`, -1000);
    alarm.put("deletion_due", "deadline");
    await alarm.ring();
    expect(alarm.handled[0]).toBe("deletion_due/deadline");
    expect(alarm.handled).toHaveLength(2 * DUTIES_PER_ALARM + 1);
  });

  it("begin no more once the alarm has taken long, and are due in the next", async () => {
    const alarm = alarmOf(() => alarm.pass(HOUR_MS));
    for (let n = 0; n < 2 * STEPS_AT_ONCE; n += 1) alarm.put("replay_step", `${n}`);
    expect(await alarm.ring()).toBe(STEPS_AT_ONCE);
    expect(await alarm.ring()).toBe(STEPS_AT_ONCE);
  });
});

describe("a step that came to no end before", () => {
  it("runs alone, so that no other is blamed should it end its process again", async () => {
    const alone = { kind: "replay_step", ref: "2" } as const;
    let under_way = 0;
    const beside = new Map<string, number>();
    const alarm = alarmOf(async ({ ref }) => {
      under_way += 1;
      for (let turns = 5; turns > 0; turns -= 1) {
        await nextTurn();
        beside.set(ref, Math.max(beside.get(ref) ?? 0, under_way - 1));
      }
      under_way -= 1;
    });
    for (let n = 0; n < 5; n += 1) alarm.put("replay_step", `${n}`, n - 10);
    for (let deaths = 0; deaths < 2; deaths += 1) alarm.schedule.begin(alone, START);
    expect(await alarm.ring()).toBe(5);
    expect(beside.get(alone.ref)).toBe(0);
    expect([...beside.values()].filter((others) => others === 1)).toHaveLength(4);
  });

  it("is put off from then on when it is tried for ever", () => {
    const { schedule } = alarmOf(() => {});
    const duty = { kind: "access_step", ref: "x" } as const;
    schedule.put({ ...duty, due_at: START, payload: {} });
    const begin = () => {
      const known = schedule.find(duty);
      if (known !== null) beginStep(schedule, known, new Date(START));
      return schedule.find(duty)?.due_at;
    };
    for (let n = 0; n < MAX_ATTEMPTS; n += 1) expect(begin()).toBe(START);
    expect(Date.parse(begin() ?? "")).toBeGreaterThan(Date.parse(START));
  });
});

describe("a duty that keeps failing", () => {
  it("waits twice as long each time, at most an hour", async () => {
    const alarm = alarmOf(broken);
    alarm.put("deletion_due", "x");
    const waits: (number | null)[] = [];
    for (let n = 0; n < 14; n += 1) waits.push(await alarm.ringNext());
    expect(waits).toEqual([
      0,
      ...[2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048].map((seconds) => seconds * 1000),
      HOUR_MS,
      HOUR_MS,
    ]);
  });

  const neverParked: readonly DutyKind[] = [
    "deletion_due",
    "deletion_reminder",
    "hold_end",
    "execution_due",
    "withholding_end",
    "write_checkpoint",
    "reapply_erasures",
    "keep_revocation",
    "rewrap_key",
    "retention_due",
    "delete_objects",
    "sweep_upload",
    "sweep_attempt",
    "retention_change",
    "freshness_due",
    "access_step",
    "access_due",
    "access_reminder",
    "access_expiry",
  ];

  it.each(DUTY_KINDS.filter((kind) => !neverParked.includes(kind)))(
    "is parked after its last try when it is a %s: kept, shown and not tried again",
    async (kind) => {
      const alarm = alarmOf(broken);
      alarm.put(kind, "x");
      while ((await alarm.ringNext()) !== null);
      expect(alarm.handled).toHaveLength(MAX_ATTEMPTS);
      expect(alarm.schedule.parked()).toMatchObject([
        { kind, ref: "x", attempts: MAX_ATTEMPTS, parked: true, last_error: "Error: broken" },
      ]);
      expect(await alarm.ring()).toBe(0);
    },
  );

  it.each(neverParked)("is never parked when it is a %s", async (kind) => {
    const alarm = alarmOf(broken);
    alarm.put(kind, "x");
    for (let n = 0; n < 5 * MAX_ATTEMPTS; n += 1) await alarm.ringNext();
    expect(alarm.schedule.parked()).toEqual([]);
    expect(alarm.schedule.failing()).toMatchObject([{ kind, ref: "x", parked: false }]);
    expect(alarm.schedule.next()).not.toBeNull();
    expect(alarm.handled).toHaveLength(5 * MAX_ATTEMPTS);
  });

  it("counts anew when it came further before it failed", async () => {
    const alarm = alarmOf((duty) => {
      alarm.schedule.put(duty);
      broken();
    });
    alarm.put("replay_step", "x");
    for (let n = 0; n < 3 * MAX_ATTEMPTS; n += 1) await alarm.ringNext();
    expect(alarm.schedule.find({ kind: "replay_step", ref: "x" })).toMatchObject({
      attempts: 1,
      parked: false,
    });
  });
});

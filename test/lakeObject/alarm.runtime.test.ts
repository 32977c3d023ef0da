/** The lake's one physical alarm: lost, found out about, and set anew. */
import { evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { eventually, type Lake, newLake } from "../support/lakeClient.ts";

const deadlineOf = async (lake: Lake): Promise<number> => {
  await lake.done("/deletions", {
    subject_id: crypto.randomUUID(),
    reason: "asked to be forgotten",
    requested_by: "olga",
  });
  // The first of several duties; delivered, so that nothing else is due.
  await lake.stub.settle();
  const [row] = await lake.sql("SELECT min(due_at) AS due_at FROM schedule WHERE parked = 0");
  const due = Date.parse(String(row?.due_at));
  // What was to look after the delivery is put off, once the lake is quiet.
  await eventually(async () => expect(await alarmOf(lake)).toBe(due));
  return due;
};

const alarmOf = (lake: Lake) => lake.inside((_, { storage }) => storage.getAlarm());
const loseAlarm = (lake: Lake) => lake.inside((_, { storage }) => storage.deleteAlarm());
const check = (lake: Lake) => lake.stub.checkAlarm(lake.id);

/** Lines of the log about this lake's alarm. */
const lines = () => {
  const spy = vi.spyOn(console, "error").mockImplementation(() => undefined);
  return (lake: Lake) =>
    spy.mock.calls
      .map(([line]) => String(line))
      .filter((line) => line.includes("an alarm was lost") && line.includes(lake.id));
};

afterEach(() => vi.restoreAllMocks());

describe("the alarm of a lake", () => {
  test("is alive while the lake owes something, and asking changes nothing", async () => {
    const lake = await newLake("gdpr");
    const due = await deadlineOf(lake);
    const before = await alarmOf(lake);
    expect(await check(lake)).toMatchObject({ state: "set", repaired: false });
    expect(await check(lake)).toMatchObject({ state: "set", repaired: false });
    expect(await alarmOf(lake)).toBe(before);
    expect(before).toBe(due);
  });

  test("does not wake it for events that have been delivered", async () => {
    const lake = await newLake("gdpr");
    const due = await deadlineOf(lake);
    const access = { accessor_id: "ann", dataset_id: "none", action: "read", purpose: "look" };
    const schema = { id: "int" };
    await lake.done("/datasets", { name: "none", schema, contains_pii: false });
    await lake.done("/audit-access", access);
    // Nothing waits for the reports: what it wakes for next is a day ahead.
    await eventually(async () => expect(await alarmOf(lake)).toBe(due));
    expect(due).toBeGreaterThan(Date.now() + 3_600_000);
  });

  test("that is lost while the lake is in memory is found, set for what is due, and told of", async () => {
    const told = lines();
    const lake = await newLake("gdpr");
    const due = await deadlineOf(lake);
    await loseAlarm(lake);
    const found = await check(lake);
    expect(found).toEqual({
      state: "lost",
      due_at: new Date(due).toISOString(),
      armed_for: null,
      repaired: true,
    });
    expect(await alarmOf(lake)).toBe(due);
    expect(told(lake).map((line) => JSON.parse(line))).toMatchObject([
      { level: "error", lake_id: lake.id, alarm: "lost", due_at: found?.due_at },
    ]);
    expect(await check(lake)).toMatchObject({ state: "set", repaired: false });
  });

  test("that is lost while the lake sleeps is set as it wakes, and the first who asks is told", async () => {
    const told = lines();
    const lake = await newLake("gdpr");
    const due = await deadlineOf(lake);
    await loseAlarm(lake);
    await evictDurableObject(lake.stub);
    expect(await check(lake)).toMatchObject({ state: "lost", repaired: true });
    expect(await alarmOf(lake)).toBe(due);
    expect(told(lake)).toHaveLength(1);
    expect(await check(lake)).toMatchObject({ state: "set" });
  });

  test("that rings long after what is due is as good as lost", async () => {
    lines();
    const lake = await newLake("gdpr");
    const due = await deadlineOf(lake);
    await lake.inside((_, { storage }) => storage.setAlarm(due + 86_400_000));
    expect(await check(lake)).toMatchObject({ state: "lost", repaired: true });
    expect(await alarmOf(lake)).toBe(due);
  });

  test("that has rung, or wakes the lake, is not taken for lost", async () => {
    const told = lines();
    const lake = await newLake("gdpr");
    await deadlineOf(lake);
    await lake.ring();
    expect(await check(lake)).toMatchObject({ state: "set", repaired: false });
    // The platform's own alarm, on a lake that is out of memory.
    await lake.sql("UPDATE schedule SET due_at = '2020' WHERE kind = 'write_checkpoint'");
    await lake.inside((_, { storage }) => storage.setAlarm(Date.now() + 300));
    await evictDurableObject(lake.stub);
    await eventually(async () => {
      const keys = await lake.keys();
      expect(keys.some((key) => key.includes("/checkpoints/"))).toBe(true);
    });
    expect([await check(lake), told(lake)]).toMatchObject([{ state: "set", repaired: false }, []]);
  });

  test("is nobody's where there is no such lake", async () => {
    const lake = await newLake();
    expect(await lake.stub.checkAlarm("another")).toBeNull();
  });
});

/** When a request begins to be carried out although nobody has said so, and when it does not. */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { LakeGateway } from "../../src/application/lakeGateway.ts";
import {
  appendPeople,
  holding,
  JANE,
  peopleLake,
  rawText,
  requestErasure,
  until,
  WITH_JANE,
  WITHOUT_JANE,
} from "../support/erasureLake.ts";
import type { Lake } from "../support/lakeClient.ts";

const DAY_MS = 86_400_000;

/** Only `Date` is faked: the platform's own timers and alarms go on. */
const travel = (time: number) => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(time);
};

afterEach(() => {
  vi.useRealTimers();
});

const asked = async (lake: Lake) => {
  const id = await requestErasure(lake);
  const deadline = Date.parse((await lake.get(`/deletions/${id}`)).text("deadline"));
  return { id, begins: deadline - DAY_MS };
};

const startsOf = async (lake: Lake) =>
  (await lake.events()).filter(({ type }) => type === "GDPRDeletionStarted");

const status = async (lake: Lake, id: string) => (await lake.get(`/deletions/${id}`)).at("status");

const stop = { reason: "court", ground: "Art. 17(3)(e)" };

describe("a request that nobody carries out", () => {
  test("is by the alarm a day before its deadline, and not a moment earlier", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b");
    const { id, begins } = await asked(lake);
    travel(begins - 1);
    await lake.ring();
    expect(await status(lake, id)).toBe("pending");
    expect(await rawText(lake, "b")).toBe(WITH_JANE);
    travel(begins);
    await until(lake, id, "completed");
    expect(await startsOf(lake)).toMatchObject([
      { actor: "lethe", data: { cause: "deadline", resumed: false } },
    ]);
    expect(await rawText(lake, "b")).toBe(WITHOUT_JANE);
    expect(await holding(lake, JANE)).toEqual([]);
    expect((await lake.get(`/deletions/${id}/certificate`)).body).toMatchObject({
      certificate: { facts: { deadline_kept: true } },
    });
  });

  test("is never while it is held, also past its deadline, and at once when it no longer is", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b");
    const { id, begins } = await asked(lake);
    await lake.done(`/deletions/${id}/hold`, stop);
    for (const moment of [begins, begins + DAY_MS, begins + 40 * DAY_MS]) {
      travel(moment);
      await lake.ring();
      expect(await status(lake, id)).toBe("held");
    }
    expect(await startsOf(lake)).toEqual([]);
    expect(await rawText(lake, "b")).toBe(WITH_JANE);
    expect((await lake.get(`/deletions/${id}`)).at("overdue")).toBe(true);
    await lake.done(`/deletions/${id}/release`, { reason: "settled" });
    await until(lake, id, "completed");
    expect(await rawText(lake, "b")).toBe(WITHOUT_JANE);
  });

  test("is when its hold ends by itself", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b");
    const { id, begins } = await asked(lake);
    const end = begins + 3 * DAY_MS;
    const body = { ...stop, until: new Date(end).toISOString() };
    await lake.done(`/deletions/${id}/hold`, body);
    travel(end - 1);
    await lake.ring();
    expect(await status(lake, id)).toBe("held");
    travel(end);
    await until(lake, id, "completed");
    expect(await holding(lake, JANE)).toEqual([]);
  });

  test("is not while it is in doubt who asks, and is late in everybody's sight", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b");
    const { id, begins } = await asked(lake);
    await lake.done(`/deletions/${id}/identity`, { verified: false, reason: "who is this?" });
    travel(begins + 2 * DAY_MS);
    await lake.ring();
    expect((await lake.get(`/deletions/${id}`)).body).toMatchObject({
      status: "pending",
      overdue: true,
    });
    expect(await startsOf(lake)).toEqual([]);
    await lake.done(`/deletions/${id}/identity`, { verified: true, reason: "came in person" });
    await until(lake, id, "completed");
    expect(await startsOf(lake)).toMatchObject([{ data: { cause: "deadline" } }]);
  });

  test("is tried again a day after it has failed, until it is done", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b");
    const { id } = await asked(lake);
    await lake.done(`/deletions/${id}/hold`, stop);
    // As after the last try of a step: begun, failed, and nobody looks.
    await lake.sql("DELETE FROM schedule WHERE kind = 'erase_step'");
    const now = Date.now();
    travel(now + DAY_MS);
    await lake.done(`/deletions/${id}/release`, { reason: "settled" });
    const command = (request: object) =>
      lake.gateway.command(lake.call(), request as Parameters<LakeGateway["command"]>[1]);
    await lake.done(`/deletions/${id}/execute`);
    const failure = "The store is away.";
    expect(await command({ type: "FailErasure", deletion_id: id, failure })).toMatchObject({
      ok: true,
    });
    expect((await lake.get(`/deletions/${id}`)).body).toMatchObject({
      status: "failed",
      failure,
      erasure: { phase: "looking" },
    });
    travel(now + 2 * DAY_MS - 1_000);
    await lake.ring();
    expect(await status(lake, id)).toBe("failed");
    travel(now + 2 * DAY_MS + 60_000);
    await until(lake, id, "completed");
    expect((await startsOf(lake)).map(({ data }) => [data.cause, data.resumed])).toEqual([
      ["command", false],
      ["failure", true],
    ]);
    expect(await holding(lake, JANE)).toEqual([]);
  });

  test("that is extended begins a day before the later deadline", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b");
    const { id, begins } = await asked(lake);
    await lake.done(`/deletions/${id}/extend`, { reason: "many files" });
    travel(begins + DAY_MS);
    await lake.ring();
    expect(await status(lake, id)).toBe("pending");
    const later = Date.parse((await lake.get(`/deletions/${id}`)).text("deadline"));
    expect(later).toBeGreaterThan(begins + 30 * DAY_MS);
    travel(later - DAY_MS);
    await until(lake, id, "completed");
  });
});

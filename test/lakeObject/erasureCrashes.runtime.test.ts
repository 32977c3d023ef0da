/** An erasure ends the same wherever the lake dies in it, and whatever else happens to the batch. */
import { abortAllDurableObjects, evictAllDurableObjects } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  appendPeople,
  csvOf,
  forget,
  holding,
  JANE,
  peopleLake,
  rawText,
  requestErasure,
  threeBatches,
  until,
  WITHOUT_JANE,
} from "../support/erasureLake.ts";
import { filesOf, type Lake } from "../support/lakeClient.ts";

/** What the batches came to, without what differs from run to run. */
const essence = async (lake: Lake): Promise<unknown> => {
  const batches = await Promise.all(["a", "b", "c"].map((id) => lake.get(`/batches/${id}`)));
  const bodies = JSON.stringify(
    batches.map(({ body }) => body),
    (key, value: unknown) => (/_at$|^digest$/.test(key) ? null : value),
  );
  return [JSON.parse(bodies), await filesOf(lake)];
};

const leftBehind = async (lake: Lake) =>
  (await lake.keys()).filter((key) => /\/(batches|published)\//.test(key));

describe("an erasure", () => {
  test("ends the same when the lake dies or is evicted between any two of its steps", async () => {
    const undisturbed = await threeBatches();
    await forget(undisturbed);
    const expected = await essence(undisturbed);
    for (const disturb of [abortAllDurableObjects, evictAllDurableObjects]) {
      const lake = await threeBatches();
      const id = await requestErasure(lake);
      await lake.post(`/deletions/${id}/execute`);
      for (let pause = 0; pause < 80; pause += 8) {
        await scheduler.wait(pause);
        await disturb();
      }
      await until(lake, id, "completed");
      expect(await essence(lake)).toEqual(expected);
      expect(await holding(lake, JANE)).toEqual([]);
      await lake.ringFor("sweep_attempt");
      await lake.ring();
      expect(await leftBehind(lake)).toEqual(await lake.referenced());
    }
  }, 120_000);

  test("of two people at once takes both out, and of the same one twice takes nothing more", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b", csvOf([1, "anna", 1], [2, JANE, 2], [3, "otto", 3]));
    const [jane, anna] = [await requestErasure(lake), await requestErasure(lake, "anna")];
    for (const id of [jane, anna]) await lake.post(`/deletions/${id}/execute`);
    for (const id of [jane, anna]) await until(lake, id, "completed");
    expect(await rawText(lake, "b")).toBe(csvOf([3, "otto", 3]));
    const again = await forget(lake);
    expect(again).not.toBe(jane);
    const { body } = await lake.get(`/deletions/${again}`);
    expect(body).toMatchObject({ erasure: { rows_removed: 0, batches: { hit: 0 } } });
  }, 60_000);

  test("stops on hold and goes on when that ends; what was begun is not rejected", async () => {
    const lake = await threeBatches();
    const id = await requestErasure(lake);
    const held = { reason: "court", ground: "Art. 17(3)(e)" };
    const begun = await lake.post(`/deletions/${id}/execute`);
    expect(begun.status).toBe(202);
    const stopped = await lake.post(`/deletions/${id}/hold`, held);
    expect(stopped.status, JSON.stringify(stopped.body)).toBe(200);
    expect((await lake.post(`/deletions/${id}/reject`, held)).status).toBe(409);
    expect((await lake.post(`/deletions/${id}/execute`)).status).toBe(409);
    await lake.done(`/deletions/${id}/release`, { reason: "settled" });
    await until(lake, id, "completed");
    expect(await holding(lake, JANE)).toEqual([]);
  }, 60_000);

  test("keeps what is withheld until its time, and takes it out then", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b");
    const id = await requestErasure(lake);
    const end = new Date(Date.now() + 2_000).toISOString();
    const withhold = [{ dataset: "people", ground: "Art. 17(3)(b)", until: end }];
    await lake.done(`/deletions/${id}/execute`, { withhold });
    const done = await until(lake, id, "completed");
    expect(done.at("withheld")).toEqual(withhold);
    expect(await rawText(lake, "b")).toContain(JANE);
    await scheduler.wait(2_100);
    await expect
      .poll(
        async () => {
          await lake.ring();
          return (await lake.get(`/deletions/${id}`)).at("withheld");
        },
        { timeout: 10_000 },
      )
      .toEqual([]);
    expect(await rawText(lake, "b")).toBe(WITHOUT_JANE);
    expect(await holding(lake, JANE)).toEqual([]);
  }, 60_000);

  test("is noticed when rows of the person come again", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b");
    await forget(lake);
    const again = await appendPeople(lake, "later");
    expect(again.status).toBe(201);
    expect(again.at("warnings")).toEqual([
      expect.stringMatching(/^1 rows are of people who were erased at their request: /),
    ]);
    // Not which of them: that would say who was erased.
    expect(JSON.stringify(again.body)).not.toMatch(/sample_rows|data rows/);
    const events = await lake.events();
    expect(events.find(({ type }) => type === "ErasedSubjectReappeared")?.data).toMatchObject({
      rows: 1,
      sample_rows: [2],
    });
  }, 60_000);
});

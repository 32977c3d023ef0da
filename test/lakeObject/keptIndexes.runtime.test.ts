/** Small subject indexes are kept beside the log while a batch refers to them. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import {
  appendPeople,
  csvOf,
  forget,
  JANE,
  peopleLake,
  rawText,
  WITHOUT_JANE,
} from "../support/erasureLake.ts";
import type { Lake } from "../support/lakeClient.ts";

const kept = async (lake: Lake): Promise<readonly string[]> =>
  (await lake.sql("SELECT key FROM subject_indexes ORDER BY key")).map(({ key }) => String(key));

describe("the subject index of a batch", () => {
  test("is kept whole beside the log and is in no event", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b1");
    const [key = "", ...others] = await kept(lake);
    expect(others).toEqual([]);
    const [row] = await lake.sql("SELECT object FROM subject_indexes");
    const object = await (await env.OBJECTS.get(key))?.bytes();
    expect(new Uint8Array(row?.object as ArrayBuffer)).toEqual(object);
    const events = await lake.sql("SELECT data FROM events WHERE type = 'DataAppended'");
    expect(JSON.parse(String(events[0]?.data)).subject_index).toEqual({
      key,
      bytes: object?.length,
      column: "person",
      type: "string",
      subjects: 3,
    });
  });

  test("goes when the person's rows go, and the new one takes its place", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b1");
    await appendPeople(lake, "b2", csvOf([1, "anna", 10]));
    const before = await kept(lake);
    expect(before).toHaveLength(2);
    await forget(lake);
    const after = await kept(lake);
    expect(after).toHaveLength(2);
    expect(after.filter((key) => before.includes(key))).toHaveLength(1);
    expect(await rawText(lake, "b1")).toBe(WITHOUT_JANE);
    for (const key of after) expect(await env.OBJECTS.head(key)).not.toBeNull();
  });

  test("is asked as an object where it is not kept", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b1");
    await appendPeople(lake, "b2", csvOf([1, "anna", 10]));
    await lake.sql("DELETE FROM subject_indexes");
    const id = await forget(lake);
    expect(await rawText(lake, "b1")).toBe(WITHOUT_JANE);
    const certificate = await lake.get(`/deletions/${id}/certificate`);
    expect(certificate.at("certificate", "facts", "batches")).toMatchObject({
      looked_at: 2,
      opened: 1,
      hit: 1,
    });
  });

  test("is replaced with the file of a batch in quarantine", async () => {
    const lake = await peopleLake({ quality_rules: { amount: ">0" } });
    await appendPeople(lake, "b1", csvOf([1, JANE, -1]));
    const before = await kept(lake);
    const checked = await lake.post("/run-dq", { batch_id: "b1" });
    expect(checked.at("passed")).toBe(false);
    await lake.done("/quarantine-batch", { batch_id: "b1", reason: "wrong file" });
    const again = await appendPeople(lake, "b1", csvOf([1, "anna", 1]), "corrected.csv");
    expect(again.status, JSON.stringify(again.body)).toBeLessThan(300);
    const after = await kept(lake);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  });

  test("of an encrypted dataset is not kept: it lies sealed, and nowhere else", async () => {
    const lake = await peopleLake({}, { encryption_enabled: true });
    await appendPeople(lake, "b1");
    expect(await kept(lake)).toEqual([]);
    await forget(lake);
    expect(await kept(lake)).toEqual([]);
  });
});

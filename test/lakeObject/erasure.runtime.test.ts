/** A person is forgotten: everywhere, by steps that are recorded, until nothing is left. */
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
  until,
  WITHOUT_JANE,
} from "../support/erasureLake.ts";
import { typesOf } from "../support/lakeClient.ts";

describe("carrying out a request", () => {
  test("takes the person's rows out of the file and leaves every other byte", async () => {
    const lake = await peopleLake();
    expect((await appendPeople(lake, "b")).status).toBe(201);
    expect((await appendPeople(lake, "other", WITHOUT_JANE)).status).toBe(201);
    const id = await requestErasure(lake);
    const begun = await lake.post(`/deletions/${id}/execute`);
    expect(begun.status, JSON.stringify(begun.body)).toBe(202);
    expect(begun.headers.get("Location")).toBe(`/lakes/${lake.id}/deletions/${id}`);
    expect(typesOf(begun)).toEqual(["GDPRDeletionStarted"]);
    const done = await until(lake, id, "completed");
    expect(done.body).toMatchObject({
      subject_id: { erased: true },
      reason: { erased: true },
      erasure: { phase: "done", rows_removed: 1, batches: { looked_at: 2, opened: 1, hit: 1 } },
    });
    expect(await rawText(lake, "b")).toBe(WITHOUT_JANE);
    expect(await rawText(lake, "other")).toBe(WITHOUT_JANE);
    expect(await holding(lake, JANE)).toEqual([]);
    expect(await lake.dump()).not.toContain(JANE);
    expect((await lake.get("/batches/b")).body).toMatchObject({ state: "appended", rows: 2 });
  });

  test("keeps the batch published, over the rows that are left", async () => {
    const lake = await peopleLake({
      privacy_rules: { person: "hash" },
      quality_rules: { amount: { rule: ">15", on_fail: "quarantine_rows" } },
    });
    const rows = csvOf([1, "anna", 10], [2, JANE, 20], [3, "otto", 30], [4, JANE, 5]);
    await appendPeople(lake, "b", rows);
    await lake.done("/run-dq", { batch_id: "b" });
    await lake.done("/run-privacy", { batch_id: "b" });
    await lake.done("/publish-batch", { batch_id: "b" });
    await lake.done("/consume-batch", { batch_id: "b", consumer: "alice", format: "csv" });
    const before = await lake.keys();
    const id = await forget(lake);
    const after = await lake.get("/batches/b");
    expect(after.body).toMatchObject({
      state: "published",
      published: { rows: 1, files: [{ format: "parquet" }, { format: "csv", rows: 1 }] },
    });
    expect(
      (await lake.keys()).filter((key) => before.includes(key) && key.includes("/batches/")),
    ).toEqual([]);
    const completed = (await lake.events()).find(({ type }) => type === "GDPRDeletionCompleted");
    expect(completed?.data).toMatchObject({
      rows_removed: 2,
      deadline_kept: true,
      batches: { hit: 1 },
      transformed: [{ column: "person", strategy: "hash", batches: 1 }],
      recipients: [{ consumer: "alice", batches: ["b"] }],
      verification: { rows_found: 0 },
    });
    expect((await lake.get(`/deletions/${id}/certificate`)).status).toBe(200);
  });
});

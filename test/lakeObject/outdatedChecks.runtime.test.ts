/** Checks whose rules a replay has left behind: what came after it is not judged by them again. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { appendPeople, csvOf, forget, JANE, PEOPLE, peopleLake } from "../support/erasureLake.ts";
import { type Lake, typesOf } from "../support/lakeClient.ts";

const ROWS = csvOf([1, "anna", 10], [2, JANE, 20], [3, "otto", -30], [4, "eva", 1]);

/** Ids of the rows that are published as CSV. */
const publishedIds = async (lake: Lake): Promise<readonly string[]> => {
  await lake.done("/consume-batch", { batch_id: "b", consumer: "alice", format: "csv" });
  const key = (await lake.referenced()).find((name) => /\/published\/.*\.csv$/.test(name));
  const text = (await (await env.OBJECTS.get(key ?? ""))?.text()) ?? "";
  return text
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split(",")[0] ?? "");
};

const terms = { dataset: "people", retention_days: 365, privacy_rules: { person: "redact" } };

const published = async (contract: object, asked: object | null): Promise<Lake> => {
  const lake = await peopleLake({ ...terms, ...contract });
  expect((await appendPeople(lake, "b", ROWS)).status).toBe(201);
  await lake.done("/run-dq", { batch_id: "b", ...(asked ? { quality_rules: asked } : {}) });
  await lake.done("/run-privacy", { batch_id: "b" });
  await lake.done("/publish-batch", { batch_id: "b" });
  return lake;
};

const replayedUnder = async (lake: Lake, contract: object): Promise<void> => {
  expect((await lake.put("/contracts/c", { ...terms, ...contract })).status).toBe(200);
  const replay = await lake.done("/replay", { dataset: "people" });
  expect(replay.at("replay", "outcomes")).toMatchObject([{ batch_id: "b", outcome: "replayed" }]);
};

describe("a check that a replay has left behind", () => {
  test("of a contract that has no rules any more rejects nothing when a person is erased", async () => {
    const rules = { amount: { rule: ">0", on_fail: "quarantine_rows" } };
    const lake = await published({ quality_rules: rules }, null);
    expect(await publishedIds(lake)).toEqual(["1", "2", "4"]);
    const rejected = (await lake.referenced()).filter((key) => key.includes("/quarantine/"));
    expect(rejected).toHaveLength(1);

    await replayedUnder(lake, {});
    expect((await lake.get("/batches/b")).at("quality", "contract")).toBeNull();
    expect((await lake.get("/batches/b/quarantine")).status).toBe(404);
    expect(await publishedIds(lake)).toEqual(["1", "2", "3", "4"]);

    await forget(lake);
    expect(await publishedIds(lake)).toEqual(["1", "3", "4"]);
    for (const key of rejected) expect(await env.OBJECTS.head(key)).toBeNull();
  });

  test("of a request, whose rules fit the schema no more, holds up no erasure", async () => {
    const asked = { amount: { rule: "length:1,2", on_fail: "quarantine_rows" } };
    const lake = await published({ schema: { ...PEOPLE, amount: "string" } }, asked);
    expect(await publishedIds(lake)).toEqual(["1", "2", "4"]);

    await replayedUnder(lake, { schema: PEOPLE });
    expect((await lake.get("/batches/b")).at("quality", "request")).toBeNull();
    expect(await publishedIds(lake)).toEqual(["1", "2", "3", "4"]);

    await forget(lake);
    expect(await publishedIds(lake)).toEqual(["1", "3", "4"]);
  });

  test("of a request, whose rules fit the schema no more, keeps no batch from going on", async () => {
    const lake = await peopleLake({ ...terms, schema: { ...PEOPLE, amount: "string" } });
    await appendPeople(lake, "b", ROWS);
    const asked = { amount: { rule: "length:1,2", on_fail: "quarantine_rows" } };
    await lake.done("/run-dq", { batch_id: "b", quality_rules: asked });
    await replayedUnder(lake, { schema: PEOPLE, quality_rules: { amount: ">-99" } });
    await lake.done("/run-dq", { batch_id: "b" });
    await lake.done("/run-privacy", { batch_id: "b" });
    expect(typesOf(await lake.done("/publish-batch", { batch_id: "b" }))).toEqual([
      "DataPublished",
    ]);
    expect(await publishedIds(lake)).toEqual(["1", "2", "3", "4"]);
  });
});

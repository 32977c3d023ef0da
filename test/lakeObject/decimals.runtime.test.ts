/** Decimal columns from the upload to the published file: what a batch says they are, and keeps. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { appendPeople, forget, JANE, peopleLake } from "../support/erasureLake.ts";
import { eventually, type Lake } from "../support/lakeClient.ts";

const SCHEMA = { id: "int", person: "string", amount: "decimal", share: "decimal" } as const;

const csvOf = (rows: readonly string[]) => `id,person,amount,share\n${rows.join("\n")}\n`;

/** The longest numbers of both columns are Jane's. */
const SMALL = csvOf([
  "1,anna,10.5,0.25",
  `2,${JANE},12345678901234567.125,${"1".repeat(30)}`,
  `3,${JANE},1,0.1234567890`,
  "4,otto,,1",
]);
const DECIMALS = { amount: "decimal(20,3)", share: "text" };

const publishedCsv = async (lake: Lake): Promise<string> => {
  await lake.done("/consume-batch", { batch_id: "b", consumer: "alice", format: "csv" });
  const keys = (await lake.keys()).filter((key) => key.includes("/published/"));
  const key = keys.find((one) => one.endsWith(".csv"));
  return (await (await env.OBJECTS.get(key ?? ""))?.text()) ?? "";
};

const decimalsOf = async (lake: Lake) => (await lake.get("/batches/b")).at("published", "decimals");

describe("decimal columns", () => {
  test("are said to be numbers or text, and stay so when a person is forgotten", async () => {
    const lake = await peopleLake({ privacy_rules: { person: "hash" } }, { schema: SCHEMA });
    expect((await appendPeople(lake, "b", SMALL)).status).toBe(201);
    await lake.done("/run-privacy", { batch_id: "b" });
    await lake.done("/publish-batch", { batch_id: "b" });
    expect(await decimalsOf(lake)).toEqual(DECIMALS);
    expect(await publishedCsv(lake)).toMatch(/^id.*\n1,[0-9a-f]{64},10\.500,0\.25\n2/);
    await forget(lake);
    expect(await decimalsOf(lake)).toEqual(DECIMALS);
    expect((await lake.get("/batches/b")).at("published", "rows")).toBe(2);
    expect(await publishedCsv(lake)).toMatch(/^id.*\n1,\w+,10\.500,0\.25\n4,\w+,,1\n$/);
  });

  test("are the same of a file in segments, and after a replay", async () => {
    const lake = await peopleLake({ privacy_rules: { person: "hash" } }, { schema: SCHEMA });
    const long = Array.from({ length: 1_000 }, (_, n) => `${n + 1},p${n},${n}.5,0.25`);
    long[900] = "901,p900,-0.125,7";
    const settled = async (work: Promise<{ readonly status: number }>) => {
      expect((await work).status).toBe(202);
      await eventually(async () => {
        await lake.ring();
        expect((await lake.get("/batches/b")).at("work")).toMatchObject({ state: "completed" });
      });
    };
    await settled(appendPeople(lake, "b", csvOf(long)));
    await settled(lake.post("/run-privacy", { batch_id: "b" }));
    await settled(lake.post("/publish-batch", { batch_id: "b" }));
    const decimals = { amount: "decimal(18,3)", share: "decimal(18,2)" };
    expect(await decimalsOf(lake)).toEqual(decimals);
    const lines = (await publishedCsv(lake)).split("\n");
    expect(lines[1]).toMatch(/^1,\w+,0\.500,0\.25$/);
    expect(lines[901]).toMatch(/^901,\w+,-0\.125,7\.00$/);
    const replayed = await lake.post("/replay", { dataset: "people" });
    expect(replayed.status).toBe(202);
    await eventually(async () => {
      await lake.ring();
      const replay = await lake.get(`/replays/${replayed.text("replay", "replay_id")}`);
      expect(replay.at("status")).toBe("completed");
    });
    expect(await decimalsOf(lake)).toEqual(decimals);
  });
});

/** `unique` across the published batches of a dataset, over real files. */
import { describe, expect, test } from "vitest";
import {
  type Answer,
  append,
  eventually,
  type Lake,
  newLake,
  typesOf,
} from "../support/lakeClient.ts";

type Terms = Readonly<Record<string, unknown>>;

const CONTRACT = { contract_id: "c1", dataset: "sales", retention_days: 365 };

const uniqueLake = async (rule: unknown, terms: Terms = {}): Promise<Lake> => {
  const lake = await newLake();
  await lake.done("/datasets", {
    name: "sales",
    schema: { id: "int", name: "string" },
    contains_pii: false,
    encryption_enabled: terms.encrypted === true,
  });
  const { encrypted: _, ...more } = terms;
  await lake.done("/contracts", { ...CONTRACT, quality_rules: { id: rule }, ...more });
  return lake;
};

const csv = (...ids: readonly (number | string)[]) =>
  `id,name\n${ids.map((id) => `${id},n${id}`).join("\n")}\n`;

const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);

const settled = async (lake: Lake, batch_id: string, answer: Answer): Promise<Answer> => {
  if (answer.status !== 202) return answer;
  let after = answer;
  await eventually(async () => {
    await lake.ring();
    after = await lake.get(`/batches/${batch_id}`);
    expect(after.at("work", "state")).not.toBe("running");
  });
  return after;
};

const step = async (lake: Lake, batch_id: string, route: string, more: Terms = {}) =>
  settled(lake, batch_id, await lake.post(route, { batch_id, ...more }));

const check = async (lake: Lake, batch_id: string, content: string) => {
  await settled(lake, batch_id, await append(lake, batch_id, content));
  return step(lake, batch_id, "/run-dq");
};

const publish = async (lake: Lake, batch_id: string, content: string) => {
  await check(lake, batch_id, content);
  const published = await step(lake, batch_id, "/publish-batch");
  expect(published.status, JSON.stringify(published.body)).toBe(200);
};

const state = async (lake: Lake, batch_id: string) =>
  (await lake.get(`/batches/${batch_id}`)).at("state");

describe("unique across the dataset", () => {
  test("fails rows whose value another published batch has, whichever way it is written", async () => {
    for (const rule of ["unique_in_dataset", { rule: "unique", scope: "dataset" }]) {
      const lake = await uniqueLake(rule);
      await publish(lake, "b1", csv(1, 2, 3));
      // What was only checked is no publication.
      await check(lake, "b2", csv(10, 11));
      const failed = await check(lake, "b3", csv(11, 3, "", "", 4, 4));
      expect(failed.at("passed")).toBe(false);
      expect(failed.at("report", "rules", 0)).toMatchObject({
        rule: "unique_in_dataset",
        failures: 2,
        sample_rows: [2, 6],
      });
      expect(await state(lake, "b3")).toBe("quarantined");
      expect((await lake.get("/batches/b3")).at("quality", "contract")).toMatchObject({
        compared_batches: 1,
        not_compared_batches: 0,
      });
      expect(await lake.keys()).toEqual(await lake.referenced());
    }
  });

  test("diverts, tolerates or warns as any other rule does", async () => {
    const rule = { rule: "unique", scope: "dataset", on_fail: "quarantine_rows" };
    const lake = await uniqueLake(rule, { privacy_rules: { name: "redact" } });
    await publish(lake, "b1", csv(1, 2, 3));
    const checked = await check(lake, "b2", csv(3, 4, 2));
    expect(checked.at("report")).toMatchObject({ rows: 3, failed_rows: 2 });
    await step(lake, "b2", "/run-privacy");
    await step(lake, "b2", "/publish-batch");
    expect((await lake.get("/batches/b2")).at("published", "rows")).toBe(1);
    // What was diverted from b2 is not taken by it, what it published is.
    expect((await check(lake, "b3", csv(4, 5))).at("report", "failed_rows")).toBe(1);
    const lenient = await uniqueLake({ rule: "unique_in_dataset", severity: "warn" });
    await publish(lenient, "b1", csv(1, 2));
    const warned = await check(lenient, "b2", csv(2, 3));
    expect(warned.at("passed")).toBe(true);
    expect(warned.text("warnings", 0)).toContain("unique_in_dataset: 1 rows fail");
    expect((await step(lenient, "b2", "/publish-batch")).status).toBe(200);
  });

  test("lets one of two batches in that were checked at the same time", async () => {
    const rule = { rule: "unique", scope: "dataset", on_fail: "quarantine_rows" };
    const lake = await uniqueLake(rule);
    for (const id of ["b1", "b2"]) expect((await check(lake, id, csv(1, 2))).status).toBe(200);
    const both = await Promise.all(
      ["b1", "b2"].map((batch_id) => lake.post("/publish-batch", { batch_id })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const refused = both[0]?.status === 409 ? "b1" : "b2";
    const again = await lake.post("/publish-batch", { batch_id: refused });
    expect(again.body).toMatchObject({ status: 409, code: "unique-outdated" });
    expect((await step(lake, refused, "/run-dq")).at("report", "failed_rows")).toBe(2);
    await step(lake, refused, "/publish-batch");
    expect((await lake.get(`/batches/${refused}`)).at("published", "rows")).toBe(0);
  });

  test("compares a batch with the others only: when it is replayed, and when it comes again", async () => {
    const lake = await uniqueLake("unique_in_dataset");
    await publish(lake, "b1", csv(1, 2));
    await publish(lake, "b2", csv(3, 4));
    const replayed = await lake.done("/replay", { dataset: "sales" });
    expect(replayed.at("replay", "outcomes")).toMatchObject([
      { outcome: "replayed" },
      { outcome: "replayed" },
    ]);
    expect((await step(lake, "b1", "/quarantine-batch", { reason: "odd" })).status).toBe(200);
    // In quarantine it keeps its place: its release needs no other check.
    expect((await check(lake, "b3", csv(2))).at("passed")).toBe(false);
    await publish(lake, "b1", csv(2, 5));
    expect((await check(lake, "b4", csv(1))).at("passed")).toBe(true);
    expect((await check(lake, "b5", csv(5))).at("passed")).toBe(false);
    await lake.ringFor("delete_objects");
    expect(await lake.keys()).toEqual(await lake.referenced());
  });

  test("says which batches it was not compared with, until a replay has made them comparable", async () => {
    const lake = await uniqueLake("unique");
    await publish(lake, "b1", csv(1, 2));
    await publish(lake, "b2", csv(2, 3));
    await lake.put("/contracts/c1", { ...CONTRACT, quality_rules: { id: "unique_in_dataset" } });
    const blind = await check(lake, "b3", csv(1));
    expect(blind.at("passed")).toBe(true);
    expect(blind.text("warnings", 0)).toContain("was not compared with 2 published batches");
    const replayed = await lake.done("/replay", { dataset: "sales" });
    // The first of those with a value keeps it.
    expect(replayed.at("replay", "outcomes")).toMatchObject([
      { batch_id: "b1", outcome: "replayed" },
      { batch_id: "b2", outcome: "quarantined" },
      { batch_id: "b3", outcome: "quarantined" },
    ]);
    const seeing = await check(lake, "b4", csv(1));
    expect(seeing.at("passed")).toBe(false);
    expect(typesOf(seeing)).toContain("QualityCheckFailed");
  });

  test("holds for several columns together, and in an encrypted dataset", async () => {
    const rules = { "*": { rule: "unique", columns: ["id", "name"], scope: "dataset" } };
    const lake = await uniqueLake("unique", { quality_rules: rules, encrypted: true });
    await publish(lake, "b1", csv(1, 2));
    const failed = await check(lake, "b2", "id,name\n1,n1\n1,other\n2,\n");
    expect(failed.at("report", "rules", 0)).toMatchObject({
      rule: "unique_in_dataset:id,name",
      failures: 1,
      sample_rows: [1],
    });
  });

  test("holds for large batches, among themselves and with small ones", async () => {
    const rule = { rule: "unique", scope: "dataset", on_fail: "quarantine_rows" };
    const lake = await uniqueLake(rule);
    await publish(lake, "small", csv(500, 10_000));
    await check(lake, "big1", csv(...range(1, 1_000)));
    const big1 = await lake.get("/batches/big1");
    expect(Number(big1.at("work", "segments", "total"))).toBeGreaterThan(1);
    expect(big1.at("quality", "contract", "report")).toMatchObject({ rows: 1_000, failed_rows: 1 });
    await check(lake, "big2", csv(...range(901, 1_000)));
    await step(lake, "big1", "/publish-batch");
    expect((await lake.get("/batches/big1")).at("published", "rows")).toBe(999);
    // Checked beside it, and told so when it is to be published.
    const refused = await step(lake, "big2", "/publish-batch");
    expect(refused.at("work")).toMatchObject({ state: "failed" });
    expect(refused.text("work", "reason")).toContain("100 rows of batch big2");
    await step(lake, "big2", "/run-dq");
    await step(lake, "big2", "/publish-batch");
    expect((await lake.get("/batches/big2")).at("published", "rows")).toBe(900);
    await lake.ringFor("delete_objects");
    await eventually(async () => {
      await lake.ring();
      expect(await lake.keys()).toEqual(await lake.referenced());
    });
  }, 120_000);

  test("leaves no value behind, only keyed hashes", async () => {
    const lake = await uniqueLake("unique_in_dataset");
    await publish(lake, "b1", csv(123_456_789));
    expect((await lake.keys()).some((key) => key.endsWith(".hashes"))).toBe(true);
    expect(await lake.dump()).not.toContain("123456789");
  });
});

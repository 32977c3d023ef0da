/** The gate of k-anonymity as its users meet it: contracts that demand it, batches that hold it. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { appendPeople, csvOf, forget, peopleLake } from "../support/erasureLake.ts";
import { append, eventually, type Lake, salesLake, typesOf } from "../support/lakeClient.ts";

const demand = (on_violation: "refuse" | "suppress", k = 2) => ({
  k_anonymity: { columns: ["amount"], k, on_violation },
});

/** Two rows of 1.5, three of 2.5, and one that stands alone. */
const CSV = "id,amount\n1,1.5\n2,1.5\n3,2.5\n4,2.5\n5,2.5\n6,77.25\n";

const stateOf = (lake: Lake, batch_id: string) => lake.get(`/batches/${batch_id}`);

/** Nothing lies in the bucket that no state refers to. */
const expectNoLitter = (lake: Lake) =>
  eventually(async () => {
    await lake.ring();
    expect(await lake.keys()).toEqual(await lake.referenced());
  });

describe("a contract that demands k-anonymity", () => {
  test("shows it, keeps it in its history, and refuses what makes no sense", async () => {
    const lake = await salesLake(demand("suppress"));
    expect((await lake.get("/contracts/c1")).body).toMatchObject(demand("suppress"));
    const same = { retention_days: 365, ...demand("suppress") };
    expect(typesOf(await lake.put("/contracts/c1", same))).toEqual([]);
    const changed = await lake.put("/contracts/c1", { retention_days: 365 });
    expect(changed.at("contract", "k_anonymity")).toBeNull();
    for (const k_anonymity of [
      { columns: ["nobody"], k: 2 },
      { columns: [], k: 2 },
      { columns: ["id", "id"], k: 2 },
      { columns: ["id"], k: 1 },
      { columns: ["id"], k: 1001 },
      { columns: ["id"], k: 2, on_violation: "warn" },
      { columns: ["id"] },
    ]) {
      const refused = await lake.put("/contracts/c1", { retention_days: 365, k_anonymity });
      expect([refused.status, k_anonymity]).toEqual([422, k_anonymity]);
      expect(refused.text("errors", 0, "path")).toMatch(/^k_anonymity/);
    }
  });

  test("refuses to publish what singles somebody out, in numbers, and leaves nothing behind", async () => {
    const lake = await salesLake(demand("refuse"));
    await append(lake, "b", CSV);
    const refused = await lake.post("/publish-batch", { batch_id: "b" });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      code: "k-anonymity-violated",
      smallest_group: 1,
      groups: 3,
      groups_below_k: 1,
      rows_below_k: 1,
    });
    expect(JSON.stringify(refused.body)).not.toContain("77.25");
    expect((await stateOf(lake, "b")).body).toMatchObject({ state: "appended", published: null });
    await expectNoLitter(lake);
    // A range instead of the values: two groups are one, and nobody stands alone.
    const privacy_rules = { amount: { strategy: "bucket", buckets: [0, 1000] } };
    await lake.done("/run-privacy", { batch_id: "b", privacy_rules });
    const published = await lake.done("/publish-batch", { batch_id: "b" });
    expect(published.at("warnings")).toEqual([]);
    expect((await stateOf(lake, "b")).at("published")).toMatchObject({
      rows: 6,
      suppressed_rows: 0,
      k_anonymity: { groups: 1, smallest_group: 6, rows_below_k: 0, k: 2 },
    });
    await expectNoLitter(lake);
  });

  test.each([
    ["as it is", {}],
    ["transformed on the way", { privacy_rules: { id: "hash" } }],
  ])("leaves out small groups of a batch %s, and says how many rows", async (_, terms) => {
    const lake = await salesLake({ ...demand("suppress"), ...terms });
    await append(lake, "b", CSV);
    const answer = await lake.done("/publish-batch", { batch_id: "b" });
    expect(answer.at("warnings", 0)).toMatch(/^1 rows were left out for k-anonymity/);
    const suppressed = { rows: 5, suppressed_rows: 1 };
    expect(answer.at("batch", "published")).toMatchObject(suppressed);
    expect((await stateOf(lake, "b")).at("published")).toMatchObject({
      ...suppressed,
      k_anonymity: { groups: 3, smallest_group: 1, groups_below_k: 1, rows_below_k: 1 },
    });
    const { items } = (await lake.get("/events?type=DataPublished")).body as {
      items: { data: Record<string, unknown> }[];
    };
    expect(items[0]?.data).toMatchObject(suppressed);
    const consumed = await lake.done("/consume-batch", {
      batch_id: "b",
      consumer: "alice",
      format: "csv",
    });
    const path = new URL(consumed.text("download_url")).pathname;
    const key = path.split(`${env.OBJECTS_BUCKET}/`)[1];
    const csv = (await (await env.OBJECTS.get(key ?? ""))?.text()) ?? "";
    expect(csv).not.toContain("77.25");
    expect(csv.trim().split("\n")).toHaveLength(6);
    await expectNoLitter(lake);
  });

  test("that comes later closes what was published until a replay passes its gate", async () => {
    const lake = await salesLake();
    for (const batch_id of ["good", "bad"]) {
      await append(lake, batch_id, batch_id === "bad" ? CSV : "id,amount\n1,1.5\n2,1.5\n");
      await lake.done("/publish-batch", { batch_id });
    }
    const consume = async (batch_id: string) => {
      const answer = await lake.post("/consume-batch", { batch_id, consumer: "alice" });
      return [answer.status, answer.at("code")];
    };
    expect(await consume("bad")).toEqual([200, undefined]);
    await lake.put("/contracts/c1", { retention_days: 365, ...demand("refuse") });
    expect(await consume("good")).toEqual([409, "replay-required"]);

    await lake.done("/replay", { dataset: "sales" });
    expect(await consume("good")).toEqual([200, undefined]);
    const bad = await stateOf(lake, "bad");
    expect(bad.at("quarantine")).toMatchObject({ cause: "k_anonymity", from: "published" });
    expect(await consume("bad")).toEqual([409, "batch-quarantined"]);
    await lake.done("/release-batch", { batch_id: "bad", reason: "to be replayed" });
    expect(await consume("bad")).toEqual([409, "replay-required"]);

    await lake.put("/contracts/c1", { retention_days: 365, ...demand("suppress") });
    await lake.done("/replay", { dataset: "sales" });
    expect(await consume("bad")).toEqual([200, undefined]);
    expect((await stateOf(lake, "bad")).at("published")).toMatchObject({
      rows: 5,
      suppressed_rows: 1,
    });
    await expectNoLitter(lake);
  });

  test("counts people instead of rows where what is published tells them apart", async () => {
    const terms = { k_anonymity: { columns: ["amount"], k: 2, on_violation: "refuse" } };
    const lake = await peopleLake({ privacy_rules: { person: "hash" }, ...terms });
    const alone = csvOf([1, "anna", 10], [2, "anna", 10], [3, "otto", 20], [4, "ida", 20]);
    await appendPeople(lake, "alone", alone);
    await lake.done("/run-privacy", { batch_id: "alone" });
    const refused = await lake.post("/publish-batch", { batch_id: "alone" });
    expect(refused.body).toMatchObject({
      code: "k-anonymity-violated",
      groups_below_k: 1,
      rows_below_k: 2,
    });
    expect(refused.text("detail")).toContain("the smallest has 1 person;");
    const crowd = csvOf([1, "anna", 10], [2, "anna", 10], [3, "otto", 10]);
    await appendPeople(lake, "crowd", crowd);
    await lake.done("/run-privacy", { batch_id: "crowd" });
    expect((await lake.done("/publish-batch", { batch_id: "crowd" })).at("warnings")).toEqual([]);
    expect((await stateOf(lake, "crowd")).at("published", "k_anonymity")).toMatchObject({
      counted: "people",
      smallest_group: 2,
    });
    // Without Otto Anna is alone again: what is left is counted as it was before.
    await forget(lake, "otto");
    expect((await stateOf(lake, "crowd")).at("quarantine", "cause")).toBe("k_anonymity");
  });

  test("counts rows, and warns of it, where nobody can be told apart any more", async () => {
    const terms = { k_anonymity: { columns: ["amount"], k: 2, on_violation: "refuse" } };
    const lake = await peopleLake({ privacy_rules: { person: "redact" }, ...terms });
    await appendPeople(lake, "b", csvOf([1, "anna", 10], [2, "anna", 10]));
    await lake.done("/run-privacy", { batch_id: "b" });
    const published = await lake.done("/publish-batch", { batch_id: "b" });
    expect(published.text("warnings", 0)).toMatch(/^k-anonymity was counted in rows: .* person /);
    expect((await stateOf(lake, "b")).at("published", "k_anonymity", "counted")).toBe("rows");
    // A replay under a strategy that tells people apart counts them.
    await lake.put("/contracts/c", {
      retention_days: 365,
      privacy_rules: { person: "hash" },
      ...terms,
    });
    await lake.done("/replay", { dataset: "people" });
    expect((await stateOf(lake, "b")).at("quarantine", "cause")).toBe("k_anonymity");
  });

  test("holds large files to it in the background", async () => {
    const rows = Array.from({ length: 2_000 }, (_, n) => `${n + 1},${n === 7 ? 77.25 : n % 3}`);
    const settled = async (lake: Lake) => {
      await eventually(async () => {
        await lake.ring();
        expect((await stateOf(lake, "b")).at("work", "state")).not.toBe("running");
      });
      return stateOf(lake, "b");
    };
    for (const on_violation of ["suppress", "refuse"] as const) {
      const lake = await salesLake(demand(on_violation, 50));
      expect((await append(lake, "b", `id,amount\n${rows.join("\n")}\n`)).status).toBe(202);
      await settled(lake);
      expect((await lake.post("/publish-batch", { batch_id: "b" })).status).toBe(202);
      const after = await settled(lake);
      if (on_violation === "suppress") {
        expect(after.at("work", "state")).toBe("completed");
        expect(after.at("published")).toMatchObject({ rows: 1_999, suppressed_rows: 1 });
      } else {
        expect(after.body).toMatchObject({ state: "appended", published: null });
        expect(after.at("work")).toMatchObject({ state: "failed" });
        expect(after.text("work", "reason")).toMatch(/^k-anonymity is violated \(k = 50/);
      }
      await expectNoLitter(lake);
    }
  }, 60_000);
});

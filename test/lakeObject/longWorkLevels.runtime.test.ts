/** Large files where more is demanded of them: sealed, proposed for approval, k-anonymous. */
import { describe, expect, test } from "vitest";
import { append, eventually, type Lake, salesLake } from "../support/lakeClient.ts";
import { fetched, storedTexts, strictLake, urlOf } from "../support/sealedLake.ts";

const ROWS = 500;
/** More than the limit of the tests: several segments. */
const PEOPLE = `id,name,amount\n${Array.from(
  { length: ROWS },
  (_, n) => `${n + 1},Person-Number-${n + 1},${n}.5`,
).join("\n")}\n`;

/** Asks for a step, which goes on in the background, and waits for its end. */
const step = async (lake: Lake, route: string, body: Readonly<Record<string, unknown>>) => {
  const answer = await lake.post(route, { batch_id: "b", ...body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  let after = answer;
  await eventually(async () => {
    await lake.ring();
    after = await lake.get("/batches/b");
    expect(after.at("work", "state")).not.toBe("running");
  });
  return after;
};

const nothingElseIsLeft = (lake: Lake) =>
  eventually(async () => {
    await lake.ring();
    expect(await lake.keys()).toEqual(await lake.referenced());
  });

describe("a large file", () => {
  test("of an encrypted dataset is sealed in every part, proposed and approved", async () => {
    const lake = await strictLake();
    await lake.land("b.csv", PEOPLE);
    const about = { dataset: "people", contract_id: "c1", file_url: "b.csv" };
    const appended = await step(lake, "/append-batch", about);
    expect(appended.body).toMatchObject({ state: "appended", rows: ROWS });
    expect(Number(appended.at("work", "segments", "total"))).toBeGreaterThan(1);
    const quality_rules = { amount: { rule: ">0.5", on_fail: "quarantine_rows" } };
    await step(lake, "/run-dq", { quality_rules });

    const proposed = await step(lake, "/run-privacy", {});
    expect(proposed.at("work")).toMatchObject({ kind: "privacy", state: "completed" });
    expect(proposed.body).toMatchObject({
      state: "checked",
      privacy: null,
      proposed_privacy: { rules: { name: "hash" }, report: { rows: ROWS - 1 } },
    });
    const early = await lake.post("/publish-batch", { batch_id: "b" });
    expect([early.status, early.at("code")]).toEqual([422, "privacy-run-required"]);
    const run_id = proposed.text("proposed_privacy", "run_id");
    await lake.done(`/run-privacy/${run_id}/approve`, { approver: "petra" });
    const published = await step(lake, "/publish-batch", {});
    expect(published.body).toMatchObject({
      state: "published",
      published: { rows: ROWS - 1 },
      privacy: { run_id, approver: "petra" },
    });

    const csv = await fetched(await urlOf(lake, "b"));
    expect(csv.text).toMatch(/^id,name,amount\n(\d+,[0-9a-f]{64},\d+\.5\n)+$/);
    expect(csv.text.trimEnd().split("\n")).toHaveLength(ROWS);
    await nothingElseIsLeft(lake);
    const stored = await storedTexts(lake);
    expect(stored.size).toBeGreaterThan(0);
    for (const text of stored.values()) expect(text).not.toContain("Person-Number-");
    expect(await lake.dump()).not.toContain("Person-Number-");
  }, 120_000);

  test("is counted in groups over all its segments: refused below k, or published without", async () => {
    // One group in every segment is of one row; of the others each has many, in all of them.
    const rows = Array.from({ length: 2_000 }, (_, n) => `${n === 700 ? 99 : n % 4},${n}.5`);
    const content = `id,amount\n${rows.join("\n")}\n`;
    const lakeThat = (on_violation: string) =>
      salesLake({ k_anonymity: { columns: ["id"], k: 400, on_violation } });

    const strict = await lakeThat("refuse");
    expect((await append(strict, "b", content)).status).toBe(202);
    await eventually(async () => {
      await strict.ring();
      expect((await strict.get("/batches/b")).at("state")).toBe("appended");
    });
    const refused = await step(strict, "/publish-batch", {});
    expect(refused.body).toMatchObject({ state: "appended", work: { state: "failed" } });
    expect(refused.text("work", "reason")).toContain("of 5 groups 1 are smaller than 400");

    const lenient = await lakeThat("suppress");
    await append(lenient, "b", content);
    await eventually(async () => {
      await lenient.ring();
      expect((await lenient.get("/batches/b")).at("state")).toBe("appended");
    });
    const published = await step(lenient, "/publish-batch", {});
    expect(published.body).toMatchObject({
      state: "published",
      published: { rows: 1_999, suppressed_rows: 1, k_anonymity: { groups: 5, groups_below_k: 1 } },
    });
    for (const lake of [strict, lenient]) await nothingElseIsLeft(lake);
  }, 120_000);
});

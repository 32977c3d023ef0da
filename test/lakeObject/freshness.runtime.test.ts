/** The watch over freshness with real files, real alarms and a webhook's notification owed. */
import { abortAllDurableObjects, evictAllDurableObjects } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { append, eventually, type Lake, newLake } from "../support/lakeClient.ts";

const DAY_MS = 86_400_000;

const watchedLake = async (terms: Readonly<Record<string, unknown>> = {}): Promise<Lake> => {
  const lake = await newLake();
  await lake.done("/datasets", {
    name: "sales",
    schema: { id: "int", amount: "decimal", seen_at: "datetime", day: "date" },
    contains_pii: false,
  });
  await lake.done("/contracts", {
    contract_id: "c1",
    dataset: "sales",
    retention_days: 365,
    quality_rules: { "*": ["freshness:seen_at,24h", "freshness:day,400d"] },
    ...terms,
  });
  return lake;
};

const time = (ms_ago: number) => new Date(Date.now() - ms_ago).toISOString();
const today = () => time(0).slice(0, "YYYY-MM-DD".length);

/** Rows of which the newest moment is so long ago. */
const csv = (ms_ago: number, rows = 3) => {
  const row = (n: number) => `${n},1.5,${time(ms_ago + n * 60_000)},${today()}`;
  const lines = [`0,1.50,${time(ms_ago)},${today()}`, "1,2,,"];
  for (let n = 2; n < rows; n += 1) lines.push(row(n));
  return `id,amount,seen_at,day\n${lines.join("\n")}\n`;
};

const publish = async (lake: Lake, batch_id: string, content: string) => {
  const settled = async ({ status }: { readonly status: number }) => {
    if (status !== 202) return;
    await eventually(async () => {
      await lake.ring();
      const { body } = await lake.get(`/batches/${batch_id}`);
      expect(body).toMatchObject({ work: { state: "completed" } });
    });
  };
  await settled(await append(lake, batch_id, content));
  await settled(await lake.done("/run-dq", { batch_id }));
  await settled(await lake.done("/publish-batch", { batch_id }));
};

const watched = async (lake: Lake) =>
  (await lake.get("/datasets/sales")).at("freshness") as readonly Record<string, unknown>[];

/** Once the alarm has looked at what was published. */
const observed = (lake: Lake) =>
  eventually(async () => {
    const rows = await watched(lake);
    expect(rows).toHaveLength(2);
    for (const { counted_from } of rows) expect(counted_from).not.toBeNull();
  });

const types = async (lake: Lake) =>
  (await lake.events())
    .filter(({ stream }) => stream.startsWith("freshness/"))
    .map(({ type, data }) => `${type.replace("DatasetFreshness", "")} ${data.column ?? ""}`.trim());

describe("freshness under watch", () => {
  test("is breached by the clock alone, told to webhooks, and restored by a fresh batch", async () => {
    const lake = await watchedLake();
    await lake.done("/webhooks", {
      url: "http://127.0.0.1:9/hook",
      events: ["DatasetFreshnessBreached", "DatasetFreshnessRestored"],
    });
    await publish(lake, "b1", csv(DAY_MS - 1_500));
    await observed(lake);
    const shown = await watched(lake);
    expect(shown[0]).toMatchObject({ column: "seen_at", counted_from: "value" });
    // A date is as old as the end of its day.
    expect(shown[1]).toMatchObject({ column: "day", state: "fresh" });
    expect(Date.parse(String(shown[1]?.newest))).toBe(Date.parse(today()) + DAY_MS);
    await eventually(async () => {
      expect(await types(lake)).toContain("Breached seen_at");
    });
    expect((await watched(lake))[0]).toMatchObject({ state: "stale" });
    expect((await lake.get("/report")).at("freshness_breaches")).toBe(1);
    expect(await lake.sql("SELECT type FROM webhook_deliveries ORDER BY seq")).toEqual([
      { type: "DatasetFreshnessBreached" },
    ]);
    await publish(lake, "b2", csv(0));
    await eventually(async () => {
      expect((await types(lake)).slice(-2)).toEqual(["Observed seen_at", "Restored seen_at"]);
    });
    expect((await lake.get("/report")).at("freshness_breaches")).toBe(0);
    expect((await types(lake)).filter((type) => type.startsWith("Breached"))).toHaveLength(1);
  }, 30_000);

  test("is not missed when the lake crashes or sleeps over the moment", async () => {
    for (const disturb of [abortAllDurableObjects, evictAllDurableObjects]) {
      const lake = await watchedLake();
      await publish(lake, "b1", csv(DAY_MS - 1_200));
      await observed(lake);
      await disturb();
      await scheduler.wait(1_500);
      await eventually(async () => expect(await types(lake)).toContain("Breached seen_at"));
    }
  }, 30_000);

  test("finds the newest published value of a large file as of a small one", async () => {
    const lake = await watchedLake();
    await publish(lake, "big", csv(3_600_000, 220));
    expect((await lake.get("/batches/big")).at("work", "segments", "total")).toBeGreaterThan(1);
    await observed(lake);
    const [seen_at] = await watched(lake);
    const age_ms = Date.now() - Date.parse(String(seen_at?.newest));
    expect(age_ms).toBeGreaterThanOrEqual(3_600_000);
    expect(age_ms).toBeLessThan(3_600_000 + 60_000);
  }, 60_000);

  test("passes over values that lie ahead, on publication and on replay", async () => {
    const lake = await watchedLake();
    const newest = time(1_800_000);
    const rows = [`8,8,${time(-400 * DAY_MS)},2999-12-31`, `9,9,${newest},`];
    await publish(lake, "b1", `${csv(3_600_000)}${rows.join("\n")}\n`);
    await observed(lake);
    const [seen_at, day] = await watched(lake);
    expect(seen_at?.newest).toBe(newest);
    expect(Date.parse(String(day?.newest))).toBe(Date.parse(today()) + DAY_MS);
    await lake.done("/replay", { dataset: "sales" });
    expect(await watched(lake)).toMatchObject([
      { newest: seen_at?.newest },
      { newest: day?.newest },
    ]);
    // Nothing else is there: freshness is not shown by what is to come.
    const only = await append(
      lake,
      "b2",
      `id,amount,seen_at,day\n1,1,${time(-DAY_MS)},${today()}\n`,
    );
    expect(only.status).toBe(201);
    expect((await lake.done("/run-dq", { batch_id: "b2" })).body).toMatchObject({ passed: false });
  }, 30_000);

  test("leaves no moment of a transformed column in the log", async () => {
    const lake = await watchedLake({
      privacy_rules: { seen_at: { strategy: "date_shift", days: 30 }, day: "redact" },
    });
    const content = csv(3_600_000);
    await publish(lake, "b1", content);
    await observed(lake);
    for (const row of await watched(lake)) expect(row.counted_from).toBe("append");
    const dump = await lake.dump();
    for (const [moment] of content.matchAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)) {
      expect(dump).not.toContain(moment);
    }
  }, 30_000);
});

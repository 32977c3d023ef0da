/** What is said of the file that a published batch was appended from, and to whom. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import { append, type Lake, lakeOf } from "../support/lakeClient.ts";

let callers: KnownCallers;
beforeAll(async () => {
  callers = await knownCallers();
});
afterAll(() => {
  vi.unstubAllGlobals();
});

/** In the background, so that it has work to show. */
const LARGE = `id,amount\n${Array.from({ length: 1_000 }, (_, n) => `${n},${n}.5`).join("\n")}\n`;

const settled = (lake: Lake, state: string) =>
  vi.waitFor(
    async () => {
      await lake.ring();
      expect((await lake.get("/batches/b")).at("state")).toBe(state);
    },
    { timeout: 20_000, interval: 20 },
  );

test("the raw file is shown to an analyst neither in size nor by digest, whatever he asks", async () => {
  const lake = await lakeWith(callers, ["analyst", "engineer"]);
  const trusted = lakeOf(lake.id);
  const schema = { id: "int", amount: "float" };
  await trusted.done("/datasets", { name: "sales", schema, contains_pii: false });
  const contract = { contract_id: "c1", dataset: "sales", retention_days: 9 };
  await trusted.done("/contracts", { ...contract, privacy_rules: { id: "hash" } });
  expect((await append(trusted, "b", LARGE)).status).toBe(202);
  await settled(trusted, "appended");
  await trusted.done("/publish-batch", { batch_id: "b" });
  await settled(trusted, "published");

  const [owner, analyst, engineer] = [lake.as("owner"), lake.as("analyst"), lake.as("engineer")];
  const whole = (await engineer("GET", "/batches/b")).body as Record<string, unknown>;
  expect(whole).toMatchObject({
    bytes: LARGE.length,
    digest: expect.stringMatching(/^hmac-sha256:[0-9a-f]{64}$/),
    work: { total_bytes: expect.any(Number), bytes: expect.any(Number) },
  });
  const { bytes: _, digest, ...rest } = whole;
  const published = { ...rest, work: null };

  const now = new Date().toISOString();
  expect((await analyst("GET", "/batches/b")).body).toEqual(published);
  expect((await analyst("GET", `/batches/b?at=${now}`)).body).toEqual(published);
  expect((await analyst("GET", "/batches")).at("items")).toEqual([
    expect.not.objectContaining({ digest: expect.anything(), bytes: expect.anything() }),
  ]);
  for (const format of ["parquet", "csv"]) {
    const consumed = await analyst("POST", "/consume-batch", { batch_id: "b", format });
    expect(consumed.status).toBe(200);
    expect(consumed.at("batch", "published", "files", 0)).toHaveProperty("digest");
    expect(JSON.stringify(consumed.body)).not.toContain(String(digest));
    expect(consumed.at("batch")).not.toHaveProperty("bytes");
  }
  expect((await owner("POST", "/consume-batch", { batch_id: "b" })).at("batch")).toMatchObject({
    bytes: LARGE.length,
    digest,
  });
}, 60_000);

/** POST /datasets/{name}/consume as a consumer's tools use it, against real storage. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { MAX_EXPORTED } from "../../src/application/datasetManifest.ts";
import { type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import {
  append,
  at,
  type Lake,
  lakeOf,
  published,
  salesLake,
  send,
} from "../support/lakeClient.ts";
import { fetched, publishPeople, strictLake } from "../support/sealedLake.ts";

const consume = (lake: Lake, body: object = {}, headers: Record<string, string> = {}) =>
  lake.post("/datasets/sales/consume", { consumer: "alice", ...body }, headers);

const urlsOf = (answer: { at(...path: (string | number)[]): unknown }) =>
  (answer.at("items") as { download_url: string }[]).map(({ download_url }) => download_url);

describe("a dataset that is consumed as a whole", () => {
  test("comes as the URLs that its batches have by themselves, each access on record", async () => {
    const lake = await salesLake();
    for (const id of ["b1", "b2"]) await published(lake, id);
    const answer = await consume(lake, { format: "csv", purpose: "forecast" });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body).toMatchObject({
      dataset: "sales",
      schema: { id: "int", amount: "float" },
      retyped: { id: ["string"] },
      left_out: [],
      unchanged: [],
      next_cursor: null,
    });
    const urls = urlsOf(answer);
    expect(urls).toHaveLength(2);
    for (const [index, url] of urls.entries()) {
      const alone = await lake.done("/consume-batch", {
        batch_id: `b${index + 1}`,
        consumer: "alice",
        format: "csv",
      });
      const pathOf = (text: string) => new URL(text).pathname;
      expect(pathOf(url)).toBe(pathOf(alone.text("download_url")));
      expect(answer.at("items", index)).toMatchObject({
        rows: 3,
        digest: alone.at("batch", "published", "files", 1, "digest"),
      });
    }
    const log = await lake.get("/access-log?dataset=sales&accessor=alice");
    expect(log.at("items")).toMatchObject([
      { object: "batch/b1", purpose: "forecast", action: "read" },
      { object: "batch/b2", purpose: "forecast", action: "read" },
      { object: "batch/b1", purpose: null },
      { object: "batch/b2", purpose: null },
    ]);
  });

  test("is made in no format for what is refused", async () => {
    const lake = await salesLake();
    await published(lake, "b1");
    const refused = await consume(lake, { format: "csv", purpose: "for zoe.miller@mail.example" });
    expect(refused.text("code")).toBe("personal-data-in-clear");
    expect((await lake.events()).map(({ type }) => type)).not.toContain("DataExported");
  });

  test("needs no body, and is answered the same again under its key", async () => {
    const lake = await salesLake();
    await published(lake, "b1");
    const bare = await lake.post("/datasets/sales/consume");
    expect(bare.status, JSON.stringify(bare.body)).toBe(200);
    const headers = { "Idempotency-Key": "k" };
    const [first, second] = [await consume(lake, {}, headers), await consume(lake, {}, headers)];
    expect(second.headers.get("Idempotency-Replayed")).toBe("true");
    expect(second.body).toEqual(first.body);
    expect((await lake.get("/batches/b1")).at("consumptions")).toBe(2);
    const stale = await consume(lake, {}, { "If-Match": '"7"' });
    expect([stale.status, stale.at("code")]).toEqual([412, "stale-version"]);
  });

  test("makes so many files in another format and goes on with the next page", async () => {
    const lake = await salesLake();
    const ids = Array.from({ length: MAX_EXPORTED + 1 }, (_, index) => `b${index}`);
    for (const batch_id of ids) {
      await append(lake, batch_id);
      await lake.done("/publish-batch", { batch_id });
    }
    const first = await consume(lake, { format: "csv" });
    expect(urlsOf(first)).toHaveLength(MAX_EXPORTED);
    const cursor = first.at("next_cursor");
    const second = await consume(lake, { format: "csv", cursor });
    expect([second.at("items", 0, "batch_id"), second.at("next_cursor")]).toEqual([
      ids.at(-1),
      null,
    ]);
    expect(second.at("as_of")).toBe(first.at("as_of"));
  });

  test("goes through Lethe where it is encrypted, and opens nothing of a withdrawn batch", async () => {
    const lake = await strictLake();
    for (const id of ["b1", "b2"]) await publishPeople(lake, id);
    const answer = await lake.done("/datasets/people/consume", { format: "csv" });
    const [first = "", second = ""] = urlsOf(answer);
    expect(first).toContain(`/lakes/${lake.id}/sealed/`);
    const opened = await fetched(first);
    expect(opened.text).toMatch(/^id,name,amount\n1,[0-9a-f]{64},100\.5\n/);
    await lake.done("/quarantine-batch", { batch_id: "b2", reason: "odd" });
    expect((await fetched(second)).code).toBe("object-gone");
    await lake.sql("DELETE FROM keys WHERE id = 'dataset/people'");
    const gone = await lake.post("/datasets/people/consume", {});
    expect([gone.status, gone.at("code")]).toEqual([410, "dataset-key-destroyed"]);
  });

  test("is described with its answer", async () => {
    const document = await send("/openapi.json");
    const operation = document.at("paths", "/datasets/{name}/consume", "post");
    expect(at(operation, "x-roles")).toEqual(["owner", "steward", "analyst"]);
    expect(document.at("components", "schemas", "DatasetManifest", "properties")).toHaveProperty(
      "left_out",
    );
  });
});

describe("whoever sees what is published alone", () => {
  let callers: KnownCallers;
  beforeAll(async () => {
    callers = await knownCallers([]);
  });
  afterAll(() => {
    vi.unstubAllGlobals();
  });

  test("is given that, and is on record as who they are", async () => {
    const known = await lakeWith(callers, ["steward", "engineer", "analyst"]);
    const lake = lakeOf(known.id);
    const [steward, engineer] = [known.as("steward"), known.as("engineer")];
    const dataset = { name: "sales", schema: { id: "int", amount: "float" }, contains_pii: false };
    await steward("POST", "/datasets", dataset);
    await steward("POST", "/contracts", { dataset: "sales", contract_id: "c1", retention_days: 9 });
    for (const batch_id of ["shown", "hidden"]) {
      await lake.land("s.csv", "id,amount\n1,2.5\n");
      const batch = { dataset: "sales", contract_id: "c1", batch_id, file_url: "s.csv" };
      expect((await engineer("POST", "/append-batch", batch)).status).toBe(201);
    }
    await engineer("POST", "/publish-batch", { batch_id: "shown" });
    const path = "/datasets/sales/consume";
    const given = await known.as("analyst")("POST", path, { format: "csv" });
    expect(given.status, JSON.stringify(given.body)).toBe(200);
    expect([urlsOf(given).length, given.at("left_out")]).toEqual([1, []]);
    expect(JSON.stringify(given.body)).not.toContain("hidden");
    const events = await lake.events();
    expect(events.at(-1)?.data).toMatchObject({ accessor_id: known.name("analyst") });
    const whole = await steward("POST", path, {});
    expect(whole.at("left_out")).toMatchObject([{ batch_id: "hidden" }]);
    expect((await engineer("POST", path, {})).status).toBe(403);
    const posing = await known.as("analyst")("POST", path, { consumer: "zoe", format: "csv" });
    expect([posing.status, posing.at("code")]).toEqual([403, "not-in-your-name"]);
  });
});

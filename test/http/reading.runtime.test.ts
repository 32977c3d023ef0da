/** What is read over HTTP: lists, the log, the past, versions, the default lake. */
import { describe, expect, test } from "vitest";
import {
  type Answer,
  append,
  type Lake,
  newLake,
  salesLake,
  send,
  sendJson,
  typesOf,
} from "../support/lakeClient.ts";

/** Every item of a list, `limit` at a time; `between` is called between two pages. */
const allOf = async (
  lake: Lake,
  route: string,
  limit: number,
  between: (page: number) => Promise<unknown> = async () => {},
): Promise<readonly Record<string, unknown>[]> => {
  const items: Record<string, unknown>[] = [];
  let cursor = "";
  for (let page = 0; page < 50; page += 1) {
    const separator = route.includes("?") ? "&" : "?";
    const answer = await lake.get(`${route}${separator}limit=${limit}${cursor}`);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    const found = answer.at("items") as Record<string, unknown>[];
    expect(found.length).toBeLessThanOrEqual(limit);
    items.push(...found);
    const next = answer.at("next_cursor");
    if (next === null) return items;
    cursor = `&cursor=${encodeURIComponent(String(next))}`;
    await between(page);
  }
  throw new Error("the list does not end");
};

describe("a list", () => {
  test("comes in pages, in the order of creation, each thing once, while new ones are added", async () => {
    const lake = await newLake("gdpr");
    const add = (index: number) =>
      lake.done("/datasets", { name: `d${index}`, schema: { id: "int" }, contains_pii: false });
    for (let index = 0; index < 7; index += 1) await add(index);
    let added = 7;
    const listed = await allOf(lake, "/datasets", 2, async () => {
      if (added < 10) await add(added++);
      // A change of what was listed, or is to be listed, does not move it.
      await lake.done("/ingest-dataset", {
        dataset_id: "d0",
        source: "s",
        record_count: 1,
        contains_pii: false,
      });
    });
    expect(listed.map(({ name }) => name)).toEqual(
      Array.from({ length: added }, (_, index) => `d${index}`),
    );
    expect((await lake.get("/datasets")).at("next_cursor")).toBeNull();
    expect((await lake.get(`/datasets?limit=${added}`)).at("next_cursor")).toBeNull();
  });

  test("of events comes in pages, by cursor and by after, while new ones are recorded", async () => {
    const lake = await newLake();
    for (let index = 0; index < 6; index += 1) {
      await lake.done("/datasets", { name: `d${index}`, schema: { id: "int" } });
    }
    const listed = await allOf(lake, "/events", 3, async (page) => {
      if (page < 2) await lake.done("/datasets", { name: `new${page}`, schema: { id: "int" } });
    });
    expect(listed.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(listed[1]).toMatchObject({
      specversion: "1.0",
      source: `/lakes/${lake.id}`,
      type: "DatasetRegistered",
      subject: "dataset/d0",
      datacontenttype: "application/json",
      streamversion: 1,
      schemaversion: 1,
      actor: "local",
    });
    expect(new Set(listed.map(({ id }) => id)).size).toBe(9);
    const after = await lake.get("/events?after=7");
    expect((after.at("items") as { sequence: number }[]).map((event) => event.sequence)).toEqual([
      8, 9,
    ]);
  });

  test("is filtered by what its route offers", async () => {
    const lake = await salesLake();
    await append(lake, "b1");
    await append(lake, "b2");
    await lake.done("/publish-batch", { batch_id: "b2" });
    await lake.done("/datasets", { name: "hr", schema: { id: "int" } });
    await lake.done("/contracts", { dataset: "hr", contract_id: "c2", retention_days: 1 });
    await lake.done("/contracts/c2/approve");
    await lake.done("/datasets/hr/deprecate");
    const audit = { purpose: "tests" };
    await lake.done("/audit-access", {
      ...audit,
      accessor_id: "ann",
      dataset_id: "sales",
      action: "read",
    });
    await lake.done("/audit-access", {
      ...audit,
      accessor_id: "bob",
      dataset_id: "hr",
      action: "query",
    });
    const listed = async (route: string, field: string) =>
      (await allOf(lake, route, 1)).map((item) => item[field]);
    expect(await listed("/batches?state=published", "batch_id")).toEqual(["b2"]);
    expect(await listed("/batches?dataset=sales", "batch_id")).toEqual(["b1", "b2"]);
    expect(await listed("/batches?dataset=hr", "batch_id")).toEqual([]);
    expect(await listed("/contracts?status=approved", "contract_id")).toEqual(["c2"]);
    expect(await listed("/contracts?dataset=sales", "contract_id")).toEqual(["c1"]);
    expect(await listed("/datasets?status=deprecated", "name")).toEqual(["hr"]);
    expect(await listed("/access-log", "accessor_id")).toEqual(["ann", "bob"]);
    expect(await listed("/access-log?accessor=bob", "dataset_id")).toEqual(["hr"]);
    expect(await listed("/access-log?dataset=sales", "accessor_id")).toEqual(["ann"]);
    expect(await listed("/access-log?from=2099-01-01T00:00:00Z", "accessor_id")).toEqual([]);
    expect(await listed("/events?type=DataPublished", "subject")).toEqual(["batch/b2"]);
    expect(await listed("/events?batch_id=b1", "type")).toEqual([
      "AppendIngestionRequested",
      "DataAppended",
      "SchemaValidated",
    ]);
    expect(await listed("/events?stream=contract%2Fc2", "type")).toEqual([
      "DataContractDefined",
      "DataContractApproved",
    ]);
    expect(await listed("/events?dataset=hr", "type")).toEqual([
      "DatasetRegistered",
      "DataContractDefined",
      "DataContractApproved",
      "DatasetDeprecated",
      "AccessAudited",
    ]);
    expect(await listed("/events?actor=nobody", "type")).toEqual([]);
    expect(await listed("/events?until=2020-01-01T00:00:00Z", "type")).toEqual([]);
  });
});

describe("the past", () => {
  test("of a lake, dataset, contract, batch, deletion and report is what was read then", async () => {
    const lake = await salesLake({}, "gdpr");
    const request = { subject_id: "s", reason: "r", requested_by: "o" };
    await append(lake, "b");
    const id = (await lake.done("/deletions", request)).text("deletion", "deletion_id");
    const routes = ["", "/datasets/sales", "/contracts/c1", "/batches/b", `/deletions/${id}`];
    const moments: { seq: number; at: string; seen: Answer[]; report: Answer }[] = [];
    const remember = async () => {
      const last = (await lake.events()).at(-1);
      const seen = await Promise.all(routes.map((route) => lake.get(route)));
      const report = await lake.get("/report");
      moments.push({ seq: last?.seq ?? 0, at: last?.recorded_at ?? "", seen, report });
      await scheduler.wait(2);
    };
    await remember();
    await lake.done("/ingest-dataset", {
      dataset_id: "sales",
      source: "s",
      record_count: 3,
      contains_pii: true,
    });
    await remember();
    await lake.done("/run-privacy", { batch_id: "b", privacy_rules: { id: "mask" } });
    await remember();
    await lake.put("/contracts/c1", { retention_days: 7, privacy_rules: { id: "hash" } });
    await remember();
    await lake.done("/publish-batch", { batch_id: "b" });
    await lake.done(`/deletions/${id}/hold`, { reason: "r", ground: "Art. 18(1)(a)" });
    await remember();
    await lake.done("/compliance-level", { compliance_level: "strict" });
    await remember();
    for (const { seq, at, seen, report } of moments) {
      for (const [index, route] of routes.entries()) {
        for (const query of [`version=${seq}`, `at=${encodeURIComponent(at)}`]) {
          const then = await lake.get(`${route}?${query}`);
          expect(then.body, `${route}?${query}`).toEqual(seen[index]?.body);
          expect(then.headers.get("ETag")).toBe(seen[index]?.headers.get("ETag"));
        }
      }
      const { as_of: _, parked_duties: __, ...counted } = report.body as Record<string, unknown>;
      expect((await lake.get(`/report?version=${seq}`)).body).toMatchObject(counted);
    }
    // An offset is the same moment; a version ahead of the log is the present.
    const first = moments[0];
    const shifted = new Date(Date.parse(first?.at ?? "") + 7_200_000)
      .toISOString()
      .replace("Z", "+02:00");
    expect((await lake.get(`/batches/b?at=${encodeURIComponent(shifted)}`)).body).toEqual(
      first?.seen[3]?.body,
    );
    expect((await lake.get("/batches/b?version=100000")).body).toEqual(
      moments.at(-1)?.seen[3]?.body,
    );
    expect((await lake.get("/batches/b?at=2099-01-01T00:00:00Z")).at("state")).toBe("published");
    for (const route of routes) {
      expect((await lake.get(`${route}?at=2020-01-01T00:00:00Z`)).status, route).toBe(404);
      expect((await lake.get(`${route}?version=0`)).status, route).toBe(404);
    }
    expect((await lake.get("/batches/b?version=3")).status).toBe(404);
    expect((await lake.events()).length).toBe(moments.at(-1)?.seq);
  });
});

describe("an answer", () => {
  test("to a command tells its events, warnings, resource and version, and says it in the headers", async () => {
    const lake = await newLake();
    const answer = await lake.post("/ingest-dataset", {
      dataset_id: "d",
      source: "s",
      record_count: 3,
      contains_pii: true,
    });
    expect(answer.status).toBe(200);
    expect(answer.at("events")).toEqual([
      { seq: 2, type: "DatasetRegistered" },
      { seq: 3, type: "DatasetIngested" },
    ]);
    expect(answer.at("warnings")).toHaveLength(1);
    expect(answer.text("message")).toMatch(/\S/);
    expect(answer.at("dataset")).toEqual((await lake.get("/datasets/d")).body);
    expect(answer.headers.get("ETag")).toBe('"2"');
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(answer.headers.get("X-Request-Id")).toMatch(/\S/);
  });

  test("that repeats what is so already is 200 without events", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    await lake.done("/publish-batch", { batch_id: "b" });
    await lake.done("/datasets/sales/deprecate");
    for (const [route, body] of [
      ["/compliance-level", { compliance_level: "standard" }],
      ["/datasets/sales/deprecate", undefined],
      ["/publish-batch", { batch_id: "b" }],
    ] as const) {
      const answer = await lake.post(route, body);
      expect([answer.status, typesOf(answer)], route).toEqual([200, []]);
    }
  });

  test("carries the caller's request id through to the events", async () => {
    const lake = await newLake();
    const body = { name: "d", schema: { id: "int" } };
    const id = crypto.randomUUID();
    await lake.post("/datasets", body, { "X-Request-Id": id });
    expect((await lake.get("/events?after=1")).at("items", 0, "correlationid")).toBe(id);
  });

  test("carries no request id to the events that may name a person", async () => {
    const lake = await newLake();
    const body = { name: "d", schema: { id: "int" } };
    const answer = await lake.post("/datasets", body, { "X-Request-Id": "Jane_Doe" });
    const { items } = (await lake.get("/events?after=1")).body as {
      readonly items: readonly { readonly correlationid: string }[];
    };
    expect(items[0]?.correlationid).toBe(answer.headers.get("X-Request-Id"));
    expect(JSON.stringify(items)).not.toContain("Jane");
  });

  test("to HEAD is that to GET without its body", async () => {
    const lake = await newLake();
    const answer = await send(`/lakes/${lake.id}`, { method: "HEAD" });
    expect([answer.status, answer.headers.get("ETag"), answer.body]).toEqual([200, '"1"', ""]);
  });
});

describe("the default lake", () => {
  test("comes into being on first use, at level standard, and is the one the root routes mean", async () => {
    const name = `d-${crypto.randomUUID()}`;
    const made = await sendJson("POST", "/datasets", { name, schema: { id: "int" } });
    expect(made.status).toBe(201);
    expect((await send(`/datasets/${name}`)).body).toEqual(
      (await send(`/lakes/default/datasets/${name}`)).body,
    );
    const lake = await send("/lakes/default");
    expect(lake.body).toMatchObject({ lake_id: "default", compliance_level: "standard" });
    expect((await send("/events?limit=1")).at("items", 0)).toMatchObject({
      type: "DataLakeCreated",
      actor: "lethe",
      source: "/lakes/default",
    });
    const again = { lake_id: "default", name: "x", region: "eu", compliance_level: "gdpr" };
    expect((await sendJson("POST", "/lakes", again)).status).toBe(409);
  });
});

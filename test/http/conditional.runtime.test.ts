/** Reading what one has already: 304, and never where the reading is to be on record. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import { append, type Lake, lakeOf, newLake, salesLake, send } from "../support/lakeClient.ts";

const tagOf = async (lake: Lake, route: string) =>
  (await lake.get(route)).headers.get("ETag") ?? "";

const again = (lake: Lake, route: string, tag: string) => lake.get(route, { "If-None-Match": tag });

const request = { subject_id: "jane", reason: "r", requested_by: "o" };

/** A lake with one of everything whose tag is told, and the routes to them. */
const world = async () => {
  const lake = await salesLake({}, "gdpr");
  await append(lake, "b1");
  const deletion = (await lake.done("/deletions", request)).text("deletion", "deletion_id");
  const replay = (await lake.done("/replay", { dataset: "sales" })).text("replay", "replay_id");
  const routes = ["", "/datasets/sales", "/contracts/c1", "/batches/b1", `/replays/${replay}`];
  return { lake, deletion, routes: [...routes, `/deletions/${deletion}`] };
};

describe("what a caller has already", () => {
  test("is answered 304 with its tag and without a body, now and in the past", async () => {
    const { lake, routes } = await world();
    for (const route of routes) {
      for (const asked of [route, `${route}?version=30`]) {
        const tag = await tagOf(lake, asked);
        for (const named of [tag, `W/${tag}`, `"none", ${tag}`, "*"]) {
          const answer = await again(lake, asked, named);
          expect([answer.status, answer.body], `${asked} ${named}`).toEqual([304, ""]);
          expect(answer.headers.get("ETag")).toBe(tag);
          expect(answer.headers.get("Content-Type")).toBeNull();
          expect(answer.headers.get("Cache-Control")).toBe("no-store");
        }
        const other = await again(lake, asked, '"0", "none"');
        expect(other.status).toBe(200);
        expect(other.body).toEqual((await lake.get(asked)).body);
      }
    }
    const headers = { "If-None-Match": await tagOf(lake, "") };
    const head = await send(`/lakes/${lake.id}`, { method: "HEAD", headers });
    expect(head.status).toBe(304);
  });

  test("is given again once it has changed, whatever it was that changed", async () => {
    const { lake, deletion } = await world();
    const routes = ["/datasets/sales", "/contracts/c1", "/batches/b1", `/deletions/${deletion}`];
    const tags = new Map<string, string>();
    for (const route of routes) tags.set(route, await tagOf(lake, route));
    await lake.put("/contracts/c1", { retention_days: 7 });
    await lake.done("/datasets/sales/amend", { description: "said" });
    await lake.done("/datasets", { name: "notes", schema: { id: "int" }, contains_pii: true });
    await lake.done("/contracts", { dataset: "notes", contract_id: "c2", retention_days: 7 });
    await lake.land("notes.csv", "id\n1\n");
    const notes = { dataset: "notes", contract_id: "c2", batch_id: "n1", file_url: "notes.csv" };
    await lake.done("/append-batch", notes);
    for (const route of routes) {
      const answer = await again(lake, route, tags.get(route) ?? "");
      expect(answer.status, route).toBe(200);
    }
    // Its retention was changed by its contract, what is not searched by another dataset.
    expect((await lake.get("/batches/b1")).headers.get("ETag")).toMatch(/^"\d+-[0-9a-f]{16}"$/);
  });

  test("can be changed under a tag that has a hash, and not under one that is gone", async () => {
    const { lake } = await world();
    await lake.put("/contracts/c1", { retention_days: 7 });
    const tag = await tagOf(lake, "/batches/b1");
    const body = { batch_id: "b1", reason: "r" };
    const done = await lake.post("/quarantine-batch", body, { "If-Match": tag });
    expect(done.status, JSON.stringify(done.body)).toBe(200);
    const stale = await lake.post("/release-batch", body, { "If-Match": tag });
    expect([stale.status, stale.at("code")]).toEqual([412, "stale-version"]);
  });

  test("is not what is not there, nor a list, nor a command", async () => {
    const lake = await newLake("gdpr");
    expect((await again(lake, "/datasets/none", "*")).status).toBe(404);
    expect((await again(lake, "/datasets", "*")).status).toBe(200);
    const dataset = { name: "d", schema: { id: "int" }, contains_pii: false };
    const made = await lake.post("/datasets", dataset, { "If-None-Match": "*" });
    expect(made.status).toBe(201);
  });

  test("is opened and put on record all the same where sealed fields are revealed", async () => {
    const { lake, deletion } = await world();
    const route = `/deletions/${deletion}?reveal=true`;
    const tag = await tagOf(lake, route);
    const head = (await lake.events()).length;
    for (const named of [tag, "*"]) {
      const answer = await again(lake, route, named);
      expect([answer.status, answer.at("subject_id")]).toEqual([200, "jane"]);
    }
    expect((await lake.events()).length).toBe(head + 2);
  });

  test("is described", async () => {
    const document = await send("/openapi.json");
    const get = document.at("paths", "/batches/{id}", "get");
    expect(JSON.stringify(get)).toContain("If-None-Match");
    expect(document.at("paths", "/batches/{id}", "get", "responses", "304")).toBeDefined();
    expect(document.at("paths", "/batches", "get", "responses", "304")).toBeUndefined();
  });
});

describe("a caller who is told apart", () => {
  let callers: KnownCallers;
  beforeAll(async () => {
    callers = await knownCallers([]);
  });
  afterAll(() => {
    vi.unstubAllGlobals();
  });

  test("is refused before his tag is looked at, and shown more once he may see more", async () => {
    const known = await lakeWith(callers, ["steward", "engineer", "analyst"]);
    const lake = lakeOf(known.id);
    const dataset = { name: "sales", schema: { id: "int" }, contains_pii: false };
    await known.as("steward")("POST", "/datasets", dataset);
    const contract = { dataset: "sales", contract_id: "c1", retention_days: 9 };
    await known.as("steward")("POST", "/contracts", contract);
    await lake.land("s.csv", "id\n1\n");
    const batch = { dataset: "sales", contract_id: "c1", batch_id: "b1", file_url: "s.csv" };
    await known.as("engineer")("POST", "/append-batch", batch);
    const path = `/lakes/${known.id}/batches/b1`;
    const read = (subject: string, tag: string) =>
      callers.as(subject)({ path, headers: { "If-None-Match": tag } });
    const [analyst, stranger] = [known.name("analyst"), "stranger-1"];
    expect((await read(analyst, "*")).status).toBe(404);
    expect((await read(stranger, "*")).status).toBe(404);
    expect((await callers.nobody({ path, headers: { "If-None-Match": "*" } })).status).toBe(401);
    await known.as("engineer")("POST", "/publish-batch", { batch_id: "b1" });
    const tag = (await callers.as(analyst)({ path })).headers.get("ETag") ?? "";
    expect((await read(analyst, tag)).status).toBe(304);
    const grown = { subject: analyst, roles: ["engineer"] };
    await known.as("owner")("POST", "/members", grown);
    const seen = await read(analyst, tag);
    expect([seen.status, seen.at("bytes")]).toEqual([200, 5]);
  });
});

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Lake, newLake, rebind } from "../support/lakeClient.ts";

const SUBJECT = "jane.doe@example.com";
const REQUEST = { subject_id: SUBJECT, reason: "Asked by e-mail", requested_by: "petra" };
/** Nobody was forgotten, as far as the log knows: it is the key that is not there. */
const MISSING = { status: 503, code: "subject-key-missing" };

const requested = async (lake: Lake, request: object = REQUEST): Promise<string> =>
  (await lake.done("/deletions", request)).text("deletion", "deletion_id");

const revealed = async (lake: Lake, id: string) =>
  (await lake.get(`/deletions/${id}?reveal=true`)).body;

const custodyKeys = async (lake: Lake): Promise<readonly string[]> =>
  (await lake.keys()).filter((key) => key.includes("/custody/"));

const keyRows = (lake: Lake) => lake.sql("SELECT * FROM keys WHERE id <> 'lake'");

/** The real bucket, of which these operations fail. */
const failing = (...operations: readonly string[]): R2Bucket =>
  new Proxy(env.OBJECTS, {
    get(bucket, property) {
      if (operations.includes(String(property))) {
        return async () => {
          throw new Error("the bucket is not reachable");
        };
      }
      const value: unknown = Reflect.get(bucket, property);
      return typeof value === "function" ? value.bind(bucket) : value;
    },
  });

describe("the key of a person who asks to be forgotten", () => {
  it("lies in two halves, and opens what it sealed also after an eviction", async () => {
    const lake = await newLake("gdpr");
    const id = await requested(lake);
    await lake.done(`/deletions/${id}/extend`, { reason: "It is a lot" });
    const [key = "", ...others] = await custodyKeys(lake);
    expect(others).toEqual([]);
    expect(await (await env.OBJECTS.get(key))?.bytes()).toHaveLength(32);
    expect(await keyRows(lake)).toMatchObject([{ id: `subject-half/${key.split("/").at(-1)}` }]);
    await evictDurableObject(lake.stub);
    expect(await revealed(lake, id)).toMatchObject({
      subject_id: SUBJECT,
      reason: REQUEST.reason,
      answers: [{ decision: "extended", reason: "It is a lot" }],
    });
  });

  it("does not come back when the lake's database is restored after both were destroyed", async () => {
    const lake = await newLake("gdpr");
    const id = await requested(lake);
    const before = await keyRows(lake);
    await lake.sql("DELETE FROM keys WHERE id LIKE 'subject-half/%'");
    await env.OBJECTS.delete([...(await custodyKeys(lake))]);
    expect(await revealed(lake, id)).toMatchObject(MISSING);
    for (const row of before) {
      await lake.sql("INSERT INTO keys VALUES (?, ?, ?)", ...Object.values(row));
    }
    await evictDurableObject(lake.stub);
    expect(await keyRows(lake)).toEqual(before);
    expect(await revealed(lake, id)).toMatchObject(MISSING);
    // Nor when the person asks anew, which makes another key.
    await lake.done(`/deletions/${id}/reject`, { reason: "No", ground: "Art. 12(5)" });
    const again = await requested(lake);
    expect(await revealed(lake, again)).toMatchObject({ subject_id: SUBJECT });
    expect(await revealed(lake, id)).toMatchObject(MISSING);
  });

  it("does not come from the object store's half alone", async () => {
    const lake = await newLake("gdpr");
    const id = await requested(lake);
    await lake.sql("DELETE FROM keys WHERE id LIKE 'subject-half/%'");
    expect(await custodyKeys(lake)).toHaveLength(1);
    expect(await revealed(lake, id)).toMatchObject(MISSING);
  });

  it("is one key when two first requests come at once", async () => {
    const lake = await newLake("gdpr");
    const ids = await Promise.all([1, 2, 3, 4].map(() => requested(lake)));
    expect(new Set(ids).size).toBe(1);
    expect(await keyRows(lake)).toHaveLength(1);
    expect(await custodyKeys(lake)).toHaveLength(1);
    expect(await revealed(lake, ids[0] ?? "")).toMatchObject({ subject_id: SUBJECT });
  });

  it("is made neither for a request that is refused nor for one that is open already", async () => {
    const lake = await newLake();
    expect((await lake.post("/deletions", REQUEST)).status).toBe(422);
    expect(await custodyKeys(lake)).toEqual([]);
    const open = await newLake("gdpr");
    await requested(open);
    await rebind(open, { OBJECTS: failing("get", "put") });
    expect((await open.post("/deletions", REQUEST)).status).toBe(200);
  });
});

describe("while the object store cannot be reached", () => {
  it.each(["get", "put"])("a first request is refused when it fails to %s", async (operation) => {
    const lake = await newLake("gdpr");
    const stored = await lake.dump();
    await rebind(lake, { OBJECTS: failing(operation) });
    const refused = await lake.post("/deletions", REQUEST, { "Idempotency-Key": "k" });
    expect(refused.status).toBe(503);
    expect(refused.at("code")).toBe("custody-unavailable");
    expect(await lake.dump()).toBe(stored);
    await rebind(lake, { OBJECTS: env.OBJECTS });
    expect((await lake.post("/deletions", REQUEST, { "Idempotency-Key": "k" })).status).toBe(201);
  });

  it("no answer to a request is sealed and none is shown, and no access is on record", async () => {
    const lake = await newLake("gdpr");
    const id = await requested(lake);
    const stored = await lake.dump();
    await rebind(lake, { OBJECTS: failing("get") });
    for (const [route, body] of [
      ["extend", { reason: "x" }],
      ["hold", { reason: "x", ground: "Art. 18(1)(a)" }],
      ["identity", { reason: "x", verified: true }],
      ["reject", { reason: "x", ground: "Art. 12(5)" }],
    ] as const) {
      const refused = await lake.post(`/deletions/${id}/${route}`, body);
      expect(`${route} ${refused.status}`).toBe(`${route} 503`);
    }
    expect((await lake.get(`/deletions/${id}?reveal=true`)).status).toBe(503);
    expect((await lake.get(`/deletions/${id}`)).status).toBe(200);
    expect(await lake.dump()).toBe(stored);
  });
});

/** Lakes in jurisdictions: on a platform that has them, and on one that has none. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { jurisdictions, objectOf } from "../support/jurisdictions.ts";
import { type KnownCallers, knownCallers } from "../support/knownCallers.ts";
import { newLake, sendJson } from "../support/lakeClient.ts";

const ADMIN = "admin-of-the-platform";
const OWN = "a root secret of our own, long enough";

/** A binding that tells what it is asked for. */
const told = <Binding extends object>(binding: Binding, name: string, calls: string[]): Binding =>
  new Proxy(binding, {
    get(target, member) {
      const value = Reflect.get(target, member);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        calls.push(`${name}.${String(member)} ${typeof given[0] === "string" ? given[0] : ""}`);
        return value.apply(target, given);
      };
    },
  });

const STORES: Partial<Env> = {
  ROOT_SECRET: OWN,
  R2_ACCOUNT_ID: "account",
  OBJECTS_EU: env.OBJECTS,
  REPORTS_EU: env.REPORTS,
  OBJECTS_BUCKET_EU: "lethe-objects-eu",
};

/** A deployed Lethe, with stores for the EU and for no jurisdiction. */
const deployed = async (more: Partial<Env> = {}) => {
  const calls: string[] = [];
  const variables: Partial<Env> = {
    ROOT_SECRET: OWN,
    R2_ACCOUNT_ID: "account",
    OBJECTS: told(env.OBJECTS, "OBJECTS", calls),
    REPORTS: told(env.REPORTS, "REPORTS", calls),
    OBJECTS_EU: told(env.OBJECTS, "OBJECTS_EU", calls),
    REPORTS_EU: told(env.REPORTS, "REPORTS_EU", calls),
    OBJECTS_BUCKET_EU: "lethe-objects-eu",
    ...more,
  };
  const { LAKES, asked } = jurisdictions(() => variables);
  const worker = () => knownCallers([ADMIN], { ...variables, LAKES });
  return { calls, asked, worker };
};

const create = (callers: KnownCallers, lake_id: string, region: string) =>
  callers.as(ADMIN)({
    method: "POST",
    path: "/lakes",
    body: { lake_id, name: "n", region, compliance_level: "gdpr" },
  });

const get = (callers: KnownCallers, path: string) => callers.as(ADMIN)({ path });

/** Whether an object of the simulator's has the tables of a lake. */
const holdsLake = (name: string, jurisdiction?: string): Promise<boolean> =>
  runInDurableObject(
    objectOf(name, jurisdiction),
    (_, { storage: { sql } }) =>
      sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'events'").toArray().length > 0,
  );

let id: string;
beforeEach(() => {
  id = `lake-${crypto.randomUUID()}`;
});
afterEach(() => vi.unstubAllGlobals());

describe("on a platform with jurisdictions, a lake", () => {
  test("comes into being where its region says, and says that it is held there", async () => {
    const { worker, asked } = await deployed();
    const callers = await worker();
    const created = await create(callers, id, "eu-west-1");
    expect([created.status, created.at("lake", "residency")]).toEqual([
      201,
      { jurisdiction: "eu", enforced: true },
    ]);
    expect([await holdsLake(id), await holdsLake(id, "eu")]).toEqual([false, true]);
    const seen = await get(callers, `/lakes/${id}`);
    expect([seen.status, seen.at("residency")]).toEqual([
      200,
      { jurisdiction: "eu", enforced: true },
    ]);
    expect(asked[0]).toBe(`claim ${id} in none`);
    expect(asked.slice(1).every((each) => each.endsWith(`${id} in eu`))).toBe(true);
  });

  test("is found by a Worker that has never heard of it, which asks where it is once", async () => {
    const { worker, asked } = await deployed();
    await create(await worker(), id, "eu");
    asked.length = 0;
    const other = await worker();
    for (const path of ["", "/datasets", "/report"]) {
      expect([path, (await get(other, `/lakes/${id}${path}`)).status]).not.toEqual([path, 404]);
    }
    const where = asked.filter((each) => each.startsWith("whereabouts"));
    expect(where).toEqual([`whereabouts ${id} in none`]);
    expect(
      asked.filter((each) => each.startsWith("ask")).every((each) => each.endsWith("in eu")),
    ).toBe(true);
  });

  test("is asked for its alarm where it is", async () => {
    const { worker, asked } = await deployed();
    await create(await worker(), id, "eu");
    const owner = (await worker()).as(ADMIN);
    const body = { lake_id: id };
    const swept = await owner({ method: "POST", path: "/admin/sweep-alarms", body });
    expect([swept.status, swept.at("lakes"), swept.at("failed")]).toEqual([200, 1, []]);
    const checks = asked.filter((each) => each.startsWith("checkAlarm"));
    expect(checks).toEqual([`checkAlarm ${id} in eu`]);
  });

  test("is one, whoever asks for the same id elsewhere, at once or later", async () => {
    const { worker } = await deployed({
      OBJECTS_US: env.OBJECTS,
      REPORTS_US: env.REPORTS,
      OBJECTS_BUCKET_US: "lethe-objects-us",
    });
    const [one, other] = [await worker(), await worker()];
    const both = await Promise.all([create(one, id, "eu-west-1"), create(other, id, "us-east-1")]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    for (const region of ["eu", "us", "sa-east-1", "auto"]) {
      expect((await create(await worker(), id, region)).status, region).toBe(409);
    }
    const lakes = [undefined, "eu", "us"].map((place) => holdsLake(id, place));
    expect((await Promise.all(lakes)).filter(Boolean)).toHaveLength(1);
  });

  test("without a jurisdiction is in none, and its id is taken for every other", async () => {
    const { worker } = await deployed();
    const callers = await worker();
    const created = await create(callers, id, "ap-southeast-2");
    expect([created.status, created.at("lake", "residency")]).toEqual([
      201,
      { jurisdiction: null, enforced: false },
    ]);
    expect((await create(await worker(), id, "eu")).at("code")).toBe("lake-exists");
    expect(await holdsLake(id, "eu")).toBe(false);
  });

  test("keeps its files and reports where it is, and nowhere else", async () => {
    const { worker, calls } = await deployed();
    const callers = await worker();
    await create(callers, id, "eu");
    const owner = callers.as(ADMIN);
    const written = await owner({ method: "POST", path: `/lakes/${id}/log/checkpoint` });
    expect(written.status).toBe(201);
    const own = calls.filter((call) => call.includes(id));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((call) => !call.startsWith("OBJECTS_EU."))).toEqual([]);
    const batches = calls.filter((call) => call.includes(".batch"));
    expect(new Set(batches.map((call) => call.split(".")[0]))).toEqual(new Set(["REPORTS_EU"]));
    const listed = await owner({ path: "/lakes?limit=1" });
    expect([listed.status, listed.text("next_cursor")]).toEqual([200, expect.any(String)]);
  });

  test("signs URLs for the bucket of its own jurisdiction", async () => {
    const { worker } = await deployed();
    const callers = await worker();
    await create(callers, id, "eu");
    const signed = await callers.as(ADMIN)({
      method: "POST",
      path: `/lakes/${id}/upload-url`,
      body: { filename: "a.csv" },
    });
    expect(JSON.stringify(signed.body)).toContain(
      "https://account.eu.r2.cloudflarestorage.com/lethe-objects-eu/",
    );
  });

  test("is not made where a store of its jurisdiction is missing, which is named", async () => {
    const { worker } = await deployed();
    const callers = await worker();
    for (const [region, binding] of [
      ["us-east-1", "OBJECTS_US"],
      ["us-gov-west-1", "REPORTS_FEDRAMP"],
    ] as const) {
      const refused = await create(callers, id, region);
      expect([refused.status, refused.at("code")]).toEqual([503, "not-configured"]);
      expect(refused.text("detail")).toContain(binding);
    }
    // Nothing was kept for it: the id is free.
    expect((await create(callers, id, "eu")).status).toBe(201);
  });

  test("that somebody may not make has no place kept for it", async () => {
    const { worker } = await deployed();
    const callers = await worker();
    const body = { lake_id: id, name: "n", region: "eu", compliance_level: "gdpr" };
    const refused = { method: "POST", path: "/lakes", body: { ...body, owner_id: "carol-3" } };
    expect((await callers.as("dave-4")(refused)).status).toBe(403);
    expect((await create(callers, id, "auto")).status).toBe(201);
  });

  test("whose id was asked for elsewhere before says so, and is made there", async () => {
    const { worker } = await deployed();
    const callers = await worker();
    const first = { type: "DataLakeCreated", data: { residency: { jurisdiction: "eu" } } };
    const imported = await callers.as(ADMIN)({
      method: "POST",
      path: `/lakes/${id}/log/import`,
      body: `${JSON.stringify(first)}\n`,
      headers: { "Content-Type": "application/x-ndjson" },
    });
    expect(imported.status).toBe(422);
    const refused = await create(await worker(), id, "auto");
    expect([refused.status, refused.at("code")]).toEqual([409, "lake-id-kept"]);
    expect(refused.text("detail")).toContain("first asked for in eu");
    expect((await create(await worker(), id, "eu")).status).toBe(201);
  });

  test("whose log comes from elsewhere is brought in where that says it lies", async () => {
    const { worker } = await deployed();
    const from = await worker();
    await create(from, id, "eu");
    const { body } = await get(from, `/lakes/${id}/events?format=ndjson`);
    const note = String((await get(from, `/lakes/${id}/log/checkpoint`)).body);
    const [, , root = ""] = note.split("\n");
    const lines = String(body);

    // Another platform, where nobody has heard of it: its objects have other names.
    const { LAKES, asked } = jurisdictions(() => STORES, "elsewhere/");
    const admin = (await knownCallers([ADMIN], { ...STORES, LAKES })).as(ADMIN);
    const headers = { "Content-Type": "application/x-ndjson" };
    const path = `/lakes/${id}/log/import`;
    const taken = await admin({ method: "POST", path, body: lines, headers });
    expect([taken.status, taken.at("status")]).toEqual([200, "importing"]);
    const opened = await admin({
      method: "POST",
      path: `${path}?complete=true&root=${encodeURIComponent(root)}`,
    });
    expect([opened.status, opened.at("status")]).toEqual([200, "open"]);
    expect(asked.filter((each) => each.startsWith("importLog"))).toEqual([
      `importLog ${id} in eu`,
      `importLog ${id} in eu`,
    ]);
    expect(await holdsLake(`elsewhere/${id}`)).toBe(false);
    expect(await holdsLake(`elsewhere/${id}`, "eu")).toBe(true);
  });

  test("that is at home although it is to lie elsewhere does nothing", async () => {
    const { worker } = await deployed();
    const lake = await newLake();
    const seen = await get(await worker(), `/lakes/${lake.id}`);
    // Made by the simulator, it says eu, and its object is in no jurisdiction.
    expect(seen.status).toBe(503);
  });

  test("is not there as long as nobody made it, and no table is", async () => {
    const { worker } = await deployed();
    const seen = await get(await worker(), `/lakes/${id}`);
    expect([seen.status, seen.at("code")]).toEqual([404, "lake-not-found"]);
    expect([await holdsLake(id), await holdsLake(id, "eu")]).toEqual([false, false]);
  });
});

describe("on a platform without jurisdictions", () => {
  test("a lake is made wherever it runs, and says that nothing holds it there", async () => {
    const created = await sendJson("POST", "/lakes", {
      lake_id: id,
      name: "n",
      region: "europe-west4",
      compliance_level: "gdpr",
    });
    const residency = { jurisdiction: "eu", enforced: false };
    expect([created.status, created.at("lake", "residency")]).toEqual([201, residency]);
    expect((await sendJson("GET", `/lakes/${id}`)).at("residency")).toEqual(residency);
    const again = await sendJson("POST", "/lakes", {
      lake_id: id,
      name: "n",
      region: "us-east-1",
      compliance_level: "gdpr",
    });
    expect([again.status, again.at("code")]).toEqual([409, "lake-exists"]);
  });

  test("none is made in a jurisdiction when it is a deployed one", async () => {
    const callers = await knownCallers([ADMIN], { ROOT_SECRET: OWN, R2_ACCOUNT_ID: "account" });
    const refused = await create(callers, id, "eu");
    expect([refused.status, refused.at("code")]).toEqual([503, "no-jurisdictions"]);
    expect(await holdsLake(id)).toBe(false);
  });

  test("a region that is the name of no place is refused, and helped with", async () => {
    const body = { lake_id: id, name: "n", region: "atlantis-1", compliance_level: "gdpr" };
    const refused = await sendJson("POST", "/lakes", body);
    expect([refused.status, refused.at("errors", 0, "path")]).toEqual([422, "region"]);
    expect(refused.text("errors", 0, "message")).toContain("eu-west-1");
  });
});

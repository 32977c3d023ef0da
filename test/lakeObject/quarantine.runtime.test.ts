/** Quarantine as a life, and the end of every batch, over HTTP, against real storage and alarms. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  append,
  eventually,
  type Lake,
  ONLY_A_CHECKPOINT,
  published,
  SALES_CSV,
  salesLake,
  typesOf,
} from "../support/lakeClient.ts";
import { fetched, PEOPLE_CSV, strictLake } from "../support/sealedLake.ts";

const DAY_MS = 86_400_000;
const UNFIT = "id,amount\n1,much\n2,2.5\n";

/** Only `Date` is faked: the platform's own timers and alarms go on. */
const travel = (ms: number) => {
  const to = Date.now() + ms;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(to);
};
afterEach(() => {
  vi.useRealTimers();
});

const contentAt = async (url: string): Promise<string> => {
  const key = new URL(url).pathname.split(`${env.OBJECTS_BUCKET}/`)[1];
  return (await (await env.OBJECTS.get(key ?? ""))?.text()) ?? "nothing";
};

const onlyReferenced = (lake: Lake) =>
  eventually(async () => expect(await lake.keys()).toEqual(await lake.referenced()));

describe("a file that does not fit", () => {
  test("is listed with its cause and issues, downloaded, and corrected under the same id", async () => {
    const lake = await salesLake();
    expect((await append(lake, "b", UNFIT)).status).toBe(422);
    const listed = await lake.get("/batches?state=quarantined");
    expect(listed.at("items", 0)).toMatchObject({
      batch_id: "b",
      state: "quarantined",
      quarantine: {
        cause: "schema",
        reason: expect.stringContaining("row 1, column amount"),
        issues: [{ row: 1, column: "amount" }],
        issue_count: 1,
      },
    });
    const download = await lake.get("/batches/b/quarantine");
    expect(download.status).toBe(200);
    expect(await contentAt(download.text("download_url"))).toBe(UNFIT);
    expect(typesOf(download)).toEqual(["SignedUrlCreated", "AccessAudited"]);

    const still = await append(lake, "b", UNFIT);
    expect(still.status).toBe(422);
    expect(still.at("batch", "revision")).toBe(2);
    const corrected = await append(lake, "b", SALES_CSV, "corrected.csv");
    expect(corrected.status, JSON.stringify(corrected.body)).toBe(200);
    expect(corrected.at("batch")).toMatchObject({
      state: "appended",
      revision: 3,
      rows: 3,
      quarantine: null,
    });
    await onlyReferenced(lake);
    expect(await lake.keys()).toHaveLength(1);
    const events = await lake.get("/events?batch_id=b");
    expect(
      (events.at("items") as { type: string; data: { revision?: number } }[])
        .filter(({ type }) => type.endsWith("AppendIngestionRequested"))
        .map(({ data }) => data.revision),
    ).toEqual([1, 2, 3]);
    // The upload that was replaced is forgotten too.
    await lake.ringFor("sweep_upload");
    expect(await env.OBJECTS.head(`lakes/${lake.id}/landing/b.csv`)).toBeNull();
    expect(await env.OBJECTS.head(`lakes/${lake.id}/landing/corrected.csv`)).not.toBeNull();
    await lake.done("/publish-batch", { batch_id: "b" });
  });

  test("is not released under the contract it does not fit, but once that has changed", async () => {
    const lake = await salesLake();
    await append(lake, "b", UNFIT);
    const release = { batch_id: "b", reason: "it will do" };
    const refused = await lake.post("/release-batch", release);
    expect(refused.status).toBe(409);
    expect(refused.at("code")).toBe("batch-does-not-fit");
    const schema = { id: "int", amount: "string" };
    expect((await lake.put("/contracts/c1", { retention_days: 365, schema })).status).toBe(200);
    const released = await lake.post("/release-batch", release);
    expect(released.status).toBe(200);
    expect(released.at("warnings", 0)).toContain("checked anew");
    const publication = await lake.done("/publish-batch", { batch_id: "b" });
    expect(publication.at("batch", "published", "rows")).toBe(2);
  });

  test("replaces what was published before the batch went into quarantine", async () => {
    const lake = await salesLake();
    await published(lake, "b");
    await lake.done("/quarantine-batch", { batch_id: "b", reason: "wrong month" });
    expect((await append(lake, "b", SALES_CSV, "right.csv")).status).toBe(200);
    await onlyReferenced(lake);
    expect((await lake.get("/batches/b")).at("published")).toBeNull();
    const refused = await lake.post("/consume-batch", { batch_id: "b", consumer: "alice" });
    expect(refused.at("code")).toBe("batch-not-published");
  });

  test("of an encrypted dataset is opened for whoever is to correct it, and replaced", async () => {
    const lake = await strictLake();
    await lake.land("b.csv", "id,name,amount\n1,Ada-Lovelace,much\n");
    const people = { dataset: "people", contract_id: "c1", batch_id: "b", file_url: "b.csv" };
    expect((await lake.post("/append-batch", people)).status).toBe(422);
    const url = (await lake.get("/batches/b/quarantine")).text("download_url");
    expect((await fetched(url)).text).toContain("Ada-Lovelace,much");
    await lake.land("b.csv", PEOPLE_CSV);
    expect((await lake.post("/append-batch", people)).status).toBe(200);
    expect((await fetched(url)).status).toBe(404);
    await onlyReferenced(lake);
  });

  test("cannot replace that of a batch in use", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    const refused = await append(lake, "b", SALES_CSV, "again.csv");
    expect(refused.status).toBe(409);
    expect(refused.at("code")).toBe("batch-exists");
  });

  test("and fits once its contract has changed is published under the schema it was read by", async () => {
    const lake = await salesLake();
    expect((await append(lake, "b", UNFIT)).status).toBe(422);
    const change = async (amount: string) => {
      const terms = { dataset: "sales", retention_days: 365, schema: { id: "int", amount } };
      expect((await lake.put("/contracts/c1", terms)).status).toBe(200);
    };
    await change("string");
    await lake.done("/release-batch", { batch_id: "b", reason: "amounts are texts" });
    const run = await lake.done("/run-privacy", { batch_id: "b", privacy_rules: { id: "mask" } });
    expect(typesOf(run)).toEqual(["SchemaValidated", "DataAnonymized"]);

    await change("float");
    const refused = await lake.post("/publish-batch", { batch_id: "b" });
    expect([refused.status, refused.at("code")]).toEqual([409, "schema-changed"]);
    await change("string");
    await lake.done("/publish-batch", { batch_id: "b" });
    const batch = await lake.get("/batches/b");
    expect(batch.at("schema")).toEqual({ id: "int", amount: "string" });
    expect(batch.at("published", "schema")).toEqual({ id: "string", amount: "string" });
  });
});

describe("a batch whose retention has ended", () => {
  test("expires by the alarm: objects gone, state shown, everything else refused", async () => {
    const lake = await salesLake({ retention_days: 2 });
    await published(lake, "b");
    await lake.done("/consume-batch", { batch_id: "b", consumer: "alice", format: "csv" });
    await append(lake, "unfit", UNFIT);
    const expires_at = (await lake.get("/batches/b")).text("expires_at");
    travel(2 * DAY_MS - 60_000);
    await lake.ring();
    expect((await lake.get("/batches/b")).at("state")).toBe("published");
    vi.setSystemTime(Date.parse(expires_at) + 60_000);
    await lake.ring();
    expect((await lake.get("/batches/b")).body).toMatchObject({
      state: "expired",
      consumptions: 1,
      rows: 3,
      published: null,
    });
    expect((await lake.get("/batches/unfit")).at("state")).toBe("expired");
    // The deletions are duties of their own, due from that moment on.
    await lake.ring();
    expect((await lake.keys()).filter((key) => !key.includes("/checkpoints/"))).toEqual([]);
    for (const name of ["b.csv", "unfit.csv"]) {
      expect(await env.OBJECTS.head(`lakes/${lake.id}/landing/${name}`)).toBeNull();
    }
    expect((await lake.get("/batches?state=expired")).at("items")).toHaveLength(2);
    expect((await lake.get("/report")).at("batches")).toEqual({ expired: 2 });
    for (const [route, body] of [
      ["/run-dq", { quality_rules: { id: ">0" } }],
      ["/run-privacy", { privacy_rules: { id: "mask" } }],
      ["/publish-batch", {}],
      ["/consume-batch", { consumer: "alice" }],
      ["/quarantine-batch", { reason: "late" }],
      ["/release-batch", { reason: "late" }],
    ] as const) {
      const refused = await lake.post(route, { batch_id: "b", ...body });
      expect(refused.status, route).toBe(409);
      expect(refused.at("code"), route).toBe("batch-expired");
    }
    expect((await lake.get("/batches/b/quarantine")).status).toBe(409);
    expect((await append(lake, "b", SALES_CSV, "again.csv")).status).toBe(409);
    const replay = await lake.done("/replay", { dataset: "sales" });
    expect(replay.at("replay")).toMatchObject({ status: "completed", batches: 0 });
    // The state of before can still be asked for: the history stays.
    const before = await lake.get(`/batches/b?at=${new Date(Date.now() - DAY_MS).toISOString()}`);
    expect(before.at("state")).toBe("published");
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
  });

  test("is one of many whose contract has shortened it", async () => {
    const lake = await salesLake({ retention_days: 365 });
    await append(lake, "b");
    travel(3 * DAY_MS);
    expect((await lake.put("/contracts/c1", { retention_days: 3 })).status).toBe(200);
    await eventually(async () => {
      await lake.ring();
      expect((await lake.get("/batches/b")).at("state")).toBe("expired");
    });
  });
});

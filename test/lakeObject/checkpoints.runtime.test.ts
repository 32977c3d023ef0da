/** Checkpoints in the object store: on demand, and of themselves within a day of an event. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CHECKPOINT_EVERY_MS } from "../../src/application/checkpoints.ts";
import { fill, headOf, rootOf } from "../support/exports.ts";
import { bucketWith, type Lake, newLake, rebind, sendJson } from "../support/lakeClient.ts";

const KIND = "write_checkpoint";

const keyOf = (lake: Lake, size: number) =>
  `lakes/${lake.id}/checkpoints/${String(size).padStart(16, "0")}`;

const kept = async (lake: Lake, size: number): Promise<string> =>
  (await (await env.OBJECTS.get(keyOf(lake, size)))?.text()) ?? "";

const keys = async (lake: Lake): Promise<readonly string[]> => {
  const { objects } = await env.OBJECTS.list({ prefix: `lakes/${lake.id}/checkpoints/` });
  return objects.map(({ key }) => key);
};

const duty = (lake: Lake) =>
  lake.sql("SELECT ref, due_at, attempts, parked FROM schedule WHERE kind = ?", KIND);

const ingest = (lake: Lake, dataset_id = "d") =>
  lake.done("/ingest-dataset", {
    dataset_id,
    source: "s3://x",
    record_count: 1,
    contains_pii: false,
  });

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("a checkpoint", () => {
  test("is kept on demand under its size, once, exactly as it was signed", async () => {
    const lake = await newLake();
    await fill(lake, 40);
    const answer = await lake.post("/log/checkpoint");
    const signed = (await lake.get("/log/checkpoint")).body;
    expect([answer.status, answer.body]).toEqual([
      201,
      { size: 40, key: keyOf(lake, 40), checkpoint: signed },
    ]);
    expect(await kept(lake, 40)).toBe(signed);
    expect(headOf(await kept(lake, 40))).toEqual(await rootOf(lake));

    const object = await env.OBJECTS.head(keyOf(lake, 40));
    const again = await lake.post("/log/checkpoint");
    expect([again.status, again.body]).toEqual([200, answer.body]);
    expect((await env.OBJECTS.head(keyOf(lake, 40)))?.version).toBe(object?.version);
    expect((await sendJson("POST", "/lakes/no-such-lake/log/checkpoint")).status).toBe(404);
  });

  test("under a key is answered as it was first, however far the log has come since", async () => {
    const lake = await newLake();
    const once = { "Idempotency-Key": "once" };
    const first = await lake.post("/log/checkpoint", undefined, once);
    expect([first.status, first.headers.get("Idempotency-Replayed")]).toEqual([201, null]);
    await ingest(lake);
    const again = await lake.post("/log/checkpoint", undefined, once);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    const other = await lake.post("/log/checkpoint", undefined, { "Idempotency-Key": "twice" });
    expect(Number(other.at("size"))).toBeGreaterThan(Number(first.at("size")));
    // A key is of one request, whichever route it came by.
    const dataset = { name: "another-one", schema: { id: "int" } };
    expect((await lake.post("/datasets", dataset, once)).at("code")).toBe("idempotency-key-reused");
    const made = await lake.post("/datasets", dataset, { "Idempotency-Key": "of-a-command" });
    expect(made.status).toBe(201);
    const mixed = await lake.post("/log/checkpoint", undefined, {
      "Idempotency-Key": "of-a-command",
    });
    expect([mixed.status, mixed.at("code")]).toEqual([422, "idempotency-key-reused"]);
  });

  test("under a key is kept once by two who ask at the same time", async () => {
    const lake = await newLake();
    const once = { "Idempotency-Key": "once" };
    const [one, two] = await Promise.all([
      lake.post("/log/checkpoint", undefined, once),
      lake.post("/log/checkpoint", undefined, once),
    ]);
    expect(two.body).toEqual(one.body);
    expect((await lake.post("/log/checkpoint", undefined, once)).body).toEqual(one.body);
  });

  test("is owed a day after the first event that none covers, however many follow", async () => {
    const lake = await newLake();
    const [first] = await lake.events();
    const due_at = new Date(
      Date.parse(first?.recorded_at ?? "") + CHECKPOINT_EVERY_MS,
    ).toISOString();
    const owed = [{ ref: "log", due_at, attempts: 0, parked: 0 }];
    expect(await duty(lake)).toEqual(owed);
    await ingest(lake);
    await ingest(lake);
    expect(await duty(lake)).toEqual(owed);
    expect(await keys(lake)).toEqual([]);
  });

  test("is written by the alarm, and a lake at rest owes none until something happens", async () => {
    const lake = await newLake();
    await ingest(lake);
    const { size } = await rootOf(lake);
    await lake.stub.settle();
    await lake.ringFor(KIND);
    expect(headOf(await kept(lake, size))).toEqual(await rootOf(lake));
    expect(await duty(lake)).toEqual([]);
    await evictDurableObject(lake.stub);
    await lake.get("/report");
    expect(await lake.inside((_, { storage }) => storage.getAlarm())).toBeNull();
    await lake.get("/events");
    expect(await duty(lake)).toEqual([]);
    await ingest(lake);
    expect(await duty(lake)).toHaveLength(1);
    await lake.ringFor(KIND);
    expect(await keys(lake)).toEqual([keyOf(lake, size), keyOf(lake, size + 1)]);
  });

  test("stays true of the log when a subject's key is destroyed: no hash changes", async () => {
    const lake = await newLake("gdpr");
    const body = { subject_id: "jane", reason: "asked", requested_by: "dpo" };
    const asked = await lake.done("/deletions", body);
    const { deletion_id } = asked.at("deletion") as { deletion_id: string };
    const before = await rootOf(lake);
    const leaves = (await lake.get("/log/leaves?from=0&to=1000")).body;
    await lake.sql("DELETE FROM keys WHERE id LIKE 'subject-half/%'");
    await evictDurableObject(lake.stub);
    expect(await rootOf(lake)).toEqual(before);
    expect((await lake.get("/log/leaves?from=0&to=1000")).body).toEqual(leaves);
    const revealed = await lake.get(`/deletions/${deletion_id}?reveal=true`);
    expect(revealed.at("code")).toBe("subject-key-missing");
    // What comes then is in the log behind the same events.
    await ingest(lake);
    const now = await rootOf(lake);
    expect(now.size).toBeGreaterThan(before.size);
    const path = `/log/consistency?from=${before.size}&to=${now.size}`;
    expect((await lake.get(path)).status).toBe(200);
  });

  test("is not owed for a command that is refused or changes nothing", async () => {
    const lake = await newLake();
    await lake.ringFor(KIND);
    expect((await lake.post("/publish-batch", { batch_id: "none" })).status).toBe(404);
    expect((await lake.post("/compliance-level", { compliance_level: "standard" })).status).toBe(
      200,
    );
    expect(await duty(lake)).toEqual([]);
  });

  test("that cannot be written is tried again and never parked", async () => {
    const lake = await newLake();
    const away = new Proxy(
      bucketWith(async () => {}),
      {
        get: (bucket, property) =>
          property === "put"
            ? async () => {
                throw new Error("the store is away");
              }
            : Reflect.get(bucket, property),
      },
    );
    await rebind(lake, { OBJECTS: away });
    await lake.ringFor(KIND);
    expect(await duty(lake)).toMatchObject([{ attempts: 1, parked: 0 }]);
    await lake.sql("UPDATE schedule SET attempts = 500 WHERE kind = ?", KIND);
    await lake.ringFor(KIND);
    expect(await duty(lake)).toMatchObject([{ attempts: 501, parked: 0 }]);
    await rebind(lake, { OBJECTS: env.OBJECTS });
    await lake.ringFor(KIND);
    expect(await duty(lake)).toEqual([]);
    expect(await keys(lake)).toEqual([keyOf(lake, 1)]);
  });

  test("leaves what was recorded while it was written to the next one", async () => {
    const lake = await newLake();
    let meanwhile: Promise<unknown> | null = null;
    const slow = new Proxy(
      bucketWith(async () => {}),
      {
        get: (bucket, property) =>
          property === "put"
            ? async (...args: Parameters<R2Bucket["put"]>) => {
                meanwhile = ingest(lake);
                await meanwhile;
                return env.OBJECTS.put(...args);
              }
            : Reflect.get(bucket, property),
      },
    );
    await rebind(lake, { OBJECTS: slow });
    await lake.ringFor(KIND);
    expect(await keys(lake)).toEqual([keyOf(lake, 1)]);
    expect(await duty(lake)).toMatchObject([{ ref: "log", attempts: 0 }]);
    expect(headOf(await kept(lake, 1)).size).toBe(1);
  });
});

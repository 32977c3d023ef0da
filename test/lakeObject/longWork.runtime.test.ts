/** Files too large for a request: taken over, checked, anonymised and published in the background. */
import { abortAllDurableObjects, evictAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { LakeGateway } from "../../src/application/lakeGateway.ts";
import { chunkOfRows } from "../../src/data/columnCells.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
import { digestingStore } from "../../src/storage/digestingStore.ts";
import { r2ObjectStore } from "../../src/storage/r2ObjectStore.ts";
import {
  type Answer,
  eventually,
  filesOf,
  type Lake,
  ONLY_A_CHECKPOINT,
  salesLake,
} from "../support/lakeClient.ts";
import { DIGEST_KEY } from "../support/memoryObjectStore.ts";

const ROWS = 1_000;

/** About 14 KB: more than the limit of the tests, seven segments. */
const csvOf = (rows: number, row = (n: number) => `${n},${n % 7 === 0 ? -n : n}.5`) =>
  `id,amount\n${Array.from({ length: rows }, (_, n) => row(n + 1)).join("\n")}\n`;

const LARGE = csvOf(ROWS);

const gzipped = (text: string): Promise<ArrayBuffer> =>
  new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();

const settled = async (lake: Lake, batch_id: string): Promise<Answer> => {
  let answer = await lake.get(`/batches/${batch_id}`);
  await eventually(async () => {
    await lake.ring();
    answer = await lake.get(`/batches/${batch_id}`);
    expect(answer.at("work", "state"), JSON.stringify(answer.body)).not.toBe("running");
  });
  return answer;
};

const RULES = {
  quality_rules: { amount: { rule: ">0", on_fail: "quarantine_rows" }, id: "unique" },
  privacy_rules: { id: "redact" },
};

/** The life of a large batch, `between` called while the work of each step is under way. */
const live = async (lake: Lake, between: () => Promise<void>): Promise<Answer> => {
  const step = async (route: string, body: unknown) => {
    const answer = await lake.post(route, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    expect(answer.headers.get("Location")).toBe(`/lakes/${lake.id}/batches/b`);
    await between();
    const after = await settled(lake, "b");
    expect(after.at("work"), route).toMatchObject({ state: "completed", reason: null });
    return after;
  };
  await lake.land("b.csv", LARGE);
  const about = { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "b.csv" };
  const appended = await step("/append-batch", about);
  expect(appended.body).toMatchObject({ state: "appended", rows: ROWS, bytes: LARGE.length });
  const checked = await step("/run-dq", { batch_id: "b" });
  expect(checked.body).toMatchObject({
    state: "checked",
    quality: { contract: { passed: true, report: { rows: ROWS, failed_rows: 142 } } },
  });
  await step("/run-privacy", { batch_id: "b" });
  return step("/publish-batch", { batch_id: "b" });
};

/** What a batch came to, its files included, without what differs from run to run. */
const essence = async (lake: Lake, { body }: Answer) => {
  const said = JSON.stringify(body, (key, value: unknown) =>
    /_at$|^work_id$|^digest$/.test(key) ? null : value,
  );
  return { said: JSON.parse(said) as unknown, files: await filesOf(lake) };
};

const nothingIsLeft = async (lake: Lake) => {
  await lake.ringFor("sweep_attempt");
  await eventually(async () => {
    await lake.ring();
    expect(await lake.keys()).toEqual(await lake.referenced());
    expect(await lake.sql("SELECT kind, ref FROM schedule WHERE kind <> 'retention_due'")).toEqual(
      ONLY_A_CHECKPOINT,
    );
  });
};

describe("a large file", () => {
  test("goes through its whole life in the background and ends as a small one would", async () => {
    const lake = await salesLake(RULES);
    const after = await live(lake, async () => {});
    expect(after.body).toMatchObject({
      state: "published",
      published: { rows: ROWS - 142, schema: { id: "string", amount: "float" } },
      quality: { contract: { rejected_rows: 142 } },
    });
    await nothingIsLeft(lake);
    const consumed = await lake.done("/consume-batch", {
      batch_id: "b",
      consumer: "x",
      format: "csv",
    });
    const key = new URL(consumed.text("download_url")).pathname.split(`${env.OBJECTS_BUCKET}/`)[1];
    const text = (await (await env.OBJECTS.get(key ?? ""))?.text()) ?? "";
    expect(text.trimEnd().split("\n")).toHaveLength(1 + ROWS - 142);
    expect(text).not.toMatch(/^1,/m);
  }, 60_000);

  test("that was compressed to almost nothing is found out, and goes on in the background", async () => {
    const lake = await salesLake();
    const csv = csvOf(ROWS, () => "1000000,1.00000");
    const packed = await gzipped(csv);
    // No name and no size tells before that there is more in it than a request waits for.
    expect(packed.byteLength).toBeLessThan(200);
    const about = { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "b.csv" };
    await lake.land("b.csv", packed);
    const key = { "Idempotency-Key": "once" };
    const answer = await lake.post("/append-batch", about, key);
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    expect((await lake.post("/append-batch", about, key)).body).toEqual(answer.body);
    const after = await settled(lake, "b");
    expect(after.body).toMatchObject({ state: "appended", rows: ROWS, bytes: csv.length });
    // What comes after it is long work as well.
    expect((await lake.post("/run-dq", { batch_id: "b" })).status).toBe(202);
    await settled(lake, "b");
    await nothingIsLeft(lake);
  }, 60_000);

  test("of Parquet is told by what it unpacks to, in every later step too", async () => {
    const lake = await salesLake();
    const schema = { id: "int", amount: "float" } as const;
    const writer = parquetWriter(
      digestingStore(r2ObjectStore(env.OBJECTS), DIGEST_KEY).writer(
        `lakes/${lake.id}/landing/b.parquet`,
        "",
      ),
      schema,
    );
    const rows = Array.from({ length: 6_000 }, () => [7n, 1.5]);
    await writer.write(chunkOfRows(schema, rows, 1));
    expect((await writer.close()).bytes).toBeLessThan(8_192);
    const about = { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "b.parquet" };
    expect((await lake.post("/append-batch", about)).status).toBe(202);
    expect((await settled(lake, "b")).body).toMatchObject({ state: "appended", rows: 6_000 });
    expect(
      (await lake.post("/run-dq", { batch_id: "b", quality_rules: { id: ">0" } })).status,
    ).toBe(202);
    expect((await settled(lake, "b")).body).toMatchObject({ state: "checked" });
    await nothingIsLeft(lake);
  }, 60_000);

  test("ends the same when the lake crashes or is evicted in the middle of each step", async () => {
    const undisturbed = await salesLake(RULES);
    const expected = await essence(undisturbed, await live(undisturbed, async () => {}));
    for (const disturb of [abortAllDurableObjects, evictAllDurableObjects]) {
      const lake = await salesLake(RULES);
      let crashes = 0;
      const after = await live(lake, async () => {
        // At every third of a second something else may be under way: go through them.
        for (let pause = 0; pause < 60; pause += 12) {
          await scheduler.wait(pause);
          await disturb();
          crashes += 1;
        }
      });
      expect(crashes).toBeGreaterThan(0);
      expect(await essence(lake, after)).toEqual(expected);
      await nothingIsLeft(lake);
    }
  }, 120_000);

  test("answers the same 202 to the same request, and 409 to any other step meanwhile", async () => {
    const lake = await salesLake(RULES);
    await lake.land("b.csv", LARGE);
    const about = { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "b.csv" };
    const key = { "Idempotency-Key": "once" };
    // Nothing is done as long as the alarm is not heard: what is said meanwhile can be looked at.
    const begun = await lake.gateway.command(lake.call(), {
      type: "StartWork",
      request: { kind: "append", ...about, format: "csv", landed_bytes: LARGE.length },
    } as unknown as Parameters<LakeGateway["command"]>[1]);
    expect(begun).toMatchObject({
      ok: true,
      value: { outcome: "accepted", location: "/batches/b" },
    });
    const busy = await lake.post("/append-batch", about);
    expect(busy.status).toBe(409);
    expect(busy.at("code")).toBe("batch-busy");
    expect(busy.text("detail")).toMatch(/being taken over in the background/);
    await settled(lake, "b");
    const first = await lake.post("/run-dq", { batch_id: "b" }, key);
    const second = await lake.post("/run-dq", { batch_id: "b" }, key);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("Idempotency-Replayed")).toBe("true");
    await settled(lake, "b");
    const started = (await lake.events()).filter(({ type }) => type === "BatchWorkStarted");
    expect(started).toHaveLength(2);
    await nothingIsLeft(lake);
  });

  test("that does not fit is recorded, in quarantine, with every issue counted", async () => {
    const lake = await salesLake();
    await lake.land(
      "b.csv",
      csvOf(2 * ROWS, (n) => (n % 500 === 0 ? `${n},x` : `${n},1`)),
    );
    const about = { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "b.csv" };
    expect((await lake.post("/append-batch", about)).status).toBe(202);
    const after = await settled(lake, "b");
    expect(after.body).toMatchObject({
      state: "quarantined",
      quarantine: {
        cause: "schema",
        reason: expect.stringMatching(/row 500, column amount.*3 more/),
      },
      work: { state: "completed" },
    });
    // A corrected file takes its place, in the background as well.
    await lake.land("b.csv", LARGE);
    expect((await lake.post("/append-batch", about)).status).toBe(202);
    expect((await settled(lake, "b")).body).toMatchObject({ state: "appended", rows: ROWS });
    await nothingIsLeft(lake);
  });

  test("that is no table fails visibly, and its id is free for another file", async () => {
    const lake = await salesLake();
    await lake.land("b.parquet", "x".repeat(10_000));
    const about = { dataset: "sales", contract_id: "c1", batch_id: "b" };
    expect((await lake.post("/append-batch", { ...about, file_url: "b.parquet" })).status).toBe(
      202,
    );
    const failed = await settled(lake, "b");
    expect(failed.body).toMatchObject({
      state: "append_failed",
      work: { state: "failed", reason: expect.stringMatching(/b\.parquet is no parquet table/) },
    });
    expect((await lake.get("/batches?state=append_failed")).at("items")).toHaveLength(1);
    await lake.land("b.csv", LARGE);
    expect((await lake.post("/append-batch", { ...about, file_url: "b.csv" })).status).toBe(202);
    expect((await settled(lake, "b")).body).toMatchObject({ state: "appended", rows: ROWS });
    await lake.ringFor("sweep_upload");
    expect(await env.OBJECTS.head(`lakes/${lake.id}/landing/b.parquet`)).toBeNull();
    await nothingIsLeft(lake);
  });

  test("whose contract changes while it is gone through fails with that reason, and can be asked for again", async () => {
    const lake = await salesLake(RULES);
    await lake.land("b.csv", LARGE);
    const about = { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "b.csv" };
    await lake.post("/append-batch", about);
    await settled(lake, "b");
    const begun = await lake.gateway.command(lake.call(), {
      type: "StartWork",
      request: { kind: "quality", batch_id: "b", rules: null },
    } as unknown as Parameters<LakeGateway["command"]>[1]);
    expect(begun.ok).toBe(true);
    await lake.put("/contracts/c1", { retention_days: 9, quality_rules: { amount: "not_null" } });
    expect((await settled(lake, "b")).at("work")).toMatchObject({
      state: "failed",
      reason: expect.stringMatching(/contract has changed/),
    });
    expect((await lake.post("/run-dq", { batch_id: "b" })).status).toBe(202);
    expect((await settled(lake, "b")).body).toMatchObject({ state: "checked" });
    await nothingIsLeft(lake);
  });

  test("a step of which keeps failing fails the work in sight, with what it was about", async () => {
    const lake = await salesLake(RULES);
    await lake.land("b.csv", LARGE);
    const about = { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "b.csv" };
    await lake.post("/append-batch", about);
    await settled(lake, "b");
    const raw = (await lake.keys()).find((key) => key.includes("/raw/")) ?? "";
    await env.OBJECTS.delete(raw);
    await lake.post("/run-dq", { batch_id: "b" });
    const failed = await settled(lake, "b");
    expect(failed.at("work")).toMatchObject({
      state: "failed",
      reason: expect.stringMatching(/object of this batch is gone/),
    });
    expect(failed.at("state")).toBe("appended");
  });

  test("is sampled by a dry run, which says so", async () => {
    const lake = await salesLake({ quality_rules: { id: "unique_in_dataset" } });
    await lake.land("b.csv", LARGE);
    const about = { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "b.csv" };
    await lake.post("/append-batch", about);
    await settled(lake, "b");
    const rules = { privacy_rules: { amount: "nullify" }, dry_run: true };
    await lake.post("/run-dq", { batch_id: "b" });
    await settled(lake, "b");
    const dry = await lake.done("/run-privacy", { batch_id: "b", ...rules });
    const rows = Number(dry.at("sample", "rows"));
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(ROWS);
    expect(dry.body).toMatchObject({
      sample: { rows, of_rows: ROWS },
      report: { rows },
      message: expect.stringContaining(`the first ${rows} of ${ROWS} rows`),
      preview: expect.arrayContaining([expect.objectContaining({ row: 1 })]),
    });
    await nothingIsLeft(lake);
  }, 60_000);

  test("in a replay is derived beside the old version, and switched with the others", async () => {
    const lake = await salesLake(RULES);
    await live(lake, async () => {});
    const before = (await lake.get("/batches/b")).at("published");
    await lake.put("/contracts/c1", { retention_days: 9, privacy_rules: { id: "nullify" } });
    const asked = await lake.post("/replay", { dataset: "sales" });
    expect(asked.status).toBe(202);
    const id = asked.text("replay", "replay_id");
    await eventually(async () => {
      await lake.ringFor("replay_step");
      expect((await lake.get(`/replays/${id}`)).at("status")).toBe("completed");
    });
    expect((await lake.get(`/replays/${id}`)).at("outcomes")).toMatchObject([
      { batch_id: "b", outcome: "replayed", rows: ROWS },
    ]);
    const after = await lake.get("/batches/b");
    expect(after.body).toMatchObject({
      last_replay: id,
      work: { kind: "replay", state: "completed" },
    });
    expect(after.at("published")).not.toEqual(before);
    await nothingIsLeft(lake);
  });
});

test("a large file whose datetimes lose digits says of how many, in all of its segments", async () => {
  const lake = await salesLake();
  await lake.done("/datasets", { name: "seen", schema: { at: "datetime" } });
  await lake.done("/contracts", { dataset: "seen", contract_id: "moments", retention_days: 9 });
  const rows = Array.from({ length: ROWS }, (_, n) => `2026-11-23T12:00:00.${100_000_001 + n}Z`);
  await lake.land("seen.csv", `at\n${rows.join("\n")}\n`);
  const about = { dataset: "seen", contract_id: "moments", batch_id: "b", file_url: "seen.csv" };
  expect((await lake.post("/append-batch", about)).status).toBe(202);
  expect((await settled(lake, "b")).at("state")).toBe("appended");
  const events = await lake.events();
  const { data } = events.find(({ type }) => type === "DataAppended") ?? { data: {} };
  // One in a thousand nanoseconds is a whole microsecond.
  expect(data).toMatchObject({
    rows: ROWS,
    warnings: [expect.stringMatching(/^999 datetimes say/)],
  });
});

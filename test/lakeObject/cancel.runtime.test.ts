/** Long work and replays that somebody ends before their time: nothing of them is left. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { LakeRequest } from "../../src/application/lakeGateway.ts";
import { replayStep } from "../../src/application/work/replayWork.ts";
import { workStep } from "../../src/application/work/stepWork.ts";
import type { Workshop } from "../../src/application/work/workshop.ts";
import type { WorkStep } from "../../src/domain/batch/work.ts";
import type { BatchId, ReplayId } from "../../src/domain/ids.ts";
import { r2ObjectStore } from "../../src/storage/r2ObjectStore.ts";
import {
  append,
  eventually,
  type Lake,
  ONLY_A_CHECKPOINT,
  published,
  salesLake,
} from "../support/lakeClient.ts";
import { workshopOver } from "../support/workshopOver.ts";

const ROWS = 1_000;
/** More than the limit of the tests, several segments. */
const LARGE = `id,amount\n${Array.from({ length: ROWS }, (_, n) => `${n},${n}.5`).join("\n")}\n`;
const about = { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "b.csv" };

const workshop = (lake: Lake, altered?: Parameters<typeof workshopOver>[2]): Workshop =>
  workshopOver(r2ObjectStore(env.OBJECTS), lake.gateway, altered);

/** Begins long work without an alarm: the test takes its steps itself. */
const begin = async (lake: Lake, request: object): Promise<string> => {
  const command = { type: "StartWork", request } as unknown as LakeRequest;
  const begun = await lake.gateway.command(lake.call(), command);
  expect(begun).toMatchObject({ ok: true });
  await lake.inside((_, { storage }) => storage.deleteAlarm());
  const batch = await lake.get("/batches/b");
  return batch.text("work", "work_id");
};

const stepOf = (work_id: string, step: WorkStep) =>
  ({ kind: "work_step", batch_id: "b" as BatchId, work_id, step }) as const;

const nothingIsLeft = async (lake: Lake) => {
  await lake.ringFor("sweep_attempt");
  await eventually(async () => {
    await lake.ring();
    expect(await lake.keys()).toEqual(await lake.referenced());
    expect(
      await lake.sql(
        "SELECT kind, ref FROM schedule WHERE kind NOT IN ('retention_due', 'sweep_upload')",
      ),
    ).toEqual(ONLY_A_CHECKPOINT);
  });
};

describe("what is under way on a batch", () => {
  test("ends when it is cancelled, the step that runs right then included", async () => {
    const lake = await salesLake();
    await lake.land("b.csv", LARGE);
    const landed = { kind: "append", ...about, format: "csv", landed_bytes: LARGE.length };
    const work_id = await begin(lake, landed);
    await workStep(workshop(lake), lake.call(), stepOf(work_id, "land"));
    // While a segment is gone through, somebody cancels.
    const meanwhile = workshop(lake, ({ refineSegment }) => ({
      refineSegment: async (...asked) => {
        const result = await refineSegment(...asked);
        const cancelled = await lake.done("/batches/b/cancel", { reason: "the wrong file" });
        expect(cancelled.at("batch")).toMatchObject({
          state: "append_cancelled",
          work: { state: "cancelled", reason: "the wrong file" },
        });
        return result;
      },
    }));
    await workStep(meanwhile, lake.call(), stepOf(work_id, "segment/0/0"));
    expect((await lake.get("/batches?state=append_cancelled")).at("items")).toHaveLength(1);
    expect((await lake.post("/batches/b/cancel")).body).toMatchObject({ events: [] });
    await nothingIsLeft(lake);
    expect(await lake.keys()).toEqual([]);
    // Its id is free, and its upload still there.
    expect((await lake.post("/append-batch", about)).status).toBe(202);
    await eventually(async () => {
      await lake.ring();
      expect((await lake.get("/batches/b")).body).toMatchObject({ state: "appended", rows: ROWS });
    });
    expect((await lake.post("/batches/b/cancel")).at("code")).toBe("nothing-under-way");
    expect((await lake.post("/batches/none/cancel")).status).toBe(404);
  });

  test("leaves the batch what it was, and open to every other step", async () => {
    const lake = await salesLake({ privacy_rules: { id: "redact" } });
    await lake.land("b.csv", LARGE);
    await lake.post("/append-batch", about);
    await eventually(async () => {
      await lake.ring();
      expect((await lake.get("/batches/b")).at("state")).toBe("appended");
    });
    const before = await lake.get("/batches/b");
    const work_id = await begin(lake, {
      kind: "privacy",
      batch_id: "b",
      rules: null,
      dry_run: false,
    });
    await workStep(workshop(lake), lake.call(), stepOf(work_id, "segment/0/0"));
    const parts = (await lake.keys()).filter((key) => key.includes("/b/2/"));
    expect(parts.length).toBeGreaterThan(0);
    await lake.done("/batches/b/cancel");
    const { work: _, ...was } = before.body as Record<string, unknown>;
    expect((await lake.get("/batches/b")).body).toMatchObject(was);
    await nothingIsLeft(lake);
    expect((await lake.post("/run-privacy", { batch_id: "b" })).status).toBe(202);
    await eventually(async () => {
      await lake.ring();
      expect((await lake.get("/batches/b")).at("state")).toBe("anonymized");
    });
  });
});

describe("a replay", () => {
  /** Requested, and driven by nobody but the test. */
  const requested = async (lake: Lake): Promise<ReplayId> => {
    const command = { type: "Replay", dataset: "sales", batch_id: null } as unknown as LakeRequest;
    const answer = await lake.gateway.command(lake.call(), command);
    if (!answer.ok) throw new Error(answer.error.detail);
    await lake.inside((_, { storage }) => storage.deleteAlarm());
    return (answer.value.body as { replay: { replay_id: ReplayId } }).replay.replay_id;
  };

  test("that is cancelled has switched nothing and left nothing", async () => {
    const lake = await salesLake();
    for (const id of ["b1", "b2"]) await published(lake, id);
    const before = [(await lake.get("/batches/b1")).body, (await lake.get("/batches/b2")).body];
    const id = await requested(lake);
    await replayStep(workshop(lake), lake.call(), id);
    // The second is derived while it is cancelled.
    const meanwhile = workshop(lake, ({ refine }) => ({
      refine: async (input) => {
        const refined = await refine(input);
        await lake.done(`/replays/${id}/cancel`, { reason: "too early" });
        return refined;
      },
    }));
    expect(await replayStep(meanwhile, lake.call(), id)).toBe("done");
    expect((await lake.get(`/replays/${id}`)).body).toMatchObject({
      status: "cancelled",
      reason: "too early",
      cancelled_at: expect.any(String),
      completed_at: null,
    });
    expect([(await lake.get("/batches/b1")).body, (await lake.get("/batches/b2")).body]).toEqual(
      before,
    );
    await nothingIsLeft(lake);
    const again = await lake.done("/replay", { dataset: "sales" });
    expect(again.at("replay")).toMatchObject({ status: "completed" });
    const late = await lake.post(`/replays/${again.text("replay", "replay_id")}/cancel`);
    expect([late.status, late.at("code")]).toEqual([409, "replay-completed"]);
    expect((await lake.post("/replays/none/cancel")).status).toBe(404);
  });

  test("takes with it what is under way on a large batch for its sake", async () => {
    const lake = await salesLake();
    await lake.land("b.csv", LARGE);
    await lake.post("/append-batch", about);
    await eventually(async () => {
      await lake.ring();
      expect((await lake.get("/batches/b")).at("state")).toBe("appended");
    });
    await append(lake, "small");
    const id = await requested(lake);
    await replayStep(workshop(lake), lake.call(), id);
    await lake.inside((_, { storage }) => storage.deleteAlarm());
    const alone = await lake.post("/batches/b/cancel");
    expect([alone.status, alone.at("code")]).toEqual([409, "part-of-replay"]);
    await lake.done(`/replays/${id}/cancel`);
    expect((await lake.get("/batches/b")).body).toMatchObject({
      state: "appended",
      work: { kind: "replay", state: "cancelled", reason: null },
    });
    await nothingIsLeft(lake);
  });
});

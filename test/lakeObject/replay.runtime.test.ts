/** Replays that their request does not see to the end: the alarm, a crash, another replay. */
import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { MAX_ATTEMPTS } from "../../src/application/runDuties.ts";
import { replayStep } from "../../src/application/work/replayWork.ts";
import type { Workshop } from "../../src/application/work/workshop.ts";
import type { DatasetName, ReplayId } from "../../src/domain/ids.ts";
import { r2ObjectStore } from "../../src/storage/r2ObjectStore.ts";
import {
  append,
  at,
  eventually,
  type Lake,
  ONLY_A_CHECKPOINT,
  published,
  salesLake,
} from "../support/lakeClient.ts";
import { workshopOver } from "../support/workshopOver.ts";

/** Commits the request and does nothing more, as a machine that dies right then. */
const requested = async (lake: Lake): Promise<ReplayId> => {
  const answer = await lake.gateway.command(lake.call(), {
    type: "Replay",
    dataset: "sales" as DatasetName,
    batch_id: null,
  });
  if (!answer.ok) throw new Error(answer.error.detail);
  return String(at(answer.value.body, "replay", "replay_id")) as ReplayId;
};

const workshop = (lake: Lake): Workshop => workshopOver(r2ObjectStore(env.OBJECTS), lake.gateway);

const outcomes = async (lake: Lake, id: string) =>
  (await lake.get(`/replays/${id}`)).at("outcomes");

const countOf = async (lake: Lake, type: string) =>
  (await lake.events()).filter((event) => event.type === type).length;

const rawKey = async (lake: Lake, batch: string): Promise<string> =>
  (await lake.keys()).find((key) => key.includes(`/${batch}/1/raw/`)) ?? "none";

describe("a replay", () => {
  test("that its request never drove is driven to its end by the alarm", async () => {
    const lake = await salesLake();
    await published(lake, "b1");
    await published(lake, "b2");
    await append(lake, "b3");
    const id = await requested(lake);
    expect((await lake.get(`/replays/${id}`)).body).toMatchObject({ status: "running", done: 0 });
    // Not while its request may still be at it.
    await lake.ring();
    expect((await lake.get(`/replays/${id}`)).at("done")).toBe(0);
    await lake.ringFor("replay_step");
    await eventually(async () =>
      expect((await lake.get(`/replays/${id}`)).body).toMatchObject({
        status: "completed",
        batches: 3,
        done: 3,
        rows: 9,
      }),
    );
    for (const [batch, state] of [
      ["b1", "published"],
      ["b2", "published"],
      ["b3", "appended"],
    ]) {
      expect((await lake.get(`/batches/${batch}`)).body).toMatchObject({ state, last_replay: id });
    }
    await eventually(async () => {
      await lake.ring();
      expect(await lake.keys()).toEqual(await lake.referenced());
    });
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
  });

  test("goes on after a crash where it was: every batch is sent through once", async () => {
    const lake = await salesLake();
    for (const batch of ["b1", "b2", "b3"]) await published(lake, batch);
    const id = await requested(lake);
    expect(await replayStep(workshop(lake), lake.call(), id)).toBe("more");
    await abortAllDurableObjects();
    expect(await outcomes(lake, id)).toMatchObject([{ batch_id: "b1", outcome: "replayed" }]);
    await lake.ringFor("replay_step");
    await eventually(async () =>
      expect((await lake.get(`/replays/${id}`)).at("status")).toBe("completed"),
    );
    expect(await countOf(lake, "BatchReplayed")).toBe(3);
    expect(await countOf(lake, "ReplayProgressed")).toBe(3);
    expect(await countOf(lake, "ReplayCompleted")).toBe(1);
  });

  test("shows every reader the old version until all of them are switched", async () => {
    const lake = await salesLake();
    for (const batch of ["b1", "b2"]) await published(lake, batch);
    const shown = async () => [
      (await lake.get("/batches/b1")).body,
      (await lake.get("/batches/b2")).body,
    ];
    const before = await shown();
    const objects = await lake.keys();
    const id = await requested(lake);
    const shop = workshop(lake);
    expect(await replayStep(shop, lake.call(), id)).toBe("more");
    expect(await replayStep(shop, lake.call(), id)).toBe("more");
    expect((await lake.get(`/replays/${id}`)).body).toMatchObject({ status: "running", done: 2 });
    expect(await shown()).toEqual(before);
    // What is handed out meanwhile is the old version, and it is there.
    const url = (await lake.done("/consume-batch", { batch_id: "b1", consumer: "x" })).text(
      "download_url",
    );
    expect(objects.some((key) => url.includes(key))).toBe(true);
    expect(await lake.keys()).toEqual(expect.arrayContaining([...objects]));
    const head = (await lake.events()).length;
    expect(await replayStep(shop, lake.call(), id)).toBe("more");
    const switched = (await lake.events()).slice(head);
    expect(new Set(switched.map(({ command_id }) => command_id)).size).toBe(1);
    expect(switched.filter(({ type }) => type === "DataPublished")).toHaveLength(2);
    expect(await replayStep(shop, lake.call(), id)).toBe("done");
    for (const after of await shown()) expect(after).toMatchObject({ last_replay: id });
    await eventually(async () => {
      await lake.ring();
      expect(await lake.keys()).toEqual(await lake.referenced());
    });
  });

  test("skips what is in quarantine and says so", async () => {
    const lake = await salesLake();
    await published(lake, "good");
    await append(lake, "bad");
    await lake.done("/quarantine-batch", { batch_id: "bad", reason: "doubt" });
    const before = (await lake.get("/batches/bad")).body;
    const answer = await lake.done("/replay", { dataset: "sales" });
    expect(answer.at("replay", "outcomes")).toMatchObject([
      { batch_id: "good", outcome: "replayed", reason: null },
      { batch_id: "bad", outcome: "skipped", reason: "in quarantine", rows: 0 },
    ]);
    expect((await lake.get("/batches/bad")).body).toEqual(before);
    const completed = (await lake.events()).find(({ type }) => type === "ReplayCompleted");
    expect(completed?.data).toMatchObject({ batches: 1, rows: 3, skipped: 1, quarantined: 0 });
  });

  test("takes the contract's present rules, and quarantines what no longer meets them", async () => {
    const lake = await salesLake();
    await published(lake, "b");
    await append(lake, "later", "id,amount\n1,5\n");
    await lake.done("/publish-batch", { batch_id: "later" });
    await lake.put("/contracts/c1", { retention_days: 9, quality_rules: { amount: ">=0" } });
    const answer = await lake.done("/replay", { dataset: "sales" });
    expect(answer.at("replay", "outcomes")).toMatchObject([
      { batch_id: "b", outcome: "quarantined" },
      { batch_id: "later", outcome: "replayed" },
    ]);
    expect((await lake.post("/consume-batch", { batch_id: "b", consumer: "x" })).status).toBe(409);
    expect((await lake.post("/consume-batch", { batch_id: "later", consumer: "x" })).status).toBe(
      200,
    );
  });

  test("of a dataset without batches is complete at once", async () => {
    const lake = await salesLake();
    const answer = await lake.post("/replay", { dataset: "sales" });
    expect(answer.status).toBe(200);
    expect(answer.at("replay")).toMatchObject({ status: "completed", batches: 0 });
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
  });

  test("at the same time as another ends well, and both leave one consistent batch", async () => {
    const lake = await salesLake();
    await published(lake, "b1");
    await published(lake, "b2");
    const answers = await Promise.all([
      lake.post("/replay", { dataset: "sales" }),
      lake.post("/replay", { dataset: "sales" }),
      lake.post("/replay", { dataset: "sales", batch_id: "b2" }),
    ]);
    for (const answer of answers) {
      expect([200, 202]).toContain(answer.status);
      const id = answer.text("replay", "replay_id");
      if (answer.status === 202) {
        expect(answer.headers.get("Location")).toBe(`/lakes/${lake.id}/replays/${id}`);
      }
    }
    await eventually(async () => {
      await lake.ringFor("replay_step");
      for (const answer of answers) {
        const id = answer.text("replay", "replay_id");
        expect((await lake.get(`/replays/${id}`)).at("status")).toBe("completed");
      }
    });
    expect(await countOf(lake, "ReplayCompleted")).toBe(3);
    for (const batch of ["b1", "b2"]) {
      expect((await lake.get(`/batches/${batch}`)).body).toMatchObject({
        state: "published",
        published: { rows: 3 },
      });
    }
    await eventually(async () => {
      await lake.ring();
      expect(await lake.keys()).toEqual(await lake.referenced());
    });
  });
});

describe("a long replay", () => {
  test("lets other duties have their turn between two batches", async () => {
    const lake = await salesLake({}, "gdpr");
    for (const batch of ["b1", "b2", "b3"]) await append(lake, batch);
    const id = await requested(lake);
    await lake.sql("UPDATE schedule SET due_at = '2020-01-01'");
    const request = { subject_id: "s", reason: "r", requested_by: "o" };
    await lake.done("/deletions", { ...request, received_at: "2026-01-31T12:00:00Z" });
    await eventually(async () => {
      await lake.ring();
      expect((await lake.get(`/replays/${id}`)).at("status")).toBe("completed");
    });
    const types = (await lake.events()).map(({ type }) => type);
    expect(types.indexOf("GDPRDeletionOverdue")).toBeLessThan(types.indexOf("ReplayCompleted"));
    expect(types).toContain("GDPRDeletionOverdue");
  });
});

describe("a batch that cannot be read", () => {
  test("is tried again and again, then given up in sight, and the replay goes on with the next", async () => {
    const lake = await salesLake();
    await published(lake, "lost");
    await published(lake, "kept");
    const before = (await lake.get("/batches/lost")).body;
    await env.OBJECTS.delete(await rawKey(lake, "lost"));
    const answer = await lake.post("/replay", { dataset: "sales" });
    expect(answer.status).toBe(202);
    const id = answer.text("replay", "replay_id");
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
      await lake.ringFor("replay_step");
      expect(await lake.sql("SELECT attempts, parked FROM schedule WHERE ref = ?", id)).toEqual([
        { attempts: attempt, parked: 0 },
      ]);
    }
    await lake.ringFor("replay_step");
    expect(await outcomes(lake, id)).toMatchObject([{ batch_id: "lost", outcome: "failed" }]);
    await lake.ringFor("replay_step");
    expect((await lake.get(`/replays/${id}`)).body).toMatchObject({
      status: "completed",
      outcomes: [{ outcome: "failed" }, { batch_id: "kept", outcome: "replayed" }],
    });
    expect((await lake.get("/batches/lost")).body).toEqual(before);
    // What is wrong is said without a row's content.
    expect(JSON.stringify(await outcomes(lake, id))).not.toContain("100");
  });

  test("has all its tries although the batch before it took some", async () => {
    const lake = await salesLake();
    await published(lake, "first");
    await published(lake, "lost");
    await env.OBJECTS.delete(await rawKey(lake, "lost"));
    const id = await requested(lake);
    // Not the last: the alarm may have begun it already, and a beginning without an end counts too.
    const taken = MAX_ATTEMPTS - 3;
    await lake.sql("UPDATE schedule SET attempts = ? WHERE kind = 'replay_step'", taken);
    await lake.ringFor("replay_step");
    // The alarm goes on trying by itself: how often it has by now, nobody knows.
    await eventually(async () => {
      const [duty] = await lake.sql("SELECT attempts, parked FROM schedule WHERE ref = ?", id);
      expect(duty?.parked).toBe(0);
      expect(duty?.attempts).toBeGreaterThanOrEqual(1);
      expect(duty?.attempts).toBeLessThan(taken);
    });
    expect(await outcomes(lake, id)).toMatchObject([{ batch_id: "first", outcome: "replayed" }]);
  });
});

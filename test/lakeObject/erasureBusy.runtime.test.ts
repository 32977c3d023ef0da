/** A person is forgotten while long work is under way on a batch that holds them. */
import { describe, expect, test } from "vitest";
import type { LakeGateway } from "../../src/application/lakeGateway.ts";
import {
  appendPeople,
  csvOf,
  holding,
  JANE,
  peopleLake,
  requestErasure,
  until,
} from "../support/erasureLake.ts";
import { type Answer, at, inTheEnd, type Lake } from "../support/lakeClient.ts";

const ROWS = 600;
const JANES = 6;

/** About 14 KB, seven segments, with the person in several of them. */
const LARGE = csvOf(
  ...Array.from(
    { length: ROWS },
    (_, n) => [n + 1, n % 100 === 50 ? JANE : `person-${n}`, (n % 9) + 1] as const,
  ),
);

const RULES = {
  quality_rules: { amount: ">0" },
  privacy_rules: { person: "redact" },
};

const settled = async (lake: Lake, batch_id: string): Promise<Answer> => {
  let answer = await lake.get(`/batches/${batch_id}`);
  await inTheEnd(async () => {
    await lake.ring();
    answer = await lake.get(`/batches/${batch_id}`);
    expect(answer.at("work", "state"), JSON.stringify(answer.body)).not.toBe("running");
  });
  return answer;
};

/** Begins long work and does nothing of it. */
const begin = async (lake: Lake, request: object): Promise<void> => {
  const begun = await lake.gateway.command(lake.call(), {
    type: "StartWork",
    request,
  } as unknown as Parameters<LakeGateway["command"]>[1]);
  expect(begun, JSON.stringify(begun)).toMatchObject({ ok: true });
};

const APPEND = {
  kind: "append",
  dataset: "people",
  contract_id: "c",
  batch_id: "b",
  file_url: "b.csv",
  format: "csv",
  landed_bytes: LARGE.length,
} as const;

const appended = async (lake: Lake): Promise<void> => {
  expect((await appendPeople(lake, "b", LARGE)).status).toBe(202);
  expect((await settled(lake, "b")).body).toMatchObject({ state: "appended", rows: ROWS });
};

/** Nobody knows the person any more, and nothing is left of what either had begun. */
const expectGone = async (lake: Lake, id: string): Promise<void> => {
  await until(lake, id, "completed");
  const after = await settled(lake, "b");
  expect(after.at("rows")).toBe(ROWS - JANES);
  expect(await holding(lake, JANE)).toEqual([]);
  expect((await lake.get(`/deletions/${id}`)).body).toMatchObject({
    erasure: { rows_removed: JANES, batches: { hit: 1 } },
  });
  await lake.ringFor("sweep_attempt");
  await inTheEnd(async () => {
    await lake.ring();
    // What long work has read is named by it for ever: it need not be there.
    const left = (await lake.keys()).filter((key) => /\/(batches|published)\//.test(key));
    expect(await lake.referenced()).toEqual(expect.arrayContaining([...left]));
  });
};

const execute = async (lake: Lake, id: string): Promise<void> => {
  expect((await lake.post(`/deletions/${id}/execute`)).status).toBe(202);
};

describe("an erasure", () => {
  test("waits for a file that is being taken over, and finds the person in it", async () => {
    const lake = await peopleLake(RULES);
    const id = await requestErasure(lake);
    await lake.land("b.csv", LARGE);
    await begin(lake, APPEND);
    await execute(lake, id);
    await expectGone(lake, id);
  });

  test.each([
    ["a check", { kind: "quality", batch_id: "b", rules: null }, "checked"],
    ["a privacy run", { kind: "privacy", batch_id: "b", rules: null }, "anonymized"],
  ])(
    "waits for %s of the batch, and what that makes is without the person",
    async (_, work, state) => {
      const lake = await peopleLake(RULES);
      await appended(lake);
      const id = await requestErasure(lake);
      await begin(lake, work);
      await execute(lake, id);
      await expectGone(lake, id);
      expect((await lake.get("/batches/b")).at("state")).toBe(state);
    },
  );

  test("beside a replay leaves the batch published, under the new rules, without the person", async () => {
    const lake = await peopleLake(RULES);
    await appended(lake);
    for (const route of ["/run-dq", "/run-privacy", "/publish-batch"]) {
      expect((await lake.post(route, { batch_id: "b" })).status).toBe(202);
      await settled(lake, "b");
    }
    const id = await requestErasure(lake);
    await lake.put("/contracts/c", { retention_days: 9, privacy_rules: { person: "nullify" } });
    const replay = await lake.gateway.command(lake.call(), {
      type: "Replay",
      dataset: "people",
      batch_id: null,
    } as unknown as Parameters<LakeGateway["command"]>[1]);
    if (!replay.ok) throw new Error(replay.error.detail);
    const replay_id = String(at(replay.value.body, "replay", "replay_id"));
    await execute(lake, id);
    await lake.ringFor("replay_step");
    await until(lake, id, "completed");
    await inTheEnd(async () => {
      await lake.ringFor("replay_step");
      expect((await lake.get(`/replays/${replay_id}`)).at("status")).toBe("completed");
    });
    await expectGone(lake, id);
    expect((await lake.get("/batches/b")).body).toMatchObject({
      state: "published",
      published: { rows: ROWS - JANES },
    });
  });
});

describe("k-anonymity that a batch owes to the person who is forgotten", () => {
  const demand = (on_violation: "refuse" | "suppress") => ({
    privacy_rules: { person: "redact" },
    k_anonymity: { columns: ["amount"], k: 2, on_violation },
  });
  /** Two groups of two: without the person one of them is a single row. */
  const four = csvOf([1, "anna", 1], [2, "otto", 1], [3, JANE, 2], [4, "emma", 2]);

  const publish = async (lake: Lake): Promise<void> => {
    expect((await appendPeople(lake, "b", four)).status).toBe(201);
    await lake.done("/run-privacy", { batch_id: "b" });
    await lake.done("/publish-batch", { batch_id: "b" });
    await lake.done("/consume-batch", { batch_id: "b", consumer: "alice" });
  };

  const forgotten = async (lake: Lake): Promise<void> => {
    const id = await requestErasure(lake);
    await execute(lake, id);
    await until(lake, id, "completed");
    expect(await holding(lake, JANE)).toEqual([]);
  };

  test("no longer holds: the batch is withdrawn, with its reason, and nothing is handed out", async () => {
    const lake = await peopleLake(demand("refuse"));
    await publish(lake);
    const before = (await lake.keys()).filter((key) => key.includes("/published/"));
    expect(before).not.toEqual([]);
    await forgotten(lake);
    expect((await lake.get("/batches/b")).body).toMatchObject({
      state: "quarantined",
      quarantine: { cause: "k_anonymity", reason: expect.stringMatching(/smallest has 1 rows/) },
    });
    expect((await lake.keys()).filter((key) => key.includes("/published/"))).toEqual([]);
    const refused = await lake.post("/consume-batch", { batch_id: "b", consumer: "alice" });
    expect([refused.status, refused.at("code")]).toEqual([409, "batch-quarantined"]);
    // Once somebody has looked at it, it is to be published anew, which the gate refuses.
    await lake.done("/release-batch", { batch_id: "b", reason: "looked at" });
    const again = await lake.post("/publish-batch", { batch_id: "b" });
    expect([again.status, again.at("code")]).toEqual([422, "k-anonymity-violated"]);
  });

  test("no longer holds: small groups are left out where the contract says so", async () => {
    const lake = await peopleLake(demand("suppress"));
    await publish(lake);
    await forgotten(lake);
    expect((await lake.get("/batches/b")).body).toMatchObject({
      state: "published",
      rows: 3,
      published: { rows: 2, suppressed_rows: 1, k_anonymity: { groups_below_k: 1 } },
    });
  });
});

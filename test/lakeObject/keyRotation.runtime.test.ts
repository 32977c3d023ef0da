/** A root secret that rotates under lakes that are at work, and what is ever seen of it. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { LakeObject } from "../../src/lakeObject.ts";
import { eventually, type Lake, newLake, send, sendJson } from "../support/lakeClient.ts";

const OLD = String((env as Env).ROOT_SECRET);
const NEXT = "the next root secret, long enough as well";
const BOTH = { ROOT_SECRET: NEXT, ROOT_SECRET_PREVIOUS: OLD };

/** What the lake is after a deployment with other secrets: a new object on the same storage. */
const under = <Value>(
  lake: Lake,
  variables: Partial<Env>,
  body: (object: LakeObject) => Promise<Value>,
): Promise<Value> =>
  lake.inside(async (_, state) => body(new LakeObject(state, { ...(env as Env), ...variables })));

const keyRow = (lake: Lake) => lake.sql("SELECT wrapped FROM keys WHERE id = 'lake'");

const wrapping = (lake: Lake, variables: Partial<Env>) =>
  under(lake, variables, (object) => object.ask(lake.call(), { kind: "wrapping", rewrap: false }));

const CSV = "id,amount\njane-doe,1.5\njohn,2\n";

/** A lake with something of everything that hangs on its key. */
const fullLake = async (): Promise<{ lake: Lake; deletion_id: string }> => {
  const lake = await newLake("gdpr");
  await lake.done("/datasets", {
    name: "people",
    schema: { id: "string", amount: "float" },
    contains_pii: true,
    encryption_enabled: true,
    subject_column: "id",
  });
  await lake.done("/contracts", {
    contract_id: "c1",
    dataset: "people",
    retention_days: 30,
    privacy_rules: { id: { strategy: "hash" } },
  });
  await lake.land("b1.csv", CSV);
  const about = { dataset: "people", contract_id: "c1", batch_id: "b1", file_url: "b1.csv" };
  await lake.done("/append-batch", about);
  await lake.done("/run-privacy", { batch_id: "b1" });
  await lake.done("/publish-batch", { batch_id: "b1" });
  const requested = await lake.done("/deletions", { subject_id: "jane-doe", reason: "please" });
  await lake.done("/webhooks", { url: "http://localhost:9/x", events: ["BatchQuarantined"] });
  return { lake, deletion_id: requested.text("deletion", "deletion_id") };
};

/** What a lake says that no other key could say. */
const tellings = async (object: LakeObject, lake: Lake, deletion_id: string) => {
  const revealed = await object.ask(lake.call(), { kind: "reveal", deletion_id });
  const webhooks = await object.ask(lake.call(), {
    kind: "list",
    filter: { kind: "webhook", limit: 10 },
  });
  const opened = await object.open(lake.call(), {
    kind: "export",
    batch_id: "b1" as never,
    format: "csv",
    consumer: "ann",
  });
  const key = await object.prove(lake.call(), { kind: "key" });
  return {
    revealed: revealed.ok && revealed.value,
    webhooks: webhooks.ok && webhooks.value,
    dataset_key: "value" in opened && opened.ok ? opened.value.dataset_key : null,
    key,
  };
};

describe("a root secret that is exchanged while lakes are asleep or at work", () => {
  test("opens every one under both, and its duty wraps the key anew at the next wake", async () => {
    const { lake, deletion_id } = await fullLake();
    const before = await lake.inside((object) => tellings(object, lake, deletion_id));
    expect(before.revealed).toMatchObject({ view: { subject_id: "jane-doe", reason: "please" } });
    expect(before.dataset_key).toHaveLength(32);
    const stored = await keyRow(lake);

    await under(lake, BOTH, async (object) => {
      expect(await tellings(object, lake, deletion_id)).toMatchObject({
        dataset_key: before.dataset_key,
        key: before.key,
        webhooks: before.webhooks,
      });
      await eventually(async () =>
        expect(await lake.owed()).toContainEqual({ kind: "rewrap_key", ref: "lake" }),
      );
      await object.alarm();
    });
    expect(await keyRow(lake)).not.toEqual(stored);
    expect(await lake.owed()).not.toContainEqual({ kind: "rewrap_key", ref: "lake" });

    // The old secret is not needed any more, and would not do.
    const later = await under(lake, { ROOT_SECRET: NEXT }, (object) =>
      tellings(object, lake, deletion_id),
    );
    expect(later).toMatchObject({ key: before.key, dataset_key: before.dataset_key });
    expect(later.revealed).toMatchObject({ view: { subject_id: "jane-doe", reason: "please" } });
    expect(later.webhooks).toEqual(before.webhooks);
    expect(await wrapping(lake, {})).toMatchObject({ ok: false, error: { code: "lake-locked" } });
  });

  test("is asked for by an administrator, lake by lake, and the count says how many are left", async () => {
    const lake = await newLake();
    const state = (variables: Partial<Env>) => wrapping(lake, variables);
    expect(await state(BOTH)).toMatchObject({ value: { wrapped_under: "previous" } });
    const asked = await sendJson("POST", "/admin/rewrap-keys", { lake_id: lake.id });
    expect(asked.body).toEqual({
      items: [{ lake_id: lake.id, wrapped_under: "present", rewrapped: false }],
      next_cursor: null,
    });
    const rewrapped = await under(lake, BOTH, (object) =>
      object.ask(lake.call(), { kind: "wrapping", rewrap: true }),
    );
    expect(rewrapped).toMatchObject({ value: { wrapped_under: "previous", rewrapped: true } });
    expect(await state(BOTH)).toMatchObject({ value: { wrapped_under: "present" } });
    // This Worker has the old secret alone: the lake is one that does not answer, and is named.
    await evictDurableObject(lake.stub);
    const failed: unknown[] = [];
    let cursor = "";
    do {
      const page = await send(`/admin/rewrap-keys?limit=100${cursor && `&cursor=${cursor}`}`);
      expect(page.status).toBe(200);
      const body = page.body as { failed: unknown[]; next_cursor: string | null };
      failed.push(...body.failed);
      cursor = body.next_cursor ?? "";
    } while (cursor !== "");
    expect(failed).toContainEqual({
      lake_id: lake.id,
      failed: expect.stringContaining("ROOT_SECRET"),
    });
    const one = await sendJson("POST", "/admin/rewrap-keys", { lake_id: lake.id });
    expect([one.status, one.at("code")]).toEqual([503, "lake-locked"]);
    const none = await sendJson("POST", "/admin/rewrap-keys", { lake_id: "lake-of-nobody" });
    expect([none.status, none.at("code")]).toEqual([404, "lake-not-found"]);
  });
});

describe("a lake without a secret that may be used", () => {
  const errors = vi.spyOn(console, "error");
  afterEach(() => errors.mockClear());

  test.each([
    ["none", { ROOT_SECRET: "" }],
    ["the development default at a real account", { R2_ACCOUNT_ID: "an-account" }],
    ["another one", { ROOT_SECRET: NEXT }],
  ])("does no work with %s: what it owes waits, uncounted", async (_, variables) => {
    const lake = await newLake();
    await lake.sql("UPDATE schedule SET due_at = '2020-01-01T00:00:00.000Z'");
    const owed = "SELECT kind, ref, attempts, begun, last_error FROM schedule ORDER BY kind, ref";
    const before = await lake.sql(owed);
    expect(before.length).toBeGreaterThan(0);
    await under(lake, variables, async (object) => {
      expect(await object.ask(lake.call(), { kind: "lake", when: null })).toMatchObject({
        error: { code: "lake-locked" },
      });
      const from = Date.now();
      await object.alarm();
      expect(await lake.inside((_o, { storage }) => storage.getAlarm())).toBeGreaterThan(from);
    });
    expect(await lake.sql(owed)).toEqual(before);
    const said = errors.mock.calls.flat().join("\n");
    expect(said).toContain("a lake is locked");
    expect(said).toContain(lake.id);
  });
});

describe("a lake that is locked", () => {
  test("has the reports told of it as soon as it wakes, and once it is not any more", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const lake = await newLake();
    const locked = async () => {
      const row = env.REPORTS.prepare("SELECT locked FROM lake_status WHERE lake_id = ?");
      return row.bind(lake.id).first("locked");
    };
    await under(lake, { ROOT_SECRET: NEXT }, async () => {
      await eventually(async () => expect(await locked()).toBe(1));
    });
    await lake.stub.report();
    expect(await locked()).toBe(0);
    vi.restoreAllMocks();
  });
});

describe("the root secret", () => {
  test("is in no answer, no line of a log and no byte that is stored, however it is written", async () => {
    const lines: string[] = [];
    for (const level of ["log", "info", "warn", "error", "debug"] as const) {
      vi.spyOn(console, level).mockImplementation((...said) => {
        lines.push(said.map((each) => (each instanceof Error ? each.stack : each)).join(" "));
      });
    }
    const answers: string[] = [];
    const asked = async (path: string, init?: RequestInit): Promise<void> => {
      const answer = await send(path, init);
      answers.push(JSON.stringify([answer.status, [...answer.headers], answer.body]));
    };
    const { lake, deletion_id } = await fullLake();
    const own = `/lakes/${lake.id}`;
    for (const path of [
      ...[
        "",
        "/datasets",
        "/events?limit=1000",
        "/report",
        "/batches/b1",
        `/deletions/${deletion_id}`,
      ],
      ...[
        `/deletions/${deletion_id}?reveal=true`,
        "/webhooks",
        "/log/key",
        "/log/checkpoint",
        "/nothing",
      ],
      "/events?format=ndjson",
    ]) {
      await asked(`${own}${path}`);
    }
    const post = { method: "POST", headers: { "Content-Type": "application/json" } };
    await asked(`${own}/consume-batch`, {
      ...post,
      body: JSON.stringify({ batch_id: "b1", consumer: "ann", purpose: "x" }),
    });
    await asked(`${own}/datasets`, { ...post, body: "{" });
    await asked(`${own}/log/checkpoint`, post);
    for (const variables of [{ ROOT_SECRET: NEXT }, BOTH, { ROOT_SECRET: "" }]) {
      const told = await under(lake, variables, async (object) => {
        await object.alarm();
        return [
          await object.ask(lake.call(), { kind: "lake", when: null }),
          await object.ask(lake.call(), { kind: "wrapping", rewrap: false }),
        ];
      });
      answers.push(JSON.stringify(told));
    }
    vi.restoreAllMocks();

    const { objects } = await env.OBJECTS.list({ prefix: `lakes/${lake.id}/` });
    const contents = objects.map(async ({ key }) => {
      const object = await env.OBJECTS.get(key);
      return `${key} ${Buffer.from((await object?.arrayBuffer()) ?? "").toString("latin1")}`;
    });
    const reported = await env.REPORTS.prepare("SELECT * FROM events WHERE lake_id = ?")
      .bind(lake.id)
      .all();
    const places = {
      answers: answers.join("\n"),
      log: lines.join("\n"),
      database: await lake.dump(),
      objects: (await Promise.all(contents)).join("\n"),
      reports: JSON.stringify(reported.results),
    };
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, place).toBeGreaterThan(100);
      for (const secret of [OLD, NEXT]) {
        for (const form of formsOf(secret)) {
          expect(text.toLowerCase().includes(form.toLowerCase()), `${place}: ${form}`).toBe(false);
        }
      }
    }
  });
});

/** In clear, hex and base64 (by each of the three places where it can begin in a longer text). */
const formsOf = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("hex"),
  ...[0, 1, 2].flatMap((offset) => {
    const text = Buffer.from(secret).subarray(offset);
    const whole = text.subarray(0, text.length - (text.length % 3));
    return [whole.toString("base64"), whole.toString("base64url")];
  }),
];

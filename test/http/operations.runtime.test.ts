/** What whoever runs Lethe asks, through the Worker as it is deployed. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { READY_KEPT_MS } from "../../src/application/readiness.ts";
import { DEVELOPMENT_ROOT_SECRET } from "../../src/application/rootSecrets.ts";
import type { Env } from "../../src/env.ts";
import { EXPOSITION_TYPE } from "../../src/http/exposition.ts";
import { type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import { eventually, lakeOf, newLake, rebind, send } from "../support/lakeClient.ts";
import { readExposition } from "../support/promText.ts";

const TOKEN = "a-token-for-whoever-scrapes-long-enough";
const ADMIN = "admin-1";

let callers: KnownCallers;
beforeAll(async () => {
  callers = await knownCallers([ADMIN], { METRICS_TOKEN: TOKEN });
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const scraped = async (query = "") => {
  const answer = await callers.send(TOKEN, { path: `/metrics${query}` });
  expect([answer.status, answer.headers.get("Content-Type")]).toEqual([200, EXPOSITION_TYPE]);
  const samples = readExposition(String(answer.body)).flatMap((family) => family.samples);
  return (name: string, labels: Readonly<Record<string, string>> = {}) =>
    samples.find(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )?.value;
};

describe("GET /metrics", () => {
  test("is for administrators and for whoever shows the token, for nobody else", async () => {
    const status = async (credential: string | null) =>
      (await callers.send(credential, { path: "/metrics" })).status;
    expect(await status(TOKEN)).toBe(200);
    expect(await status(await callers.jwt(ADMIN))).toBe(200);
    expect(await status(await callers.jwt("ann-1"))).toBe(403);
    expect(await status(null)).toBe(401);
    for (const wrong of [`${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase()]) {
      expect(await status(wrong)).toBe(401);
    }
    const lake = await lakeWith(callers);
    const body = { name: "ci", roles: ["owner"], expires_at: "2027-06-01T00:00:00Z" };
    const issued = await lake.as("owner")("POST", "/tokens", body);
    expect(await status(issued.text("secret"))).toBe(403);
  });

  test("gives the token no other route", async () => {
    for (const path of ["/admin/ready", "/reports/monthly?month=2026-11", "/lakes"]) {
      expect((await callers.send(TOKEN, { path })).status, path).toBe(401);
    }
  });

  test("counts commands by type and outcome, and how long they took", async () => {
    const before = await scraped();
    const lake = await newLake();
    const asked = { name: "sales", schema: { id: "int" } };
    await lake.post("/datasets", asked, { "Idempotency-Key": "k" });
    await lake.post("/datasets", asked, { "Idempotency-Key": "k" });
    await lake.post("/datasets", asked);
    await lake.stub.settle();
    await lake.stub.report();
    const after = await scraped();
    const command = "RegisterDataset";
    const more = (name: string, labels: Readonly<Record<string, string>> = {}) =>
      (after(name, labels) ?? 0) - (before(name, labels) ?? 0);
    for (const outcome of ["ok", "replayed", "refused"]) {
      expect(more("lethe_commands_total", { command, outcome }), outcome).toBe(1);
    }
    expect(more("lethe_command_duration_seconds_count", { command })).toBe(3);
    expect(more("lethe_command_duration_seconds_bucket", { command, le: "+Inf" })).toBe(3);
    // Of other tests' lakes that report meanwhile too.
    expect(more("lethe_events_total")).toBeGreaterThanOrEqual(2);
    expect(more("lethe_lakes")).toBeGreaterThanOrEqual(1);
  });

  test("tells of a lake how far what it owes has got", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const lake = await newLake("gdpr");
    await lake.stub.settle();
    await lake.done("/webhooks", { url: "http://127.0.0.1:9/x", events: ["BatchQuarantined"] });
    const [webhook] = await lake.sql("SELECT id FROM directory WHERE kind = 'webhook'");
    await lake.sql(
      `INSERT INTO webhook_deliveries (webhook_id, delivery_id, seq, type, status, attempts,
         created_at) VALUES (?, 'a', 1, 'BatchQuarantined', 'parked', 10, ?),
         (?, 'b', 2, 'BatchQuarantined', 'pending', 1, ?)`,
      ...[String(webhook?.id), "2026-11-20T00:00:00.000Z"],
      ...[String(webhook?.id), "2026-11-21T00:00:00.000Z"],
    );
    await lake.sql(
      `INSERT INTO schedule (kind, ref, due_at, attempts, parked, last_error, payload)
       VALUES ('sweep_upload', 'x', '2026-11-20T00:00:00.000Z', 10, 1, 'Error: broken', '{}')`,
    );
    const subject = { subject_id: "1", reason: "r", requested_by: "dpo" };
    await lake.done("/deletions", { ...subject, received_at: "2026-01-01T00:00:00.000Z" });
    await lake.stub.settle();
    await lake.stub.report();
    const value = await scraped(`?lake_id=${lake.id}`);
    const labels = { lake_id: lake.id };
    expect(value("lethe_lake_parked_duties", labels)).toBe(1);
    expect(value("lethe_lake_parked_deliveries", labels)).toBe(1);
    expect(value("lethe_lake_notifications_pending", labels)).toBe(1);
    expect(value("lethe_lake_deletions_open", labels)).toBe(1);
    expect(value("lethe_lake_deletions_overdue", labels)).toBe(1);
    expect(value("lethe_lake_outbox_lag_events", labels)).toBe(0);
    expect(value("lethe_lake_locked", labels)).toBe(0);
    expect(value("lethe_lake_events", labels)).toBe((await lake.events()).length);
    const all = await scraped();
    expect(all("lethe_lake_deletions_overdue", labels)).toBe(1);
    expect(all("lethe_deletions_overdue") ?? 0).toBeGreaterThanOrEqual(1);
    expect(all("lethe_outbox_lag_seconds", { sink: "webhooks" }) ?? 0).toBeGreaterThan(3_600);
  });

  test("shows events that the reports lack, and an alarm that does not ring", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const lake = await newLake();
    await lake.stub.settle();
    // Only deliveries fail, and the next one is far off.
    await lake.sql("UPDATE outbox SET retry_at = '2999-01-01T00:00:00.000Z', attempts = 5");
    await lake.done("/datasets", { name: "d", schema: { id: "int" } });
    await lake.inside((instance) => instance.report());
    // It sleeps over what it reported as due: nothing tells of that but the time that passes.
    const moved = "UPDATE lake_status SET next_due_at = ? WHERE lake_id = ?";
    await env.REPORTS.prepare(moved).bind("2026-11-20T00:00:00.000Z", lake.id).run();
    const value = await scraped(`?lake_id=${lake.id}`);
    const labels = { lake_id: lake.id };
    expect(value("lethe_lake_outbox_lag_events", labels)).toBeGreaterThanOrEqual(1);
    expect(value("lethe_lake_outbox_lag_seconds", labels)).toBeGreaterThanOrEqual(0);
    expect(value("lethe_lake_alarm_delay_seconds", labels)).toBeGreaterThan(3_600);
  });

  test("says of a database that does not answer just that", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const dead = await knownCallers([], { METRICS_TOKEN: TOKEN, REPORTS: {} as D1Database });
    const answer = await dead.send(TOKEN, { path: "/metrics" });
    expect(answer.status).toBe(200);
    const [family, ...others] = readExposition(String(answer.body));
    expect(family?.samples).toEqual([
      { name: "lethe_reports_database_up", labels: { database: "REPORTS" }, value: 0 },
    ]);
    expect(others).toEqual([]);
  });

  test("needs a token that nobody guesses", async () => {
    const short = await knownCallers([ADMIN], { METRICS_TOKEN: "short" });
    const answer = await short.send("short", { path: "/metrics" });
    expect([answer.status, answer.at("code")]).toEqual([503, "not-configured"]);
    expect(answer.text("detail")).toContain("METRICS_TOKEN");
    const odd = await knownCallers([ADMIN], { METRICS_TOKEN: `${TOKEN} ${TOKEN}` });
    expect((await odd.send(TOKEN, { path: "/metrics" })).status).toBe(503);
    const none = await knownCallers([ADMIN], { METRICS_TOKEN: "" });
    expect((await none.send("", { path: "/metrics" })).status).toBe(401);
  });
});

describe("work that was given up", () => {
  test("is shown without what it is about, and taken up again once somebody says so", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const lake = await newLake();
    await lake.done("/webhooks", { url: "http://127.0.0.1:9/x", events: ["BatchQuarantined"] });
    const [webhook] = await lake.sql("SELECT id FROM directory WHERE kind = 'webhook'");
    await lake.sql(
      `INSERT INTO webhook_deliveries (webhook_id, delivery_id, seq, type, status, attempts,
         created_at) VALUES (?, 'a', 1, 'BatchQuarantined', 'parked', 10, ?)`,
      String(webhook?.id),
      "2026-11-20T00:00:00.000Z",
    );
    await lake.sql(
      `INSERT INTO schedule (kind, ref, due_at, attempts, parked, last_error, payload)
       VALUES ('sweep_upload', 'jane.csv', '2026-11-20T00:00:00.000Z', 10, 1,
         'Error: no lakes/l/landing/jane.csv', '{"until":"2026-11-20T00:00:00.000Z"}')`,
    );
    const admin = callers.as(ADMIN);
    const shown = await admin({ path: `/admin/parked?lake_id=${lake.id}` });
    expect(shown.status).toBe(200);
    expect(shown.body).toMatchObject({
      lake_id: lake.id,
      duties: [{ kind: "sweep_upload", attempts: 10, last_error: "Error: no lakes/l/landing/…" }],
      deliveries: [{ delivery_id: "a" }],
      redriven: false,
    });
    expect(JSON.stringify(shown.body)).not.toContain("jane");
    const body = { lake_id: lake.id };
    const done = await admin({ method: "POST", path: "/admin/redrive", body });
    expect([done.status, done.at("redriven")]).toEqual([200, true]);
    await lake.ring();
    await eventually(async () => {
      expect(await lake.sql("SELECT 1 FROM schedule WHERE kind = 'sweep_upload'")).toEqual([]);
    });
    // Its event is none that is notified of: the first attempt finds out, and gives it up again.
    await eventually(async () => {
      const rows = await lake.sql("SELECT status, attempts FROM webhook_deliveries");
      expect(rows).toEqual([{ status: "parked", attempts: 1 }]);
    });
    const after = await admin({ path: `/admin/parked?lake_id=${lake.id}` });
    expect(after.body).toMatchObject({ duties: [], redriven: false });
    const none = await admin({ path: "/admin/parked?lake_id=lake-of-nobody" });
    expect(none.status).toBe(404);
  });
});

/** The Worker with other bindings, and what it says of itself. */
const readyWith = async (bindings: Partial<Env>) => {
  const changed = await knownCallers([ADMIN], bindings);
  const anyone = await changed.nobody({ path: "/ready" });
  const admin = await changed.as(ADMIN)({ path: "/admin/ready" });
  return { anyone, admin };
};

const faultsOf = (answer: { at(...path: readonly string[]): unknown }): readonly string[] =>
  ((answer.at("checks") ?? []) as { name: string; ok: boolean }[])
    .filter(({ ok }) => !ok)
    .map(({ name }) => name);

/** A store in front of the buckets of these tests, which obeys that header or does not. */
const storeThat = (copies: boolean) => {
  const asked: URL[] = [];
  const real = globalThis.fetch;
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const url = new URL(String(input));
    if (!url.host.endsWith(".r2.cloudflarestorage.com")) return real(input, init);
    asked.push(url);
    const key = url.pathname.split("/").slice(2).join("/");
    const source = new Headers(init?.headers).get("x-amz-copy-source");
    if (source !== null && !copies) return new Response("", { status: 403 });
    const from = source?.split("/").slice(2).join("/");
    const copied = from === undefined ? null : await env.OBJECTS.get(from);
    await env.OBJECTS.put(key, copied ? await copied.bytes() : String(init?.body ?? ""));
    return new Response("");
  });
  return asked;
};

describe("upload URLs of a store", () => {
  const DEPLOYED = {
    R2_ACCOUNT_ID: "account1",
    ROOT_SECRET: "a-root-secret-of-a-deployment-that-is-long-enough",
    R2_JURISDICTION: "eu",
  };
  const ORIGIN = "https://lethe.example.com";

  const readyOf = async (bindings: Partial<Env>) => {
    const changed = await knownCallers([ADMIN], { ...DEPLOYED, ...bindings });
    const ask = async () => {
      const admin = await changed.as(ADMIN)({ path: "/admin/ready", origin: ORIGIN });
      const checks = (admin.at("checks") ?? []) as { name: string; ok: boolean; detail: unknown }[];
      return { status: admin.status, uploads: checks.find(({ name }) => name === "uploads") };
    };
    const anyone = () => changed.nobody({ path: "/ready", origin: ORIGIN });
    return { ask, anyone };
  };

  test("are well when it takes what is sent and copies nothing; then that is known for a while", async () => {
    const asked = storeThat(false);
    const { ask } = await readyOf({});
    const { status, uploads } = await ask();
    expect([status, uploads?.ok, uploads?.detail]).toEqual([200, true, null]);
    await new Promise((resolve) => setTimeout(resolve, READY_KEPT_MS));
    expect((await ask()).status).toBe(200);
    expect(asked.map(({ host }) => host)).toEqual([
      "account1.eu.r2.cloudflarestorage.com",
      "account1.eu.r2.cloudflarestorage.com",
    ]);
    expect(asked.every(({ searchParams }) => searchParams.has("X-Amz-Security-Token"))).toBe(true);
    expect((await env.OBJECTS.list({ prefix: "ready/" })).objects).toEqual([]);
  });

  test("make Lethe unready when it copies, which whoever asks whether all is well does not try", async () => {
    const asked = storeThat(true);
    const { ask, anyone } = await readyOf({ UPLOAD_CREDENTIALS: "account" });
    expect((await anyone()).status).toBe(200);
    expect(asked).toEqual([]);
    const { status, uploads } = await ask();
    expect([status, uploads?.ok]).toEqual([503, false]);
    expect(uploads?.detail).toContain(
      "whoever may upload a file to one lake can read those of all",
    );
    expect(asked.some(({ searchParams }) => searchParams.has("X-Amz-Security-Token"))).toBe(false);
    expect((await env.OBJECTS.list({ prefix: "ready/" })).objects).toEqual([]);
  });

  test("are signed by nobody when it is not understood with what", async () => {
    const asked = storeThat(false);
    const { ask } = await readyOf({ UPLOAD_CREDENTIALS: "Account" });
    const { status, uploads } = await ask();
    expect([status, uploads?.ok]).toEqual([503, false]);
    expect(String(uploads?.detail)).toContain("UPLOAD_CREDENTIALS");
    expect(asked).toEqual([]);
  });
});

describe("GET /ready", () => {
  test("says to anyone that it is, to administrators what was looked at", async () => {
    const { anyone, admin } = await readyWith({});
    expect([anyone.status, anyone.body]).toEqual([200, { status: "ready" }]);
    expect(admin.status).toBe(200);
    const checks = admin.at("checks") as { name: string; detail: unknown }[];
    const looked = ["settings", "reports", "objects", "lakes"];
    expect(checks.map(({ name }) => name)).toEqual([...looked, "uploads"]);
    expect(checks.slice(0, 4).map(({ detail }) => detail)).toEqual([null, null, null, null]);
    expect((await callers.nobody({ path: "/admin/ready" })).status).toBe(401);
    expect((await callers.as("ann-1")({ path: "/admin/ready" })).status).toBe(403);
  });

  test("looks at the stores of every jurisdiction that is bound", async () => {
    const { admin } = await readyWith({
      REPORTS_EU: env.REPORTS,
      OBJECTS_EU: env.OBJECTS,
      OBJECTS_BUCKET_EU: "objects-eu",
    });
    const checks = admin.at("checks") as { name: string }[];
    expect(checks.map(({ name }) => name)).toContain("reports eu");
    expect(checks.map(({ name }) => name)).toContain("objects eu");
  });

  test.each([
    ["reports", { REPORTS: {} as D1Database }],
    ["objects", { OBJECTS: {} as R2Bucket }],
    ["lakes", { LAKES: {} as Env["LAKES"] }],
    ["settings", { R2_SECRET_ACCESS_KEY: "" }],
  ])("is no longer there without %s, and says so", async (name, bindings) => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { anyone, admin } = await readyWith(bindings);
    expect([anyone.status, anyone.body]).toEqual([503, { status: "not_ready" }]);
    expect(admin.status).toBe(503);
    expect(faultsOf(admin)).toEqual([name]);
  });

  test("names the migration that a database lacks", async () => {
    const { results } = await env.REPORTS.prepare("SELECT * FROM d1_migrations").all();
    await env.REPORTS.exec("DELETE FROM d1_migrations WHERE name = '0002_members.sql'");
    try {
      const { admin } = await readyWith({});
      expect(faultsOf(admin)).toEqual(["reports"]);
      expect(JSON.stringify(admin.body)).toContain("0002_members.sql");
    } finally {
      await env.REPORTS.prepare("INSERT INTO d1_migrations (name) VALUES (?)")
        .bind("0002_members.sql")
        .run();
    }
    await applyD1Migrations(env.REPORTS, env.TEST_MIGRATIONS);
    expect(results.length).toBeGreaterThan(2);
  });

  test("is not there with the development's secret once it is deployed, or without one", async () => {
    const deployed = { R2_ACCOUNT_ID: "account", ROOT_SECRET: DEVELOPMENT_ROOT_SECRET };
    const bound = await knownCallers([ADMIN], deployed);
    const answer = await bound.nobody({ path: "/ready", origin: "https://lethe.example.com" });
    expect([answer.status, answer.body]).toEqual([503, { status: "not_ready" }]);
    const { anyone, admin } = await readyWith({ ROOT_SECRET: "" });
    expect([anyone.status, anyone.body]).toEqual([503, { status: "not_ready" }]);
    expect([admin.status, admin.at("code")]).toEqual([503, "not-configured"]);
    expect((await bound.nobody({ path: "/health" })).status).toBe(200);
  });

  test("has no secret in it, whatever is wrong", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const secret = "hunter2-hunter2-hunter2-hunter2-hunter2";
    const { admin } = await readyWith({
      ROOT_SECRET: secret,
      METRICS_TOKEN: TOKEN,
      REPORTS: {
        prepare: () => {
          throw new Error(`refused '${secret}' at https://example.org/${secret}`);
        },
      } as unknown as D1Database,
    });
    expect(faultsOf(admin)).toEqual(["reports"]);
    for (const text of [secret, TOKEN, String(env.R2_SECRET_ACCESS_KEY)]) {
      expect(JSON.stringify(admin.body)).not.toContain(text);
    }
  });

  test("asks what it stands on no more than once a moment", async () => {
    let asked = 0;
    const counting = new Proxy(env.OBJECTS, {
      get(bucket, property) {
        if (property === "head") asked += 1;
        const value: unknown = Reflect.get(bucket, property);
        return typeof value === "function" ? value.bind(bucket) : value;
      },
    });
    const changed = await knownCallers([ADMIN], { OBJECTS: counting });
    const began = Date.now();
    for (let n = 0; n < 20; n += 1) await changed.nobody({ path: "/ready" });
    expect(asked).toBeLessThanOrEqual(1 + Math.floor((Date.now() - began) / READY_KEPT_MS));
    expect((await send("/health")).body).toEqual({ status: "ok" });
  });

  test("brings no lake into being by asking for one", async () => {
    await readyWith({});
    const probed = lakeOf("~ready");
    const tables = await probed.sql("SELECT name FROM sqlite_master WHERE type = 'table'");
    expect(tables.filter(({ name }) => !String(name).startsWith("_cf_"))).toEqual([]);
    await rebind(probed, {});
  });
});

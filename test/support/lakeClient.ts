/**
 * A lake as its users see it, for tests inside the runtime: over HTTP, with a fresh lake a test,
 * and with the few looks behind the curtain that a test needs (its SQLite, its objects, its alarm).
 */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { TRUSTED } from "../../src/application/callers.ts";
import type { Call } from "../../src/application/lakeGateway.ts";
import { type LakeStub, lakeGateway } from "../../src/application/lakeStub.ts";
import type { StoredEvent } from "../../src/application/ports.ts";
import type { Env } from "../../src/env.ts";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import type { LakeObject } from "../../src/lakeObject.ts";

export const worker = (exports as unknown as { default: Fetcher }).default;

/** The part of a JSON value at a path, undefined when there is none. */
export const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((part, step) => (part as Record<string | number, unknown>)?.[step], value);

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  at(...path: readonly (string | number)[]): unknown;
  text(...path: readonly (string | number)[]): string;
}

/** Sends a request to the Worker on a loopback host and reads its whole answer, if it ends. */
export const send = async (path: string, init: RequestInit = {}): Promise<Answer> => {
  const url = path.startsWith("http") ? path : `http://localhost${path}`;
  const response = await worker.fetch(new Request(url, { redirect: "manual", ...init }));
  const endless = response.headers.get("Content-Type") === "text/event-stream";
  if (endless) await response.body?.cancel();
  const text = endless ? "" : await response.text();
  const json = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
  const body: unknown = json && text !== "" ? JSON.parse(text) : text;
  return {
    status: response.status,
    headers: response.headers,
    body,
    at: (...steps) => at(body, ...steps),
    text: (...steps) => String(at(body, ...steps)),
  };
};

type Headed = Readonly<Record<string, string>>;

export const sendJson = (method: string, path: string, body?: unknown, headers: Headed = {}) =>
  send(path, {
    method,
    ...(body === undefined
      ? { headers }
      : {
          body: JSON.stringify(body),
          headers: { "Content-Type": "application/json", ...headers },
        }),
  });

/** Events of an answer to a command, or of a page of GET /events, by type. */
export const typesOf = (answer: Answer): readonly string[] =>
  ((answer.at("events") ?? answer.at("items") ?? []) as { type: string }[]).map(({ type }) => type);

type Row = Record<string, SqlStorageValue>;

export type Lake = Awaited<ReturnType<typeof newLake>>;

/** The lake of that id, created or not. */
export const lakeOf = (id: string) => {
  // A crash breaks the stubs of before: each use takes a new one.
  const stub = () => env.LAKES.get(env.LAKES.idFromName(id));
  const path = (route: string) => `/lakes/${id}${route}`;
  const sql = (query: string, ...values: SqlStorageValue[]): Promise<Row[]> =>
    inside((_, { storage }) => storage.sql.exec<Row>(query, ...values).toArray());
  const inside = <Value>(
    body: (instance: LakeObject, state: DurableObjectState) => Value | Promise<Value>,
  ): Promise<Value> => runInDurableObject<LakeObject, Value>(stub(), body);

  return {
    id,
    get stub() {
      return stub();
    },
    /** The lake as the Worker talks to it. */
    get gateway() {
      return lakeGateway(() => stub() as unknown as LakeStub);
    },
    sql,
    inside,
    /**
     * What the lake owes besides the ends to come of what it keeps: batches until their retention
     * has passed, uploads until they are forgotten.
     */
    owed: () =>
      sql(
        `SELECT kind, ref FROM schedule WHERE kind NOT IN ('retention_due', 'sweep_upload')
         ORDER BY kind`,
      ),
    get: (route: string, headers: Headed = {}) => sendJson("GET", path(route), undefined, headers),
    post: (route: string, body?: unknown, headers: Headed = {}) =>
      sendJson("POST", path(route), body, headers),
    put: (route: string, body?: unknown, headers: Headed = {}) =>
      sendJson("PUT", path(route), body, headers),
    /** As `post`, but fails the test unless it is done. */
    async done(route: string, body?: unknown): Promise<Answer> {
      const answer = await sendJson("POST", path(route), body);
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      return answer;
    },
    /** Puts a file where an upload would have landed. */
    land: (filename: string, content: string | ArrayBuffer) =>
      env.OBJECTS.put(`lakes/${id}/landing/${filename}`, content),
    /** Keys of the lake's objects but the uploads, sorted. */
    async keys(): Promise<readonly string[]> {
      const { objects } = await env.OBJECTS.list({ prefix: `lakes/${id}/` });
      return objects
        .map(({ key }) => key)
        .filter((key) => !key.startsWith(`lakes/${id}/landing/`))
        .sort();
    },
    /** The whole log as it is stored. */
    events: (): Promise<readonly StoredEvent[]> =>
      inside((_, { storage }) => [...eventLog(storage).read({ after: 0, limit: 100_000 })]),
    /** Keys of every object that the state of some batch refers to, sorted. */
    referenced: (): Promise<readonly string[]> =>
      inside((_, { storage }) => {
        const log = eventLog(storage);
        const states = log.directory
          .list({ kind: "batch", limit: 1000 })
          .map((entry) => log.load(`batch/${entry.id}`).state);
        // What a file was taken over as tells its upload's tag; that object may be long gone.
        const told = JSON.stringify(states, (name, value: unknown) =>
          name === "taken_as" ? undefined : value,
        );
        const keys = told.match(/lakes\/[^"]+/g) ?? [];
        return [...new Set(keys)].sort();
      }),
    /** Rings the alarm now; resolves to whether there was one. */
    ring: () => runDurableObjectAlarm(stub()),
    /** Makes every duty of a kind due and rings. */
    async ringFor(kind: string): Promise<void> {
      await sql("UPDATE schedule SET due_at = '2020-01-01T00:00:00.000Z' WHERE kind = ?", kind);
      await inside((_, { storage }) => storage.setAlarm(Date.now() + 60_000));
      await runDurableObjectAlarm(stub());
    },
    /** Everything in the lake's SQLite, as text. */
    dump: (): Promise<string> =>
      inside((_, { storage }) => {
        const tables = storage.sql
          .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
          .toArray()
          .filter(({ name }) => !/^(_cf_|sqlite_)/.test(name));
        return JSON.stringify(
          tables.map(({ name }) => [name, storage.sql.exec(`SELECT * FROM ${name}`).toArray()]),
        );
      }),
    /** What a request carries to the lake besides its command. */
    call: (more: Partial<Call> = {}): Call => ({
      lake_id: id,
      is_default: false,
      caller: TRUSTED,
      actor: "tester",
      correlation_id: crypto.randomUUID(),
      causation_id: null,
      idempotency: null,
      if_match: null,
      ...more,
    }),
  };
};

/**
 * What is in the files that batches refer to, base64, in no order. Without indexes and hashes: they
 * are made under a key of the lake's, and so are digests, so no two lakes have the same.
 */
export const filesOf = async (lake: Lake): Promise<readonly string[]> => {
  const keys = (await lake.referenced()).filter((key) => !/\.(subjects|hashes)$/.test(key));
  const contents = keys.map(async (key) =>
    Buffer.from((await (await env.OBJECTS.get(key))?.bytes()) ?? []).toString("base64"),
  );
  return (await Promise.all(contents)).sort();
};

/** A lake nobody has used before. */
export const newLake = async (compliance_level: "standard" | "gdpr" | "strict" = "standard") => {
  const lake = lakeOf(`lake-${crypto.randomUUID()}`);
  const created = await sendJson("POST", "/lakes", {
    lake_id: lake.id,
    name: "A lake",
    region: "eu",
    compliance_level,
  });
  expect(created.status, JSON.stringify(created.body)).toBe(201);
  return lake;
};

export const SALES_CSV = "id,amount\n1,100.0\n2,200.0\n3,-5.0\n";

/** A lake with the dataset `sales` and a contract `c1` for it. */
export const salesLake = async (
  terms: Readonly<Record<string, unknown>> = {},
  level: "standard" | "gdpr" = "standard",
) => {
  const lake = await newLake(level);
  await lake.done("/datasets", {
    name: "sales",
    schema: { id: "int", amount: "float" },
    contains_pii: false,
  });
  await lake.done("/contracts", {
    contract_id: "c1",
    dataset: "sales",
    retention_days: 365,
    ...terms,
  });
  return lake;
};

/** Lands a file and appends it as a batch of `sales`. */
export const append = async (
  lake: Lake,
  batch_id: string,
  content: string | ArrayBuffer = SALES_CSV,
  file_url = `${batch_id}.csv`,
): Promise<Answer> => {
  await lake.land(file_url, content);
  return lake.post("/append-batch", { dataset: "sales", contract_id: "c1", batch_id, file_url });
};

/** Appends, checks, anonymises and publishes. */
export const published = async (lake: Lake, batch_id: string): Promise<void> => {
  expect((await append(lake, batch_id)).status).toBe(201);
  await lake.done("/run-dq", { batch_id, quality_rules: { amount: ">=-5" } });
  await lake.done("/run-privacy", { batch_id, privacy_rules: { id: "mask" } });
  await lake.done("/publish-batch", { batch_id });
};

/** What is owed when nothing is but the daily checkpoint. */
export const ONLY_A_CHECKPOINT = [{ kind: "write_checkpoint", ref: "log" }];

/** Waits for what the platform's own alarm or a delivery brings about. */
export const eventually = (check: () => Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 30_000, interval: 20 });

/** As `eventually`, for long work: it waits for other work, a second at a time. */
export const inTheEnd = (check: () => Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 60_000, interval: 20 });

/** Gives the lake's object, while it stays in memory, other bindings than the real ones. */
export const rebind = (lake: Lake, bindings: Partial<Env>): Promise<void> =>
  lake.inside((instance) => {
    const bound = instance as unknown as { env: Env };
    bound.env = { ...bound.env, ...bindings };
  });

/** The real bucket but for its `delete`. */
export const bucketWith = (remove: R2Bucket["delete"]): R2Bucket =>
  new Proxy(env.OBJECTS, {
    get(bucket, property) {
      if (property === "delete") return remove;
      const value: unknown = Reflect.get(bucket, property);
      return typeof value === "function" ? value.bind(bucket) : value;
    },
  });

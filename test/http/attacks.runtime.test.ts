/** Attacks by hand, through the Worker: each is refused, and the log and the store stay as they were. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { append, type Lake, newLake, salesLake, send, typesOf } from "../support/lakeClient.ts";

const WAYS_OUT = [
  "..",
  "../x.csv",
  "a/../../x.csv",
  "a/./x.csv",
  "./x.csv",
  "/x.csv",
  "//x.csv",
  "a//x.csv",
  "a/",
  "..\\x.csv",
  "C:\\x.csv",
  "%2e%2e/x.csv",
  "..%2fx.csv",
  "..%252fx.csv",
  "x.csv\u0000.parquet",
  "x\r\ny.csv",
  "\u202ex.csv",
  "．．/x.csv",
  "~/x.csv",
  ".hidden.csv",
  "x.csv?versionId=1",
  "x.csv#y",
  "file:///etc/passwd",
  "http://169.254.169.254/x.csv",
  "s3://other/x.csv",
] as const;

const headOf = async (lake: Lake): Promise<number> => (await lake.events()).length;
const objects = async (): Promise<readonly string[]> => {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page: R2Objects = await env.OBJECTS.list(cursor === undefined ? {} : { cursor });
    keys.push(...page.objects.map(({ key }) => key));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return keys;
};

const inPaths = async (lake: Lake, name: string) => [
  await lake.post(`/datasets/${name}/deprecate`),
  await lake.post(`/contracts/${name}/approve`),
  await lake.get(`/batches/${name}/quarantine`),
  await send(`/lakes/${name}/datasets`),
];

describe("a name that leads elsewhere", () => {
  test("is refused as a file, a lake, a dataset, a contract, a batch, in bodies and in paths", async () => {
    const lake = await salesLake();
    expect((await append(lake, "b")).status).toBe(201);
    const [head, kept] = [await headOf(lake), await objects()];
    const terms = { dataset: "sales", contract_id: "c1", batch_id: "b9", file_url: "b.csv" };
    for (const name of WAYS_OUT) {
      const path = encodeURIComponent(name.toWellFormed());
      const answers = [
        await lake.post("/upload-url", { filename: name }),
        await lake.post("/datasets/sales/upload-url", { filename: name }),
        await lake.post("/download-url", { filename: name }),
        await lake.post("/append-batch", { ...terms, file_url: name }),
        await lake.post("/append-batch", { ...terms, batch_id: name }),
        await lake.post("/datasets", { name, schema: { id: "int" }, contains_pii: false }),
        await lake.post("/contracts", { dataset: "sales", retention_days: 1, contract_id: name }),
        await lake.post("/run-dq", { batch_id: name }),
        await lake.post("/consume-batch", { batch_id: name, consumer: "ann" }),
        // Two dots alone make another path of it before it is sent: then nobody sees them.
        ...(name === ".." ? [] : await inPaths(lake, path)),
      ];
      for (const { status, body } of answers) {
        expect([404, 422], `${name} ${JSON.stringify(body)}`).toContain(status);
      }
    }
    const escaping = { lake_id: "../x", name: "n", region: "eu", compliance_level: "standard" };
    const made = await send("/lakes", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(escaping),
    });
    expect(made.status).toBe(422);
    expect([await headOf(lake), await objects()]).toEqual([head, kept]);
  });

  test("of another lake's file finds nothing, however it is spelt", async () => {
    const [lake, other] = [await salesLake(), await newLake()];
    await other.land("theirs.csv", "id,amount\n1,1\n");
    const head = await headOf(lake);
    for (const file_url of [
      `lakes/${other.id}/landing/theirs.csv`,
      `${other.id}/landing/theirs.csv`,
      `landing/theirs.csv`,
      `../../${other.id}/landing/theirs.csv`,
    ]) {
      const terms = { dataset: "sales", contract_id: "c1", batch_id: "b9", file_url };
      expect([404, 422]).toContain((await lake.post("/append-batch", terms)).status);
      expect([404, 422]).toContain(
        (await lake.post("/download-url", { filename: file_url })).status,
      );
    }
    expect(await headOf(lake)).toBe(head);
  });
});

describe("a header", () => {
  test("never carries what a name or an id brings along", async () => {
    const lake = await salesLake();
    const evil = "x\r\nX-Evil: 1\r\n\r\n<script>";
    const answers = [
      await lake.post("/upload-url", { filename: evil }),
      await lake.post("/run-dq", { batch_id: evil }),
      await lake.get(`/batches/${encodeURIComponent(evil)}`),
      await lake.get(`/events?type=${encodeURIComponent(evil)}`),
      await lake.get("/events", { "Last-Event-ID": "1", "X-Request-Id": "x%0d%0aX-Evil: 1" }),
      await send(`/nowhere/${encodeURIComponent(evil)}`),
    ];
    for (const { headers } of answers) {
      for (const [name, value] of headers) {
        expect(`${name}: ${value}`.toLowerCase()).not.toContain("evil");
        expect(value).not.toMatch(/[\r\n]/);
      }
      expect(headers.get("X-Request-Id")).toMatch(/^[\w=-]+$/);
    }
  });

  test("that says what host, scheme, method or body this really is, is not believed", async () => {
    const lake = await salesLake();
    const spoof = {
      Forwarded: "host=evil.example;proto=https",
      "X-Forwarded-Host": "evil.example",
      "X-Forwarded-Proto": "https",
      "X-Original-URL": `/lakes/${lake.id}/datasets/sales/deprecate`,
      "X-Rewrite-URL": `/lakes/${lake.id}/datasets/sales/deprecate`,
    };
    const signed = await lake.post("/upload-url", { filename: "f.csv" }, spoof);
    expect(new URL(signed.text("upload_url")).host).toBe("localhost");
    expect(signed.headers.has("Strict-Transport-Security")).toBe(false);
    const head = await headOf(lake);
    const override = { ...spoof, "X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "DELETE" };
    expect((await lake.get("/log/import", override)).status).toBe(200);
    expect((await lake.get("/datasets/sales?_method=POST")).status).toBe(422);
    expect(await headOf(lake)).toBe(head);
  });

  test("that says the body is packed has nobody unpack it", async () => {
    const lake = await newLake();
    const packed = new Response("x".repeat(50_000_000)).body?.pipeThrough(
      new CompressionStream("gzip"),
    );
    const body = await new Response(packed).arrayBuffer();
    const headers = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
    const answer = await send(`/lakes/${lake.id}/datasets`, { method: "POST", headers, body });
    expect([answer.status, answer.at("code")]).toEqual([400, "malformed-json"]);
  });
});

describe("a member of a body", () => {
  test("called as what every object has changes nothing about objects", async () => {
    const lake = await newLake();
    for (const text of [
      '{"name":"d","schema":{"id":"int"},"__proto__":{"contains_pii":true}}',
      '{"name":"d","schema":{"id":"int"},"\\u005f_proto__":{"contains_pii":true}}',
      '{"name":"d","schema":{"id":"int"},"constructor":{"prototype":{"x":1}}}',
      '{"name":"d","schema":{"__proto__":"int"}}',
    ]) {
      const answer = await send(`/lakes/${lake.id}/datasets`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: text,
      });
      expect([answer.status, text]).toEqual([422, text]);
    }
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    expect(({} as Record<string, unknown>).contains_pii).toBeUndefined();
    const named = { constructor: "int", toString: "string", hasOwnProperty: "int" };
    const made = await lake.post("/datasets", { name: "d", schema: named, contains_pii: false });
    expect([made.status, made.at("dataset", "schema")]).toEqual([201, named]);
  });
});

describe("an idempotency key", () => {
  const key = (value: string) => ({ "Idempotency-Key": value });
  const dataset = (name: string) => ({ name, schema: { id: "int" }, contains_pii: false });

  test("sent again in another order answers what it answered first, and has one effect", async () => {
    const lake = await newLake();
    const ask = (name: string) => lake.post("/datasets", dataset(name), key(`make-${name}`));
    const first = { a: await ask("a"), b: await ask("b") };
    await lake.done("/datasets/a/deprecate");
    const head = await headOf(lake);
    for (const name of ["b", "a", "a", "b"] as const) {
      const again = await ask(name);
      expect(again.headers.get("Idempotency-Replayed")).toBe("true");
      expect([again.status, again.body]).toEqual([201, first[name].body]);
    }
    expect(await headOf(lake)).toBe(head);
  });

  test("sent twenty times at once has one effect and one answer", async () => {
    const lake = await newLake();
    const body = { dataset_id: "d", source: "s", record_count: 3, contains_pii: false };
    const all = await Promise.all(
      Array.from({ length: 20 }, () => lake.post("/ingest-dataset", body, key("once"))),
    );
    expect(new Set(all.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    const types = (await lake.events()).map(({ type }) => type);
    expect(types.filter((type) => type === "DatasetIngested")).toHaveLength(1);
  });

  test("does for one request alone: with another body, route or thing it is refused", async () => {
    const lake = await salesLake();
    await lake.done("/datasets", dataset("other"));
    expect((await lake.post("/datasets/sales/deprecate", undefined, key("k"))).status).toBe(200);
    const head = await headOf(lake);
    for (const [route, body] of [
      ["/datasets/other/deprecate", undefined],
      ["/contracts/c1/deprecate", undefined],
      ["/datasets", dataset("third")],
      ["/upload-url", { filename: "f.csv" }],
    ] as const) {
      const answer = await lake.post(route, body, key("k"));
      expect([route, answer.status, answer.at("code")]).toEqual([
        route,
        422,
        "idempotency-key-reused",
      ]);
    }
    expect(await headOf(lake)).toBe(head);
  });

  test("of one lake is none of another's", async () => {
    const [one, other] = [await newLake(), await newLake()];
    for (const lake of [one, other]) {
      const made = await lake.post("/datasets", dataset("d"), key("same"));
      expect([made.status, typesOf(made)]).toEqual([201, ["DatasetRegistered"]]);
      expect(made.headers.has("Idempotency-Replayed")).toBe(false);
    }
  });
});

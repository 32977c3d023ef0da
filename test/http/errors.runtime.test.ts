/** Every way in which a request is refused: the right status, a problem document, nothing else. */
import { describe, expect, test } from "vitest";
import { MAX_CONTENT_BYTES } from "../../src/http/limits.ts";
import { type Answer, append, newLake, salesLake, send, sendJson } from "../support/lakeClient.ts";

/** An answer is a problem as RFC 9457 and API.md have it, and says nothing about the inside. */
const expectProblem = (answer: Answer, status: number, code?: string) => {
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({ status, ...(code ? { code } : {}) });
  expect(answer.text("type")).toBe(`/problems/${answer.text("code")}`);
  expect(answer.text("code")).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  for (const field of ["title", "detail"]) expect(answer.text(field)).toMatch(/\S/);
  expect(JSON.stringify(answer.body)).not.toMatch(/\bat \w+ \(|\.ts:\d|SQLITE|node_modules/);
  if (status === 422) expect(Array.isArray(answer.at("errors"))).toBe(true);
};

const paths = (answer: Answer) =>
  (answer.at("errors") as { path: string; message: string }[]).map(({ path }) => path);

const JSON_TYPE = { "Content-Type": "application/json" };

const post = (path: string, body: BodyInit, headers: Record<string, string> = JSON_TYPE) =>
  send(path, { method: "POST", body, headers });

describe("a body", () => {
  test("that is not JSON in UTF-8 is refused with 400", async () => {
    const { id } = await newLake();
    const bytes = new Uint8Array([...new TextEncoder().encode('{"name":"'), 0xff, 0x22, 0x7d]);
    for (const body of [
      "{",
      "{'name': 1}",
      '{"a":1}{"b":2}',
      '{"a":1,}',
      "undefined",
      "\0",
      bytes,
    ]) {
      expectProblem(await post(`/lakes/${id}/datasets`, body), 400, "malformed-json");
    }
  });

  test("of another media type is refused with 415, whatever is in it", async () => {
    const { id } = await newLake();
    const body = JSON.stringify({ name: "d", schema: { id: "int" } });
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonp",
      "text/json",
    ]) {
      const answer = await post(`/lakes/${id}/datasets`, body, { "Content-Type": type });
      expectProblem(answer, 415, "unsupported-media-type");
    }
    const bytes = new TextEncoder().encode(body);
    expectProblem(await post(`/lakes/${id}/datasets`, bytes, {}), 415);
    for (const type of [
      "application/json; charset=utf-8",
      "Application/JSON",
      "application/x+json",
    ]) {
      const name = crypto.randomUUID();
      const fine = JSON.stringify({ name, schema: { id: "int" } });
      expect((await post(`/lakes/${id}/datasets`, fine, { "Content-Type": type })).status).toBe(
        201,
      );
    }
  });

  test("larger than 1 MiB is refused with 413, of known length or in chunks", async () => {
    const { id } = await newLake();
    const route = `/lakes/${id}/datasets`;
    const large = `{"name":"${"x".repeat(MAX_CONTENT_BYTES)}"}`;
    expectProblem(await post(route, large), 413, "body-too-large");
    const chunk = new TextEncoder().encode("x".repeat(64 * 1024));
    let sent = 0;
    const chunks = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.length;
        controller.enqueue(chunk);
        if (sent > 64 * MAX_CONTENT_BYTES) controller.close();
      },
    });
    expectProblem(await post(route, chunks), 413, "body-too-large");
    // The rest is thrown away, up to where that would be a burden.
    expect(sent).toBeLessThan(40 * MAX_CONTENT_BYTES);
    // Exactly as large as allowed is read, and judged by what it says.
    const padding = " ".repeat(MAX_CONTENT_BYTES - '{"name":1}'.length);
    expectProblem(await post(route, `{"name":1}${padding}`), 422);
  });

  test("nested however deeply is never an error of the server", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    for (const depth of [5_000, 400_000]) {
      for (const [route, body] of [
        ["/datasets", deep(depth)],
        ["/datasets/sales/deprecate", deep(depth)],
        ["/datasets", `{"name":"d","schema":{"id":${deep(depth)}}}`],
        ["/run-dq", `{"batch_id":"b","quality_rules":{"amount":${deep(depth)}}}`],
        ["/run-privacy", `{"batch_id":"b","privacy_rules":{"id":{"strategy":${deep(depth)}}}}`],
        [
          "/contracts",
          `{"dataset":"sales","retention_days":1,"quality_rules":{"id":${deep(depth)}}}`,
        ],
      ] as const) {
        for (const headers of [
          JSON_TYPE,
          { ...JSON_TYPE, "Idempotency-Key": crypto.randomUUID() },
        ]) {
          const answer = await post(`/lakes/${lake.id}${route}`, body, headers);
          expect([413, 422], `${route} ${depth} ${JSON.stringify(answer.body)}`).toContain(
            answer.status,
          );
        }
      }
    }
  });

  test("with wrong, missing or unknown fields is refused with 422 that names each of them", async () => {
    const { id } = await newLake();
    const lake = `/lakes/${id}`;
    for (const [route, body, expected] of [
      ["/datasets", {}, ["name", "schema"]],
      ["/datasets", { name: "d", schema: { id: "integer" } }, ["schema.id"]],
      ["/datasets", { name: "d", schema: {} }, ["schema"]],
      ["/datasets", { name: "../etc", schema: { id: "int" } }, ["name"]],
      ["/datasets", { name: "d", schema: { id: "int" }, contains_pi: true }, [""]],
      ["/datasets", [], [""]],
      ["/datasets", null, [""]],
      ["/contracts", { dataset: "d", retention_days: 0 }, ["retention_days"]],
      ["/contracts", { dataset: "d", retention_days: 36_501 }, ["retention_days"]],
      [
        "/ingest-dataset",
        { dataset_id: "d", record_count: 0, contains_pii: "yes" },
        ["record_count", "contains_pii"],
      ],
      ["/upload-url", { filename: "../secret" }, ["filename"]],
      ["/upload-url", { filename: "a//b" }, ["filename"]],
      ["/upload-url", { filename: "/abs" }, ["filename"]],
      ["/upload-url", { filename: "ok.csv", expires_in: 604_801 }, ["expires_in"]],
      ["/audit-access", { accessor_id: "a", dataset_id: "d", action: "peek" }, ["action"]],
      ["/compliance-level", { compliance_level: "lax" }, ["compliance_level"]],
      ["/locality", { country: "UK", time_zone: "Mars/X" }, ["country", "time_zone"]],
      ["/locality", { country: null }, [""]],
      ["/consume-batch", { batch_id: "b", consumer: "x", format: "xml" }, ["format"]],
      ["/deletions", { subject_id: "", reason: " ", requested_by: "o" }, ["subject_id", "reason"]],
      [
        "/deletions",
        { subject_id: "s", reason: "r", requested_by: "o", received_at: "yesterday" },
        ["received_at"],
      ],
      ["/deletions/x/hold", { reason: "r", ground: "Art. 99" }, ["ground"]],
      ["/deletions/x/hold", { reason: "r", until: "9999-12-31T23:59:59-01:00" }, ["until"]],
      ["/quarantine-batch", { batch_id: "b" }, ["reason"]],
      ["/replay", {}, ["dataset"]],
    ] as const) {
      const answer = await sendJson("POST", lake + route, body);
      expectProblem(answer, 422, "invalid-input");
      for (const path of expected) expect(paths(answer), route).toContain(path);
    }
    expectProblem(await sendJson("POST", `${lake}/datasets`), 422);
    expectProblem(await sendJson("POST", `${lake}/datasets/d/deprecate`, { force: true }), 422);
    const level = { name: "x", region: "eu", compliance_level: "none" };
    expect(paths(await sendJson("POST", "/lakes", level))).toEqual(["compliance_level"]);
    const place = { ...level, compliance_level: "gdpr", country: "Germany", time_zone: "Mars/X" };
    expect(paths(await sendJson("POST", "/lakes", place))).toEqual(["country", "time_zone"]);
  });

  test("with rules that are none is refused with 422 that names the rule's place", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    for (const [route, body, place] of [
      ["/run-dq", { batch_id: "b", quality_rules: { amount: "roughly 5" } }, /amount/],
      ["/run-dq", { batch_id: "b", quality_rules: { nope: ">0" } }, /nope/],
      ["/run-privacy", { batch_id: "b", privacy_rules: { id: "scramble" } }, /id/],
      ["/run-privacy", { batch_id: "b", privacy_rules: { nope: "mask" } }, /nope/],
      [
        "/contracts",
        { dataset: "sales", retention_days: 1, privacy_rules: { nope: "mask" } },
        /nope/,
      ],
    ] as const) {
      const answer = await lake.post(route, body);
      expectProblem(answer, 422);
      expect(
        paths(answer).some((path) => place.test(path)),
        JSON.stringify(answer.body),
      ).toBe(true);
    }
  });
});

describe("a path", () => {
  test("that leads nowhere is 404, and one with another method 405 with what it allows", async () => {
    const { id } = await newLake();
    for (const path of [
      "/nothing",
      "/lakes/x/nothing",
      `/lakes/${id}/datasets/`,
      "/docs/none.js",
    ]) {
      expectProblem(await send(path), 404, "no-such-route");
    }
    for (const [method, path, allow] of [
      ["DELETE", "/health", "GET, HEAD"],
      ["POST", "/openapi.json", "GET, HEAD"],
      ["POST", "/docs/start.js", "GET, HEAD"],
      ["PUT", "/lakes", "GET, HEAD, POST"],
      ["GET", `/lakes/${id}/append-batch`, "POST"],
      ["GET", "/run-dq", "POST"],
      ["PATCH", `/lakes/${id}/contracts/c`, "GET, HEAD, PUT"],
      ["DELETE", `/lakes/${id}/datasets`, "GET, HEAD, POST"],
      ["POST", "/reports/monthly", "GET, HEAD"],
      ["OPTIONS", "/datasets", "GET, HEAD, POST"],
    ] as const) {
      const answer = await send(path, { method });
      expectProblem(answer, 405, "method-not-allowed");
      const allowed = (answer.headers.get("Allow") ?? "").split(", ").sort().join(", ");
      expect(allowed, `${method} ${path}`).toBe(allow);
    }
  });

  test("with a name that is none is 422, never an error of the server", async () => {
    const { id } = await newLake();
    for (const path of [
      "/lakes/%20",
      "/lakes/..%2Fx",
      `/lakes/${"x".repeat(129)}`,
      `/lakes/${id}/datasets/%E0%A4%A`,
      `/lakes/${id}/datasets/%zz`,
      `/lakes/${id}/batches/a%00b`,
      `/lakes/${id}/contracts/-x`,
      `/lakes/${id}/deletions/%F0%9F%98%80`,
    ]) {
      expectProblem(await send(path), 422, "invalid-input");
    }
  });

  test("to a thing that is not there is 404 and says which", async () => {
    const lake = await newLake("gdpr");
    for (const [path, code] of [
      ["/datasets/d", "dataset-not-found"],
      ["/contracts/c", "contract-not-found"],
      ["/batches/b", "batch-not-found"],
      ["/batches/b/quarantine", "batch-not-found"],
      ["/deletions/x", "deletion-not-found"],
      ["/replays/x", "replay-not-found"],
    ] as const) {
      expectProblem(await lake.get(path), 404, code);
    }
    for (const [path, body, code] of [
      ["/contracts", { dataset: "d", retention_days: 1 }, "dataset-not-found"],
      ["/contracts/c/approve", undefined, "contract-not-found"],
      ["/datasets/d/upload-url", { filename: "f.csv" }, "dataset-not-found"],
      ["/download-url", { filename: "f.csv" }, "file-not-found"],
      ["/run-dq", { batch_id: "b" }, "batch-not-found"],
      ["/publish-batch", { batch_id: "b" }, "batch-not-found"],
      ["/deletions/x/reject", { reason: "r", ground: "Art. 12(5)" }, "deletion-not-found"],
      ["/replay", { dataset: "d" }, "dataset-not-found"],
    ] as const) {
      expectProblem(await lake.post(path, body), 404, code);
    }
    expectProblem(await lake.put("/contracts/c", { retention_days: 1 }), 404, "contract-not-found");
    expectProblem(await send(`/lakes/no-${crypto.randomUUID()}`), 404, "lake-not-found");
  });
});

describe("a query", () => {
  test("that is none is 422 and names the parameter", async () => {
    const lake = await newLake("gdpr");
    for (const [query, path] of [
      ["/datasets?limit=0", "limit"],
      ["/datasets?limit=1001", "limit"],
      ["/datasets?limit=ten", "limit"],
      ["/datasets?limit=1.5", "limit"],
      ["/datasets?limit=1e2", "limit"],
      ["/datasets?limit=", "limit"],
      ["/datasets?limit=1&limit=2", "limit"],
      ["/datasets?cursor=nonsense", "cursor"],
      ["/events?cursor=%00", "cursor"],
      ["/batches?state=lost", "state"],
      ["/deletions?overdue=maybe", "overdue"],
      ["/events?until=yesterday", "until"],
      ["/events?after=-1", "after"],
      ["?at=2026-13-01T00:00:00Z", "at"],
      ["?version=-1", "version"],
      ["?version=", "version"],
      ["?version=0x2", "version"],
      ["/events?after=", "after"],
      ["?at=2026-01-01T00:00:00Z&version=1", "version"],
      ["/report?at=now", "at"],
    ] as const) {
      const answer = await lake.get(query);
      expectProblem(answer, 422);
      expect(paths(answer), query).toContain(path);
    }
    for (const unknown of ["unknown", "__proto__", "constructor", "toString"]) {
      expectProblem(await lake.get(`/datasets?${unknown}=1`), 422);
    }
    for (const path of [
      "/reports/monthly",
      "/reports/monthly?month=2026-13",
      "/lakes?cursor=nonsense",
      "/lakes?limit=0",
      "/reports/access?from=yesterday",
      "/reports/access?cursor=nonsense",
      "/reports/deletions?within_days=0",
      "/reports/deletions/by-lake?from=2026-11&to=2026-10",
      "/reports/deletions/by-month?from=2000-01&to=2026-10",
      "/reports/datasets?contains_pii=false",
    ]) {
      expectProblem(await send(path), 422);
    }
  });
});

describe("a header", () => {
  test("If-Match with another version is 412 and changes nothing; with the present one it is done", async () => {
    const lake = await salesLake();
    const made = await append(lake, "b");
    const tag = made.headers.get("ETag") ?? "";
    expect(tag).toBe((await lake.get("/batches/b")).headers.get("ETag"));
    const body = { batch_id: "b", reason: "r" };
    const head = (await lake.events()).length;
    for (const stale of ['"1"', '"999"', 'W/"1"', "0"]) {
      expectProblem(
        await lake.post("/quarantine-batch", body, { "If-Match": stale }),
        412,
        "stale-version",
      );
      expectProblem(await lake.post("/run-dq", { batch_id: "b" }, { "If-Match": stale }), 412);
      expectProblem(
        await lake.put("/contracts/c1", { retention_days: 2 }, { "If-Match": '"7"' }),
        412,
      );
    }
    expect((await lake.events()).length).toBe(head);
    const done = await lake.post("/quarantine-batch", body, { "If-Match": tag });
    expect(done.status).toBe(200);
    expect(done.headers.get("ETag")).not.toBe(tag);
    expectProblem(await lake.post("/release-batch", body, { "If-Match": tag }), 412);
    expect((await lake.post("/release-batch", body, { "If-Match": "*" })).status).toBe(200);
    const now = (await lake.get("/batches/b")).headers.get("ETag") ?? "";
    const rules = { quality_rules: { amount: ">=-5" } };
    const checked = await lake.post("/run-dq", { batch_id: "b", ...rules }, { "If-Match": now });
    expect(checked.status).toBe(200);
  });

  test("If-Match holds for the whole of a consumption, although making its CSV is an event", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    await lake.done("/publish-batch", { batch_id: "b" });
    const tag = (await lake.get("/batches/b")).headers.get("ETag") ?? "";
    const body = { batch_id: "b", consumer: "x", format: "csv" };
    const head = (await lake.events()).length;
    expectProblem(await lake.post("/consume-batch", body, { "If-Match": '"1"' }), 412);
    expect((await lake.events()).length).toBe(head);
    const headers = { "If-Match": tag, "Idempotency-Key": "k" };
    const answer = await lake.post("/consume-batch", body, headers);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    const again = await lake.post("/consume-batch", body, headers);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(again.body).toEqual(answer.body);
    expect((await lake.get("/batches/b")).at("consumptions")).toBe(1);
  });

  test("that is no ETag or no key is 400", async () => {
    const lake = await newLake();
    const body = { name: "d", schema: { id: "int" } };
    for (const tag of ['"1", "2"', "abc", '"one"']) {
      expectProblem(
        await lake.post("/datasets", body, { "If-Match": tag }),
        400,
        "malformed-if-match",
      );
    }
    for (const key of ["two words", "x".repeat(256), ""]) {
      const answer = await lake.post("/datasets", body, { "Idempotency-Key": key });
      expectProblem(answer, 400, "malformed-idempotency-key");
    }
  });

  test("that tells of another site's page is 403, unless a person follows a link", async () => {
    const lake = await salesLake();
    const head = (await lake.events()).length;
    for (const headers of [
      { Origin: "https://evil.example" },
      { Origin: "http://localhost:9999" },
      { Origin: "null" },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
    ] as Record<string, string>[]) {
      const answer = await lake.post("/datasets/sales/deprecate", undefined, headers);
      expectProblem(answer, 403, "cross-site-request");
      expectProblem(await lake.get("", headers), 403, "cross-site-request");
      const followed = {
        ...headers,
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
      };
      expect((await lake.get("", followed)).status).toBe(200);
    }
    // What anybody may have, a page elsewhere may ask for, with and without the content.
    for (const method of ["GET", "HEAD"]) {
      const headers = { "Sec-Fetch-Site": "cross-site" };
      expect((await send("/health", { method, headers })).status).toBe(200);
    }
    expect((await lake.events()).length).toBe(head);
    const own = { Origin: "http://localhost", "Sec-Fetch-Site": "same-origin" };
    expect((await lake.post("/datasets/sales/deprecate", undefined, own)).status).toBe(200);
  });

  test("Host that is not this machine is 503, for every route there is but the one that says Lethe runs", async () => {
    for (const host of [
      "lethe.example",
      "localhost.evil.example",
      "127.0.0.1.nip.io",
      "10.0.0.1",
    ]) {
      for (const path of ["/", "/lakes", "/datasets", "/docs", "/nothing"]) {
        expectProblem(await send(`http://${host}${path}`), 503, "not-configured");
      }
      expect((await send(`http://${host}/health`)).status).toBe(200);
    }
    for (const host of ["localhost", "localhost:8000", "127.0.0.1", "127.1.2.3:99", "[::1]"]) {
      expect((await send(`http://${host}/docs`)).status).toBe(200);
    }
  });
});

describe("what is there already, or in the wrong state", () => {
  test("is 409 with a code that says what is wrong", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    for (const [route, body, code] of [
      ["/datasets", { name: "sales", schema: { id: "int" } }, "dataset-exists"],
      ["/contracts", { dataset: "sales", contract_id: "c1", retention_days: 1 }, "contract-exists"],
      [
        "/append-batch",
        { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "b.csv" },
        "batch-exists",
      ],
      ["/consume-batch", { batch_id: "b", consumer: "x" }, "batch-not-published"],
      ["/release-batch", { batch_id: "b", reason: "r" }, "batch-not-quarantined"],
    ] as const) {
      expectProblem(await lake.post(route, body), 409, code);
    }
    const again = { lake_id: lake.id, name: "x", region: "eu", compliance_level: "standard" };
    expectProblem(await sendJson("POST", "/lakes", again), 409, "lake-exists");
    await lake.done("/compliance-level", { compliance_level: "strict" });
    const lower = await lake.post("/compliance-level", { compliance_level: "gdpr" });
    expectProblem(lower, 409, "compliance-level-lowered");
  });
});

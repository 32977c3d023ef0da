import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MAX_COMMAND_BYTES } from "../../src/http/limits.ts";
import { HttpProblem } from "../../src/http/problem.ts";
import {
  canonicalJson,
  parsed,
  readIdempotencyKey,
  readIfMatch,
  readJson,
  readQuery,
  requestIdOf,
} from "../../src/http/request.ts";
import { decodeCursor, encodeCursor } from "../../src/http/route.ts";
import { sentHeaders } from "../../src/http/sentHeaders.ts";
import { knownRequest } from "../support/knownRequest.ts";
import fc from "../support/property.ts";

/** A body of so many bytes that comes in chunks, and what was taken of it. */
const streamed = (bytes: number) => {
  let [chunks, cancelled] = [0, false];
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (chunks * MAX_COMMAND_BYTES >= bytes) return controller.close();
        chunks += 1;
        controller.enqueue(new Uint8Array(MAX_COMMAND_BYTES).fill(0x20));
      },
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const sent = (more: Record<string, string> = {}): RequestInit => ({
    method: "POST",
    body: stream,
    // Node asks for it of a body that comes in pieces; the platform's types do not know it.
    ...{ duplex: "half" },
    headers: { "Content-Type": "application/json", ...more },
  });
  return { sent, taken: () => ({ chunks, cancelled }) };
};

/** Sends a request to a server that answers what it has read, or the code of the problem. */
const send = async (init: RequestInit, path = "/"): Promise<unknown> => {
  const app = new Hono();
  app.use(knownRequest);
  app.all("*", async (c) =>
    c.json({
      body: (await readJson(c)) ?? "none",
      key: readIdempotencyKey(c),
      if_match: readIfMatch(c),
      query: readQuery(c),
    }),
  );
  app.onError((error, c) => {
    if (!(error instanceof HttpProblem)) throw error;
    return c.json({ status: error.problem.status, code: error.problem.code });
  });
  return (await app.request(path, init)).json();
};

const post = (body: string | Uint8Array<ArrayBuffer>, type = "application/json"): RequestInit => ({
  method: "POST",
  body,
  headers: { "Content-Type": type },
});

describe("a body", () => {
  it.each([
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON",
    "application/merge-patch+json",
  ])("is read as %s", async (type) => {
    expect(await send(post('{"a": 1}', type))).toMatchObject({ body: { a: 1 } });
  });

  it.each([
    '{"subject_id": "\\ud800"}',
    '{"schema": {"a\\uDC00": "int"}}',
    '["\\ud83d", "\\ude00"]',
  ])("holds whole characters: %s is refused", async (body) => {
    expect(await send(post(body))).toEqual({ status: 422, code: "invalid-input" });
  });

  it("may write a character as a pair of escapes", async () => {
    expect(await send(post('{"a": "\\ud83d\\ude00"}'))).toMatchObject({ body: { a: "😀" } });
  });

  it("may be left out, whatever its type", async () => {
    expect(await send({ method: "POST" })).toMatchObject({ body: "none" });
    expect(await send(post("", "text/plain"))).toMatchObject({ body: "none" });
  });

  it.each(["text/plain", "", "application/x-www-form-urlencoded", "application/jsonx"])(
    "is not read as '%s'",
    async (type) => {
      expect(await send(post("{}", type))).toEqual({ status: 415, code: "unsupported-media-type" });
    },
  );

  it.each(["{", "{'a': 1}", "nothing", "{}{}", "\u0000"])("must not be %j", async (text) => {
    expect(await send(post(text))).toEqual({ status: 400, code: "malformed-json" });
  });

  it("must be UTF-8", async () => {
    const latin1 = new Uint8Array([0x22, 0xe9, 0x22]);
    expect(await send(post(latin1))).toEqual({ status: 400, code: "malformed-json" });
  });

  it("has a limit", async () => {
    const fits = `"${"x".repeat(MAX_COMMAND_BYTES - 2)}"`;
    expect(await send(post(fits))).toMatchObject({ body: fits.slice(1, -1) });
    expect(await send(post(`${fits} `))).toEqual({ status: 413, code: "body-too-large" });
  });

  it("is not touched when it says that it is too large", async () => {
    const body = streamed(MAX_COMMAND_BYTES);
    const answer = await send(body.sent({ "Content-Length": String(MAX_COMMAND_BYTES + 1) }));
    expect(answer).toEqual({ status: 413, code: "body-too-large" });
    expect(body.taken()).toEqual({ chunks: 0, cancelled: false });
  });

  it("that does not say so is read to its end, so that the answer is heard", async () => {
    const body = streamed(10 * MAX_COMMAND_BYTES);
    expect(await send(body.sent())).toEqual({ status: 413, code: "body-too-large" });
    expect(body.taken()).toEqual({ chunks: 10, cancelled: false });
  });
});

describe("an Idempotency-Key", () => {
  const keyed = (key: string) => send({ headers: { "Idempotency-Key": key } });

  it("is visible ASCII", async () => {
    expect(await keyed("a-B_1:~!")).toMatchObject({ key: "a-B_1:~!" });
    expect(await keyed("x".repeat(255))).toMatchObject({ key: "x".repeat(255) });
    expect(await send({})).toMatchObject({ key: null });
  });

  it.each(["", "a b", "é", "x".repeat(256)])("is not '%s'", async (key) => {
    expect(await keyed(key)).toEqual({ status: 400, code: "malformed-idempotency-key" });
  });
});

describe("If-Match", () => {
  const matching = (header: string) => send({ headers: { "If-Match": header } });

  it.each([
    ['"3"', 3],
    ['W/"3"', 3],
    ["3", 3],
    ['"0"', 0],
    ["*", null],
  ])("written %s is %s", async (header, version) => {
    expect(await matching(header)).toMatchObject({ if_match: version });
  });

  it.each(['"abc"', '"1", "2"', "-1", '"1.5"', '"9999999999999999"', "", '"'])(
    "must not be %s",
    async (header) => {
      expect(await matching(header)).toEqual({ status: 400, code: "malformed-if-match" });
    },
  );
});

describe("a query", () => {
  it("is read as it is", async () => {
    expect(await send({}, "/?a=1&b=&c=%20x")).toMatchObject({ query: { a: "1", b: "", c: " x" } });
  });

  it("keeps a name that every object has, to be refused as any other", async () => {
    const read = async (path: string) => {
      const { query } = (await send({}, path)) as { readonly query: object };
      return Object.entries(query);
    };
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect(await read(`/?${name}=1`)).toEqual([[name, "1"]]);
    }
    expect(await read("/?__%70roto__=1")).toEqual([["__proto__", "1"]]);
  });

  it("must not give anything twice", async () => {
    expect(await send({}, "/?__proto__=1&__proto__=2")).toMatchObject({ status: 422 });
    expect(await send({}, "/?a=1&a=2")).toEqual({ status: 422, code: "invalid-input" });
  });
});

describe("input that does not fit", () => {
  it("is refused, naming the part and the place", () => {
    const schema = z.strictObject({ a: z.object({ b: z.int() }) });
    expect(parsed(schema, { a: { b: 1 } }, "body")).toEqual({ a: { b: 1 } });
    try {
      parsed(schema, { a: { b: "x" } }, "body");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(HttpProblem);
      expect(error).toMatchObject({
        problem: { status: 422, code: "invalid-input", errors: [{ path: "a.b" }] },
      });
    }
  });
});

describe("canonical JSON", () => {
  it.each([
    [{ b: 1, a: [{ d: 1, c: null }] }, '{"a":[{"c":null,"d":1}],"b":1}'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    [[3, 1, 2], "[3,1,2]"],
    [undefined, "null"],
    [null, "null"],
    ["é\n", '"é\\n"'],
    [-0, "0"],
    [true, "true"],
  ])("of %j is %s", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it("is the same for the same content, in whatever order it was written", () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, shuffled(inner)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      }),
      { seed: 8785, numRuns: 300 },
    );
  });

  it("tells different contents apart and reads back as what it was", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 8785, numRuns: 300 },
    );
  });
});

describe("a cursor", () => {
  it("leads back to where a list ended", () => {
    for (const after of [0, 1, 123_456, 999_999_999_999_999]) {
      const cursor = encodeCursor(after);
      expect(cursor).toMatch(/^[A-Za-z0-9+/]+$/);
      expect(decodeCursor(cursor ?? undefined)).toEqual({ ok: true, value: after });
    }
    expect(encodeCursor(null)).toBeNull();
    expect(decodeCursor(undefined)).toEqual({ ok: true, value: 0 });
  });

  it.each(["x", "", "5", btoa("after:-1"), btoa("after:1x"), btoa("before:1"), "%%%", "é"])(
    "that no list has given is refused: '%s'",
    (cursor) => {
      expect(decodeCursor(cursor)).toMatchObject({
        ok: false,
        error: { reason: "invalid", code: "bad-cursor", errors: [{ path: "cursor" }] },
      });
    },
  );
});

describe("the id of a request", () => {
  const idOf = (given: string) => requestIdOf(sentHeaders(new Headers({ "X-Request-Id": given })));

  it.each([
    "0b2c7f0a-51a8-4f6d-8a8e-7a1c6b9d3e55",
    "0B2C7F0A-51A8-4F6D-8A8E-7A1C6B9D3E55",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "00f067aa0ba902b7",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "Root=1-67891233-abcdef012345678912345678",
    "7d1b1f0e3c2a4b5d-FRA",
  ])("is the caller's where its shape is that of %s", (given) => {
    expect(idOf(given)).toBe(given);
  });

  it.each([
    ...["jane", "jane.doe@example.com", "jane_doe", "Jane-Doe", "JaneDoe1984", "order-7_a="],
    ...["annemarievandenberghesmith", "de89370400440532013000", "be68539007547034", "1984-05-17"],
    ...["4111111111111111", "4BF92F3577B34DA6A3CE929D0E0E4736"],
    ...["deadbeefdeadbeef", "12345678901234567890123456789012", "", `${"a1".repeat(33)}`],
  ])("is made where it might be somebody's: %j", (given) => {
    expect(idOf(given)).toMatch(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    expect(idOf(given)).not.toBe(given);
  });
});

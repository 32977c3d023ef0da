import { describe, expect, it } from "vitest";
import { blockReader, listen } from "../../src/console/client/api/eventStream.ts";
import { follow, LONGEST_WAIT_MS, waitAfter } from "../../src/console/client/api/follow.ts";
import { createApi, withQuery } from "../../src/console/client/api/http.ts";
import { reading, unread, withPage } from "../../src/console/client/api/pages.ts";
import {
  errorsAt,
  errorsBeside,
  isPassing,
  problemOf,
} from "../../src/console/client/api/problem.ts";

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A connection whose answers are these, in turn; "cut" is none. */
const connection = (answers: readonly (Response | "cut")[]) => {
  const sent: Sent[] = [];
  const left = [...answers];
  let keys = 0;
  const api = createApi({
    token: "secret",
    base: "/lakes/north",
    newKey: () => {
      keys += 1;
      return `key${keys}`;
    },
    fetch: async (url, init) => {
      sent.push({ url, init });
      const answer = left.shift();
      if (answer === undefined || answer === "cut") throw new TypeError("fetch failed");
      return answer;
    },
  });
  return { api, sent, headers: (at: number) => new Headers(sent[at]?.init.headers) };
};

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: {
      "Content-Type": status < 400 ? "application/json" : "application/problem+json",
      ...headers,
    },
  });

const refusal = (status: number, more: object = {}) =>
  json({ title: "Conflict", detail: "It is so.", code: "so", ...more }, status);

describe("a command", () => {
  it("carries one key from its first try to its last, and each command one of its own", async () => {
    const { api, headers } = connection(["cut", json({}), json({})]);
    const first = api.command("/datasets", { name: "a" });
    expect((await first.send()).ok).toBe(false);
    expect((await first.send()).ok).toBe(true);
    await api.command("/datasets", { name: "b" }).send();
    const keys = [0, 1, 2].map((at) => headers(at).get("Idempotency-Key"));
    expect(keys).toEqual(["key1", "key1", "key2"]);
  });

  it("is sent below the lake, as JSON, with the token and the version that was seen", async () => {
    const { api, sent, headers } = connection([json({})]);
    await api.command("/contracts/c", { a: 1 }, { method: "PUT", etag: '"3"' }).send();
    expect(sent[0]?.url).toBe("/lakes/north/contracts/c");
    expect(sent[0]?.init).toMatchObject({ method: "PUT", body: '{"a":1}' });
    expect(Object.fromEntries(headers(0))).toMatchObject({
      authorization: "Bearer secret",
      "content-type": "application/json",
      "if-match": '"3"',
    });
    expect(headers(0).has("Idempotency-Key")).toBe(false);
  });

  it("that goes on in the background says what to watch", async () => {
    const { api } = connection([json({}, 202, { Location: "/batches/b", ETag: '"1"' })]);
    const answer = await api.command("/append-batch", {}).send();
    expect(answer).toMatchObject({ ok: true, status: 202, location: "/batches/b", etag: '"1"' });
  });
});

describe("a refusal", () => {
  it("is a value with Lethe's own sentence, and its errors", async () => {
    const errors = [{ path: "schema.a", message: "is no type" }];
    const { api } = connection([refusal(422, { errors })]);
    expect(await api.get("/datasets")).toEqual({
      ok: false,
      problem: {
        status: 422,
        code: "so",
        title: "Conflict",
        detail: "It is so.",
        errors,
        retry_after_s: null,
      },
    });
  });

  it("that is no problem document is one all the same", () => {
    expect(problemOf(502, "<html>", null)).toMatchObject({ status: 502, errors: [] });
    expect(problemOf(503, { errors: [null, { path: 1 }] }, "30")).toMatchObject({
      retry_after_s: 30,
      errors: [
        { path: "", message: "is not valid" },
        { path: "", message: "is not valid" },
      ],
    });
  });

  it("shows each error at its field, and the others beside all fields", () => {
    const problem = problemOf(
      422,
      {
        detail: "No.",
        errors: [
          { path: "schema.a", message: "1" },
          { path: "schema", message: "2" },
          { path: "schemas", message: "3" },
          { path: "", message: "No." },
        ],
      },
      null,
    );
    expect(errorsAt(problem, "schema").map(({ message }) => message)).toEqual(["1", "2"]);
    expect(errorsBeside(problem, ["schema"]).map(({ message }) => message)).toEqual(["3"]);
    expect(errorsAt(null, "schema")).toEqual([]);
  });

  it("passes when Lethe was out of reach or busy, and stays when it said no", () => {
    const passing = [0, 409, 422, 429, 503].map((status) => isPassing(problemOf(status, {}, null)));
    expect(passing).toEqual([true, false, false, true, true]);
  });
});

it("a question that is left is no refusal: it ends", async () => {
  const api = createApi({
    token: null,
    base: "",
    newKey: () => "",
    fetch: async (_, init) => {
      init.signal?.throwIfAborted();
      return json({});
    },
  });
  const controller = new AbortController();
  controller.abort();
  await expect(api.get("/lakes", controller.signal)).rejects.toThrow();
});

it("a query has what is set, and nothing else", () => {
  expect(withQuery("/events", { after: 0, type: "", at: undefined, stream: "a/b" })).toBe(
    "/events?after=0&stream=a%2Fb",
  );
  expect(withQuery("/x?limit=1", { cursor: "c" })).toBe("/x?limit=1&cursor=c");
  expect(withQuery("/x", {})).toBe("/x");
});

describe("a list", () => {
  const page = (items: readonly number[], next_cursor: string | null) =>
    ({
      ok: true,
      status: 200,
      body: { items, next_cursor },
      etag: null,
      location: null,
    }) as const;

  it("grows by its pages until there is no further one", () => {
    const first = withPage(unread<number>(), page([1, 2], "c"));
    expect(first).toMatchObject({ items: [1, 2], cursor: "c", state: "ready" });
    expect(withPage(reading(first), page([3], null))).toMatchObject({
      items: [1, 2, 3],
      cursor: null,
    });
  });

  it("keeps what it has, and its place, when a page cannot be had", () => {
    const first = withPage(unread<number>(), page([1], "c"));
    const problem = problemOf(503, {}, null);
    expect(withPage(reading(first), { ok: false, problem })).toEqual({
      items: [1],
      cursor: "c",
      state: "failed",
      problem,
    });
  });
});

describe("work in the background", () => {
  it("is asked about until it is done, ever less often", async () => {
    const { api, sent } = connection([json({ n: 1 }), json({ n: 2 }), json({ n: 3 })]);
    const seen: number[] = [];
    const waits: number[] = [];
    const done = await follow<{ n: number }>(api, "/batches/b", {
      isDone: ({ n }) => n === 3,
      onState: ({ n }) => seen.push(n),
      signal: new AbortController().signal,
      sleep: async (ms) => {
        waits.push(ms);
      },
    });
    expect(done.ok).toBe(true);
    expect(sent.map(({ url }) => url)).toEqual(Array(3).fill("/lakes/north/batches/b"));
    expect([seen, waits]).toEqual([
      [1, 2, 3],
      [waitAfter(0), waitAfter(1)],
    ]);
    expect(waitAfter(1)).toBeGreaterThan(waitAfter(0));
    expect(waitAfter(50)).toBe(LONGEST_WAIT_MS);
  });
});

describe("the stream of events", () => {
  it("is read block by block, in whatever pieces it comes", () => {
    const text = 'retry: 3000\nid: 4\n\n: heartbeat\n\nid: 5\nevent: X\ndata: {"a":1}\n\n';
    for (const size of [1, 7, text.length]) {
      const read = blockReader();
      const blocks = [];
      for (let at = 0; at < text.length; at += size)
        blocks.push(...read(text.slice(at, at + size)));
      expect(blocks).toEqual([
        { id: "4", data: null },
        { id: null, data: null },
        { id: "5", data: '{"a":1}' },
      ]);
    }
  });

  it("is taken up again behind the last event seen, with the token", async () => {
    const controller = new AbortController();
    const { api, headers, sent } = connection([
      new Response('id: 5\ndata: {"n":5}\n\n'),
      "cut",
      new Response('id: 6\ndata: {"n":6}\n\n'),
    ]);
    const events: unknown[] = [];
    await listen(api, "/events/stream", {
      onEvent: (event) => events.push(event),
      onState: () => {},
      signal: controller.signal,
      sleep: async () => {
        if (sent.length === 3) controller.abort();
      },
    });
    expect(events).toEqual([{ n: 5 }, { n: 6 }]);
    expect([0, 1, 2].map((at) => headers(at).get("Last-Event-ID"))).toEqual([null, "5", "5"]);
    expect(headers(2).get("Authorization")).toBe("Bearer secret");
  });

  it("ends where Lethe says no, and says so", async () => {
    const { api, sent } = connection([refusal(403)]);
    const states: unknown[] = [];
    await listen(api, "/events/stream", {
      onEvent: () => {},
      onState: (state) => states.push(state),
      signal: new AbortController().signal,
      sleep: async () => {},
    });
    expect(states).toMatchObject([{ status: 403, detail: "It is so." }]);
    expect(sent).toHaveLength(1);
  });
});

/** GET /events/stream as a browser's EventSource uses it: live, cut off, back again. */
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HEARTBEAT_MS, MAX_LISTENERS } from "../../src/application/eventStream.ts";
import { eventually, type Lake, newLake, send } from "../support/lakeClient.ts";

const worker = (exports as unknown as { default: Fetcher }).default;

interface Heard {
  readonly seq: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The events in the text of a stream; blocks without data are none. */
const parse = (text: string): readonly Heard[] =>
  text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((block) => {
      const fields = new Map(
        block.split("\n").map((line) => {
          const colon = line.indexOf(": ");
          return [line.slice(0, colon), line.slice(colon + 2)] as const;
        }),
      );
      const data = fields.get("data");
      if (data === undefined) return [];
      return [
        {
          seq: Number(fields.get("id")),
          type: fields.get("event") ?? "",
          data: JSON.parse(data) as Heard["data"],
        },
      ];
    });

/** What a dataset may leave unsaid. */
const BARE = {
  description: null,
  contains_pii: null,
  encryption_enabled: false,
  subject_column: null,
};

/** Lakes that may still have listeners when the test ends. */
const listenedTo = new Set<Lake>();
const leaving = new Set<() => Promise<void>>();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});

// Who left stays connected until something is written: a crash or an eviction would wait for that.
afterEach(async () => {
  for (const leave of leaving) await leave();
  leaving.clear();
  for (const lake of listenedTo) {
    await eventually(async () => {
      await beat(lake);
      expect(await listeners(lake)).toBe(0);
    });
  }
  listenedTo.clear();
  vi.useRealTimers();
});

const beat = (lake: Lake): Promise<unknown> =>
  lake.inside(() => vi.advanceTimersByTime(HEARTBEAT_MS));

const connect = (lake: Pick<Lake, "id">, query = "", headers: Record<string, string> = {}) =>
  worker.fetch(`http://localhost/lakes/${lake.id}/events/stream${query}`, { headers });

/** A client that reads as it comes, until it leaves or is cut off. */
const listen = async (lake: Lake, query = "", headers: Record<string, string> = {}) => {
  listenedTo.add(lake);
  const response = await connect(lake, query, headers);
  expect(response.status).toBe(200);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  let ended = false;
  const reading = (async () => {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        text += decoder.decode(value, { stream: true });
      }
    } catch {
      // Cut off: the client comes back.
    } finally {
      ended = true;
    }
  })();
  const leave = async () => {
    await reader.cancel().catch(() => undefined);
    await reading;
  };
  leaving.add(leave);
  return {
    response,
    leave,
    text: () => text,
    ended: () => ended,
    events: () => parse(text),
    seqs: () => parse(text).map(({ seq }) => seq),
    heard: (seqs: readonly number[]) =>
      eventually(async () => expect(parse(text).map(({ seq }) => seq)).toEqual(seqs)),
    said: (part: string) => eventually(async () => expect(text).toContain(part)),
  };
};

const register = (lake: Lake, name: string) =>
  lake.done("/datasets", { name, schema: { id: "int" } });

const listeners = (lake: Lake): Promise<number> => lake.inside((instance) => instance.listeners);

const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("a stream of events", () => {
  test("shows each event as it is recorded, as GET /events shows it", async () => {
    const lake = await newLake();
    const client = await listen(lake);
    expect(client.response.headers.get("Content-Type")).toBe("text/event-stream");
    expect(client.response.headers.get("Cache-Control")).toBe("no-store");
    await client.said("retry: 3000\nid: 1\n\n");
    await register(lake, "a");
    await client.heard([2]);
    await register(lake, "b");
    await client.heard([2, 3]);
    const page = await lake.get("/events?after=1");
    expect(client.events().map(({ data }) => data)).toEqual(page.at("items"));
    expect(client.events().map(({ type }) => type)).toEqual([
      "DatasetRegistered",
      "DatasetRegistered",
    ]);
  });

  test("hides what is sealed", async () => {
    const lake = await newLake("gdpr");
    const client = await listen(lake, "?after=0");
    await lake.done("/deletions", {
      subject_id: "secret-person",
      reason: "asked to",
      requested_by: "desk",
    });
    await client.said("GDPRDeletionRequested");
    expect(client.text()).toContain('{"sealed":true}');
    expect(client.text()).not.toContain("secret-person");
    const page = await lake.get("/events");
    expect(client.events().map(({ data }) => data)).toEqual(page.at("items"));
  });

  test("filters as GET /events does", async () => {
    const lake = await newLake();
    const [typed, streamed, named] = await Promise.all([
      listen(lake, "?after=0&type=DataLakeCreated"),
      listen(lake, "?stream=dataset/b"),
      listen(lake, "?dataset=a"),
    ]);
    await register(lake, "a");
    await register(lake, "b");
    await register(lake, "a2");
    await lake.done("/datasets/a/deprecate");
    await named.heard([2, 5]);
    await streamed.heard([3]);
    await typed.heard([1]);
  });

  test("tells of what the lake records of its own accord", async () => {
    const lake = await newLake("gdpr");
    const client = await listen(lake);
    await lake.done("/deletions", {
      subject_id: "s",
      reason: "r",
      requested_by: "d",
      received_at: "2026-01-31T12:00:00Z",
    });
    await client.said("GDPRDeletionRequested");
    await client.said("GDPRDeletionOverdue");
  });
});

describe("a client that was cut off", () => {
  test("goes on where it was, after it left", async () => {
    const lake = await newLake();
    const first = await listen(lake, "?after=0");
    await register(lake, "a");
    await first.heard([1, 2]);
    await first.leave();
    await register(lake, "b");
    // As a browser does it: the same address again, and the last id it has seen.
    const second = await listen(lake, "?after=0", { "Last-Event-ID": "2" });
    await register(lake, "c");
    await second.heard([3, 4]);
  });

  test("goes on where it was, after the object left memory", async () => {
    const lake = await newLake();
    const first = await listen(lake, "?after=0");
    await register(lake, "a");
    await first.heard([1, 2]);
    await first.leave();
    await register(lake, "b");
    await eventually(async () => expect(await listeners(lake)).toBe(0));
    await evictDurableObject(lake.stub);
    const second = await listen(lake, "", { "Last-Event-ID": "2" });
    await register(lake, "c");
    await second.heard([3, 4]);
  });

  test("by a crash of the object notices, and misses nothing and hears nothing twice", async () => {
    const lake = await newLake();
    const seen: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const last = seen.at(-1);
      const client = await (last === undefined
        ? listen(lake, "?after=0")
        : listen(lake, "", { "Last-Event-ID": String(last) }));
      await Promise.all(
        Array.from({ length: 5 }, (_, index) => register(lake, `${round}-${index}`)),
      );
      await client.heard(upTo((await lake.events()).length, (last ?? 0) + 1));
      await abortAllDurableObjects();
      // The dead object's heartbeat died with it.
      vi.clearAllTimers();
      await register(lake, `after-${round}`);
      await eventually(async () => expect(client.ended()).toBe(true));
      seen.push(...client.seqs());
    }
    const whole = upTo((await lake.events()).length);
    const client = await listen(lake, "", { "Last-Event-ID": String(seen.at(-1)) });
    await client.heard(whole.slice(seen.length));
    expect([...seen, ...client.seqs()]).toEqual(whole);
  });

  test("before it heard anything comes back to where it began", async () => {
    const lake = await newLake();
    const first = await listen(lake);
    await first.said("id: 1\n\n");
    await first.leave();
    await register(lake, "meanwhile");
    const second = await listen(lake, "", { "Last-Event-ID": "1" });
    await second.heard([2]);
  });
});

describe("many listeners of a lake", () => {
  test("hear the same", async () => {
    const lake = await newLake();
    const clients = await Promise.all(Array.from({ length: 50 }, () => listen(lake, "?after=0")));
    await Promise.all(Array.from({ length: 30 }, (_, index) => register(lake, `d${index}`)));
    for (const client of clients) await client.heard(upTo(31));
    expect(await listeners(lake)).toBe(50);
    expect(new Set(clients.map((client) => JSON.stringify(client.events()))).size).toBe(1);
  });

  test("hear it all, a thousand of them", async () => {
    const lake = await newLake();
    const heard = await lake.inside(async (instance) => {
      const texts: string[] = [];
      const readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
      for (let count = 0; count < MAX_LISTENERS; count += 1) {
        const listened = await instance.listen(lake.call(), { after: 0, filter: {} });
        if (listened.ok) readers.push(listened.value.getReader());
        texts.push("");
      }
      const decoder = new TextDecoder();
      const read = readers.map(async (reader, index) => {
        while (!texts[index]?.includes("id: 4\n")) {
          const { done, value } = await reader.read();
          if (done) return;
          texts[index] += decoder.decode(value);
        }
        await reader.cancel();
      });
      for (const name of ["a", "b", "c"]) {
        const request = { type: "RegisterDataset", name, schema: { id: "int" }, ...BARE };
        const text = JSON.stringify([lake.call(), request, null]);
        expect(JSON.parse(await instance.commandText(text))).toMatchObject({ ok: true });
      }
      await Promise.all(read);
      return texts;
    });
    expect(heard).toHaveLength(MAX_LISTENERS);
    for (const text of heard) expect(parse(text).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  test("are bounded: one more is told when to come again", async () => {
    const lake = await newLake();
    await listen(lake);
    // Listeners of the object's own, which cost no connection.
    const cancel = await lake.inside(async (instance) => {
      const streams: ReadableStream[] = [];
      for (let count = 1; count < MAX_LISTENERS; count += 1) {
        const heard = await instance.listen(lake.call(), { after: null, filter: {} });
        if (heard.ok) streams.push(heard.value);
      }
      return () => Promise.all(streams.map((stream) => stream.cancel()));
    });
    const refused = await send(`/lakes/${lake.id}/events/stream`);
    expect(refused.status).toBe(503);
    expect(refused.at("code")).toBe("too-many-listeners");
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await listeners(lake)).toBe(MAX_LISTENERS);
    await lake.inside(cancel);
    expect(await listeners(lake)).toBe(1);
    const welcome = await listen(lake);
    await welcome.said("retry");
  });

  test("cost nothing once they are gone", async () => {
    const lake = await newLake();
    const clients = await Promise.all([listen(lake), listen(lake)]);
    expect(await listeners(lake)).toBe(2);
    for (const client of clients) await client.leave();
    // The runtime notices that a client is gone when it is written to.
    await register(lake, "noticed");
    await eventually(async () => expect(await listeners(lake)).toBe(0));
  });

  test("who only ask for the headers are none", async () => {
    const lake = await newLake();
    const answer = await send(`/lakes/${lake.id}/events/stream`, { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("text/event-stream");
    await eventually(async () => expect(await listeners(lake)).toBe(0));
  });
});

test("a heartbeat comes while nothing happens", async () => {
  const lake = await newLake();
  const client = await listen(lake);
  await client.said("id: 1\n\n");
  expect(client.text()).not.toContain(": heartbeat");
  await beat(lake);
  await client.said(": heartbeat\n\n");
});

describe("what is no place in the log", () => {
  for (const [what, query, id, path] of [
    ["a Last-Event-ID that is no number", "", "abc", "Last-Event-ID"],
    ["a negative Last-Event-ID", "", "-1", "Last-Event-ID"],
    ["a place no number can hold", "", "1".repeat(20), "Last-Event-ID"],
    ["a Last-Event-ID ahead of the log", "", "99", "Last-Event-ID"],
    ["after that is no number", "?after=x", null, "after"],
    ["after ahead of the log", "?after=99", null, "after"],
    ["a parameter there is not", "?until=x", null, ""],
  ] as const) {
    test(`${what} is refused as invalid`, async () => {
      const lake = await newLake();
      const answer = await lake.get(`/events/stream${query}`, {
        ...(id === null ? {} : { "Last-Event-ID": id }),
      });
      expect(answer.status).toBe(422);
      expect(answer.at("errors", 0, "path")).toBe(path);
    });
  }

  test("a lake that nobody created is not found, and does not come into being", async () => {
    const answer = await send("/lakes/nobody-made-this/events/stream");
    expect(answer.status).toBe(404);
    expect(answer.at("code")).toBe("lake-not-found");
  });
});

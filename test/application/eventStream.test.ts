/** Listeners to a log: who gets what when, and what it costs while nothing happens. */
import { describe, expect, test } from "vitest";
import {
  type EventStreamDeps,
  eventStream,
  HEARTBEAT_MS,
  type ListenRequest,
  MAX_LISTENERS,
  MAX_LISTENERS_OF_ONE,
  MAX_STALLED_HEARTBEATS,
  overheard,
} from "../../src/application/eventStream.ts";
import type { EventFilter, StoredEvent } from "../../src/application/ports.ts";
import type { StreamName } from "../../src/domain/ids.ts";
import { testLake } from "../support/testLake.ts";

const eventAt = (seq: number, type: string, text: string): StoredEvent => ({
  seq,
  event_id: `e${seq}`,
  stream: "access" as StreamName,
  stream_version: seq,
  type,
  schema_version: 1,
  recorded_at: "2026-11-23T12:00:00.000Z",
  actor: "a",
  correlation_id: "c",
  causation_id: null,
  command_id: "m",
  dataset: null,
  data: { text },
});

/** A log, its clock and what was read of it. */
const world = (over: Partial<EventStreamDeps & EventStreamDeps["log"]> = {}) => {
  const events: StoredEvent[] = [];
  const reads: EventFilter[] = [];
  const timers = new Set<() => void>();
  const failures: unknown[] = [];
  const stream = eventStream({
    log: {
      head: () => events.length,
      read: (filter) => {
        reads.push(filter);
        if (over.read) return over.read(filter);
        return events
          .filter(({ seq, type }) => seq > filter.after && type === (filter.type ?? type))
          .slice(0, filter.limit);
      },
    },
    sync: () => Promise.resolve(),
    format: {
      event: ({ seq, type, data }) => `${seq}:${type}:${String(data.text).length};`,
      opening: (place) => `open ${place};`,
      heartbeat: "beat;",
    },
    every: (milliseconds, beat) => {
      expect(milliseconds).toBe(HEARTBEAT_MS);
      timers.add(beat);
      return () => timers.delete(beat);
    },
    failed: (error) => failures.push(error),
    ...over,
  });
  const append = (type = "T", text = "") => events.push(eventAt(events.length + 1, type, text));
  return {
    stream,
    events,
    reads,
    timers,
    failures,
    append,
    commit(...types: readonly string[]) {
      for (const type of types) append(type);
      stream.appended();
      return settled();
    },
    beat() {
      for (const beat of timers) beat();
    },
    async listen(request: Partial<ListenRequest> = {}, allowed = () => true) {
      const heard = await stream.listen({ after: null, filter: {}, ...request }, allowed);
      if (!heard.ok) throw new Error(heard.error.code);
      return consumer(heard.value);
    },
  };
};

/** Every promise that can settle by itself has. */
const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** A client that has read as much as it was asked to. */
const consumer = (body: ReadableStream<Uint8Array>) => {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  return {
    reader,
    async next(): Promise<string> {
      const { value, done } = await reader.read();
      return done ? "END" : decoder.decode(value);
    },
    async until(enough: (text: string) => boolean): Promise<string> {
      let text = "";
      while (!enough(text)) text += await this.next();
      return text;
    },
  };
};

/** The numbers in what was heard. */
const seqs = (text: string): readonly number[] =>
  [...text.matchAll(/(\d+):/g)].map(([, seq]) => Number(seq));

const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("a listener", () => {
  test("starts at the present end of the log and is told where that is", async () => {
    const { commit, listen } = world();
    await commit("A", "B");
    const client = await listen();
    expect(await client.next()).toBe("open 2;");
    const heard = client.next();
    await commit("C");
    expect(await heard).toBe("3:C:0;");
  });

  test("that names its place gets everything behind it, however much, each once", async () => {
    const { commit, listen, reads } = world();
    await commit(...Array.from({ length: 500 }, () => "A"));
    const client = await listen({ after: 17 });
    const text = await client.until((heard) => heard.includes("500:"));
    expect(text.startsWith("open null;18:")).toBe(true);
    expect(seqs(text)).toEqual(upTo(500, 18));
    expect(reads.length).toBeGreaterThan(10);
  });

  test("gets every event once when commits come between its reads", async () => {
    const { commit, listen } = world();
    const client = await listen({ after: 0 });
    let text = await client.next();
    for (let round = 0; round < 20; round += 1) {
      await commit(...Array.from({ length: round }, () => "A"));
      if (round % 3 === 1) text += await client.next();
    }
    text += await client.until((heard) => heard.includes("190:"));
    expect(seqs(text)).toEqual(upTo(190));
  });

  test("hears what its filter lets through, and reads nothing twice to find it", async () => {
    const { commit, listen, reads } = world();
    const client = await listen({ filter: { type: "B" } });
    await client.next();
    const heard = client.next();
    await commit("A", "A");
    await commit("A");
    expect(reads.map(({ after }) => after)).toEqual([0, 2]);
    await commit("A", "B");
    expect(await heard).toBe("5:B:0;");
  });

  test("hears of nothing that is not durable yet", async () => {
    let durable: (() => void)[] = [];
    const { append, listen, stream } = world({
      sync: () => new Promise((resolve) => durable.push(resolve)),
    });
    const flush = () => {
      for (const resolve of durable) resolve();
      durable = [];
      return settled();
    };
    append("A");
    const listening = listen({ after: 0 });
    append("B");
    await flush();
    const client = await listening;
    expect(await client.next()).toBe("open null;1:A:0;");
    const heard = client.next();
    stream.appended();
    await settled();
    append("C");
    await flush();
    expect(await heard).toBe("2:B:0;");
  });

  test("hears of what a transaction kept, not of what it was asked to write", async () => {
    const { append, events, listen, stream } = world();
    const client = await listen();
    await client.next();
    const heard = client.next();
    append("undone");
    stream.appended();
    events.pop();
    append("kept");
    stream.appended();
    expect(await heard).toBe("1:kept:0;");
  });

  test("that is slow has nothing kept for it: it reads from the log when it asks", async () => {
    const { commit, listen, reads } = world();
    const client = await listen();
    await client.next();
    for (let round = 0; round < 50; round += 1) await commit("A");
    expect(reads).toEqual([]);
    const text = await client.until((heard) => heard.includes("50:"));
    expect(seqs(text)).toEqual(upTo(50));
    expect(reads.map(({ limit }) => limit)).toEqual([32, 32]);
  });

  test("gets large events in chunks of bounded size", async () => {
    const { append, stream, listen } = world({
      format: {
        event: ({ seq, data }) => `${seq}:${data.text}`,
        opening: () => "",
        heartbeat: "",
      },
    });
    for (let index = 0; index < 20; index += 1) append("A", "x".repeat(40_000));
    stream.appended();
    const client = await listen({ after: 0 });
    const chunks: string[] = [];
    for (let index = 0; index < 10; index += 1) chunks.push(await client.next());
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(100_000);
    expect(seqs(chunks.join(""))).toEqual(upTo(20));
  });

  test("cannot begin where the log has not been", async () => {
    const { commit, stream } = world();
    await commit("A");
    expect((await stream.listen({ after: 1, filter: {} })).ok).toBe(true);
    expect(await stream.listen({ after: 2, filter: {} })).toMatchObject({
      ok: false,
      error: { reason: "invalid", code: "out-of-range", errors: [{ path: "after" }] },
    });
  });

  test("whose read fails is ended, its neighbours are not", async () => {
    let broken = true;
    const { commit, failures, listen, stream } = world({
      read: ({ type, after }) => {
        if (type === "bad" && broken) throw new Error("the disk is gone");
        return after < 1 ? [eventAt(1, "A", "")] : [];
      },
    });
    const [bad, good] = await Promise.all([listen({ filter: { type: "bad" } }), listen()]);
    await Promise.all([bad.next(), good.next()]);
    const heard = [bad.next(), good.next()];
    const settled = Promise.allSettled(heard);
    await commit("A");
    expect((await settled).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(failures).toHaveLength(1);
    expect(stream.listeners).toBe(1);
    broken = false;
    expect(await (await listen({ after: 0, filter: { type: "bad" } })).next()).toContain("1:A");
  });
});

describe("a listener who may hear no more", () => {
  test.each(["an event", "a heartbeat"])("hears nothing of %s: the stream ends", async (what) => {
    const { listen, commit, beat, stream, timers, failures } = world();
    let may = true;
    const listener = await listen({}, () => may);
    const other = await listen();
    expect(await listener.next()).toBe("open 0;");
    expect(await other.next()).toBe("open 0;");
    await commit("T");
    expect(await listener.next()).toBe("1:T:0;");
    const ended = expect(listener.next()).rejects.toThrow("may hear no more");
    may = false;
    if (what === "an event") await commit("T");
    else beat();
    await ended;
    expect([stream.listeners, failures]).toEqual([1, []]);
    expect(await other.until((text) => text.includes("1:"))).toContain("1:T:0;");
    await other.reader.cancel();
    expect(timers.size).toBe(0);
  });
});

describe("many listeners", () => {
  test("at the same place cost one read of the log a commit", async () => {
    const { commit, listen, reads } = world();
    const clients = await Promise.all(Array.from({ length: 100 }, () => listen()));
    await Promise.all(clients.map((client) => client.next()));
    const heard = Promise.all(clients.map((client) => client.next()));
    await commit("A", "B");
    expect(new Set(await heard)).toEqual(new Set(["1:A:0;2:B:0;"]));
    expect(reads).toHaveLength(1);
  });

  test("are bounded, and one that leaves makes room", async () => {
    const { stream, listen } = world();
    const [first] = await Promise.all(Array.from({ length: MAX_LISTENERS }, () => listen()));
    expect(await stream.listen({ after: null, filter: {} })).toMatchObject({
      ok: false,
      error: { reason: "unavailable", code: "too-many-listeners" },
    });
    await first?.reader.cancel();
    expect(stream.listeners).toBe(MAX_LISTENERS - 1);
    expect((await stream.listen({ after: null, filter: {} })).ok).toBe(true);
  });
});

describe("the listeners of one caller", () => {
  const own = (stream: ReturnType<typeof world>["stream"], caller: string | null) =>
    stream.listen({ after: null, filter: {} }, undefined, caller);

  test("are bounded, leave room for others, and one that leaves makes room", async () => {
    const { stream } = world();
    const first = await own(stream, "person/ann");
    for (let more = 1; more < MAX_LISTENERS_OF_ONE; more += 1) await own(stream, "person/ann");
    expect(await own(stream, "person/ann")).toMatchObject({
      ok: false,
      error: { reason: "unavailable", code: "too-many-streams" },
    });
    expect((await own(stream, "token/ann")).ok).toBe(true);
    expect(stream.listeners).toBe(MAX_LISTENERS_OF_ONE + 1);
    if (first.ok) await first.value.cancel();
    expect((await own(stream, "person/ann")).ok).toBe(true);
  });

  test("are not counted where nobody is told apart", async () => {
    const { stream } = world();
    for (let count = 0; count <= MAX_LISTENERS_OF_ONE; count += 1) {
      expect((await own(stream, null)).ok).toBe(true);
    }
  });
});

describe("the heartbeat", () => {
  test("is one timer for all, there only while someone listens", async () => {
    const { listen, timers, stream } = world();
    expect(timers.size).toBe(0);
    const clients = await Promise.all([listen(), listen(), listen()]);
    expect(timers.size).toBe(1);
    for (const { reader } of clients) await reader.cancel();
    expect(timers.size).toBe(0);
    expect(stream.listeners).toBe(0);
    await listen();
    expect(timers.size).toBe(1);
  });

  test("reaches whoever waits, and reads nothing", async () => {
    const { beat, listen, reads } = world();
    const clients = await Promise.all([listen(), listen()]);
    await Promise.all(clients.map((client) => client.next()));
    const heard = Promise.all(clients.map((client) => client.next()));
    beat();
    expect(await heard).toEqual(["beat;", "beat;"]);
    expect(reads).toEqual([]);
  });

  test("is not piled up for a listener that takes nothing; after a while that one is ended", async () => {
    const { beat, listen, stream, timers } = world();
    const client = await listen();
    for (let beats = 1; beats < MAX_STALLED_HEARTBEATS; beats += 1) beat();
    expect(stream.listeners).toBe(1);
    expect(await client.next()).toBe("open 0;");
    for (let beats = 0; beats < MAX_STALLED_HEARTBEATS; beats += 1) beat();
    expect(stream.listeners).toBe(0);
    expect(timers.size).toBe(0);
    await expect(client.next()).rejects.toThrow(/taken nothing/);
  });
});

test("a log that is overheard tells of what is appended, and of nothing else", () => {
  let heard = 0;
  const lake = testLake({
    level: "standard",
    seenAs: (log) =>
      overheard(log, () => {
        heard += 1;
      }),
  });
  const before = heard;
  lake.see({ kind: "lake", when: null });
  lake.run({ type: "ChangeComplianceLevel", compliance_level: "standard" });
  expect(heard).toBe(before);
  lake.run({ type: "ChangeComplianceLevel", compliance_level: "gdpr" });
  expect(heard).toBe(before + 1);
});

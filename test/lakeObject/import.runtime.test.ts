/** A log that comes from an export: the same events, the same root, the same lake. */
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ImportRequest } from "../../src/application/importLog.ts";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { MIGRATIONS, migrate } from "../../src/eventlog/migrations.ts";
import { accessed, appendTo, metaAt } from "../support/emptyLog.ts";
import { fill, hashed, linesOf, rootOf } from "../support/exports.ts";
import {
  append,
  eventually,
  type Lake,
  lakeOf,
  newLake,
  published,
  salesLake,
  send,
  sendJson,
} from "../support/lakeClient.ts";

const NDJSON = { "Content-Type": "application/x-ndjson" };

const bring = (lake: Lake, lines: readonly string[], headers = NDJSON) =>
  send(`/lakes/${lake.id}/log/import`, {
    method: "POST",
    body: lines.map((line) => `${line}\n`).join(""),
    headers,
  });

const complete = (lake: Lake, root: string) =>
  send(`/lakes/${lake.id}/log/import?complete=true&root=${encodeURIComponent(root)}`, {
    method: "POST",
  });

const bringAll = async (lake: Lake, lines: readonly string[], each = 1000) => {
  for (let start = 0; start < lines.length; start += each) {
    const answer = await bring(lake, lines.slice(start, start + each));
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  }
};

const exportOf = async (lake: Lake) => linesOf(await lake.get("/events?format=ndjson"));

/** As if the server were gone and another one set up: the same id, nothing stored. */
const emptied = async (lake: Lake): Promise<Lake> => {
  await lake.inside(async (_, { storage }) => {
    await storage.deleteAlarm();
    await storage.deleteAll();
  });
  await abortAllDurableObjects();
  return lakeOf(lake.id);
};

const refusal = (answer: Awaited<ReturnType<typeof bring>>) => [
  answer.status,
  answer.at("code"),
  answer.at("detail"),
];

/** What a client sees of a lake, apart from the time it is asked at. */
const seen = async (lake: Lake) => {
  const bodies: unknown[] = [];
  for (const route of [
    "",
    "/report",
    "/datasets",
    "/contracts",
    "/batches",
    "/batches/b1",
    "/deletions",
    "/events?limit=1000",
    "/access-log",
  ]) {
    const { status, body } = await lake.get(route);
    expect(status, route).toBe(200);
    const { as_of: _, ...rest } = body as Record<string, unknown>;
    bodies.push(rest);
  }
  return bodies;
};

/** A lake in which most things have happened. */
const eventful = async () => {
  const lake = await salesLake({}, "gdpr");
  await published(lake, "b1");
  await append(lake, "b2");
  await lake.done("/quarantine-batch", { batch_id: "b2", reason: "looks odd" });
  await lake.done("/consume-batch", { batch_id: "b1", consumer: "alice" });
  await lake.done("/deletions", { subject_id: "zoë", reason: "asked", requested_by: "dpo" });
  return lake;
};

/** A request whose deadline has passed without its duty having rung: the server was gone. */
const appendLateDeletion = async (lake: Lake): Promise<void> => {
  await lake.inside((_, { storage }) => {
    const log = eventLog(storage);
    const [asked] = log.read({ after: 0, type: "GDPRDeletionRequested", limit: 1 });
    const deadline = "2026-01-01T00:00:00.000Z";
    const data = { ...asked?.data, deletion_id: "late", deadline, statutory_deadline: deadline };
    appendTo(
      log,
      "deletion/late",
      [{ type: "GDPRDeletionRequested", data }],
      metaAt(new Date(Date.now()).toISOString()),
    );
  });
  await evictDurableObject(lake.stub);
};

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("an import", () => {
  test("owes the deletion of what the log says is replaced, as the lake did that it came from", async () => {
    const lake = await salesLake();
    await append(lake, "b1");
    await lake.done("/run-privacy", { batch_id: "b1", privacy_rules: { id: "mask" } });
    const first = await lake.referenced();
    await lake.done("/run-privacy", { batch_id: "b1", privacy_rules: { id: "redact" } });
    const kept = await lake.referenced();
    const replaced = first.filter((key) => !kept.includes(key));
    expect(replaced).not.toEqual([]);
    const { root } = await rootOf(lake);
    const lines = await exportOf(lake);
    const fresh = await emptied(lake);
    await bringAll(fresh, lines);
    const owed = await fresh.sql("SELECT payload FROM schedule WHERE kind = 'delete_objects'");
    const keys = owed.flatMap(({ payload }) => JSON.parse(String(payload)).keys as string[]);
    expect([...new Set(keys)].sort()).toEqual(replaced);
    expect((await complete(fresh, root)).status).toBe(200);
    await eventually(async () => {
      await fresh.ring();
      const left = await fresh.keys();
      for (const key of replaced) expect(left).not.toContain(key);
      for (const key of kept) expect(left).toContain(key);
    });
  });

  test("gives the same root, the same answers and the same duties as the lake it came from", async () => {
    const lake = await eventful();
    const before = await seen(lake);
    const duties = "SELECT ref, due_at FROM schedule WHERE kind = 'deletion_due'";
    const owed = await lake.sql(duties);
    expect(owed).toHaveLength(1);
    const head = await rootOf(lake);
    const lines = await exportOf(lake);
    await lake.stub.settle();

    const again = await emptied(lake);
    expect((await again.get("")).status).toBe(404);
    await bringAll(again, lines, 5);
    const opened = await complete(again, head.root);
    expect([opened.status, opened.body]).toEqual([
      200,
      { status: "open", tree_size: head.size, root: head.root },
    ]);
    expect(await rootOf(again)).toEqual(head);
    expect(await exportOf(again)).toEqual(lines);
    expect(await seen(again)).toEqual(before);
    expect(await again.sql(duties)).toEqual(owed);
    // Folded, not only stored: a fresh fold says the same.
    await evictDurableObject(again.stub);
    expect(await seen(again)).toEqual(before);
    // Tiles and snapshots are a matter of the log's length, and it goes on as before.
    await again.done("/ingest-dataset", {
      dataset_id: "sales",
      source: "s3://x",
      record_count: 1,
      contains_pii: false,
    });
    expect((await rootOf(again)).size).toBe(head.size + 1);
  });

  test("of 2,500 events makes the same tiles and snapshots, and reaches the reports", async () => {
    const lake = await newLake();
    await fill(lake, 2_500);
    const tables = ["tiles", "snapshots", "directory"];
    const contents = async (of: Lake) => {
      const rows = [];
      for (const table of tables) rows.push(await of.sql(`SELECT * FROM ${table}`));
      return rows;
    };
    const before = await contents(lake);
    const head = await rootOf(lake);
    const lines = await exportOf(lake);
    const again = await emptied(lake);
    await bringAll(again, lines);
    expect((await complete(again, head.root)).status).toBe(200);
    expect(await contents(again)).toEqual(before);
    expect(hashed(await exportOf(again))).toBe(head.root);
    await eventually(async () => {
      expect(await again.sql("SELECT last_seq FROM outbox")).toEqual([{ last_seq: 2_500 }]);
    });
  });

  test("that is interrupted goes on where it stopped, and takes what it has once more", async () => {
    const lake = await newLake();
    await fill(lake, 60);
    const head = await rootOf(lake);
    const lines = await exportOf(lake);
    const again = await emptied(lake);
    const state = async () => (await again.get("/log/import")).body;
    expect(await state()).toMatchObject({ status: "absent", tree_size: 0 });
    await again.inside((_, { storage }) =>
      expect(storage.sql.exec("SELECT name FROM sqlite_master").toArray()).toEqual([]),
    );
    await bringAll(again, lines.slice(0, 25));
    await abortAllDurableObjects();
    expect(await state()).toEqual({
      status: "importing",
      tree_size: 25,
      root: hashed(lines.slice(0, 25)),
    });
    await bringAll(again, lines.slice(10, 40));
    await bringAll(again, lines.slice(40));
    expect((await complete(again, head.root)).status).toBe(200);
    expect((await complete(again, head.root)).status).toBe(200);
    expect(await state()).toEqual({ status: "open", tree_size: 60, root: head.root });
  });

  test("refuses a line that is changed, reordered or missing, by its seq, and keeps nothing of the request", async () => {
    const lake = await newLake();
    await fill(lake, 30);
    const lines = await exportOf(lake);
    const again = await emptied(lake);
    await bringAll(again, lines.slice(0, 20));
    const line = (seq: number) => lines[seq - 1] ?? "";
    const swapped = [...lines.slice(20, 24), line(26), line(25), ...lines.slice(26)];
    const parsed = (seq: number) => JSON.parse(line(seq)) as Record<string, unknown>;
    const with25 = (changed: object) => [
      ...lines.slice(20, 24),
      JSON.stringify({ ...parsed(25), ...changed }),
    ];
    const { type, ...rest } = parsed(25);
    const cases: [readonly string[], RegExp][] = [
      [swapped, /^Event 25 is refused: event 26 comes in its place/],
      [lines.slice(21), /^Event 21 is refused: event 22 comes/],
      [[line(21), line(23)], /^Event 22 is refused: event 23 comes/],
      [[line(19).replace("tester", "taster")], /^Event 19 is refused: the log here has another/],
      [with25({ stream_version: 77 }), /^Event 25 is refused: its stream stands at version/],
      [with25({ type: "DataStolen" }), /^Event 25 is refused: event type DataStolen is not known/],
      [with25({ schema_version: 9 }), /^Event 25 is refused: event DatasetIngested of version 9/],
      [with25({ recorded_at: "2020-01-01T00:00:00.000Z" }), /^Event 25 is refused: it is earlier/],
      [with25({ recorded_at: "2999-01-01T00:00:00.000Z" }), /^Event 25 is refused: it lies in the/],
      [with25({ recorded_at: "2026-11-31T00:00:00.000Z" }), /recorded_at is none/],
      [with25({ stream: "pond/1" }), /^Event 25 is refused: stream of no known aggregate/],
      [with25({ type: "DataLakeCreated" }), /^Event 25 is refused: a lake is created once/],
      [with25(accessed("eve")), /^Event 25 is refused: it does not fit/],
      [with25({ actor: "\ud800" }), /^Event 25 is refused: its actor is none/],
      [with25({ data: [] }), /^Event 25 is refused: its data is none/],
      [
        with25({ type: "BatchDerived", stream: "batch/b", stream_version: 1, data: {} }),
        /^Event 25 is refused: its data is none of version 1/,
      ],
      [with25({ more: 1 }), /^Event 25 is refused: its members/],
      [[...lines.slice(20, 24), JSON.stringify({ type, ...rest })], /^Event 25 .*: its members/],
      [[...lines.slice(20, 24), line(25).replace(":", ": ")], /^Event 25 .*: it is not written as/],
      [[...lines.slice(20, 24), `${line(25)}\r`], /^Event 25 is refused: it is not written as/],
      [[...lines.slice(20, 24), ""], /^Event 25 is refused: it is not JSON/],
      [[...lines.slice(20, 24), "7"], /^Event 25 is refused: it is not an object/],
    ];
    for (const [sent, expected] of cases) {
      const answer = await bring(again, sent);
      expect(refusal(answer), String(expected)).toEqual([
        422,
        "import-refused",
        expect.stringMatching(expected),
      ]);
      expect((await again.get("/log/import")).at("tree_size"), String(expected)).toBe(20);
    }
    await bringAll(again, lines.slice(20));
  });

  test("refuses an event whose data lacks what its type promises, by its seq", async () => {
    const lake = await eventful();
    const lines = await exportOf(lake);
    const again = await emptied(lake);
    for (const [index, line] of lines.entries()) {
      const event = JSON.parse(line) as { readonly type: string; readonly data: object };
      for (const member of Object.keys(event.data)) {
        const data = { ...event.data, [member]: undefined };
        const answer = await bring(again, [JSON.stringify({ ...event, data })]);
        // A lake of no id is refused before anybody has looked at the rest of it.
        const fault = member === "lake_id" ? "the log of another lake" : `as ${member}.`;
        expect(refusal(answer), `${event.type} ${member}`).toEqual([
          422,
          "import-refused",
          expect.stringMatching(new RegExp(`^Event ${index + 1} is refused: .*${fault}`)),
        ]);
      }
      await bringAll(again, [line]);
    }
  });

  test("takes no data that is another than the expected root says", async () => {
    const lake = await newLake();
    await fill(lake, 20);
    const head = await rootOf(lake);
    const lines = await exportOf(lake);
    const again = await emptied(lake);
    const changed = lines.map((line, index) =>
      index === 19 ? line.replace('"warnings":[]', '"warnings":["x"]') : line,
    );
    await bringAll(again, changed);
    const answer = await complete(again, head.root);
    expect([answer.status, answer.at("code")]).toEqual([409, "root-differs"]);
    expect(answer.text("detail")).toContain(hashed(changed));
    expect((await again.get("")).status).toBe(409);
    expect((await complete(again, hashed(changed))).status).toBe(200);
  });

  test("does nothing else until it is complete, whoever asks", async () => {
    const lake = await eventful();
    await appendLateDeletion(lake);
    const head = await rootOf(lake);
    const lines = await exportOf(lake);
    const again = await emptied(lake);
    await bringAll(again, lines);
    for (const answer of [
      await again.get(""),
      await again.get("/events"),
      await again.get("/events?format=ndjson"),
      await again.get("/events/stream"),
      await again.get("/log/checkpoint"),
      await again.post("/datasets", { name: "d", schema: { id: "int" } }),
      await again.post("/replay", { dataset: "sales" }),
      await again.post("/publish-batch", { batch_id: "b1" }),
      await sendJson("POST", "/lakes", {
        lake_id: again.id,
        name: "n",
        region: "eu",
        compliance_level: "gdpr",
      }),
    ]) {
      expect([answer.status, answer.at("code")]).toEqual([409, "import-unfinished"]);
    }
    await again.ring();
    await again.stub.settle();
    expect(await again.sql("SELECT * FROM outbox")).toEqual([]);
    expect((await again.get("/log/import")).at("tree_size")).toBe(lines.length);
    // The deadline that passed meanwhile rings as soon as the lake is open.
    expect((await complete(again, head.root)).status).toBe(200);
    await eventually(async () => {
      const [next] = (await again.events()).slice(head.size);
      expect(next).toMatchObject({ type: "GDPRDeletionOverdue", stream: "deletion/late" });
      // To erase is owed for ever: the person's key did not come along with the log.
      expect(await again.sql("SELECT kind, parked FROM schedule WHERE ref = 'late'")).toEqual([
        { kind: "execution_due", parked: 0 },
      ]);
    });
    // Whoever did not hear the answer asks once more; another root is as wrong as ever.
    const repeated = await complete(again, head.root);
    expect([repeated.status, repeated.at("status")]).toEqual([200, "open"]);
    expect(repeated.at("tree_size")).toBeGreaterThan(head.size);
    expect((await complete(again, hashed(lines.slice(1)))).at("code")).toBe("root-differs");
    // Nobody was forgotten: the key is missing here, which is another thing than destroyed.
    const sealed = await again.get("/deletions/late?reveal=true");
    expect([sealed.status, sealed.at("code")]).toEqual([503, "subject-key-missing"]);
  });

  test("that is given up leaves a lake that can be created or imported anew; an open one stays", async () => {
    const source = await eventful();
    const lines = await exportOf(source);
    const { root } = await rootOf(source);
    const giveUp = (lake: Lake) => sendJson("DELETE", `/lakes/${lake.id}/log/import`);
    expect(refusal(await giveUp(source)).slice(0, 2)).toEqual([409, "nothing-to-abandon"]);
    const target = await emptied(source);
    expect((await giveUp(target)).status).toBe(409);
    await bring(target, lines.slice(0, 3));
    expect((await giveUp(target)).body).toMatchObject({ status: "absent", tree_size: 0 });
    expect((await target.get("/report")).status).toBe(404);
    await evictDurableObject(target.stub);
    expect((await target.get("/log/import")).body).toMatchObject({ status: "absent" });
    await bringAll(target, lines);
    expect((await complete(target, root)).status).toBe(200);
    expect((await giveUp(target)).status).toBe(409);
    expect((await rootOf(target)).root).toBe(root);
  });

  test("that is given up while others create, import and ask is a conflict to some, never an error", async () => {
    const source = await eventful();
    const lines = await exportOf(source);
    const lake = await emptied(source);
    const body = { lake_id: lake.id, name: "x", region: "eu", compliance_level: "gdpr" };
    const giveUp = () => sendJson("DELETE", `/lakes/${lake.id}/log/import`);
    for (const evicted of [false, true]) {
      await bring(lake, lines.slice(0, 3));
      if (evicted) await evictDurableObject(lake.stub);
      const answers = await Promise.all([
        giveUp(),
        sendJson("POST", "/lakes", body),
        bring(lake, lines.slice(3)),
        lake.get("/report"),
        giveUp(),
        sendJson("POST", "/lakes", body),
      ]);
      for (const answer of answers) expect(answer.status).toBeLessThan(500);
      const found = (await lake.get("/log/import")).body;
      await evictDurableObject(lake.stub);
      expect((await lake.get("/log/import")).body).toEqual(found);
      await emptied(lake);
    }
  });

  test("that breaks off with an error leaves a lake that can be used", async () => {
    const source = await eventful();
    const lines = await exportOf(source);
    const lake = await emptied(source);
    await lake.inside(async (instance) => {
      const broken = { kind: "lines", lines: null } as unknown as ImportRequest;
      await expect(instance.importLog(lake.call(), broken)).rejects.toThrow();
    });
    expect((await lake.get("/report")).status).toBe(404);
    await bring(lake, lines.slice(0, 3));
    await lake.inside(async (instance) => {
      const broken = { kind: "lines", lines: null } as unknown as ImportRequest;
      await expect(instance.importLog(lake.call(), broken)).rejects.toThrow();
    });
    await bringAll(lake, lines);
    expect((await lake.get("/log/import")).body).toMatchObject({ tree_size: lines.length });
  });

  test("of a lake's log into one that has a log, or another id, is refused", async () => {
    const lake = await newLake();
    await fill(lake, 12);
    const lines = await exportOf(lake);
    const occupied = await newLake();
    const into = await bring(occupied, lines);
    expect([into.status, into.at("code")]).toEqual([409, "lake-not-empty"]);
    expect((await occupied.get("/log/import")).at("status")).toBe("open");
    expect((await complete(occupied, hashed(lines))).at("code")).toBe("root-differs");
    const other = lakeOf(`other-${crypto.randomUUID()}`);
    const renamed = await bring(other, lines);
    expect(renamed.status).toBe(422);
    expect(renamed.text("detail")).toContain("the log of another lake");
    const later = await bring(other, lines.slice(1));
    expect(later.text("detail")).toMatch(/^Event 1 is refused: event 2 comes/);
    // What was refused has left no table behind.
    await other.inside((_, { storage }) =>
      expect(storage.sql.exec("SELECT name FROM sqlite_master").toArray()).toEqual([]),
    );
    expect((await other.get("")).status).toBe(404);
    expect((await complete(other, hashed(lines))).status).toBe(404);
  });

  test("parks a replay that was under way, where it is seen", async () => {
    const lake = await eventful();
    await lake.inside((_, { storage }) =>
      appendTo(
        eventLog(storage),
        "replay/r1",
        [
          {
            type: "ReplayRequested",
            data: { replay_id: "r1", dataset: "sales", batch_ids: ["b1"] },
          },
        ],
        metaAt(new Date(Date.now()).toISOString()),
      ),
    );
    await evictDurableObject(lake.stub);
    const head = await rootOf(lake);
    const lines = await exportOf(lake);
    const again = await emptied(lake);
    await bringAll(again, lines);
    await complete(again, head.root);
    expect(
      await again.sql(
        `SELECT kind, ref, parked FROM schedule
         WHERE kind NOT LIKE 'deletion_%' AND kind NOT IN ('retention_due', 'execution_due')
         ORDER BY kind`,
      ),
    ).toEqual([
      { kind: "replay_step", ref: "r1", parked: 1 },
      { kind: "write_checkpoint", ref: "log", parked: 0 },
    ]);
    expect((await again.get("/report")).at("parked_duties")).toBe(1);
  });

  test("needs lines or a root, of the right kind and in measure", async () => {
    const lake = lakeOf(`measured-${crypto.randomUUID()}`);
    expect((await bring(lake, [])).status).toBe(422);
    expect((await bring(lake, ["{}"], { "Content-Type": "application/json" })).status).toBe(415);
    expect(
      (
        await bring(
          lake,
          Array.from({ length: 1001 }, () => "{}"),
        )
      ).status,
    ).toBe(422);
    expect((await bring(lake, ["x".repeat(4 * 1024 * 1024)])).status).toBe(413);
    const path = `/lakes/${lake.id}/log/import`;
    expect((await send(`${path}?complete=true`, { method: "POST" })).status).toBe(422);
    expect((await send(`${path}?complete=true&root=short`, { method: "POST" })).status).toBe(422);
    const bytes = await send(path, { method: "POST", headers: NDJSON, body: Uint8Array.of(0xff) });
    expect([bytes.status, bytes.at("code")]).toEqual([400, "malformed-ndjson"]);
  });

  test("goes into a database of the first step, once it has been migrated", async () => {
    const lake = await newLake();
    await fill(lake, 12);
    const head = await rootOf(lake);
    const lines = await exportOf(lake);
    const again = await emptied(lake);
    await again.inside((_, { storage }) => migrate(storage, MIGRATIONS.slice(0, 1)));
    await abortAllDurableObjects();
    await bringAll(again, lines);
    expect((await complete(again, head.root)).at("root")).toBe(head.root);
  });
});

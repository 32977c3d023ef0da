import { describe, expect, test } from "vitest";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { isInitialised, MIGRATIONS, migrate } from "../../src/eventlog/migrations.ts";
import { owed } from "../../src/eventlog/owed.ts";
import { schedule } from "../../src/eventlog/schedule.ts";
import { indexedUpTo, RUN } from "../../src/eventlog/whom.ts";
import {
  accessed,
  appendTo,
  inEmptyLog,
  inEmptyStorage,
  metaAt,
  registered,
  second,
} from "../support/emptyLog.ts";
import { lakeOf } from "../support/lakeClient.ts";

const tablesOf = (sql: SqlStorage): readonly string[] =>
  sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    .toArray()
    .map(({ name }) => name)
    .filter((name) => !/^(_cf_|sqlite_)/.test(name));

const stepsOf = (sql: SqlStorage) =>
  sql
    .exec<{ step: number }>("SELECT step FROM migrations ORDER BY step")
    .toArray()
    .map(({ step }) => step);

/** As the log was written before there were columns for what is derived from `data`. */
const insertOld = (
  sql: SqlStorage,
  seq: number,
  stream: string,
  event: { readonly type: string; readonly data: object },
): void => {
  sql.exec(
    `INSERT INTO events (seq, event_id, stream, stream_version, type, schema_version, recorded_at,
       actor, correlation_id, causation_id, command_id, dataset, data, leaf_hash)
     VALUES (?, ?, ?, ?, ?, 1, ?, 'local', 'c', NULL, 'c', NULL, ?, ?)`,
    seq,
    `event-${seq}`,
    stream,
    seq,
    event.type,
    second(seq),
    JSON.stringify(event.data),
    new Uint8Array(32),
  );
};

describe("the schema of a lake", () => {
  test("comes into being on a fresh database, each step once, however often it is asked for", () =>
    inEmptyStorage((storage) => {
      expect(isInitialised(storage.sql)).toBe(false);
      migrate(storage);
      migrate(storage);
      expect(isInitialised(storage.sql)).toBe(true);
      expect(stepsOf(storage.sql)).toEqual(MIGRATIONS.map((_, index) => index + 1));
      expect(tablesOf(storage.sql)).toEqual([
        "answers",
        "directory",
        "directory_history",
        "events",
        "events_by_whom",
        "imports",
        "keys",
        "looked_back",
        "migrations",
        "outbox",
        "schedule",
        "snapshots",
        "subject_indexes",
        "taken_uploads",
        "tiles",
        "webhook_deliveries",
      ]);
    }));

  test("runs only the steps that are new, and keeps what is there", () =>
    inEmptyStorage((storage) => {
      const first = "CREATE TABLE one (n INTEGER) STRICT; INSERT INTO one VALUES (1);";
      migrate(storage, [first]);
      migrate(storage, [first, "ALTER TABLE one ADD COLUMN m INTEGER DEFAULT 2;"]);
      expect(storage.sql.exec("SELECT * FROM one").toArray()).toEqual([{ n: 1, m: 2 }]);
      expect(stepsOf(storage.sql)).toEqual([1, 2]);
    }));

  test("of the first step keeps its log when it gets the table of imports", () =>
    inEmptyStorage((storage) => {
      migrate(storage, MIGRATIONS.slice(0, 1));
      expect(tablesOf(storage.sql)).not.toContain("imports");
      for (const seq of [1, 2]) insertOld(storage.sql, seq, "dataset/d", registered("d"));
      const before = storage.sql.exec("SELECT * FROM events").toArray();
      migrate(storage);
      expect(stepsOf(storage.sql)).toEqual(MIGRATIONS.map((_, index) => index + 1));
      expect(storage.sql.exec("SELECT * FROM events").toArray()).toEqual(
        before.map((row) => ({ ...row, accessor: null })),
      );
      expect(storage.sql.exec("SELECT * FROM imports").toArray()).toEqual([]);
      expect(eventLog(storage).load("dataset/d").version).toBe(2);
    }));

  test("of before deletions were tried for ever takes up those that were given up", () =>
    inEmptyStorage((storage) => {
      const step = MIGRATIONS.findIndex((text) => text.includes("schedule_failing"));
      migrate(storage, MIGRATIONS.slice(0, step));
      const { sql } = storage;
      for (const kind of ["delete_objects", "sweep_upload", "sweep_attempt", "work_step"]) {
        sql.exec(
          `INSERT INTO schedule (kind, ref, due_at, attempts, parked, last_error, payload)
           VALUES (?, 'x', '2026-11-20T00:00:00.000Z', 10, 1, 'Error: R2 is down', '{}')`,
          kind,
        );
      }
      migrate(storage);
      const duties = schedule(sql);
      expect(duties.parked().map(({ kind }) => kind)).toEqual(["work_step"]);
      expect(duties.failing()).toHaveLength(4);
      expect(owed(sql).duties_parked).toBe(4);
    }));

  test("of before accessors had a column finds by them, and still refuses every change", () =>
    inEmptyStorage((storage) => {
      migrate(storage, MIGRATIONS.slice(0, 6));
      const { sql } = storage;
      const accessed = (accessor_id: string) => ({
        type: "AccessAudited",
        data: { accessor_id, dataset_id: "d", action: "read", purpose: null },
      });
      insertOld(sql, 1, "access", accessed("anna"));
      insertOld(sql, 2, "access", accessed("ben"));
      insertOld(sql, 3, "dataset/d", { ...registered("d"), data: { accessor_id: "anna" } });
      migrate(storage);
      const found = eventLog(storage).read({ after: 0, limit: 10, accessor: "anna" });
      expect(found.map(({ seq }) => seq)).toEqual([1]);
      for (const change of [
        "UPDATE events SET accessor = 'x' WHERE seq = 1",
        "DELETE FROM events WHERE seq = 3",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE seq = 2",
      ]) {
        expect(() => sql.exec(change)).toThrow("events are append-only");
      }
    }));

  test.each([0, RUN - 1, RUN, RUN + 1, 2 * RUN, 2 * RUN + 3])(
    "of before runs were indexed, with %i events, finds by actor and accessor",
    (size) =>
      inEmptyStorage((storage) => {
        const { sql } = storage;
        migrate(storage, MIGRATIONS.slice(0, 14));
        for (let seq = 1; seq <= size; seq += 1) {
          insertOld(sql, seq, "access", accessed(seq % 3 === 0 ? "anna" : "ben"));
        }
        sql.exec("DROP TRIGGER events_are_not_updated");
        sql.exec("UPDATE events SET accessor = json_extract(data, '$.accessor_id')");
        migrate(storage);
        const log = eventLog(storage);
        const seqs = (filter: { readonly actor?: string; readonly accessor?: string }) =>
          log.read({ after: 0, limit: 2_000, ...filter }).map(({ seq }) => seq);
        const upTo = (end: number) => Array.from({ length: end }, (_, index) => index + 1);
        const annas = upTo(size).filter((seq) => seq % 3 === 0);
        expect(seqs({ actor: "local" })).toEqual(upTo(size));
        expect(seqs({ accessor: "anna" })).toEqual(annas);
        expect(sql.exec("SELECT count(*) AS n FROM events_by_whom").one()).toEqual({
          n: 2 * indexedUpTo(size),
        });
        for (let seq = size + 1; seq <= size + RUN; seq += 1) {
          appendTo(log, "access", [accessed("cleo")], metaAt(second(seq), { actor: "local" }));
        }
        expect(seqs({ accessor: "anna" })).toEqual(annas);
        expect(seqs({ actor: "local" })).toEqual(upTo(size + RUN));
      }),
  );

  test("of before uploads had a table finds the batches that were asked for with one", () =>
    inEmptyStorage((storage) => {
      migrate(storage, MIGRATIONS.slice(0, 6));
      const asked = (file_url: string) => ({
        type: "AppendIngestionRequested",
        data: { file_url },
      });
      insertOld(storage.sql, 1, "batch/b1", asked("a.csv"));
      insertOld(storage.sql, 2, "batch/b2", asked("a.csv"));
      insertOld(storage.sql, 3, "batch/b1", asked("b.csv"));
      migrate(storage);
      const { uploads } = eventLog(storage);
      const found = uploads.batchesOf(["a.csv", "b.csv", "c.csv"]);
      expect(Object.fromEntries(found)).toEqual({ "a.csv": ["b1", "b2"], "b.csv": ["b1"] });
    }));

  test("of before reminders owes one for each request that is open", () =>
    inEmptyStorage((storage) => {
      migrate(storage, MIGRATIONS.slice(0, 2));
      const listed = (id: string, status: string, due_at: string) =>
        storage.sql.exec(
          `INSERT INTO directory (kind, id, status, due_at, flagged, created_seq)
           VALUES ('deletion', ?, ?, ?, 0, 1)`,
          id,
          status,
          due_at,
        );
      listed("open", "pending", "2026-12-23T12:00:00.123Z");
      listed("held", "held", "2027-03-02T22:59:59.999Z");
      listed("over", "rejected", "2026-12-23T12:00:00.000Z");
      migrate(storage);
      const owed = storage.sql
        .exec(
          "SELECT kind, ref, due_at FROM schedule WHERE kind = 'deletion_reminder' ORDER BY ref",
        )
        .toArray();
      // Of before they were carried out by themselves, too: the duty finds out when.
      const begins = storage.sql
        .exec("SELECT ref FROM schedule WHERE kind = 'execution_due' ORDER BY ref")
        .toArray();
      expect(begins).toEqual([{ ref: "held" }, { ref: "open" }]);
      expect(owed).toEqual([
        { kind: "deletion_reminder", ref: "held", due_at: "2027-02-23T22:59:59.999Z" },
        { kind: "deletion_reminder", ref: "open", due_at: "2026-12-16T12:00:00.123Z" },
      ]);
    }));

  test("of before retention owes its end for each batch, at once: the duty finds out when", () =>
    inEmptyStorage((storage) => {
      migrate(storage, MIGRATIONS.slice(0, 3));
      for (const [kind, id] of [
        ["batch", "b"],
        ["dataset", "d"],
      ]) {
        storage.sql.exec(
          `INSERT INTO directory (kind, id, status, flagged, created_seq)
           VALUES (?, ?, 'published', 0, 1)`,
          kind,
          id,
        );
      }
      migrate(storage);
      const owed = storage.sql.exec<{ due_at: string }>("SELECT * FROM schedule").toArray();
      expect(owed).toMatchObject([{ kind: "retention_due", ref: "b", attempts: 0, parked: 0 }]);
      expect(Date.parse(owed[0]?.due_at ?? "")).toBeLessThanOrEqual(Date.now());
    }));

  test("stays as it was when a step fails: the steps before it in the same run are undone", () =>
    inEmptyStorage((storage) => {
      migrate(storage, ["CREATE TABLE one (n INTEGER) STRICT;"]);
      expect(() =>
        migrate(storage, [
          "CREATE TABLE one (n INTEGER) STRICT;",
          "CREATE TABLE two (n INTEGER) STRICT;",
          "CREATE TABLE nonsense (",
        ]),
      ).toThrow();
      expect(tablesOf(storage.sql)).toEqual(["migrations", "one"]);
      expect(stepsOf(storage.sql)).toEqual([1]);
    }));

  test("of a newer version is not touched by older code", () =>
    inEmptyStorage((storage) => {
      migrate(storage, [...MIGRATIONS, "CREATE TABLE newer (n INTEGER) STRICT;"]);
      expect(() => migrate(storage)).toThrow(`this code knows ${MIGRATIONS.length}`);
    }));

  test("does not exist in a lake that nobody created, whatever it is asked", async () => {
    const lake = lakeOf(`nobody-${crypto.randomUUID()}`);
    for (const answer of [
      await lake.get(""),
      await lake.get("/events"),
      await lake.get("/report"),
      await lake.get("/deletions/x?reveal=true"),
      await lake.post("/datasets", { name: "d", schema: { id: "int" } }),
      await lake.post(
        "/datasets",
        { name: "d", schema: { id: "int" } },
        { "Idempotency-Key": "k" },
      ),
      await lake.post("/publish-batch", { batch_id: "b" }),
      await lake.post("/append-batch", {
        dataset: "d",
        contract_id: "c",
        batch_id: "b",
        file_url: "f.csv",
      }),
      await lake.post("/replay", { dataset: "d" }),
    ]) {
      expect(answer.status).toBe(404);
      expect(answer.at("code")).toBe("lake-not-found");
    }
    await lake.stub.settle();
    await lake.stub.abandon(lake.call(), "no-attempt");
    expect(await lake.ring()).toBe(false);
    await lake.inside((_, { storage }) => expect(tablesOf(storage.sql)).toEqual([]));
  });
});

describe("the table of events", () => {
  test("refuses to have an event changed, deleted or replaced", () =>
    inEmptyLog((log, { sql }) => {
      appendTo(log, "dataset/d", [registered("d")], metaAt(second(1)));
      const before = sql.exec("SELECT * FROM events").toArray();
      for (const statement of [
        "UPDATE events SET type = 'X' WHERE seq = 1",
        "UPDATE events SET data = '{}'",
        "UPDATE OR IGNORE events SET seq = 7",
        "DELETE FROM events WHERE seq = 1",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE seq = 1",
        `INSERT INTO events SELECT * FROM events WHERE seq = 1
         ON CONFLICT (seq) DO UPDATE SET actor = 'somebody else'`,
      ]) {
        expect(() => sql.exec(statement), statement).toThrow();
      }
      expect(sql.exec("SELECT * FROM events").toArray()).toEqual(before);
    }));
});

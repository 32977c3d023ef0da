import { describe, expect, test } from "vitest";
import { foldOf } from "../../src/application/aggregates.ts";
import type { EventFilter, EventLog } from "../../src/application/ports.ts";
import { MAX_EVENT_BYTES } from "../../src/contracts/eventSize.ts";
import type { DomainEvent } from "../../src/domain/decider.ts";
import type { StreamName } from "../../src/domain/ids.ts";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { eventStore } from "../../src/eventlog/eventStore.ts";
import {
  KEEP_RECENT,
  SMALL_STATE_CHARACTERS,
  SNAPSHOT_EVERY,
  THIN_TO_EVERY,
} from "../../src/eventlog/snapshots.ts";
import { RUN } from "../../src/eventlog/whom.ts";
import {
  accessed,
  appendTo,
  inEmptyLog,
  ingested,
  metaAt,
  registered,
  second,
} from "../support/emptyLog.ts";
import { explainingSql } from "../support/explainingSql.ts";
import fc from "../support/property.ts";

/** The state by the definition: every event of the stream up to `seq`, folded from the start. */
const folded = (log: EventLog, stream: StreamName, seq: number) => {
  const { initialState, evolve } = foldOf(stream);
  const events = log.read({ stream, after: 0, limit: 100_000 }).filter((event) => event.seq <= seq);
  return { version: events.length, state: events.reduce(evolve, initialState) };
};

/** `count` ingestions of one dataset, its registration first, one second apart. */
const grow = (log: EventLog, name: string, count: number, from = 1) => {
  for (let number = from; number <= count; number += 1) {
    const event = number === 1 ? registered(name) : ingested(name, number);
    appendTo(log, `dataset/${name}`, [event], metaAt(second(number)));
  }
};

const versions = (sql: SqlStorage, stream: string) =>
  sql
    .exec<{ version: number }>(
      "SELECT version FROM snapshots WHERE stream = ? ORDER BY version",
      stream,
    )
    .toArray()
    .map(({ version }) => version);

describe("appending", () => {
  test("refuses an event that the platform has no row for, wherever it runs", () =>
    inEmptyLog((log) => {
      const text = (bytes: number) => "é".repeat(bytes / 2);
      const fits = { ...ingested("a", 1), data: { text: text(MAX_EVENT_BYTES - 100) } };
      const large = { ...fits, data: { text: text(MAX_EVENT_BYTES) } };
      appendTo(log, "dataset/a", [fits], metaAt(second(1)));
      expect(() => appendTo(log, "dataset/a", [large], metaAt(second(2)))).toThrow("fits");
      expect(log.head()).toBe(1);
    }));

  test("numbers events without a gap, in the log and in each stream", () =>
    inEmptyLog((log, storage) => {
      appendTo(log, "dataset/a", [registered("a"), ingested("a", 1)], metaAt(second(1)));
      appendTo(log, "dataset/b", [registered("b")], metaAt(second(2)));
      const changes = (["dataset/a", "dataset/b"] as const).map((stream) => ({
        stream,
        expected_version: log.load(stream).version,
        events: [ingested("x", 1), ingested("x", 2)],
      }));
      log.transaction(() => log.append(changes, metaAt(second(3))));
      // Another instance goes on where this one ends.
      const next = eventLog(storage);
      appendTo(next, "dataset/b", [ingested("b", 3)], metaAt(second(4)));
      const events = next.read({ after: 0, limit: 100 });
      expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      const ofStream = (name: string) =>
        events.filter(({ stream }) => stream === name).map((event) => event.stream_version);
      expect(ofStream("dataset/a")).toEqual([1, 2, 3, 4]);
      expect(ofStream("dataset/b")).toEqual([1, 2, 3, 4]);
      expect(next.head()).toBe(8);
    }));

  test("never lets time go backwards, although the clock may", () =>
    inEmptyLog((log) => {
      for (const [index, at] of [5, 3, 5, 9, 1].entries()) {
        appendTo(log, "access", [accessed(`a${index}`)], metaAt(second(at)));
      }
      const times = log.read({ after: 0, limit: 10 }).map(({ recorded_at }) => recorded_at);
      expect(times).toEqual([5, 5, 5, 9, 9].map(second));
    }));

  test("on a version that has moved throws, and writes nothing", () =>
    inEmptyLog((log) => {
      appendTo(log, "dataset/a", [registered("a")], metaAt(second(1)));
      const stale = {
        stream: "dataset/a",
        expected_version: 0,
        events: [ingested("a", 1)],
      } as const;
      expect(() => log.transaction(() => log.append([stale], metaAt(second(2))))).toThrow("moved");
      expect(log.head()).toBe(1);
    }));

  test("within another transaction is kept or undone with it", () =>
    inEmptyLog((log, storage) => {
      const both = (fails: boolean) => () => {
        appendTo(log, "dataset/a", [registered("a")], metaAt(second(1)));
        appendTo(log, "dataset/b", [registered("b")], metaAt(second(1)));
        if (fails) throw new Error("a bug behind them");
      };
      expect(() => log.transaction(both(true))).toThrow("a bug behind them");
      expect(log.head()).toBe(0);
      expect(log.read({ after: 0, limit: 10 })).toEqual([]);
      log.transaction(both(false));
      expect(
        eventLog(storage)
          .read({ after: 0, limit: 10 })
          .map(({ seq }) => seq),
      ).toEqual([1, 2]);
    }));

  test("that is undone is forgotten: duties it owed, and whatever others remember of it", () =>
    inEmptyLog((log) => {
      const duty = { kind: "deletion_due", ref: "x" } as const;
      let told = 0;
      log.onUndone(() => {
        told += 1;
      });
      const undone = () =>
        log.transaction(() => {
          log.schedule.put({ ...duty, due_at: second(1), payload: {} });
          expect([log.schedule.owes(duty), log.schedule.next()]).toEqual([true, second(1)]);
          throw new Error("a bug");
        });
      expect(undone).toThrow("a bug");
      expect([log.schedule.owes(duty), log.schedule.next(), told]).toEqual([false, null, 1]);
    }));

  test("undoes the whole when a part of it threw, even if somebody caught that", () =>
    inEmptyLog((log) => {
      const careless = () => {
        appendTo(log, "dataset/a", [registered("a")], metaAt(second(1)));
        const broken = () =>
          log.transaction(() => {
            appendTo(log, "dataset/b", [registered("b")], metaAt(second(1)));
            throw new Error("a bug");
          });
        expect(broken).toThrow("a bug");
      };
      expect(() => log.transaction(careless)).toThrow("undoes the whole");
      expect(log.head()).toBe(0);
      expect(log.load("dataset/a").version).toBe(0);
    }));

  test("in one transaction with others is read there, and is in the table behind it", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ appends: fc.nat(15), readAt: fc.nat(15), fails: fc.boolean() }), {
          minLength: 1,
          maxLength: 6,
        }),
        (transactions) =>
          inEmptyLog((log, storage) => {
            let expected = 0;
            // By type: not what memory has, but what is asked of the table.
            const seqs = (reader: Pick<EventLog, "read">) =>
              reader.read({ after: 0, limit: 1_000, type: "AccessAudited" }).map(({ seq }) => seq);
            const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);
            for (const { appends, readAt, fails } of transactions) {
              const body = () => {
                for (let n = 0; n < appends; n += 1) {
                  if (n === readAt) expect(seqs(log)).toEqual(upTo(expected + n));
                  appendTo(log, "access", [accessed("a")], metaAt(second(1)));
                }
                if (fails) throw new Error("a bug");
              };
              if (fails) expect(() => log.transaction(body)).toThrow("a bug");
              else {
                log.transaction(body);
                expected += appends;
              }
              expect(seqs(eventStore(storage.sql))).toEqual(upTo(expected));
              expect(log.head()).toBe(expected);
            }
          }),
      ),
      { numRuns: 40 },
    ));

  test("reads the events that were just appended as the table has them", () =>
    inEmptyLog((log, storage) => {
      grow(log, "a", 30);
      const page = { after: 10, limit: 15 };
      expect(log.read(page)).toEqual(eventStore(storage.sql).read(page));
    }));

  test("that throws in the middle leaves memory and SQLite in step", () =>
    inEmptyLog((log, storage) => {
      grow(log, "a", 99);
      const before = { head: log.head(), state: log.load("dataset/a") };
      const tables = () =>
        ["events", "snapshots", "directory", "schedule", "answers"].map((table) =>
          storage.sql.exec(`SELECT * FROM ${table}`).toArray(),
        );
      const rows = tables();
      // The first change is folded, listed and snapshot before the second one fails.
      const unknown = { type: "NeverHeardOf", data: {} };
      const attempt = () =>
        log.transaction(() => {
          log.schedule.put({ kind: "deletion_due", ref: "x", due_at: second(1), payload: {} });
          log.answers.put("key", { fingerprint: "f", answer: "{}" }, second(1));
          const change = (stream: StreamName, events: readonly DomainEvent[]) => ({
            stream,
            expected_version: log.load(stream).version,
            events,
          });
          log.append(
            [
              change("dataset/a", [ingested("a", 1), ingested("a", 2)]),
              change("dataset/b", [registered("b")]),
              change("contract/c", [unknown]),
            ],
            metaAt(second(200)),
          );
        });
      expect(attempt).toThrow();
      expect(attempt).toThrow();
      expect(tables()).toEqual(rows);
      expect(log.head()).toBe(before.head);
      expect(log.load("dataset/a")).toEqual(before.state);
      expect(log.load("dataset/a")).toEqual(folded(log, "dataset/a", log.head()));
      expect(log.load("dataset/b")).toEqual({ version: 0, state: { status: "absent" } });
      // And it can go on.
      appendTo(log, "dataset/a", [ingested("a", 1)], metaAt(second(201)));
      expect(log.load("dataset/a").version).toBe(100);
      expect(log.read({ after: 99, limit: 1 })[0]?.seq).toBe(100);
    }));
});

describe("snapshots", () => {
  test("are taken each time a stream has grown by a hundred events, also in one append", () =>
    inEmptyLog((log, { sql }) => {
      grow(log, "a", SNAPSHOT_EVERY - 1);
      expect(versions(sql, "dataset/a")).toEqual([]);
      grow(log, "a", SNAPSHOT_EVERY, SNAPSHOT_EVERY);
      expect(versions(sql, "dataset/a")).toEqual([SNAPSHOT_EVERY]);
      const many = Array.from({ length: 2 * SNAPSHOT_EVERY + 50 }, () => ingested("a", 1));
      appendTo(log, "dataset/a", many, metaAt(second(500)));
      expect(versions(sql, "dataset/a")).toEqual([100, 200, 300]);
    }));

  test("are used for loading, so that the events before them are not read again", () =>
    inEmptyLog((log, storage) => {
      grow(log, "a", 150);
      const { sql } = storage;
      // A marked snapshot shows in what is loaded by an instance with a cold memory.
      sql.exec("UPDATE snapshots SET state = json_set(state, '$.description', 'from snapshot')");
      const cold = eventLog(storage).load("dataset/a");
      expect(cold).toMatchObject({ version: 150, state: { description: "from snapshot" } });
    }));

  test("give the state of every version, whichever of them are left", () =>
    inEmptyLog((log, storage) => {
      grow(log, "a", 13 * SNAPSHOT_EVERY);
      const { initialState, evolve } = foldOf("dataset/a");
      const events = log.read({ stream: "dataset/a", after: 0, limit: 10_000 });
      // The definition: states[n] is the fold of the first n events.
      const states = [JSON.stringify(initialState)];
      let state: unknown = initialState;
      for (const event of events) {
        state = evolve(state, event);
        states.push(JSON.stringify(state));
      }
      const taken = versions(storage.sql, "dataset/a");
      expect(taken.length).toBeGreaterThanOrEqual(KEEP_RECENT);
      const kept = storage.sql.exec("SELECT * FROM snapshots").toArray();
      const restore = () => {
        storage.sql.exec("DELETE FROM snapshots");
        for (const row of kept) {
          storage.sql.exec(
            "INSERT INTO snapshots (stream, version, seq, fold_version, state) VALUES (?, ?, ?, ?, ?)",
            ...Object.values(row),
          );
        }
      };
      const version = fc.integer({ min: 0, max: events.length });
      fc.assert(
        fc.property(fc.subarray(taken), fc.array(version, { maxLength: 20 }), (lost, asked) => {
          restore();
          for (const one of lost) {
            storage.sql.exec("DELETE FROM snapshots WHERE version = CAST(? AS INTEGER)", one);
          }
          const cold = eventLog(storage);
          for (const at of asked) {
            const found = cold.loadAt("dataset/a", at);
            expect([at, found.version, JSON.stringify(found.state)]).toEqual([at, at, states[at]]);
          }
          expect(JSON.stringify(cold.load("dataset/a").state)).toBe(states.at(-1));
        }),
        { numRuns: 20, seed: 7 },
      );
      // And at every version with all of them there.
      restore();
      const cold = eventLog(storage);
      for (let at = 0; at <= events.length; at += 1) {
        expect(JSON.stringify(cold.loadAt("dataset/a", at).state)).toBe(states[at]);
      }
    }));

  test("that are lost or of another fold change nothing", () =>
    inEmptyLog((log, storage) => {
      grow(log, "a", 250);
      const { sql } = storage;
      const expected = folded(log, "dataset/a", 250);
      expect(log.load("dataset/a")).toEqual(expected);
      expect(eventLog(storage).load("dataset/a")).toEqual(expected);
      sql.exec("UPDATE snapshots SET fold_version = fold_version + 1, state = '{}'");
      expect(eventLog(storage).load("dataset/a")).toEqual(expected);
      expect(eventLog(storage).loadAt("dataset/a", 180)).toEqual(folded(log, "dataset/a", 180));
      sql.exec("DELETE FROM snapshots");
      expect(eventLog(storage).load("dataset/a")).toEqual(expected);
    }));

  test("that are old and large are thinned, the recent ones and every tenth stay", () =>
    inEmptyLog((log, { sql }) => {
      const { type, data } = registered("a");
      const large = { type, data: { ...data, description: "x".repeat(SMALL_STATE_CHARACTERS) } };
      appendTo(log, "dataset/a", [large], metaAt(second(1)));
      growTo(log, "dataset/a", ingested("a", 1));
      const kept = versions(sql, "dataset/a").map((version) => version / SNAPSHOT_EVERY);
      expect(kept).toEqual([10, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
      for (const seq of [1, 99, 101, 950, 1001, 1499, 1600, 2001, 2500]) {
        const count = { ingestions: { count: seq - 1, records: seq - 1 } };
        expect(log.loadAt("dataset/a", seq)).toMatchObject({ version: seq, state: count });
      }
    }));

  test("that are small are all kept, so that no past is far from one", () =>
    inEmptyLog((log, { sql }) => {
      appendTo(log, "access", [accessed("a")], metaAt(second(1)));
      growTo(log, "access", accessed("a"));
      const kept = versions(sql, "access").map((version) => version / SNAPSHOT_EVERY);
      expect(kept).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
      for (const seq of [1, 99, 101, 950, 1001, 1499, 1600, 2001, 2500]) {
        const state = { audited: seq, signed_urls: 0 };
        expect(log.loadAt("access", seq)).toEqual({ version: seq, state });
      }
    }));
});

test("the snapshot before a moment of the past is found by index, not by reading those behind it", () =>
  inEmptyLog((_, { sql }) => {
    const plan = sql
      .exec<{ detail: string }>(
        `EXPLAIN QUERY PLAN SELECT version, state FROM snapshots
         WHERE stream = ? AND seq <= CAST(? AS INTEGER) AND fold_version = 1
         ORDER BY seq DESC LIMIT 1`,
        "access",
        5,
      )
      .toArray();
    expect(plan.map(({ detail }) => detail).join()).toContain(
      "snapshots_by_seq (stream=? AND seq<?)",
    );
  }));

/** Up to 2,500 events, some hundreds at a time. */
const growTo = (
  log: EventLog,
  stream: Parameters<EventLog["load"]>[0],
  event: Parameters<typeof appendTo>[2][number],
): void => {
  const total = SNAPSHOT_EVERY * (THIN_TO_EVERY + KEEP_RECENT + 5);
  while (log.load(stream).version < total) {
    const missing = total - log.load(stream).version;
    const events = Array.from({ length: Math.min(missing, 350) }, () => event);
    appendTo(log, stream, events, metaAt(second(log.head())));
  }
};

describe("the past", () => {
  test("at any event is the fold of the events up to it, whatever lies between", () =>
    inEmptyLog((log) => {
      for (let number = 1; number <= 160; number += 1) {
        const name = number % 5 === 0 ? "b" : "a";
        const first = log.load(`dataset/${name}`).version === 0;
        const event = first ? registered(name) : ingested(name, number);
        appendTo(log, `dataset/${name}`, [event], metaAt(second(number)));
      }
      for (let seq = 0; seq <= 161; seq += seq > 120 && seq < 130 ? 1 : 7) {
        for (const stream of ["dataset/a", "dataset/b", "lake"] as const) {
          expect(log.loadAt(stream, seq)).toEqual(folded(log, stream, seq));
        }
      }
    }));

  test("is found by time: before the first event, on each, between and behind the last", () =>
    inEmptyLog((log) => {
      expect(log.seqAt(second(1))).toBe(0);
      // Three events at second 2, one each at 4, 6, 8.
      for (const at of [2, 2, 2, 4, 6, 8]) {
        appendTo(log, "access", [accessed("a")], metaAt(second(at)));
      }
      const found = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => log.seqAt(second(at)));
      expect(found).toEqual([0, 3, 3, 4, 4, 5, 5, 6, 6]);
    }));
});

/** Six events of every kind of filter there is. */
const varied = (log: EventLog) => {
  const by = (actor: string, at: number) => metaAt(second(at), { actor });
  appendTo(log, "dataset/sales", [registered("sales")], by("ann", 1));
  appendTo(log, "dataset/hr", [registered("hr")], by("bob", 2));
  const request = {
    type: "AppendIngestionRequested",
    data: { batch_id: "b1", dataset: "sales", contract_id: "c", contains_pii: null },
  };
  appendTo(log, "batch/b1", [request], by("ann", 3));
  appendTo(log, "access", [accessed("carl", "sales")], by("ann", 4));
  appendTo(log, "access", [accessed("dora", "hr")], by("bob", 5));
  appendTo(log, "access", [accessed("carl", "hr")], by("bob", 6));
};

describe("reading the log", () => {
  test("filters by type, stream, dataset, batch, actor, accessor and time, alone and together", () =>
    inEmptyLog((log) => {
      varied(log);
      const seqs = (filter: Partial<EventFilter>) =>
        log.read({ after: 0, limit: 100, ...filter }).map(({ seq }) => seq);
      expect(seqs({})).toEqual([1, 2, 3, 4, 5, 6]);
      expect(seqs({ type: "AccessAudited" })).toEqual([4, 5, 6]);
      expect(seqs({ stream: "dataset/hr" })).toEqual([2]);
      expect(seqs({ dataset: "sales" })).toEqual([1, 3, 4]);
      expect(seqs({ batch_id: "b1" })).toEqual([3]);
      expect(seqs({ actor: "bob" })).toEqual([2, 5, 6]);
      expect(seqs({ accessor: "carl" })).toEqual([4, 6]);
      expect(seqs({ from: second(5) })).toEqual([5, 6]);
      expect(seqs({ until: second(2) })).toEqual([1, 2]);
      expect(seqs({ from: second(2), until: second(4) })).toEqual([2, 3, 4]);
      expect(seqs({ accessor: "carl", dataset: "hr" })).toEqual([6]);
      expect(seqs({ type: "AccessAudited", actor: "bob", until: second(5) })).toEqual([5]);
      expect(seqs({ after: 4 })).toEqual([5, 6]);
      expect(seqs({ after: 1, limit: 2 })).toEqual([2, 3]);
      expect(seqs({ type: "AccessAudited", after: 4, limit: 1 })).toEqual([5]);
      expect(seqs({ stream: "batch/nobody" })).toEqual([]);
    }));

  test("in pages gives every event once, in order, while new ones are written", () =>
    inEmptyLog((log) => {
      grow(log, "a", 25);
      const seen: number[] = [];
      let after = 0;
      for (let page = 0; page < 20; page += 1) {
        const events = log.read({ dataset: "a", after, limit: 4 });
        seen.push(...events.map(({ seq }) => seq));
        after = events.at(-1)?.seq ?? after;
        if (page < 5) appendTo(log, "dataset/a", [ingested("a", 1)], metaAt(second(100)));
      }
      expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    }));

  test("reads only the part that is asked for, however long the log and its streams are", () =>
    inEmptyLog((log, { sql }) => {
      grow(log, "a", 300);
      const cursors: { readonly rowsRead: number }[] = [];
      const store = eventStore({
        exec: (query: string, ...values: SqlStorageValue[]) => {
          const cursor = sql.exec(query, ...values);
          cursors.push(cursor);
          return cursor;
        },
      } as unknown as SqlStorage);
      const read = (filter: Partial<EventFilter>) => {
        cursors.length = 0;
        const events = store.read({ after: 0, limit: 1000, ...filter });
        const rows = cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
        // Finding the bounds takes some ten rows each; a scan would take 300.
        expect(rows, JSON.stringify(filter)).toBeLessThan(events.length * 2 + 40);
        return events.map(({ seq }) => seq);
      };
      expect(read({ until: second(0) })).toEqual([]);
      expect(read({ from: second(301) })).toEqual([]);
      expect(read({ type: "DatasetIngested", from: second(301) })).toEqual([]);
      expect(read({ from: second(100), until: second(103) })).toEqual([100, 101, 102, 103]);
      expect(read({ from: second(298), after: 298 })).toEqual([299, 300]);
      expect(read({ type: "DatasetRegistered", actor: "tester" })).toEqual([1]);
      const stream = "dataset/a";
      expect(read({ stream, after: 298 })).toEqual([299, 300]);
      expect(read({ stream, after: 300 })).toEqual([]);
      expect(read({ stream, until: second(2) })).toEqual([1, 2]);
      expect(read({ stream, after: 150, until: second(152) })).toEqual([151, 152]);
      expect(read({ stream: "dataset/b", after: 150, until: second(152) })).toEqual([]);
    }));

  test.each([
    ["in the order of the log", {}],
    ["the newest first", { order: "desc" }],
  ] as const)(
    "finds what it filters by through an index, never by reading the whole log: %s",
    (_, way) =>
      inEmptyLog((log, { sql }) => {
        grow(log, "a", 120);
        const plans: string[] = [];
        const store = eventStore(explainingSql(sql, plans));
        const planOf = (filter: Partial<EventFilter>) => {
          plans.length = 0;
          store.read({ after: 0, limit: 100, ...way, ...filter });
          expect(plans.join()).not.toContain("TEMP B-TREE");
          // The bounds of times are found before, by primary key.
          return plans.at(-1) ?? "";
        };
        expect(planOf({ stream: "dataset/a" })).toContain("USING INDEX events_by_stream (stream=?");
        expect(planOf({ batch_id: "b" })).toContain("USING INDEX events_by_stream (stream=?");
        expect(planOf({ type: "DatasetIngested" })).toContain("USING INDEX events_by_type (type=?");
        expect(planOf({ dataset: "a" })).toContain("USING INDEX events_by_dataset (dataset=?");
        for (const filter of [
          { type: "x", actor: "x" },
          { dataset: "a", type: "x", from: second(1), until: second(9) },
          { stream: "access", type: "x" },
          { stream: "dataset/a", type: "x", actor: "x", dataset: "a" },
          { batch_id: "b", actor: "x" },
          { actor: "x", dataset: "a" },
        ]) {
          expect(planOf(filter)).toMatch(/^SEARCH events USING INDEX [^;]*$/);
        }
        expect(planOf({ stream: "access", type: "x" })).toContain("events_by_type");
        expect(planOf({ stream: "deletion/a", type: "x" })).toContain("events_by_stream");
        expect(planOf({ after: 100 })).toMatch(/INTEGER PRIMARY KEY \(rowid>\?\)/);
        // Who made it and who accessed: an index, then the fewer than 256 events behind it.
        grow(log, "b", RUN);
        for (const filter of [
          { actor: "tester" },
          { accessor: "x" },
          { accessor: "x", type: "AccessAudited" },
          { accessor: "x", dataset: "a", until: second(9) },
          { accessor: "x", actor: "tester" },
          { stream: "access", actor: "tester" },
          { stream: "access", accessor: "x" },
        ]) {
          planOf({ ...filter, limit: 1_000 });
          const last = plans.slice(-2);
          const [indexed, rest] = "order" in way ? last.toReversed() : last;
          expect(indexed).toMatch(
            /^SEARCH events_by_whom USING PRIMARY KEY \(role=\? AND name=\? AND event>\?.*; SEARCH events USING INTEGER PRIMARY KEY \(rowid=\?\)$/,
          );
          expect(rest).toMatch(/^SEARCH events USING [^;]*rowid>\?[^;]*$/);
        }
        planOf({ actor: "x", dataset: "a", limit: 1_000 });
        expect(plans.join()).not.toContain("events_by_whom");
        plans.length = 0;
        store.stream("dataset/a", 100, 1000);
        store.countOf("DatasetIngested");
        for (const plan of plans) expect(plan).toMatch(/^SEARCH events USING [^;]*$/);
      }),
  );
});

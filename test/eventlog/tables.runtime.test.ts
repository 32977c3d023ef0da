/** The smaller tables of a lake: duties, first answers, cursors of the outbox, the directory. */
import { describe, expect, test } from "vitest";
import type { DutyKind } from "../../src/application/ports.ts";
import type { DomainEvent } from "../../src/domain/decider.ts";
import { ANSWERS_KEPT_DAYS } from "../../src/eventlog/answers.ts";
import { indexes as indexesOf } from "../../src/eventlog/indexes.ts";
import { outbox } from "../../src/eventlog/outbox.ts";
import { uploads as uploadsOf } from "../../src/eventlog/uploads.ts";
import { appendTo, inEmptyLog, metaAt, second } from "../support/emptyLog.ts";
import { explainingSql } from "../support/explainingSql.ts";

const duty = (ref: string, at: number, kind: DutyKind = "delete_objects") => ({
  kind,
  ref,
  due_at: second(at),
  payload: { keys: [ref] },
});

describe("the schedule", () => {
  test("gives what is due, earliest first, as many as asked for", () =>
    inEmptyLog(({ schedule }) => {
      expect(schedule.next()).toBeNull();
      for (const [ref, at] of [
        ["c", 3],
        ["a", 1],
        ["d", 4],
        ["b", 2],
      ] as const) {
        schedule.put(duty(ref, at));
      }
      const due = (now: string, limit = 10) => schedule.due(now, limit).map(({ ref }) => ref);
      expect(due(second(0))).toEqual([]);
      expect(due(second(3))).toEqual(["a", "b", "c"]);
      expect(due(second(9), 2)).toEqual(["a", "b"]);
      expect(schedule.next()).toBe(second(1));
      expect(schedule.find(duty("a", 1))).toEqual({
        ...duty("a", 1),
        attempts: 0,
        begun: 0,
        parked: false,
        last_error: null,
      });
    }));

  test("keeps one duty of a kind and thing: putting it again moves it and forgets its failures", () =>
    inEmptyLog(({ schedule }) => {
      schedule.put(duty("a", 1));
      schedule.put(duty("a", 1, "deletion_due"));
      schedule.failed(duty("a", 1), "broken", second(5));
      schedule.put(duty("a", 7));
      expect(schedule.find(duty("a", 0))).toMatchObject({ due_at: second(7), attempts: 0 });
      expect(schedule.due(second(100), 10)).toHaveLength(2);
    }));

  test("counts failures, puts off, and parks without forgetting", () =>
    inEmptyLog(({ schedule }) => {
      schedule.put(duty("a", 1));
      schedule.failed(duty("a", 1), "x".repeat(10_000), second(5));
      expect(schedule.find(duty("a", 0))).toMatchObject({ attempts: 1, due_at: second(5) });
      expect(schedule.find(duty("a", 0))?.last_error?.length).toBeLessThanOrEqual(500);
      expect(schedule.due(second(4), 10)).toEqual([]);
      schedule.failed(duty("a", 1), "gave up", null);
      expect(schedule.next()).toBeNull();
      expect(schedule.due(second(1_000_000), 10)).toEqual([]);
      expect(schedule.parked()).toMatchObject([
        { ref: "a", attempts: 2, parked: true, due_at: second(5), last_error: "gave up" },
      ]);
    }));

  test("counts beginnings, which a failure ends and a new duty forgets", () =>
    inEmptyLog(({ schedule }) => {
      schedule.put(duty("a", 1));
      schedule.begin(duty("a", 1), second(1));
      schedule.begin(duty("a", 1), second(3));
      expect(schedule.find(duty("a", 1))).toMatchObject({ begun: 2, attempts: 0 });
      expect(schedule.next()).toBe(second(3));
      schedule.failed(duty("a", 1), "broken", second(5));
      expect(schedule.find(duty("a", 1))).toMatchObject({ begun: 1, attempts: 1 });
      schedule.put(duty("a", 7));
      expect(schedule.find(duty("a", 1))).toMatchObject({ begun: 0, attempts: 0 });
    }));

  test("says whether what is removed was there", () =>
    inEmptyLog(({ schedule }) => {
      schedule.put(duty("a", 1));
      expect(schedule.remove(duty("a", 1, "sweep_attempt"))).toBe(false);
      expect(schedule.remove(duty("a", 1))).toBe(true);
      expect(schedule.remove(duty("a", 1))).toBe(false);
    }));

  test("finds what is due through an index", () =>
    inEmptyLog((_, { sql }) => {
      const plan = (query: string) =>
        JSON.stringify(sql.exec(`EXPLAIN QUERY PLAN ${query}`).toArray());
      const due =
        "SELECT * FROM schedule WHERE parked = 0 AND due_at <= '2' ORDER BY due_at LIMIT 1";
      expect(plan(due)).toContain("schedule_due (parked=? AND due_at<?)");
      expect(plan(due)).not.toContain("TEMP B-TREE");
    }));
});

describe("first answers", () => {
  const answer = { fingerprint: "f", answer: "{}" };
  const day = (number: number) => second(number * 86_400);

  test("are found by their key and are never overwritten", () =>
    inEmptyLog(({ answers }) => {
      answers.put("k", answer, day(0));
      expect(answers.find("k")).toEqual(answer);
      expect(answers.find("other")).toBeNull();
      expect(() => answers.put("k", { fingerprint: "g", answer: "1" }, day(1))).toThrow();
      expect(answers.find("k")).toEqual(answer);
    }));

  test("are given up after thirty days, a few with every new one", () =>
    inEmptyLog(({ answers }, { sql }) => {
      const count = () => sql.exec<{ n: number }>("SELECT count(*) AS n FROM answers").one().n;
      for (let number = 0; number < 10; number += 1) answers.put(`old${number}`, answer, day(0));
      answers.put("on the day", answer, day(ANSWERS_KEPT_DAYS));
      expect(count()).toBe(11);
      for (let number = 0; number < 3; number += 1) {
        answers.put(`new${number}`, answer, day(ANSWERS_KEPT_DAYS + 1));
      }
      expect(count()).toBe(4);
      expect(answers.find("old0")).toBeNull();
      expect(answers.find("on the day")).toEqual(answer);
    }));
});

describe("the outbox's cursor", () => {
  test("starts before the first event, only moves on, and forgets failures with each success", () =>
    inEmptyLog((_, { sql }) => {
      const cursors = outbox(sql);
      const reports = { name: "reports", version: 1 };
      const start = {
        last_seq: 0,
        outdated: false,
        attempts: 0,
        last_error: null,
        retry_at: null,
      };
      expect(cursors.cursor(reports)).toEqual(start);
      cursors.failed(reports, "down", second(1));
      cursors.failed(reports, "still down", second(3));
      expect(cursors.cursor(reports)).toEqual({
        ...start,
        attempts: 2,
        last_error: "still down",
        retry_at: second(3),
      });
      cursors.advance(reports, 7);
      cursors.advance(reports, 5);
      expect(cursors.cursor(reports)).toEqual({ ...start, last_seq: 7 });
      cursors.failed(reports, "down", second(9));
      expect(cursors.cursor(reports).last_seq).toBe(7);
      expect(cursors.cursor({ ...reports, name: "another" })).toEqual(start);
    }));

  test("says that another version of the sink was told, until that has forgotten it", () =>
    inEmptyLog((_, { sql }) => {
      const cursors = outbox(sql);
      const [before, now] = [1, 2].map((version) => ({ name: "reports", version }));
      if (before === undefined || now === undefined) throw new Error("there are two versions");
      cursors.advance(before, 7);
      expect(cursors.cursor(before)).toMatchObject({ last_seq: 7, outdated: false });
      expect(cursors.cursor(now)).toMatchObject({ last_seq: 7, outdated: true });
      cursors.advance(now, 9);
      cursors.failed(now, "down", second(1));
      expect(cursors.cursor(now)).toMatchObject({ last_seq: 9, outdated: true, attempts: 1 });
      cursors.restarted(now);
      expect(cursors.cursor(now)).toMatchObject({ last_seq: 0, outdated: false, attempts: 0 });
    }));
});

describe("the directory", () => {
  const entry = (kind: "batch" | "deletion", id: string, more = {}) => ({
    kind,
    id,
    dataset: null,
    status: "pending",
    due_at: null,
    flagged: false,
    subject_ref: null,
    ...more,
  });

  test("keeps one row a thing, in the order of creation, however it changes", () =>
    inEmptyLog(({ directory }) => {
      directory.put(entry("batch", "a", { status: "appended", dataset: "x" }), 1);
      directory.put(entry("batch", "b", { status: "appended", dataset: "y" }), 2);
      directory.put(entry("batch", "a", { status: "published", dataset: "x" }), 3);
      const list = (more = {}) =>
        directory.list({ kind: "batch", limit: 10, ...more }).map(({ id }) => id);
      expect(list()).toEqual(["a", "b"]);
      expect(list({ after: 1 })).toEqual(["b"]);
      expect(list({ status: "published" })).toEqual(["a"]);
      expect(list({ dataset: "y" })).toEqual(["b"]);
      expect(list({ limit: 1 })).toEqual(["a"]);
      expect(directory.counts("batch")).toEqual({ appended: 1, published: 1 });
      expect(directory.exists("batch", "a")).toBe(true);
      expect(directory.exists("deletion", "a")).toBe(false);
    }));

  test("tells what is overdue by the clock or by the record, and only while an answer is owed", () =>
    inEmptyLog(({ directory }) => {
      directory.put(entry("deletion", "noted", { due_at: second(1), flagged: true }), 1);
      directory.put(entry("deletion", "by clock", { due_at: second(1) }), 2);
      directory.put(entry("deletion", "held", { due_at: second(1), status: "held" }), 3);
      directory.put(entry("deletion", "in time", { due_at: second(9) }), 4);
      directory.put(
        entry("deletion", "answered", { due_at: second(1), status: "rejected", flagged: true }),
        5,
      );
      const list = (is: boolean) =>
        directory
          .list({ kind: "deletion", limit: 10, overdue: { is, now: second(5) } })
          .map(({ id }) => id);
      expect(list(true)).toEqual(["noted", "by clock", "held"]);
      expect(list(false)).toEqual(["in time", "answered"]);
      expect(directory.overdue(second(5))).toBe(3);
    }));
});

describe("kept subject indexes", () => {
  test("give each slice that is asked for, in that order, and null where there is no index", () =>
    inEmptyLog(({ indexes }) => {
      indexes.put("a", Uint8Array.of(1, 2, 3, 4));
      indexes.put('b"', Uint8Array.of(5, 6));
      const slice = (key: string, offset: number, length: number) => ({ key, offset, length });
      const asked = [slice('b"', 1, 1), slice("gone", 0, 9), slice("a", 1, 2), slice("a", 0, 4)];
      const found = indexes.slices(asked).map((bytes) => bytes && [...bytes]);
      expect(found).toEqual([[6], null, [2, 3], [1, 2, 3, 4]]);
      expect(indexes.slices([])).toEqual([]);
      indexes.remove(["a"]);
      expect(indexes.slices([slice("a", 0, 1)])).toEqual([null]);
    }));

  test("and uploads are found by their keys, not by going through them", () =>
    inEmptyLog((_, { sql }) => {
      const plans: string[] = [];
      const explaining = explainingSql(sql, plans);
      indexesOf(explaining).slices([{ key: "a", offset: 0, length: 1 }]);
      uploadsOf(explaining).batchesOf(["a.csv"]);
      const plan = plans.flatMap((steps) => steps.split("; "));
      expect(plan.filter((step) => step.startsWith("SEARCH"))).toHaveLength(2);
      expect(plan.filter((step) => /^SCAN (subject|taken)/.test(step))).toEqual([]);
    }));
});

describe("the batches that uploads were taken into", () => {
  test("are found for more names than one statement takes", () =>
    inEmptyLog((log) => {
      const names = Array.from({ length: 1_100 }, (_, n) => `file "${n}".csv`);
      log.transaction(() => {
        for (const [n, file_url] of names.entries()) {
          if (n % 2 > 0) continue;
          const data = { batch_id: `b${n}`, dataset: "d", contract: "c", file_url };
          const event = { type: "AppendIngestionRequested", data } as unknown as DomainEvent;
          appendTo(log, `batch/b${n}`, [event], metaAt(second(1)));
        }
      });
      const found = log.uploads.batchesOf(names);
      expect(found.size).toBe(names.length / 2);
      expect(found.get('file "1098".csv')).toEqual(["b1098"]);
      expect(found.get('file "1099".csv')).toBeUndefined();
    }));
});

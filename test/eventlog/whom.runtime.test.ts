/** Finding events by who made them and who accessed, within complete runs and behind them. */

import { describe, expect, test } from "vitest";
import type { EventFilter, EventLog, StoredEvent } from "../../src/application/ports.ts";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { MAX_PAGE_CHARACTERS } from "../../src/eventlog/eventStore.ts";
import type { LeafRow } from "../../src/eventlog/leaf.ts";
import { migrate } from "../../src/eventlog/migrations.ts";
import { indexedUpTo, RUN } from "../../src/eventlog/whom.ts";
import {
  accessed,
  appendTo,
  inEmptyLog,
  inEmptyStorage,
  ingested,
  metaAt,
  registered,
  second,
} from "../support/emptyLog.ts";
import fc from "../support/property.ts";

const ACTORS = ["ann", "bob", "cleo"];
const ACCESSORS = ["x", "y", "ann"];
const DATASETS = ["sales", "hr"];

const pick = <Value>(values: readonly Value[], number: number): Value =>
  values[number % values.length] as Value;

/** The next event of a log, one a second: accesses and others, each of somebody else's. */
const appendNext = (log: EventLog): readonly StoredEvent[] => {
  const seq = log.head() + 1;
  const meta = metaAt(second(seq), { actor: pick(ACTORS, (seq * 7) >> 2) });
  const dataset = pick(DATASETS, seq >> 3);
  if (seq % 5 !== 0) {
    return appendTo(log, "access", [accessed(pick(ACCESSORS, (seq * 5) >> 1), dataset)], meta);
  }
  const stream = `dataset/${dataset}` as const;
  const event = log.load(stream).version === 0 ? registered(dataset) : ingested(dataset, seq);
  return appendTo(log, stream, [event], meta);
};

const grow = (log: EventLog, size: number): readonly StoredEvent[] => {
  const events: StoredEvent[] = [];
  while (log.head() < size) events.push(...appendNext(log));
  return events;
};

/** What a filter means, said of one event. */
const fits = (event: StoredEvent, filter: EventFilter): boolean =>
  event.seq > filter.after &&
  (filter.before === undefined || event.seq < filter.before) &&
  (filter.type === undefined || event.type === filter.type) &&
  (filter.stream === undefined || event.stream === filter.stream) &&
  (filter.dataset === undefined || event.dataset === filter.dataset) &&
  (filter.actor === undefined || event.actor === filter.actor) &&
  (filter.accessor === undefined || event.data.accessor_id === filter.accessor) &&
  (filter.from === undefined || event.recorded_at >= filter.from) &&
  (filter.until === undefined || event.recorded_at <= filter.until);

const sizes = [1, RUN - 1, RUN, RUN + 1, 2 * RUN - 1, 2 * RUN, 2 * RUN + 1, 2 * RUN + 90];
const END = Math.max(...sizes);

const oneOf = (...values: readonly string[]) => fc.constantFrom(...values);
const when = fc.integer({ min: 0, max: END + 3 }).map(second);

const filters: fc.Arbitrary<EventFilter> = fc.record(
  {
    actor: oneOf(...ACTORS, "nobody"),
    accessor: oneOf(...ACCESSORS, "nobody"),
    type: oneOf("AccessAudited", "DatasetIngested"),
    dataset: oneOf(...DATASETS),
    stream: oneOf("access", "dataset/hr"),
    from: when,
    until: when,
    after: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: END + 3 })),
    before: fc.integer({ min: 0, max: END + 3 }),
    order: fc.constant("desc" as const),
    limit: fc.constantFrom(1, 3, 40, 1_000),
  },
  { requiredKeys: ["after", "limit"] },
);

/** Page after page, until one is empty. */
const pagesOf = (
  log: EventLog,
  filter: Omit<EventFilter, "after">,
): readonly (readonly StoredEvent[])[] => {
  const pages: (readonly StoredEvent[])[] = [];
  for (;;) {
    const page = log.read({ ...filter, after: pages.at(-1)?.at(-1)?.seq ?? 0 });
    if (page.length === 0) return pages;
    pages.push(page);
  }
};

describe("who made an event and who accessed", () => {
  test("is found by any filter at any size of the log, as by looking at every event", () =>
    inEmptyLog((log) => {
      const events: StoredEvent[] = [];
      for (const size of sizes) {
        events.push(...grow(log, size));
        fc.assert(
          fc.property(filters, (filter) => {
            const found = events.filter((event) => fits(event, filter));
            const ordered = filter.order === "desc" ? found.toReversed() : found;
            expect(log.read(filter)).toEqual(ordered.slice(0, filter.limit));
          }),
          { numRuns: 150 },
        );
      }
    }));

  test("is found page by page, none longer than asked for, whether runs end in one or not", () =>
    inEmptyLog((log) => {
      const events = grow(log, 2 * RUN + 90);
      for (const filter of [
        { actor: "bob" },
        { accessor: "y" },
        { stream: "access", actor: "ann" },
      ]) {
        const pages = pagesOf(log, { ...filter, limit: 7 });
        for (const page of pages) expect(page.length).toBeLessThanOrEqual(7);
        expect(pages.flat()).toEqual(
          events.filter((event) => fits(event, { ...filter, after: 0, limit: 1 })),
        );
      }
    }));

  test("is found page by page from the newest on, the events behind the last run first", () =>
    inEmptyLog((log) => {
      const events = grow(log, 2 * RUN + 90);
      const filter = { accessor: "y", after: 3, order: "desc", limit: 7 } as const;
      const found: StoredEvent[] = [];
      for (;;) {
        const last = found.at(-1)?.seq;
        const page = log.read({ ...filter, ...(last === undefined ? {} : { before: last }) });
        expect(page.length).toBeLessThanOrEqual(7);
        if (page.length === 0) break;
        found.push(...page);
      }
      expect(found).toEqual(events.filter((event) => fits(event, filter)).toReversed());
    }));

  test("is found page by page where pages are full of large events before their limit", () =>
    inEmptyLog((log) => {
      const large = MAX_PAGE_CHARACTERS / 3;
      const purpose = "x".repeat(large);
      for (let n = 1; n <= RUN + 4; n += 1) {
        const { type, data } = accessed(n % 13 === 0 ? "large" : "other");
        const own = n % 13 === 0 ? { ...data, purpose } : data;
        appendTo(log, "access", [{ type, data: own }], metaAt(second(n)));
      }
      const pages = pagesOf(log, { accessor: "large", limit: 100 });
      const all = Array.from({ length: 20 }, (_, index) => (index + 1) * 13);
      expect(pages.flat().map(({ seq }) => seq)).toEqual(all);
      expect(pages.map(({ length }) => length)).toEqual([3, 3, 3, 3, 3, 3, 2]);
    }));

  test("is indexed when a run is complete, and not before", () =>
    inEmptyLog((log, { sql }) => {
      const indexed = () =>
        sql
          .exec<{ role: string; n: number; last: number }>(
            `SELECT role, count(*) AS n, max(event) AS last FROM events_by_whom
             GROUP BY role ORDER BY role`,
          )
          .toArray();
      const events = [...grow(log, RUN - 1)];
      expect(indexed()).toEqual([]);
      events.push(...grow(log, 2 * RUN - 1));
      expect(indexedUpTo(log.head())).toBe(RUN);
      const accesses = events.filter(({ seq, type }) => seq <= RUN && type === "AccessAudited");
      expect(indexed()).toEqual([
        { role: "accessor", n: accesses.length, last: accesses.at(-1)?.seq },
        { role: "actor", n: RUN, last: RUN },
      ]);
    }));

  test("of a run that was rolled back is not indexed, and once it is there, once", () =>
    inEmptyLog((log, { sql }) => {
      grow(log, RUN - 3);
      const undone = () =>
        log.transaction(() => {
          grow(log, RUN + 2);
          throw new Error("undone");
        });
      expect(undone).toThrow("undone");
      expect(sql.exec("SELECT * FROM events_by_whom").toArray()).toEqual([]);
      log.transaction(() => grow(log, RUN + 2));
      const bobs = log.read({ after: 0, limit: 1_000, actor: "bob" });
      const all = log.read({ after: 0, limit: 1_000 });
      expect(bobs).toEqual(all.filter(({ actor }) => actor === "bob"));
    }));

  test("of a log that was imported is found as in the first one", async () => {
    const first = await inEmptyLog((log, { sql }) => {
      grow(log, RUN + 20);
      const rows = sql.exec("SELECT * FROM events ORDER BY seq").toArray();
      return { rows, found: log.read({ after: 0, limit: 1_000, accessor: "x" }) };
    });
    await inEmptyStorage((storage) => {
      migrate(storage);
      const log = eventLog(storage);
      log.transaction(() => {
        for (const row of first.rows) log.restore(row as unknown as LeafRow);
      });
      expect(log.read({ after: 0, limit: 1_000, accessor: "x" }).map(({ seq }) => seq)).toEqual(
        first.found.map(({ seq }) => seq),
      );
      const indexed = storage.sql.exec("SELECT max(event) AS last FROM events_by_whom").one();
      expect(indexed).toEqual({ last: RUN });
    });
  });
});

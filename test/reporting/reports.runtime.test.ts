/** Every report against a plain recount of the logs, in every scope, over one database and two. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { acrossDatabases, type Reports } from "../../src/reporting/acrossDatabases.ts";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import { type Page, reportQueries } from "../../src/reporting/queries.ts";
import type { Scope } from "../../src/reporting/scope.ts";
import { TABLE_NAMES } from "../../src/reporting/tables.ts";
import fc from "../support/property.ts";
import { type Item, recount } from "./plainRecount.ts";
import { randomLakes } from "./randomLakes.ts";

const DATABASES = [env.FIRST_REPORTS, env.SECOND_REPORTS];

const reports = acrossDatabases(
  DATABASES.map((db, index) => ({ name: ["", "eu"][index] ?? "", queries: reportQueries(db) })),
);

const empty = async (): Promise<void> => {
  for (const db of DATABASES) {
    await db.batch(
      ["relay", "events", "batch_counts", ...TABLE_NAMES].map((table) =>
        db.prepare(`DELETE FROM ${table}`),
      ),
    );
  }
};

/** Every item, page by page. */
const through = async (
  limit: number,
  ask: (page: { limit: number; cursor: string | null }) => Promise<Page<object>>,
): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<object> = await ask({ limit, cursor });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...(page.items as Item[]));
    cursor = page.next_cursor;
  } while (cursor !== null);
  return items;
};

const all = async (asked: Scope & { now: string; from: string; to: string }, limit: number) => {
  const { now, from, to, ...scope } = asked;
  const months = { from: from.slice(0, "YYYY-MM".length), to: to.slice(0, "YYYY-MM".length) };
  const last = new Date(Date.parse(to) - 1).toISOString();
  const list = (name: Exclude<keyof Reports, "lakes" | "monthly" | "deletionMonths">, more = {}) =>
    through(limit, (page) =>
      (reports[name] as (asked: object) => Promise<Page<object>>)({ ...page, ...scope, ...more }),
    );
  const [due, span, days] = [
    { now, due_before: to },
    { from, to },
    { from, to: last },
  ];
  return {
    deletions: await list("deletions", due),
    overdueDeletions: await list("overdueDeletions", span),
    completedDeletions: await list("completedDeletions", span),
    subjectAccesses: await list("subjectAccesses", due),
    deletionSummary: await list("deletionSummary", months),
    deletionMonths: (await reports.deletionMonths({ ...scope, ...months })) as unknown as Item[],
    access: await list("access", days),
    accessPurposes: await list("accessPurposes", days),
    firstAccesses: await list("firstAccesses", span),
    accessVolume: await list("accessVolume", days),
    data: await list("data"),
    datasets: await list("datasets"),
    unapprovedContracts: await list("unapprovedContracts"),
    retention: await list("retention", { due_before: to }),
  };
};

/** Of each pair of rows the columns that both have: at least what says which row it is. */
const common = (one: readonly Item[], other: readonly Item[]): readonly Item[] =>
  one.map((item, index) => {
    const known = Object.entries(item).filter(([name]) => name in (other[index] ?? item));
    expect(known.length).toBeGreaterThanOrEqual(3);
    return Object.fromEntries(known);
  });

it("agrees with a recount of the logs, whoever asks, however it is paged and wherever lakes report", async () => {
  const day = fc.nat({ max: 130 }).map((days) => new Date(Date.UTC(2026, 7, 1 + days)));
  const arbitrary = {
    logs: randomLakes,
    places: fc.array(fc.nat({ max: 1 }), { minLength: 4, maxLength: 4 }),
    limit: fc.constantFrom(3, 7, 1000),
    days: fc.tuple(day, day, day),
  };
  await fc.assert(
    fc.asyncProperty(fc.record(arbitrary), async ({ logs, places, limit, days }) => {
      await empty();
      const events = new Map([...logs].map(([lake, log]) => [lake, log.events]));
      for (const [index, [lake, told]] of [...events].entries()) {
        await d1Sink(DATABASES[places[index] ?? 0] ?? env.FIRST_REPORTS).deliver(lake, told);
      }
      const [from = "", to = "", now = ""] = days.map((date) => date.toISOString()).sort();
      const { watched } = recount(events, { now, from, to });
      for (const member of [null, "ann"]) {
        for (const lake_id of [undefined, "lake"]) {
          const visible = [...events].filter(
            ([lake]) =>
              (member === null || watched.includes(lake)) &&
              (lake_id === undefined || lake === lake_id),
          );
          const expected = recount(new Map(visible), { now, from, to });
          const found = await all({ member, lake_id, now, from, to }, limit);
          for (const [name, items] of Object.entries(found)) {
            const wanted = expected[name as keyof typeof found];
            const which = { name, member, lake_id };
            expect({ ...which, items: common(items, wanted) }).toEqual({
              ...which,
              items: common(wanted, items),
            });
          }
        }
      }
    }),
    { numRuns: 10 },
  );
});

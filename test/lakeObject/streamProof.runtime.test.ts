/**
 * The stream to the reports under everything that can happen to it, in an order that a seed decides:
 * lakes are killed between a delivery and its acknowledgement, deliveries are made twice and at the
 * same time, D1 fails before and after it has written, cursors go back, the lakes' turns are mixed.
 * In the end the reports are what a plain recount of each log says. The
 * figures are printed.
 */
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import { eventually, type Lake, newLake, rebind, salesLake } from "../support/lakeClient.ts";
import { recount, recounted, reportRows, rowsOf } from "../support/reportRows.ts";

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const LAKES = 3;
const STEPS = 80;
const SEEDS = [1, 20_261_129];

/** Mulberry32: the same numbers from the same seed, everywhere. */
const randomFrom = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

/** The real database, but for what happens around each batch. */
const around = (batch: (run: () => Promise<D1Result[]>) => Promise<D1Result[]>): D1Database =>
  new Proxy(env.REPORTS, {
    get(database, property) {
      const value: unknown = Reflect.get(database, property);
      if (typeof value !== "function") return value;
      if (property !== "batch") return value.bind(database);
      return (statements: D1PreparedStatement[]) => batch(() => database.batch(statements));
    },
  });

/** The delivery is written, and nobody hears of it. */
const silent = around(async (run) => {
  await run();
  return new Promise(() => {});
});

const lastSeq = async (lake: Lake): Promise<number> =>
  Number((await reportRows(lake.id)).relay?.[0]?.last_seq ?? 0);

/** With a database that keeps silent: returns once the lake's event is in it. */
const deliveredUnheard = async (lake: Lake): Promise<void> => {
  await heal(lake);
  await lake.stub.settle();
  await rebind(lake, { REPORTS: silent });
  await audit(lake, "alice");
  const { length } = await lake.events();
  await eventually(async () => expect(await lastSeq(lake)).toBe(length));
};

const dead = around(async () => {
  throw new Error("D1 is down");
});

const deaf = around(async (run) => {
  await run();
  throw new Error("connection lost");
});

const heal = async (lake: Lake): Promise<void> => {
  await rebind(lake, { REPORTS: env.REPORTS });
  await lake.sql("UPDATE outbox SET retry_at = NULL");
};

const expectRecounted = async (lake: Lake): Promise<void> => {
  const events = await lake.events();
  const rows = await reportRows(lake.id);
  expect(recounted(rows)).toEqual(recount(events));
  expect(rows).toEqual(await rowsOf(events));
};

const audit = (lake: Lake, accessor_id: string) =>
  lake.done("/audit-access", { accessor_id, dataset_id: "sales", action: "read", purpose: "p" });

describe("a lake killed between a delivery and its acknowledgement", () => {
  it("delivers again, and every event counts once", async () => {
    const lake = await salesLake();
    await deliveredUnheard(lake);
    const acknowledged = (await lake.sql("SELECT last_seq FROM outbox"))[0]?.last_seq;
    await abortAllDurableObjects();
    // D1 is further than the lake knows.
    expect(await lastSeq(lake)).toBeGreaterThan(Number(acknowledged));
    await audit(lake, "alice");
    await eventually(async () => {
      expect(await lake.stub.settle()).toBe(true);
      await expectRecounted(lake);
    });
    expect((await reportRows(lake.id)).access_daily).toMatchObject([{ count: 2 }]);
  });
});

describe("any schedule of failures", () => {
  it.each(SEEDS)("with the seed %i ends in reports that say what the logs say", async (seed) => {
    const random = randomFrom(seed);
    const lakes = await Promise.all(
      Array.from({ length: LAKES }, (_, n) => (n === 0 ? newLake("gdpr") : salesLake())),
    );
    const [first] = lakes;
    if (first === undefined) throw new Error("there are lakes");
    await first.done("/datasets", { name: "sales", schema: { id: "int" } });
    const figures = {
      commands: 0,
      kills: 0,
      "killed before the acknowledgement": 0,
      "delivered twice": 0,
      "D1 down": 0,
      "answers lost": 0,
      evictions: 0,
    };
    const step = async (lake: Lake): Promise<void> => {
      switch (random(10)) {
        case 0: {
          figures["killed before the acknowledgement"] += 1;
          await deliveredUnheard(lake);
          figures.commands += 1;
          return abortAllDurableObjects();
        }
        case 1: {
          figures.kills += 1;
          void audit(lake, `user-${random(3)}`).catch(() => {});
          return abortAllDurableObjects();
        }
        case 2: {
          figures["D1 down"] += 1;
          await rebind(lake, { REPORTS: dead });
          await audit(lake, `user-${random(3)}`);
          figures.commands += 1;
          await lake.stub.settle();
          return;
        }
        case 3: {
          figures["answers lost"] += 1;
          await rebind(lake, { REPORTS: deaf });
          await audit(lake, `user-${random(3)}`);
          figures.commands += 1;
          await lake.stub.settle();
          return;
        }
        case 4: {
          // The lake's own cursor goes back, and another process delivers what it has at that time.
          figures["delivered twice"] += 1;
          const events = await lake.events();
          await lake.sql("UPDATE outbox SET last_seq = ?, retry_at = NULL", random(events.length));
          const other = d1Sink(env.REPORTS)
            .deliver(lake.id, events)
            .catch(() => {});
          await Promise.all([other, lake.stub.settle(), lake.stub.settle()]);
          return;
        }
        case 5:
          figures.evictions += 1;
          // One that a kill has left asleep wakes first.
          await lake.events();
          return evictDurableObject(lake.stub);
        case 6:
          return heal(lake);
        case 7:
          await lake.done("/ingest-dataset", {
            dataset_id: `d${random(3)}`,
            source: "s",
            record_count: 1 + random(9),
            contains_pii: false,
          });
          figures.commands += 1;
          return;
        case 8: {
          const accessors = Array.from({ length: 1 + random(5) }, () => `user-${random(3)}`);
          await Promise.all(accessors.map((accessor) => audit(lake, accessor)));
          figures.commands += accessors.length;
          return;
        }
        default:
          await lake.stub.settle();
      }
    };
    for (let n = 0; n < STEPS; n += 1) {
      const lake = lakes[random(LAKES)];
      if (lake !== undefined) await step(lake);
    }
    for (const lake of lakes) {
      await eventually(async () => {
        await heal(lake);
        expect(await lake.stub.settle()).toBe(true);
        await expectRecounted(lake);
      });
    }
    const events = (await Promise.all(lakes.map((lake) => lake.events()))).map(
      ({ length }) => length,
    );
    const told = Object.entries(figures).map(([what, count]) => `${count} ${what}`);
    console.info(`seed ${seed}: ${told.join(", ")}; ${events.join(" + ")} events, none amiss`);
    expect(Object.values(figures).every((count) => count > 0)).toBe(true);
  });
});

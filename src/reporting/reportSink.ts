/**
 * The end of a lake's outbox: its reports, in one of the databases there are for them. A lake
 * chooses once, with its first delivery: the database that has told of it before, else the smallest
 * one (by the size D1 itself gives), of equals the first. So a database that is added takes the new
 * lakes until it is as large as the others, and moves none. All must answer for that, for the one
 * that does not might know the lake. Where a lake has left, a line remains that says where to, so
 * that one that was restored to a moment before does not report to two.
 */
import type { EventSink } from "../application/ports.ts";
import type { Destination } from "../application/relay.ts";
import { d1Sink, MovedError } from "./d1Sink.ts";
import { forget, leave } from "./forget.ts";

export { REPORT_VERSION } from "./forget.ts";

/** By the name of its binding. */
export interface BoundDatabase {
  readonly binding: string;
  readonly database: D1Database;
}

/**
 * The database that the lake reports to. `databases` are asked for with each delivery: what is not
 * bound, only a delivery finds out.
 */
export const reportHome =
  (databases: () => readonly BoundDatabase[], memory: Destination) =>
  async (lake_id: string): Promise<BoundDatabase> => {
    const all = databases();
    const binding = memory.chosen() ?? (await choice(all, lake_id));
    const home = all.find((each) => each.binding === binding);
    if (home === undefined) {
      throw new Error(`lake ${lake_id} reports to ${binding}, which is not bound`);
    }
    if (memory.chosen() === null) memory.choose(binding);
    return home;
  };

export const reportSink = (
  databases: () => readonly BoundDatabase[],
  memory: Destination,
): EventSink => {
  const homeOf = reportHome(databases, memory);
  return {
    async deliver(lake_id, ...delivery) {
      // Each database may say once that the lake has moved on: more often, they contradict.
      for (const _ of databases()) {
        const { database } = await homeOf(lake_id);
        try {
          return await d1Sink(database).deliver(lake_id, ...delivery);
        } catch (error) {
          if (!(error instanceof MovedError)) throw error;
          memory.choose(error.moved_to);
        }
      }
      throw new Error(
        `lake ${lake_id}: no database says that it reports there; rebuild its reports`,
      );
    },

    async restart(lake_id, head) {
      const home = await homeOf(lake_id);
      await forget(home.database, lake_id, head);
      for (const { binding, database } of databases()) {
        if (binding !== home.binding) await leave(database, lake_id, home);
      }
    },
  };
};

const choice = async (all: readonly BoundDatabase[], lake_id: string): Promise<string> => {
  const [only, ...others] = all;
  if (only === undefined) throw new Error("no database of reports is bound");
  if (others.length === 0) return only.binding;
  const asked = await Promise.all(
    all.map(async ({ binding, database }) => {
      const { results, meta } = await database.prepare(SQL.told).bind(lake_id).all();
      return { binding, knows: results.length > 0, size_bytes: meta.size_after };
    }),
  );
  const [smallest = only] = asked.toSorted((a, b) => a.size_bytes - b.size_bytes);
  return (asked.find(({ knows }) => knows) ?? smallest).binding;
};

const SQL = { told: "SELECT 1 AS told FROM relay WHERE lake_id = ? AND moved_to IS NULL" };

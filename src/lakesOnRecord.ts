/** Composition root of the list of all lakes there are: from the reports, then from the buckets. */
import { type KnownLakes, knownLakes } from "./application/knownLakes.ts";
import { type Env, reportDatabases, reportPlaces, storesOf } from "./env.ts";
import { badCursor } from "./http/badCursor.ts";
import { BadCursorError } from "./reporting/queries.ts";
import { standing } from "./reporting/standing.ts";
import { lakePrefixes } from "./storage/lakePrefixes.ts";

export const lakesOnRecord = (env: Env): KnownLakes => {
  const reports = reportDatabases(env).map(([name, database]) => ({
    name: `reports_${name}`,
    ...standing(database),
  }));
  const all = knownLakes(
    reports.map(({ name, lakes }) => ({
      name,
      page: async (limit, cursor) => {
        const { items, next_cursor } = await lakes({ limit, cursor });
        return { lake_ids: items.map(({ lake_id }) => lake_id), next_cursor };
      },
    })),
    reportPlaces(env).map(({ name }) => ({
      name: `objects_${name}`,
      page: (limit, cursor) =>
        lakePrefixes(storesOf(env, name === "" ? null : name).objects, limit, cursor),
    })),
    async (lake_ids) =>
      new Set((await Promise.all(reports.map(({ toldOf }) => toldOf(lake_ids)))).flat()),
  );
  return async (limit, cursor) => {
    try {
      const page = await all(limit, cursor);
      if (page !== null) return page;
    } catch (error) {
      if (!(error instanceof BadCursorError)) throw error;
    }
    throw badCursor();
  };
};

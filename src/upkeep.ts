/** Composition root of what is done across lakes by the clock, and of the same by hand. */
import { announceReport, reportReceiver } from "./application/announceReport.ts";
import { say } from "./application/logging.ts";
import type { ArchivePlace, ReportForm } from "./application/monthlyArchive.ts";
import { waitsUntil } from "./application/months.ts";
import { wait } from "./application/timers.ts";
import { onSchedule, type Upkeep, type UpkeepDeps, upkeep } from "./application/upkeep.ts";
import { type Env, reportDatabases, reportPlaces, storesOf } from "./env.ts";
import { badCursor } from "./http/badCursor.ts";
import { placesOf, stubAt } from "./lakesAt.ts";
import { acrossDatabases } from "./reporting/acrossDatabases.ts";
import { MEDIA_TYPES, reportDocuments } from "./reporting/print/documents.ts";
import { BadCursorError, reportQueries } from "./reporting/queries.ts";
import { rebuildingIn, standing } from "./reporting/standing.ts";
import { r2SmallObjects } from "./storage/r2SmallObjects.ts";

/** What a monthly report is kept as, besides its data. */
const FORMS: readonly ReportForm[] = (["csv", "html"] as const).map((form) => ({
  name: `report.${form}`,
  media_type: MEDIA_TYPES[form],
  render: (report) => reportDocuments.monthly(report, form).text,
}));

type Lakes = UpkeepDeps["lakes"];

/** With what is done about a cursor that is none. */
const lakesOf =
  (env: Env, stale: (lakes: Lakes, limit: number) => ReturnType<Lakes>): Lakes =>
  async ({ limit, cursor }) => {
    const all = acrossDatabases(
      reportDatabases(env).map(([name, database]) => ({ name, queries: reportQueries(database) })),
    );
    const lakes: Lakes = (page) => all.lakes({ ...page, member: null });
    try {
      return await lakes({ limit, cursor });
    } catch (error) {
      if (!(error instanceof BadCursorError)) throw error;
      return stale(lakes, limit);
    }
  };

/**
 * The reports on lakes in no jurisdiction are always kept, those on others where there are any. What is
 * kept stays, so it waits a while for lakes that are being told anew; after that it says what it lacks.
 */
const placesIn = (env: Env): readonly ArchivePlace[] =>
  reportPlaces(env).map(({ name, databases }) => {
    const queries = acrossDatabases(
      databases.map(({ binding, database }, index) => ({
        name: index === 0 ? "" : binding,
        queries: reportQueries(database),
      })),
    );
    const standings = databases.map(({ database }) => standing(database));
    const jurisdiction = name === "" ? null : name;
    const expected = async () =>
      jurisdiction === null ||
      (await queries.lakes({ limit: 1, cursor: null, member: null })).items.length > 0;
    return {
      name,
      objects: r2SmallObjects(() => storesOf(env, jurisdiction).objects),
      report: async (month) => {
        if (!(await expected())) return null;
        // First: a lake that is whole by then is whole in the report.
        const rebuilding = await rebuildingIn(standings, null);
        const now = new Date();
        if (rebuilding.lakes > 0 && now < waitsUntil(month)) {
          throw new Error(
            `${rebuilding.lakes} of the lakes are being told anew to the reports: it waits for them, until ${waitsUntil(month).toISOString()}`,
          );
        }
        const report = await queries.monthly({ month, member: null, now: now.toISOString() });
        return { ...report, rebuilding };
      },
    };
  });

const depsOf = (env: Env): Omit<UpkeepDeps, "lakes"> => ({
  places: placesIn(env),
  forms: FORMS,
  objects: r2SmallObjects(() => env.OBJECTS),
  check: async (lake_id) =>
    stubAt(env, await placesOf(env).of(lake_id), lake_id).checkAlarm(lake_id),
  announce: (note) =>
    announceReport(
      {
        receiver: () =>
          reportReceiver({
            url: env.REPORT_WEBHOOK_URL,
            secret: env.REPORT_WEBHOOK_SECRET,
            loopback: env.AUTH === "open",
          }),
        now: () => new Date(),
        wait,
      },
      note,
    ),
  log: say,
  now: () => new Date(),
  newId: () => crypto.randomUUID(),
});

export const upkeepOf = (env: Env): Upkeep => {
  const refused = async () => {
    throw badCursor();
  };
  return upkeep({ ...depsOf(env), lakes: lakesOf(env, refused) });
};

/** By the time that the platform meant, however late it calls. */
export const onCron = ({ cron, scheduledTime }: ScheduledController, env: Env): Promise<void> => {
  // A sweep that stood in a database which is not bound any more begins anew.
  const again = (lakes: Lakes, limit: number) => lakes({ limit, cursor: null });
  const deps = { ...depsOf(env), lakes: lakesOf(env, again) };
  return onSchedule(deps, cron, new Date(scheduledTime));
};

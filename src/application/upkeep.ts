/**
 * What is done across lakes by the clock: the report of a month that has ended is kept and announced,
 * and lakes are asked whether their alarms are alive. All of it can be done again at any time, by the
 * clock or by hand, and then does what was left.
 */
import { type DailySweepDeps, dailySweep } from "./dailySweep.ts";
import { type KeptReports, keptReports } from "./keptReports.ts";
import { alarmFields } from "./lakeAlarm.ts";
import type { Logger } from "./logging.ts";
import { type ArchiveDeps, type Archived, archiveMonth } from "./monthlyArchive.ts";
import { settledMonth } from "./months.ts";
import { type SweepRequest, type SweptPage, sweepAlarms } from "./sweepAlarms.ts";

/** As wrangler.toml has them. A month's report waits until its last events have come in. */
export const MONTHLY_CRON = "10 3 1 * *";
/** Begins the sweep of a day and goes on with it, and makes up for a report that failed. */
export const HOURLY_CRON = "40 * * * *";

export interface Upkeep extends KeptReports {
  /** With `again` the next revision, whatever is kept already. */
  archive(month: string, again: boolean): Promise<Archived>;
  sweep(request: SweepRequest): Promise<SweptPage>;
}

export interface UpkeepDeps extends Omit<ArchiveDeps, "announced">, Omit<DailySweepDeps, "swept"> {
  readonly log: Logger;
}

const placed = (jurisdiction: string | null) => (jurisdiction === null ? {} : { jurisdiction });

const logArchived = ({ log }: Pick<UpkeepDeps, "log">, { month, failed }: Archived): void => {
  for (const { jurisdiction, failed: error } of failed) {
    log("error", "a monthly report is not archived", { month, ...placed(jurisdiction), error });
  }
};

const logSwept = ({ log }: Pick<UpkeepDeps, "log">, page: SweptPage): void => {
  for (const { lake_id, ...check } of page.repaired) {
    log("error", "a sweep repaired an alarm", { lake_id, ...alarmFields(check) });
  }
  for (const { lake_id, failed: error } of page.failed) {
    log("error", "a lake did not say how its alarm is", { lake_id, error });
  }
};

const archiving = (deps: UpkeepDeps): ArchiveDeps => ({
  ...deps,
  announced: ({ data: { month, jurisdiction, documents } }) =>
    deps.log("info", "a monthly report is archived", {
      month,
      ...placed(jurisdiction),
      documents: documents.length,
    }),
});

export const upkeep = (deps: UpkeepDeps): Upkeep => ({
  ...keptReports(deps.places, deps.forms),

  async archive(month, again) {
    const archived = await archiveMonth(archiving(deps), month, again);
    logArchived(deps, archived);
    return archived;
  },

  async sweep(request) {
    const swept = await sweepAlarms(deps, request);
    logSwept(deps, swept);
    return swept;
  },
});

/**
 * What the platform's cron calls, for the moment it was due at. Each part does what it can, whatever
 * becomes of the others; then it throws what has failed, so that the platform sees the run fail.
 */
export const onSchedule = async (deps: UpkeepDeps, cron: string, at: Date): Promise<void> => {
  if (cron !== MONTHLY_CRON && cron !== HOURLY_CRON) throw new Error(`nothing is due by ${cron}`);
  const faults: string[] = [];

  const archived = await archiveMonth(archiving(deps), settledMonth(at));
  logArchived(deps, archived);
  for (const { failed } of archived.failed) faults.push(`report of ${archived.month}: ${failed}`);

  if (cron === HOURLY_CRON) {
    try {
      let pages = 0;
      const swept = (page: SweptPage) => {
        pages += 1;
        logSwept(deps, page);
        if (page.failed.length > 0) faults.push(`${page.failed.length} lakes did not answer`);
      };
      const record = await dailySweep({ ...deps, swept }, at);
      const { day, lakes, repaired, failed } = record;
      const fields = { day, lakes, repaired, failed };
      const message = record.done ? "alarms are swept" : "alarms are being swept";
      if (pages > 0) deps.log("info", message, fields);
    } catch (error) {
      faults.push(`sweep of alarms: ${error}`);
      deps.log("error", "alarms were not swept", { error });
    }
  }
  if (faults.length > 0) throw new Error(faults.join("; "));
};

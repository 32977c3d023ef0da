/**
 * When a lake tells the reports how it stands: soon after something happened, and a few times a
 * minute while things go on happening. No command waits for it or pays for it, and nothing is owed:
 * a report that fails is made good by the next one. A report that may have arrived is sent again as
 * it was, before anything newer, so that its counts are neither lost nor added twice.
 */
import type { CommandTally } from "./commandTally.ts";
import type { LakeStatus, StatusReport, StatusSink } from "./lakeStatus.ts";
import { oneAtATime } from "./oneAtATime.ts";

/** Reports begin no closer together than this. */
export const REPORT_EVERY_MS = 15_000;
/** What happens within this time is told together. */
export const GATHER_MS = 1_000;

export interface ReporterDeps {
  readonly sink: StatusSink;
  readonly tally: CommandTally;
  /** Of this life of the lake's object. */
  readonly process: string;
  /** Null before the lake exists: nothing is told then. */
  lake_id(): string | null;
  status(): LakeStatus;
  /** Whether what the reports lack is on its way; not while it waits to be tried again. */
  delivering(): boolean;
  failed(error: unknown): void;
  now(): Date;
  wait(milliseconds: number): Promise<void>;
  /** Keeps the process alive until the promise settles. */
  background(work: Promise<unknown>): void;
}

export interface StatusReporter {
  /** Something happened: sees to it that it is told. */
  nudge(): void;
  /** Tells how it stands now. Resolves to whether that has arrived. */
  settle(): Promise<boolean>;
}

export const statusReporter = (deps: ReporterDeps): StatusReporter => {
  let planned = false;
  /** Sent, and not known to have arrived. */
  let unsure: StatusReport | null = null;
  let reports = 0;
  let last_ms = Number.NEGATIVE_INFINITY;

  const deliver = async (lake_id: string, report: StatusReport): Promise<void> => {
    unsure = report;
    await deps.sink.deliver(lake_id, report);
    unsure = null;
  };

  const send = async (): Promise<boolean> => {
    const lake_id = deps.lake_id();
    if (lake_id === null) return true;
    last_ms = deps.now().getTime();
    try {
      if (unsure) await deliver(lake_id, unsure);
      reports += 1;
      const status = deps.status();
      await deliver(lake_id, {
        process: deps.process,
        report: reports,
        reported_at: deps.now().toISOString(),
        counts: deps.tally.take(),
        status,
      });
      // The reports have what they lack in a moment, and nothing else would tell of it. Who tries
      // again later tells then: until that the lake may leave memory.
      if (status.behind_since !== null && deps.delivering()) nudge();
      return true;
    } catch (error) {
      deps.failed(error);
      return false;
    }
  };

  const next = oneAtATime(send);

  const nudge = (): void => {
    if (planned) return;
    planned = true;
    const wait = Math.max(GATHER_MS, last_ms + REPORT_EVERY_MS - deps.now().getTime());
    deps.background(
      deps.wait(wait).then(() => {
        planned = false;
        return next();
      }),
    );
  };

  return { nudge, settle: next };
};

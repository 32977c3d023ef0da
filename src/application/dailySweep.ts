/**
 * The sweep of a day: a few hundred lakes each time it is called, as many as one invocation of the
 * platform may ask, until it is through. How far it is stands in the object store, so it goes on
 * from there whatever became of the call before; pages that were not noted are asked again, which
 * changes nothing. A day's sweep begins when the one before has ended.
 *
 * It is noted once a call, at its end, for R2 takes one write a second of the same key and pages are
 * through faster: https://developers.cloudflare.com/r2/platform/limits/
 */
import type { SmallObjects } from "./dataPorts.ts";
import { dayOf } from "./months.ts";
import { type SweepDeps, type SweptPage, sweepAlarms } from "./sweepAlarms.ts";

/**
 * Lakes of one call. Each is at most two remote calls, where it is and how its alarm is; the platform
 * allows 10,000 in one invocation (Workers Paid), and for long allowed 1,000, which this stays below:
 * https://developers.cloudflare.com/workers/platform/limits/#subrequests
 */
export const LAKES_A_CALL = 400;
const LAKES_A_PAGE = 100;

export const SWEEP_KEY = "upkeep/alarm-sweep.json";

export interface SweepRecord {
  /** YYYY-MM-DD, UTC: the day it began. */
  readonly day: string;
  readonly done: boolean;
  /** Where it goes on; null at the beginning and at the end. */
  readonly cursor: string | null;
  readonly lakes: number;
  readonly repaired: number;
  readonly failed: number;
}

export interface DailySweepDeps extends SweepDeps {
  readonly objects: Pick<SmallObjects, "read" | "put">;
  /** Told of every page, as it is done. */
  readonly swept: (page: SweptPage) => void;
}

/** Goes on with the sweep of the day of `at`. Resolves to how far it is. */
export const dailySweep = async (
  deps: DailySweepDeps,
  at: Date,
  lakes_a_call = LAKES_A_CALL,
): Promise<SweepRecord> => {
  const day = dayOf(at.toISOString());
  const noted = await known(deps.objects, day);
  let record = noted;
  try {
    for (let asked = 0; !record.done && asked < lakes_a_call; ) {
      const limit = Math.min(LAKES_A_PAGE, lakes_a_call - asked);
      const page = await sweepAlarms(deps, { lake_id: null, limit, cursor: record.cursor });
      deps.swept(page);
      record = follow(record, page);
      asked += limit;
    }
  } finally {
    // Also of a call that broke off: what it is through with need not be asked again.
    if (record !== noted) {
      await deps.objects.put(SWEEP_KEY, encoder.encode(JSON.stringify(record)));
    }
  }
  return record;
};

const encoder = new TextEncoder();

const known = async (objects: Pick<SmallObjects, "read">, day: string): Promise<SweepRecord> => {
  const bytes = await objects.read(SWEEP_KEY);
  const fresh = { day, done: false, cursor: null, lakes: 0, repaired: 0, failed: 0 };
  if (bytes === null) return fresh;
  const record = JSON.parse(new TextDecoder().decode(bytes)) as SweepRecord;
  return record.done && record.day < day ? fresh : record;
};

const follow = (record: SweepRecord, page: SweptPage): SweepRecord => ({
  ...record,
  done: page.next_cursor === null,
  cursor: page.next_cursor,
  lakes: record.lakes + page.lakes,
  repaired: record.repaired + page.repaired.length,
  failed: record.failed + page.failed.length,
});

/**
 * Asks lakes whether their alarms are alive. All that the reports know are asked, not only those in
 * which they see an open deadline: a lake that sleeps over its deadlines may also sleep over telling
 * the reports of them. Asking wakes a lake and changes nothing but a broken alarm, so a sweep can be
 * made at any time, and again from any page on.
 */
import type { AlarmCheck, AlarmState } from "./lakeAlarm.ts";
import { inLanes } from "./lanes.ts";
import { within } from "./timers.ts";

/** The platform keeps six connections of an invocation open at once. */
export const LAKES_AT_ONCE = 6;
/** How long a lake that does not answer is waited for. */
export const CHECK_TIMEOUT_MS = 10_000;
const MAX_ERROR_LENGTH = 300;

export interface SweepDeps {
  /** A page of the lakes that the reports know. */
  lakes(page: { readonly limit: number; readonly cursor: string | null }): Promise<{
    readonly items: readonly { readonly lake_id: string }[];
    readonly next_cursor: string | null;
  }>;
  /** Null: there is no lake there. */
  check(lake_id: string): Promise<AlarmCheck | null>;
}

export interface SweepRequest {
  /** One lake alone; null: a page of all. */
  readonly lake_id: string | null;
  readonly limit: number;
  readonly cursor: string | null;
}

export interface SweptPage {
  /** How many lakes were asked, and how many of them answered what. */
  readonly lakes: number;
  readonly alarms: Readonly<Record<AlarmState, number>>;
  readonly repaired: readonly (AlarmCheck & { readonly lake_id: string })[];
  readonly failed: readonly { readonly lake_id: string; readonly failed: string }[];
  /** Null: that was the last page. */
  readonly next_cursor: string | null;
}

type Asked = { readonly lake_id: string } & (
  | { readonly check: AlarmCheck }
  | { readonly failed: string }
);

const NONE: SweptPage["alarms"] = { set: 0, not_needed: 0, ringing: 0, lost: 0, late: 0 };

/** One page; rejects only when the list of lakes cannot be had. */
export const sweepAlarms = async (
  deps: SweepDeps,
  { lake_id: named, limit, cursor }: SweepRequest,
): Promise<SweptPage> => {
  const { items, next_cursor } =
    named === null
      ? await deps.lakes({ limit, cursor })
      : { items: [{ lake_id: named }], next_cursor: null };
  const asked = await inLanes(items, LAKES_AT_ONCE, ({ lake_id }) => askOne(deps, lake_id));
  const alarms = { ...NONE };
  for (const each of asked) if ("check" in each) alarms[each.check.state] += 1;
  return {
    lakes: items.length,
    alarms,
    repaired: asked.flatMap((each) =>
      "check" in each && each.check.repaired ? [{ lake_id: each.lake_id, ...each.check }] : [],
    ),
    failed: asked.flatMap((each) =>
      "failed" in each ? [{ lake_id: each.lake_id, failed: each.failed }] : [],
    ),
    next_cursor,
  };
};

const askOne = async (deps: SweepDeps, lake_id: string): Promise<Asked> => {
  try {
    const check = await within(CHECK_TIMEOUT_MS, deps.check(lake_id));
    return check === null ? { lake_id, failed: "there is no such lake" } : { lake_id, check };
  } catch (error) {
    return { lake_id, failed: String(error).slice(0, MAX_ERROR_LENGTH) };
  }
};

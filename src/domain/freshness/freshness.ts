/**
 * The watch over how fresh a contract's published data is: one stream for each contract with a rule
 * `freshness:<column>,<age>`. It remembers the newest moment of each watched column and says since
 * when it is too old, so that staleness is a fact of the log and not of who happens to look.
 */
import { assertNever, type Recorded } from "../decider.ts";
import type { BatchId, ContractId, DatasetName } from "../ids.ts";

/** What a contract allows for one column. */
export interface FreshnessTerm {
  readonly column: string;
  readonly max_age_ms: number;
}

/**
 * What an age is counted from: the newest published value of the column; where that is not
 * remembered (it was published before there was a watch, or privacy rules transform the column),
 * the append of the newest published file; `nothing` once there is no published value any more.
 */
export type CountedFrom = "value" | "append" | "nothing";

/** The newest moment of a column among what is published, and whose it is. */
export interface Newest {
  /** RFC 3339, UTC, milliseconds; a date counts as the end of its day. Null for `nothing`. */
  readonly newest: string | null;
  readonly counted_from: CountedFrom;
  readonly batch_id: BatchId | null;
}

export type FreshnessEvent =
  /** A watch begins, or its terms change. */
  | {
      readonly type: "DatasetFreshnessWatched";
      readonly data: {
        readonly contract_id: ContractId;
        readonly dataset: DatasetName;
        readonly columns: readonly FreshnessTerm[];
      };
    }
  | {
      readonly type: "DatasetFreshnessObserved";
      readonly data: Newest & { readonly contract_id: ContractId; readonly column: string };
    }
  | {
      readonly type: "DatasetFreshnessBreached";
      readonly data: {
        readonly contract_id: ContractId;
        readonly column: string;
        readonly newest: string | null;
        /** When the allowed age had passed. */
        readonly since: string;
      };
    }
  | {
      readonly type: "DatasetFreshnessRestored";
      readonly data: {
        readonly contract_id: ContractId;
        readonly column: string;
        readonly newest: string | null;
      };
    }
  /** The contract asks for it no more, or is not in force any more. */
  | {
      readonly type: "DatasetFreshnessUnwatched";
      readonly data: { readonly contract_id: ContractId };
    };

export interface WatchedColumn extends FreshnessTerm {
  /** Null until something was published. */
  readonly found: Newest | null;
  /** Since when it is on record as too old; null while it is fresh. */
  readonly stale_since: string | null;
}

export interface Freshness {
  readonly status: "watched" | "ended";
  readonly contract_id: ContractId;
  readonly dataset: DatasetName;
  readonly columns: readonly WatchedColumn[];
}

export type FreshnessState = { readonly status: "absent" } | Freshness;

export const initialFreshness: FreshnessState = { status: "absent" };

const DAY_MS = 86_400_000;

/** How far the clocks of those who write values may be ahead of the lake's. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** Whether a newest moment (a date's is the end of its day) is ahead of the clock, both RFC 3339. */
export const isAhead = (newest: string, now: string): boolean =>
  Date.parse(newest) > Date.parse(now) + DAY_MS + MAX_CLOCK_SKEW_MS;

/** When the allowed age passes; null when nothing was published or nothing is left. */
export const freshUntil = ({ found, max_age_ms }: WatchedColumn): string | null =>
  found === null || found.newest === null
    ? null
    : new Date(Date.parse(found.newest) + max_age_ms).toISOString();

/** Whether it is too old at `now` (RFC 3339), on record already or not. */
export const isStale = (column: WatchedColumn, now: string): boolean => {
  const until = freshUntil(column);
  return column.stale_since !== null || (until !== null && until <= now);
};

/** The next moment at which something of the watch becomes too old, or null. */
export const nextStale = (state: FreshnessState): string | null => {
  if (state.status !== "watched") return null;
  const moments = state.columns
    .filter(({ stale_since }) => stale_since === null)
    .flatMap((column) => freshUntil(column) ?? []);
  return moments.sort()[0] ?? null;
};

export const evolveFreshness = (
  state: FreshnessState,
  event: Recorded<FreshnessEvent>,
): FreshnessState => {
  if (event.type === "DatasetFreshnessWatched") {
    const { columns, ...about } = event.data;
    const before = state.status === "watched" ? state.columns : [];
    const kept = (term: FreshnessTerm): WatchedColumn => ({
      ...{ found: null, stale_since: null },
      ...before.find(({ column }) => column === term.column),
      ...term,
    });
    return { status: "watched", ...about, columns: columns.map(kept) };
  }
  if (state.status === "absent") return state;
  switch (event.type) {
    case "DatasetFreshnessObserved": {
      const { column, newest, counted_from, batch_id } = event.data;
      return changed(state, column, { found: { newest, counted_from, batch_id } });
    }
    case "DatasetFreshnessBreached":
      return changed(state, event.data.column, { stale_since: event.data.since });
    case "DatasetFreshnessRestored":
      return changed(state, event.data.column, { stale_since: null });
    case "DatasetFreshnessUnwatched":
      return { ...state, status: "ended", columns: [] };
    default:
      return assertNever(event);
  }
};

const changed = (state: Freshness, name: string, change: Partial<WatchedColumn>): Freshness => ({
  ...state,
  columns: state.columns.map((known) => (known.column === name ? { ...known, ...change } : known)),
});

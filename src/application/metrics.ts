/**
 * What the reports know of the health of all lakes, as it is read in one scrape. Its cost is bounded
 * whatever the number of lakes: counts are kept as sums, and only lakes there is something to say of
 * are read one by one.
 */

/** Lakes that one scrape reads of a database, of each sort. Beyond, sums are of these alone. */
export const MAX_LAKES_READ = 1_000;
/** Open requests that one scrape counts, those with the earliest deadlines. */
export const MAX_OPEN_READ = 10_000;

/** A lake as it last reported. Numbers of what is owed, times since when. */
export interface LakeHealth {
  readonly lake_id: string;
  readonly reported_at: string;
  readonly events: number;
  /** Events that the reports lack. */
  readonly behind: number;
  readonly behind_since: string | null;
  readonly webhooks_pending: number;
  readonly webhooks_pending_since: string | null;
  readonly webhooks_parked: number;
  readonly duties_parked: number;
  readonly next_due_at: string | null;
  readonly locked: boolean;
}

/** Requests of a lake that are still owed an answer. */
export interface OpenRequests {
  readonly lake_id: string;
  readonly open: number;
  readonly overdue: number;
}

export interface MetricsReading {
  /** Sums over all lakes: see `Count`; of no command: `events`, `lakes`. */
  readonly totals: readonly {
    readonly command: string;
    readonly measure: string;
    readonly value: number;
  }[];
  /** Those there is something to say of, or the one that was asked for. */
  readonly lakes: readonly LakeHealth[];
  readonly open: readonly OpenRequests[];
  /** Whether there was more of any than is read. */
  readonly cut: boolean;
}

export interface MetricsRequest {
  /** RFC 3339, UTC, milliseconds. */
  readonly now: string;
  /** Null: all lakes. */
  readonly lake_id: string | null;
}

/** One database of reports: by the jurisdiction of its lakes, empty for those in none. */
export interface DatabaseReading {
  readonly database: string;
  /** Null: it could not be read. */
  readonly reading: MetricsReading | null;
}

export type ReadMetrics = (asked: MetricsRequest) => Promise<readonly DatabaseReading[]>;

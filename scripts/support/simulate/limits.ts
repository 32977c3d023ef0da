/** What the platform allows a D1 database, as of November 2026, and what it asks for it. */

export const D1 = {
  /**
   * https://developers.cloudflare.com/d1/platform/limits/ (Workers Paid): of one database, never more;
   * of all databases of an account, more on request.
   */
  database_bytes: 10e9,
  account_bytes: 1e12,
  /** The same page: of a value or row, of a statement's parameters, of one invocation. */
  value_bytes: 2_000_000,
  parameters: 100,
  queries: 1_000,
  /**
   * https://developers.cloudflare.com/d1/platform/pricing/: a row of a table and one of each index
   * count; per month, with what is included, in US dollars.
   */
  rows_written_included: 50e6,
  dollars_per_million_rows: 1,
  bytes_included: 5e9,
  dollars_per_gb: 0.75,
} as const;

/** A database this full is no place for more lakes: what is there goes on growing. */
export const FULL_AT = 0.8;

/**
 * A database runs one query at a time. One that is busy for so much of its time keeps the next
 * delivery waiting about as long as it takes itself, and has little left for reports.
 */
export const BUSY_AT = 0.5;

/**
 * What a batch costs a database besides its statements: being received, committed and answered. The
 * platform gives no figure, so this is an assumption; `meta.duration` of your own database tells.
 */
export const BATCH_MS = 10;

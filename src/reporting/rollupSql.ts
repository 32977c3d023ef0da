/**
 * The statements that combine the changes of a delivery with the rollups that stand in D1. Each
 * takes ?1 the lake, ?2 the last_seq the delivery was made for and ?3 a JSON array, and does nothing
 * unless the relay stands there. Numbers bind as REAL, hence the casts.
 */
import { REPORT_VERSION } from "./forget.ts";
import { type Merge, TABLE_NAMES, TABLES, type Table, type TableName } from "./tables.ts";

/** The lake was told up to there, here, by this code. */
export const STANDS = `lake_id = ?1 AND last_seq = CAST(?2 AS INTEGER)
      AND report_version = ${REPORT_VERSION} AND moved_to IS NULL`;

export const GUARD = `EXISTS (SELECT 1 FROM relay WHERE relay.${STANDS})`;

const MERGED: { readonly [Name in Merge]: (later: string, before: string) => string } = {
  last: (later, before) => `coalesce(${later}, ${before})`,
  first: (later, before) => `coalesce(${before}, ${later})`,
  sum: (later, before) => `coalesce(${later}, 0) + coalesce(${before}, 0)`,
  ever: (later, before) => `coalesce(max(${later}, ${before}), ${later}, ${before})`,
};

/**
 * ?3 changes of rows. One that opens its row does not see what was there before it; one that only
 * continues a row is dropped when there is none, but where changes are counted. An upsert would not
 * do: SQLite checks NOT NULL before it looks for the conflict.
 */
const changeRowsOf = (name: TableName): string => {
  const { keys, columns, counts }: Table = TABLES[name];
  const key = ["lake_id", ...keys];
  const id = ["?1", ...keys.map((_, index) => `change.value ->> '$.id[${index}]'`)];
  const merged = Object.entries(columns).map(([column, merge]) =>
    MERGED[merge](`change.value ->> '$.columns.${column}'`, `old.${column}`),
  );
  const opens = "change.value ->> '$.opens'";
  return `
    INSERT OR REPLACE INTO ${name} (${[...key, ...Object.keys(columns)].join(", ")})
    SELECT ${[...id, ...merged].join(", ")}
    FROM json_each(?3) AS change
    LEFT JOIN ${name} AS old
      ON ${key.map((column, index) => `old.${column} = ${id[index]}`).join(" AND ")}
      AND NOT ${opens}
    WHERE ${GUARD}${counts ? "" : ` AND (${opens} OR old.lake_id IS NOT NULL)`}`;
};

export const changeRows = Object.fromEntries(
  TABLE_NAMES.map((name) => [name, changeRowsOf(name)]),
) as Readonly<Record<TableName, string>>;

/**
 * ?3 ids of batches: takes what they are out of the counts, before it changes, or puts it in,
 * behind that.
 */
export const countBatches = (sign: 1 | -1): string => `
    INSERT INTO batch_counts (
      lake_id, dataset_id, status, batches, row_count, published_rows, quarantined_rows)
    SELECT ?1, dataset, status, ${sign} * count(*), ${sign} * coalesce(sum(row_count), 0),
      ${sign} * sum(published_rows), ${sign} * sum(quarantined_rows)
    FROM json_each(?3) AS named
      CROSS JOIN batches ON batches.lake_id = ?1 AND batches.batch_id = named.value
    WHERE ${GUARD} GROUP BY dataset, status
    ON CONFLICT DO UPDATE SET batches = batches + excluded.batches,
      row_count = row_count + excluded.row_count,
      published_rows = published_rows + excluded.published_rows,
      quarantined_rows = quarantined_rows + excluded.quarantined_rows`;

/**
 * ?3 ids of batches, or of contracts: when their batches are due, as `retentionEnd` counts
 * (domain/batch/expiry.ts): days of 24 hours from the append.
 */
export const setRetention = (by: "batch_id" | "contract_id"): string => `
    UPDATE batches SET retention_due_at = (
      SELECT strftime('%Y-%m-%dT%H:%M:%fZ', batches.appended_at, '+' || retention_days || ' days')
      FROM contracts
      WHERE contracts.lake_id = ?1 AND contracts.contract_id = batches.contract_id)
    WHERE lake_id = ?1 AND ${by} IN (SELECT value FROM json_each(?3)) AND ${GUARD}`;

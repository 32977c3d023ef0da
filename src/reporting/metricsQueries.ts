/** How all lakes are, from one D1 database: four questions in one `batch()`, each bounded. */
import {
  type LakeHealth,
  MAX_LAKES_READ,
  MAX_OPEN_READ,
  type MetricsReading,
  type MetricsRequest,
  type OpenRequests,
} from "../application/metrics.ts";

type HealthRow = Omit<LakeHealth, "locked"> & { readonly locked: number };

/** A delivery that came after the lake's report has brought the reports further. */
const HEALTH = `
  SELECT status.lake_id, reported_at, events,
    max(0, events - coalesce(last_seq, 0)) AS behind,
    CASE WHEN events > coalesce(last_seq, 0) THEN behind_since END AS behind_since,
    webhooks_pending, webhooks_pending_since, webhooks_parked, duties_parked, next_due_at, locked
  FROM lake_status AS status LEFT JOIN relay ON relay.lake_id = status.lake_id`;

/** The conditions are those of the indexes, word for word. */
export const METRICS_SQL = {
  totals: "SELECT command, measure, value FROM command_totals ORDER BY command, measure",

  troubled: `${HEALTH} WHERE troubled = 1 ORDER BY status.lake_id LIMIT CAST(?1 AS INTEGER)`,

  late: `${HEALTH} WHERE next_due_at IS NOT NULL AND next_due_at < ?1
    ORDER BY next_due_at LIMIT CAST(?2 AS INTEGER)`,

  open: `
    SELECT lake_id, count(*) AS open, sum(overdue = 1 OR deadline <= ?1) AS overdue FROM (
      SELECT lake_id, deadline, overdue FROM deletions
      WHERE status NOT IN ('completed', 'rejected') ORDER BY deadline LIMIT CAST(?2 AS INTEGER))
    GROUP BY lake_id`,

  lake: `${HEALTH} WHERE status.lake_id = ?1`,

  openOfLake: `
    SELECT lake_id, count(*) AS open, coalesce(sum(overdue = 1 OR deadline <= ?1), 0) AS overdue
    FROM deletions
    WHERE status NOT IN ('completed', 'rejected') AND lake_id = ?2 GROUP BY lake_id`,
};

export const metricsQueries =
  (db: D1Database) =>
  async ({ now, lake_id }: MetricsRequest): Promise<MetricsReading> => {
    const ask =
      lake_id === null
        ? [
            db.prepare(METRICS_SQL.troubled).bind(MAX_LAKES_READ),
            db.prepare(METRICS_SQL.late).bind(now, MAX_LAKES_READ),
            db.prepare(METRICS_SQL.open).bind(now, MAX_OPEN_READ),
          ]
        : [
            db.prepare(METRICS_SQL.lake).bind(lake_id),
            db.prepare(METRICS_SQL.lake).bind(lake_id),
            db.prepare(METRICS_SQL.openOfLake).bind(now, lake_id),
          ];
    const [totals, troubled, late, open] = await db.batch([db.prepare(METRICS_SQL.totals), ...ask]);
    const rows = [troubled, late].map((each) => (each?.results ?? []) as readonly HealthRow[]);
    const requests = (open?.results ?? []) as readonly OpenRequests[];
    const lakes = new Map(rows.flat().map((row) => [row.lake_id, healthOf(row)]));
    const counted = requests.reduce((sum, each) => sum + each.open, 0);
    return {
      totals: (totals?.results ?? []) as MetricsReading["totals"],
      lakes: [...lakes.values()],
      open: requests,
      cut: rows.some((each) => each.length >= MAX_LAKES_READ) || counted >= MAX_OPEN_READ,
    };
  };

const healthOf = (row: HealthRow): LakeHealth => ({ ...row, locked: row.locked === 1 });

/**
 * How a lake stands and what it counted, in D1. One `batch()` a report, guarded by the number of the
 * report: the same one twice counts once. The count of events follows from the logs' own numbers, so
 * it is exact whatever was lost on the way.
 */
import type { StatusReport, StatusSink } from "../application/lakeStatus.ts";

/** Numbers bind as REAL, hence the casts. */
const SQL = {
  counts: `
    INSERT INTO command_totals (command, measure, value)
    SELECT json_extract(value, '$.command'), json_extract(value, '$.measure'),
      json_extract(value, '$.value')
    FROM json_each(?1)
    WHERE NOT EXISTS (SELECT 1 FROM lake_status
      WHERE lake_id = ?2 AND process = ?3 AND report >= CAST(?4 AS INTEGER))
    ON CONFLICT (command, measure) DO UPDATE SET value = value + excluded.value`,

  lakes: `
    INSERT INTO command_totals (command, measure, value)
    SELECT '', 'lakes', 1 WHERE NOT EXISTS (SELECT 1 FROM lake_status WHERE lake_id = ?1)
    ON CONFLICT (command, measure) DO UPDATE SET value = value + excluded.value`,

  /** A log that was restored to an earlier moment counts what it records from there on. */
  events: `
    INSERT INTO command_totals (command, measure, value)
    VALUES ('', 'events', max(0, CAST(?2 AS INTEGER)
      - coalesce((SELECT events FROM lake_status WHERE lake_id = ?1), 0)))
    ON CONFLICT (command, measure) DO UPDATE SET value = value + excluded.value`,

  status: `
    INSERT INTO lake_status (lake_id, process, report, reported_at, events, behind_since,
      webhooks_pending, webhooks_pending_since, webhooks_parked, duties_parked, next_due_at, locked)
    VALUES (?1, ?2, CAST(?3 AS INTEGER), ?4, CAST(?5 AS INTEGER), ?6, CAST(?7 AS INTEGER), ?8,
      CAST(?9 AS INTEGER), CAST(?10 AS INTEGER), ?11, CAST(?12 AS INTEGER))
    ON CONFLICT (lake_id) DO UPDATE SET process = excluded.process, report = excluded.report,
      reported_at = excluded.reported_at, events = excluded.events,
      behind_since = excluded.behind_since, webhooks_pending = excluded.webhooks_pending,
      webhooks_pending_since = excluded.webhooks_pending_since,
      webhooks_parked = excluded.webhooks_parked, duties_parked = excluded.duties_parked,
      next_due_at = excluded.next_due_at, locked = excluded.locked
    WHERE lake_status.reported_at <= excluded.reported_at
      AND (lake_status.process <> excluded.process OR lake_status.report < excluded.report)`,
};

export const statusSink = (db: D1Database): StatusSink => ({
  async deliver(lake_id, { process, report, reported_at, counts, status }: StatusReport) {
    await db.batch([
      db.prepare(SQL.counts).bind(JSON.stringify(counts), lake_id, process, report),
      db.prepare(SQL.lakes).bind(lake_id),
      db.prepare(SQL.events).bind(lake_id, status.events),
      db
        .prepare(SQL.status)
        .bind(
          lake_id,
          process,
          report,
          reported_at,
          status.events,
          status.behind_since,
          status.webhooks_pending,
          status.webhooks_pending_since,
          status.webhooks_parked,
          status.duties_parked,
          status.next_due_at,
          status.locked ? 1 : 0,
        ),
    ]);
  },
});

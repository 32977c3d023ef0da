/** What the lake owes to others and has not done, counted from its own tables through indexes. */
import type { Owed } from "../application/lakeStatus.ts";
import { FAILING } from "./schedule.ts";

/**
 * The conditions are those of the indexes `schedule_failing` and `webhook_deliveries_open`. Of a webhook
 * that was removed nothing is owed any more, and nobody could have it sent.
 */
const SQL = `
  SELECT
    (SELECT count(*) FROM schedule WHERE parked = 1)
      + (SELECT count(*) FROM ${FAILING} AND parked = 0) AS duties_parked,
    (SELECT count(*) FROM webhook_deliveries
      WHERE status <> 'delivered' AND status = 'pending') AS webhooks_pending,
    (SELECT min(created_at) FROM webhook_deliveries
      WHERE status <> 'delivered' AND status = 'pending') AS webhooks_pending_since,
    (SELECT count(*) FROM webhook_deliveries
      WHERE status <> 'delivered' AND status = 'parked' AND webhook_id IN
        (SELECT id FROM directory WHERE kind = 'webhook' AND status = 'active')) AS webhooks_parked`;

export const owed = (sql: SqlStorage): Owed => ({
  ...sql
    .exec<{
      duties_parked: number;
      webhooks_pending: number;
      webhooks_pending_since: string | null;
      webhooks_parked: number;
    }>(SQL)
    .one(),
});

/**
 * What was given up after its last try, or has failed as often and is tried for ever: shown without
 * what it is about, for who runs Lethe is no member of the lake, and, once its cause is gone, taken
 * up again as if it had never been tried.
 */
import { ok, type Result } from "../domain/decider.ts";
import { MAX_WEBHOOKS } from "../domain/webhook/decide.ts";
import { withoutData } from "./logging.ts";
import type { Delivery, EventLog, PendingDuty } from "./ports.ts";
import type { Reply } from "./questions.ts";
import { owe } from "./webhooks.ts";

/** Notifications of one webhook that are taken up at once. */
const DELIVERIES_AT_ONCE = 1_000;

export interface ParkedWork {
  readonly duties: readonly (Pick<PendingDuty, "kind" | "due_at" | "attempts"> & {
    readonly last_error: string | null;
  })[];
  readonly deliveries: readonly Pick<Delivery, "webhook_id" | "delivery_id" | "last_error">[];
  /** Whether all of it was taken up again. */
  readonly redriven: boolean;
}

/** As it was found; with `redrive` it is due now. */
export const parkedWork = (
  log: EventLog,
  redrive: boolean,
  now: string,
): Result<Extract<Reply, { kind: "parked" }>, never> => {
  const duties = log.schedule.failing();
  const deliveries = parkedDeliveries(log);
  if (redrive) {
    log.transaction(() => {
      for (const { kind, ref, payload } of duties) {
        log.schedule.put({ kind, ref, payload, due_at: now });
      }
      for (const delivery of deliveries) {
        owe(log, { ...delivery, status: "pending", attempts: 0 }, now);
      }
    });
  }
  return ok({
    kind: "parked",
    duties: duties.map(({ kind, due_at, attempts, last_error }) => ({
      kind,
      due_at,
      attempts,
      last_error: last_error === null ? null : withoutData(last_error),
    })),
    deliveries: deliveries.map(({ webhook_id, delivery_id, last_error }) => ({
      webhook_id,
      delivery_id,
      last_error,
    })),
    redriven: redrive,
  });
};

/** Of webhooks that are still there: to others nothing is owed. */
const parkedDeliveries = (log: EventLog): readonly Delivery[] =>
  log.directory.list({ kind: "webhook", status: "active", limit: MAX_WEBHOOKS }).flatMap(({ id }) =>
    log.deliveries.list({
      webhook_id: id,
      status: "parked",
      after: 0,
      limit: DELIVERIES_AT_ONCE,
    }),
  );

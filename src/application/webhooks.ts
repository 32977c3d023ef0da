/**
 * Notifications on their way out. What is owed is written with the event itself, one row and one
 * duty for each webhook that asked; each duty is one attempt, made beside the lake's own work, so
 * that a slow receiver holds up neither a command nor a legal deadline. Delivery is at least once,
 * under the same id. Attempts are rows and no events: they say nothing about the lake, and an
 * event for each would be told to nobody.
 */

import { ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { MAX_WEBHOOKS, unknownWebhook, webhookUrlFault } from "../domain/webhook/decide.ts";
import { concerns, isNotified, notificationOf } from "../domain/webhook/notifications.ts";
import type { Webhook } from "../domain/webhook/webhook.ts";
import { reader } from "./commands.ts";
import type { LakeService } from "./lakeService.ts";
import { say } from "./logging.ts";
import type { Delivery, Duty, DutyRef, EventLog, PendingDuty, StoredEvent } from "./ports.ts";
import type { Reply } from "./questions.ts";
import { later } from "./timers.ts";
import { type Called, callWebhook } from "./webhookCall.ts";
import { signedHeaders } from "./webhookSignature.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What is waited after each failed attempt; after the last one the delivery is parked. */
export const RETRY_DELAYS_MS = [
  ...[5_000, 5 * MINUTE_MS, 30 * MINUTE_MS],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
];
export const MAX_DELIVERY_ATTEMPTS = RETRY_DELAYS_MS.length + 1;
/** Delays are longer by up to this share, so that receivers are not called all at once. */
const JITTER = 0.1;

/** Calls of one lake at the same time. Those beyond stand in line, one turn after another. */
const MAX_CALLS = 6;
const TURN_MS = 100;
/** An attempt that has not reported by then has died with its machine and is made again. */
const LEASE_MS = MINUTE_MS;

/** What was delivered or parked is shown for so long. */
const KEPT_MS = 30 * 24 * HOUR_MS;
/** Of what is older, this much goes in one turn: more than an ordinary command adds. */
const FORGOTTEN_AT_ONCE = 1_000;

const dutyOf = ({ webhook_id, delivery_id }: Delivery): DutyRef => ({
  kind: "webhook_delivery",
  ref: `${webhook_id}/${delivery_id}`,
});

/** Within a transaction: the delivery as it is to be attempted then. */
export const owe = (log: EventLog, delivery: Delivery, due_at: string): void => {
  log.deliveries.put(delivery);
  const duty: Duty = { ...dutyOf(delivery), due_at, payload: {} };
  log.schedule.put(duty);
};

const settle = (log: EventLog, delivery: Delivery): void => {
  log.deliveries.put(delivery);
  log.schedule.remove(dutyOf(delivery));
};

/** In the transaction that records events: what is owed to whom because of them. */
export const oweNotifications = (
  log: EventLog,
  events: readonly StoredEvent[],
  now: string,
): void => {
  const told = events.filter(({ type }) => isNotified(type));
  if (told.length === 0) return;
  log.deliveries.forget(later(now, -KEPT_MS), FORGOTTEN_AT_ONCE);
  const filter = { kind: "webhook", status: "active", limit: MAX_WEBHOOKS } as const;
  for (const { id } of log.directory.list(filter)) {
    const webhook = reader(log).webhook(id);
    if (webhook.status !== "active") continue;
    for (const { type, seq, event_id, dataset } of told) {
      if (!webhook.events.some((wanted) => wanted === type)) continue;
      if (!concerns({ dataset }, webhook.datasets)) continue;
      const fresh = {
        status: "pending",
        attempts: 0,
        last_status: null,
        last_error: null,
      } as const;
      const named = { webhook_id: id, delivery_id: event_id, seq, type, created_at: now };
      owe(log, { ...named, ...fresh, attempted_at: null }, now);
    }
  }
};

/**
 * Sends a delivery now, from the first attempt on: one that arrived or was parked once more, one
 * that waits for its next attempt without waiting. Asked twice, it is still one delivery.
 */
export const resent = (
  log: EventLog,
  { webhook_id, delivery_id }: { readonly webhook_id: string; readonly delivery_id: string },
  now: string,
): Result<Reply, Rejection> => {
  if (reader(log).webhook(webhook_id).status !== "active") return unknownWebhook(webhook_id);
  const delivery = log.deliveries.find(webhook_id, delivery_id);
  if (delivery === null) {
    return reject("not_found", "delivery-not-found", `There is no delivery ${delivery_id}.`);
  }
  const again: Delivery = { ...delivery, status: "pending", attempts: 0 };
  log.transaction(() => owe(log, again, now));
  return ok({ kind: "one", view: { ...again }, version: delivery.seq });
};

export interface CourierDeps {
  readonly log: EventLog;
  readonly service: Pick<LakeService, "webhookTarget" | "loopback">;
  readonly lake_id: () => string;
  /** Keeps the process alive until the promise settles, then looks at what is due next. */
  background(work: Promise<void>): void;
}

/** Carries out the duties of kind `webhook_delivery`. */
export const courier = ({ log, service, lake_id, background }: CourierDeps) => {
  const calling = new Set<string>();
  /** When the last in line has its turn, ms since the epoch. */
  let end_of_line = 0;
  const now = () => new Date().toISOString();

  const attempt = async (webhook: Webhook, delivery: Delivery): Promise<Called> => {
    const target = service.webhookTarget(lake_id(), webhook);
    const event = log.read({ after: delivery.seq - 1, limit: 1 }).at(0);
    const refused =
      target === null
        ? "its secret is another lake's: register anew"
        : webhookUrlFault(target.url, service.loopback);
    if (refused !== null || target === null || event === undefined || !isNotified(event.type)) {
      const error = refused ?? "there is no such event";
      return { delivered: false, status: null, error, retry_after_ms: null, gone: true };
    }
    const body = JSON.stringify(notificationOf(lake_id(), event.type, event));
    const headers = signedHeaders(target.secret, delivery.delivery_id, new Date(), body);
    return callWebhook(target.url, headers, body);
  };

  /** What went wrong here and not there, such as a secret that cannot be opened. */
  const broken = (delivery: Delivery, error: unknown): Called => {
    const { delivery_id, webhook_id } = delivery;
    say("error", "a notification cannot be made", { delivery_id, webhook_id, error });
    const own = "Lethe could not make the call";
    return { delivered: false, status: null, error: own, retry_after_ms: null, gone: false };
  };

  /** `delivery` counts the attempt that has just been made. */
  const record = (delivery: Delivery, called: Called): void => {
    const { attempts } = delivery;
    const { delivered, status: last_status, error: last_error } = called;
    const seen: Delivery = { ...delivery, last_status, last_error };
    const delay = called.gone ? undefined : RETRY_DELAYS_MS[attempts - 1];
    log.transaction(() => {
      if (delivered) settle(log, { ...seen, status: "delivered" });
      else if (delay === undefined) settle(log, { ...seen, status: "parked" });
      else {
        const wait = Math.max(delay * (1 + JITTER * Math.random()), called.retry_after_ms ?? 0);
        owe(log, seen, later(now(), Math.round(wait)));
      }
    });
  };

  return (duty: PendingDuty): void => {
    const [webhook_id = "", delivery_id = ""] = duty.ref.split("/");
    const delivery = log.deliveries.find(webhook_id, delivery_id);
    const webhook = reader(log).webhook(webhook_id);
    if (delivery?.status !== "pending" || webhook.status === "absent") {
      log.schedule.remove(duty);
      return;
    }
    if (webhook.status === "removed" || delivery.attempts >= MAX_DELIVERY_ATTEMPTS) {
      const last_error = webhook.status === "removed" ? "the webhook was removed" : "died trying";
      log.transaction(() => settle(log, { ...delivery, status: "parked", last_error }));
      return;
    }
    if (calling.has(duty.ref) || calling.size >= MAX_CALLS) {
      end_of_line = Math.max(end_of_line, Date.now()) + TURN_MS;
      log.schedule.put({ ...duty, due_at: new Date(end_of_line).toISOString() });
      return;
    }
    const begun = { ...delivery, attempts: delivery.attempts + 1, attempted_at: now() };
    log.transaction(() => owe(log, begun, later(now(), LEASE_MS)));
    calling.add(duty.ref);
    const work = attempt(webhook, begun)
      .catch((error: unknown) => broken(begun, error))
      .then((called) => record(begun, called))
      .finally(() => calling.delete(duty.ref));
    background(work);
  };
};

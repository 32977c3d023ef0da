/**
 * Tells of a report that was kept: a line in the log, and a signed call (Standard Webhooks) of the
 * place that is configured for it, if there is one. What a call tries in vain is tried again by the
 * next run, under the same id.
 */
import { isWebhookSecret } from "../contracts/fields.ts";
import { webhookUrlFault } from "../domain/webhook/decide.ts";
import type { Announcement } from "./monthlyArchive.ts";
import { type Called, callWebhook } from "./webhookCall.ts";
import { signedHeaders } from "./webhookSignature.ts";

/** What is waited before each further attempt of one run. */
export const ANNOUNCE_DELAYS_MS = [1_000, 5_000];

export interface ReportReceiver {
  readonly url: string;
  readonly secret: string;
}

export interface ReceiverVariables {
  readonly url: string | undefined;
  readonly secret: string | undefined;
  /** Whether the machine itself may be called, over http too. */
  readonly loopback: boolean;
}

/** Where reports are announced; null: nowhere but in the log. Throws, saying what is wrong. */
export const reportReceiver = ({ url, secret, loopback }: ReceiverVariables) => {
  if (!url && !secret) return null;
  if (!url || !secret) {
    const missing = url ? "REPORT_WEBHOOK_SECRET" : "REPORT_WEBHOOK_URL";
    throw new Error(`${missing} is not set: reports are announced with both or with neither`);
  }
  const fault = webhookUrlFault(url, loopback);
  if (fault !== null) throw new Error(`REPORT_WEBHOOK_URL ${fault}`);
  if (!isWebhookSecret(secret)) {
    throw new Error("REPORT_WEBHOOK_SECRET must be whsec_ and the base64 of 24 to 64 bytes");
  }
  return { url, secret } satisfies ReportReceiver;
};

export interface AnnounceDeps {
  /** Asked for each announcement, so that wrong settings fail it and nothing else. */
  receiver(): ReportReceiver | null;
  readonly now: () => Date;
  wait(milliseconds: number): Promise<void>;
}

/** Resolves once the receiver has it, or when there is none; rejects after the last attempt. */
export const announceReport = async (deps: AnnounceDeps, note: Announcement): Promise<void> => {
  const receiver = deps.receiver();
  if (receiver === null) return;
  const { id, type, timestamp, data } = note;
  const body = JSON.stringify({ type, timestamp, data });
  for (let attempt = 0; ; attempt += 1) {
    const headers = signedHeaders(receiver.secret, id, deps.now(), body);
    const called = await callWebhook(receiver.url, headers, body);
    if (called.delivered) return;
    const delay_ms = ANNOUNCE_DELAYS_MS[attempt];
    if (delay_ms === undefined || isFinal(called)) {
      throw new Error(`the receiver of REPORT_WEBHOOK_URL ${called.error ?? "failed"}`);
    }
    await deps.wait(delay_ms);
  }
};

/** Nothing that a few seconds would change. */
const isFinal = ({ gone, retry_after_ms }: Called): boolean =>
  gone || (retry_after_ms ?? 0) > Math.max(...ANNOUNCE_DELAYS_MS);

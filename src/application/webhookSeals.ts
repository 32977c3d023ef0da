/**
 * What is secret about a webhook: its secret, and its URL, whose path and query are often all that
 * a receiver asks for. Both are sealed under the lake's own key before they are recorded, so that
 * neither who reads the log nor the reports can call it. Who may see a webhook is shown its URL.
 */
import type { Sealed } from "../domain/deletion/events.ts";
import type { WebhookId } from "../domain/ids.ts";
import type { Webhook } from "../domain/webhook/webhook.ts";
import type { Answer } from "./answers.ts";
import type { Keyring } from "./keyring.ts";
import type { Reply } from "./questions.ts";
import type { View } from "./views.ts";

const secretPlace = (webhook_id: string): string => `webhook/${webhook_id}/secret`;
const urlPlace = (webhook_id: string): string => `webhook/${webhook_id}/url`;

/** Where and how to call, in clear. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

export const sealTarget = (
  webhook_id: WebhookId,
  { url, secret }: WebhookTarget,
  keyring: Pick<Keyring, "sealOwn">,
): Pick<Webhook, "url" | "secret"> => ({
  url: keyring.sealOwn(urlPlace(webhook_id), url),
  secret: keyring.sealOwn(secretPlace(webhook_id), secret),
});

const openUrl = (
  webhook_id: string,
  url: string | Sealed,
  keyring: Pick<Keyring, "openOwn">,
): string | null =>
  typeof url === "string" ? url : keyring.openOwn(urlPlace(webhook_id), url.sealed);

/** Null when another lake sealed it. */
export const openTarget = (
  { webhook_id, url: sealed, secret: kept }: Webhook,
  keyring: Pick<Keyring, "openOwn">,
): WebhookTarget | null => {
  const url = openUrl(webhook_id, sealed, keyring);
  const secret = keyring.openOwn(secretPlace(webhook_id), kept.sealed);
  return url === null || secret === null ? null : { url, secret };
};

/** A view with the URL in clear, if it is one of a webhook. */
const shown = (view: View, keyring: () => Pick<Keyring, "openOwn">): View => {
  const { webhook_id, url } = view;
  if (typeof webhook_id !== "string" || !isSealed(url)) return view;
  return { ...view, url: openUrl(webhook_id, url, keyring()) ?? { sealed: true } };
};

const isSealed = (url: unknown): url is Sealed =>
  typeof url === "object" && url !== null && "sealed" in url;

/** The answer to a command as it is given, not as it is stored. */
export const withWebhookUrl = (answer: Answer, keyring: () => Pick<Keyring, "openOwn">): Answer => {
  const { webhook } = answer.body;
  if (typeof webhook !== "object" || webhook === null) return answer;
  return { ...answer, body: { ...answer.body, webhook: shown(webhook as View, keyring) } };
};

/** The reply to a question as it is given. */
export const withWebhookUrls = (reply: Reply, keyring: () => Pick<Keyring, "openOwn">): Reply => {
  if (reply.kind === "one") return { ...reply, view: shown(reply.view, keyring) };
  if (reply.kind !== "list") return reply;
  return { ...reply, items: reply.items.map((view) => shown(view, keyring)) };
};

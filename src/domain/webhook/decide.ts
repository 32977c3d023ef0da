/** Registering and removing webhooks, and which places may be called at all. */
import { assertNever, ok, type Result } from "../decider.ts";
import type { Sealed } from "../deletion/events.ts";
import type { DatasetName, WebhookId } from "../ids.ts";
import { type Rejection, reject } from "../rejection.ts";
import type { Notified } from "./notifications.ts";
import type { WebhookEvent, WebhookState } from "./webhook.ts";

/** Each event is delivered to each of them. */
export const MAX_WEBHOOKS = 20;

export interface RegisterWebhook {
  readonly type: "RegisterWebhook";
  readonly webhook_id: WebhookId;
  readonly url: string | Sealed;
  readonly events: readonly Notified[];
  /** Null: of everything. */
  readonly datasets: readonly DatasetName[] | null;
  readonly secret: Sealed;
  /** In clear, for the one answer that shows it; never recorded. Null once it was shown. */
  readonly shown_secret: string | null;
}

export interface RemoveWebhook {
  readonly type: "RemoveWebhook";
  readonly webhook_id: WebhookId;
}

export type WebhookCommand = RegisterWebhook | RemoveWebhook;

export interface WebhookContext {
  /** How many webhooks the lake has now. */
  readonly active: number;
}

export const unknownWebhook = (webhook_id: string) =>
  reject("not_found", "webhook-not-found", `There is no webhook ${webhook_id} in this lake.`);

/** Rejects with `wrong_state` one webhook too many, with `not_found` an unknown or removed one. */
export const decideWebhook = (
  command: WebhookCommand,
  state: WebhookState,
  { active }: WebhookContext,
): Result<readonly WebhookEvent[], Rejection> => {
  switch (command.type) {
    case "RegisterWebhook": {
      if (active >= MAX_WEBHOOKS) {
        const detail = `A lake has at most ${MAX_WEBHOOKS} webhooks; remove one first.`;
        return reject("wrong_state", "too-many-webhooks", detail);
      }
      const { webhook_id, url, events, datasets, secret } = command;
      const only = datasets === null ? {} : { datasets };
      return ok([
        { type: "WebhookRegistered", data: { webhook_id, url, events, ...only, secret } },
      ]);
    }
    case "RemoveWebhook": {
      const { webhook_id } = command;
      if (state.status !== "active") return unknownWebhook(webhook_id);
      return ok([{ type: "WebhookRemoved", data: { webhook_id } }]);
    }
    default:
      return assertNever(command);
  }
};

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Names that mean a machine of some inner network, wherever they are looked up. */
const INNER =
  /(^|\.)(localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\.arpa)$/;

/**
 * Why Lethe does not call a URL, or null. Only https to a host with a public name: an address, or a
 * name of an inner network, could make Lethe reach what is not for the one who asks. `loopback`
 * lets in the machine itself, over http too, for local development.
 */
export const webhookUrlFault = (url: string, loopback: boolean): string | null => {
  if (!URL.canParse(url)) return "must be a URL";
  const { protocol, hostname, username, password, hash } = new URL(url);
  if (username !== "" || password !== "") return "must carry no user or password";
  if (hash !== "") return "must carry no fragment";
  const host = hostname.replace(/\.+$/, "");
  if (loopback && LOOPBACK.test(host) && /^https?:$/.test(protocol)) return null;
  if (protocol !== "https:") return "must begin with https://";
  // The parser has made every way to write an address one of these two.
  if (host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host)) return "must name a host, no address";
  if (!host.includes(".") || INNER.test(host)) return "must name a host of the public network";
  return null;
};

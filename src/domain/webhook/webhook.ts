/**
 * A place outside that is told about a lake's events; where it is and its secret are sealed under
 * the lake's key.
 */
import { assertNever, type Recorded } from "../decider.ts";
import type { Sealed } from "../deletion/events.ts";
import type { DatasetName, WebhookId } from "../ids.ts";
import type { Notified } from "./notifications.ts";

export type WebhookEvent =
  | {
      readonly type: "WebhookRegistered";
      readonly data: {
        readonly webhook_id: WebhookId;
        /** In clear where it was registered before URLs were sealed. */
        readonly url: string | Sealed;
        readonly events: readonly Notified[];
        /** Only of what is about one of these, or about none at all; left out: of everything. */
        readonly datasets?: readonly DatasetName[];
        readonly secret: Sealed;
      };
    }
  | { readonly type: "WebhookRemoved"; readonly data: { readonly webhook_id: WebhookId } };

export interface Webhook {
  readonly status: "active" | "removed";
  readonly webhook_id: WebhookId;
  /** In clear where it was registered before URLs were sealed. */
  readonly url: string | Sealed;
  readonly events: readonly Notified[];
  readonly datasets?: readonly DatasetName[];
  readonly secret: Sealed;
  readonly registered_at: string;
}

export type WebhookState = { readonly status: "absent" } | Webhook;

export const initialWebhook: WebhookState = { status: "absent" };

export const evolveWebhook = (state: WebhookState, event: Recorded<WebhookEvent>): WebhookState => {
  switch (event.type) {
    case "WebhookRegistered":
      return { status: "active", ...event.data, registered_at: event.recorded_at };
    case "WebhookRemoved":
      return state.status === "absent" ? state : { ...state, status: "removed" };
    default:
      return assertNever(event);
  }
};

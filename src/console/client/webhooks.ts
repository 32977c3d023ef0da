/** Webhooks and their deliveries as Lethe answers them. */

export interface Webhook {
  readonly webhook_id: string;
  readonly status: string;
  /** Sealed where it cannot be opened any more. */
  readonly url: unknown;
  readonly events: readonly string[];
  /** Null: of all. */
  readonly datasets: readonly string[] | null;
  readonly registered_at: string;
}

export const urlText = ({ url, webhook_id }: Pick<Webhook, "url" | "webhook_id">): string =>
  typeof url === "string" ? url : `sealed (${webhook_id.slice(0, 8)})`;

export interface Delivery {
  readonly delivery_id: string;
  readonly seq: number;
  readonly type: string;
  readonly status: string;
  readonly attempts: number;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly attempted_at: string | null;
}

/** How the last attempt went. */
export const outcomeOf = ({ attempts, last_status, last_error }: Delivery): string => {
  if (last_status === null && last_error === null) return attempts === 0 ? "not tried yet" : "";
  return [
    ...(last_status === null ? [] : [`HTTP ${last_status}`]),
    ...(last_error ? [last_error] : []),
  ].join(": ");
};

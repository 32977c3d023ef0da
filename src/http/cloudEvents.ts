/**
 * Events on the wire: CloudEvents 1.0 in JSON, with the log's own order as extension attributes.
 * Sealed fields show that they are sealed, never their ciphertext.
 */

import type { StoredEvent } from "../application/ports.ts";
import { isSealedText } from "../application/sealedText.ts";

export const toCloudEvent = (lake_id: string, event: StoredEvent) => ({
  specversion: "1.0",
  id: event.event_id,
  source: `/lakes/${lake_id}`,
  type: event.type,
  subject: event.stream,
  time: event.recorded_at,
  datacontenttype: "application/json",
  sequence: event.seq,
  streamversion: event.stream_version,
  schemaversion: event.schema_version,
  actor: event.actor,
  correlationid: event.correlation_id,
  ...(event.causation_id ? { causationid: event.causation_id } : {}),
  data: hideSealed(event.data),
});

/** A column may be called `sealed` too: its type and its rules are no ciphertext. */
const isCiphertext = (key: string, value: unknown): boolean =>
  key === "sealed" && typeof value === "string" && isSealedText(value);

const hideSealed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(hideSealed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isCiphertext(key, inner) ? true : hideSealed(inner),
    ]),
  );
};

/**
 * Events on the wire: CloudEvents 1.0 in JSON, with the log's own order as extension attributes.
 * Sealed fields show that they are sealed, never their ciphertext.
 */
import type { StoredEvent } from "../application/ports.ts";
import { COLUMN_TYPES } from "../domain/table.ts";

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

/** A schema may have a column of that name: ciphertext is longer than any column type. */
const isCiphertext = (entry: readonly [string, unknown] | undefined): boolean =>
  entry?.[0] === "sealed" && typeof entry[1] === "string" && !isColumnType(entry[1]);

const isColumnType = (text: string): boolean =>
  COLUMN_TYPES.some((columnType) => columnType === text);

const hideSealed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(hideSealed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && isCiphertext(entries[0])) return { sealed: true };
  return Object.fromEntries(entries.map(([key, inner]) => [key, hideSealed(inner)]));
};

/**
 * Server-sent events (WHATWG HTML, section 9.2): one block an event, whose id is its `seq` and
 * whose data is the same CloudEvent that GET /events shows.
 */
import type { StreamFormat } from "../application/eventStream.ts";
import { toCloudEvent } from "./cloudEvents.ts";

export const EVENT_STREAM = "text/event-stream";

/** How long a client waits before it comes back, unless it knows better. */
export const RETRY_MS = 3_000;

export const serverSentEvents = (lake_id: string): StreamFormat => ({
  // JSON escapes every line break, so the data is one line whatever it holds.
  event: (event) =>
    `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(toCloudEvent(lake_id, event))}\n\n`,

  // An id without data shows nothing, but the client remembers it: one that is cut off before its
  // first event comes back to where it began, not to wherever the log is by then.
  opening: (place) => `retry: ${RETRY_MS}\n${place === null ? "" : `id: ${place}\n`}\n`,

  heartbeat: ": heartbeat\n\n",
});

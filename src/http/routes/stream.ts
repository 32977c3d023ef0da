/** The log as it grows: server-sent events. */
import { z } from "zod";
import { batchId, datasetName, wholeNumber } from "../../contracts/fields.ts";
import { err, ok } from "../../domain/decider.ts";
import type { Rejection } from "../../domain/rejection.ts";
import { route } from "../route.ts";
import { EVENT_STREAM } from "../serverSentEvents.ts";
import { none } from "./shared.ts";

/** When a client that found no room may ask again. */
const RETRY_AFTER_S = 30;

/** Of the lake's places, and of one caller's. */
const TOO_MANY: Readonly<Record<string, 429 | 503>> = {
  "too-many-listeners": 503,
  "too-many-streams": 429,
};

const place = wholeNumber();

/** The lake knows one place; the client gave it in one of two ways. */
const namedAs = (rejection: Rejection, last_event_id: number | undefined) =>
  err<Rejection>({
    ...rejection,
    errors: (rejection.errors ?? []).map(({ message }) => ({
      path: last_event_id === undefined ? "after" : "Last-Event-ID",
      message,
    })),
  });

export const streamRoutes = [
  route({
    method: "get",
    path: "/events/stream",
    scope: "lake",
    tag: "Log",
    summary:
      "Events as they are recorded (server-sent events): behind Last-Event-ID or after, else " +
      "from now on",
    params: none,
    query: z.strictObject({
      type: z.string().min(1).max(128).optional(),
      stream: z.string().min(1).max(160).optional(),
      dataset: datasetName.optional(),
      batch_id: batchId.optional(),
      after: place.optional().meta({
        description:
          "Begin behind the event with this sequence number; 0 is the whole log. Without it and " +
          "without Last-Event-ID the stream begins at the present end of the log.",
      }),
    }),
    headers: z.object({
      "Last-Event-ID": place.optional().meta({
        description: "The last id that was seen, as a browser sends it; goes before after.",
      }),
    }),
    body: null,
    success: {
      status: 200,
      schema: z.string().meta({
        description:
          "One block an event: id is its sequence number, event its type, data the CloudEvent " +
          "in one line. Comments are heartbeats.",
      }),
      media_type: EVENT_STREAM,
    },
    handle: async ({ query, headers, services, call }) => {
      const { after, type, stream, dataset, batch_id } = query;
      const heard = await services.gateway.listen(call, {
        after: headers["Last-Event-ID"] ?? after ?? null,
        filter: {
          ...(type ? { type } : {}),
          ...(stream ? { stream } : {}),
          ...(dataset ? { dataset } : {}),
          ...(batch_id ? { batch_id } : {}),
        },
      });
      if (heard.ok) {
        return ok({
          status: 200,
          body: heard.value,
          media_type: EVENT_STREAM,
          // Reverse proxies of nginx's kind hold a stream back unless told.
          headers: { "X-Accel-Buffering": "no" },
        });
      }
      const { code, detail } = heard.error;
      if (code === "out-of-range") return namedAs(heard.error, headers["Last-Event-ID"]);
      const status = TOO_MANY[code];
      if (status === undefined) return heard;
      return ok({
        status,
        body: {},
        headers: { "Retry-After": String(RETRY_AFTER_S) },
        problem: { code, detail },
      });
    },
  }),
];

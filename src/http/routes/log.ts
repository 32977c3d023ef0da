/** The log: events as CloudEvents, the access log, audits from outside. */
import { z } from "zod";
import { commandAnswer as answerSchema, list } from "../../contracts/answers.ts";
import { auditAccesses } from "../../contracts/bodies.ts";
import { batchId, datasetName, page, time } from "../../contracts/fields.ts";
import { toCloudEvent } from "../cloudEvents.ts";
import { decodeCursor, route } from "../route.ts";
import { eventsAnswer } from "./lists.ts";
import { command, none } from "./shared.ts";

export const logRoutes = [
  route({
    method: "get",
    path: "/events",
    scope: "lake",
    tag: "Log",
    summary: "Events in the order in which they were recorded, as CloudEvents",
    params: none,
    query: z.strictObject({
      ...page,
      type: z.string().min(1).max(128).optional(),
      stream: z.string().min(1).max(160).optional(),
      dataset: datasetName.optional(),
      batch_id: batchId.optional(),
      actor: z.string().min(1).max(255).optional(),
      after: z.coerce.number().int().min(0).optional(),
      until: time.optional(),
    }),
    body: null,
    success: { status: 200, schema: list("CloudEvents") },
    handle: async ({ query, ...deps }) => {
      const cursor = decodeCursor(query.cursor);
      if (!cursor.ok) return cursor;
      const { limit, after, cursor: _, ...filter } = query;
      const set = Object.fromEntries(
        Object.entries(filter).filter(([, value]) => value !== undefined),
      );
      return eventsAnswer(
        deps,
        { ...set, limit, after: Math.max(cursor.value, after ?? 0) },
        (event) => toCloudEvent(deps.call.lake_id, event),
      );
    },
  }),
  route({
    method: "get",
    path: "/access-log",
    scope: "lake",
    tag: "Log",
    summary: "Who accessed what, when and what for",
    params: none,
    query: z.strictObject({
      ...page,
      dataset: datasetName.optional(),
      accessor: z.string().min(1).max(255).optional(),
      from: time.optional(),
      to: time.optional(),
    }),
    body: null,
    success: { status: 200, schema: list("AccessLog") },
    handle: async ({ query, ...deps }) => {
      const cursor = decodeCursor(query.cursor);
      if (!cursor.ok) return cursor;
      const { limit, dataset, accessor, from, to } = query;
      return eventsAnswer(
        deps,
        {
          type: "AccessAudited",
          limit,
          after: cursor.value,
          ...(dataset ? { dataset } : {}),
          ...(accessor ? { accessor } : {}),
          ...(from ? { from } : {}),
          ...(to ? { until: to } : {}),
        },
        ({ seq, recorded_at, actor, data }) => ({ seq, at: recorded_at, actor, ...data }),
      );
    },
  }),
  route({
    method: "post",
    path: "/audit-access",
    scope: "lake",
    tag: "Log",
    summary: "Record an access that happened elsewhere, or up to 1,000, all or none",
    params: none,
    query: none,
    body: auditAccesses,
    success: { status: 201, schema: answerSchema("AuditAnswer", {}) },
    handle: ({ body, ...deps }) =>
      command(
        deps,
        Array.isArray(body)
          ? { type: "AuditAccesses", entries: body }
          : { type: "AuditAccess", ...body },
      ),
  }),
];

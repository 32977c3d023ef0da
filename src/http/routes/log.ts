/** The log: events as CloudEvents, the access log, audits from outside. */

import { z } from "zod";
import type { Call } from "../../application/lakeGateway.ts";
import { commandAnswer as answerSchema, list } from "../../contracts/answers.ts";
import { type auditAccess, auditAccesses } from "../../contracts/bodies.ts";
import {
  batchId,
  DEFAULT_PAGE,
  datasetName,
  page,
  time,
  wholeNumber,
} from "../../contracts/fields.ts";
import { ok } from "../../domain/decider.ts";
import { reject } from "../../domain/rejection.ts";
import { toCloudEvent } from "../cloudEvents.ts";
import { exportLog } from "../exportLog.ts";
import { MAX_CONTENT_BYTES } from "../limits.ts";
import { type Handled, route, type Services } from "../route.ts";
import { eventsAnswer, order, pageOfLog } from "./lists.ts";
import { command, none } from "./shared.ts";

const NDJSON = "application/x-ndjson";

/** The log from `after` to its end. What would leave events out is refused: it proves nothing. */
const wholeLog = async (
  { services, call }: { readonly services: Services; readonly call: Call },
  { after = 0, ...filter }: { readonly after?: number | undefined } & Record<string, unknown>,
): Handled => {
  const [named] = Object.entries(filter).find(([, value]) => value !== undefined) ?? [];
  if (named !== undefined) {
    return reject(
      "invalid",
      "export-is-whole",
      "An export is the whole log, from after to its end.",
      [{ path: named, message: "not together with format=ndjson" }],
    );
  }
  const exported = await exportLog(services.gateway, call, after);
  if (!exported.ok) return exported;
  const { tree_size, lines } = exported.value;
  const headers = { "Lethe-Tree-Size": String(tree_size) };
  return ok({ status: 200, body: lines, media_type: NDJSON, headers });
};

export const logRoutes = [
  route({
    method: "get",
    path: "/events",
    scope: "lake",
    tag: "Log",
    summary:
      "Events in the order in which they were recorded, or from the newest on, as CloudEvents, a " +
      "page at a time; or, as ndjson, the whole log at once: each line is the leaf of one event, " +
      "without the line feed",
    params: none,
    query: z.strictObject({
      ...page,
      limit: page.limit.unwrap().optional(),
      order,
      format: z.enum(["json", "ndjson"]).default("json"),
      type: z.string().min(1).max(128).optional(),
      stream: z.string().min(1).max(160).optional(),
      dataset: datasetName.optional(),
      batch_id: batchId.optional(),
      actor: z.string().min(1).max(255).optional(),
      after: wholeNumber().optional(),
      until: time.optional(),
    }),
    body: null,
    success: {
      status: 200,
      schema: list("CloudEvents"),
      or: [{ media_type: NDJSON, schema: z.string() }],
    },
    handle: async ({ query: { format, ...query }, ...deps }) => {
      if (format === "ndjson") return wholeLog(deps, query);
      const { limit = DEFAULT_PAGE, after, cursor, order, ...filter } = query;
      const begin = pageOfLog({ cursor, order }, after);
      if (!begin.ok) return begin;
      const set = Object.fromEntries(
        Object.entries(filter).filter(([, value]) => value !== undefined),
      );
      return eventsAnswer(deps, { ...set, ...begin.value, limit }, (event) =>
        toCloudEvent(deps.call.lake_id, event),
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
      order,
      dataset: datasetName.optional(),
      accessor: z.string().min(1).max(255).optional(),
      from: time.optional(),
      to: time.optional(),
    }),
    body: null,
    success: { status: 200, schema: list("AccessLog") },
    handle: async ({ query, ...deps }) => {
      const begin = pageOfLog(query);
      if (!begin.ok) return begin;
      const { limit, dataset, accessor, from, to } = query;
      return eventsAnswer(
        deps,
        {
          type: "AccessAudited",
          limit,
          ...begin.value,
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
    body_bytes: MAX_CONTENT_BYTES,
    success: { status: 201, schema: answerSchema("AuditAnswer", {}) },
    handle: ({ body, ...deps }) => {
      const named = (access: z.output<typeof auditAccess>) => ({
        ...access,
        accessor_id: access.accessor_id ?? deps.call.actor,
      });
      return command(
        deps,
        Array.isArray(body)
          ? { type: "AuditAccesses", entries: body.map(named) }
          : { type: "AuditAccess", ...named(body) },
      );
    },
  }),
];

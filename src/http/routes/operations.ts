/** For whoever runs Lethe: whether it can do its work, and how it does. */
import { z } from "zod";
import { readiness, ready } from "../../contracts/answers.ts";
import { lakeId } from "../../contracts/fields.ts";
import { ok } from "../../domain/decider.ts";
import { EXPOSITION_TYPE, exposition } from "../exposition.ts";
import { metricFamilies } from "../metricFamilies.ts";
import { route } from "../route.ts";
import { none } from "./shared.ts";

const NOT_READY = { 503: "One thing at least that Lethe stands on does not work." };

export const operationRoutes = [
  route({
    method: "get",
    path: "/ready",
    scope: "platform",
    tag: "Operations",
    summary: "Whether everything works that Lethe stands on, found out anew every second or so",
    params: none,
    query: none,
    body: null,
    success: { status: 200, schema: ready, also: NOT_READY },
    handle: async ({ services }) => {
      const { ready: well } = await services.readiness();
      return ok({ status: well ? 200 : 503, body: { status: well ? "ready" : "not_ready" } });
    },
  }),
  route({
    method: "get",
    path: "/admin/ready",
    scope: "platform",
    tag: "Operations",
    summary: "The same, check by check: settings, databases and their migrations, buckets, lakes",
    params: none,
    query: none,
    body: null,
    success: { status: 200, schema: readiness, also: NOT_READY },
    handle: async ({ services }) => {
      const { ready: well, ...found } = await services.readiness();
      const status = well ? "ready" : "not_ready";
      return ok({ status: well ? 200 : 503, body: { status, ...found } });
    },
  }),
  route({
    method: "get",
    path: "/metrics",
    scope: "platform",
    tag: "Operations",
    summary: "Metrics in the Prometheus text format: of all lakes, or all there are of one",
    params: none,
    query: z.strictObject({ lake_id: lakeId.optional() }),
    body: null,
    success: {
      status: 200,
      media_type: "text/plain",
      schema: z.string().meta({ description: "Prometheus text exposition format 0.0.4." }),
    },
    handle: async ({ query, services }) => {
      const now = services.now();
      const lake_id = query.lake_id ?? null;
      const read = await services.readMetrics({ now: now.toISOString(), lake_id });
      const body = exposition(metricFamilies(read, { now, one: lake_id !== null }));
      return ok({ status: 200, media_type: EXPOSITION_TYPE, body });
    },
  }),
];

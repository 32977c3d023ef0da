/** For whoever runs Lethe: whether it can do its work, and how it does. */
import { z } from "zod";
import type { Call } from "../../application/lakeGateway.ts";
import { lakeId } from "../../contracts/fields.ts";
import { parkedWork, readiness, ready, redriveParked } from "../../contracts/operations.ts";
import { ok } from "../../domain/decider.ts";
import type { LakeId } from "../../domain/ids.ts";
import { EXPOSITION_TYPE, exposition } from "../exposition.ts";
import { metricFamilies } from "../metricFamilies.ts";
import { type Handled, route, type Services } from "../route.ts";
import { none } from "./shared.ts";

const parkedIn = async (
  { services, call }: { readonly services: Services; readonly call: Call },
  lake_id: LakeId,
  redrive: boolean,
): Handled => {
  const about = { ...call, lake_id, is_default: false };
  const reply = await services.gateway.ask(about, { kind: "parked", redrive });
  if (!reply.ok) return reply;
  if (reply.value.kind !== "parked") throw new Error("parked work was asked for");
  const { duties, deliveries, redriven } = reply.value;
  return ok({ status: 200, body: { lake_id, duties, deliveries, redriven } });
};

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
    summary:
      "The same, check by check: settings, databases and their migrations, buckets, lakes; and upload URLs, tried from outside",
    params: none,
    query: none,
    body: null,
    success: { status: 200, schema: readiness, also: NOT_READY },
    handle: async ({ services }) => {
      const { ready: well, ...found } = await services.deepReadiness();
      const status = well ? "ready" : "not_ready";
      return ok({ status: well ? 200 : 503, body: { status, ...found } });
    },
  }),
  route({
    method: "get",
    path: "/admin/parked",
    scope: "platform",
    tag: "Operations",
    summary: "What a lake has given up after its last try, or goes on trying in vain, and why",
    params: none,
    query: z.strictObject({ lake_id: lakeId }),
    body: null,
    success: { status: 200, schema: parkedWork },
    handle: ({ query, ...deps }) => parkedIn(deps, query.lake_id, false),
  }),
  route({
    method: "post",
    keyless: true,
    path: "/admin/redrive",
    scope: "platform",
    tag: "Operations",
    summary:
      "Take up again what a lake has given up or tries in vain, once its cause is gone: all of it, at once",
    params: none,
    query: none,
    body: redriveParked,
    success: { status: 200, schema: parkedWork },
    handle: ({ body, ...deps }) => parkedIn(deps, body.lake_id, true),
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

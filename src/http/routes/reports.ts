/** Reports across lakes, from D1. */
import { z } from "zod";
import { list, resource } from "../../contracts/answers.ts";
import { lakeId, page } from "../../contracts/fields.ts";
import { ok } from "../../domain/decider.ts";
import { route } from "../route.ts";
import { none } from "./shared.ts";

const day = z.iso.date().optional();

export const reportRoutes = [
  route({
    method: "get",
    path: "/reports/monthly",
    scope: "platform",
    tag: "Reports",
    summary: "Deletions and access of one month (UTC), across lakes",
    params: none,
    query: z.strictObject({
      month: z
        .string()
        .regex(/^\d{4}-(0[1-9]|1[0-2])$/, "must be a month, such as 2026-11")
        .meta({ example: "2026-11" }),
    }),
    body: null,
    success: { status: 200, schema: resource("MonthlyReport") },
    handle: async ({ query, services }) =>
      ok({ status: 200, body: await services.reports.monthly(query.month) }),
  }),
  route({
    method: "get",
    path: "/reports/deletions",
    scope: "platform",
    tag: "Reports",
    summary: "Requests that are still owed an answer, by deadline, across lakes",
    params: none,
    query: z.strictObject(page),
    body: null,
    success: { status: 200, schema: list("OpenDeletions") },
    handle: async ({ query, services }) =>
      ok({
        status: 200,
        body: await services.reports.deletions({
          limit: query.limit,
          cursor: query.cursor ?? null,
          now: services.now().toISOString(),
        }),
      }),
  }),
  route({
    method: "get",
    path: "/reports/access",
    scope: "platform",
    tag: "Reports",
    summary: "Access by day, dataset and accessor, across lakes",
    params: none,
    query: z.strictObject({ ...page, from: day, to: day, lake_id: lakeId.optional() }),
    body: null,
    success: { status: 200, schema: list("AccessCounts") },
    handle: async ({ query, services }) =>
      ok({
        status: 200,
        body: await services.reports.access({
          from: query.from,
          to: query.to,
          lake_id: query.lake_id,
          limit: query.limit,
          cursor: query.cursor ?? null,
        }),
      }),
  }),
];

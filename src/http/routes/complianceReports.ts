/**
 * What a controller shows a supervisory authority (GDPR Art. 5(2)): the report of a month, as JSON,
 * as CSV and as a page to print.
 */
import { z } from "zod";
import { resource } from "../../contracts/answers.ts";
import { lakeId } from "../../contracts/fields.ts";
import { ok } from "../../domain/decider.ts";
import { negotiate } from "../negotiate.ts";
import { memberOf, rebuildingHeader } from "../reportRoute.ts";
import { type HttpAnswer, type ReportText, route } from "../route.ts";
import { none } from "./shared.ts";

/** The first is what is sent to those who say nothing. */
const FORMS = {
  json: { media_type: "application/json" },
  csv: { media_type: "text/csv" },
  html: { media_type: "text/html" },
} as const;

export const reportForm = {
  format: z
    .enum(["json", "csv", "html"])
    .optional()
    .meta({ description: "Else the one that Accept prefers." }),
};

const accepting = z.object({ Accept: z.string().max(1_000).optional() });

const success = (id: string) => ({
  status: 200 as const,
  schema: resource(id),
  or: [
    { media_type: "text/csv", schema: z.string() },
    { media_type: "text/html", schema: z.string() },
  ],
});

/** A spreadsheet opens a file; a page is looked at first. */
const textAnswer = ({ filename, media_type, text }: ReportText): HttpAnswer => ({
  status: 200,
  body: text,
  media_type,
  headers: {
    "Content-Disposition": `${media_type.startsWith("text/html") ? "inline" : "attachment"}; filename="${filename}"`,
  },
});

export const complianceReportRoutes = [
  route({
    method: "get",
    path: "/reports/monthly",
    scope: "platform",
    tag: "Reports",
    summary:
      "The compliance report of one month (UTC) on the lakes that you watch, to administrators on all; " +
      "also as CSV and as a page to print",
    params: none,
    query: z.strictObject({
      ...reportForm,
      month: z
        .string()
        .regex(/^\d{4}-(0[1-9]|1[0-2])$/, "must be a month, such as 2026-11")
        .meta({ example: "2026-11" }),
      lake_id: lakeId.optional(),
    }),
    headers: accepting,
    body: null,
    success: success("MonthlyReport"),
    handle: async ({ query, headers, services, call }) => {
      const { month, lake_id, format } = query;
      const form = negotiate(FORMS, format, headers.Accept);
      const member = memberOf(call);
      const now = services.now().toISOString();
      const rebuilding = await services.reports.rebuilding(member);
      const report = await services.reports.monthly({ month, lake_id, member, now });
      if (form === "json") return ok({ status: 200, body: { ...report, rebuilding } });
      const { headers: named, ...text } = textAnswer(services.documents.monthly(report, form));
      return ok({ ...text, headers: { ...named, ...rebuildingHeader(rebuilding) } });
    },
  }),
];

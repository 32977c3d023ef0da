/**
 * What a controller shows a supervisory authority (GDPR Art. 5(2), 30(4)): the report of a month and
 * the record of processing activities, as JSON, as CSV and as a page to print.
 */
import { z } from "zod";
import { resource } from "../../contracts/answers.ts";
import { lakeId, MAX_PAGE, month, wholeNumber } from "../../contracts/fields.ts";
import { ok } from "../../domain/decider.ts";
import { negotiate } from "../negotiate.ts";
import { MAX_REPORT_CURSOR, memberOf, rebuildingHeader } from "../reportRoute.ts";
import { type Handled, type ReportText, route, type Services } from "../route.ts";
import { none, textAnswer } from "./shared.ts";

/** Unless said: a record is printed as a whole where it can be, and each is about half a page. */
const DEFAULT_ACTIVITIES = 500;

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

interface Answered {
  readonly ask: () => Promise<object>;
  readonly written: (value: object, form: "csv" | "html") => ReportText;
}

/** With what the reports lack while lakes are told anew: in the page too, for it is what is kept. */
const inForm = async (
  form: keyof typeof FORMS,
  { reports }: Services,
  member: string | null,
  { ask, written }: Answered,
): Handled => {
  // First: a lake that is whole by then is whole in the report.
  const rebuilding = await reports.rebuilding(member);
  const report = { ...(await ask()), rebuilding };
  if (form === "json") return ok({ status: 200, body: report });
  const { headers, ...text } = textAnswer(written(report, form));
  return ok({ ...text, headers: { ...headers, ...rebuildingHeader(rebuilding) } });
};

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
      month,
      lake_id: lakeId.optional(),
    }),
    headers: accepting,
    body: null,
    success: success("MonthlyReport"),
    handle: async ({ query, headers, services, call }) => {
      const { month: wanted, lake_id, format } = query;
      const member = memberOf(call);
      const now = services.now().toISOString();
      return inForm(negotiate(FORMS, format, headers.Accept), services, member, {
        ask: () => services.reports.monthly({ month: wanted, lake_id, member, now }),
        written: services.documents.monthly,
      });
    },
  }),
  route({
    method: "get",
    path: "/reports/processing-record",
    scope: "platform",
    tag: "Reports",
    summary:
      "The record of processing activities (GDPR Art. 30(1)): one for each dataset of the lakes that you " +
      "watch, to administrators of all; also as CSV and as a page to print",
    params: none,
    query: z.strictObject({
      ...reportForm,
      limit: wholeNumber(1, MAX_PAGE).prefault(DEFAULT_ACTIVITIES),
      cursor: z.string().min(1).max(MAX_REPORT_CURSOR).optional(),
      lake_id: lakeId.optional(),
    }),
    headers: accepting,
    body: null,
    success: success("ProcessingRecord"),
    handle: async ({ query, headers, services, call }) => {
      const { limit, cursor = null, lake_id, format } = query;
      const member = memberOf(call);
      const asked = { limit, cursor, lake_id, member, now: services.now().toISOString() };
      return inForm(negotiate(FORMS, format, headers.Accept), services, member, {
        ask: () => services.reports.processingRecord(asked),
        written: services.documents.processingRecord,
      });
    },
  }),
];

/** What the clock does across lakes, by hand; and the archive of monthly reports. */
import { z } from "zod";
import { DATA_FORM } from "../../application/monthlyArchive.ts";
import { isOver, monthBefore } from "../../application/months.ts";
import { list } from "../../contracts/answers.ts";
import { page } from "../../contracts/fields.ts";
import * as asked from "../../contracts/upkeep.ts";
import { ok } from "../../domain/decider.ts";
import { reject } from "../../domain/rejection.ts";
import { route } from "../route.ts";
import { none, textAnswer } from "./shared.ts";

export const upkeepRoutes = [
  route({
    method: "post",
    keyless: true,
    path: "/admin/monthly-report",
    scope: "platform",
    tag: "Admin",
    summary:
      "Keep and announce the report of a month that is over, as the clock does on the first of the " +
      "next one; what is kept or announced already stays as it is",
    params: none,
    query: none,
    body: asked.archiveReport,
    success: { status: 200, schema: asked.archived },
    handle: async ({ body, services }) => {
      const now = services.now();
      const month = body.month ?? monthBefore(now);
      if (!isOver(month, now)) {
        return reject("invalid", "month-not-over", `${month} is not over: it has no report yet.`, [
          { path: "month", message: "must have ended, in UTC" },
        ]);
      }
      return ok({ status: 200, body: await services.upkeep.archive(month, body.again) });
    },
  }),
  route({
    method: "post",
    keyless: true,
    path: "/admin/sweep-alarms",
    scope: "platform",
    tag: "Admin",
    summary:
      "Ask lakes whether their alarms are alive, as the clock does every day, and set those that are " +
      "not; one lake, or page by page all that the reports know",
    params: none,
    query: none,
    body: asked.sweepAlarms,
    success: { status: 200, schema: asked.swept },
    handle: async ({ body, services }) =>
      ok({ status: 200, body: await services.upkeep.sweep(body) }),
  }),
  route({
    method: "get",
    path: "/reports/monthly/archive",
    scope: "platform",
    tag: "Reports",
    summary: "Monthly reports that are kept, the latest first, and their documents",
    params: none,
    query: z.strictObject(page),
    body: null,
    success: { status: 200, schema: list("KeptReports") },
    handle: async ({ query, services }) => {
      const { limit, cursor = null } = query;
      const kept = await services.upkeep.list({ limit, cursor });
      return kept.ok ? ok({ status: 200, body: kept.value }) : kept;
    },
  }),
  route({
    method: "get",
    path: "/reports/monthly/archive/{month}/{document}",
    scope: "platform",
    tag: "Reports",
    summary: "One document of a monthly report, as it was kept",
    params: asked.archivedDocument,
    query: asked.archivedIn,
    body: null,
    success: { status: 200, schema: z.unknown() },
    handle: async ({ params, query, services }) => {
      const { month, document } = params;
      const { jurisdiction = null, revision = null } = query;
      const found = await services.upkeep.read(month, document, jurisdiction, revision);
      if (!found.ok) return found;
      const { media_type, bytes } = found.value;
      // With the mark that a CSV begins with: it is part of what was hashed.
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      if (media_type === DATA_FORM.media_type) return ok({ status: 200, body: text, media_type });
      const filename = `lethe-monthly-${month}${document.slice(document.lastIndexOf("."))}`;
      return ok(textAnswer({ filename, media_type, text }));
    },
  }),
];

/** The calendar of the law by itself: when a request received then would have to be answered. */
import { z } from "zod";
import { deadlines } from "../../contracts/answers.ts";
import { country, receipt, timeZone } from "../../contracts/fields.ts";
import { explainDeadlines } from "../../domain/deadlineExplanation.ts";
import {
  deadlinesOf,
  extendedDeadline,
  GDPR_APPLIES,
  LAST_CALENDAR_DAY,
  localDay,
  startOfDay,
} from "../../domain/deadlines.ts";
import { ok } from "../../domain/decider.ts";
import { reject } from "../../domain/rejection.ts";
import { route } from "../route.ts";
import { none } from "./shared.ts";

export const deadlineRoutes = [
  route({
    method: "get",
    path: "/deadlines",
    scope: "platform",
    tag: "Deletions",
    summary: "When a request received then must be answered (GDPR Art. 12(3), Reg. 1182/71 Art. 3)",
    params: none,
    query: z.strictObject({
      received_at: receipt,
      country: country.optional().meta({
        description: "Whose national public holidays and, unless a zone is given, whose clock.",
      }),
      time_zone: timeZone.optional(),
    }),
    body: null,
    success: { status: 200, schema: deadlines },
    handle: async ({ query, services }) => {
      const calendar = services.calendars.of({
        country: query.country ?? null,
        time_zone: query.time_zone ?? null,
      });
      const said = query.received_at;
      const moment = said.includes("T") ? new Date(said) : null;
      const day = moment === null ? said : localDay(moment, calendar);
      if (day < GDPR_APPLIES || day > LAST_CALENDAR_DAY) {
        const between = `must lie between ${GDPR_APPLIES} and ${LAST_CALENDAR_DAY}`;
        return reject("invalid", "implausible-receipt", "The date of receipt is not plausible.", [
          { path: "received_at", message: `${between} in ${calendar.time_zone}` },
        ]);
      }
      // A date alone begins with its first moment: that is the cautious reading.
      const receivedAt = moment ?? startOfDay(day, calendar);
      return ok({
        status: 200,
        body: {
          received_at: receivedAt.toISOString(),
          country: calendar.country,
          time_zone: calendar.time_zone,
          ...deadlinesOf(receivedAt, calendar),
          extended_deadline: extendedDeadline(receivedAt, calendar).toISOString(),
          explanation: explainDeadlines(receivedAt, calendar),
        },
      });
    },
  }),
];

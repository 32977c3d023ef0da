/** What is asked of the upkeep across lakes. */
import { z } from "zod";
import { JURISDICTIONS } from "../domain/residency.ts";
import { lakeId, month, optional, page, unless, wholeNumber } from "./fields.ts";

/** Lakes that one request asks. */
export const MAX_SWEPT = 500;

export const archiveReport = z
  .strictObject({
    month: optional(month).meta({ description: "One that is over; the last one unless said." }),
    again: unless(z.boolean(), false).meta({
      description: "Keep and announce a next revision, as when events came in late.",
    }),
  })
  .meta({ id: "ArchiveMonthlyReport" });

export const sweepAlarms = z
  .strictObject({
    lake_id: optional(lakeId).meta({ description: "One lake alone." }),
    limit: unless(z.int().min(1).max(MAX_SWEPT), 100),
    cursor: optional(page.cursor.unwrap()).meta({
      description: "Of the answer before, when no lake is named.",
    }),
  })
  .meta({ id: "SweepAlarms" });

export const archivedDocument = z.strictObject({
  month,
  document: z.string().min(1).max(64).meta({ example: "report.json" }),
});

export const archivedIn = z.strictObject({
  jurisdiction: z
    .enum(JURISDICTIONS)
    .optional()
    .meta({ description: "Of the lakes that it is about; of those in none unless said." }),
  revision: wholeNumber(1, 1_000).optional().meta({ description: "The latest unless said." }),
});

const document = z.object({
  name: z.string(),
  key: z.string(),
  media_type: z.string(),
  size_bytes: z.int(),
  sha256: z.string(),
});

export const archived = z
  .object({
    month: z.string(),
    reports: z.array(
      z.object({
        jurisdiction: z.string().nullable(),
        revision: z.int(),
        documents: z.array(document),
        announced_at: z.string(),
        announced_now: z.boolean(),
      }),
    ),
    failed: z.array(z.object({ jurisdiction: z.string().nullable(), failed: z.string() })),
  })
  .meta({ id: "ArchivedReports" });

export const swept = z
  .object({
    lakes: z.int().meta({ description: "How many were asked." }),
    alarms: z.record(z.enum(["set", "not_needed", "ringing", "lost", "late"]), z.int()),
    repaired: z.array(
      z.object({
        lake_id: z.string(),
        state: z.enum(["lost", "late"]),
        due_at: z.string().nullable(),
        armed_for: z.string().nullable(),
        repaired: z.boolean(),
      }),
    ),
    failed: z.array(z.object({ lake_id: z.string(), failed: z.string() })),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: "SweptAlarms" });

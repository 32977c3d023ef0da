/** What whoever runs Lethe asks and is answered, as the OpenAPI document describes it. */
import { z } from "zod";
import { lakeId } from "./fields.ts";

const readyStatus = z.enum(["ready", "not_ready"]);

export const ready = z.object({ status: readyStatus }).meta({ id: "Ready" });

export const readiness = z
  .object({
    status: readyStatus,
    checked_at: z.string(),
    checks: z.array(
      z.object({
        name: z.string().meta({ example: "reports eu" }),
        ok: z.boolean(),
        ms: z.int(),
        detail: z.string().nullable().meta({
          description: "Why not, or what is found in local development; null when it is well.",
        }),
      }),
    ),
  })
  .meta({ id: "Readiness" });

export const redriveParked = z.strictObject({ lake_id: lakeId }).meta({ id: "RedriveParked" });

export const parkedWork = z
  .object({
    lake_id: z.string(),
    duties: z.array(
      z.object({
        kind: z.string().meta({ example: "sweep_upload" }),
        due_at: z.string(),
        attempts: z.int(),
        last_error: z.string().nullable(),
      }),
    ),
    deliveries: z.array(
      z.object({
        webhook_id: z.string(),
        delivery_id: z.string(),
        last_error: z.string().nullable(),
      }),
    ),
    redriven: z.boolean().meta({ description: "Whether all of it is due again now." }),
  })
  .meta({ id: "ParkedWork" });

/** The body that registers a webhook: whom to call, and what about. */
import { z } from "zod";
import { NOTIFIED } from "../domain/webhook/notifications.ts";
import { datasetName, isWebhookSecret, MAX_URL, MAX_WATCHED, optional } from "./fields.ts";

export const registerWebhook = z
  .strictObject({
    url: z.url().max(MAX_URL).meta({ example: "https://example.com/lethe" }),
    events: z
      .array(z.enum(NOTIFIED))
      .min(1)
      .max(NOTIFIED.length)
      .transform((events) => [...new Set(events)]),
    datasets: optional(
      z
        .array(datasetName)
        .min(1)
        .max(MAX_WATCHED)
        .transform((datasets) => [...new Set(datasets)]),
    ).meta({
      description: "Of events about datasets only those about one of these; left out: all.",
    }),
    secret: optional(
      z
        .string()
        .max(128)
        .refine(isWebhookSecret, "must be whsec_ and the base64 of 24 to 64 bytes"),
    ),
  })
  .meta({ id: "RegisterWebhook" });

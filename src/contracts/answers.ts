/** Answers as the OpenAPI document describes them. */
import { z } from "zod";

const open = z.record(z.string(), z.unknown());

export const problem = z
  .looseObject({
    type: z.string().meta({ example: "/problems/dataset-not-found" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457" });

const recorded = {
  message: z.string(),
  events: z.array(z.object({ seq: z.int(), type: z.string() })),
  warnings: z.array(z.string()),
};

/** The answer to a command, with the resource it is about under that resource's name. */
export const commandAnswer = (id: string, more: z.ZodRawShape) =>
  z.looseObject({ ...recorded, ...more }).meta({ id });

export const resource = (id: string) => open.meta({ id });

export const list = (id: string) =>
  z
    .object({ items: z.array(open), next_cursor: z.string().nullable() })
    .meta({ id, description: "One page; next_cursor is null on the last." });

export const deadlines = z
  .object({
    received_at: z.string(),
    country: z.string().nullable(),
    time_zone: z.string(),
    deadline: z.string().meta({ description: "What Lethe works to: 30 days, or less by law." }),
    statutory_deadline: z.string(),
    extended_deadline: z.string().meta({ description: "By law, once extended." }),
    explanation: z.string(),
  })
  .meta({ id: "Deadlines" });

export const anything = open;

export const signedUrl = {
  method: z.enum(["GET", "PUT"]),
  expires_at: z.string(),
};

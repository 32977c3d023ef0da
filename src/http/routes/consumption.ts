/** Published data on its way to those who use it: a batch, or a dataset as one thing. */
import { z } from "zod";
import { consumeBatch } from "../../application/work/batchWork.ts";
import { consumeDataset } from "../../application/work/datasetWork.ts";
import { commandAnswer as answerSchema } from "../../contracts/answers.ts";
import * as bodies from "../../contracts/bodies.ts";
import { columnType, datasetName } from "../../contracts/fields.ts";
import { commandAnswer, route } from "../route.ts";
import { KEY_DESTROYED, none } from "./shared.ts";

const manifest = answerSchema("DatasetManifest", {
  dataset: z.string(),
  schema_version: z.int(),
  schema: z.record(z.string(), columnType),
  retyped: z.record(z.string(), z.array(columnType)).meta({
    description: "Columns that some item has as another type than `schema` says.",
  }),
  format: z.string(),
  as_of: z.string().meta({ description: "For `since` in the next request." }),
  items: z.array(
    z.object({
      batch_id: z.string(),
      revision: z.int(),
      rows: z.int(),
      bytes: z.int(),
      digest: z.string().meta({ description: "Keyed: the lake alone can make it." }),
      published_at: z.string(),
      download_url: z.string(),
      expires_at: z.string(),
    }),
  ),
  unchanged: z.array(z.object({ batch_id: z.string(), revision: z.int() })),
  left_out: z.array(z.object({ batch_id: z.string(), code: z.string(), reason: z.string() })),
  next_cursor: z.string().nullable(),
});

export const consumptionRoutes = [
  route({
    method: "post",
    path: "/consume-batch",
    scope: "lake",
    tag: "Batches",
    summary: "Get a URL to a published batch; audited",
    params: none,
    query: none,
    body: bodies.consumeBatch,
    success: { status: 200, schema: answerSchema("ConsumeAnswer", { download_url: z.string() }) },
    refusals: KEY_DESTROYED,
    handle: async ({ body, call, services }) => {
      const consumer = body.consumer ?? call.actor;
      const request = { type: "Consume", ...body, consumer } as const;
      return commandAnswer(await consumeBatch(services.workshop, call, request), {
        services,
        call,
      });
    },
  }),
  route({
    method: "post",
    path: "/datasets/{name}/consume",
    scope: "lake",
    tag: "Datasets",
    summary: "Get URLs to all that is published of a dataset, or has changed since; audited",
    params: z.strictObject({ name: datasetName }),
    query: none,
    body: bodies.consumeDataset.prefault({}),
    success: { status: 200, schema: manifest },
    refusals: KEY_DESTROYED,
    handle: async ({ params, body, call, services }) => {
      const consumer = body.consumer ?? call.actor;
      const request = { type: "ConsumeDataset", dataset: params.name, ...body, consumer } as const;
      return commandAnswer(await consumeDataset(services.workshop, call, request), {
        services,
        call,
      });
    },
  }),
];

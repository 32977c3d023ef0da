/** The life of a batch: append, check, anonymise, publish. */

import { z } from "zod";
import {
  anonymize,
  appendBatch,
  checkQuality,
  publishBatch,
} from "../../application/work/batchWork.ts";
import { expireBatch } from "../../application/work/endWork.ts";
import { handOut } from "../../application/work/restricted.ts";
import {
  commandAnswer as answerSchema,
  anything,
  list,
  resource,
} from "../../contracts/answers.ts";
import * as bodies from "../../contracts/bodies.ts";
import { batchId, DEFAULT_URL_SECONDS, datasetName, page } from "../../contracts/fields.ts";
import { reject } from "../../domain/rejection.ts";
import type { Format } from "../../domain/table.ts";
import { MAX_CONTENT_BYTES } from "../limits.ts";
import { commandAnswer, decodeCursor, route, stateAnswer } from "../route.ts";
import { listAnswer } from "./lists.ts";
import { command, KEY_DESTROYED, none, refuseBoth, whenOf, whenQuery } from "./shared.ts";

export const IN_BACKGROUND = { 202: "Goes on in the background: watch Location" };

const batch = resource("Batch");
/** What a command about one batch is answered with. */
export const batchAnswer = answerSchema("BatchAnswer", { batch });
const byId = z.strictObject({ id: batchId });

const FORMAT_BY_ENDING: Readonly<Record<string, Format>> = {
  csv: "csv",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
};

/** Text formats may be compressed with gzip, which their bytes say themselves. */
const formatOf = (filename: string): Format | undefined => {
  const [, name = "", zipped] = /^(.*?)(\.gz)?$/i.exec(filename) ?? [];
  const format = FORMAT_BY_ENDING[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
  return zipped !== undefined && format === "parquet" ? undefined : format;
};

export const batchRoutes = [
  route({
    method: "post",
    path: "/append-batch",
    scope: "lake",
    tag: "Batches",
    summary: "Take an uploaded file over as a batch, checking every cell",
    params: none,
    query: none,
    body: bodies.appendBatch,
    success: {
      status: 201,
      schema: batchAnswer,
      also: { ...IN_BACKGROUND, 200: "A corrected file took the place of the one in quarantine" },
    },
    refusals: KEY_DESTROYED,
    handle: async ({ body, call, services }) => {
      const format = formatOf(body.file_url);
      if (format === undefined) {
        return reject(
          "not_a_table",
          "unknown-format",
          `${body.file_url} is of no known format: .csv, .jsonl, .ndjson (each also with .gz) or .parquet.`,
        );
      }
      const { delimiter, reading, ...about } = body;
      if (delimiter !== null && format !== "csv") {
        return reject("invalid", "delimiter-without-csv", "Only CSV files have a delimiter.", [
          { path: "delimiter", message: `${body.file_url} is no CSV file` },
        ]);
      }
      if (reading !== null && format !== "csv") {
        return reject("invalid", "reading-without-csv", "Only CSV files are read in other ways.", [
          { path: "reading", message: `${body.file_url} is no CSV file` },
        ]);
      }
      const dialect = {
        ...(delimiter === null ? {} : { delimiter }),
        ...(reading === null ? {} : { reading }),
      };
      const request = { kind: "append", ...about, format, ...dialect } as const;
      const result = await appendBatch(services.workshop, call, request);
      return commandAnswer(result, { services, call });
    },
  }),
  route({
    method: "get",
    path: "/batches",
    scope: "lake",
    tag: "Batches",
    summary: "Batches in the order in which they were appended",
    params: none,
    query: z.strictObject({
      ...page,
      dataset: datasetName.optional(),
      state: z
        .enum([
          "appending",
          "append_failed",
          "append_cancelled",
          "appended",
          "checked",
          "anonymized",
          "published",
          "quarantined",
          "expired",
        ])
        .optional(),
    }),
    body: null,
    success: { status: 200, schema: list("Batches") },
    handle: async ({ query, ...deps }) => {
      const after = decodeCursor(query.cursor);
      if (!after.ok) return after;
      const { limit, dataset, state } = query;
      return listAnswer(deps, {
        kind: "batch",
        limit,
        after: after.value,
        ...(dataset ? { dataset } : {}),
        ...(state ? { status: state } : {}),
      });
    },
  }),
  route({
    method: "get",
    conditional: true,
    path: "/batches/{id}",
    scope: "lake",
    tag: "Batches",
    summary: "A batch, now or at a time in the past",
    params: byId,
    query: whenQuery,
    body: null,
    success: { status: 200, schema: batch },
    handle: async ({ params, query, ...deps }) =>
      refuseBoth(query) ??
      stateAnswer(deps, { kind: "one", aggregate: "batch", id: params.id, when: whenOf(query) }),
  }),
  route({
    method: "get",
    path: "/batches/{id}/quarantine",
    scope: "lake",
    tag: "Batches",
    summary: "A URL to the rejected rows (JSON Lines); audited",
    params: byId,
    query: none,
    body: null,
    success: { status: 200, schema: answerSchema("QuarantineUrl", { download_url: z.string() }) },
    handle: async ({ params, call, services }) => {
      const expires_in = DEFAULT_URL_SECONDS;
      const request = { type: "SignQuarantineUrl", batch_id: params.id, expires_in } as const;
      const answer = await handOut(services.workshop, call, request);
      return commandAnswer(answer, { services, call });
    },
  }),
  route({
    method: "post",
    path: "/run-dq",
    scope: "lake",
    tag: "Batches",
    summary: "Check every row against quality rules",
    params: none,
    query: none,
    body: bodies.runQuality,
    body_bytes: MAX_CONTENT_BYTES,
    success: {
      status: 200,
      schema: answerSchema("QualityAnswer", { batch, passed: z.boolean(), report: anything }),
      begun: batchAnswer,
      also: IN_BACKGROUND,
    },
    refusals: KEY_DESTROYED,
    handle: async ({ body, call, services }) => {
      const { batch_id, quality_rules: rules } = body;
      const result = await checkQuality(services.workshop, call, {
        kind: "quality",
        batch_id,
        rules,
      });
      return commandAnswer(result, { services, call });
    },
  }),
  route({
    method: "post",
    path: "/run-privacy",
    scope: "lake",
    tag: "Batches",
    summary: "Apply privacy strategies to every cell, or show what they would do",
    params: none,
    query: none,
    body: bodies.runPrivacy,
    body_bytes: MAX_CONTENT_BYTES,
    success: {
      status: 200,
      schema: answerSchema("PrivacyAnswer", { report: anything }),
      begun: batchAnswer,
      also: IN_BACKGROUND,
    },
    refusals: KEY_DESTROYED,
    handle: async ({ body, call, services }) => {
      const { batch_id, privacy_rules: rules, dry_run } = body;
      const result = await anonymize(services.workshop, call, {
        kind: "privacy",
        batch_id,
        rules,
        dry_run,
      });
      return commandAnswer(result, { services, call });
    },
  }),
  route({
    method: "post",
    path: "/quarantine-batch",
    scope: "lake",
    tag: "Batches",
    summary: "Put a batch into quarantine",
    params: none,
    query: none,
    body: bodies.aboutBatch,
    success: { status: 200, schema: batchAnswer },
    handle: ({ body, ...deps }) => command(deps, { type: "QuarantineBatch", ...body }),
  }),
  route({
    method: "post",
    path: "/release-batch",
    scope: "lake",
    tag: "Batches",
    summary: "Release a batch from quarantine",
    params: none,
    query: none,
    body: bodies.aboutBatch,
    success: { status: 200, schema: batchAnswer },
    handle: ({ body, ...deps }) => command(deps, { type: "ReleaseQuarantine", ...body }),
  }),
  route({
    method: "post",
    path: "/batches/{id}/expire",
    scope: "lake",
    tag: "Batches",
    summary: "End a batch before its retention does: all of its objects are deleted",
    params: byId,
    query: none,
    body: bodies.reason,
    success: { status: 200, schema: batchAnswer },
    handle: async ({ params, body, call, services }) => {
      const about = { batch_id: params.id, ...body };
      return commandAnswer(await expireBatch(services.workshop, call, about), { services, call });
    },
  }),
  route({
    method: "post",
    path: "/publish-batch",
    scope: "lake",
    tag: "Batches",
    summary: "Publish a batch as Parquet",
    params: none,
    query: none,
    body: bodies.publishBatch,
    success: { status: 200, schema: batchAnswer, also: IN_BACKGROUND },
    refusals: KEY_DESTROYED,
    handle: async ({ body, call, services }) =>
      commandAnswer(await publishBatch(services.workshop, call, { kind: "publish", ...body }), {
        services,
        call,
      }),
  }),
];

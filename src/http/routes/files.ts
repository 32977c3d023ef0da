/** Signed URLs for uploads and downloads. */
import { z } from "zod";
import type { Call } from "../../application/lakeGateway.ts";
import { landingKey } from "../../application/objectKeys.ts";
import { commandAnswer as answerSchema, signedUrl } from "../../contracts/answers.ts";
import { downloadUrl, uploadUrl } from "../../contracts/bodies.ts";
import { datasetName } from "../../contracts/fields.ts";
import type { DatasetName } from "../../domain/ids.ts";
import { type Handled, route, type Services } from "../route.ts";
import { command, none } from "./shared.ts";

interface Deps {
  readonly services: Services;
  readonly call: Call;
}

const upload = (
  deps: Deps,
  body: z.output<typeof uploadUrl>,
  dataset: DatasetName | null,
): Handled => command(deps, { type: "SignUrl", method: "PUT", dataset, purpose: null, ...body });

/** Also what is not there is the lake's to say: it may have answered this request before. */
const download = async (
  deps: Deps,
  body: z.output<typeof downloadUrl>,
  dataset: DatasetName | null,
): Handled => {
  const found = await deps.services.store.head(landingKey(deps.call.lake_id, body.filename));
  const missing = found === null ? ({ missing: true } as const) : {};
  return command(deps, { type: "SignUrl", method: "GET", dataset, ...body, ...missing });
};

const uploadAnswer = answerSchema("UploadUrlAnswer", {
  upload_url: z.string(),
  file_url: z.string(),
  headers: z.record(z.string(), z.string()),
  ...signedUrl,
});
const downloadAnswer = answerSchema("DownloadUrlAnswer", {
  download_url: z.string(),
  ...signedUrl,
});
const named = z.strictObject({ name: datasetName });

export const fileRoutes = [
  route({
    method: "post",
    path: "/upload-url",
    scope: "lake",
    tag: "Files",
    summary: "A URL to upload a file to",
    params: none,
    query: none,
    body: uploadUrl,
    success: { status: 200, schema: uploadAnswer },
    handle: ({ body, ...deps }) => upload(deps, body, null),
  }),
  route({
    method: "post",
    path: "/datasets/{name}/upload-url",
    scope: "lake",
    tag: "Files",
    summary: "A URL to upload a file for a dataset to",
    params: named,
    query: none,
    body: uploadUrl,
    success: { status: 200, schema: uploadAnswer },
    handle: ({ params, body, ...deps }) => upload(deps, body, params.name),
  }),
  route({
    method: "post",
    path: "/download-url",
    scope: "lake",
    tag: "Files",
    summary: "A URL to download an uploaded file from; audited",
    params: none,
    query: none,
    body: downloadUrl,
    success: { status: 200, schema: downloadAnswer },
    handle: ({ body, ...deps }) => download(deps, body, null),
  }),
  route({
    method: "post",
    path: "/datasets/{name}/download-url",
    scope: "lake",
    tag: "Files",
    summary: "A URL to download a dataset's uploaded file from; audited",
    params: named,
    query: none,
    body: downloadUrl,
    success: { status: 200, schema: downloadAnswer },
    handle: ({ params, body, ...deps }) => download(deps, body, params.name),
  }),
];

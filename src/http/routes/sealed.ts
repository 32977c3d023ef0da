/**
 * Sealed objects, opened on the way to whoever holds a URL to one. The object store's own signed
 * URLs would hand out what is sealed; these are Lethe's, and what they permit is in the token. The
 * access was recorded before the URL was handed out.
 */
import { z } from "zod";
import { contentType } from "../../application/contentTypes.ts";
import {
  BrokenSealError,
  MissingObjectError,
  type ObjectStore,
} from "../../application/dataPorts.ts";
import type { SealedObject } from "../../application/sealedUrls.ts";
import { systemCall } from "../../application/systemCall.ts";
import { isRestricted } from "../../application/work/restricted.ts";
import { objectDamaged } from "../../application/work/workshop.ts";
import { processingRestricted } from "../../domain/batch/restricted.ts";
import { ok, type Result } from "../../domain/decider.ts";
import { type Rejection, reject } from "../../domain/rejection.ts";
import { requestedRange } from "../range.ts";
import { type HttpAnswer, route } from "../route.ts";
import { KEY_DESTROYED, none } from "./shared.ts";

const file = z.string().meta({ format: "binary", description: "The bytes of the file." });

const serve = async (
  store: ObjectStore,
  { key, format, filename }: SealedObject,
  asked: { readonly Range?: string | undefined; readonly "If-Range"?: string | undefined },
): Promise<Result<HttpAnswer, Rejection>> => {
  const object = await store.head(key);
  if (object === null) return objectGone();
  const size = object.size_bytes;
  const etag = `"${object.etag}"`;
  // A part is only of use to whoever has the rest of the same object.
  const same = asked["If-Range"] === undefined || asked["If-Range"] === etag;
  const range = requestedRange(same ? asked.Range : undefined, size);
  if (range.kind === "unsatisfiable") {
    return ok({
      status: 416,
      body: {},
      headers: { "Content-Range": `bytes */${size}` },
      problem: { code: "range-not-satisfiable", detail: `The file has ${size} bytes.` },
    });
  }
  const { offset, length } = range.kind === "part" ? range : { offset: 0, length: size };
  // By its range, also when that is the whole: its seal is then tried before anything is sent.
  const body = await store.open(key, { offset, length });
  if (body === null) return objectGone();
  const part = { "Content-Range": `bytes ${offset}-${offset + length - 1}/${size}` };
  return ok({
    status: range.kind === "part" ? 206 : 200,
    body,
    length,
    media_type: contentType(format),
    headers: {
      "Accept-Ranges": "bytes",
      "Content-Disposition": `attachment; filename="${filename}"`,
      ETag: etag,
      ...(range.kind === "part" ? part : {}),
    },
  });
};

const objectGone = () =>
  reject("not_found", "object-gone", "What this URL opened is not there any more.");

export const sealedRoutes = [
  route({
    method: "get",
    path: "/sealed/{token}",
    scope: "lake",
    tag: "Files",
    summary: "The sealed file that a signed URL opens, as a whole or in part",
    params: z.strictObject({ token: z.string() }),
    query: none,
    headers: z.object({
      Range: z.string().optional().meta({ description: "One range of bytes." }),
      "If-Range": z.string().optional().meta({ description: "The ETag that was seen last." }),
    }),
    body: null,
    success: {
      status: 200,
      schema: file,
      media_type: "application/octet-stream",
      also: { 206: "The part that was asked for" },
    },
    refusals: {
      ...KEY_DESTROYED,
      409: "It may hold data whose processing is restricted (Art. 18 GDPR)",
      416: "Nothing of the range lies in the file",
    },
    handle: async ({ params, headers, call, services }) => {
      const question = { kind: "sealed_object", token: params.token } as const;
      const found = await services.gateway.ask(call, question);
      if (!found.ok) return found;
      if (found.value.kind !== "sealed_object") return objectGone();
      const { seal_key, look_into } = found.value;
      const { store } = services.workshop.sealed(seal_key);
      try {
        if (look_into !== undefined) {
          const asking = systemCall(call.lake_id);
          const restricted = await isRestricted(services.workshop, asking, look_into);
          if (!restricted.ok) return restricted;
          if (restricted.value) return processingRestricted(`Batch ${look_into}`);
        }
        return await serve(store, found.value, headers);
      } catch (error) {
        if (error instanceof BrokenSealError) return objectDamaged(error);
        if (error instanceof MissingObjectError) return objectGone();
        throw error;
      }
    },
  }),
];

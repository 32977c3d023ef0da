/** A route's answer on its way out: JSON, text, a problem document, or a stream of bytes. */

import { say } from "../application/logging.ts";
import type { RequestContext } from "./context.ts";
import { problemResponse } from "./problem.ts";
import { respond, respondJson } from "./respond.ts";
import type { HttpAnswer } from "./route.ts";
import { pagePolicy } from "./securityHeaders.ts";

/** What a route answers, as HTTP has it. */
export const answer = (
  c: RequestContext,
  { status, body, media_type, headers, length, problem }: HttpAnswer,
): Response => {
  if (problem) {
    const more = body as Readonly<Record<string, unknown>>;
    return problemResponse(c, { status, ...problem, more }, headers);
  }
  if (body instanceof ReadableStream) {
    const type = media_type ?? "application/octet-stream";
    const size = length === undefined ? {} : { "Content-Length": String(length) };
    const sent = length === undefined || c.req.method === "HEAD" ? body : ofLength(body, length);
    return answerStream(c, status, sent, { ...headers, ...size, "Content-Type": type });
  }
  if (media_type === undefined) return respondJson(c, status, body, headers);
  const text = String(body);
  const policy = media_type.startsWith("text/html")
    ? { "Content-Security-Policy": pagePolicy(text) }
    : {};
  return respond(c, status, text, { ...policy, ...headers, "Content-Type": media_type });
};

/** The caller has it: the headers that say so, and nothing else (RFC 9110, section 15.4.5). */
export const notModified = (c: RequestContext, { headers = {} }: HttpAnswer): Response =>
  respond(c, 304, null, headers);

/** A stream nobody will read is cancelled, or it would stay open for ever. */
const answerStream = (
  c: RequestContext,
  status: HttpAnswer["status"],
  body: ReadableStream,
  headers: Readonly<Record<string, string>>,
): Response => {
  if (c.req.method !== "HEAD") return respond(c, status, body, headers);
  c.executionCtx.waitUntil(body.cancel());
  return respond(c, status, null, headers);
};

/** The platform announces the length only of a stream that is known to keep to it. */
const ofLength = (body: ReadableStream, length: number): ReadableStream => {
  const fixed = new FixedLengthStream(length);
  // Whoever reads the one learns what became of the other: it breaks off there.
  body.pipeTo(fixed.writable).catch((error) => say("error", "a file broke off", { error }));
  return fixed.readable;
};

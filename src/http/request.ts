/** Reading a request: everything is bounded and checked before anyone acts on it. */
import { z } from "zod";
import { sentence } from "../contracts/sentences.ts";
import type { RequestContext } from "./context.ts";
import { versionOfTag } from "./entityTags.ts";
import {
  checkJsonShape,
  MAX_COMMAND_BYTES,
  MAX_IDEMPOTENCY_KEY_LENGTH,
  MAX_LINES_BYTES,
  MAX_REQUEST_ID_LENGTH,
} from "./limits.ts";
import { HttpProblem, validationProblem } from "./problem.ts";
import type { SentHeaders } from "./sentHeaders.ts";

const jsonText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * What programs make to tell requests apart. A request's id stands in the log for ever, so it is taken
 * over by its shape alone: what a person might write, a name, a number or an address, has none of
 * these.
 */
const REQUEST_IDS = [
  // A UUID (RFC 9562).
  /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
  // A ULID.
  /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/,
  // 8, 16 or 32 bytes in hex, as of a trace. Without a letter behind its beginning it might be a
  // number that is somebody's: of a card, or of an account in Belgium.
  /^(?=..+[a-f])(?=.*\d)(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64})$/,
  // A traceparent (W3C Trace Context).
  /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/,
  // AWS X-Ray's, and Cloudflare's Ray ID.
  /^(?:Root=)?1-[0-9a-f]{8}-[0-9a-f]{24}$/,
  /^[0-9a-f]{16}-[A-Z]{3}$/,
];

/** The request's id: the caller's where it is an opaque one, else a new one. */
export const requestIdOf = (headers: SentHeaders): string => {
  const given = headers.get("x-request-id");
  const fits =
    given !== null &&
    given.length <= MAX_REQUEST_ID_LENGTH &&
    REQUEST_IDS.some((shape) => shape.test(given));
  return fits ? given : crypto.randomUUID();
};

/** The JSON body of `limit` bytes at most, or undefined when there is none. Throws 400, 413, 415, 422. */
export const readJson = async (c: RequestContext, limit = MAX_COMMAND_BYTES): Promise<unknown> => {
  const bytes = await readBytes(c, limit);
  if (bytes.length === 0) return undefined;
  const type = mediaType(c);
  if (type !== "application/json" && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw new HttpProblem({
      status: 415,
      code: "unsupported-media-type",
      detail: `Send the body as Content-Type: application/json${type ? `, not ${type}` : ""}.`,
    });
  }
  checkJsonShape(bytes);
  try {
    const text = jsonText.decode(bytes);
    // What is no text, and that name, may be written with escapes: then every member is looked at.
    const suspicious = text.includes("__proto__") || text.includes("\\u");
    return suspicious ? JSON.parse(text, refuseUnfit) : JSON.parse(text);
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    throw new HttpProblem({
      status: 400,
      code: "malformed-json",
      detail: "The body is not well-formed JSON in UTF-8.",
    });
  }
};

/** The lines of an NDJSON body, unparsed, without their line feeds. Throws 400, 413 or 415. */
export const readLines = async (c: RequestContext): Promise<readonly string[]> => {
  const bytes = await readBytes(c, MAX_LINES_BYTES);
  if (bytes.length === 0) return [];
  if (mediaType(c) !== "application/x-ndjson") {
    throw new HttpProblem({
      status: 415,
      code: "unsupported-media-type",
      detail: "Send the lines as Content-Type: application/x-ndjson.",
    });
  }
  try {
    // A byte order mark stays what it is: the lines are hashed.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const lines = text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines;
  } catch {
    throw new HttpProblem({
      status: 400,
      code: "malformed-ndjson",
      detail: "The body is not UTF-8.",
    });
  }
};

const mediaType = (c: RequestContext): string =>
  (c.get("headers").get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/**
 * A member called `__proto__` would be lost on the way or change what an object is. Half a surrogate
 * pair is no character (RFC 7493, section 2.1): written as UTF-8 all halves are the same, and two
 * names would be one.
 */
const refuseUnfit = (key: string, value: unknown): unknown => {
  if (key === "__proto__") throw unfit("no member can be called __proto__", key, "is no name");
  const text = typeof value === "string" ? value : "";
  if (key.isWellFormed() && text.isWellFormed()) return value;
  throw unfit("half a surrogate pair is no character", key.toWellFormed(), "is no Unicode text");
};

const unfit = (why: string, path: string, message: string): HttpProblem =>
  new HttpProblem({
    status: 422,
    code: "invalid-input",
    detail: `The body is not valid: ${why}.`,
    errors: [{ path, message }],
  });

/** What is read of a body that turned out to be too large, so that its sender comes to hear of it. */
const MAX_DISCARDED_BYTES = 32 * 1024 * 1024;

/**
 * A body that says that it is too large is not touched, of one that does not say the rest is thrown
 * away: breaking off tears the connection down, and whoever is still sending would see it break in
 * place of the answer.
 */
const readBytes = async (c: RequestContext, limit: number): Promise<Uint8Array> => {
  const request = c.req.raw;
  const announced = Number(c.get("headers").get("content-length") ?? Number.NaN);
  if (announced <= limit) return new Uint8Array(await request.arrayBuffer());
  if (request.body === null) return new Uint8Array(0);
  if (announced > limit) throw bodyTooLarge(limit);
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= MAX_DISCARDED_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length <= limit) chunks.push(value);
  }
  if (length > limit) throw bodyTooLarge(limit);
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
};

const bodyTooLarge = (limit: number): HttpProblem =>
  new HttpProblem({
    status: 413,
    code: "body-too-large",
    detail: `A body may have ${limit} bytes; files go through POST /upload-url.`,
  });

/** Parses, or throws a 422 that says which part of the input is wrong and where. */
export const parsed = (schema: z.ZodType, value: unknown, where: string): unknown => {
  const result = schema.safeParse(value, { error: sentence });
  if (result.success) return result.data;
  throw new HttpProblem(validationProblem(result.error, where));
};

/** The query as an object; a parameter given twice is refused. */
export const readQuery = (c: RequestContext): Record<string, string> => {
  if (!c.get("url").includes("?")) return {};
  const given = Object.entries(c.req.queries()).map(([key, values]) => {
    if (values.length > 1) {
      throw new HttpProblem({
        status: 422,
        code: "invalid-input",
        detail: `The query is not valid: ${key} is given more than once.`,
        errors: [{ path: key, message: "given more than once" }],
      });
    }
    return [key, values[0] ?? ""] as const;
  });
  // As entries: assigned, one called `__proto__` would be lost and never refused.
  return Object.fromEntries(given);
};

/** They ask for a part of what is sent, so they mean nothing but to GET (RFC 9110, section 14.2). */
const OF_RANGES: ReadonlySet<string> = new Set(["Range", "If-Range"]);

/** The headers a schema names; one without a value counts as not given. */
export const readHeaders = (c: RequestContext, schema: z.ZodType): Record<string, string> => {
  const all = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const names = c.req.method === "GET" ? all : all.filter((name) => !OF_RANGES.has(name));
  const sent = (name: string) => c.get("headers").get(name.toLowerCase() as Lowercase<string>);
  const given = names.map((name) => [name, sent(name) ?? ""] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
};

/** The idempotency key, or null. Throws 400 for one that is no key. */
export const readIdempotencyKey = (c: RequestContext): string | null => {
  const key = c.get("headers").get("idempotency-key");
  if (key === null) return null;
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > MAX_IDEMPOTENCY_KEY_LENGTH) {
    throw new HttpProblem({
      status: 400,
      code: "malformed-idempotency-key",
      detail: `An Idempotency-Key has 1-${MAX_IDEMPOTENCY_KEY_LENGTH} visible ASCII characters and no blank.`,
    });
  }
  return key;
};

/** The stream version that `If-Match` demands, or null. Throws 400 for anything else. */
export const readIfMatch = (c: RequestContext): number | null => {
  const header = c.get("headers").get("if-match");
  if (header === null || header === "*") return null;
  const version = versionOfTag(header);
  if (version === null) {
    throw new HttpProblem({
      status: 400,
      code: "malformed-if-match",
      detail: 'If-Match takes one ETag as Lethe gives it, such as "3".',
    });
  }
  return version;
};

/** JSON with sorted keys: the same content is the same text, however it was written. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(",")}}`;
};

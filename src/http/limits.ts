/**
 * How much a request may ask of Lethe before anybody looks at what it says. The README lists these
 * beside the limits of what is said; a test compares the two.
 */
import { HttpProblem } from "./problem.ts";
import type { SentHeaders } from "./sentHeaders.ts";

/** A body that only names things and says why. */
export const MAX_COMMAND_BYTES = 64 * 1024;

/** A body that brings content of its own: schemas, rules, many accesses. Data goes through URLs. */
export const MAX_CONTENT_BYTES = 1024 * 1024;

/** Lines of a log: one event alone may be somewhat larger than the command it came from. */
export const MAX_LINES_BYTES = 4 * MAX_CONTENT_BYTES;

/** Objects and arrays in one another; what Lethe takes has six levels. */
export const MAX_JSON_DEPTH = 32;

/** Members of objects and items of arrays in one body. */
export const MAX_JSON_MEMBERS = 50_000;

/** Names and values of all headers; the longest in use is a token of 8 KiB, which may come twice. */
export const MAX_HEADER_BYTES = 32 * 1024;

export const MAX_PATH_LENGTH = 4096;
export const MAX_QUERY_LENGTH = 4096;
export const MAX_IDEMPOTENCY_KEY_LENGTH = 255;
export const MAX_REQUEST_ID_LENGTH = 64;

/** Throws 413 when the headers, or 422 when path or query are longer than any that Lethe takes. */
export const checkLengths = (url: string, headers: Pick<SentHeaders, "length">): void => {
  const query = url.indexOf("?");
  const until_query = query === -1 ? url.length : query;
  if (until_query > MAX_PATH_LENGTH) throw tooLong("path", MAX_PATH_LENGTH);
  if (url.length - until_query > MAX_QUERY_LENGTH) throw tooLong("query", MAX_QUERY_LENGTH);
  if (headers.length <= MAX_HEADER_BYTES) return;
  throw new HttpProblem({
    status: 413,
    code: "headers-too-large",
    detail: `The headers may have ${MAX_HEADER_BYTES} bytes in all.`,
  });
};

const tooLong = (part: "path" | "query", most: number): HttpProblem =>
  new HttpProblem({
    status: 422,
    code: `${part}-too-long`,
    detail: `The ${part} may have ${most} characters.`,
    errors: [{ path: "", message: `the ${part} is longer than ${most} characters` }],
  });

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/**
 * Throws 422 when JSON is deeper, or has more members, than anything Lethe takes: seen on its bytes,
 * before it is parsed. What is no JSON passes, for the parser to refuse.
 */
export const checkJsonShape = (bytes: Uint8Array): void => {
  // Too short to be either: a level and a member need a byte at least.
  if (bytes.length <= MAX_JSON_DEPTH) return;
  let depth = 0;
  let members = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === COMMA) {
      members += 1;
      if (members > MAX_JSON_MEMBERS) {
        throw misshapen("json-too-many-members", `more than ${MAX_JSON_MEMBERS} members`);
      }
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      members += 1;
      if (depth > MAX_JSON_DEPTH) {
        throw misshapen("json-too-deep", `more than ${MAX_JSON_DEPTH} levels`);
      }
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
};

const misshapen = (code: string, what: string): HttpProblem =>
  new HttpProblem({
    status: 422,
    code,
    detail: `The body has ${what}.`,
    errors: [{ path: "", message: `must not have ${what}` }],
  });

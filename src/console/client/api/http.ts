/**
 * Requests to Lethe. Refusals come back as values, never as exceptions; a command carries one
 * `Idempotency-Key` from its first try to its last, so that a person who presses twice, or whose
 * connection broke, does a thing once.
 */
import { noAnswer, type Problem, problemOf } from "./problem.ts";

export interface Success<Body> {
  readonly ok: true;
  readonly status: number;
  readonly body: Body;
  /** The version that was read, for `If-Match`. */
  readonly etag: string | null;
  /** What to watch when work goes on in the background. */
  readonly location: string | null;
}

export type Answer<Body> = Success<Body> | { readonly ok: false; readonly problem: Problem };

export interface Ask {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly key?: string;
  readonly etag?: string;
  readonly signal?: AbortSignal;
}

export interface Connection {
  readonly token: string | null;
  /** Before each path: empty, or `/lakes/<id>`. */
  readonly base: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly newKey: () => string;
}

/** A command on its way: sent again, it is the same command. */
export interface Submission<Body> {
  readonly key: string;
  send(signal?: AbortSignal): Promise<Answer<Body>>;
}

export interface Api {
  /** A question. `path` as the documentation has it, below the lake. */
  get<Body>(path: string, signal?: AbortSignal): Promise<Answer<Body>>;
  /** A question whose answer is text. */
  text(path: string, signal?: AbortSignal): Promise<Answer<string>>;
  command<Body>(path: string, body?: unknown, more?: CommandOptions): Submission<Body>;
  /** The response itself, such as a stream. Throws when there is none. */
  open(path: string, signal: AbortSignal, headers?: Record<string, string>): Promise<Response>;
}

export interface CommandOptions {
  readonly method?: "POST" | "PUT" | "DELETE";
  readonly etag?: string;
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

const bodyOf = async (response: Response): Promise<unknown> => {
  const type = response.headers.get("Content-Type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\b/.test(type)) return response.text();
  return response.json();
};

/** Asks for the path of an absolute or relative place, as `Location` names it. */
const ask = async <Body>(
  { token, base, fetch }: Connection,
  path: string,
  { method = "GET", body, key, etag, signal }: Ask,
): Promise<Answer<Body>> => {
  const headers: Record<string, string> = { Accept: "application/json, text/plain;q=0.9" };
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key !== undefined) headers["Idempotency-Key"] = key;
  if (etag !== undefined) headers["If-Match"] = etag;
  try {
    const response = await fetch(`${base}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const answered = await bodyOf(response);
    if (!response.ok) {
      const problem = problemOf(response.status, answered, response.headers.get("Retry-After"));
      return { ok: false, problem };
    }
    return {
      ok: true,
      status: response.status,
      body: answered as Body,
      etag: response.headers.get("ETag"),
      location: response.headers.get("Location"),
    };
  } catch (error) {
    // Whoever leaves a page waits for nothing any more.
    if (isAbort(error)) throw error;
    return { ok: false, problem: noAnswer() };
  }
};

export const createApi = (connection: Connection): Api => ({
  get: (path, signal) => ask(connection, path, signal === undefined ? {} : { signal }),
  text: (path, signal) => ask(connection, path, signal === undefined ? {} : { signal }),
  command(path, body, { method = "POST", etag } = {}) {
    const key = connection.newKey();
    return {
      key,
      send: (signal) =>
        ask(connection, path, {
          method,
          ...(method === "POST" ? { key } : {}),
          ...(body === undefined ? {} : { body }),
          ...(etag === undefined ? {} : { etag }),
          ...(signal === undefined ? {} : { signal }),
        }),
    };
  },
  open: (path, signal, headers = {}) =>
    connection.fetch(`${connection.base}${path}`, {
      headers: {
        ...headers,
        ...(connection.token === null ? {} : { Authorization: `Bearer ${connection.token}` }),
      },
      signal,
    }),
});

/** A path with the parameters that are set; empty ones are left out. */
export const withQuery = (
  path: string,
  query: Readonly<Record<string, string | number | boolean | null | undefined>>,
): string => {
  const set = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const search = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return search === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${search}`;
};

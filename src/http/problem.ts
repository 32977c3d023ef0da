/**
 * Problem documents (RFC 9457), and the one place where a rejection becomes an HTTP status. What
 * is not a rejection is a bug: it is logged and answered without a word about the inside.
 */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import type { Issue, Rejection, RejectionReason } from "../domain/rejection.ts";
import type { RequestContext } from "./context.ts";
import { respondJson } from "./respond.ts";

const STATUS = {
  not_found: 404,
  already_exists: 409,
  wrong_state: 409,
  stale_version: 412,
  invalid: 422,
  compliance: 422,
  key_reused: 422,
  not_a_table: 415,
  too_large: 413,
  unauthenticated: 401,
  forbidden: 403,
  gone: 410,
  unavailable: 503,
} as const satisfies Record<RejectionReason, ContentfulStatusCode>;

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  410: "Gone",
  412: "Precondition failed",
  413: "Content too large",
  415: "Unsupported media type",
  416: "Range not satisfiable",
  422: "Unprocessable content",
  429: "Too many requests",
  500: "Internal error",
  503: "Service unavailable",
};

export interface Problem {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly Issue[];
  /** Members besides those of RFC 9457. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A refusal that belongs to HTTP itself, thrown while a request is being read. */
export class HttpProblem extends Error {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(problem.detail);
    this.problem = problem;
    this.headers = headers;
  }
}

/** Seconds after which what could not be done for now may be asked for again, unless it is said. */
const RETRY_AFTER_S = 10;

export const problemResponse = (
  c: RequestContext,
  { status, code, detail, errors, more }: Problem,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  respondJson(
    c,
    status,
    {
      type: `/problems/${code}`,
      title: TITLES[status] ?? "Error",
      status,
      detail,
      code,
      ...(errors ? { errors } : status === 422 ? { errors: [{ path: "", message: detail }] } : {}),
      ...more,
    },
    {
      ...(status === 503 ? { "Retry-After": String(RETRY_AFTER_S) } : {}),
      ...headers,
      "Content-Type": "application/problem+json",
    },
  );

export const rejectionProblem = ({
  reason,
  code,
  detail,
  errors,
  figures,
}: Rejection): Problem => ({
  status: STATUS[reason],
  code,
  detail,
  ...(errors ? { errors } : {}),
  ...(figures ? { more: figures } : {}),
});

interface PlainIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Of a choice between forms, the issues of the one that the input came closest to. */
const plainIssues = (issue: z.core.$ZodIssue): readonly PlainIssue[] => {
  if (issue.code !== "invalid_union") return [issue];
  const depth = (branch: readonly PlainIssue[]) =>
    Math.max(0, ...branch.map(({ path }) => path.length));
  const [closest] = [...issue.errors].sort((a, b) => depth(b) - depth(a));
  if (closest === undefined) return [issue];
  return closest
    .flatMap(plainIssues)
    .map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
};

/** What zod found, as a 422 whose errors name the place in the input. */
export const validationProblem = (error: z.ZodError, where: string): Problem => {
  const errors = error.issues.flatMap(plainIssues).map(({ path, message }) => ({
    path: path.map(String).join("."),
    message,
  }));
  const first = errors[0];
  const place = first?.path ? `${first.path}: ` : "";
  return {
    status: 422,
    code: "invalid-input",
    detail: `The ${where} is not valid: ${place}${first?.message ?? "unknown"}.`,
    errors,
  };
};

/**
 * What the console shows of a refusal: the problem document (RFC 9457) as Lethe wrote it, as a value.
 * Whatever keeps an answer from coming becomes one too, so that a page has one way to fail.
 */

export interface FieldError {
  /** Where in the input, its parts joined by dots; empty for the whole of it. */
  readonly path: string;
  readonly message: string;
}

export interface Problem {
  /** The HTTP status; 0 when there was no answer at all. */
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** The sentence that a person is shown, as it is. */
  readonly detail: string;
  readonly errors: readonly FieldError[];
  /** Seconds after which to ask again, where the answer says so. */
  readonly retry_after_s: number | null;
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {};

const text = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value !== "" ? value : otherwise;

const errorsIn = (value: unknown): readonly FieldError[] =>
  Array.isArray(value)
    ? value.map(record).map(({ path, message }) => ({
        path: text(path, ""),
        message: text(message, "is not valid"),
      }))
    : [];

/** From the body of a refusal; `body` is whatever came, a problem document or not. */
export const problemOf = (status: number, body: unknown, retryAfter: string | null): Problem => {
  const { code, title, detail, errors } = record(body);
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  return {
    status,
    code: text(code, "unknown"),
    title: text(title, "Refused"),
    detail: text(detail, `Lethe answered ${status} and did not say why.`),
    errors: errorsIn(errors),
    retry_after_s: Number.isFinite(seconds) ? seconds : null,
  };
};

/** No answer came. Whether the request had an effect is unknown: the same key asks again safely. */
export const noAnswer = (): Problem => ({
  status: 0,
  code: "no-answer",
  title: "No answer",
  detail: "Lethe cannot be reached. Nothing is lost: try again, and it is done once.",
  errors: [],
  retry_after_s: null,
});

/** Whether asking the same again may go better. */
export const isPassing = ({ status }: Problem): boolean =>
  status === 0 || status === 429 || status === 502 || status === 503 || status === 504;

/** Errors at a field or within it, such as `schema` and `schema.amount`. */
export const errorsAt = (problem: Problem | null, path: string): readonly FieldError[] =>
  (problem?.errors ?? []).filter(
    (error) => error.path === path || error.path.startsWith(`${path}.`),
  );

/** Errors that belong to none of the fields, and would be shown nowhere. */
export const errorsBeside = (
  problem: Problem,
  fields: readonly string[],
): readonly FieldError[] => {
  const placed = new Set(fields.flatMap((field) => errorsAt(problem, field)));
  return problem.errors.filter(
    (error) => !placed.has(error) && !(error.path === "" && error.message === problem.detail),
  );
};

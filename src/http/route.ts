/**
 * A route as data: what it takes, what it answers, what it does. The app serves it and the
 * OpenAPI document describes it from the same value, so that neither can say otherwise.
 */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { type Answer, RECORDED_REFUSALS } from "../application/answers.ts";
import type { ObjectStore } from "../application/dataPorts.ts";
import type { KnownLakes } from "../application/knownLakes.ts";
import type { Call, LakeGateway } from "../application/lakeGateway.ts";
import type { LakeImporter, LakeListener, LakeProver } from "../application/logGateway.ts";
import type { ReadMetrics } from "../application/metrics.ts";
import type { Calendars, Presigner } from "../application/ports.ts";
import type { Question } from "../application/questions.ts";
import type { Readiness } from "../application/readiness.ts";
import type { Upkeep } from "../application/upkeep.ts";
import type { Workshop } from "../application/work/workshop.ts";
import { err, ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { Placement } from "../domain/residency.ts";
import { entityTag } from "./entityTags.ts";
import { signedUrls } from "./signedUrls.ts";

/** What a request is served with; made by the composition root. */
export interface Services {
  readonly gateway: LakeGateway & LakeProver & LakeListener & LakeImporter;
  readonly workshop: Workshop;
  readonly store: ObjectStore;
  readonly presigner: Presigner;
  /** Scheme and host that the client has reached Lethe under. */
  readonly origin: string;
  readonly reports: Reports;
  readonly documents: ReportDocuments;
  readonly calendars: Calendars;
  readonly upkeep: Upkeep;
  /** Every lake there is, page by page. Throws for a foreign cursor. */
  readonly knownLakes: KnownLakes;
  /**
   * Keeps the id of a new lake for where it is to lie, and leads there; rejects with `unavailable`
   * when that is nowhere here. A lake that is there already stays where it is.
   */
  reserve(
    lake_id: string,
    placement: Placement,
  ): Promise<Result<Pick<Services, "gateway">, Rejection>>;
  /** Resolves when the lake's events have reached the reports, or after a short while. */
  settle(lake_id: string): Promise<void>;
  readonly readMetrics: ReadMetrics;
  readonly readiness: () => Promise<Readiness>;
  /** That, and what is tried from outside. */
  readonly deepReadiness: () => Promise<Readiness>;
  readonly now: () => Date;
  readonly newId: () => string;
}

/** What every report across lakes is asked with. */
export interface Asked {
  readonly limit: number;
  readonly cursor: string | null;
  /** Only lakes that this person watches; null: all. */
  readonly member: string | null;
  /** Of these, only this one. */
  readonly lake_id: string | undefined;
}

export type Row = Readonly<Record<string, unknown>>;

type Report<More = object> = (
  asked: Asked & More,
) => Promise<{ readonly items: readonly object[]; readonly next_cursor: string | null }>;

/** RFC 3339, or days, or months, as the report counts; left out: without end. */
interface Span {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

interface Due {
  readonly now: string;
  readonly due_before: string | undefined;
}

interface Months {
  readonly from: string;
  readonly to: string;
}

/** Lakes whose reports are being derived anew. */
export interface Rebuilding {
  readonly lakes: number;
  readonly lake_ids: readonly string[];
}

/** Reports across lakes, as the routes ask for them. Throw `BadCursor` for a foreign cursor. */
export interface Reports {
  /** All lakes, or those that have `member` as a member. */
  lakes(page: { limit: number; cursor: string | null; member: string | null }): Promise<object>;
  /** What all of these lack for now; `member` is told by id of lakes that he is a member of. */
  rebuilding(member: string | null): Promise<Rebuilding>;
  monthly(
    asked: Pick<Asked, "member" | "lake_id"> & { readonly month: string; readonly now: string },
  ): Promise<object>;
  /** Activities by lake and dataset, with what Art. 30(1) GDPR asks of each. */
  processingRecord(asked: Asked & { readonly now: string }): Promise<object>;
  readonly deletions: Report<Due>;
  readonly overdueDeletions: Report<Span>;
  readonly completedDeletions: Report<Span>;
  readonly deletionSummary: Report<Months>;
  deletionMonths(asked: Asked & Months): Promise<readonly object[]>;
  readonly subjectAccesses: Report<Due>;
  readonly access: Report<Span>;
  readonly accessPurposes: Report<Span>;
  readonly firstAccesses: Report<Span>;
  readonly accessVolume: Report<Span>;
  readonly data: Report;
  readonly datasets: Report<{ readonly contains_pii: true | undefined }>;
  readonly unapprovedContracts: Report;
  readonly retention: Report<{ readonly due_before: string }>;
}

/** A report as a text that needs nothing else. */
export interface ReportText {
  readonly filename: string;
  readonly media_type: string;
  readonly text: string;
}

/** Reports, as `Reports` gives them, written for people. */
export interface ReportDocuments {
  monthly(report: object, form: "csv" | "html"): ReportText;
  processingRecord(record: object, form: "csv" | "html"): ReportText;
}

export interface HttpAnswer {
  readonly status: ContentfulStatusCode;
  /** A value for JSON, or text or a stream of bytes when `media_type` says what it is. */
  readonly body: unknown;
  readonly media_type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a stream whose end is known, in bytes: sent as `Content-Length`, and held to. */
  readonly length?: number;
  /** It is given as a whole, whatever the caller has: that it was given is on record. */
  readonly on_record?: true;
  /** For a recorded refusal: sent as a problem document. */
  readonly problem?: { readonly code: string; readonly detail: string };
}

export type Handled = Promise<Result<HttpAnswer, Rejection>>;

export interface RouteInput<Params, Query, Body, Headers> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Headers;
  readonly call: Call;
  readonly services: Services;
}

type Shape = z.ZodType;

interface Success {
  readonly status: 200 | 201 | 202;
  readonly schema: z.ZodType;
  /** `application/json` unless said. */
  readonly media_type?: string;
  /** Other media types that the request may ask for. */
  readonly or?: readonly { readonly media_type: string; readonly schema: z.ZodType }[];
  /** What 202 comes with, where that is not the same answer. */
  readonly begun?: z.ZodType;
  /** Other statuses the same answer may come with, and what each means. */
  readonly also?: Readonly<Record<number, string>>;
}

interface RouteSpec<
  Params extends Shape,
  Query extends Shape,
  Body extends Shape,
  Headers extends Shape,
> {
  readonly method: "get" | "post" | "put" | "delete";
  /** A POST that keeps no `Idempotency-Key`: it may be repeated as it is. */
  readonly keyless?: true;
  /** A GET whose answer is told by its `ETag`: who has it already is answered 304. */
  readonly conditional?: true;
  /** A POST that changes no aggregate: there is no version for `If-Match` to demand. */
  readonly unconditional?: true;
  /** In OpenAPI form, such as `/batches/{id}`. */
  readonly path: string;
  /** `lake`: served below `/lakes/{lake_id}` and, for the default lake, at the root. */
  readonly scope: "lake" | "platform";
  readonly tag: string;
  readonly summary: string;
  readonly params: Params;
  readonly query: Query;
  /** Request headers the route reads itself, by the names HTTP gives them. */
  readonly headers?: Headers;
  /** Null when the route takes no body. */
  readonly body: Body | null;
  /** `ndjson`: the body is lines of text, unparsed, and the schema one of an array of strings. */
  readonly body_type?: "ndjson";
  /** Bytes a body may have; `MAX_COMMAND_BYTES` unless said. */
  readonly body_bytes?: number;
  readonly success: Success;
  /** Statuses of refusals besides those that any route may give, and what each means. */
  readonly refusals?: Readonly<Record<number, string>>;
  readonly handle: (
    input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>, z.output<Headers>>,
  ) => Handled;
}

/** A route whose types have been checked and forgotten. */
export interface Route {
  readonly method: "get" | "post" | "put" | "delete";
  readonly keyless?: true;
  readonly conditional?: true;
  readonly unconditional?: true;
  readonly path: string;
  readonly scope: "lake" | "platform";
  readonly tag: string;
  readonly summary: string;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly headers?: z.ZodType;
  readonly body: z.ZodType | null;
  readonly body_type?: "ndjson";
  readonly body_bytes?: number;
  readonly success: Success;
  /** Statuses of refusals besides those that any route may give, and what each means. */
  readonly refusals?: Readonly<Record<number, string>>;
  readonly handle: (input: RouteInput<never, never, never, never>) => Handled;
}

/** Whether the answer is kept under the `Idempotency-Key` that a request brings. */
export const keepsKey = ({ method, keyless }: Route): boolean => method === "post" && !keyless;

export const route = <
  Params extends Shape,
  Query extends Shape,
  Body extends Shape,
  Headers extends Shape = z.ZodUndefined,
>(
  spec: RouteSpec<Params, Query, Body, Headers>,
): Route => spec as unknown as Route;

const CREATED = { created: 201, done: 200, accepted: 202, unfit: 422, kept_back: 422 } as const;

/** An answer to a command as HTTP has it, with its URL signed and its version as `ETag`. */
export const commandAnswer = async (
  result: Result<Answer, Rejection>,
  { services, call }: { readonly services: Services; readonly call: Call },
): Handled => {
  if (!result.ok) return result;
  const { outcome, body, version, location, replayed } = result.value;
  const signed = await signedUrls(result.value, services, call.lake_id);
  const prefix = call.is_default ? "" : `/lakes/${call.lake_id}`;
  const refused = RECORDED_REFUSALS[outcome];
  return ok({
    status: CREATED[outcome],
    body: { ...body, ...signed },
    headers: {
      ...(version > 0 ? { ETag: `"${version}"` } : {}),
      ...(location && outcome === "accepted" ? { Location: `${prefix}${location}` } : {}),
      ...(replayed ? { "Idempotency-Replayed": "true" } : {}),
    },
    ...(refused === undefined ? {} : { problem: { code: refused, detail: String(body.message) } }),
  });
};

/** Asks the lake one question and answers the state it gives. */
export const stateAnswer = async (
  { services, call }: { readonly services: Services; readonly call: Call },
  question: Question,
): Handled => {
  const reply = await services.gateway.ask(call, question);
  if (!reply.ok) return reply;
  if (reply.value.kind !== "one") return err(UNEXPECTED);
  const { view, version, aside } = reply.value;
  const headers = { ETag: await entityTag(version, aside ? view : null) };
  const reveals = question.kind === "reveal" || question.kind === "reveal_access";
  return ok({ status: 200, body: view, headers, ...(reveals ? { on_record: true } : {}) });
};

const UNEXPECTED: Rejection = {
  reason: "not_found",
  code: "no-such-answer",
  detail: "There is no such thing in this lake.",
};

/** On which side of a number a list goes on: one that ascends, and one that descends. */
type Side = "after" | "before";

/** Opaque cursors over a number. */
export const encodeCursor = (seq: number | null, side: Side = "after"): string | null =>
  seq === null ? null : btoa(`${side}:${seq}`).replaceAll("=", "");

/** 0 without a cursor. One of a list in the other order is refused. */
export const decodeCursor = (
  cursor: string | undefined,
  side: Side = "after",
): Result<number, Rejection> => {
  if (cursor === undefined) return ok(0);
  let text = "";
  try {
    text = atob(cursor);
  } catch {
    text = "";
  }
  const match = /^(after|before):(\d{1,15})$/.exec(text);
  return match?.[1] === side
    ? ok(Number(match[2]))
    : reject("invalid", "bad-cursor", "The cursor is none that a list has given.", [
        { path: "cursor", message: "take it from next_cursor, unchanged" },
      ]);
};

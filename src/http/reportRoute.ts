/** A report across lakes as a route: who sees which lakes, a page at a time, as JSON or as CSV. */
import { z } from "zod";
import { isAdministrator } from "../application/admission.ts";
import type { Call } from "../application/lakeGateway.ts";
import { type Cell, CSV_TYPE, csvFile } from "../contracts/csv.ts";
import { lakeId, page } from "../contracts/fields.ts";
import { pageOf } from "../contracts/reports.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import { type Asked, type Rebuilding, type Reports, type Route, type Row, route } from "./route.ts";
import { none } from "./routes/shared.ts";

/** Of a cursor: it holds a row's key, in which names may be long and of any script. */
export const MAX_REPORT_CURSOR = 3072;

/** Where a CSV file names the cursor of the next page; absent on the last. */
export const NEXT_CURSOR = "Next-Cursor";

/** Of how many lakes a file lacks something for now; absent when of none. */
const REBUILDING = "Rebuilding-Lakes";

export const rebuildingHeader = ({ lakes }: Rebuilding): Readonly<Record<string, string>> =>
  lakes === 0 ? {} : { [REBUILDING]: String(lakes) };

interface ReportSpec<Shape extends z.ZodRawShape> {
  readonly path: `/reports/${string}`;
  readonly summary: string;
  /** Of its schema in the OpenAPI document. */
  readonly name: string;
  readonly item: z.ZodObject;
  /** Besides lake, page and format. */
  readonly query: Shape;
  readonly ask: (
    reports: Reports,
    query: z.output<z.ZodObject<Shape>>,
    asked: Asked,
    now: Date,
  ) => Result<Promise<{ items: readonly Row[]; next_cursor: string | null }>, Rejection>;
}

/** What it shows is for the report to leave out (reporting/scope.ts): administrators see all lakes. */
export const memberOf = (call: Call): string | null =>
  isAdministrator(call.caller) ? null : call.actor;

export const reportRoute = <Shape extends z.ZodRawShape>(spec: ReportSpec<Shape>): Route =>
  route({
    method: "get",
    path: spec.path,
    scope: "platform",
    tag: "Reports",
    summary: spec.summary,
    params: none,
    query: z.strictObject({
      ...page,
      cursor: z.string().min(1).max(MAX_REPORT_CURSOR).optional(),
      format: z.enum(["json", "csv"]).default("json"),
      lake_id: lakeId.optional(),
      ...spec.query,
    }),
    body: null,
    success: {
      status: 200,
      schema: pageOf(spec.name, spec.item),
      or: [{ media_type: CSV_TYPE, schema: z.string() }],
    },
    handle: async ({ query, call, services }) => {
      const { limit, cursor = null, lake_id, format, ...own } = query as Common;
      const asked = { limit, cursor, lake_id, member: memberOf(call) };
      // Asked first: what ends meanwhile is named rather than left out.
      const rebuilding = await services.reports.rebuilding(asked.member);
      const answer = spec.ask(
        services.reports,
        own as z.output<z.ZodObject<Shape>>,
        asked,
        services.now(),
      );
      if (!answer.ok) return answer;
      const { items, next_cursor } = await answer.value;
      if (format === "json") return ok({ status: 200, body: { items, next_cursor, rebuilding } });
      return ok({
        status: 200,
        body: csvOf(spec.item, items),
        media_type: CSV_TYPE,
        headers: {
          ...(next_cursor === null ? {} : { [NEXT_CURSOR]: next_cursor }),
          ...rebuildingHeader(rebuilding),
        },
      });
    },
  });

interface Common {
  readonly limit: number;
  readonly cursor?: string;
  readonly lake_id?: string;
  readonly format: "json" | "csv";
}

/** The columns are those of the schema; a member that has members is a column for each. */
const csvOf = (item: z.ZodObject, rows: readonly Row[]): string => {
  const columns = Object.entries(item.shape).flatMap(([name, type]): (readonly string[])[] =>
    type instanceof z.ZodObject ? Object.keys(type.shape).map((part) => [name, part]) : [[name]],
  );
  return csvFile(
    columns.map((path) => path.join("_")),
    rows.map((row) => columns.map((path) => cellAt(row, path))),
  );
};

const cellAt = (row: Row, path: readonly string[]): Cell => {
  let value: unknown = row;
  for (const part of path) value = (value as Readonly<Record<string, unknown>>)[part];
  // What a member leaves out is none of it.
  return (value ?? (path.length > 1 ? 0 : null)) as Cell;
};

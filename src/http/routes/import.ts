/** A log from elsewhere: taken in line by line, and opened when its root is the one expected. */
import { z } from "zod";
import { type ImportRequest, MAX_IMPORT_LINES } from "../../application/importLog.ts";
import type { Call } from "../../application/lakeGateway.ts";
import { resource } from "../../contracts/answers.ts";
import { ok } from "../../domain/decider.ts";
import { reject } from "../../domain/rejection.ts";
import { JURISDICTIONS, type Jurisdiction } from "../../domain/residency.ts";
import { type Handled, route, type Services } from "../route.ts";
import { none } from "./shared.ts";

const state = resource("LogImport");

const asked = async (
  { services, call }: { readonly services: Services; readonly call: Call },
  request: ImportRequest,
): Handled => {
  const answered = await services.gateway.importLog(call, request);
  return answered.ok ? ok({ status: 200, body: answered.value }) : answered;
};

const contradiction = (path: string, message: string) =>
  reject("invalid", "lines-or-completion", "Send lines, or complete the import: one at a time.", [
    { path, message },
  ]);

const begins = z.object({
  type: z.literal("DataLakeCreated"),
  data: z.object({ residency: z.object({ jurisdiction: z.enum(JURISDICTIONS) }) }),
});

/** Where the log says that its lake is to lie, if this is its first line; null: anywhere. */
const jurisdictionOf = (line: string): Jurisdiction | null => {
  try {
    return begins.parse(JSON.parse(line)).data.residency.jurisdiction;
  } catch {
    // Another line, or none at all: the lake says what is wrong with it.
    return null;
  }
};

export const importRoutes = [
  route({
    method: "get",
    path: "/log/import",
    scope: "lake",
    tag: "Proofs",
    summary: "How far the log is here: absent, importing or open, with its size and root",
    params: none,
    query: none,
    body: null,
    success: { status: 200, schema: state },
    handle: ({ services, call }) => asked({ services, call }, { kind: "state" }),
  }),
  route({
    method: "delete",
    path: "/log/import",
    scope: "lake",
    tag: "Proofs",
    summary: "Give up an import that was not completed: the lake is as if it had never begun",
    params: none,
    query: none,
    body: null,
    success: { status: 200, schema: state },
    handle: ({ services, call }) => asked({ services, call }, { kind: "abandon" }),
  }),
  route({
    method: "post",
    keyless: true,
    path: "/log/import",
    scope: "lake",
    tag: "Proofs",
    summary:
      `Bring a log into a lake that has none: at most ${MAX_IMPORT_LINES} lines of an export at a ` +
      "time, in order; lines that are here already are passed over. complete=true with the root " +
      "(base64) of the whole opens the lake, when it is the root here",
    params: none,
    query: z.strictObject({
      complete: z.enum(["true"]).optional(),
      root: z
        .string()
        .regex(/^[A-Za-z0-9+/]{43}=$/, "must be a SHA-256 hash in base64")
        .optional(),
    }),
    body: z.array(z.string()).max(MAX_IMPORT_LINES),
    body_type: "ndjson",
    success: { status: 200, schema: state },
    handle: async ({ query: { complete, root }, body: lines, ...deps }) => {
      if (complete === undefined) {
        if (root !== undefined) return contradiction("root", "goes with complete=true");
        if (lines.length === 0) return contradiction("", "must have a line");
        const jurisdiction = jurisdictionOf(lines[0] ?? "");
        if (jurisdiction !== null) {
          const placement = { jurisdiction, location_hint: null };
          const reserved = await deps.services.reserve(deps.call.lake_id, placement);
          if (!reserved.ok) return reserved;
          const { call, services } = deps;
          const there = { call, services: { ...services, ...reserved.value } };
          return asked(there, { kind: "lines", lines });
        }
        return asked(deps, { kind: "lines", lines });
      }
      if (root === undefined) return contradiction("root", "must be given to complete an import");
      if (lines.length > 0) return contradiction("", "must be empty to complete an import");
      return asked(deps, { kind: "complete", root });
    },
  }),
];

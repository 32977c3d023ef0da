/** The OpenAPI 3.1 document, generated from the same routes and schemas that serve requests. */

import { z } from "zod";
import { createDocument, type ZodOpenApiPathsObject } from "zod-openapi";
import { accessOf } from "../application/accessTable.ts";
import { anything, problem } from "../contracts/answers.ts";
import { lakeId } from "../contracts/fields.ts";
import { operationOf } from "./auth/operations.ts";
import { keepsKey, type Route } from "./route.ts";

/** Of a request that is refused before anybody looks what it is for. */
const PLAIN_PROBLEMS: Readonly<Record<number, string>> = {
  413: "Too large",
  422: "Invalid, or against the lake's compliance rules",
  500: "Something is wrong with Lethe, not with the request",
  503: "Not configured to serve this request, or over capacity",
};

/** What any route may answer besides what it is for. */
const PROBLEMS: Readonly<Record<number, string>> = {
  ...PLAIN_PROBLEMS,
  400: "Malformed",
  401: "Nobody known: no token, or none that holds",
  403: "Known, and not allowed",
  404: "Not found",
  409: "Exists already, or not in a state in which this can be done",
  429: "Asked too often",
};

/** What those may that take a body and a condition. */
const CHANGING_PROBLEMS: Readonly<Record<number, string>> = {
  412: "If-Match expects another version",
  415: "Wrong media type, or a file that is no table",
};

const problemContent = { "application/problem+json": { schema: problem } };

const retryAfter = {
  headers: z.object({
    "Retry-After": z
      .string()
      .optional()
      .meta({ description: "Seconds until it may be otherwise." }),
  }),
};

const problems = (described: Readonly<Record<number, string>>) =>
  Object.fromEntries(
    Object.entries(described).map(([code, description]) => [
      code,
      {
        description,
        content: problemContent,
        ...(code === "429" || code === "503" ? retryAfter : {}),
      },
    ]),
  );

const keyHeader = z.object({
  "Idempotency-Key": z.string().max(255).optional().meta({
    description: "The same key and body answer the first answer again.",
  }),
});

const matchHeader = z.object({
  "If-Match": z.string().optional().meta({ description: "The ETag that was seen last." }),
});

const knownHeader = z.object({
  "If-None-Match": z.string().optional().meta({
    description: "ETags of what you have: 304 when it is that still.",
  }),
});

const headersOf = (route: Route) => {
  const headers = {
    ...(route.conditional ? knownHeader.shape : {}),
    ...(keepsKey(route) ? keyHeader.shape : {}),
    ...(route.method === "get" || route.keyless || route.unconditional ? {} : matchHeader.shape),
    ...(route.headers ? shapeOf(route.headers) : {}),
  };
  return Object.keys(headers).length === 0 ? {} : { header: z.object(headers) };
};

const describe = (route: Route, path: string, inLake: boolean) => {
  const params = inLake
    ? z.object({ lake_id: lakeId, ...shapeOf(route.params) })
    : z.object(shapeOf(route.params));
  const { status, schema, begun = schema, or = [], also = {} } = route.success;
  const { media_type = "application/json" } = route.success;
  const content = {
    [media_type]: { schema },
    ...Object.fromEntries(or.map((each) => [each.media_type, { schema: each.schema }])),
  };
  const id = `${route.method}${path}`.replaceAll(/[^A-Za-z0-9]+/g, "_");
  return {
    operationId: id,
    tags: [route.tag],
    summary: route.summary,
    ...accessDescribed(route),
    requestParams: {
      path: params,
      query: z.object(shapeOf(route.query)),
      ...headersOf(route),
    },
    ...(route.body ? { requestBody: { content: bodyContent(route, route.body) } } : {}),
    responses: {
      [status]: { description: "Done", content },
      ...(route.conditional ? { 304: { description: "You have it: nothing has changed" } } : {}),
      ...Object.fromEntries(
        Object.entries(also).map(([code, description]) => [
          code,
          { description, content: { [media_type]: { schema: code === "202" ? begun : schema } } },
        ]),
      ),
      ...problems({
        ...PROBLEMS,
        ...(route.method === "get" ? {} : CHANGING_PROBLEMS),
        ...route.refusals,
      }),
    },
  };
};

/** Who may take a route, from the table that decides it. */
const accessDescribed = (route: Pick<Route, "method" | "path">) => {
  const access = accessOf(operationOf(route));
  switch (access.kind) {
    case "anyone":
      return { security: [], "x-roles": [], description: `Needs no caller: ${access.why}.` };
    case "person":
      return { security: [{ issuer: [] }], "x-roles": [], description: "Any person known." };
    case "admin":
      return {
        security: [{ issuer: [] }],
        "x-roles": [],
        description: access.scraper
          ? "Administrators of the platform, and whoever shows METRICS_TOKEN as a bearer token."
          : "Administrators of the platform only.",
      };
    case "member": {
      const { roles, published, admin, persons } = access;
      return {
        security: persons ? [{ issuer: [] }] : [{ issuer: [] }, { token: [] }],
        "x-roles": [...roles, ...published],
        description: [
          `Roles: ${roles.join(", ")}.`,
          ...(published.length > 0 ? [`What is published: ${published.join(", ")}.`] : []),
          ...(admin ? ["Administrators of the platform too."] : []),
          ...(persons ? ["Persons only, no API tokens."] : []),
        ].join(" "),
      };
    }
    default:
      return access satisfies never;
  }
};

const bodyContent = ({ body_type }: Route, schema: z.ZodType) =>
  body_type === "ndjson"
    ? { "application/x-ndjson": { schema: z.string() } }
    : { "application/json": { schema } };

const shapeOf = (schema: z.ZodType): z.ZodRawShape =>
  schema instanceof z.ZodObject ? schema.shape : {};

/** What is served beside the routes, and needs no lake. */
const PLAIN = {
  "/": { summary: "Sends a person to the web console", status: 302, content: undefined },
  "/console": {
    summary: "The web console, which needs no network",
    status: 200,
    content: { "text/html": { schema: z.string() } },
  },
  "/docs": {
    summary: "The API browser, which needs no network",
    status: 200,
    content: { "text/html": { schema: z.string() } },
  },
  "/health": {
    summary: "That Lethe can be reached, whatever else is wrong; GET /ready says more",
    status: 200,
    content: { "application/json": { schema: z.object({ status: z.literal("ok") }) } },
  },
  "/openapi.json": {
    summary: "This document",
    status: 200,
    content: { "application/json": { schema: anything } },
  },
} as const;

/** Paths of what is served beside the routes. */
export const PLAIN_PATHS = Object.keys(PLAIN);

const describePlain = (
  path: string,
  { summary, status, content }: (typeof PLAIN)[keyof typeof PLAIN],
) => ({
  operationId: `get${path}`.replaceAll(/[^A-Za-z0-9]+/g, "_"),
  tags: ["About"],
  summary,
  ...accessDescribed({ method: "get", path }),
  responses: {
    [status]:
      content === undefined
        ? { description: "Found", headers: z.object({ Location: z.string() }) }
        : { description: "Done", content },
    ...problems(PLAIN_PROBLEMS),
  },
});

/** Builds the document for the given routes; `version` is Lethe's own. */
export const openApiDocument = (routes: readonly Route[], version: string) => {
  const paths: Record<string, Record<string, unknown>> = Object.fromEntries(
    Object.entries(PLAIN).map(([path, plain]) => [path, { get: describePlain(path, plain) }]),
  );
  const add = (path: string, route: Route, inLake: boolean) => {
    paths[path] = { ...paths[path], [route.method]: describe(route, path, inLake) };
  };
  for (const route of routes) {
    if (route.scope === "platform") add(route.path, route, false);
    else {
      if (route.path !== "") add(route.path, route, false);
      add(`/lakes/{lake_id}${route.path}`, route, true);
    }
  }
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Lethe",
      version,
      description:
        "A GDPR-compliant lakehouse control plane: the lake that remembers everything, and " +
        "forgets people on request. Every lake route exists below /lakes/{lake_id} and, for the " +
        "default lake, at the root. Another method of a path that is there answers 405 with Allow.",
    },
    components: {
      securitySchemes: {
        issuer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "A token of one of the issuers in OIDC_ISSUERS.",
        },
        token: {
          type: "http",
          scheme: "bearer",
          description: "An API token of the lake, as POST /tokens shows it once.",
        },
      },
    },
    paths: paths as ZodOpenApiPathsObject,
  });
};

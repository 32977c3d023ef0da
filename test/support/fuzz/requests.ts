/** Requests for every operation of the OpenAPI document: valid, nearly valid, and hostile ones. */
import fc from "../property.ts";
import { encoded, hostileBody, hostileSegment, hostileText } from "./hostile.ts";
import { type Known, nearly, type Schema, schemaValues } from "./schemaValues.ts";

interface Parameter {
  readonly in: "path" | "query" | "header";
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface OperationObject {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export type Kind = "valid" | "nearly" | "hostile";

export interface FuzzRequest {
  /** As the document names it, such as `POST /datasets`. */
  readonly operation: string;
  readonly kind: Kind;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
}

type Values = ReturnType<typeof schemaValues>;

const HEADERS = [
  "Accept",
  "Authorization",
  "Cf-Access-Jwt-Assertion",
  "Content-Encoding",
  "Cookie",
  "Forwarded",
  "Idempotency-Key",
  "If-Match",
  "If-Range",
  "Last-Event-ID",
  "Origin",
  "Range",
  "Sec-Fetch-Site",
  "X-Forwarded-Host",
  "X-HTTP-Method-Override",
] as const;

/** What a header can carry at all: bytes without line ends, no blanks around. */
const headerText = fc.oneof(
  hostileText.map((text) => text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, "").trim()),
  fc.constantFrom(
    "*",
    '"1"',
    'W/"3"',
    '"999999999999999"',
    "bytes=0-",
    "bytes=-1,5-6,9-",
    "Bearer lethe_x_00",
    "Bearer a.b.c",
    "Basic YTpi",
    "https://evil.example",
    "null",
    "cross-site",
    "gzip",
    "127.0.0.1",
    "key-1",
    "key-2",
    "-5",
    "x".repeat(300),
    "x".repeat(40_000),
  ),
);

/** Conditions and keys that repeat: a key comes again with the same request seldom, with another often. */
const conditions = fc.record(
  {
    "Idempotency-Key": fc.constantFrom("key-1", "key-2", "key-3", "key-4"),
    "If-Match": fc.constantFrom("*", '"1"', 'W/"2"', '"99"'),
  },
  { requiredKeys: [] },
);

const MEDIA_TYPES = [
  "application/json",
  "application/json; charset=utf-16",
  "application/x-ndjson",
  "text/plain",
  "multipart/form-data; boundary=x",
  "",
] as const;

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] as const;

const pathOf = (
  template: string,
  parameters: readonly Parameter[],
  values: Values,
  kind: Kind,
): fc.Arbitrary<string> => {
  const [, collection = ""] = /\/([a-z-]+)\/\{(?!lake_id)\w+\}/.exec(template) ?? [];
  const named = parameters.filter((parameter) => parameter.in === "path");
  const segments = named.map(({ name, schema }) => {
    const own = values(schema, name === "id" || name === "name" ? `${collection}/${name}` : name);
    const fine = own.map((value) => encoded(String(value)));
    const odd = kind === "hostile" && name !== "lake_id" ? 3 : 1;
    return kind === "valid"
      ? fine
      : fc.oneof({ weight: 4, arbitrary: fine }, { weight: odd, arbitrary: hostileSegment });
  });
  return fc
    .tuple(...segments)
    .map((all) =>
      named.reduce(
        (path, { name }, at) => path.replace(`{${name}}`, () => all[at] ?? ""),
        template,
      ),
    );
};

const queryOf = (
  parameters: readonly Parameter[],
  values: Values,
  kind: Kind,
): fc.Arbitrary<string> => {
  const named = parameters.filter((parameter) => parameter.in === "query");
  const fine = fc.record(
    Object.fromEntries(
      named.map(({ name, schema }) => [
        name,
        values(schema, name).map((value) => encoded(String(value))),
      ]),
    ),
    { requiredKeys: named.flatMap(({ name, required }) => (required ? [name] : [])) },
  );
  const spelt = fine.map((given) =>
    Object.entries(given)
      .filter(([name]) => name !== "at" || !("version" in given))
      .map(([name, value]) => `${name}=${value}`),
  );
  const names = fc.constantFrom(
    ...named.map(({ name }) => name),
    "limit",
    "cursor",
    "at",
    "unknown",
    "__proto__",
  );
  const odd = fc.tuple(names, fc.oneof(hostileText.map(encoded), hostileSegment));
  const wrong = fc.array(
    odd.map(([name, value]) => `${name}=${value}`),
    { maxLength: 2 },
  );
  // What is nearly valid is wrong in one place, mostly its body.
  const extra =
    kind === "hostile"
      ? wrong
      : fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: wrong });
  return fc.tuple(spelt, kind === "valid" ? fc.constant([]) : extra).map(([given, more]) => {
    const all = [...given, ...more];
    return all.length === 0 ? "" : `?${all.join("&")}`;
  });
};

const bodyOf = ({ requestBody }: OperationObject, values: Values, kind: Kind) => {
  const [[media_type, content] = []] = Object.entries(requestBody?.content ?? {});
  if (media_type === undefined || content === undefined) {
    const empty = fc.constant<[string, FuzzRequest["body"]]>(["application/json", null]);
    return kind === "hostile"
      ? fc.oneof(empty, fc.tuple(fc.constantFrom(...MEDIA_TYPES), hostileBody))
      : empty;
  }
  const value = values(content.schema, "");
  const json = (kind === "valid" ? value : nearly(value)).map((one) => JSON.stringify(one) ?? "");
  const fine = json.map((text): [string, FuzzRequest["body"]] => [media_type, text]);
  if (kind !== "hostile") return fine;
  return fc.oneof(
    { weight: 1, arbitrary: fine },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...MEDIA_TYPES), hostileBody) },
    { weight: 2, arbitrary: fc.tuple(fc.constant(media_type), hostileBody) },
  );
};

const KINDS: fc.Arbitrary<Kind> = fc.constantFrom("valid", "valid", "nearly", "nearly", "hostile");

/** Requests of any operation; each comes with the same weight. */
export const fuzzRequests = (document: Document, known: Known): fc.Arbitrary<FuzzRequest> => {
  const values = schemaValues(document.components.schemas, known);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, object]) => ({
      path,
      method: method.toUpperCase(),
      object,
    })),
  );
  const odd_headers: fc.Arbitrary<Record<string, string>> = fc.dictionary(
    fc.constantFrom(...HEADERS),
    headerText,
    { maxKeys: 3 },
  );
  const all = operations.map(({ path: template, method, object }) => {
    const operation = `${method} ${template}`;
    const { parameters = [] } = object;
    const of = (kind: Kind): fc.Arbitrary<FuzzRequest> =>
      fc
        .record({
          path: pathOf(template, parameters, values, kind),
          query: queryOf(parameters, values, kind),
          content: bodyOf(object, values, kind),
          more:
            kind === "hostile"
              ? odd_headers
              : fc.oneof(
                  { weight: 3, arbitrary: fc.constant({}) },
                  { weight: 1, arbitrary: conditions },
                ),
          sent_as:
            kind === "hostile"
              ? fc.oneof(
                  { weight: 5, arbitrary: fc.constant(method) },
                  { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
                )
              : fc.constant(method),
        })
        .map(({ path, query, content: [media_type, body], more, sent_as }) => {
          const bodiless = sent_as === "GET" || sent_as === "HEAD";
          return {
            operation,
            kind,
            method: sent_as,
            path: `${path}${query}`,
            headers: bodiless ? more : { ...more, "Content-Type": media_type },
            body: bodiless ? null : body,
          };
        });
    const by_kind = { valid: of("valid"), nearly: of("nearly"), hostile: of("hostile") };
    return KINDS.chain((kind) => by_kind[kind]);
  });
  return fc.constantFrom(...all).chain((request) => request);
};

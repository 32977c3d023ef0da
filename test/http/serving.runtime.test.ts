/** What is served besides the lakes: the document, the API browser, and whether at all. */
import { abortAllDurableObjects, createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, onTestFinished, test } from "vitest";
import { DEVELOPMENT_ROOT_SECRET } from "../../src/application/rootSecrets.ts";
import { ROLES } from "../../src/domain/member/roles.ts";
import type { Env } from "../../src/env.ts";
import { ROUTES } from "../../src/http/routes/all.ts";
import worker from "../../src/worker.ts";
import { at, newLake, salesLake, send } from "../support/lakeClient.ts";

/** The Worker as it would run with other variables; undefined takes one away. */
const serve = (url: string, variables: { [Name in keyof Env]?: Env[Name] | undefined }) =>
  worker.fetch(
    new Request(url) as Parameters<typeof worker.fetch>[0],
    { ...env, ...variables } as Env,
    createExecutionContext(),
  );

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: unknown;
  }[];
}

const document = async () => (await send("/openapi.json")).body as Record<string, unknown>;

const operations = async (): Promise<ReadonlyMap<string, Operation>> => {
  const paths = at(await document(), "paths") as Record<string, Record<string, Operation>>;
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [`${method} ${path}`, operation] as const,
      ),
    ),
  );
};

/** What a lake's routes have in front, within the name of an operation. */
const LAKE = /\/lakes\/\{lake_id\}(?=\/)/;

describe("the OpenAPI document", () => {
  test("is 3.1 and has every route, lake routes in both forms", async () => {
    const answer = await send("/openapi.json");
    expect(answer.headers.get("Content-Type")).toContain("application/json");
    expect(answer.at("openapi")).toMatch(/^3\.1\./);
    expect(answer.at("info")).toMatchObject({ title: "Lethe", version: expect.any(String) });
    const expected = ROUTES.flatMap(({ method, path, scope }) => [
      ...(scope === "platform" || path !== "" ? [`${method} ${path}`] : []),
      ...(scope === "lake" ? [`${method} /lakes/{lake_id}${path}`] : []),
    ]);
    const plain = ["get /", "get /console", "get /docs", "get /health", "get /openapi.json"];
    expect([...(await operations()).keys()].sort()).toEqual([...expected, ...plain].sort());
  });

  test("says what each status comes with: work that has begun has no report yet", async () => {
    const schemaOf = async (operation: string, status: string) => {
      const answer = (await operations()).get(operation)?.responses[status];
      return at(answer, "content", "application/json", "schema", "$ref");
    };
    for (const [route, done] of [
      ["/run-dq", "QualityAnswer"],
      ["/run-privacy", "PrivacyAnswer"],
    ] as const) {
      expect(await schemaOf(`post ${route}`, "200")).toBe(`#/components/schemas/${done}`);
      expect(await schemaOf(`post ${route}`, "202")).toBe("#/components/schemas/BatchAnswer");
    }
    for (const status of ["200", "201", "202"]) {
      const schema = await schemaOf("post /append-batch", status);
      expect(schema).toBe("#/components/schemas/BatchAnswer");
    }
  });

  test("has no reference that leads nowhere, and no operation's name twice", async () => {
    const whole = await document();
    const text = JSON.stringify(whole);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
    expect(references.length).toBeGreaterThan(10);
    for (const reference of new Set(references)) {
      expect(reference).toMatch(/^#\//);
      const steps = (reference ?? "").slice(2).split("/");
      expect(at(whole, ...steps), reference).toBeDefined();
    }
    const names = [...(await operations()).values()].map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  test("names every path parameter, and the problems as problem documents", async () => {
    for (const [name, { parameters = [], responses }] of await operations()) {
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      const braces = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      expect(inPath.map((parameter) => parameter.name).sort(), name).toEqual(braces.sort());
      for (const [status, response] of Object.entries(responses)) {
        const types = Object.keys((at(response, "content") ?? {}) as object);
        const own = ROUTES.find(
          ({ method, path }) => `${method} ${path}` === name.replace(LAKE, ""),
        );
        const others = status === "200" ? [own?.success.or ?? []].flat().length : 0;
        const nothing = status.startsWith("3") ? 1 : 0;
        expect(types, `${name} ${status}`).toHaveLength(1 - nothing + others);
        if (status >= "400") expect(types).toEqual(["application/problem+json"]);
      }
    }
  });

  test("says of every operation who may call it, and how they show who they are", async () => {
    const schemes = Object.keys(at(await document(), "components", "securitySchemes") as object);
    expect(schemes).toEqual(["issuer", "token"]);
    for (const [name, operation] of await operations()) {
      const { security, "x-roles": roles } = operation as unknown as {
        security: readonly object[];
        "x-roles": readonly string[];
      };
      expect([name, security.flatMap(Object.keys).every((one) => schemes.includes(one))]).toEqual([
        name,
        true,
      ]);
      const needsNobody =
        /^get \/(ready|health|console|docs|openapi\.json)?$|\/(deadlines|sealed\/\{token\})$/.test(
          name,
        );
      expect([name, security.length === 0]).toEqual([name, needsNobody]);
      for (const role of roles) expect(ROLES).toContain(role);
    }
    const { "x-roles": who } = (await operations()).get("post /datasets") as never;
    expect(who).toEqual(["owner", "steward"]);
  });

  test("names the statuses that few routes give, at those that do", async () => {
    const declaring = async (status: string) =>
      [...(await operations())]
        .filter(([name, { responses }]) => status in responses && !LAKE.test(name))
        .map(([name]) => name);
    const reading = [
      "/append-batch",
      "/run-dq",
      "/run-privacy",
      "/publish-batch",
      "/consume-batch",
      "/datasets/{name}/consume",
    ];
    expect(await declaring("410")).toEqual([
      "get /sealed/{token}",
      ...reading.map((path) => `post ${path}`),
    ]);
    expect(await declaring("416")).toEqual(["get /sealed/{token}"]);
    expect(await declaring("304")).toEqual([
      "get /lakes/{lake_id}",
      "get /datasets/{name}",
      "get /contracts/{id}",
      "get /batches/{id}",
      "get /replays/{id}",
      "get /deletions/{id}",
    ]);
  });

  test("allows every member that a question is answered with", async () => {
    const whole = await document();
    const lake = await salesLake();
    const asked: string[] = [];
    for (const [name, { responses }] of await operations()) {
      const [method = "", path = ""] = name.split(" ");
      const query = path === "/reports/monthly" ? "?month=2026-10" : "";
      const url = `${path.replace("{lake_id}", lake.id)}${query}`;
      if (method !== "get" || url.includes("{") || url.endsWith("/events/stream")) continue;
      const answer = await send(url);
      if (answer.status !== 200 || typeof answer.body !== "object") continue;
      const declared = at(responses, "200", "content", "application/json", "schema");
      const { $ref = "" } = declared as { readonly $ref?: string };
      const schema = at(whole, ...$ref.slice(2).split("/"));
      if (at(schema, "additionalProperties") !== false) continue;
      asked.push(path);
      const known = Object.keys(at(schema, "properties") as object);
      expect(known, name).toEqual(expect.arrayContaining(Object.keys(answer.body as object)));
    }
    expect(asked).toEqual(expect.arrayContaining(["/lakes", "/lakes/{lake_id}/events"]));
  });

  test("offers an Idempotency-Key where one is kept: with the commands of lakes", async () => {
    const keyed = [...(await operations())]
      .filter(([, { parameters = [] }]) =>
        parameters.some(({ name }) => name === "Idempotency-Key"),
      )
      .map(([operation]) => operation);
    expect(keyed).toContain("post /datasets");
    expect(keyed).toContain("post /lakes");
    expect(keyed).toContain("post /lakes/{lake_id}/deletions/{id}/execute");
    expect(keyed.filter((operation) => !operation.startsWith("post "))).toEqual([]);
    expect(keyed).toContain("post /log/checkpoint");
    expect(keyed).toContain("post /webhooks/{id}/deliveries/{delivery}/resend");
    expect(keyed.filter((operation) => /\/(admin|import)/.test(operation))).toEqual([]);
  });

  test("declares of every route what any may answer, and of those that change something the rest", async () => {
    const any = ["400", "401", "403", "404", "409", "413", "422", "429", "500", "503"];
    const plain = ["413", "422", "500", "503"];
    for (const [name, { responses }] of await operations()) {
      const refusals = Object.keys(responses).filter((status) => status >= "400");
      const few = refusals.filter((status) => status !== "410" && status !== "416");
      const expected = /^get \/(health|console|docs|openapi\.json)?$/.test(name)
        ? plain
        : name.startsWith("get ")
          ? any
          : [...any, "412", "415"].sort();
      expect([name, few]).toEqual([name, expected]);
      for (const status of ["429", "503"]) {
        const headers = at(responses[status], "headers");
        if (status in responses)
          expect([name, headers]).toMatchObject([name, { "Retry-After": {} }]);
      }
    }
  });

  test("takes digits for a number, and nothing else that could be read as one", async () => {
    const numbers = [...(await operations())].flatMap(([name, { parameters = [] }]) =>
      parameters
        .filter(
          (parameter) => parameter.in === "query" && at(parameter, "schema", "type") === "integer",
        )
        .map((parameter) => [name, parameter.name] as const),
    );
    expect(new Set(numbers.map(([, parameter]) => parameter))).toEqual(
      new Set([
        "limit",
        "version",
        "after",
        "from",
        "to",
        "seq",
        "size",
        "within_days",
        "revision",
      ]),
    );
    for (const [name, parameter] of numbers) {
      const [method = "", path = ""] = name.split(" ");
      const url = path.replace("{month}", "2026-10").replaceAll(/\{\w+\}/g, "x");
      for (const given of ["", "0x2", "1e2"]) {
        const answer = await send(`${url}?${parameter}=${given}`, { method });
        const faulty = answer.at("errors") as readonly { readonly path: string }[];
        expect([name, answer.status]).toEqual([name, 422]);
        expect(
          faulty.map((fault) => fault.path),
          name,
        ).toContain(parameter);
      }
    }
  });

  test("promises no route that is not there: each answers something other than 404 no-such-route", async () => {
    // One of them is an endless stream: its object would wait for a reader that has gone.
    onTestFinished(() => abortAllDurableObjects());
    for (const name of (await operations()).keys()) {
      const [method = "", path = ""] = name.split(" ");
      const url = path.replaceAll(/\{\w+\}/g, "x");
      const answer = await send(url, { method: method.toUpperCase() });
      expect(answer.at("code"), name).not.toBe("no-such-route");
      expect(answer.status, name).not.toBe(405);
      expect(answer.status, name).toBeLessThan(500);
    }
  });
});

describe("the API browser", () => {
  test("and all it loads come from here alone", async () => {
    const page = await send("/docs");
    expect(page.status).toBe(200);
    expect(page.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    const html = String(page.body);
    expect(html).not.toMatch(/https?:|\/\/[a-z]/);
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? "");
    expect(links.length).toBeGreaterThanOrEqual(3);
    for (const link of links.filter((target) => !target.startsWith("data:"))) {
      const file = await send(link);
      expect(file.status, link).toBe(200);
      expect(file.headers.get("Content-Type")).toMatch(
        link.endsWith(".css") ? /^text\/css/ : /^text\/javascript/,
      );
      expect(file.headers.get("X-Content-Type-Options")).toBe("nosniff");
      const text = String(file.body);
      expect(text.length).toBeGreaterThan(50);
      // A style sheet that imported another, or took a font from elsewhere, would need the network.
      if (link.endsWith(".css")) expect(text).not.toMatch(/@import|url\(\s*["']?(https?:)?\/\//);
    }
    const start = await send("/docs/start.js");
    expect(String(start.body)).toContain('"/openapi.json"');
    expect(String(start.body)).toContain("validatorUrl: null");
  });
});

describe("the console", () => {
  test("is where a person who comes to the root is sent", async () => {
    const answer = await send("/");
    expect(answer.status).toBe(302);
    expect(answer.headers.get("Location")).toBe("/console");
  });

  test("is one page at every address below it, whose script finds the place", async () => {
    const page = await send("/console");
    expect(page.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    for (const path of ["/console/", "/console/lakes/north", "/console/lakes/a/events/7?at=x"]) {
      const deep = await send(path);
      expect([deep.status, deep.body], path).toEqual([200, page.body]);
    }
    expect((await send("/console/lakes/north", { method: "POST" })).status).toBe(405);
  });

  test("and all it loads come from here alone, and may run and reach nothing else", async () => {
    const page = await send("/console");
    const html = String(page.body);
    const policy = page.headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(html).not.toMatch(/<script>|<style| on\w+=| style=|https?:/);
    const links = [...html.matchAll(/(?:src|href)="(\/console[^"]+)"/g)].map(([, at]) => at ?? "");
    expect(links.sort()).toEqual([
      "/console/console.css",
      "/console/console.js",
      "/console/lethe.svg",
    ]);
    const types = await Promise.all(links.map(async (link) => (await send(link)).headers));
    expect(types.map((headers) => headers.get("Content-Type"))).toEqual([
      "text/css; charset=utf-8",
      "text/javascript; charset=utf-8",
      "image/svg+xml",
    ]);
    const style = String((await send("/console/console.css")).body);
    expect(style).not.toMatch(/@import|url\(/);
  });

  test("needs no caller, and says nothing of a lake", async () => {
    const lake = await newLake("standard");
    const named = await send(`/console/lakes/${lake.id}`);
    expect(String(named.body)).not.toContain(lake.id);
  });
});

describe("whether Lethe serves at all", () => {
  test("is told by /health", async () => {
    const answer = await send("/health");
    expect([answer.status, answer.body]).toEqual([200, { status: "ok" }]);
  });

  test("depends on its secret and on who may call: what is missing is named by every route but /health", async () => {
    const own = "a-secret-of-our-own-with-32-characters";
    for (const [url, variables, missing] of [
      ["http://localhost", { ROOT_SECRET: undefined }, "ROOT_SECRET"],
      ["http://localhost", { ROOT_SECRET: "" }, "ROOT_SECRET"],
      ["http://localhost", { ROOT_SECRET: "short" }, "ROOT_SECRET"],
      ["http://localhost", { AUTH: undefined }, "OIDC_ISSUERS"],
      ["http://localhost", { AUTH: "required" }, "OIDC_ISSUERS"],
      ["http://localhost", { AUTH: "closed" }, "AUTH"],
      ["http://localhost", { AUTH: undefined, ROOT_SECRET: own }, "OIDC_ISSUERS"],
      ["http://localhost", { R2_ACCOUNT_ID: "an-account" }, "OIDC_ISSUERS"],
      ["http://lethe.example", { ROOT_SECRET: own }, "OIDC_ISSUERS"],
      ["http://lethe.example", { ROOT_SECRET: DEVELOPMENT_ROOT_SECRET }, "ROOT_SECRET"],
      ["http://localhost", {}, null],
    ] as const) {
      expect((await serve(`${url}/health`, variables)).status).toBe(200);
      for (const path of [
        "/docs",
        "/openapi.json",
        "/lakes",
        "/datasets",
        "/nothing",
        "/sealed/x",
      ]) {
        const answer = await serve(`${url}${path}`, variables);
        const text = await answer.text();
        expect(answer.status === 503, `${url}${path} ${JSON.stringify(variables)}`).toBe(
          missing !== null,
        );
        if (missing === null) continue;
        expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
        expect(text).toContain(missing);
        expect(text).not.toContain(DEVELOPMENT_ROOT_SECRET);
      }
    }
  });

  test("without a default lake the root routes are 404, those of a lake and of the platform are not", async () => {
    for (const DEFAULT_LAKE of [undefined, ""]) {
      for (const path of ["/datasets", "/events", "/report", "/batches/b", "/deletions"]) {
        const answer = await serve(`http://localhost${path}`, { DEFAULT_LAKE });
        expect(answer.status, path).toBe(404);
        expect(await answer.json()).toMatchObject({
          code: "no-default-lake",
          detail: expect.stringContaining("/lakes/{lake_id}"),
        });
      }
      expect((await serve("http://localhost/lakes", { DEFAULT_LAKE })).status).toBe(200);
      const lake = await serve("http://localhost/lakes/default-unset", { DEFAULT_LAKE });
      expect(await lake.json()).toMatchObject({ status: 404, code: "lake-not-found" });
    }
  });
});

describe("every answer", () => {
  test("carries the headers that all of them carry, whatever it is an answer to", async () => {
    const lake = await newLake("standard");
    const own = `http://localhost/lakes/${lake.id}`;
    const json = { "Content-Type": "application/json" };
    const asked: [number, Request][] = [
      [200, new Request("http://localhost/health")],
      [302, new Request("http://localhost/", { redirect: "manual" })],
      [200, new Request("http://localhost/docs/swagger-ui.css")],
      [200, new Request(`${own}/events?format=ndjson`)],
      [200, new Request(`${own}/events`, { method: "HEAD" })],
      [200, new Request(`${own}/events/stream`)],
      [200, new Request(`${own}/log/key`)],
      [404, new Request("http://localhost/nowhere")],
      [405, new Request("http://localhost/health", { method: "DELETE" })],
      [400, new Request(`${own}/datasets`, { method: "POST", headers: json, body: "{" })],
      [413, new Request(`${own}/datasets`, { method: "POST", body: "x".repeat(2_000_000) })],
      [415, new Request(`${own}/datasets`, { method: "POST", body: "{}" })],
      [422, new Request(`${own}/datasets`, { method: "POST", headers: json, body: "{}" })],
      [
        403,
        new Request(`${own}/datasets`, {
          method: "POST",
          headers: { ...json, Origin: "http://elsewhere.example" },
          body: "{}",
        }),
      ],
      [503, new Request("http://elsewhere.example/docs")],
    ];
    for (const [status, request] of asked) {
      const answer = await worker.fetch(
        request as Parameters<typeof worker.fetch>[0],
        env,
        createExecutionContext(),
      );
      const { headers } = answer;
      await answer.body?.cancel();
      const about = `${request.method} ${request.url}`;
      expect([about, answer.status]).toEqual([about, status]);
      expect([about, headers.get("Cache-Control")]).toEqual([about, "no-store"]);
      expect([about, headers.get("X-Content-Type-Options")]).toEqual([about, "nosniff"]);
      expect([about, headers.get("X-Request-Id")]).toEqual([
        about,
        expect.stringMatching(/^[\w-]{36}$/),
      ]);
    }
  });

  test("names the request by the id it came with, when that is one", async () => {
    const idOf = async (id: string) =>
      (await send("/health", { headers: { "X-Request-Id": id } })).headers.get("X-Request-Id");
    const id = "4bf92f3577b34da6a3ce929d0e0e4736";
    expect(await idOf(id)).toBe(id);
    for (const odd of ["a b", "x".repeat(256), "<script>", "jane.doe@example.com", "jane-doe"]) {
      expect(await idOf(odd)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

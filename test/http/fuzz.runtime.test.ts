/**
 * Ten thousand requests made from the OpenAPI document, by seed: whatever is sent, Lethe answers in
 * its own words, never with an error of its own, and what it refuses has changed nothing.
 */
import { createExecutionContext } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import worker from "../../src/worker.ts";
import { type Document, type FuzzRequest, fuzzRequests } from "../support/fuzz/requests.ts";
import { correlationsOf, newWorld, type World } from "../support/fuzz/world.ts";
import { type KnownCallers, knownCallers } from "../support/knownCallers.ts";
import { send } from "../support/lakeClient.ts";
import fc from "../support/property.ts";

const SEED = 20_160_427;
const WORLDS = 20;
const REQUESTS_PER_WORLD = 500;

/** Refusals that are events themselves. */
const ON_RECORD = new Set(["does-not-fit", "personal-data-suspected", "processing-restricted"]);

const INSIDE =
  /\n\s+at |\.ts:\d|\.js:\d|node_modules|SqliteError|SQLITE_|ZodError|TypeError|RangeError/;

interface Outcome {
  readonly status: number;
  readonly id: string;
  readonly on_record: boolean;
  /** What is wrong with the answer, or null. */
  readonly fault: string | null;
}

const faultOf = (response: Response, text: string, id: string): string | null => {
  const { status, headers } = response;
  if (status >= 500) return `is ${status}`;
  if (headers.get("X-Request-Id") !== id) return "does not name the request";
  if (headers.get("Cache-Control") !== "no-store") return "may be kept";
  if (status < 400) return null;
  if (INSIDE.test(text)) return "shows the inside";
  if (headers.get("Content-Type") !== "application/problem+json") return "is no problem document";
  if (text === "") return null;
  const problem = JSON.parse(text) as Record<string, unknown>;
  const whole = ["type", "title", "detail", "code"].every(
    (name) => typeof problem[name] === "string",
  );
  if (!whole || problem.status !== status) return "is no whole problem document";
  if (status === 422 && !Array.isArray(problem.errors)) return "does not say what is wrong";
  return null;
};

/** By another method, or behind `..` in its path, it is another operation. */
const undeclared = ({ operation, method, path }: FuzzRequest, status: number): string | null => {
  const [declared = "", pattern = ""] = operation.split(" ");
  const { pathname } = new URL(path, "http://localhost");
  if (status === 405 || method !== declared || pathname !== path.split("?")[0]) return null;
  const answers = document.paths[pattern]?.[declared.toLowerCase()]?.responses ?? {};
  return Object.hasOwn(answers, status)
    ? null
    : `is ${status}, which ${operation} does not declare`;
};

const ask = async (
  { bindings, credentials }: World,
  asked: FuzzRequest,
  nth: number,
): Promise<Outcome> => {
  const id = crypto.randomUUID();
  const credential = credentials[nth % credentials.length] ?? null;
  const shown: Record<string, string> =
    credential === null ? {} : { Authorization: `Bearer ${credential}` };
  const request = new Request(`http://localhost${asked.path}`, {
    method: asked.method,
    redirect: "manual",
    headers: { ...shown, ...asked.headers, "X-Request-Id": id },
    body: asked.body,
  });
  const sent = request as Parameters<typeof worker.fetch>[0];
  const response = await worker.fetch(sent, bindings, createExecutionContext());
  const { status, headers } = response;
  const endless = headers.get("Content-Type") === "text/event-stream";
  if (endless) await response.body?.cancel();
  const text = endless ? "" : await response.text();
  const fault = faultOf(response, text, id) ?? undeclared(asked, status);
  const code = status >= 400 && text !== "" && fault === null ? JSON.parse(text).code : "";
  return { status, id, on_record: ON_RECORD.has(code), fault };
};

let document: Document;
let callers: KnownCallers;
const statuses = new Map<string, Map<number, number>>();

beforeAll(async () => {
  document = (await send("/openapi.json")).body as Document;
  vi.stubGlobal("fetch", async () => new Response(null, { status: 204 }));
  callers = await knownCallers(["olga-1"]);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

/** What stands wrong after the requests of one world, each with the request it is about. */
const faultsIn = async (number: number): Promise<readonly string[]> => {
  const world = await newWorld(number, number % 4 === 3 ? callers : null);
  const requests = fc.sample(fuzzRequests(document, world.known), {
    seed: SEED + number,
    numRuns: REQUESTS_PER_WORLD,
  });
  const faults: string[] = [];
  const refused = new Map<string, string>();
  for (const [nth, asked] of requests.entries()) {
    const shown = JSON.stringify(asked).slice(0, 600);
    const { status, id, on_record, fault } = await ask(world, asked, nth);
    const seen = statuses.get(asked.operation) ?? new Map<number, number>();
    statuses.set(asked.operation, seen.set(status, (seen.get(status) ?? 0) + 1));
    if (fault !== null) faults.push(`the answer ${fault}: ${shown}`);
    if (status >= 400 && !on_record) refused.set(id, shown);
  }
  for (const correlation of await correlationsOf(world.lake.id)) {
    const request = refused.get(correlation);
    if (request !== undefined) faults.push(`was refused and is in the log: ${request}`);
  }
  // What the lake owes from here on is nobody's business any more.
  await world.lake.inside((_, { storage }) => storage.deleteAlarm());
  return faults;
};

describe("whatever is sent", () => {
  test.each(Array.from({ length: WORLDS }, (_, number) => number))(
    "is answered in Lethe's own words, and changes nothing when it is refused, lake %i",
    async (number) => {
      expect(await faultsIn(number)).toEqual([]);
    },
  );

  test("was of every operation, and was done as well as refused in every manner", () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...statuses.keys()].sort()).toEqual(operations.sort());
    const all = new Map<number, number>();
    for (const seen of statuses.values()) {
      for (const [status, count] of seen) all.set(status, (all.get(status) ?? 0) + count);
    }
    for (const status of [200, 201, 202, 400, 401, 403, 404, 405, 409, 412, 413, 415, 422]) {
      expect(all.get(status) ?? 0, String(status)).toBeGreaterThan(0);
    }
  });
});

/** What browsers, logs and counters are told, through the Worker as it is deployed. */
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { CALLER_REQUESTS } from "../../src/http/rateLimits.ts";
import { DATA_POLICY, DOCS_POLICY } from "../../src/http/securityHeaders.ts";
import { type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import { newLake, published, salesLake, send } from "../support/lakeClient.ts";

const APP = "https://app.example.com";

let callers: KnownCallers;
beforeAll(async () => {
  callers = await knownCallers([], { CORS_ORIGINS: APP });
});
afterAll(() => {
  vi.unstubAllGlobals();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("an answer", () => {
  test("lets nothing be run, framed, guessed at or kept, and tells the next page nothing", async () => {
    const lake = await newLake();
    const answers = [
      await lake.get("/events"),
      await lake.get("/datasets/none"),
      await lake.post("/datasets", {}),
      await send("/nowhere"),
      await send("/health", { method: "PATCH" }),
    ];
    for (const { headers } of answers) {
      expect(Object.fromEntries(headers)).toMatchObject({
        "cache-control": "no-store",
        "content-security-policy": DATA_POLICY,
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
      });
      expect(headers.has("Strict-Transport-Security")).toBe(false);
      expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
  });

  test("to a page of Lethe's own lets it run its own scripts and no others", async () => {
    const { headers, body } = await send("/docs");
    expect(headers.get("Content-Security-Policy")).toBe(DOCS_POLICY);
    expect(DOCS_POLICY).toContain("script-src 'self';");
    expect(DOCS_POLICY).toContain("frame-ancestors 'none'");
    expect(String(body)).not.toMatch(/<script>|<style| on\w+=/);
  });

  test("over https says that it is to be had so alone", async () => {
    const sent = await callers.nobody({ path: "/health", origin: "https://lethe.example.com" });
    expect(sent.headers.get("Strict-Transport-Security")).toBe("max-age=31536000");
  });
});

describe("a page of another origin", () => {
  test("that is named asks whether it may, sends and reads, errors too", async () => {
    const lake = await lakeWith(callers);
    const path = `/lakes/${lake.id}/datasets`;
    const asks = { Origin: APP, "Access-Control-Request-Method": "POST" };
    const may = await callers.nobody({ method: "OPTIONS", path, headers: asks });
    expect([may.status, may.headers.get("Access-Control-Allow-Origin")]).toEqual([204, APP]);

    const page = { Origin: APP, "Sec-Fetch-Site": "cross-site" };
    const body = { name: "d", schema: { id: "int" }, contains_pii: false };
    const owner = callers.as(lake.name("owner"));
    const made = await owner({ method: "POST", path, headers: page, body });
    expect([made.status, made.headers.get("Access-Control-Allow-Origin")]).toEqual([201, APP]);
    const unknown = await callers.nobody({ path, headers: page });
    expect([unknown.status, unknown.headers.get("Access-Control-Allow-Origin")]).toEqual([
      401,
      APP,
    ]);
  });

  test("that is not named is told nothing, changes nothing and puts nobody's reading on record", async () => {
    const lake = await lakeWith(callers);
    const owner = callers.as(lake.name("owner"));
    const page = { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" };
    for (const method of ["GET", "POST", "OPTIONS", "DELETE"]) {
      const path = `/lakes/${lake.id}/datasets`;
      const { status, headers } = await owner({ method, path, headers: page });
      expect([method, status, headers.get("Access-Control-Allow-Origin")]).toEqual([
        method,
        403,
        null,
      ]);
    }
  });

  test("reveals nothing in a frame", async () => {
    const lake = await lakeWith(callers);
    const owner = callers.as(lake.name("owner"));
    const asked = { subject_id: "4711", reason: "asked to", requested_by: lake.name("owner") };
    const made = await lake.as("owner")("POST", "/deletions", asked);
    const path = `/lakes/${lake.id}/deletions/${made.text("deletion", "deletion_id")}?reveal=true`;
    const followed = {
      "Sec-Fetch-Site": "cross-site",
      "Sec-Fetch-Mode": "navigate",
      "Sec-Fetch-Dest": "document",
    };
    const frames = ["iframe", "frame", "object", "embed"].map((dest) => ({
      ...followed,
      "Sec-Fetch-Dest": dest,
    }));
    for (const headers of frames) {
      for (const method of ["GET", "HEAD"]) {
        expect([headers, (await owner({ method, path, headers })).status]).toEqual([headers, 403]);
      }
    }
    const revealed = async () => (await lake.as("owner")("GET", "/access-log")).at("items");
    expect(await revealed()).toEqual([]);
    expect((await owner({ path, headers: followed })).text("subject_id")).toBe("4711");
    expect(await revealed()).toHaveLength(1);
  });

  test("is served to nobody while CORS_ORIGINS is not understood", async () => {
    const wrong = await knownCallers([], { CORS_ORIGINS: "*" });
    const answer = await wrong.nobody({ path: "/docs" });
    expect([answer.status, answer.text("detail")]).toEqual([
      503,
      expect.stringMatching(/CORS_ORIGINS/),
    ]);
    expect((await wrong.nobody({ path: "/health" })).status).toBe(200);
  });
});

describe("who asks too often", () => {
  /** Uses up what is left of a counter. */
  const exhaust = async (counter: RateLimit, key: string): Promise<void> => {
    for (let asked = 0; asked <= CALLER_REQUESTS; asked += 1) {
      if (!(await counter.limit({ key })).success) return;
    }
  };

  test("is answered 429 with Retry-After by the platform's own counter, and others are served", async () => {
    const lake = await lakeWith(callers, ["auditor"]);
    const { CALLER_RATE } = env as Env;
    if (CALLER_RATE === undefined) throw new Error("no counter is bound");
    const key = `person/${lake.name("owner")}`;
    // A new period may begin between the last that is counted and the request.
    await vi.waitFor(
      async () => {
        await exhaust(CALLER_RATE, key);
        const refused = await lake.as("owner")("GET", "/datasets");
        expect([refused.status, refused.at("code")]).toEqual([429, "too-many-requests"]);
        expect(refused.headers.get("Retry-After")).toBe("10");
      },
      { timeout: 60_000 },
    );
    expect((await lake.as("auditor")("GET", "/datasets")).status).toBe(200);
  });

  test("is served by nobody where counters are not bound", async () => {
    const bare = await knownCallers([], { CALLER_RATE: undefined } as unknown as Partial<Env>);
    const answer = await bare.as("ann-1")({ path: "/lakes" });
    expect([answer.status, answer.text("detail")]).toEqual([
      503,
      expect.stringMatching(/CALLER_RATE/),
    ]);
  });
});

describe("the log of the process", () => {
  test("has no signed URL, no token and no key in it, whatever is asked and goes wrong", async () => {
    const said: string[] = [];
    for (const level of ["log", "info", "warn", "error", "debug"] as const) {
      vi.spyOn(console, level).mockImplementation((...words) => {
        said.push(words.map(String).join(" "));
      });
    }
    const lake = await salesLake();
    await published(lake, "b");
    const urls = [
      (await lake.done("/upload-url", { filename: "f.csv" })).text("upload_url"),
      (await lake.done("/consume-batch", { batch_id: "b", consumer: "ann" })).text("download_url"),
    ];
    for (const url of urls) expect(url).toContain("X-Amz-Signature=");
    const own = await lakeWith(callers);
    const issued = await own.as("owner")("POST", "/tokens", {
      name: "ci",
      roles: ["analyst"],
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const token = issued.text("secret");
    expect(issued.status).toBe(201);
    expect((await callers.send(token, { path: `/lakes/${own.id}/datasets` })).status).toBe(200);
    await callers.send(`${token}0`, { path: `/lakes/${own.id}/datasets` });
    const jwt = await callers.jwt("mallory", { aud: "another" });
    await callers.send(jwt, { path: `/lakes/${own.id}/datasets` });
    const broken = await knownCallers([], {
      LAKES: {
        idFromName: () => {
          throw new Error("the platform is gone");
        },
      },
    } as unknown as Partial<Env>);
    const failed = await broken.send(token, { path: `/lakes/${own.id}/sealed/${token}` });
    expect(failed.status).toBe(500);
    expect(JSON.stringify(failed.body)).not.toContain("platform");

    const log = said.join("\n");
    expect(log).toContain("the platform is gone");
    const secrets = [token, token.slice(-64), jwt, jwt.split(".").at(-1), env.ROOT_SECRET];
    for (const secret of [...secrets, "X-Amz-Signature"]) expect(log).not.toContain(secret);
  });
});

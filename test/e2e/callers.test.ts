/** A server that tells callers apart, with an issuer on this machine whose keys it fetches and sees change. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server } from "../../scripts/support/server.ts";
import { type IssuerKey, newKey, sign } from "../support/issuer.ts";
import { migratedServer } from "../support/migratedServer.ts";

describe("a server that tells callers apart", () => {
  let directory: string;
  let server: Server;
  let issuer: HttpServer;
  let key: IssuerKey;
  let served: IssuerKey[];
  let fetches = 0;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-callers-"));
    key = await newKey("first", "RS256");
    served = [key];
    issuer = createServer((_, response) => {
      fetches += 1;
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ keys: served.map(({ jwk }) => jwk) }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
    server = await migratedServer({
      persistTo: path.join(directory, "state"),
      vars: {
        AUTH: "required",
        OIDC_ISSUERS: JSON.stringify([
          { issuer: place(), audience: "lethe", jwks_uri: `${place()}/keys` },
        ]),
        PLATFORM_ADMINS: "admin-0",
      },
    });
  });

  afterAll(async () => {
    await server?.stop();
    issuer?.closeAllConnections();
    issuer?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const place = () => `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;

  const jwt = (sub: string, by = key) => {
    const now = Math.floor(Date.now() / 1000);
    return sign({ iss: place(), aud: "lethe", sub, iat: now, exp: now + 600 }, by);
  };

  const ask = async (credential: string | null, method: string, route: string, body?: object) => {
    const response = await fetch(`${server.url}${route}`, {
      method,
      headers: {
        ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }),
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown>,
    };
  };

  test("serves nobody it does not know, and shows nobody what is not theirs", async () => {
    const owner = await jwt("owner-1");
    const made = { lake_id: "north", name: "N", region: "eu", compliance_level: "gdpr" };
    expect((await ask(null, "POST", "/lakes", made)).status).toBe(401);
    expect((await ask(owner, "POST", "/lakes", made)).status).toBe(201);
    expect((await ask(null, "GET", "/health")).status).toBe(200);
    expect((await ask(null, "GET", "/lakes/north")).status).toBe(401);
    expect((await ask(owner, "GET", "/lakes/north")).body.owner_id).toBe("owner-1");
    const ann = await jwt("ann-2");
    const hidden = await ask(ann, "GET", "/lakes/north");
    expect(hidden).toEqual(await ask(ann, "GET", "/lakes/south"));
    expect(hidden.status).toBe(404);
    const member = { subject: "ann-2", roles: ["analyst"] };
    expect((await ask(owner, "POST", "/lakes/north/members", member)).status).toBe(201);
    expect((await ask(ann, "GET", "/lakes/north")).status).toBe(200);
    expect((await ask(ann, "GET", "/lakes")).body.items).toMatchObject([{ lake_id: "north" }]);
    expect((await ask(ann, "GET", "/reports/lakes")).body.items).toEqual([]);
    expect((await ask(owner, "GET", "/reports/lakes")).body.items).toMatchObject([
      { lake_id: "north" },
    ]);
    expect((await ask(await jwt("admin-0"), "GET", "/reports/deletions")).status).toBe(200);
    expect(fetches).toBe(1);
  });

  test("lets a machine in by a token, until it is revoked", async () => {
    const owner = await jwt("owner-1");
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const asked = { name: "ci", roles: ["engineer"], expires_at };
    const issued = await ask(owner, "POST", "/lakes/north/tokens", asked);
    const secret = String(issued.body.secret);
    const upload = { filename: "f.csv" };
    expect((await ask(secret, "POST", "/lakes/north/upload-url", upload)).status).toBe(200);
    expect((await ask(secret, "GET", "/lakes/south")).status).toBe(404);
    const { token_id } = issued.body.token as { token_id: string };
    await ask(owner, "DELETE", `/lakes/north/tokens/${token_id}`);
    expect((await ask(secret, "POST", "/lakes/north/upload-url", upload)).status).toBe(401);
    expect(server.output()).not.toContain(secret.slice(-64));
  });

  test("does not take a key that is not the issuer's, whatever it is called", async () => {
    const foreign = await newKey("first", "RS256");
    expect((await ask(await jwt("owner-1", foreign), "GET", "/lakes/north")).status).toBe(401);
  });

  test("lets an administrator import a log whose lake is not theirs to read", async () => {
    const headers = { Authorization: `Bearer ${await jwt("owner-1")}` };
    const exported = await fetch(`${server.url}/lakes/north/events?format=ndjson`, { headers });
    const file = path.join(directory, "log.ndjson");
    await writeFile(file, (await exported.text()).replaceAll("north", "carried"));
    const carried = `${server.url}/lakes/carried`;
    const admin = await jwt("admin-0");
    const first = await runImport(admin, carried, file);
    expect([first.code, first.output]).toEqual([0, expect.stringContaining("the lake is open")]);
    expect((await ask(admin, "GET", "/lakes/carried/log/checkpoint")).status).toBe(404);
    expect((await ask(await jwt("owner-1"), "GET", "/lakes/carried")).status).toBe(200);
    // The owner has it go on: what was imported stays imported.
    const given = { dataset_id: "d", source: "s3://x", record_count: 1, contains_pii: false };
    const route = "/lakes/carried/ingest-dataset";
    expect((await ask(await jwt("owner-1"), "POST", route, given)).status).toBe(200);
    const again = await runImport(admin, carried, file);
    expect([again.code, again.output]).toEqual([0, expect.stringContaining("gone on since")]);
  });

  const runImport = (token: string, ...args: string[]) =>
    new Promise<{ code: number | null; output: string }>((resolve) => {
      const script = path.resolve(import.meta.dirname, "../../scripts/import.ts");
      const env = { ...process.env, LETHE_TOKEN: token };
      const child = spawn(process.execPath, [script, ...args], { env });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (bytes) => {
          output += bytes;
        });
      }
      child.on("exit", (code) => resolve({ code, output }));
    });
});

describe("a server whose issuer is not configured", () => {
  test("answers every route but /health 503, and names the setting", async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "lethe-closed-"));
    const server = await migratedServer({
      persistTo: path.join(directory, "state"),
      vars: { AUTH: "required" },
    });
    try {
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
      for (const route of ["/docs", "/lakes", "/datasets", "/openapi.json", "/nothing"]) {
        const response = await fetch(`${server.url}${route}`);
        expect([route, response.status]).toEqual([route, 503]);
        expect(await response.text()).toContain("OIDC_ISSUERS");
      }
    } finally {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

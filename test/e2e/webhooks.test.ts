/** A webhook against a real receiver on this machine: what arrives on the wire verifies. */
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server as Receiver } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Server } from "../../scripts/support/server.ts";
import { migratedServer } from "../support/migratedServer.ts";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("a webhook on the machine itself", () => {
  const received: Received[] = [];
  let directory: string;
  let server: Server;
  let receiver: Receiver;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-webhooks-"));
    server = await migratedServer({ persistTo: path.join(directory, "state") });
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        // An answer nobody should want to read to its end.
        response.writeHead(200).end("x".repeat(1_000_000));
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  });

  afterAll(async () => {
    await server?.stop();
    receiver?.closeAllConnections();
    receiver?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const post = async (route: string, body: object) => {
    const response = await fetch(`${server.url}${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.ok).toBe(true);
    return (await response.json()) as Record<string, unknown>;
  };

  test("is called, signed, within moments of the event", async () => {
    await post("/compliance-level", { compliance_level: "gdpr" });
    const { port } = receiver.address() as AddressInfo;
    const { secret } = await post("/webhooks", {
      url: `http://127.0.0.1:${port}/told`,
      events: ["GDPRDeletionRequested"],
    });
    await post("/deletions", { subject_id: "jane", reason: "please", requested_by: "petra" });
    await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 60_000 });
    const [{ headers, body } = { headers: {}, body: "" }] = received;
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const key = Buffer.from(String(secret).replace("whsec_", ""), "base64");
    const signature = createHmac("sha256", key).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
    const age = Date.now() / 1000 - Number(headers["webhook-timestamp"]);
    expect(Math.abs(age)).toBeLessThan(60);
    expect(JSON.parse(body)).toMatchObject({ type: "GDPRDeletionRequested" });
    expect(body).not.toMatch(/jane|please|petra/);
  });
});

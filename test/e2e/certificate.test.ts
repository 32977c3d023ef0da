/** An erasure on a started server, and its certificate checked by the command, without a server. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Server } from "../../scripts/support/server.ts";
import { migratedServer } from "../support/migratedServer.ts";

const CSV = "id,amount\njane,1.5\njohn,2\njane,3\n";

type Fields = Record<string, unknown>;

const verify = (...args: string[]): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve) => {
    const script = path.resolve(import.meta.dirname, "../../scripts/verify.ts");
    const child = spawn(process.execPath, [script, ...args]);
    let output = "";
    child.stdout.on("data", (bytes) => {
      output += bytes;
    });
    child.on("exit", (code) => resolve({ code, output }));
  });

describe("the certificate of an erasure", () => {
  let directory: string;
  let server: Server;
  let certificate: Fields;
  const keys: Record<string, string> = {};
  const at = (lake: string) => `${server.url}/lakes/${lake}`;

  const post = async (url: string, body: object): Promise<Fields> => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const read = (await answer.json()) as Fields;
    expect(answer.status, JSON.stringify(read)).toBeLessThan(300);
    return read;
  };

  const fileOf = async (content: unknown): Promise<string> => {
    const file = path.join(directory, `${crypto.randomUUID()}.json`);
    await writeFile(file, JSON.stringify(content));
    return file;
  };

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-certificate-"));
    server = await migratedServer({ persistTo: path.join(directory, "state") });
    for (const lake_id of ["people", "other"]) {
      const lake = { lake_id, name: "n", region: "eu", compliance_level: "gdpr" };
      await post(`${server.url}/lakes`, lake);
      keys[lake_id] = (await (await fetch(`${at(lake_id)}/log/key`)).text()).trim();
    }
    const lake = at("people");
    await post(`${lake}/datasets`, {
      name: "people",
      schema: { id: "string", amount: "float" },
      contains_pii: true,
      subject_column: "id",
    });
    const contract = { contract_id: "c1", dataset: "people", retention_days: 30 };
    await post(`${lake}/contracts`, contract);
    const { upload_url } = await post(`${lake}/upload-url`, { filename: "p.csv" });
    await fetch(String(upload_url), { method: "PUT", body: CSV });
    const batch = { dataset: "people", contract_id: "c1", batch_id: "b1", file_url: "p.csv" };
    await post(`${lake}/append-batch`, batch);
    const request = { subject_id: "jane", reason: "please", requested_by: "petra" };
    const { deletion } = await post(`${lake}/deletions`, request);
    const own = `${lake}/deletions/${(deletion as Fields).deletion_id}`;
    expect((await fetch(`${own}/certificate`)).status).toBe(409);
    await post(`${own}/execute`, {});
    await vi.waitFor(
      async () => {
        const answer = await fetch(`${own}/certificate`);
        expect(answer.status).toBe(200);
        certificate = (await answer.json()) as Fields;
      },
      { timeout: 60_000, interval: 100 },
    );
  });

  afterAll(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test("verifies from its file alone, and says what was erased", async () => {
    const { code, output } = await verify(
      "--certificate",
      await fileOf(certificate),
      "--key",
      keys.people ?? "",
    );
    expect([code, output]).toEqual([0, expect.stringContaining("Everything holds.")]);
    expect(output).toContain("2 rows removed, 1 of 1 batches hit");
    expect(JSON.stringify(certificate)).not.toContain("jane");
  });

  test("does not with a byte of it flipped, nor under another lake's key", async () => {
    const { payload, ...rest } = certificate.envelope as { payload: string };
    const bytes = Buffer.from(payload, "base64");
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    const envelope = { payload: bytes.toString("base64"), ...rest };
    const flipped = await fileOf({ ...certificate, envelope });
    const spoilt = await verify("--certificate", flipped, "--key", keys.people ?? "");
    expect([spoilt.code, spoilt.output]).toEqual([1, expect.stringContaining("CAUGHT")]);
    const own = await fileOf(certificate);
    const foreign = await verify("--certificate", own, "--key", keys.other ?? "");
    expect([foreign.code, foreign.output]).toEqual([1, expect.stringContaining("not by the key")]);
  });
});

/** A newcomer's first run: the README's own commands, run by a shell against a started server. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../../scripts/support/server.ts";
import { ROOT } from "../../scripts/support/wrangler.ts";

const run = promisify(execFile);

type Json = Record<string, unknown>;

/** The commands of the README's block, lines that end in a backslash joined. */
const firstRunCommands = async (): Promise<readonly string[]> => {
  const readme = await readFile(path.join(ROOT, "README.md"), "utf8");
  const block = /<!-- first-run -->\n```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  return block
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
};

describe("the first run of the README, word for word", () => {
  let directory: string;
  let server: Server;
  const answers: Json[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-first-run-"));
    server = await startServer({ persistTo: path.join(directory, "state") });
    const own = server.url.replace("127.0.0.1", "localhost");
    for (const line of await firstRunCommands()) {
      const upload = answers.find((answer) => "upload_url" in answer)?.upload_url;
      const command = line
        .replaceAll("http://localhost:8000", own)
        .replace("<UPLOAD_URL>", String(upload));
      const { stdout } = await run("sh", ["-c", command], { cwd: directory });
      if (stdout !== "") answers.push(JSON.parse(stdout) as Json);
    }
  });

  afterAll(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test("answers every command without a problem", () => {
    expect(answers).toHaveLength(10);
    expect(answers.filter((answer) => "code" in answer)).toEqual([]);
  });

  test("counts the rows and hashes the bytes that were uploaded", () => {
    const appended = answers[3]?.batch;
    expect(appended).toMatchObject({
      state: "appended",
      rows: 2,
      bytes: 26,
      digest: expect.stringMatching(/^hmac-sha256:[0-9a-f]{64}$/),
    });
  });

  test("evaluates the rule over both rows", () => {
    expect(answers[4]).toMatchObject({
      passed: true,
      report: { rows: 2, passed_rows: 2, failed_rows: 0 },
    });
  });

  test("masks the column and publishes it as what the strategy makes it", () => {
    expect(answers[5]).toMatchObject({
      report: { columns: [{ column: "id", strategy: "mask", cells: 2, to_type: "string" }] },
    });
    expect(answers[6]?.batch).toMatchObject({
      state: "published",
      published: { schema: { id: "string", amount: "float" }, rows: 2 },
    });
  });

  test("replays the one batch to its end", () => {
    expect(answers[8]?.replay).toMatchObject({ status: "completed", done: 1, rows: 2 });
  });

  test("tells the whole story in its events, in order and without a gap", () => {
    const events = answers[9]?.items as Json[];
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ type }) => type)).toEqual([
      "DataLakeCreated",
      "DatasetRegistered",
      "DataContractDefined",
      "SignedUrlCreated",
      "AppendIngestionRequested",
      "DataAppended",
      "SchemaValidated",
      "QualityCheckPassed",
      "DataAnonymized",
      "DataPublished",
      "ConsumptionGranted",
      "AccessAudited",
      "ReplayRequested",
      "BatchDerived",
      "ReplayProgressed",
      "BatchReplayed",
      "SchemaValidated",
      "QualityCheckPassed",
      "DataAnonymized",
      "DataPublished",
      "ReplayCompleted",
    ]);
  });

  test("hands out a CSV in which no id stands any more", async () => {
    const granted = await post(server, "/consume-batch", {
      batch_id: "batch1",
      consumer: "alice",
      format: "csv",
    });
    const csv = await (await fetch(String(granted.download_url))).text();
    expect(csv).toBe("id,amount\n*,100\n*,200\n");
  });

  test("refuses a tampered, an expired and a foreign-method URL at the store itself", async () => {
    const granted = async (expires_in: number) => {
      const body = { batch_id: "batch1", consumer: "alice", expires_in };
      return String((await post(server, "/consume-batch", body)).download_url);
    };
    const brief = await granted(1);
    const url = await granted(60);
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.replace("batch1", "batch2"))).status).toBe(403);
    expect((await fetch(url.replace("X-Amz-Expires=60&", "X-Amz-Expires=90&"))).status).toBe(403);
    expect((await fetch(url, { method: "PUT", body: "x" })).status).toBe(403);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await fetch(brief)).status).toBe(403);
  });

  test("shows the lake in the reports across lakes", async () => {
    const lakes = (await (await fetch(`${server.url}/lakes`)).json()) as { items: Json[] };
    expect(lakes.items).toMatchObject([{ lake_id: "default", compliance_level: "standard" }]);
  });

  test("tells the demo's story against a server that is running", async () => {
    const { stdout } = await run("npm", ["run", "-s", "demo", "--", "--url", server.url], {
      cwd: ROOT,
    });
    expect(stdout).toContain("GDPRDeletionRequested");
    expect(stdout).toContain("That was the main job");
  });
});

const post = async (server: Server, route: string, body: Json): Promise<Json> => {
  const response = await fetch(`${server.url}${route}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return (await response.json()) as Json;
};

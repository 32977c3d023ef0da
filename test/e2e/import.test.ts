/** A log carried from one server to another by the command, checkpoint and all. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server } from "../../scripts/support/server.ts";
import { migratedServer } from "../support/migratedServer.ts";

const EVENTS = 61;

const post = (url: string, body: unknown, type = "application/json") =>
  fetch(url, {
    method: "POST",
    headers: { "Content-Type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const text = async (url: string): Promise<string> => (await fetch(url)).text();

/** Size and root, without the signature: it is another key's. */
const head = (note: string): string => note.split("\n").slice(1, 3).join(" ");

const runImport = (...args: string[]) => run("import.ts", ...args);

const run = (name: string, ...args: string[]): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve) => {
    const script = path.resolve(import.meta.dirname, "../../scripts", name);
    const child = spawn(process.execPath, [script, ...args]);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes) => {
        output += bytes;
      });
    }
    child.on("exit", (code) => resolve({ code, output }));
  });

describe("an export brought into another server", () => {
  let directory: string;
  let from: Server;
  let to: Server;
  let lake: string;
  let checkpoint: string;
  const inDirectory = (name: string) => path.join(directory, name);

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-import-"));
    [from, to] = (await Promise.all(
      ["from", "to"].map((name) => migratedServer({ persistTo: inDirectory(name) })),
    )) as [Server, Server];
    lake = `${from.url}/lakes/carried`;
    await post(`${from.url}/lakes`, {
      lake_id: "carried",
      name: "n",
      region: "eu",
      compliance_level: "gdpr",
    });
    for (let n = 0; n < (EVENTS - 1) / 2; n += 1) {
      const dataset_id = `d${n}`;
      const given = { dataset_id, source: "s3://x/ü", record_count: 1, contains_pii: false };
      expect((await post(`${lake}/ingest-dataset`, given)).status).toBe(200);
    }
    await writeFile(inDirectory("log.ndjson"), await text(`${lake}/events?format=ndjson`));
    checkpoint = await text(`${lake}/log/checkpoint`);
    await writeFile(inDirectory("checkpoint"), checkpoint);
    expect(checkpoint.split("\n")[1]).toBe(String(EVENTS));
  });

  afterAll(async () => {
    await Promise.all([from?.stop(), to?.stop()]);
    await rm(directory, { recursive: true, force: true });
  });

  test("is a copy that the verifier accepts, line by line", async () => {
    const { code, output } = await run("verify.ts", lake, "--copy", inDirectory("log.ndjson"));
    expect([code, output]).toEqual([0, expect.stringContaining("Everything holds.")]);
  });

  test("is refused when it is not what the checkpoint was signed for", async () => {
    const changed = (await readFile(inDirectory("log.ndjson"), "utf8")).replace("s3://x", "s3://y");
    await writeFile(inDirectory("changed.ndjson"), changed);
    const carried = `${to.url}/lakes/carried`;
    const { code, output } = await runImport(
      carried,
      inDirectory("changed.ndjson"),
      "--checkpoint",
      inDirectory("checkpoint"),
    );
    expect([code, output]).toEqual([1, expect.stringContaining("are not those of the checkpoint")]);
    expect((await fetch(carried)).status).toBe(404);
  });

  test("is held against a signature only where the key is known, and says which it was", async () => {
    const key = (await text(`${lake}/log/key`)).trim();
    const [origin, size, root] = checkpoint.split("\n");
    const noteOf = async (name: string, note: string) => {
      await writeFile(inDirectory(name), note);
      return inDirectory(name);
    };
    const keyHash = Buffer.from(key.split("+")[1] ?? "", "hex");
    const nothing = Buffer.concat([keyHash, Buffer.alloc(64)]).toString("base64");
    const unsigned = (of: string) => `${of}\n${size}\n${root}\n\n— ${of} ${nothing}\n`;
    const forged = await noteOf("forged", unsigned(origin ?? ""));
    const foreign = await noteOf("foreign", unsigned("lethe/other"));
    const other = (await text(`${from.url}/log/key`)).trim();
    const cases: [string[], number, string][] = [
      [[foreign], 1, "the checkpoint is of lethe/other, the file of lethe/carried"],
      [[foreign, "--key", key], 1, "the checkpoint is of lethe/other"],
      [[forged, "--key", key], 1, "its signature is not that of lethe/carried"],
      [[inDirectory("checkpoint"), "--key", other], 1, "it is not signed by the key lethe/"],
      [[inDirectory("checkpoint"), "--key", "nonsense"], 2, "--key is no verifier key"],
      // Neither is refused for its signature: nobody listens at the lake's URL.
      [[forged], 2, "that it is signed was not checked"],
      [[inDirectory("checkpoint"), "--key", key], 2, `${EVENTS} events are those that lethe/carr`],
    ];
    for (const [given, code, said] of cases) {
      const args = ["http://127.0.0.1:1/lakes/carried", inDirectory("log.ndjson"), "--checkpoint"];
      const ended = await runImport(...args, ...given);
      expect([ended.code, ended.output]).toEqual([code, expect.stringContaining(said)]);
    }
    const alone = await runImport(lake, inDirectory("log.ndjson"), "--key", key);
    expect([alone.code, alone.output]).toEqual([2, expect.stringContaining("both are needed")]);
  });

  test("goes on where it stopped, and ends with the same root", async () => {
    const carried = `${to.url}/lakes/carried`;
    const lines = (await readFile(inDirectory("log.ndjson"), "utf8")).split("\n");
    const begun = `${lines.slice(0, 20).join("\n")}\n`;
    expect((await post(`${carried}/log/import`, begun, "application/x-ndjson")).status).toBe(200);
    const args = [carried, inDirectory("log.ndjson"), "--checkpoint", inDirectory("checkpoint")];
    const { code, output } = await runImport(...args);
    expect([code, output]).toEqual([0, expect.stringContaining("stopped behind event 20")]);
    expect(head(await text(`${carried}/log/checkpoint`))).toBe(head(checkpoint));
    const { as_of: _, ...report } = (await (await fetch(`${lake}/report`)).json()) as object & {
      as_of: string;
    };
    expect(await (await fetch(`${carried}/report`)).json()).toMatchObject(report);
    // The same again finds everything done.
    expect((await runImport(...args)).code).toBe(0);
  });

  test("is refused by a lake that has another log, and by one that is in use", async () => {
    const cut = (await readFile(inDirectory("log.ndjson"), "utf8")).split("\n");
    await writeFile(inDirectory("other.ndjson"), `${cut.slice(1).join("\n")}`);
    const { code, output } = await runImport(
      `${to.url}/lakes/carried`,
      inDirectory("other.ndjson"),
    );
    expect([code, output]).toEqual([1, expect.stringContaining("not the one expected")]);
    const away = await runImport("http://127.0.0.1:1/lakes/x", inDirectory("log.ndjson"));
    expect(away.code).toBe(2);
    expect((await runImport(`${to.url}/lakes/carried`)).code).toBe(2);
  });
});

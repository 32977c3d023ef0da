import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterEach, describe, expect, it } from "vitest";
import { eventText, eventTexts, type Lake, newSigner, type Started, serve } from "./verifyLake.ts";

const signer = newSigner("lethe/demo");
const LOG = eventTexts(40);
const CHANGED = LOG.with(16, eventText(17, { actor: "mallory" })).map(
  (text, at) => [at + 1, text] as const,
);

const started: Started[] = [];
afterEach(async () => {
  for (const lake of started.splice(0)) await lake.close();
});

/** Each run is a process of its own: on a busy machine that takes its time. */
describe("the command", { timeout: 30_000 }, () => {
  const run = (...args: string[]): Promise<{ code: number | null; output: string }> =>
    new Promise((resolve) => {
      const script = path.resolve(import.meta.dirname, "../../scripts/verify.ts");
      const child = spawn(process.execPath, [script, ...args]);
      let output = "";
      child.stdout.on("data", (bytes) => {
        output += bytes;
      });
      child.on("exit", (code) => resolve({ code, output }));
    });

  const start = async (lake: Partial<Lake> = {}): Promise<string> => {
    const server = await serve({ tree: LOG, signer, ...lake });
    started.push(server);
    return server.url;
  };

  it("ends with 0 when everything holds", async () => {
    const { code, output } = await run(`${await start()}/`, "--key", signer.vkey);
    expect([code, output]).toEqual([0, expect.stringContaining("Everything holds.")]);
  });

  it("ends with 1 when something was caught", async () => {
    const url = await start({ served: CHANGED });
    const { code, output } = await run(url);
    expect([code, output]).toEqual([1, expect.stringContaining("event 17 is changed")]);
  });

  it("ends with 2 when the server, a file or the call is not there", async () => {
    const url = await start();
    const calls = [
      [url.replace("demo", "none")],
      [url, "--copy", path.join(tmpdir(), "lethe-nowhere")],
      [url, "--copy", tmpdir()],
      [url, "--key", "nonsense"],
      ["lakes/demo"],
      [url, "--unknown"],
      [],
    ];
    const ended = await Promise.all(calls.map((call) => run(...call)));
    expect(ended.map(({ code }) => code)).toEqual(calls.map(() => 2));
  });

  it("ends with 2 when a proof is refused", async () => {
    const url = await start({ status: (asked) => (asked === "consistency" ? 403 : undefined) });
    const { code, output } = await run(url);
    expect([code, output]).toEqual([2, expect.stringContaining("not checked to the end")]);
    expect(output).not.toContain("Everything holds");
  });

  it("tries again when the server is busy for a moment", async () => {
    let busy = 1;
    const url = await start({ status: () => (busy-- > 0 ? 503 : undefined) });
    expect((await run(url)).code).toBe(0);
  });
});

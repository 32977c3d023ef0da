import { describe, expect, it } from "vitest";
import { fetchFile } from "../../src/console/client/download.ts";
import type { Evidence } from "../../src/console/client/proof/check.ts";
import { checkLog } from "../../src/console/client/proof/checkLog.ts";
import { naiveProof, naiveRoot, newSigner, signNote } from "../scripts/verifyLake.ts";

const signer = newSigner("lethe/demo");
const key = `${signer.vkey}\n`;
const log = Array.from({ length: 9 }, (_, at) => Buffer.from(`leaf ${at}`));
const noteOf = (leaves: readonly Buffer[], by = signer): string =>
  signNote(`lethe/demo\n${leaves.length}\n${naiveRoot(leaves).toString("base64")}\n`, by);

const evidenceOf = (leaves: readonly Buffer[]): Evidence => ({
  key: async () => key,
  checkpoint: async () => noteOf(leaves),
  leaf: () => Promise.reject(new Error("no leaf is asked for")),
  inclusion: () => Promise.reject(new Error("no inclusion is asked for")),
  consistency: async (from, to) =>
    naiveProof(from, leaves.slice(0, to)).map((hash) => hash.toString("base64")),
});

const known = { key, checkpoint: noteOf(log.slice(0, 4)) };

describe("the check of a whole log", () => {
  it("holds it to what this browser saw of it before", async () => {
    const proof = await checkLog(evidenceOf(log), known);
    expect(proof).toMatchObject({ holds: true, memory: { key, checkpoint: noteOf(log) } });
    expect(proof.steps.map(({ title, state }) => `${title}: ${state}`)).toEqual([
      "The signature: held",
      "The key: held",
      "The log only grew: held",
    ]);
    expect([proof.before?.size, proof.head?.size]).toEqual([4, 9]);
  });

  it("says of a log that is seen for the first time that growth is not checked, and knows it then", async () => {
    const proof = await checkLog(evidenceOf(log), null);
    expect(proof.memory).toEqual({ key, checkpoint: noteOf(log) });
    expect(proof.steps.map(({ state }) => state)).toEqual(["held", "unknown"]);
  });

  it("finds a log that was rewritten, cut short or signed by another, and remembers none of them", async () => {
    const rewritten = [Buffer.from("other"), ...log.slice(1)];
    const stranger = newSigner("lethe/demo");
    const forged = { ...evidenceOf(log), checkpoint: async () => noteOf(log, stranger) };
    const broken = { ...evidenceOf(log), checkpoint: async () => "no note" };
    for (const [evidence, failed] of [
      [evidenceOf(rewritten), "The log only grew"],
      [evidenceOf(log.slice(0, 3)), "The log only grew"],
      [forged, "The signature"],
      [broken, "The checkpoint"],
    ] as const) {
      const { steps, holds, memory } = await checkLog(evidence, known);
      expect([holds, memory]).toEqual([false, null]);
      expect(steps.filter(({ state }) => state === "failed").map(({ title }) => title)).toEqual([
        failed,
      ]);
    }
  });

  it("by another key than before finds the key", async () => {
    const other = { ...known, key: newSigner("lethe/demo").vkey };
    const { steps } = await checkLog(evidenceOf(log), other);
    expect(steps.find(({ state }) => state === "failed")?.title).toBe("The key");
  });
});

describe("a file", () => {
  const { signal } = new AbortController();
  const answering = (response: () => Promise<Response>) => ({ open: response });

  it("that is refused says why", async () => {
    const body = { code: "forbidden", title: "Forbidden", detail: "You are no auditor." };
    const refused = answering(async () => Response.json(body, { status: 403 }));
    expect(await fetchFile(refused, "/events", signal)).toMatchObject({ ok: false, problem: body });
    const gone = answering(() => Promise.reject(new Error("no network")));
    expect(await fetchFile(gone, "/events", signal)).toMatchObject({
      problem: { code: "no-answer" },
    });
  });

  it("that ends in the middle is no file", async () => {
    const half = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("a"));
        controller.error(new Error("the connection broke"));
      },
    });
    const broken = answering(async () => new Response(half));
    expect((await fetchFile(broken, "/events", signal)).ok).toBe(false);
  });

  it("is had whole", async () => {
    const file = await fetchFile(
      answering(async () => new Response("a\nb\n")),
      "/events",
      signal,
    );
    expect(file.ok && (await file.content.text())).toBe("a\nb\n");
  });

  it("that its reader has left ends without a word", async () => {
    const controller = new AbortController();
    controller.abort();
    const left = answering(() => Promise.reject(controller.signal.reason));
    await expect(fetchFile(left, "/events", controller.signal)).rejects.toThrow();
  });
});

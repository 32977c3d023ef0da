import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../src/console/client/api/types.ts";
import { checkEvent, type Evidence, leafSays } from "../../src/console/client/proof/check.ts";
import { isPrefix, leafHash, rootFromPath } from "../../src/console/client/proof/merkle.ts";
import { readCheckpoint, readKey, verdictOn } from "../../src/console/client/proof/note.ts";
import { naivePath, naiveProof, naiveRoot, newSigner, signNote } from "../scripts/verifyLake.ts";

const leaves = Array.from({ length: 20 }, (_, at) => Buffer.from(`leaf ${at}`));
const bytes = (buffer: Buffer): Uint8Array => Uint8Array.from(buffer);
const rootOf = (size: number): Uint8Array => bytes(naiveRoot(leaves.slice(0, size)));

describe("the way from a leaf to the root", () => {
  it("holds for every leaf of every size, and for no other place, size or leaf", async () => {
    for (let size = 1; size <= leaves.length; size += 1) {
      const root = [...rootOf(size)];
      for (let index = 0; index < size; index += 1) {
        const path = naivePath(index, leaves.slice(0, size)).map(bytes);
        const hash = await leafHash(bytes(leaves[index] ?? Buffer.alloc(0)));
        const led = await rootFromPath(hash, index, size, path);
        expect([...(led ?? [])], `${index} of ${size}`).toEqual(root);
        const other = await rootFromPath(await leafHash(Uint8Array.of(1)), index, size, path);
        expect([...(other ?? [])]).not.toEqual(root);
        expect(await rootFromPath(hash, index, size, [...path, new Uint8Array(32)])).toBeNull();
        expect(await rootFromPath(hash, size, size, path)).toBeNull();
      }
    }
  });

  it("agrees with the vectors of Certificate Transparency", async () => {
    const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
    const path = [
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ].map(hex);
    const root = await rootFromPath(await leafHash(hex("40414243")), 5, 8, path);
    expect(Buffer.from(root ?? []).toString("hex")).toBe(
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    );
  });
});

describe("that a log only grew", () => {
  it("holds between any two sizes, and between no two that are not of one log", async () => {
    for (let from = 0; from <= leaves.length; from += 1) {
      for (let to = from; to <= leaves.length; to += 1) {
        const proof = from === 0 ? [] : naiveProof(from, leaves.slice(0, to)).map(bytes);
        const before = { size: from, root: rootOf(from) };
        const after = { size: to, root: rootOf(to) };
        expect(await isPrefix(before, after, proof), `${from} to ${to}`).toBe(true);
        if (from === 0) continue;
        const forged = { size: from, root: new Uint8Array(32) };
        expect(await isPrefix(forged, after, proof), `forged ${from} to ${to}`).toBe(false);
        expect(await isPrefix(before, after, [...proof, new Uint8Array(32)])).toBe(false);
      }
    }
  });
});

const signer = newSigner("lethe/demo");

const noteOf = (size: number, root = rootOf(size), by = signer): string =>
  signNote(`lethe/demo\n${size}\n${Buffer.from(root).toString("base64")}\n`, by);

describe("a checkpoint", () => {
  it("is read, and signed by the lake's key alone", async () => {
    const [head, key] = [readCheckpoint(noteOf(7)), await readKey(`${signer.vkey}\n`)];
    if (head === null || key === null) throw new Error("the checkpoint and its key can be read");
    expect(head).toMatchObject({ origin: "lethe/demo", size: 7 });
    expect(await verdictOn(head, key)).toBe("signed");
    expect(await verdictOn({ ...head, text: head.text.replace("7", "8") }, key)).toBe("forged");
    const other = await readKey(newSigner("lethe/demo").vkey);
    if (other === null) throw new Error("the key can be read");
    expect(await verdictOn(head, other)).toBe("unsigned");
  });

  it("and a key that are not of their form are none", async () => {
    for (const wrong of [
      "",
      "lethe/demo\n7\nAAAA\n\n",
      noteOf(7).trimEnd(),
      noteOf(7).replace("7", "07"),
    ])
      expect(readCheckpoint(wrong), wrong).toBeNull();
    for (const wrong of ["", "lethe", signer.vkey.replace("demo", "other"), `${signer.vkey}A`])
      expect(await readKey(wrong), wrong).toBeNull();
  });
});

const event: CloudEvent = {
  id: "e3",
  type: "GDPRDeletionRequested",
  subject: "deletion/d",
  time: "2026-11-29T21:00:00.000Z",
  sequence: 3,
  streamversion: 1,
  schemaversion: 1,
  actor: "ada",
  correlationid: "c",
  data: { subject_id: { sealed: true, key: "k" }, list: [1, { a: null }] },
};

const leafOf = (more: object = {}): string =>
  JSON.stringify({
    seq: 3,
    event_id: "e3",
    stream: "deletion/d",
    stream_version: 1,
    type: "GDPRDeletionRequested",
    schema_version: 1,
    recorded_at: "2026-11-29T21:00:00.000Z",
    actor: "ada",
    correlation_id: "c",
    causation_id: null,
    command_id: "m",
    data: { subject_id: { sealed: "v1.ciphertext", key: "k" }, list: [1, { a: null }] },
    ...more,
  });

describe("a leaf", () => {
  it("says what the page shows, sealed fields being ciphertext in it", () => {
    expect(leafSays(leafOf(), event)).toBe("same");
  });

  it("of another event, or of one that was changed, does not", () => {
    for (const changed of [
      { seq: 4 },
      { actor: "eve" },
      { data: { ...event.data, list: [2, { a: null }] } },
      { data: { ...event.data, more: 1 } },
      { causation_id: "x" },
    ]) {
      expect(leafSays(leafOf(changed), event), JSON.stringify(changed)).toBe("other");
    }
    expect(leafSays("no JSON", event)).toBe("other");
  });

  it("in an older form is told from one that differs", () => {
    const older = leafOf({ schema_version: 0, data: { subject: 1 } });
    expect(leafSays(older, event)).toBe("upcast");
  });
});

describe("the check of an event", () => {
  const log = [...leaves.slice(0, 2), Buffer.from(leafOf()), ...leaves.slice(3, 9)];
  const base64 = (buffers: readonly Buffer[]) => buffers.map((one) => one.toString("base64"));
  const head = (size: number) => noteOf(size, bytes(naiveRoot(log.slice(0, size))));
  const honest: Evidence = {
    key: async () => `${signer.vkey}\n`,
    checkpoint: async () => head(9),
    leaf: async () => Buffer.from(leafOf()).toString("base64"),
    inclusion: async (seq, size) => base64(naivePath(seq - 1, log.slice(0, size))),
    consistency: async (from, to) => base64(naiveProof(from, log.slice(0, to))),
  };
  const failing = async (
    evidence: Partial<Evidence>,
    known = { key: `${signer.vkey}\n`, checkpoint: head(4) },
  ) => {
    const { steps, holds, memory } = await checkEvent(event, { ...honest, ...evidence }, known);
    expect(holds).toBe(steps.every(({ state }) => state === "held"));
    expect(memory === null).toBe(!holds);
    return steps.filter(({ state }) => state === "failed").map(({ title }) => title);
  };

  it("holds for an honest log, and remembers it", async () => {
    expect(await failing({})).toEqual([]);
    const first = await checkEvent(event, honest, null);
    expect(first).toMatchObject({
      holds: true,
      memory: { key: `${signer.vkey}\n`, checkpoint: head(9) },
    });
    expect(first.steps.map(({ title }) => title)).toEqual([
      "The leaf",
      "The path",
      "The signature",
    ]);
  });

  it("finds what a log that lies cannot show", async () => {
    const other = newSigner("lethe/demo");
    const forked = [...log.slice(0, 2), Buffer.from(leafOf()), ...leaves.slice(10, 16)];
    const root = bytes(naiveRoot(forked));
    expect(await failing({ leaf: async () => Buffer.from("{}").toString("base64") })).toEqual([
      "The leaf",
      "The path",
    ]);
    expect(await failing({ inclusion: async () => [] })).toEqual(["The path"]);
    expect(
      await failing({ checkpoint: async () => noteOf(9, bytes(naiveRoot(log)), other) }),
    ).toEqual(["The signature"]);
    expect(
      await failing({
        checkpoint: async () => noteOf(9, root),
        inclusion: async (seq) => base64(naivePath(seq - 1, forked)),
        consistency: async (from) => base64(naiveProof(from, forked)),
      }),
    ).toEqual(["The log only grew"]);
    expect(await failing({ checkpoint: async () => head(3) })).toEqual(["The log only grew"]);
    expect(
      await failing({
        key: async () => other.vkey,
        checkpoint: async () => noteOf(9, bytes(naiveRoot(log)), other),
      }),
    ).toEqual(["The key"]);
    expect(await failing({ checkpoint: async () => "nothing" })).toEqual(["The checkpoint"]);
  });
});

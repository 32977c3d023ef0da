import { describe, expect, it } from "vitest";
import { checkCertificate, sameJson } from "../../src/console/client/proof/certificate.ts";
import type { Evidence, Memory } from "../../src/console/client/proof/check.ts";
import { madeCertificate, SIGNER } from "../scripts/madeCertificate.ts";
import { checkpointOf, eventTexts, newSigner } from "../scripts/verifyLake.ts";

/** A lake whose log is, today, what the certificate's was. */
const lakeWith = (checkpoint: string, key = SIGNER.vkey): Evidence => ({
  key: async () => `${key}\n`,
  checkpoint: async () => checkpoint,
  leaf: async () => "",
  inclusion: async () => [],
  consistency: async () => [],
});

/** The steps that do not hold, of a file that Lethe and somebody else may have had a hand in. */
const faultsOf = async (
  file: unknown,
  evidence = lakeWith(madeCertificate().checkpoint),
  known: Memory | null = null,
) => {
  const { steps, holds, memory } = await checkCertificate(file, evidence, known);
  const faults = steps.filter(({ state }) => state === "failed").map(({ title }) => title);
  expect(holds).toBe(faults.length === 0);
  expect(memory === null).toBe(!holds);
  return faults;
};

const flipped = (base64: string, at: number): string => {
  const bytes = Buffer.from(base64, "base64");
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes.toString("base64");
};

describe("a certificate of erasure", () => {
  it("holds in every step, and is what the browser knows of the lake from then on", async () => {
    const made = madeCertificate();
    const proof = await checkCertificate(made, lakeWith(made.checkpoint), null);
    expect(proof.steps.map(({ state }) => state)).toEqual(Array(10).fill("held"));
    expect(proof.memory).toEqual({ key: `${SIGNER.vkey}\n`, checkpoint: made.checkpoint });
    expect(await faultsOf(made, undefined, proof.memory)).toEqual([]);
  });

  it("does not with a byte of its signature or of its head changed", async () => {
    const made = madeCertificate();
    const [signature] = made.envelope.signatures;
    const forged = { keyid: signature?.keyid, sig: flipped(signature?.sig ?? "", 3) };
    expect(
      await faultsOf({ ...made, envelope: { ...made.envelope, signatures: [forged] } }),
    ).toEqual(["The signature"]);
    expect(await faultsOf({ ...made, envelope: { ...made.envelope, signatures: [] } })).toEqual([
      "The signature",
    ]);
    const checkpoint = made.checkpoint.replace("\n40\n", "\n39\n");
    expect(await faultsOf({ ...made, checkpoint })).toEqual([
      "The path",
      "The head of the log",
      "Since the certificate",
    ]);
  });

  it("does not when what is read is not what was signed, or not what the event says", async () => {
    const made = madeCertificate();
    const facts = { ...made.certificate.facts, rows_removed: 13 };
    const read = { ...made, certificate: { ...made.certificate, facts } };
    expect(await faultsOf(read)).toEqual(["The words", "The event"]);
    expect(await faultsOf(madeCertificate({ said: { rows_removed: 13 } }))).toEqual(["The event"]);
    expect(await faultsOf(madeCertificate({ payloadType: "text/plain" }))).toEqual(["The words"]);
  });

  it("does not when its event is of another request, completes none, or stands elsewhere", async () => {
    for (const event of [{ stream: "deletion/d2" }, { type: "GDPRDeletionStarted" }]) {
      const made = madeCertificate({ event });
      expect(await faultsOf(made, lakeWith(made.checkpoint))).toEqual(["The event"]);
    }
    const made = madeCertificate();
    const inclusion = { ...made.inclusion, leaf_index: 15 };
    expect(await faultsOf({ ...made, inclusion })).toEqual(["The path"]);
    expect(await faultsOf({ ...made, leaf: flipped(made.leaf, 5) })).toContain("The path");
  });

  it("does not when it has a member that nothing proves", async () => {
    expect(await faultsOf({ ...madeCertificate(), approved: true })).toEqual(["The file"]);
  });

  it("of another lake, or under another key than the known one, does not hold", async () => {
    const other = newSigner("lethe/demo");
    const made = madeCertificate({ signer: other });
    expect(await faultsOf(made)).toEqual(["The key", "The log of today"]);
    const known = { key: SIGNER.vkey, checkpoint: made.checkpoint };
    expect(await faultsOf(made, lakeWith(made.checkpoint, other.vkey), known)).toEqual(["The key"]);
    expect(await faultsOf(madeCertificate({ payload: { lake_id: "elsewhere" } }))).toContain(
      "The lake",
    );
  });

  it("does not when the log of today does not begin with the one it was made of", async () => {
    const today = checkpointOf(eventTexts(40), SIGNER);
    expect(await faultsOf(madeCertificate(), lakeWith(today))).toEqual(["Since the certificate"]);
  });

  it("does not when that log does not begin with what this browser has seen of it before", async () => {
    const known = { key: SIGNER.vkey, checkpoint: checkpointOf(eventTexts(40), SIGNER) };
    expect(await faultsOf(madeCertificate(), undefined, known)).toEqual(["The log only grew"]);
  });

  it("is none at all without a key and a head that can be read", async () => {
    for (const file of [null, [], "x", {}, { ...madeCertificate(), verifier_key: "lethe" }])
      expect(await faultsOf(file)).toEqual(["The file"]);
  });
});

it("values are the same as JSON whatever the order of their members, and not of their items", () => {
  expect(sameJson({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] })).toBe(true);
  for (const [one, other] of [
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ 0: 1 }, [1]],
    [null, {}],
  ] as const)
    expect(sameJson(one, other)).toBe(false);
});

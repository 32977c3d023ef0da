import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openEnvelope, signEnvelope } from "../../src/application/envelope.ts";
import { logSigner } from "../../src/application/logSigner.ts";

const SEED = new Uint8Array(32).fill(7);
const TYPE = "application/example+json";
const BODY = new TextEncoder().encode('{"text":"ünïcode"}');

const signed = async () => signEnvelope(await logSigner("north", SEED), TYPE, BODY);

describe("an envelope", () => {
  it("is what DSSE says it is, signed with the key of the lake's log", async () => {
    const signer = await logSigner("north", SEED);
    const envelope = await signed();
    expect(Buffer.from(envelope.payload, "base64")).toEqual(Buffer.from(BODY));
    const [{ keyid, sig } = { keyid: "", sig: "" }] = envelope.signatures;
    expect(signer.verifier_key.startsWith(`${keyid}+`)).toBe(true);
    // Without any code of Lethe's: RFC 8032 over DSSE's pre-authentication encoding.
    const raw = Buffer.from(signer.verifier_key.split("+").slice(2).join("+"), "base64").subarray(
      1,
    );
    const x = raw.toString("base64url");
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    const encoding = Buffer.concat([Buffer.from("DSSEv1 24 application/example+json 20 "), BODY]);
    expect(BODY).toHaveLength(20);
    expect(TYPE).toHaveLength(24);
    expect(verify(null, encoding, key, Buffer.from(sig, "base64"))).toBe(true);
  });

  it("opens for the lake that signed it, and for no other, nor as anything else", async () => {
    const [north, south] = [await logSigner("north", SEED), await logSigner("south", SEED)];
    const another = await logSigner("north", new Uint8Array(32).fill(8));
    const envelope = await signed();
    expect(await openEnvelope(north, TYPE, envelope)).toEqual(Buffer.from(BODY));
    expect(await openEnvelope(north, "application/other+json", envelope)).toBeNull();
    const renamed = { ...envelope, payloadType: "application/other+json" };
    expect(await openEnvelope(north, "application/other+json", renamed)).toBeNull();
    expect(await openEnvelope(south, TYPE, envelope)).toBeNull();
    expect(await openEnvelope(another, TYPE, envelope)).toBeNull();
    expect(await openEnvelope(north, TYPE, { ...envelope, signatures: [] })).toBeNull();
  });

  it("opens with no bit of its payload or signature changed", async () => {
    const signer = await logSigner("north", SEED);
    const { payload, signatures, payloadType } = await signed();
    const flipped = (base64: string, at: number) => {
      const bytes = Buffer.from(base64, "base64");
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      return bytes.toString("base64");
    };
    for (let at = 0; at < BODY.length; at += 1) {
      const changed = { payloadType, payload: flipped(payload, at), signatures };
      expect(await openEnvelope(signer, TYPE, changed)).toBeNull();
    }
    for (let at = 0; at < 64; at += 1) {
      const changed = signatures.map(({ keyid, sig }) => ({ keyid, sig: flipped(sig, at) }));
      const envelope = { payloadType, payload, signatures: changed };
      expect(await openEnvelope(signer, TYPE, envelope)).toBeNull();
    }
  });
});

/**
 * Signed documents of a lake: DSSE envelopes (https://github.com/secure-systems-lab/dsse, version
 * 1), signed with Ed25519 under the key that signs the lake's log. The signature covers the type
 * and the bytes of the payload, so a document of one kind never passes for another.
 */
import type { LogSigner } from "./logSigner.ts";

export interface Envelope {
  readonly payloadType: string;
  /** Base64 of the document's bytes. */
  readonly payload: string;
  /** `sig`: base64 of an Ed25519 signature; `keyid` a hint, `LogSigner.key_id`. */
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

const utf8 = new TextEncoder();

/** What is signed: DSSE's pre-authentication encoding. */
const signedBytes = (type: string, body: Uint8Array): Uint8Array =>
  Buffer.concat([utf8.encode(`DSSEv1 ${utf8.encode(type).length} ${type} ${body.length} `), body]);

export const signEnvelope = async (
  signer: LogSigner,
  payloadType: string,
  body: Uint8Array,
): Promise<Envelope> => {
  const sig = await signer.sign(signedBytes(payloadType, body));
  return {
    payloadType,
    payload: Buffer.from(body).toString("base64"),
    signatures: [{ keyid: signer.key_id, sig: Buffer.from(sig).toString("base64") }],
  };
};

/** The document's bytes, or null when this lake has signed no document of that kind here. */
export const openEnvelope = async (
  signer: LogSigner,
  payloadType: string,
  envelope: Envelope,
): Promise<Uint8Array | null> => {
  if (envelope.payloadType !== payloadType) return null;
  const body = Buffer.from(envelope.payload, "base64");
  const signed = signedBytes(payloadType, body);
  for (const { keyid, sig } of envelope.signatures) {
    if (keyid !== signer.key_id) continue;
    if (await signer.verify(signed, Buffer.from(sig, "base64"))) return body;
  }
  return null;
};

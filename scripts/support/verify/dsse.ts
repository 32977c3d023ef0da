/**
 * Signed documents: DSSE envelopes (secure-systems-lab/dsse, version 1). What is signed is
 * `DSSEv1 <length of type> <type> <length of payload> <payload>`, lengths in bytes, in decimal.
 */
import { verify } from "node:crypto";
import { decodeBase64, type Parsed, type VerifierKey } from "./note.ts";

export interface Envelope {
  readonly payloadType: string;
  readonly payload: Buffer;
  readonly signatures: readonly { readonly keyid: string; readonly sig: Buffer }[];
}

const refuse = (reason: string): Parsed<never> => ({ ok: false, reason });

export const parseEnvelope = (value: unknown): Parsed<Envelope> => {
  const { payloadType, payload, signatures } = (value ?? {}) as Record<string, unknown>;
  if (typeof payloadType !== "string") return refuse("it has no payloadType");
  const bytes = typeof payload === "string" ? decodeBase64(payload) : null;
  if (bytes === null) return refuse("its payload is not base64");
  if (!Array.isArray(signatures) || signatures.length === 0) return refuse("it has no signatures");
  const parsed: { keyid: string; sig: Buffer }[] = [];
  for (const signature of signatures as readonly unknown[]) {
    const { keyid, sig } = (signature ?? {}) as Record<string, unknown>;
    const decoded = typeof sig === "string" ? decodeBase64(sig) : null;
    if (typeof keyid !== "string" || decoded === null) return refuse("a signature is malformed");
    parsed.push({ keyid, sig: decoded });
  }
  return { ok: true, value: { payloadType, payload: bytes, signatures: parsed } };
};

/** What speaks against the key having signed it, or null. The key id is only a hint. */
export const envelopeObjection = (
  { payloadType, payload, signatures }: Envelope,
  key: VerifierKey,
): string | null => {
  const type = Buffer.from(payloadType);
  const head = `DSSEv1 ${type.length} ${payloadType} ${payload.length} `;
  const signed = Buffer.concat([Buffer.from(head), payload]);
  if (signatures.some(({ sig }) => verify(null, signed, key.publicKey, sig))) return null;
  const own = `${key.name}+${key.keyHash}`;
  return signatures.some(({ keyid }) => keyid === own)
    ? `payload and signature do not belong together: one of them was changed since ${own} signed`
    : `it is signed by ${signatures.map(({ keyid }) => keyid).join(", ")}, not by the key ${own}`;
};

/**
 * What keys are derived and wrapped with, and small texts sealed: HKDF-SHA-256, and AES-256-GCM with a
 * random nonce, bound to the place where the ciphertext stands.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key of its own for each purpose: HKDF-SHA-256 (RFC 5869). */
export const derive = (key: Uint8Array, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), `lethe/v1/${purpose}`, KEY_BYTES));

/** Base64 of nonce, ciphertext and tag; `place`: what it is bound to. */
export const encrypt = (key: Uint8Array, clear: Uint8Array, place: string): string => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(place));
  return Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]).toString(
    "base64",
  );
};

/** Throws when the key is another, the bytes were changed or the place is another. */
export const decrypt = (key: Uint8Array, sealed: string, place: string): Uint8Array => {
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  const body = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
  return Buffer.concat([decipher.update(body), decipher.final()]);
};

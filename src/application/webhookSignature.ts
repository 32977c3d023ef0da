/**
 * Signatures of notifications as Standard Webhooks 1.0.0 has them: `v1`, HMAC-SHA-256 over
 * `id.timestamp.body` with the secret's bytes; the secret is written `whsec_` and base64.
 */
import { createHmac, randomBytes } from "node:crypto";

export const SECRET_PREFIX = "whsec_";
const SECRET_BYTES = 32;

/** A secret nobody has had before. */
export const newWebhookSecret = (): string =>
  `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString("base64")}`;

/** Headers that identify and sign a body. `at` is the moment of this attempt. */
export const signedHeaders = (secret: string, id: string, at: Date, body: string) => {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
};

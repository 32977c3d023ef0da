/**
 * Signed tree heads of a lake's log: a checkpoint (C2SP tlog-checkpoint) in a signed note (C2SP
 * signed-note), signed with Ed25519 (RFC 8032) under a key that is derived from the lake's own.
 * The note says: at this size the log had this root, and Lethe stands by it.
 */
import { createHash } from "node:crypto";

/** Signature type byte of Ed25519 in the signed-note format. */
const ED25519 = 0x01;

/** PKCS #8 wrapping of a 32-byte Ed25519 seed (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

export interface LogSigner {
  /** `<name>+<key hash>+<public key>`, what a verifier needs to know beforehand. */
  readonly verifier_key: string;
  /** `<name>+<key hash>`: the verifier key without the key itself. */
  readonly key_id: string;
  /** Ed25519 signature of these bytes, 64 of its own. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  /** Whether this lake has signed these bytes. */
  verify(bytes: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** The signed note for a tree of `size` leaves with this root. */
  checkpoint(size: number, root: Uint8Array): Promise<string>;
}

/** The log's name in its own checkpoints, and the name of its key. */
export const logOrigin = (lake_id: string): string => `lethe/${lake_id}`;

/** `seed`: 32 bytes, secret, the same for the same lake for ever. */
export const logSigner = async (lake_id: string, seed: Uint8Array): Promise<LogSigner> => {
  const name = logOrigin(lake_id);
  const pkcs8 = Buffer.concat([PKCS8_PREFIX, seed]);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const jwk = (await crypto.subtle.exportKey("jwk", key)) as JsonWebKey;
  const publicKey = Buffer.concat([Buffer.of(ED25519), Buffer.from(jwk.x ?? "", "base64url")]);
  const hash = createHash("sha256").update(`${name}\n`).update(publicKey).digest().subarray(0, 4);
  const key_id = `${name}+${hash.toString("hex")}`;
  const sign = async (bytes: Uint8Array) =>
    new Uint8Array(await crypto.subtle.sign("Ed25519", key, bytes));
  return {
    verifier_key: `${key_id}+${publicKey.toString("base64")}`,
    key_id,
    sign,
    async verify(bytes, signature) {
      const raw = publicKey.subarray(1);
      const known = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
      return crypto.subtle.verify("Ed25519", known, signature, bytes);
    },
    async checkpoint(size, root) {
      const text = `${name}\n${size}\n${Buffer.from(root).toString("base64")}\n`;
      const line = Buffer.concat([hash, await sign(Buffer.from(text))]).toString("base64");
      return `${text}\n— ${name} ${line}\n`;
    },
  };
};

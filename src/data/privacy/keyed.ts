/**
 * Numbers and bytes that only the holder of a lake's key can derive, the same for the same input
 * at any time: HMAC-SHA-256 (RFC 2104, FIPS 180-4) under the key of one purpose.
 */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

/** Bytes of a digest; those of a column stand one after the other. */
export const DIGEST_BYTES = 32;

/** A key made ready once: from raw bytes, Node prepares it anew for every digest, at 5 times the cost. */
export const secretKey = (bytes: Uint8Array): KeyObject => createSecretKey(bytes);

/** The digest of a single message; for a column of them see kernels/keyedHash.ts. */
export const keyedDigest = (key: KeyObject, message: string): Uint8Array =>
  createHmac("sha256", key).update(message, "utf8").digest();

const DRAW_BYTES = 6;

/** Draws from a keyed digest read 6 bytes each: this many values, from 0. */
export const DRAW_RANGE = 2 ** 48;

const HIGH_WORD = 2 ** 24;

/**
 * The big-endian number in bytes 6n to 6n+5 of the digest at `start`, n from 0 to 4; its bias
 * modulo m is m / 2^48.
 */
export const draw = (digests: Uint8Array, index: number, start = 0): number => {
  const at = start + index * DRAW_BYTES;
  return threeBytes(digests, at) * HIGH_WORD + threeBytes(digests, at + 3);
};

const threeBytes = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
